"""The exercises of lesson 4: give every slot a position."""

import numpy as np

from lessonlib import tasks
from lessonlib.check.exercise import (
    Exercise,
    arrays_at_hand,
    checks,
    matrix_exercise,
    models,
    rows_exercise,
    which_rows,
)
from lessonlib.embeddings import encode, position_embedding, sinusoidal_positions
from lessonlib.measure import cosines, distances, principal_axes
from lessonlib.nano_gpt import N_INPUTS


@checks
def positions(n_tokens, wpe, token_ids):
    """Check the position embedding of the first `n_tokens` slots, rows of `wpe` (block_size, C), so an array (T, C).

    The ids `token_ids` (T,) in these slots tell apart an answer that takes them for slot numbers.
    """
    pos_emb, block_size = position_embedding(n_tokens, wpe), len(wpe)  # (T, C)
    numbers = np.broadcast_to(np.arange(n_tokens)[:, np.newaxis], pos_emb.shape)
    which = "the number only says which row of the table to take."
    return matrix_exercise(
        pos_emb,
        each="slot",
        praise="Every slot has its own row of the table, from row 0 on, whatever the letters are.",
        mistakes=[
            *((wpe[slots], sentence) for slots, sentence in other_slots(token_ids, block_size)),
            *arrays_at_hand("position", token_ids, wpe=wpe),
            (numbers, f"It is filled with slot numbers: {which}"),
            (numbers * pos_emb, f"Every row is multiplied by its slot number: {which}"),
            (wpe, "This is the whole table: take the rows of the slots that hold a letter."),
            *_parts_of_a_word(n_tokens, wpe),
            (wpe[n_tokens:], f"These are the rows from slot {n_tokens} on: the letters are in the slots before that."),
            (wpe[1:n_tokens], "The first row is missing: slots count from 0."),
            (wpe[n_tokens], f"This is row {n_tokens} alone: with a colon, a slice takes all rows before it."),
            (wpe[n_tokens - 1], "This is the row of the last slot alone: every slot has one."),
            (wpe[0], "This is the row of slot 0 alone: every slot has one."),
            (wpe[:, :n_tokens], "The slice took channels, not slots: what is before the comma picks rows."),
            (wpe[:n_tokens, :n_tokens], "The slice took only some of the channels: every row has all of them."),
            (np.arange(n_tokens), "These are the slot numbers: they say which rows of the table to take."),
            (token_ids, "These are the ids of the letters: a position follows the slot alone."),
            *((model.wte, "This is the token table: positions have their own.") for model in models().values()),
        ],
        shapes=[
            ((block_size, wpe.shape[1]), "There is a row for every slot of the table: take those that hold a letter."),
            ((n_tokens - 1, wpe.shape[1]), "A row is missing: a slice ends before its second number."),
            ((n_tokens + 1, wpe.shape[1]), "There is a row too many: slots count from 0."),
        ],
        about_rows=lambda values: about_slots(which_rows(values, wpe)),
        rounding="The numbers are close, but not the same: the rows are copied, so nothing is rounded.",
    )


def _parts_of_a_word(n_tokens, wpe):
    """Yield the rows of the letters read and those of the letters written, where there are both."""
    if n_tokens > N_INPUTS:
        yield wpe[:N_INPUTS], "These are the rows of the letters that were given: those written since have slots, too."
        yield wpe[N_INPUTS:n_tokens], "These are the rows of the letters written so far: those given have slots, too."
        yield wpe[N_INPUTS:], "These are the rows of the slots for answers: the slots before hold letters, too."


def other_slots(token_ids, block_size):
    """Yield slots (T,) other than the first T, and what to say of an answer that has these positions."""
    ids, right = np.asarray(token_ids), np.arange(len(token_ids))
    yield ids, "The ids of the letters pick the positions: a position follows the slot, not the letter."
    yield right + 1, "The positions are counted from 1: the first slot is slot 0."
    for backwards in (right[::-1], block_size - 1 - right):
        yield backwards, "The positions are in reverse order: the first is for slot 0."
    yield (
        right + block_size - len(ids),
        "These positions are the last of the table: the letters are in the first slots.",
    )
    for slot in range(block_size):
        yield np.full(len(ids), slot), "All slots have the same position: each has its own."
    yield right * 2 % block_size, "Every second position is left out: the slots are 0, 1, 2 and so on."


def about_slots(found):
    """Say which slots' positions an answer has, `found` (T,), in place of 0, 1, 2, ...; None where it is unknown."""
    if found is None or sorted(found) == list(range(len(found))):  # another order is said in its own words
        return None
    row = np.flatnonzero(found != np.arange(len(found)))[0]
    return f"Row {row}, counted from 0, has the position of slot {found[row]}: which slot is that letter in?"


@checks
def most_alike(table):
    """Check which two rows of `table` (n_rows, C) lie nearest each other: their numbers, in either order."""
    rows = np.float64(table)
    n_rows, apart = len(rows), _apart(rows)
    nearest, others = int(apart.argmin()), [model.wpe for model in models().values() if (model.wpe != table).any()]
    other_model = "These are the nearest rows of the other model's table."
    largest = "These have the largest cosine or dot product: the exercise asks for the smallest distance."
    return rows_exercise(
        divmod(nearest, n_rows),
        n_rows,
        praise="No other two rows lie as near each other.",
        mistakes=[
            (divmod(distances(rows).argmax(), n_rows), "These two lie furthest apart: which lie nearest?"),
            *((_largest_pair(cosines(each)), largest) for each in (rows, rows - rows.mean(axis=0))),
            (_largest_pair(rows @ rows.T), largest),
            (
                divmod(_apart(rows @ principal_axes(rows)[0][:2].T).argmin(), n_rows),
                "These lie nearest on the map, which shows two directions of 48: measure in all of them.",
            ),
            *((divmod(_apart(other).argmin(), n_rows), other_model) for other in others),
            *((cell, "A row and itself are 0 apart: leave out the diagonal.") for cell in ([0, 0], 0)),
            (nearest, "This is the number of a cell, counted row by row: which row and which column is it?"),
            (apart.min(), "This is how far apart they are: the exercise asks for the two row numbers."),
        ],
    )


@checks
def no_difference(model, pairs):
    """Check which `pairs` of words, by number, come out the same at the last slot of `model` without positions."""
    same = [_differs(model, *pair) < 1e-4 for pair in pairs]
    one_layer = [_differs(model, *pair, n_layers=1) < 1e-4 for pair in pairs]
    letters = [sorted(one) == sorted(other) for one, other in pairs]
    numbers = np.arange(len(pairs))
    return rows_exercise(
        np.flatnonzero(same),
        len(pairs),
        praise="Without positions the last slot comes out the same, after all three causal layers.",
        mistakes=[
            (numbers[np.invert(same)], "These are those that come out different: which come out the same?"),
            (numbers[one_layer], "So it is after one layer: this model has three."),
            (numbers[letters], "These have the same letters: does the order leak in?"),
        ],
        what="pair",
    )


def _differs(model, one, other, n_layers=None):
    """Measure by how much the last slot differs at most between two words, without positions."""
    rows = []
    for word in (one, other):
        x = model.wte[encode(word)]
        for layer in range(n_layers or model.n_layer):
            x = model.block(x, layer)
        rows.append(x[-1])
    return abs(rows[0] - rows[1]).max()


@checks
def averaged(wpe, rows):
    """Check the table `wpe` (block_size, C) in which each of `rows` is replaced by the mean of all of them."""
    table, rows = _checked(wpe), list(rows)
    mean, others = table[rows].mean(axis=0), [row for row in range(len(table)) if row not in rows]

    def with_rows(values, which=rows):
        changed = table.copy()
        changed[which] = values
        return changed

    shifted, shorter, longer = ([row + 1 for row in rows], rows[:-1], [*rows, rows[-1] + 1])
    group = "The mean is that of another group of rows: take the mean of those that are replaced."
    which = "Other rows are replaced than those that are asked for: rows count from 0, and a slice ends before its end."
    return matrix_exercise(
        with_rows(mean),
        each="slot",
        praise="Only what tells these rows apart is gone; what they have in common is still there.",
        mistakes=[
            (table, "Nothing has been replaced yet."),
            (with_rows(0), "Zero takes away more than the differences: it takes what the rows have in common, too."),
            (with_rows(table.mean(axis=0)), group),
            (with_rows(table[others].mean(axis=0)), group),
            (with_rows(table[:N_INPUTS].mean(axis=0)), group),
            (with_rows(table[rows].mean()), "This is one number, the mean of all: take the mean of each channel."),
            (with_rows(table[rows].mean(axis=1)[:, np.newaxis]), "These are the means along each row: take axis 0."),
            (with_rows(table[rows].sum(axis=0)), "This is the sum of the rows: divide by how many they are."),
            *((with_rows(table[row]), f"All are copies of row {row}: take the mean of the rows.") for row in rows),
            (with_rows(mean, rows[:1]), "Only one row is replaced: every row of the group is."),
            *((with_rows(table[some].mean(axis=0), some), which) for some in (shifted, shorter, longer)),
            (with_rows(mean, others), "The other rows are replaced, and those of the group are kept."),
            (np.delete(table, rows, axis=0), "The rows are taken out: the table needs a row for every slot."),
            (mean, "This is the mean row alone: the exercise asks for the whole table."),
            (table[rows], "These are the rows of the group alone: the exercise asks for the whole table."),
            (np.tile(mean, (len(rows), 1)), "These are the new rows alone: the exercise asks for the whole table."),
            *_other_tables(table),
        ],
        rounding="The numbers are close, but not the same: keep all digits.",
        tolerance=1e-6,
    )


@checks
def exchanged(wpe, one, other):
    """Check the table `wpe` (block_size, C) in which the rows `one` and `other` have changed places."""
    table = _checked(wpe)
    order = np.arange(len(table))
    order[[one, other]] = other, one
    both = "The same row stands in both places: when the second is copied, the first has been overwritten. Copy before."
    nearby = [(row, row + 1) for row in range(len(table) - 1)] + [(one + 1, other + 1), (one - 1, other - 1)]
    return matrix_exercise(
        table[order],
        each="slot",
        praise="Two slots have each other's rows, and all else is as it was.",
        mistakes=[
            (table, "No row has moved yet."),
            *((_copied(table, *pair), both) for pair in ((one, other), (other, one))),
            *((_swapped(table, *pair), "Two other rows have changed places: rows count from 0.") for pair in nearby),
            (table[::-1], "All rows are in reverse order: only two change places."),
            *(
                (np.roll(table, step, axis=0), "All rows have moved by one: only two change places.")
                for step in (1, -1)
            ),
            (_swapped(table.T, one, other).T, "Two channels have changed places: before the comma stand the rows."),
            (order, "These are the numbers of the rows, in the right order: take these rows from the table."),
            (table[[one, other]], "These are two rows alone: the exercise asks for the whole table."),
            (table[[other, one]], "These are two rows alone: the exercise asks for the whole table."),
            *_other_tables(table),
        ],
        rounding="The numbers are close, but not the same: rows are moved, so nothing is rounded.",
    )


@checks
def equal_letters(task, one, other):
    """Check how many right answers of `task` have the same letter where the slots `one` and `other` write."""
    places, n = (one - N_INPUTS + 1, other - N_INPUTS + 1), len(task.inputs)
    answers, wanted = task.answers, tasks.equal_letters(task, one - N_INPUTS + 1, other - N_INPUTS + 1)
    of_inputs = int((task.inputs[:, places[0]] == task.inputs[:, places[1]]).sum())
    right = "The right answers are sorted: do you compare the letters that were given?"
    mistakes = [
        (n - wanted, "This counts those with different letters there."),
        (of_inputs, right),
        (wanted / n, "This is a share: how many of 729 are they?"),
        (n, "This is the number of all inputs: in how many are the two letters equal?"),
    ]
    for a, b in [(places[0] + 1, places[1] + 1), (places[0] - 1, places[1] - 1), (places[0], places[0] + 1)]:
        if 0 <= min(a, b) and max(a, b) < N_INPUTS and (wrong := tasks.equal_letters(task, a, b)) != wanted:
            mistakes.append((wrong, f"This compares the places {a} and {b}: slot 5 writes place 0."))
    equal = answers[:, places[0]] == answers[:, places[1]]
    mistakes.append((equal, "True or False for each: count those that are True."))
    return Exercise(
        np.asarray(wanted),
        expected="one number, how many of 729",
        praise="In that many right answers it does not matter which of the two letters comes first.",
        difference=lambda *_: "Which places do the two slots write? Compare them in the rows of `SORT.answers`.",
        mistakes=mistakes,
        tolerance=1e-6,
    )


def _swapped(table, one, other):
    order = np.arange(len(table))
    order[[one, other]] = other, one
    return table[order]


def _copied(table, source, target):
    changed = table.copy()
    changed[target] = table[source]
    return changed


def _other_tables(table):
    """Yield whole tables that a learner has at hand in place of one made from `table`."""
    for name, model in models().items():
        if not np.array_equal(model.wpe, np.float32(table)):
            yield model.wpe, f"This is the {name}'s table as it is: use the one of the exercise."
        yield model.wte, "This is the token table: positions have their own."
    yield sinusoidal_positions(*table.shape), "These are sines and cosines: begin with the learned table."


@checks
def sinusoid_row(position, n_embd):
    """Check one row of the table of sines and cosines, (n_embd,), to four decimals."""
    if position < 0:
        raise ValueError(f"positions count from 0, got {position}")
    table, channels = sinusoidal_positions(max(position + 2, 11), n_embd), np.arange(n_embd)
    row, frequencies = table[position], np.repeat(10000.0 ** (-channels[::2] / n_embd), 2)
    sines_only = "These are sines only, or angles: every other channel is a cosine, of the same angle."
    first = "All {} come first here: sine and cosine take turns."
    of_channels = "The {} are those of the channel numbers: the angle is the position times a frequency."
    learned = [(model.wpe[position], name) for name, model in models().items() if position < len(model.wpe)]
    half = "Half of the channels are missing: each angle has a sine and a cosine."
    twice = "This is twice as long as the row: each pair of a sine and a cosine fills two channels."
    return Exercise(
        row,
        expected=f"one row, shape ({n_embd},): one number for each channel",
        praise="Sine and cosine take turns, and each pair of them belongs to one angle.",
        difference=lambda _, place: f"The first difference is in channel {place[0]}, counted from 0.",
        mistakes=[
            (row.reshape(-1, 2)[:, ::-1].ravel(), "Sine and cosine are swapped: channel 0 is a sine."),
            (table[position + 1], "This is the row of the next position: positions count from 0."),
            (np.concatenate([row[::2], row[1::2]]), first.format("sines")),
            (np.concatenate([row[1::2], row[::2]]), first.format("cosines")),
            *((wrong, sines_only) for wrong in (np.repeat(row[::2], 2), position * frequencies)),
            (np.repeat(row[1::2], 2), "These are cosines only: every other channel is a sine."),
            (frequencies, "These are the frequencies: multiply by the position, then take sine and cosine."),
            (channels, "These are the numbers of the channels: which sine or cosine is in each?"),
            (np.sin(channels), of_channels.format("sines")),
            (np.cos(channels), of_channels.format("cosines")),
            (-row, "The sign is the wrong way round."),
            (table[:11], "This is the whole table: the exercise asks for one row of it."),
            (table[:11, position], "This is a column: the exercise asks for a row, with a number for each channel."),
            (row[:2], "These are the first two channels: how does it go on?"),
            *((wpe, f"This is the {name}'s learned row: sines and cosines are not learned.") for wpe, name in learned),
            (row.reshape(-1, 2), "These are the pairs, one below the other: the row has them one after the other."),
        ],
        shapes=[((n_embd // 2,), half), ((2 * n_embd,), twice)],
        tolerance=1e-4,
    )


def _checked(table):
    if np.ndim(table) != 2 or len(table) < 3:
        raise ValueError(f"a table must have shape (n_rows, C), three rows or more, got {np.shape(table)}")
    return np.float64(table)


def _apart(table):
    """Measure how far each row of a table lies from each other row, and infinitely from itself."""
    return np.where(np.eye(len(table)), np.inf, distances(_checked(table)))


def _largest_pair(matrix):
    return divmod(np.where(np.eye(len(matrix)), -np.inf, matrix).argmax(), len(matrix))
