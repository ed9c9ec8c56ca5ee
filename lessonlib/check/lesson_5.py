"""The exercises of lesson 5: add both, and what a sum tells (un-mixing, the hidden shift, collisions, a nudge)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import product

import numpy as np

from lessonlib.check.exercise import (
    N_SLOTS,
    Exercise,
    checks,
    judges,
    letter_rows,
    matrix_exercise,
    models,
    numbered_rows,
    rows_exercise,
    sum_mistakes,
    tables_at_hand,
)
from lessonlib.check.reading import as_array, as_float64, atoms, in_order, letters_in, numbers, plain, unwrapped
from lessonlib.check.verdict import Stop, not_yet, right
from lessonlib.embeddings import VOCABULARY, decode, encode
from lessonlib.embeddings import input_embedding as add_tables
from lessonlib.measure import closest_rows, closest_sums, every_sum, tipped_by, tips
from lessonlib.nano_gpt import N_INPUTS, NanoGPT
from lessonlib.tasks import answer_logits

TABLES = "token", "position"
MOST_CHANNELS = 1000
STEP = 0.05  # of nudges that are tried
NUMBER = r"[-+\u2212]?\d*\.?\d+"  # in a text
BELOW = -0.9  # what every cosine must be, in the exercise on the hidden shift


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
            (x[slot], x[:, channel], x, "This is a whole row, column or matrix: a cell is one number of x."),
        ],
        parts=[
            ({f"channel {channel} of the token table": wte[:, [channel]]}, letter_rows),
            ({f"channel {channel} of the position table": wpe[:, [channel]]}, numbered_rows),
        ],
        tail="Add two numbers, that of the letter in the slot asked for and that of the slot: slots count from 0.",
        shapes=[((2,), "A comma makes two numbers of it: Python writes one and a half as 1.5.")],
        rounding="This is close, but not the same: add the numbers as they are in the tables.",
    )


def _cell_mistakes(ids, slot, channel, wte, wpe):
    """Yield a wrong number, or several, and what to say."""
    tokens, places, token_id = wte[:, channel], wpe[:, channel], ids[slot]
    token, position = tokens[token_id], places[slot]
    yield from sum_mistakes(token, position, wte.shape[1])
    near = sorted({channel - 1, channel + 1} & set(range(wte.shape[1])))
    yield *(wte[token_id, near] + wpe[slot, near]), "This is the channel beside the one asked for."
    yield wte[token_id, slot] + position, "The slot picks the channel of the token table: it is the same for both."
    for name, model in models().items():
        other = as_float64([model.wte[token_id, channel], model.wpe[slot, channel]])
        if other[0] != token:
            mixed = other.sum(), other[0] + position, token + other[1]
            yield *mixed, f"A number in it is the {name}'s, another model: use the tables of the exercise."
    if channel < len(wpe) and slot < wte.shape[1]:
        swapped = wte[token_id, slot] + wpe[channel, slot], wpe[channel, slot]
        yield *swapped, "Slot and channel are swapped: rows are slots."
    added_up = (tokens.sum() + position, token + places.sum(), (wte[token_id] + wpe[slot]).sum())
    yield *added_up, "A whole row or column is added up: one number of each table is needed."
    slipped = (token + position) * 10.0 ** np.array([-3, -2, -1, 1, 2, 3])
    yield *slipped, "The digits are right, but the decimal point has slipped."
    where = (slot, channel, token_id, [slot, channel], [channel, slot], [token_id, channel], [token_id, slot])
    yield *where, "This says where to look: what stands there, in both tables?"
    yield tokens, places, "This is the channel of a whole table: take one number of each table, and add them."


@checks
def input_embedding(token_ids, wte, wpe):
    """Check the input embedding: for each id the row of the letter plus the row of its slot, so an array (T, C)."""
    x, ids = add_tables(token_ids, wte, wpe), np.asarray(token_ids)  # (T, C), (T,)
    (n_tokens, n_embd), (block_size, vocab_size) = x.shape, (len(wpe), len(wte))
    tok, pos = as_float64(wte)[ids], as_float64(wpe)[:n_tokens]
    one_slot = "Every letter is added to every slot: each letter is in one slot."
    of_all = "A mean or the sum of all positions is added: each slot has its own."
    return matrix_exercise(
        x,
        each="letter",
        ids=ids,
        praise="Every row is the sum of two, channel by channel: one for the letter, one for its slot.",
        mistakes=[
            *sum_mistakes(tok, pos, n_embd),
            (tok + np.arange(n_tokens)[:, np.newaxis], "The slot numbers are added: add the rows that they pick."),
            (ids[:, np.newaxis] + pos, "The ids are added: add the rows that they pick."),
            (*(tok + row for row in (pos.mean(axis=0), wpe.mean(axis=0), wpe.sum(axis=0))), of_all),
            (x.sum(axis=0), "All rows are added up: token and position are added, row by row."),
        ],
        shapes=[(*((n, each, n_embd) for n in (n_tokens, vocab_size) for each in (n_tokens, block_size)), one_slot)],
        parts=tables_at_hand(wte, wpe),
        tail=f"The exercise asks for the sum of the rows of {decode(ids)} and of their slots, which count from 0: "
        "a position follows the slot, not the letter.",
    )


@checks
def folded(english, n_slots):
    """Check the first rows of a position table (n_slots, C) that holds the first row of the segment table, too."""
    words, slots, wse = (as_float64(table) for table in (english.wte[:n_slots], english.wpe, english.wse))
    wpe, segment = slots[:n_slots], np.broadcast_to(wse[0], (n_slots, wse.shape[1]))
    below = "Is it below the table? Add it to every slot."
    return matrix_exercise(
        wpe + segment,
        each="slot",
        praise="Two rows now give what three gave: the third was the same for every word.",
        mistakes=[
            *sum_mistakes(wpe, segment, wse.shape[1]),
            (wpe + wse[0].mean(), "The mean of the segment's row is added: each channel has its own number."),
            (words + wpe, words + wpe + segment, "There are rows of words in it: take english.wpe."),
            (np.vstack([wpe, wse[0]]), np.vstack([wpe, wse]), below),
        ],
        parts=[
            ({"the segment table": wse}, numbered_rows),
            ({"english.wpe": slots, "english.wte": words}, numbered_rows),
        ],
        tail="Each slot, from slot 0 on, has its own row of english.wpe: add that of the first text, segment 0.",
        unknown="Slot {} is the first that has not its position and the segment's row, added.",
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
    return rows_exercise(
        wrong,
        len(lines),
        "They run, and add to each letter what is not the row of its slot: shapes that fit prove little.",
        what="line",
        reasons=dict.fromkeys(stopped, "stops with an error: its shapes do not match"),
        rest="makes x: the order of adding does not matter",
    )


@checks
def evidence():
    """Check which of seven findings speak against the claim that a model needs letters and slots at right angles."""
    return rows_exercise(
        [2, 4],
        7,
        "It works although the angles are far from right. The others fit the claim, or say nothing about it.",
        what="finding",
        reasons={
            0: "says nothing: a hidden shift can make it any number",
            6: "says nothing: with right angles or without, sums can be distinct",
        },
        rest="is what one would expect if the claim is true",
    )


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
    cells = unwrapped(plain(in_order(answer, "12345"[:n_words])))
    if isinstance(cells, str):
        cells = re.findall(r"[^\W\d_]+", cells)
    if isinstance(cells, list) and all(
        isinstance(cell, list) and [type(part) for part in cell] in ([float, str], [int, str]) for cell in cells
    ):
        cells = [word for _, word in sorted(cells)]
    if not isinstance(cells, list) or len(cells) != n_words:
        found = len(cells) if isinstance(cells, list) else 1
        raise Stop(f"{n_words} words are asked for, one for each program, and this is {found}.")
    words = [_word(cell) for cell in cells]
    for word in words:
        if not 1 <= len(word) <= N_INPUTS:
            raise Stop(f"A word has one to {N_INPUTS} letters, as many as the model reads, not {len(word)}.")
    return words


def _word(cell):
    if isinstance(cell, list):
        return "".join(map(_word, cell))
    if isinstance(cell, str):
        return letters_in(re.sub(r"[\W\d_]", "", cell))
    if cell not in range(len(VOCABULARY)):
        raise Stop(f"The ids of letters are 0, 1 and 2, and this holds {cell:g}.")
    return VOCABULARY[int(cell)]


@checks
def pairs(vectors, wte, wpe):
    """Check of which letter (or id) and which slot each of some anonymous `vectors` (n, C) is made. Each is some amount
    of a row of `wte` plus some amount of a row of `wpe`: ValueError if one of them is not."""
    vectors, sums = as_float64(vectors), every_sum(as_float64(wte), as_float64(wpe))
    rows = as_float64(np.concatenate([wte, wpe]))  # (vocab_size + block_size, C)
    found = vectors @ np.linalg.pinv(rows)  # (n, vocab_size + block_size)
    right_pairs, largest = (
        np.stack([each.argmax(axis=1) for each in np.split(amounts, [len(wte)], axis=1)], axis=1)  # (n, 2)
        for amounts in (abs(found), found)
    )
    of_two = [np.linalg.lstsq(rows[[t, len(wte) + p]].T, v, rcond=None) for v, (t, p) in zip(vectors, right_pairs)]
    if not all(size < 1e-9 and abs(amounts).min() > 1e-3 for amounts, (size,), *_ in of_two):
        raise ValueError("each of the vectors must be made of one row of wte and one row of wpe")
    apart = [np.linalg.norm(vectors[:, np.newaxis] - as_float64(table), axis=-1) for table in (wte, wpe)]
    nearest = np.stack([each.argmin(axis=1) for each in apart], axis=1)
    n_pairs, (vocab_size, block_size, n_embd) = len(right_pairs), sums.shape
    both = "Give two things for each vector: its letter and its slot."
    n_amounts = vocab_size + block_size
    amounts = "These are amounts: the largest of the first says the letter, the largest of the others the slot."
    first_slots = "The slots are numbers of amounts: the amounts of the letters come before those of the slots."
    return Exercise(
        right_pairs,
        expected=f'{n_pairs} pairs of letter and slot, one for each vector, such as ("A", 0)',
        praise="Each vector is made of these two rows, and of no others.",
        difference=lambda values, place: _about_pair(values, right_pairs, place[0], sums.shape),
        mistakes=[
            (nearest, "These rows lie nearest, but that hangs on how much of each is there: solve it."),
            (largest, "These amounts are the largest, but an amount may be below 0: which are not 0?"),
            (right_pairs[:, ::-1], "In each pair, letter and slot are swapped: the letter comes first."),
            (right_pairs + [0, 1], "The slots are counted from 1: the first slot is slot 0."),
            (right_pairs + [0, vocab_size], first_slots),
            (right_pairs + [1, 0], "The ids are counted from 1: A has the id 0."),
            (right_pairs + 1, "Both are counted from 1: A has the id 0, and the first slot is slot 0."),
            (np.tile(right_pairs[0], (n_pairs, 1)), "All pairs are that of vector 0: every vector has its own."),
        ],
        shapes=[
            ((n_pairs,), both),
            ((2,), "This is a single pair: every vector has one."),
            ((2, n_pairs), "Give the letter and the slot of each vector together, as a pair."),
            ((n_amounts,), (n_amounts, n_pairs), (n_pairs, n_amounts), amounts),
            ((n_pairs, n_embd), "These are whole rows: give the letter and the slot that each row is made of."),
            *(((n, 2), f"Every vector has one pair: there are {n_pairs} vectors.") for n in range(1, 34)),
        ],
        order="These are the right pairs in the wrong order: the first is for vector 0.",
        read=_read_pairs,
    )


def _read_pairs(answer, exercise):
    """Read pairs, or a text such as "A0, B3", with ids in place of letters."""
    if isinstance(answer, str):
        answer = re.findall(r"(?<!\w)([A-Ca-c])\W*(?:in\W+)?(?:slot\W*)?(\d+)", answer) or answer
    if isinstance(answer, Mapping):
        by_letter = all(str(key).isalpha() and np.isscalar(value) for key, value in answer.items())
        answer = answer.items() if by_letter else answer.values()  # {"A": 0, ...}, or {0: ("A", 0), ...}
    cells = _ids(plain(answer))
    flat = isinstance(cells, list) and not any(isinstance(cell, list) for cell in cells)
    if flat and len(cells) == np.size(exercise.solution) > 2:  # "A", 0, "B", 3, ...
        cells = as_array(cells, exercise.expected).reshape(-1, 2)
    return numbers(cells, exercise)


def _ids(cells):
    if isinstance(cells, list):
        return [_ids(cell) for cell in cells]
    if not isinstance(cells, str):
        return cells
    if place := re.fullmatch(r"slot\W*(\d+)", cells.strip()):
        return float(place[1])
    both = re.fullmatch(r"([^\W\d])\W*(?:slot\W*)?(\d+)", cells)  # "A0"
    ids = [VOCABULARY.index(letter) for letter in letters_in(both[1] if both else cells)]
    return [*ids, float(both[2])] if both else ids[0] if len(ids) == 1 else ids


def _about_pair(values, right_pairs, which, shape):
    if any(value not in range(n) for value, n in zip(values[which], shape)):
        last = shape[1] - 1
        return f"What you give for vector {which} is no letter with a slot: letters are A to C, slots 0 to {last}."
    hits = values == right_pairs  # (n, 2)
    for one, other, hit in (("letter", "slot", hits), ("slot", "letter", hits[:, ::-1])):
        if hit[:, 0].all() and not hit[:, 1].any():
            return f"All {one}s are right, but none of the {other}s."
        if hit[which, 0]:
            return f"The {one} of vector {which} is right, its {other} is not."
    return f"For vector {which}, neither the letter nor the slot is right."


@judges
def hidden_shift(answer, model, task):
    """Check two new tables, a pair, with which the model answers all 729 inputs of a task as it does with its own.
    Also, each cosine between a row of one and a row of the other must be below -0.9. A model with such tables will
    do."""
    old = [as_float64(model.wte), as_float64(model.wpe)]
    new = _two_tables(answer, (len(old[0]), len(old[1])))
    for name, table in zip(TABLES, new):
        if table.shape[1] != model.n_embd:
            raise Stop(f"A row of the {name} table must have {model.n_embd} numbers, and this has {table.shape[1]}.")
        if not table.any(axis=1).all():
            raise Stop(f"A row of the {name} table is all zeros, so it has no direction and no cosine.")
    try:
        changed = model.with_tables(*(table.astype(np.float32) for table in new))
        written = [answer_logits(each, task).argmax(axis=-1) for each in (model, changed)]  # (729, 6) each
    except (ValueError, FloatingPointError):
        raise Stop("The numbers are too large for the model to compute with: a smaller shift is enough.") from None
    n_same = int((written[0] == written[1]).all(axis=-1).sum())
    moved = [table - before for table, before in zip(new, old)]
    if n_same < len(task.inputs):
        return not_yet(f"{_about_moves(new, old, moved)} (It answers {n_same} of {len(task.inputs)} inputs as before.)")
    if max(abs(move).max() for move in moved) <= 1e-6:
        return not_yet("The answers are as before, but so are the tables: nothing has moved.")
    lengths = np.outer(*(np.linalg.norm(table, axis=1) for table in new))
    largest = float((new[0] @ new[1].T / lengths).max())
    if largest >= BELOW:
        return not_yet(f"The answers are as before, but a cosine is still {largest:.2f}: all must be below {BELOW}.")
    changed = moved[0][:, np.newaxis] + moved[1]  # (3, 11, C)
    close = 8 * max(_precision(answer), 2**-24) * max(abs(table).max() for table in new)  # the model has float32
    if abs(changed).max() <= close:
        return right("All sums are as before, so the model cannot know; yet every cosine has changed.")
    changed -= changed.mean(axis=-1, keepdims=True)  # which layer norm takes away
    if abs(changed).max() <= close:
        return right("All answers are as before, though the sums have changed; and so has every cosine.")
    off = f"{abs(changed).max():.2g}: what one table gains, the other must lose exactly."
    return not_yet(f"All answers are as before, but the sums are not, by up to {off}")


def _about_moves(new, old, moved):
    """Say what has been done to the two tables, for a model that no longer answers as before."""
    token, position = moved
    small = 1e-5 + 1e-6 * max(abs(table).max() for table in new)
    alike = [abs(move - move[0]).max() <= small for move in moved]
    for name, table, before in zip(TABLES, new, old):
        factor = np.vdot(table, before) / np.vdot(before, before)
        if factor != 1 and np.allclose(table, factor * before, rtol=0, atol=1e-6 * abs(table).max()):
            gains = "a sum keeps its numbers only if what one row gains, the other loses"
            return f"The {name} table is multiplied by {factor:.3g}: {gains}."
    if abs(token[:, np.newaxis] + position).max() <= small:
        return "Nearly as before: but beside so large a shift, floats lose the last digits of the small numbers."
    if abs(position).max() <= small or abs(token).max() <= small:
        return "Only one table has moved, so the sums have moved with it: what must the other one do?"
    if all(alike) and abs(token[0] - position[0]).max() <= small:
        return "Both tables have moved the same way, so the sums have moved twice as far."
    if all(alike):
        return "Every row of a table has moved alike, but the two shifts do not cancel."
    one = "token" if not alike[0] else "position"
    return f"The rows of the {one} table have not all moved alike: each of them meets every row of the other table."


@judges
def colliding_tables(answer):
    """Check two tables, a pair, for which adding fails: all rows differ, yet two pairs of letter and slot have one sum.
    They may have any number of channels; a table of one channel may be a single row of numbers."""
    tables = _two_tables(answer, (len(VOCABULARY), N_SLOTS))
    widths = [table.shape[1] for table in tables]
    if widths[0] != widths[1]:
        raise Stop(f"The tables have {widths[0]} and {widths[1]} channels: only rows of one length can be added.")
    if widths[0] > MOST_CHANNELS:
        raise Stop(f"At most {MOST_CHANNELS} channels, please: one can be enough.")
    largest = [abs(table).max() for table in tables]
    if not 1e-100 < max(largest) < 1e100:
        return not_yet("The numbers are all 0, or too small or too large to tell rows apart.")
    equal = 8 * _precision(answer) * np.sqrt(widths[0])  # as a share of the largest number
    for name, table, size in zip(TABLES, tables, largest):
        if closest_rows(table)[2] <= equal * max(size, 1e-100):
            return not_yet(f"Two rows of the {name} table are equal: it fails on its own, whether you add or not.")
    closest = closest_sums(*tables)[2] / max(largest)
    if closest <= equal:
        return right("All rows differ, and yet two pairs of letter and slot have one sum: nobody can tell them apart.")
    near = ": near, but not equal" if closest < 0.01 else ""
    apart = f"The closest two sums are {closest * max(largest):.3g} apart{near}."
    return not_yet(f"Each pair of letter and slot still has a sum of its own. {apart}")


def _precision(answer):
    """Return how coarse the numbers of some tables are, as a share of them: by their own types, else as Python's."""
    tables = answer if isinstance(answer, (list, tuple)) else ()
    types = [np.dtype(getattr(table, "dtype", float)) for table in tables]
    return max((np.finfo(each).eps for each in types if each.kind == "f"), default=np.finfo(float).eps)


def _of_rows(table):
    """Return a table as (rows, channels); a single row of numbers is a table of one channel."""
    while table.ndim > 1 and len(table) == 1:
        table = table[0]
    table = table[:, np.newaxis] if table.ndim == 1 else table
    if table.ndim != 2:
        raise Stop(f"A table has rows and channels, two axes: one of these has {table.ndim}.")
    return table


def _two_tables(answer, n_rows):
    """Read a pair of tables of so many rows, or a model's own two."""
    expected = f"two tables with equally many channels, of {n_rows[0]} and {n_rows[1]} rows"
    cells = unwrapped(plain((answer.wte, answer.wpe) if isinstance(answer, NanoGPT) else answer))
    if not isinstance(cells, list) or len(cells) != 2:
        found = f"a list of {len(cells)}: a single table, or part of one?" if isinstance(cells, list) else "no table."
        found = "text: without the quotes, Python computes it." if isinstance(cells, str) else found
        raise Stop(f"The exercise asks for a pair: {expected}. This is {found}")
    tables = [_of_rows(as_array(table, expected)) for table in cells]
    if [len(table) for table in tables] == list(n_rows[::-1]):
        raise Stop("The tables are swapped: the token table comes first, then the position table.")
    for name, table, n in zip(TABLES, tables, n_rows):
        if len(table) != n:
            hint = " Rows and columns are swapped." if table.shape[1] == n else ""
            raise Stop(f"The {name} table has {len(table)} rows, and {n} are needed.{hint}")
    return tables


@judges
def nudge(answer, model, letters, most):
    """Check a slot, a channel and a number that changes the model's answer once it is added to that number of x. The
    number may be `most` large, up or down."""
    x, own = add_tables(encode(letters), model.wte, model.wpe), model.generate(encode(letters))
    expected = "three numbers: a slot, a channel, and what is added there"
    answer = in_order(answer, ("slot", "channel", "nudge"))
    answer = list(answer.items()) if isinstance(answer, Mapping) else answer  # {(slot, channel): nudge}
    if isinstance(answer, str) and (found := re.findall(NUMBER, answer)):
        answer = found
    values = as_array(list(atoms(plain(answer))), expected)
    if values.size != 3:
        raise Stop(f"The exercise asks for {expected}, and this holds {values.size}.")
    slot, channel, size = values.tolist()
    if slot not in range(len(x)) or channel not in range(x.shape[1]):
        asked = f"slots from 0 to {len(x) - 1}, and channels from 0 to {x.shape[1] - 1}; the nudge comes last"
        return not_yet(f"x has no cell in slot {slot:g}, channel {channel:g}: it has {asked}.")
    if abs(size) > 1.001 * most:  # float16 has 0.3 as 0.3000488
        return not_yet(f"That is a large nudge: try one from -{most} to {most}.")
    nudges = np.zeros((1, *x.shape), dtype=np.float32)
    nudges[0, int(slot), int(channel)] = size
    if not tipped_by(model, encode(letters), nudges)[0]:
        still = f"The model still answers {decode(own)}"
        if not size or not _tips(model, letters, abs(size)):
            return not_yet(f"{still}: so small a nudge changes nothing, wherever it is. Go further.")
        return not_yet(f"{still}: {size:g} in slot {slot:g}, channel {channel:g} does not change it; other cells do.")
    least = _least(model, letters, round(abs(size) / STEP + 0.5))
    smallest = f"In steps of {STEP}, the smallest nudge that can do it is {least:.2f}."
    return right(f"The answer is no longer {decode(own)}. {smallest}")


@lru_cache(maxsize=10)
def _least(model, letters, n_steps):
    """Return the smallest number of steps of `STEP` which, added or subtracted somewhere, changes the answer."""
    return STEP * next((n for n in range(1, n_steps) if _tips(model, letters, n * STEP)), n_steps)


def _tips(model, letters, size):
    """Say whether some number of x changes the answer once `size` is added or subtracted."""
    return any(tips(model, encode(letters), each).any() for each in (size, -size))
