"""The exercises of lesson 5 that add: one cell, all rows, and programs that are wrong."""

import re
from collections.abc import Mapping
from itertools import product

import numpy as np

from lessonlib.check.exercise import (
    Exercise,
    arrays_at_hand,
    checks,
    each_through,
    judges,
    matrix_exercise,
    models,
    rows_exercise,
    which_rows,
)
from lessonlib.check.lesson_3 import about_letters, other_letters
from lessonlib.check.lesson_4 import about_slots, other_slots
from lessonlib.check.reading import as_float64, letters_in, plain, unwrapped
from lessonlib.check.verdict import Stop, not_yet, right
from lessonlib.embeddings import VOCABULARY, encode
from lessonlib.embeddings import input_embedding as add_tables
from lessonlib.measure import every_sum
from lessonlib.nano_gpt import N_INPUTS


@checks
def cell(letters, slot, channel, wte, wpe):
    """Check one cell of the input embedding of `letters`: two numbers of the tables, added."""
    ids = encode(letters)
    x = add_tables(ids, wte, wpe)  # (T, C)
    if slot not in range(x.shape[0]) or channel not in range(x.shape[1]):
        raise ValueError(f"x has shape {x.shape}, it has no cell {(slot, channel)}")
    return Exercise(
        x[slot, channel],
        expected="one number, with its sign",
        praise="One number comes from the row of the letter, the other from the row of the slot.",
        difference=lambda *_: "Which row of each table is needed, and which channel of both?",
        mistakes=[
            (x[slot, channel].round(2), x[slot, channel].round(3), "This is rounded: add the numbers as they are."),
            *_cell_mistakes(ids, slot, channel, as_float64(wte), as_float64(wpe)),
            (x[slot], "This is a whole row: a cell is one number, that of one channel."),
            (x[:, channel], "This is a whole column: a cell is one number, that of one slot."),
            (x, "This is the whole matrix: the exercise asks for one cell."),
        ],
        shapes=[((2,), "A comma makes two numbers of it: Python writes one and a half as 1.5.")],
        rounding="This is close, but not the same: add the numbers as they are in the tables.",
    )


def _cell_mistakes(ids, slot, channel, wte, wpe):
    """Yield a wrong number, or several, and what to say."""
    tokens, places, token_id = wte[:, channel], wpe[:, channel], ids[slot]
    token, position = tokens[token_id], places[slot]
    yield token, "This is the number of the letter alone: that of the slot is missing."
    yield position, "This is the number of the slot alone: that of the letter is missing."
    yield [token, position], [position, token], "These are the two numbers: add them."
    yield token - position, position - token, "One is subtracted from the other: add them, each with its own sign."
    yield -token - position, "The sign is the wrong way round, or it is missing."
    yield token * position, "The two are multiplied: add them."
    yield (token + position) / 2, "This is the mean of the two: add them, without halving."
    yield token + places[token_id], "The id picks the position too: a position follows the slot, not the letter."
    near = sorted({slot - 1, slot + 1} & set(range(len(ids))))
    yield *(tokens[ids[near]] + places[near]), "This is the slot beside the one asked for: slots count from 0."
    yield *(token + places[near]), "The position is that of the slot beside it: slots count from 0."
    yield *(tokens[ids[near]] + position), "The letter is that of the slot beside it: slots count from 0."
    near = sorted({channel - 1, channel + 1} & set(range(wte.shape[1])))
    yield *(wte[token_id, near] + wpe[slot, near]), "This is the channel beside the one asked for."
    yield wte[token_id, slot] + position, "The slot picks the channel of the token table: it is the same for both."
    yield *(tokens + position), "The number of another letter is taken: which letter is in this slot?"
    yield *tokens, "This is the number of another letter, and that of the slot is missing."
    yield *(token + places), "The number of another slot is taken: which slot is asked for?"
    yield *places, "This is the number of another slot, and that of the letter is missing."
    yield 2 * token, 2 * position, "The same number is added twice: one is needed from each table."
    for name, model in models().items():
        other = as_float64([model.wte[token_id, channel], model.wpe[slot, channel]])
        if other[0] != token:
            mixed = other.sum(), other[0] + position, token + other[1]
            yield *mixed, f"A number in it is the {name}'s, another model: use the tables of the exercise."
    if channel < len(wpe) and slot < wte.shape[1]:
        yield wte[token_id, slot] + wpe[channel, slot], "Slot and channel are swapped: rows are slots."
        yield wpe[channel, slot], "Slot and channel are swapped, and the number of the letter is missing."
    added_up = (tokens.sum() + position, token + places.sum(), (wte[token_id] + wpe[slot]).sum())
    yield *added_up, "A whole row or column is added up: one number of each table is needed."
    slipped = (token + position) * 10.0 ** np.array([-3, -2, -1, 1, 2, 3])
    yield *slipped, "The digits are right, but the decimal point has slipped."
    where = (slot, channel, token_id, [slot, channel], [channel, slot], [token_id, channel], [token_id, slot])
    yield *where, "This says where to look: what stands there, in both tables?"
    yield np.sqrt(wte.shape[1]) * token + position, "The letter's number is scaled by the root of C: add it as it is."
    sums = np.add.outer(tokens, places).ravel()
    yield *sums, "Both numbers come from other rows: which letter is it, and which slot?"
    yield tokens, "This is the channel in the token table: take the number of the letter, and add that of the slot."
    yield places, "This is the channel in the position table: take the slot's number, and add the letter's."


@checks
def input_embedding(token_ids, wte, wpe):
    """Check the input embedding: for each id the row of the letter plus the row of its slot, so an array (T, C)."""
    x, ids = add_tables(token_ids, wte, wpe), np.asarray(token_ids)  # (T, C), (T,)
    (n_tokens, n_embd), (block_size, vocab_size) = x.shape, (len(wpe), len(wte))
    tok, pos = as_float64(wte)[ids], as_float64(wpe)[:n_tokens]
    one_slot = "Every letter is added to every slot: each letter is in one slot."
    grid = every_sum(as_float64(wte), as_float64(wpe)).reshape(-1, n_embd)  # (vocab_size * block_size, C)

    def about_rows(values):
        found = which_rows(values, grid)
        if found is None:
            return None
        letters, slots = np.divmod(found, block_size)
        if (slots == np.arange(n_tokens)).all():
            return about_letters(letters, ids, "The positions are right, but the letters' rows are those")
        if (letters == ids).all() or sorted(slots) != list(range(n_tokens)):
            return about_slots(slots)
        return None

    return matrix_exercise(
        x,
        each="letter",
        praise="Every row is the sum of two, channel by channel: one for the letter, one for its slot.",
        mistakes=[
            *arrays_at_hand("sum", ids, wte, wpe),
            ((tok + pos) / 2, "This is the mean of the two: add them, without halving."),
            *each_through(lambda slots: tok + wpe[slots], other_slots(ids, block_size)),
            (tok[::-1] + pos, "The letters are in reverse order: the first letter is in slot 0."),
            (wte[np.sort(ids)] + pos, "The letters are sorted: the model has yet to do that."),
            *each_through(lambda others: wte[others] + pos, other_letters(ids, vocab_size)),
            (tok + tok, "The token embedding is added to itself: add the positions."),
            (pos + pos, "The position embedding is added to itself: add the rows of the letters."),
            (tok + pos + pos, tok + tok + pos, "One of the two is added twice."),
            (np.sqrt(n_embd) * tok + pos, "The letters' rows are scaled by the root of C: add them as they are."),
            (tok + np.arange(n_tokens)[:, np.newaxis], "The slot numbers are added: add the rows that they pick."),
            (ids[:, np.newaxis] + pos, "The ids are added: add the rows that they pick."),
            (tok + pos.mean(axis=0), tok + wpe.mean(axis=0), "A mean of positions is added: each slot has its own."),
            (tok + wpe.sum(axis=0), "The sum of all positions is added: each slot has its own."),
            (x.sum(axis=0), "All rows are added up: token and position are added, row by row."),
        ],
        shapes=[
            ((block_size, n_embd), "There is a row for every slot of the whole table: take those with a letter."),
            ((vocab_size, n_embd), "There is a row for every id: every letter has a row, equal letters too."),
            ((n_tokens, 2 * n_embd), "Token and position are side by side: add them, channel by channel."),
            ((2 * n_tokens, n_embd), "Token and position are one below the other: add them, row by row."),
            ((2, n_tokens, n_embd), "Token and position are two layers of one array: add them."),
            (*((n_tokens, n, n_embd) for n in (n_tokens, block_size)), (vocab_size, block_size, n_embd), one_slot),
            ((n_tokens, n_tokens), "This is a product of matrices, which compares rows: add them."),
        ],
        about_rows=about_rows,
        rounding="The numbers are close, but not the same: add what is in the tables, and round nothing.",
    )


@checks
def folded(english, n_slots):
    """Check the first rows of a position table (n_slots, C) that holds the first row of the segment table, too."""
    words, slots, wse = (as_float64(table) for table in (english.wte[:n_slots], english.wpe, english.wse))
    wpe, n_embd = slots[:n_slots], wse.shape[1]
    near = (slots[1 : n_slots + 1], slots[n_slots : 2 * n_slots], slots[-n_slots:])
    return matrix_exercise(
        wpe + wse[0],
        each="slot",
        praise="Two rows now give what three gave: the third was the same for every word.",
        mistakes=[
            (wpe, "This is the position table as it was: the segment's row is missing."),
            (wpe + wse[1], "The row of the second segment is in it: the first text has segment 0."),
            (wpe - wse[0], "The segment's row is subtracted: what was added before must be added now."),
            (wpe * wse[0], "The two are multiplied: add them."),
            (wpe + wse[0].mean(), "The mean of the segment's row is added: each channel has its own number."),
            (*near, *(rows + wse[0] for rows in near), "These are other slots: the first is slot 0."),
            (*(words + row for row in (0, wse[0], wpe, wpe + wse[0])), "These are rows of words: take english.wpe."),
            (wse, "This is the segment table: add one row of it to every slot."),
            (wse[0], 0 * wpe + wse[0], "This is the segment's row alone: add it to every slot."),
        ],
        shapes=[
            ((n_slots + 1, n_embd), (n_slots + 2, n_embd), "Is it below the table? Add it to every slot."),
            ((n_slots, 2 * n_embd), "Position and segment are side by side: add them, channel by channel."),
        ],
        about_rows=lambda values: about_slots(which_rows(values - wse[0], slots)),
        unknown="Slot {} is the first that has not its position and the segment's row, added.",
        rounding="The numbers are close, but not the same: add what is in the tables, and round nothing.",
    )


@checks
def broadcasts(lines, token_ids, wte, wpe):
    """Check which of some `lines` of code run without an error and do not make the input embedding of `token_ids`."""
    x, wrong, stopped = add_tables(token_ids, wte, wpe), [], []
    for i, line in enumerate(lines):
        try:
            if not np.array_equal(eval(line, {"E_tok": wte, "E_pos": wpe, "ids": token_ids, "np": np}), x):
                wrong.append(i)
        except ValueError:
            stopped.append(i)
    return _chosen(
        wrong,
        len(lines),
        "They run, and add to each letter what is not the row of its slot: shapes that fit prove little.",
        {i: "stops with an error: its shapes do not match" for i in stopped},
        "makes x: the order of adding does not matter",
        what="line",
    )


@checks
def evidence():
    """Check which of seven findings speak against the claim that a model needs letters and slots at right angles."""
    fits = "is what one would expect if the claim is true"
    return _chosen(
        [2, 4],
        7,
        "It works although the angles are far from right. The others fit the claim, or say nothing about it.",
        {0: "says nothing: a hidden shift can make it any number", 1: fits, 3: fits, 5: fits},
        "says nothing: with right angles or without, sums can be distinct",
        what="finding",
    )


def _chosen(wanted, n, praise, others, rest, what):
    """Make the table of an exercise that asks which of `n` they are; `others` says why some are not, `rest` why any."""
    reasons = {i: f"Number {i} {others.get(i, rest)}." for i in range(n) if i not in wanted}
    return rows_exercise(wanted, n, praise, what=what, reasons=reasons)


@judges
def faults(answer, programs, wte, wpe):
    """Check words, one for each of some programs, that show its fault and are as short as such a word can be. Each
    program takes letters and returns an array (T, C), which for other words may be the right sum."""
    words = _words(answer, len(programs))
    shown = [[_is_wrong(program, word, wte, wpe) for word in words] for program in programs]
    least = [_shortest(program, wte, wpe) for program in programs]
    for i, word in enumerate(words):
        if shown[i][i]:
            continue
        if not any(shown[j][i] for j in range(len(programs))):
            return not_yet(f"For {word} all programs are right: it shows nothing about {programs[i].__name__}.")
        swapped = (j for j in range(len(words)) if shown[i][j] and shown[j][i] and len(words[i]) == least[j])
        other = next((j for j in swapped if not shown[j][j] or len(words[j]) > least[j]), None)
        if other is not None:
            return not_yet(f"The words for {programs[i].__name__} and {programs[other].__name__} are swapped.")
        return not_yet(f"{word} shows a fault, but not that of {programs[i].__name__}, which is right for it.")
    long = [program.__name__ for program, word, n_letters in zip(programs, words, least) if len(word) > n_letters]
    if long:
        return not_yet(f"Each word shows a fault. But a shorter one can do it, too, for {', '.join(long)}.")
    return right("Each word shows its fault, and none could be shorter.")


def _is_wrong(program, word, wte, wpe):
    """Say whether a program gives something other than the sum for a word; one that stops was changed by a learner."""
    x = add_tables(encode(word), wte, wpe)  # (T, C)
    try:
        values = program(word)
        return np.shape(values) != x.shape or bool(abs(values - x).max() > 1e-6)
    except Exception as error:
        said = f"{program.__name__} stops with an error for {word}, {error!r}: was it changed?"
        raise Stop(said) from None


def _shortest(program, wte, wpe):
    """Return the length of the shortest word for which a program is wrong."""
    for n_letters in range(1, N_INPUTS + 1):
        if any(_is_wrong(program, "".join(word), wte, wpe) for word in product(VOCABULARY, repeat=n_letters)):
            return n_letters
    raise Stop(f"{program.__name__} is right for all words of up to {N_INPUTS} letters: was it changed?")


def _words(answer, n_words):
    """Read words: a list of texts, of letters or of ids, one text, or a dict or pairs of numbers and words."""
    if isinstance(answer, Mapping):
        answer = [answer[key] for key in sorted(answer, key=str)]
    cells = unwrapped(plain(answer))
    if isinstance(cells, str):
        cells = re.findall(r"[^\W\d_]+", cells)
    if isinstance(cells, list) and all(_is_numbered(cell) for cell in cells):
        cells = [word for _, word in sorted(cells)]
    if not isinstance(cells, list) or len(cells) != n_words:
        found = len(cells) if isinstance(cells, list) else 1
        raise Stop(f"{n_words} words are asked for, one for each program, and this is {found}.")
    words = [_word(cell) for cell in cells]
    for word in words:
        if not 1 <= len(word) <= N_INPUTS:
            raise Stop(f"A word has one to {N_INPUTS} letters, as many as the model reads, not {len(word)}.")
    return words


def _is_numbered(cell):
    return isinstance(cell, list) and [type(part) for part in cell] in ([float, str], [int, str])


def _word(cell):
    if isinstance(cell, list):
        return "".join(map(_word, cell))
    if isinstance(cell, str):
        return letters_in(re.sub(r"[\W\d_]", "", cell))
    if cell not in range(len(VOCABULARY)):
        raise Stop(f"The ids of letters are 0, 1 and 2, and this holds {cell:g}.")
    return VOCABULARY[int(cell)]
