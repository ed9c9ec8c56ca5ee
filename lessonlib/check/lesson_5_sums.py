"""The exercises of lesson 5 on what a sum tells: un-mixing, the hidden shift, tables that collide, a nudge."""

import re
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from lessonlib.check.exercise import Exercise, checks, judges
from lessonlib.check.reading import as_array, as_float64, atoms, letters_in, numbers, plain, unwrapped
from lessonlib.check.verdict import Stop, not_yet, right
from lessonlib.embeddings import VOCABULARY, decode, encode, input_embedding
from lessonlib.measure import closest_rows, closest_sums, every_sum, tipped_by, tips
from lessonlib.nano_gpt import NanoGPT
from lessonlib.tasks import answer_logits

N_LETTERS, N_SLOTS = 3, 11  # rows of the tables that collide
MOST_CHANNELS = 1000
STEP = 0.05  # of nudges that are tried
NUMBER = r"[-+\u2212]?\d*\.?\d+"  # in a text
BELOW = -0.9  # what every cosine must be, in the exercise on the hidden shift


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
            (right_pairs[:, 0], f"These are the letters only. {both}"),
            (right_pairs[:, 1], f"These are the slots only. {both}"),
            (vectors, "These are the vectors themselves: what are they made of?"),
        ],
        shapes=[
            ((n_pairs,), both),
            ((2,), "This is a single pair: every vector has one."),
            ((2, n_pairs), "Give the letter and the slot of each vector together, as a pair."),
            ((n_amounts,), (n_amounts, n_pairs), (n_pairs, n_amounts), amounts),
            ((n_pairs, 3), "There are three things for each vector: its letter and its slot are enough."),
            ((n_pairs, n_embd), "These are whole rows: give the letter and the slot that each row belongs to."),
            *(((n, 2), f"Every vector has one pair: there are {n_pairs} vectors.") for n in range(1, 34)),
        ],
        order="These are the right pairs in the wrong order: the first is for vector 0.",
        read=_read_pairs,
    )


def _read_pairs(answer, exercise):
    """Read pairs, with ids in place of letters."""
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
    pair = right_pairs[which]
    if not (values[which][0] in range(shape[0]) and values[which][1] in range(shape[1])):
        last = shape[1] - 1
        return f"What you give for vector {which} is no letter with a slot: letters are A to C, slots 0 to {last}."
    if (values[:, 0] == right_pairs[:, 0]).all() and not (values[:, 1] == right_pairs[:, 1]).any():
        return "All letters are right, but none of the slots."
    if (values[:, 1] == right_pairs[:, 1]).all() and not (values[:, 0] == right_pairs[:, 0]).any():
        return "All slots are right, but none of the letters."
    if (values[which] == pair).any():
        part = ("letter", "slot") if values[which][0] == pair[0] else ("slot", "letter")
        return f"The {part[0]} of vector {which} is right, its {part[1]} is not."
    return f"For vector {which}, neither the letter nor the slot is right."


@judges
def hidden_shift(answer, model, task):
    """Check two new tables, a pair, with which the model answers all 729 inputs of a task as it does with its own.
    Also, each cosine between a row of one and a row of the other must be below -0.9. A model with such tables will
    do."""
    old = [as_float64(model.wte), as_float64(model.wpe)]
    expected = f"two tables, of shapes {old[0].shape} and {old[1].shape}, in parentheses"
    new = _two_tables(answer, expected)
    if [table.shape for table in new] == [table.shape for table in old[::-1]]:
        raise Stop("The tables are swapped: the token table comes first, then the position table.")
    for name, table, wanted in zip(("token", "position"), new, old):
        if table.shape != wanted.shape:
            raise Stop(f"The {name} table must have shape {wanted.shape}, and this has {table.shape}.")
        if not table.any(axis=1).all():
            raise Stop(f"A row of the {name} table is all zeros, so it has no direction and no cosine.")
    n_same = _n_same_answers(model, new, task)
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


def _n_same_answers(model, tables, task):
    try:
        new = model.with_tables(*(table.astype(np.float32) for table in tables))
        written = [answer_logits(each, task).argmax(axis=-1) for each in (model, new)]  # (729, 6) each
    except (ValueError, FloatingPointError):
        raise Stop("The numbers are too large for the model to compute with: a smaller shift is enough.") from None
    return int((written[0] == written[1]).all(axis=-1).sum())


def _about_moves(new, old, moved):
    """Say what has been done to the two tables, for a model that no longer answers as before."""
    token, position = moved
    small = 1e-5 + 1e-6 * max(abs(table).max() for table in new)
    alike = [abs(move - move[0]).max() <= small for move in moved]
    for name, table, before in zip(("token", "position"), new, old):
        if np.array_equal(table, -before):
            return f"The signs of the {name} table are flipped: a shift adds one vector to every row."
    if abs(token[:, np.newaxis] + position).max() <= small:
        return "Nearly as before: but beside so large a shift, floats lose the last digits of the small numbers."
    if abs(position).max() <= small or abs(token).max() <= small:
        return "Only one table has moved, so the sums have moved with it: what must the other one do?"
    if all(alike) and abs(token[0] - position[0]).max() <= small:
        return "Both tables have moved the same way, so the sums have moved twice as far."
    if all(alike):
        return "Every row of a table has moved alike, but the two shifts do not cancel."
    if all(_is_multiple(table, before) for table, before in zip(new, old)):
        return "A table is multiplied: a sum keeps its numbers only if what one row gains, the other loses."
    one = "token" if not alike[0] else "position"
    return f"The rows of the {one} table have not all moved alike: each of them meets every row of the other table."


def _is_multiple(new, old):
    factor = np.vdot(new, old) / np.vdot(old, old)
    return bool(np.allclose(new, factor * old, rtol=0, atol=1e-6 * abs(new).max()))


@judges
def colliding_tables(answer):
    """Check two tables, a pair, for which adding fails: all rows differ, yet two pairs of letter and slot have one sum.
    They may have any number of channels; a table of one channel may be a single row of numbers."""
    sizes, names = (N_LETTERS, N_SLOTS), ("token", "position")
    found = _two_tables(answer, f"two tables with equally many channels, of {N_LETTERS} and {N_SLOTS} rows")
    tables = [_of_rows(table) for table in found]
    if [len(table) for table in tables] == list(sizes[::-1]):
        raise Stop("The tables are swapped: the token table comes first, then the position table.")
    for name, table, n_rows in zip(names, tables, sizes):
        if len(table) != n_rows:
            hint = " Rows and columns are swapped." if table.shape[1] == n_rows else ""
            raise Stop(f"The {name} table has {len(table)} rows, and {n_rows} are needed.{hint}")
    widths = [table.shape[1] for table in tables]
    if widths[0] != widths[1]:
        raise Stop(f"The tables have {widths[0]} and {widths[1]} channels: only rows of one length can be added.")
    if widths[0] > MOST_CHANNELS:
        raise Stop(f"At most {MOST_CHANNELS} channels, please: one can be enough.")
    largest = [abs(table).max() for table in tables]
    if not 1e-100 < max(largest) < 1e100:
        return not_yet("The numbers are all 0, or too small or too large to tell rows apart.")
    equal = 8 * _precision(answer) * np.sqrt(widths[0])  # as a share of the largest number
    for name, table, size in zip(names, tables, largest):
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


def _two_tables(answer, expected):
    """Read a pair of tables, or a model's own two."""
    cells = unwrapped(plain((answer.wte, answer.wpe) if isinstance(answer, NanoGPT) else answer))
    if not isinstance(cells, list):
        found = "text: without the quotes, Python computes it" if isinstance(cells, str) else "no table"
        raise Stop(f"The exercise asks for a pair: {expected}. This is {found}.")
    if len(cells) != 2:
        whole = cells and all(isinstance(row, list) and row and isinstance(row[0], list) for row in cells)
        found = len(cells) if whole else "a single table, or part of one"
        raise Stop(f"The exercise asks for a pair: {expected}. This is {found}.")
    return [as_array(table, expected) for table in cells]


@judges
def nudge(answer, model, letters, most):
    """Check a slot, a channel and a number that changes the model's answer once it is added to that number of x. The
    number may be `most` large, up or down."""
    x, own = input_embedding(encode(letters), model.wte, model.wpe), model.generate(encode(letters))
    expected = "three numbers: a slot, a channel, and what is added there"
    names = "slot", "channel", "nudge"
    if isinstance(answer, Mapping):
        answer = [answer[name] for name in names] if set(answer) == set(names) else list(answer.items())
    if isinstance(answer, str) and (found := re.findall(NUMBER, answer)):
        answer = found
    values = as_array(list(atoms(plain(answer))), expected)
    if values.size != 3:
        raise Stop(f"The exercise asks for {expected}, and this holds {values.size}.")
    slot, channel, size = values.tolist()
    if slot % 1 or channel % 1:
        return not_yet("Slot and channel are whole numbers, and the nudge comes last.")
    if slot not in range(len(x)) or channel not in range(x.shape[1]):
        asked = f"slots from 0 to {len(x) - 1}, and channels from 0 to {x.shape[1] - 1}"
        return not_yet(f"x has no cell in slot {slot:g}, channel {channel:g}: it has {asked}.")
    nudges = np.zeros((1, *x.shape), dtype=np.float32)
    nudges[0, int(slot), int(channel)] = min(max(size, -1e6), 1e6)
    if abs(size) > 1.001 * most:  # float16 has 0.3 as 0.3000488
        return not_yet(f"That is a large nudge: try one from -{most} to {most}.")
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
