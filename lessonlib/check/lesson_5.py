"""The exercises of lesson 5 that add: one cell, all rows, and a formula that is wrong."""

import re
from collections.abc import Mapping

import numpy as np

from lessonlib.check.exercise import Exercise, arrays_at_hand, judge, matrix_exercise, models, which_rows
from lessonlib.check.lesson_3 import about_letters, other_letters
from lessonlib.check.lesson_4 import about_slots, other_slots
from lessonlib.check.reading import as_array, atoms, letters_in, plain
from lessonlib.check.verdict import Stop, not_yet, right
from lessonlib.embeddings import VOCABULARY, encode
from lessonlib.embeddings import input_embedding as add_tables
from lessonlib.measure import every_sum
from lessonlib.nano_gpt import N_INPUTS

WORDS, FILLERS = r"[-+]?\d+(?:\.\d+)?|[^\W\d_]+", {"formula", "number", "letters", "and"}
A_FORMULA = "a pair, the number of a formula, and letters for which it goes wrong"


def cell(answer, letters, slot, channel, wte, wpe):
    """Check one cell of the input embedding of `letters`: two numbers of the tables, added."""
    return judge(answer, cell_exercise(letters, slot, channel, wte, wpe))


def input_embedding(answer, token_ids, wte, wpe):
    """Check the input embedding: for each id the row of the letter plus the row of its slot, so an array (T, C)."""
    return judge(answer, input_embedding_exercise(token_ids, wte, wpe))


def cell_exercise(letters, slot, channel, wte, wpe):
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
            *_cell_mistakes(ids, slot, channel, np.float64(wte), np.float64(wpe)),
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
    for wrong in ([token, position], [position, token]):
        yield wrong, "These are the two numbers: add them."
    for wrong in (token - position, position - token):
        yield wrong, "One is taken away from the other: add them, each with its own sign."
    yield -token - position, "The sign is the wrong way round, or it is missing."
    yield token * position, "The two are multiplied: add them."
    yield (token + position) / 2, "This is the mean of the two: add them, without halving."
    yield token + places[token_id], "The id picks the position too: a position follows the slot, not the letter."
    for near in {slot - 1, slot + 1} & set(range(len(ids))):
        yield tokens[ids[near]] + places[near], "This is the slot beside the one asked for: slots count from 0."
        yield token + places[near], "The position is that of the slot beside it: slots count from 0."
        yield tokens[ids[near]] + position, "The letter is that of the slot beside it: slots count from 0."
    for near in {channel - 1, channel + 1} & set(range(wte.shape[1])):
        yield wte[token_id, near] + wpe[slot, near], "This is the channel beside the one asked for."
    yield wte[token_id, slot] + position, "The slot picks the channel of the token table: it is the same for both."
    for wrong in tokens:
        yield wrong + position, "The number of another letter is taken: which letter is in this slot?"
        yield wrong, "This is the number of another letter, and that of the slot is missing."
    for wrong in places:
        yield token + wrong, "The number of another slot is taken: which slot is asked for?"
        yield wrong, "This is the number of another slot, and that of the letter is missing."
    for wrong in (2 * token, 2 * position):
        yield wrong, "The same number is added twice: one is needed from each table."
    for name, model in models().items():
        other = np.float64([model.wte[token_id, channel], model.wpe[slot, channel]])
        for wrong in (other.sum(), other[0] + position, token + other[1]) if other[0] != token else ():
            yield wrong, f"A number in it is the {name}'s, another model: use the tables of the exercise."
    yield np.sqrt(wte.shape[1]) * token + position, "The letter's number is scaled by the root of C: add it as it is."
    for wrong in (tokens[:, np.newaxis] + places).ravel():
        yield wrong, "Both numbers come from other rows: which letter is it, and which slot?"
    yield tokens, "This is the channel in the token table: take the number of the letter, and add that of the slot."
    yield places, "This is the channel in the position table: take the slot's number, and add the letter's."


def input_embedding_exercise(token_ids, wte, wpe):
    x, ids = add_tables(token_ids, wte, wpe), np.asarray(token_ids)  # (T, C), (T,)
    (n_tokens, n_embd), (block_size, vocab_size) = x.shape, (len(wpe), len(wte))
    tok, pos = np.float64(wte)[ids], np.float64(wpe)[:n_tokens]
    grid = every_sum(np.float64(wte), np.float64(wpe)).reshape(-1, n_embd)  # (vocab_size * block_size, C)
    side_by_side = "Token and position are side by side: add them, channel by channel."
    below = "Token and position are one below the other: add them, row by row."

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
            *((tok + wpe[slots], sentence) for slots, sentence in other_slots(ids, block_size)),
            (tok[::-1] + pos, "The letters are in reverse order: the first letter is in slot 0."),
            (wte[np.sort(ids)] + pos, "The letters are sorted: the model has yet to do that."),
            *((wte[other] + pos, sentence) for other, sentence in other_letters(ids, vocab_size)),
            (tok + tok, "The token embedding is added to itself: add the positions."),
            (pos + pos, "The position embedding is added to itself: add the rows of the letters."),
            *((wrong, "One of the two is added twice.") for wrong in (tok + pos + pos, tok + tok + pos)),
            (np.sqrt(n_embd) * tok + pos, "The letters' rows are scaled by the root of C: add them as they are."),
            (tok + np.arange(n_tokens)[:, np.newaxis], "The slot numbers are added: add the rows that they pick."),
            (ids[:, np.newaxis] + pos, "The ids are added: add the rows that they pick."),
            (tok + wpe.sum(axis=0), "The sum of all positions is added: each slot has its own."),
            (np.hstack([tok, pos]), side_by_side),
            (np.vstack([tok, pos]), below),
            (np.stack([tok, pos]), "Token and position are two layers of one array: add them."),
            (tok @ pos.T, "`@` is a product of matrices, which compares rows: add them."),
            (wpe, "This is the whole position table: add the rows that are needed."),
            (x[0], "This is the row of the first letter: every letter has one."),
            (x.sum(axis=0), "All rows are added up: token and position are added, row by row."),
            (ids, "These are the ids: they pick rows of the token table."),
        ],
        shapes=[
            ((block_size, n_embd), "There is a row for every slot of the table: take those that hold a letter."),
            ((vocab_size, n_embd), "There is a row for every id: every letter has a row, equal letters too."),
            ((n_tokens, 2 * n_embd), side_by_side),
            ((2 * n_tokens, n_embd), below),
            ((2, n_tokens, n_embd), "Token and position are two layers of one array: add them."),
            ((n_tokens, n_tokens, n_embd), "Every letter is added to every slot: each letter is in one slot."),
            ((n_tokens, block_size, n_embd), "Every letter is added to every slot: each letter is in one slot."),
            ((vocab_size, block_size, n_embd), "These are all sums that there are: each letter is in one slot."),
            ((n_tokens, n_tokens), "This is a product of matrices, which compares rows: add them."),
        ],
        about_rows=about_rows,
        rounding="The numbers are close, but not the same: add what is in the tables, and round nothing.",
    )


def wrong_formula(answer, formulas, wte, wpe):
    """Check a formula that is said to be wrong, and the letters that are said to show it.

    `formulas` is a dict of numbers to functions that take ids (T,) and return an array (T, C).
    """
    try:
        number, letters = _number_and_letters(answer)
    except Stop as stop:
        return stop.verdict
    if number not in formulas:
        return not_yet(f"There is no formula {number:g}: they have the numbers {', '.join(map(str, formulas))}.")
    if len(letters) > N_INPUTS:
        return not_yet(f"Give one to {N_INPUTS} letters, as many as the model reads.")
    x = add_tables(encode(letters), wte, wpe)  # (T, C)
    results = {name: _result(formula, encode(letters)) for name, formula in formulas.items()}
    if isinstance(results[number], Exception):
        return not_yet(f"This formula stops with an error, {results[number]!r}: was it changed?")
    wrong = {name for name, values in results.items() if np.shape(values) != x.shape or abs(values - x).max() > 1e-6}
    if number in wrong:
        return right("For these letters, this formula gives other numbers than token plus position.")
    if wrong:
        return not_yet("These letters are a good test, but this formula passes it: another one does not.")
    return not_yet("For these letters all formulas give the same right sum: they prove nothing about any of them.")


def _result(formula, ids):
    try:
        return formula(ids)
    except Exception as error:  # a formula that a learner has changed
        return error


def _number_and_letters(answer):
    """Return a number and letters, in whatever order and wrapping they come; ids will do for letters."""
    cells, there_are_none = _unwrapped(answer), "There {} in it. The exercise asks for " + A_FORMULA + "."
    found = [part for atom in atoms(cells) for part in (re.findall(WORDS, atom) if isinstance(atom, str) else [atom])]
    values = [part for part in found if not isinstance(part, str) or part[-1].isdigit()]
    texts = [part for part in found if isinstance(part, str) and not part[-1].isdigit() and part not in FILLERS]
    if not texts and len(values) > 1 and (len(values) > 2 or any(isinstance(cell, list) for cell in cells)):
        number, ids = (values[0], values[1:]) if not isinstance(cells[0], list) else (values[-1], values[:-1])
        texts, values = [VOCABULARY[int(token_id)] for token_id in ids if token_id in range(3)], [number]
        texts = texts if len(texts) == len(ids) else []
    if not texts or not values:
        raise Stop(not_yet(there_are_none.format("are no letters" if not texts else "is no number of a formula")))
    numbers_there = set(as_array([float(value) if isinstance(value, str) else value for value in values], A_FORMULA))
    if len(numbers_there) > 1:
        raise Stop(not_yet("There is more than one number in it: only one of the formulas is wrong."))
    return numbers_there.pop(), letters_in("".join(texts))


def _unwrapped(answer):
    """Read an answer as lists of numbers and text; a dict of one thing is a pair, and extra brackets are left out."""
    if isinstance(answer, Mapping) and len(answer) == 1:
        answer = list(answer.items())
    cells = plain(answer)
    while isinstance(cells, list) and len(cells) == 1:
        cells = cells[0]
    return cells if isinstance(cells, list) else [cells]
