"""The pictures of the lessons' cells: arrays in, Picture out. Three of them are no scene of cells, lines and points."""

import numpy as np

from lessonlib.draw.paper import LARGE, SMALL, box_around, draw, write
from lessonlib.draw.picture import POINT, blank, plain_settings
from lessonlib.scene import (
    FAINT,
    INK,
    PALE,
    POSITION,
    SUM,
    TOKEN,
    WIDE,
    Cells,
    Lines,
    Scene,
    in_sum,
)

N_ALL, NEARLY_ALL = 729, 700
# letter, slot, both, context
SOURCE_COLOURS = ((TOKEN, "white"), (POSITION, "white"), ("#5b6b7a", "white"), (PALE, INK))


def matrix(matrix, title, rows, colour=INK, width=WIDE):
    """Draw one matrix (n_rows, n_columns) as coloured cells on a scale around 0; `rows` are the labels of its rows."""
    matrix = np.asarray(matrix)
    name = f"{title}  {matrix.shape}"
    return draw(Scene(Cells(name, matrix, tuple(rows), colour, columns="channel", scale=True, row_height=20)), width)


def sum_parts(letters, start, tok_emb, pos_emb, x, marks=((), (), ()), limit=None, adds_up=True):
    """Make the three heatmaps of token + position = input, (T, C) each, one above the other.

    Every cell adds up; where x is something else, `adds_up` says so, and the titles make no sum of it.
    """
    slots = [str(start + i) for i in range(len(letters))]
    both = [f"{slot} {letter}" for slot, letter in zip(slots, letters)]
    look = {"limit": limit}
    titles = ("token embedding", "+  position embedding", "=  input embedding")
    if not adds_up:
        titles = ("tok_emb", "pos_emb", "x, as add returns it: not their sum")
    titles = [f"{title}  {np.shape(matrix)}" for title, matrix in zip(titles, (tok_emb, pos_emb, x))]
    return (
        Cells(titles[0], tok_emb, tuple(letters), TOKEN, marks=marks[0], **look),
        Cells(titles[1], pos_emb, tuple(slots), POSITION, marks=marks[1], scale=True, **look),
        Cells(titles[2], x, tuple(both), SUM, marks=marks[2], columns="channel", **look),
    )


def the_sum(tok_emb, pos_emb, x, letters, start=0, cell=None, width=WIDE):
    """Draw token + position = input for some letters, (T, C) each, on one scale.

    A `cell` (row, channel) and its row are framed, and said to be which of the two tables.
    """
    parts = sum_parts(letters, start, tok_emb, pos_emb, x)
    if cell:
        (row, channel), numbers = cell, [matrix[cell] for matrix in (tok_emb, pos_emb, x)]
        sources = (
            f"framed: slot {start + row} holds {letters[row]}, so the row of {letters[row]} in E_tok",
            f"framed: slot {start + row}, so row {start + row} of E_pos",
            "framed: the sum of both rows",
        )
        written = (
            f"{numbers[0]:.4f}",
            f"{numbers[1]:.4f}",
            f"{numbers[0]:.4f} + {in_sum(numbers[1])} = {numbers[2]:.4f}",
        )
        parts = [
            part._replace(
                title=f"{part.title}\n{source}; in channel {channel}: {number}",
                marks=((row, None, part.colour), (*cell, INK)),
                row_height=14,  # so that a first screen has room for a question below
            )
            for part, source, number in zip(parts, sources, written)
        ]
    return draw(Scene(*parts), width)


def curves(runs, title, last_step=None, width=WIDE):
    """Draw the scores of several trainings over their steps: `runs` maps a name, at most four, to (steps, scores),
    int arrays (n,) and (n_seeds, n) of right answers of 729. The picture ends at `last_step`."""
    last = last_step or max(int(np.max(steps)) for steps, _ in runs.values())
    lines = Lines(
        title, runs, last, N_ALL, across="training step", up="right answers", ticks=(0, 243, 486, N_ALL), height=220,
        room=230,
    )  # fmt: skip
    picture = draw(Scene(lines), width)
    ends = [f"{name}: {', '.join(_course(steps, scores) for scores in runs)}" for name, (steps, runs) in runs.items()]
    picture.alt = f"{title}. Right answers of {N_ALL} at the end, one for each seed: {'; '.join(ends)}."
    return picture


def _course(steps, scores):
    """Say where a line ends, and when it first comes near the top."""
    high = np.flatnonzero(np.asarray(scores) >= NEARLY_ALL)
    return f"{scores[-1]} ({NEARLY_ALL} or more from step {steps[high[0]]})" if len(high) else f"{scores[-1]}"


def terms(shares, parts):
    """Draw, for two models, a square of shares (n, n), from -1 to 1: part of the query down, of the key across."""
    squares = []
    for name, square in shares.items():
        texts = [(row, column, _hundredths(square[row][column])) for row, column in np.ndindex(len(parts), len(parts))]
        squares.append(
            Cells(
                name,
                np.asarray(square),
                tuple(parts),
                limit=1.0,
                columns=tuple(parts),
                below="part of the key",
                left="" if squares else "part of the query",
                beside=bool(squares),
                texts=tuple(texts),
                row_height=56,
            )
        )
    picture = draw(Scene(*squares))
    listed = [
        f"{square.title}, query by key: "
        + ", ".join(f"{parts[row]} by {parts[column]} {text}" for row, column, text in square.texts)
        for square in squares
    ]
    picture.alt = f"Squares of shares of the first layer's attention scores. {'. '.join(listed)}."
    return picture


def overlaps(chance, models, label="overlap: mean squared cosine of the principal angles"):
    """Draw what random tables give as a grey hill, and over it each model as an arrow from before training to after.

    `chance` holds the values of random tables, (n,); `models` maps a name, such as "sorters", to the values of several
    models, (n_models, 2), and each name has a hill of its own.
    """
    width = 700  # not WIDE: text stays legible where a page is narrow
    above, row, between, bottom, edge = 26, 96, 24, 50, 20
    height, chance = len(models) * (above + row + between) - between + bottom, np.asarray(chance)
    most = 1.1 * max(chance.max(), *(np.max(pairs) for pairs in models.values()))
    zoom, said = (width - 2 * edge) / most, []
    with plain_settings():
        picture, axes = blank(height, width=width)
        for i, (name, pairs) in enumerate(models.items()):
            top = above + i * (above + row + between)
            low = top + row
            counts, edges = np.histogram(chance, bins=60, range=(0, most))
            axes.stairs(low - row * counts / counts.max(), edge + zoom * edges, baseline=low, fill=True, color=PALE)
            median = edge + zoom * np.median(chance)
            axes.plot([median, median], [top, low], color=FAINT, linewidth=1.2 * POINT)
            axes.plot([edge, width - edge], [low, low], color=FAINT, linewidth=0.8 * POINT)
            write(axes, edge, top - 13, name, LARGE, weight="bold")
            for seed, (before, after) in enumerate(pairs):
                y, start, end = top + row * (seed + 0.5) / len(pairs), edge + zoom * before, edge + zoom * after
                arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.6 * POINT, "shrinkA": 0, "shrinkB": 0}
                axes.annotate("", (end, y), (start, y), arrowprops=arrow)
                axes.plot(start, y, "o", color=INK, markersize=6 * POINT, markerfacecolor="white")
            below = ", ".join(f"{(chance < after).mean():.0%}" for _, after in pairs)
            moves = ", ".join(f"{before:.2f} to {after:.2f}" for before, after in pairs)
            said.append(f"{name}, before training to after: {moves}; of chance lies below the last: {below}")
        for tick in np.arange(0, most, 0.1):
            write(axes, edge + zoom * tick, low + 12, f"{tick:.1f}", ha="center")
        words = f"{label}    grey: random tables    ○ before training  ▶ after"
        write(axes, width / 2, low + 34, words, SMALL + 1, ha="center")
    picture.alt = f"Arrows over grey hills of chance, for the {label}. {'. '.join(said)}."
    return picture


def sources(shares, stages, names):
    """Draw, for several models, a bar for each stage of the stream, split into what explains its spread.

    `shares` maps the name of a model to (n_stages, 4): letter, slot, both, context, which `names` names.
    """
    row, top, left, right, bottom = 28, 34, 120, 20, 44
    height, said = (row * len(stages) + top) * len(shares) + bottom, []
    with plain_settings():
        picture, axes = blank(height)
        for i, (name, each) in enumerate(shares.items()):
            first = i * (row * len(stages) + top) + top
            write(axes, left, first - 13, name, LARGE, weight="bold")
            for j, (stage, split) in enumerate(zip(stages, each)):
                y, x = first + j * row, left
                write(axes, left - 8, y + row / 2, stage, SMALL + 1, ha="right")
                for share, (colour, ink) in zip(split, SOURCE_COLOURS):
                    width = share * (WIDE - left - right)
                    box_around(axes, x, y + 3, width, row - 6, fill=True, facecolor=colour, edgecolor="white")
                    if share > 0.04:
                        write(axes, x + width / 2, y + row / 2, f"{share:.2f}", SMALL + 1, ink, ha="center")
                    x += width
                listed = ", ".join(f"{source} {_hundredths(share)}" for source, share in zip(names, split))
                said.append(f"{name}, {stage}: {listed}")
        for i, (source, (colour, _)) in enumerate(zip(names, SOURCE_COLOURS)):
            x = left + i * 150
            box_around(axes, x, height - 27, 14, 14, fill=True, facecolor=colour, linewidth=0)
            write(axes, x + 22, height - 20, source, SMALL + 1)
    picture.alt = f"Bars of what explains the spread of the stream. {'. '.join(said)}."
    return picture


def spreads(before, after, rows, titles=("before", "after"), colour=SUM):
    """Draw every row of two matrices (T, C) as dots on a line, with a bar from one spread below its mean to one above.

    The two halves have scales of their own: where sizes differ much, one scale would show the small one as a point.
    """
    row, top, bottom, left, width = 34, 42, 44, 54, 366
    height, said = row * len(rows) + top + bottom, []
    with plain_settings():
        picture, axes = blank(height)
        for i, (matrix, title) in enumerate(zip((before, after), titles)):
            matrix, start = np.asarray(matrix, dtype=np.float64), left + i * (width + left)
            means, spread = matrix.mean(axis=1), matrix.std(axis=1)
            _draw_spreads(axes, matrix, rows, colour, start, width, top, row)
            write(axes, start, top - 20, f"{title}  {matrix.shape}", LARGE, colour, weight="bold")
            words = f"{matrix.shape[1]} numbers in each row; bar: mean ± spread"
            write(axes, start + width / 2, height - 12, words, SMALL + 1, ha="center")
            said.append(
                f"{title}: means from {_shown(means.min())} to {_shown(means.max())}, "
                f"spreads from {spread.min():.4f} to {spread.max():.4f}"
            )
    picture.alt = f"{len(rows)} rows of {matrix.shape[1]} numbers as dots on lines, twice. {'; '.join(said)}."
    return picture


def _draw_spreads(axes, matrix, rows, colour, start, width, top, row):
    limit, bottom = 1.06 * np.abs(matrix).max(), top + row * len(rows)

    def at(x):
        return start + (x + limit) / (2 * limit) * width

    box_around(axes, at(-limit), top - 6, at(limit) - at(-limit), bottom - top + 6, edgecolor=FAINT)
    axes.plot([at(0), at(0)], [top - 6, bottom], color=FAINT, linewidth=POINT, zorder=0)
    for i, (numbers, label) in enumerate(zip(matrix, rows)):
        y, mean, spread = top + row * i + 10, numbers.mean(), numbers.std()
        write(axes, at(-limit) - 7, y, label, SMALL + 1, ha="right")
        axes.scatter(at(numbers), np.full(len(numbers), y), s=16, color=colour, alpha=0.4, linewidth=0)
        axes.plot([at(mean - spread), at(mean + spread)], [y + 11, y + 11], color=INK, linewidth=3 * POINT)
        axes.plot([at(mean), at(mean)], [y + 6, y + 16], color=INK, linewidth=3 * POINT)
    step = 10.0 ** np.floor(np.log10(limit))
    for tick in (-step, 0.0, step):
        write(axes, at(tick), bottom + 12, f"{tick:g}", ha="center")


def _hundredths(share):
    """Write a share with two decimals, without a minus sign before a zero."""
    return f"{round(float(share), 2) + 0:.2f}"


def _shown(number):
    return f"{round(number, 4) + 0:.4f}"  # adding 0 turns -0.0 into 0.0
