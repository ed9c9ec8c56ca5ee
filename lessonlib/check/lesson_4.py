"""The exercises of lesson 4: give every slot a position."""

import re
from collections.abc import Mapping
from functools import cache, partial
from itertools import combinations

import numpy as np

from lessonlib import tasks
from lessonlib.check.exercise import (
    N_SLOTS,
    Exercise,
    checks,
    judges,
    matrix_exercise,
    models,
    rows_exercise,
    tables_at_hand,
)
from lessonlib.check.reading import as_float64, atoms, letters_in, numbers, plain
from lessonlib.check.verdict import Stop, not_yet, right
from lessonlib.embeddings import VOCABULARY, decode, encode, position_embedding, sinusoidal_positions
from lessonlib.measure import closest_rows, cosines, distances, principal_axes, stream
from lessonlib.measure import exchanged as swapped
from lessonlib.nano_gpt import N_INPUTS


@checks
def positions(n_tokens, wpe, token_ids):
    """Check the position embedding of the first `n_tokens` slots, rows of `wpe` (block_size, C), so an array (T, C).
    The ids `token_ids` (T,) in these slots tell apart an answer that takes them for slot numbers."""
    pos_emb = position_embedding(n_tokens, wpe)  # (T, C)
    return matrix_exercise(
        pos_emb,
        each="slot",
        praise="Every slot has its own row of the table, from row 0 on, whatever the letters are.",
        mistakes=[
            (wpe[:, :n_tokens], "The slice took channels, not slots: what is before the comma picks rows."),
            (wpe[:n_tokens, :n_tokens], "The slice took only some of the channels: every row has all of them."),
            (token_ids, "These are the ids of the letters: a position follows the slot alone."),
        ],
        parts=tables_at_hand(wpe=wpe),
        tail="Every slot that holds a letter, given or written since, has its row: slots count from 0, and a position "
        "follows the slot, not the letter.",
    )


@checks
def most_alike(table):
    """Check which two rows of `table` (n_rows, C) lie nearest each other: their numbers, in either order."""
    rows = _checked(table)
    *nearest, distance = closest_rows(rows)
    apart = distances(rows)
    number = "This is the number of a cell, counted row by row: which row and which column is it?"
    others = [model.wpe for model in models().values() if (model.wpe != table).any()]
    other_model = "These are the nearest rows of the other model's table."
    largest = "These have the largest cosine or dot product: the exercise asks for the smallest distance."
    return rows_exercise(
        nearest,
        len(rows),
        praise="No other two rows lie as near each other.",
        mistakes=[
            (divmod(apart.argmax(), len(rows)), "These two lie furthest apart: which lie nearest?"),
            (*map(_largest_pair, (rows @ rows.T, cosines(rows), cosines(rows - rows.mean(axis=0)))), largest),
            (
                closest_rows(rows @ principal_axes(rows)[0][:2].T)[:2],
                "These lie nearest on the map, which shows two directions of 48: measure in all of them.",
            ),
            (*(closest_rows(other)[:2] for other in others), other_model),
            ([0, 0], 0, "A row and itself are 0 apart: leave out the diagonal."),
            (nearest[0] * len(rows) + nearest[1], number),
            (distance, "This is how far apart they are: the exercise asks for the two row numbers."),
            (np.argsort(apart, axis=1)[:, 1], "This is the nearest of each row: which two of all lie nearest?"),
        ],
    )


@checks
def no_difference(model, pairs):
    """Check which `pairs` of words, by number, come out the same at the last slot of `model` without positions."""
    off = np.array([_differences(model, *pair) for pair in pairs])  # (n_pairs, n_layer + 1)
    same, numbers = off < 1e-4, np.arange(len(pairs))
    return rows_exercise(
        np.flatnonzero(same[:, -1]),
        len(pairs),
        praise="Without positions the last slot comes out the same, after all three causal layers.",
        mistakes=[
            (numbers[~same[:, -1]], "These are those that come out different: which come out the same?"),
            (numbers[same[:, 1]], "So it is after one layer: this model has three."),
            (
                numbers[[sorted(one) == sorted(other) for one, other in pairs]],
                "These have the same letters, in another order: does the order leak in?",
            ),
        ],
        what="pair",
        reasons={n: f"does not come out the same: the numbers differ by up to {off[n, -1]:.2f}" for n in numbers},
    )


def _differences(model, one, other):
    """Measure by how much the last slot of two words differs at most after 0, 1, ... layers without positions."""
    blind = model.with_tables(wpe=0 * model.wpe)
    one, other = (stream(blind, encode(word))[:, -1] for word in (one, other))  # (n_layer + 1, C)
    return abs(one - other).max(axis=-1)


@checks
def averaged(wpe, rows):
    """Check the table `wpe` (block_size, C) in which each of `rows` is replaced by the mean of all of them."""
    table, rows = _checked(wpe), list(rows)
    mean, others = table[rows].mean(axis=0), [row for row in range(len(table)) if row not in rows]
    filled = partial(_with, table, rows)
    now = "all are one and the same row, which is not their own mean", "they still differ from each other"
    group = "The mean is that of another group of rows: take the mean of those that are replaced."
    return _changed_table(
        table,
        filled(mean),
        praise="Only what tells these rows apart is gone; what they have in common is still there.",
        mistakes=[
            (table, "Nothing has been replaced yet."),
            (filled(0), "Zero takes away more than the differences: it takes what the rows have in common, too."),
            (*(filled(rows.mean(axis=0)) for rows in (table, table[others], table[:N_INPUTS])), group),
            (filled(table[rows].mean()), "This is one number, the mean of all: take the mean of each channel."),
            (filled(table[rows].mean(axis=1)[:, np.newaxis]), "These are the means along each row: take axis 0."),
            (filled(table[rows].sum(axis=0)), "This is the sum of the rows: divide by how many they are."),
            (mean, np.tile(mean, (len(rows), 1)), "This is only what is new: the exercise asks for the whole table."),
            *(
                (_with(model.wpe, rows, model.wpe[rows].mean(axis=0)), f"This began with the {name}'s table.")
                for name, model in models().items()
                if not np.array_equal(model.wpe, wpe)
            ),
        ],
        otherwise=lambda values: now[int(np.ptp(values[rows], axis=0).max() > 1e-6)],
        asks="The exercise asks for the whole table of the exercise, with the mean of the group in each of its rows.",
        tolerance=1e-5,
    )


@checks
def exchanged(wpe, one, other):
    """Check the table `wpe` (block_size, C) in which the rows `one` and `other` have changed places."""
    table, both_rows = _checked(wpe), [one, other]
    own = next((name for name, model in models().items() if np.array_equal(model.wpe, np.float32(table))), None)
    both = "The same row stands in both places: when the second is copied, the first has been overwritten. Copy before."
    changed = "E_pos itself was changed: run the first cell again, then work on a copy."
    numbers = "These are row numbers: take the rows."
    lost = "Both rows are 0 now, or their mean: each is to take the place of the other."
    return _changed_table(
        table,
        swapped(table, one, other),
        praise=f"Two slots have each other's rows, and all else is as it was. {_what_is_left(own, one, other)}",
        mistakes=[
            (table, "No row has moved yet." if own else changed),
            (*(_with(table, both_rows, table[row]) for row in both_rows), both),
            (*(_with(table, both_rows, row) for row in (0, table[both_rows].mean(axis=0))), lost),
            (swapped(table.T, one, other).T, "Two channels have changed places: rows come before the comma."),
            (swapped(np.arange(len(table)), one, other), both_rows, [other, one], numbers),
        ],
        otherwise=lambda values: "they do not hold each other's numbers",
        asks="The exercise asks for the whole table of the exercise, in which only two rows change places.",
    )


def _changed_table(table, solution, otherwise, asks, **more):
    """Make the table of an exercise in which some rows of a table (block_size, C) change; where these did, but it is
    not the `solution`, `otherwise` says of the values what they are."""

    def about_rows(values):
        changed, wanted = (np.flatnonzero(abs(each - table).max(axis=1) > 1e-6) for each in (values, solution))
        if np.array_equal(changed, wanted):
            return f"The right rows were changed, but {otherwise(values)}."
        if len(changed) == len(table):
            return None
        differs = ", ".join(f"row {row}" for row in changed)
        return f"What differs from the table of the exercise: {differs}. Are these the rows?"

    return matrix_exercise(
        solution,
        each="slot",
        about_rows=about_rows,
        parts=tables_at_hand(wpe=table),
        tail=asks,
        unknown="Every row has changed: only those of the exercise are to change, and rows come before the comma.",
        **more,
    )


@cache
def _what_is_left(name, one, other):
    """Say how many answers the model of that name gets right with two rows exchanged; nothing of an unknown one."""
    if name is None:
        return "The model was not asked: this is not its table."
    model, task = models()[name], tasks.REVERSE if name == "reverser" else tasks.SORT
    n_right = tasks.score(model.with_tables(wpe=swapped(model.wpe, one, other)), task)
    return f"With this table the {name} gets {n_right} of {len(task.inputs)} right."


@checks
def equal_letters(task, one, other):
    """Check how many right answers of `task` have the same letter where the slots `one` and `other` write."""
    places, n = (one - N_INPUTS + 1, other - N_INPUTS + 1), len(task.inputs)
    answers, wanted = task.answers, tasks.equal_letters(task, *places)
    equal = answers[:, places[0]] == answers[:, places[1]]
    fits = {}  # from a number to the pairs of places that it is right for
    for pair in combinations(range(N_INPUTS), 2):
        fits.setdefault(tasks.equal_letters(task, *pair), []).append("{} and {}".format(*pair))
    del fits[wanted]
    of_inputs, columns = n // len(VOCABULARY), [0, *answers.sum(axis=0).tolist()]
    sums = {one - other for one in columns for other in columns} - {0}

    def about_number(values, _):
        if values.size > 1:  # a shape would say it
            return "This is more than one number. Is it True or False for each? Count those that are True."
        if abs(values.item() - wanted) == 1:
            return "Nearly: is one left out, or one too many?"
        if abs(values.item()) <= N_INPUTS:
            return "So few? A row is one answer, and a column one place in all of them: compare two columns."
        return "Which places do the two slots write? Compare these two columns of `SORT.answers`."

    return Exercise(
        np.asarray(wanted),
        expected=f"one number, how many of {n}",
        praise="In that many right answers it does not matter which of the two letters comes first.",
        difference=about_number,
        mistakes=[
            (n - wanted, "This counts those with different letters there."),
            (of_inputs, n - of_inputs, "The right answers are sorted: do you compare the letters that were given?"),
            (wanted / n, 100 * wanted / n, f"This is a share, or a percentage: how many of {n} are they?"),
            (n, 6 * n, "This counts all inputs, or their letters: in how many answers are the two equal?"),
            *((k, f"This is for places {' or '.join(which)}: slot 5 writes place 0.") for k, which in fits.items()),
            (*(n - number for number in fits), "This counts different letters, and in other places."),
            (*sums, "Ids are added up here: compare them with `==`, then count."),
            (np.flatnonzero(equal), "These are the numbers of the answers: how many are they?"),
            (answers[equal], "These are the answers themselves: how many are they?"),
        ],
        sized=False,
        read=lambda answer, exercise: numbers(
            re.sub(rf"\s*(of|out of|/)\s*{n}$", "", answer) if isinstance(answer, str) else answer, exercise
        ),
    )


@judges
def deciding(answer, model, task, stories):
    """Check six letters for which `stories` all predict different answers, and the one that `model` then follows. A
    story is a list of places, (6,): which letter of the right answer it expects in each place."""
    asks = f"The exercise asks for six letters and the number of a story, 0 to {len(stories) - 1}."
    if isinstance(answer, Mapping) and len(answer) == 1:
        answer = list(answer.items())
    cells = list(atoms(plain(answer)))
    text = " ".join(cell for cell in cells if isinstance(cell, str))
    if re.search(r"\bnot\b|n't|wrong", text):
        raise Stop(f"Say which story is left, not which is not. {asks}")
    found = [cell for cell in cells if not isinstance(cell, str)] + [*map(float, re.findall(r"\d+", text))]
    named = re.sub(r"(?i)story|word|letters|\bor\b|\band\b|\bnone\b", "", text)
    word = letters_in("".join(re.findall(r"[^\W\d_]", named)))
    if not word and len(found) == N_INPUTS + 1 and set(found) <= set(range(len(VOCABULARY))):
        word, found = decode(list(map(int, found[:N_INPUTS]))), found[N_INPUTS:]  # ids, then the story
    if len(word) != N_INPUTS:
        said = "There is one letter in it" if len(word) == 1 else f"There are {len(word) or 'no'} letters in it"
        return not_yet(f"{said}. {asks}")
    if len(found) != 1 or found[0] not in range(len(stories)):
        one = "There is no such story" if len(found) == 1 else "Name one story"
        said = one if found else "There is no number in it"
        return not_yet(f"{said}. {asks}")
    wanted = task.answers[(task.inputs == encode(word)).all(axis=1)][0]
    told = [decode(wanted[list(story)]) for story in stories]
    if len(set(told)) < len(told):
        alike = [n for n, each in enumerate(told) if told.count(each) > 1]
        names = " and ".join(map(str, alike))
        return not_yet(f"For {word}, stories {names} predict the same answer, {told[alike[0]]}: it decides nothing.")
    written, story = model.answer(word), int(found[0])
    if written != told[story]:
        return not_yet(f"{word} decides. But story {story} predicts {told[story]}: is that what the model writes?")
    return right(f"For {word} the stories predict {', '.join(told)}, and the model writes {written}.")


@checks
def follows():
    """Check which of six statements follow from what is left of the reverser with its rows 1 to 3 averaged."""
    reasons = {
        1: "only their differences were taken away, and nothing else of these rows was tried",
        2: "the sorter is another model, and was not asked",
        3: "the score counts whole answers, and does not say which letters are wrong",
        5: "this is one reverser, from one random start",
    }
    return rows_exercise(
        [0, 4],
        6,
        "They say what was changed, in which model, and how many answers it cost.",
        what="statement",
        reasons={n: f"does not follow: {why}" for n, why in reasons.items()},
    )


def _with(table, rows, values):
    changed = table.copy()
    changed[rows] = values
    return changed


@checks
def sinusoid_row(position, n_embd):
    """Check one row of the table of sines and cosines, (n_embd,), to three decimals."""
    if position < 0:
        raise ValueError(f"positions count from 0, got {position}")
    row, channels = sinusoidal_positions(position + 1, n_embd)[position], np.arange(n_embd)
    even, is_odd = channels[::2], channels % 2
    w, each = 10000.0 ** (-even / n_embd), position * 10000.0 ** (-channels / n_embd)  # each: an angle for each channel
    sines_first, cosines_first = np.concatenate([row[::2], row[1::2]]), np.concatenate([row[1::2], row[::2]])
    sines = "These are sines only, or angles: every other channel is a cosine, of the same angle."
    first_pair = "In channels 0 and 1 w is 1: the sine and the cosine of the slot itself. Their squares add up to 1."
    later = "Channels 0 to {} are right, channel {} is not: is w there 10000 to the power of -2k / 48, k from 0 to 23?"

    def waves(angles):
        return np.stack([np.sin(angles), np.cos(angles)], axis=-1).ravel()

    return Exercise(
        row,
        expected=f"one row, shape ({n_embd},): one number for each channel",
        praise="Sine and cosine take turns, and each pair of them belongs to one angle.",
        difference=lambda _, place: later.format(place[0] - 1, *place) if place[0] > 1 else first_pair,
        mistakes=[
            (row.reshape(-1, 2)[:, ::-1].ravel(), "Sine and cosine are swapped: channel 0 is a sine."),
            (sines_first, cosines_first, "All sines, or all cosines, come first here: the two take turns."),
            (np.where(is_odd, np.cos(each), np.sin(each)), "A sine and its cosine share one angle: that of 2k."),
            (np.repeat(row[::2], 2), np.sin(each), np.repeat(position * w, 2), each, sines),
            (np.repeat(row[1::2], 2), "These are cosines only: every other channel is a sine."),
            (row * is_odd, row * (1 - is_odd), 0 * row, "Channels are still 0: fill both kinds, even and odd."),
            (waves(np.radians(position * w)), "The angle goes into sine and cosine as it is: it is not in degrees."),
            (waves(even), "The angles are the numbers of the channels: the angle is the slot times w."),
            (w, np.repeat(w, 2), "These are values of w: the angle is the slot times w."),
            (position * w, "These are the angles: take the sine and the cosine of each."),
            (channels, "These are the numbers of the channels: which sine or cosine is in each?"),
            (waves(-position * w), "The sines have the wrong sign: slot and w are both positive."),
            (row[::-1], "The channels are in reverse order."),
            (row[:2], "These are the first two channels: how does it go on?"),
            (row.reshape(-1, 2), "These are the pairs, one below the other: the row has them one after the other."),
        ],
        parts=tables_at_hand(n_rows=max(position + 2, N_SLOTS)),
        tail="The exercise asks for one row, of sines and cosines: the angle is the slot times w.",
        shapes=[
            ((n_embd // 2,), "Half of the channels are missing: each angle has a sine and a cosine."),
            ((2 * n_embd,), "This is twice as long as the row: a sine and a cosine fill two channels."),
            ((2, n_embd // 2), "These are two rows, sines and cosines apart: in the row they take turns."),
        ],
        rounding="There are too few decimals: give three or more.",
        tolerance=1e-3,
    )


def _checked(table):
    if np.ndim(table) != 2 or len(table) < 3:
        raise ValueError(f"a table must have shape (n_rows, C), three rows or more, got {np.shape(table)}")
    return as_float64(table)


def _largest_pair(matrix):
    return divmod(np.where(np.eye(len(matrix)), -np.inf, matrix).argmax(), len(matrix))
