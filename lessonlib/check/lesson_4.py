"""The exercises of lesson 4: give every slot a position."""

import numpy as np

from lessonlib.check.exercise import Exercise, arrays_at_hand, judge, matrix_exercise, models, rows_exercise, which_rows
from lessonlib.embeddings import position_embedding, sinusoidal_positions
from lessonlib.measure import cosines, distances
from lessonlib.nano_gpt import N_INPUTS


def positions(answer, n_tokens, wpe, token_ids):
    """Check the position embedding of the first `n_tokens` slots, rows of `wpe` (block_size, C), so an array (T, C).

    The ids `token_ids` (T,) in these slots tell apart an answer that takes them for slot numbers.
    """
    return judge(answer, positions_exercise(n_tokens, wpe, token_ids))


def most_alike(answer, table):
    """Check which two rows of `table` (n_rows, C) lie nearest each other: their numbers, in either order."""
    return judge(answer, most_alike_exercise(table))


def furthest_rows(answer, table, n):
    """Check which `n` rows of `table` (n_rows, C) have the largest mean distance to all others."""
    return judge(answer, furthest_rows_exercise(table, n))


def fed_back(answer, order):
    """Check which rows of the reverser's shuffled position table belong to answers that are fed back.

    `order` (n_rows,) says which slot each row of the shuffled table belongs to.
    """
    return judge(answer, fed_back_exercise(order))


def sinusoid_row(answer, position, n_embd):
    """Check one row of the table of sines and cosines, (n_embd,), to four decimals."""
    return judge(answer, sinusoid_row_exercise(position, n_embd))


def norm(answer, vector):
    """Check the length of a vector (C,), to two decimals or more."""
    return judge(answer, norm_exercise(vector))


def positions_exercise(n_tokens, wpe, token_ids):
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


def most_alike_exercise(table):
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
            *((divmod(_apart(other).argmin(), n_rows), other_model) for other in others),
            *((cell, "A row and itself are 0 apart: leave out the diagonal.") for cell in ([0, 0], 0)),
            (nearest, "This is the number of a cell, counted row by row: which row and which column is it?"),
            (apart.min(), "This is how far apart they are: the exercise asks for the two row numbers."),
        ],
    )


def furthest_rows_exercise(table, n):
    rows = np.float64(table)
    mean, n_rows = _mean_distances(rows), len(rows)
    if n not in range(1, n_rows):
        raise ValueError(f"n must be a whole number from 1 to {n_rows - 1}, got {n!r}")
    by_mean = np.argsort(mean)
    missing, are_means = (
        "One is missing: a slice ends before its second number.",
        "These are the means: which rows have them?",
    )
    return rows_exercise(
        by_mean[-n:],
        n_rows,
        praise="Their distances to the other rows are the largest on average.",
        mistakes=[
            (by_mean[:n], "These lie nearest to the others: the exercise asks for the largest means."),
            (
                range(n_rows - n, n_rows),
                "These are the last rows: the reverser's outsiders, but not all of this table's.",
            ),
            (range(n), "These are the first rows: the largest means are elsewhere."),
            (by_mean[-1], f"This is only the row that lies furthest out: {n} are asked for."),
            (by_mean[0], "This is the row that lies nearest to the others."),
            (by_mean, f"These are all rows, in order: which {n} come last?"),
            (by_mean[1 - n :], "One is missing: how many does the slice take?"),
            (by_mean[-n - 1 :], "There is one too many: how many does the slice take?"),
            *((part, missing) for part in (by_mean[-n:-1], by_mean[-n - 1 : -1])),
            *((values, are_means) for values in (mean, mean[-n:], np.sort(mean)[-n:])),
        ],
    )


def fed_back_exercise(order):
    order = np.asarray(order)
    slots, n = np.arange(N_INPUTS, order.size), order.size - N_INPUTS
    if order.ndim != 1 or sorted(order.tolist()) != list(range(order.size)):
        raise ValueError(f"order must name each slot once, got {order.tolist()}")
    reverser, sorter = models()["reverser"].wpe, models()["sorter"].wpe
    by_mean = np.argsort(_mean_distances(reverser[order]))
    of_sorter = "These are the outsiders of the sorter's table: take the reverser's."
    return rows_exercise(
        np.flatnonzero(order >= N_INPUTS),
        order.size,
        praise="All of these belong to answers that are fed back, and none is missing.",
        mistakes=[
            (np.flatnonzero(order < N_INPUTS), "These are the rows of the letters that are read."),
            (slots, "These are slot numbers: in the shuffled table the rows are elsewhere."),
            (order[slots], "This reads the shuffle backwards: the exercise asks for rows of the shuffled table."),
            (by_mean[:n], "These lie nearest to the others: who are the outsiders?"),
            *((np.argsort(_mean_distances(table))[-n:], of_sorter) for table in (sorter, sorter[order])),
            (np.arange(n), "These are the first rows of the shuffled table: after a shuffle they can be any slots."),
            (by_mean[-n - 1 :], "There is one too many: how many slots hold answers that are fed back?"),
        ],
    )


def sinusoid_row_exercise(position, n_embd):
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


def norm_exercise(vector):
    vector = np.float64(vector)
    if vector.ndim != 1:
        raise ValueError(f"a vector must have shape (C,), got {vector.shape}")
    square, n, table = float(vector @ vector), len(vector), sinusoidal_positions(11, 48)
    sizes = "This is the sum of the numbers: square each of them before you add."
    learned = [(np.linalg.norm(np.float64(model.wpe[0])), name) for name, model in models().items()]
    return Exercise(
        np.asarray(square**0.5),
        expected="one number, the length of the row",
        praise="The root of the sum of the squares.",
        difference=lambda *_: "Square every number, add the squares, and take the root.",
        mistakes=[
            (-(square**0.5), "A length is never negative."),
            (square, "No root has been taken: the length is the root of the sum of the squares."),
            *((wrong, sizes) for wrong in (abs(vector).sum(), vector.sum())),
            (np.sqrt(n), "This is the root of the number of channels: not every number is 1."),
            (n, "This is how many numbers there are: the length of an arrow is meant, not of a list."),
            (square / n, "This is the mean of the squares: add them, and take the root."),
            (np.sqrt(square / n), "This is the root of the mean square: add the squares, without dividing."),
            (square**2, "The sum of the squares is squared once more: take its root."),
            (square**0.25, "The root was taken twice: once is enough."),
            (np.linalg.norm(table), "This is the length of all rows together: take one row."),
            *((wrong, f"This is the length of the {name}'s learned row.") for wrong, name in learned),
            (abs(vector).max(initial=0), "This is the largest number of the row."),
            (vector.mean(), "This is the mean of the row: square every number, add, and take the root."),
            (np.linalg.norm(table, axis=1), "These are the lengths of all rows: the exercise asks for one."),
            (vector, "This is the row itself: its length is one number."),
            (vector**2, "These are the squares: add them, and take the root."),
        ],
        shapes=[((2,), "A comma makes two numbers of it: Python writes one and a half as 1.5.")],
        rounding="Give two decimals, or more.",
        tolerance=0.005 + 1e-9,
    )


def _apart(table):
    """Measure how far each row of a table lies from each other row, and infinitely from itself."""
    if np.ndim(table) != 2 or len(table) < 3:
        raise ValueError(f"a table must have shape (n_rows, C), three rows or more, got {np.shape(table)}")
    return np.where(np.eye(len(table)), np.inf, distances(table))


def _mean_distances(table):
    return distances(table).mean(axis=1)


def _largest_pair(matrix):
    return divmod(np.where(np.eye(len(matrix)), -np.inf, matrix).argmax(), len(matrix))
