"""Lesson 4's maps: which rows of a position table lie near each other, from the first step of training to the last."""

import html

import ipywidgets as widgets
import numpy as np

from lessonlib.figures import INK, POSITION, Cells, Drawing, draw_maps, map_limit, maps_svg, pair_frame
from lessonlib.live.controls import ROOM, whole_slider
from lessonlib.live.explorer import Explorer
from lessonlib.measure import cosines, principal_axes
from lessonlib.nano_gpt import N_INPUTS


def map_explorer(trainings):
    """Make the explorer of the maps of position tables in training.

    Each map is a plane, the one that shows most of how the rows of the *trained* table differ; earlier tables are
    drawn in the same plane.

    Parameters
    ----------
    trainings : dict of str to dict
        From a name, such as "sorter", to what `load_history` returns; all with equally many snapshots.

    Returns
    -------
    explorer : Explorer
    """
    points, shares = zip(*(_projected(made.wpe) for made in trainings.values()))
    points, shares = np.array(points), np.array(shares)  # (n, n_snapshots, n_rows, 2), (n, n_snapshots)
    limit, slider = map_limit(points), _training_slider(points.shape[1])
    answers = range(N_INPUTS - 1, points.shape[2])

    def show(done):
        i = slider.options.index(done)
        names = [f"{name}: {int(made.scores[i])} of 729 right" for name, made in trainings.items()]
        titles = [f"{name}\nthe plane shows {share:.0%} of the spread" for name, share in zip(names, shares[:, i])]
        said = [
            f"{name}; the plane shows {share:.0%} of the spread; {_clumps(places)}; {_nearest(places)}"
            for name, share, places in zip(names, shares[:, i], points[:, i])
        ]
        what = points[:, i], titles, answers, limit
        drawing = Drawing(maps_svg(*what), lambda: draw_maps(*what))
        return drawing, "", f"After {done:g} percent of the training. {'. '.join(said)}."

    return Explorer("maps of the position rows in training", {"done": slider}, {}, show)


def cosine_explorer(trainings):
    """Make the explorer of the cosines between the rows of position tables in training, mean row taken away.

    Parameters
    ----------
    trainings : dict of str to dict
        As for `map_explorer`.

    Returns
    -------
    explorer : Explorer
    """
    tables = {name: made.wpe for name, made in trainings.items()}
    matrices = {
        name: np.array([cosines(table - table.mean(axis=0)) for table in snapshots])
        for name, snapshots in tables.items()
    }
    n_snapshots, n_rows, _ = next(iter(matrices.values())).shape
    slider = _training_slider(n_snapshots)
    numbers = [str(row) for row in range(n_rows)]

    def show(done, row, column):
        i = slider.options.index(done)
        cells = {name: Cells(matrix[i], numbers, ((row, column, INK),)) for name, matrix in matrices.items()}
        lines = [
            f"{name}, {int(trainings[name].scores[i])} of 729 right: "
            f"rows {row} and {column}, cosine {matrix[i, row, column]:.2f}"
            for name, matrix in matrices.items()
        ]
        said = [f"{line}; {_alike(matrix[i])}" for line, matrix in zip(lines, matrices.values())]
        return cells, f"<code>{'<br>'.join(map(html.escape, lines))}</code>", f"{'. '.join(said)}."

    controls = {
        "done": slider,
        "row": whole_slider("row", 0, n_rows - 1, 1),
        "column": whole_slider("column", 0, n_rows - 1, 2),
    }
    titles = {name: f"{name}: cosines of rows" for name in matrices}
    frame = {"": lambda width: pair_frame((n_rows, n_rows), 1.0, titles, POSITION, "row of E_pos", width)}
    return Explorer("cosines of the position rows in training", controls, frame, show)


def _training_slider(n_snapshots):
    percents = [round(100 * i / (n_snapshots - 1), 1) for i in range(n_snapshots)]
    return widgets.SelectionSlider(options=percents, value=percents[-1], description="% of training", style=ROOM)


def _projected(tables):
    """Draw all snapshots of a table in the plane of its last. (n, n_rows, C) -> (n, n_rows, 2), shares (n,)"""
    axes, _ = principal_axes(tables[-1])
    centred = tables - tables.mean(axis=1, keepdims=True)  # (n, n_rows, C)
    points = centred @ axes[:2].T
    return points, (points**2).sum(axis=(1, 2)) / (centred**2).sum(axis=(1, 2))


def _nearest(places):
    """Say in words which row of the map lies nearest to each of the rows from which the answer is written."""
    apart = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)
    np.fill_diagonal(apart, np.inf)
    pairs = [f"{row} to {apart[row].argmin()}" for row in range(N_INPUTS - 1, len(places))]
    return f"nearest are row {', '.join(pairs)}"


def _alike(matrix):
    """Say in words how alike neighbours are, and the rows of the letters that are read."""
    neighbours = np.diag(matrix, 1)[N_INPUTS:].mean()
    inputs = matrix[: N_INPUTS - 1, : N_INPUTS - 1][np.triu_indices(N_INPUTS - 1, 1)].mean()
    return f"mean of neighbours from row {N_INPUTS} on {neighbours:.2f}, within rows 0 to {N_INPUTS - 2} {inputs:.2f}"


def _clumps(places):
    """Say in words how far apart the rows of a map lie: those of inputs 0 to 4, and the others."""
    apart = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)

    def mean(rows):
        return apart[np.ix_(rows, rows)].sum() / (len(rows) * (len(rows) - 1))

    inputs, answers = range(N_INPUTS - 1), range(N_INPUTS - 1, len(places))
    return (
        f"on the map, rows 0 to {N_INPUTS - 2} lie {mean(inputs):.2f} apart on average, "
        f"rows {N_INPUTS - 1} to {len(places) - 1} {mean(answers):.2f}"
    )
