"""Lesson 4's explorers: rows of the position table, taken, broken, and mapped; and sines and cosines."""

from functools import partial

import numpy as np

from lessonlib.embeddings import TABLE, finite_array, position_embedding, sinusoidal_positions
from lessonlib.explore import given
from lessonlib.explore.controls import EXAMPLE, Switches, choice_slider, dropdown, int_slider, training_slider
from lessonlib.explore.explorer import Explorer
from lessonlib.explore.lesson_3 import listed, with_room
from lessonlib.explore.scores import scores
from lessonlib.measure import cosines as cosines_of_rows
from lessonlib.measure import principal_axes
from lessonlib.nano_gpt import N_INPUTS, NanoGPT
from lessonlib.palette import INK, POSITION
from lessonlib.scene import Cells, Disc, Path, Points, Scene, Strip, moved_apart, signed_limit
from lessonlib.tasks import N_ALL, Task

SWITCHES = {"K": "keep", "M": "mean", "0": "zero"}
SHUFFLED = (7, 2, 9, 0, 5, 10, 3, 8, 1, 6, 4)  # no row stays where it was
AS_TRAINED, OFF_BY_ONE, SHUFFLE, SINUSOIDS = "as trained", "off by one", "shuffled", "sinusoids"
STARTS = {
    AS_TRAINED: "",
    OFF_BY_ONE: "Every slot takes the next row, the last slot takes row 0.",
    SHUFFLE: "The rows are shuffled.",
    SINUSOIDS: "Sines and cosines replace the learned rows; most are too large for the scale and have its strongest "
    "colour.",
}
PLANES = AT_END, NOW, RANDOM = "best at the end", "best now", "random"
FULL_SIZE, LEARNED_SIZE = "full size", "learned size"
N_SINES, MOST_APART = 24, 13  # rows of the sinusoidal table that are shown; rows 10 and 23 are furthest apart
BASES = (2, 10, 100, 1000, 10000, 100000)
DISC, MAP_HEIGHT = 10, 206  # CSS pixels
INPUTS = range(N_INPUTS - 1)  # the slots in which the model only reads: slot 5 is read, and writes the first letter


def window(model):
    """Make the explorer of the position table: which rows are taken for so many letters from some slot on."""
    given.are(model=(model, NanoGPT))
    n_rows, n_embd = model.wpe.shape
    limit = signed_limit(model.wpe)

    def show(length, start, row, channel):
        taken = range(start, start + len(position_embedding(length, model.wpe, start)))
        unused = tuple((i, None) for i in range(n_rows) if i not in taken)
        labels = tuple(f"slot {i}" if i in taken else str(i) for i in range(n_rows))
        marks = ((row, None, POSITION), (row, channel, INK))
        table = Cells(
            f"position table E_pos  {model.wpe.shape}", model.wpe, labels, POSITION, limit, columns="channel",
            scale=True, marks=marks, faded=unused,
        )  # fmt: skip
        said = f"{length} letters from slot {start} on take rows {start} to {taken[-1]}, whatever the letters are."
        if length == 1:
            said = f"1 letter in slot {start} takes row {start}, whatever the letter is."
        return Scene(table, text=f"{said}\n`E_pos[{row}, {channel}] = {model.wpe[row, channel]:.4f}`", left=70)

    controls = {
        "length": int_slider("letters", 1, n_rows, 6),
        "start": int_slider("first slot", 0, n_rows - 1, 0),
        "row": int_slider("inspect row", 0, n_rows - 1, 3),
        "channel": int_slider("inspect channel", 0, n_embd - 1, 0),
    }
    return Explorer("the rows of the position table", controls, show)


def ablation_board(models):
    """Make the board on which position tables are broken, while the scores of their models are counted. `models` maps
    two names, such as "sorter", to (model, task), with equally large tables; what each makes of CBABBC is shown beside
    its score."""
    given.all_of("models", models, NanoGPT, Task)
    n_rows = len(next(iter(models.values()))[0].wpe)
    limit = signed_limit(*(model.wpe for model, _ in models.values()))
    numbers = tuple(map(str, range(n_rows)))

    def show(rows, table, scale):
        broken = {name: broken_table(model.wpe, table, rows, scale) for name, (model, _) in models.items()}
        labels = (_sources(table, rows), *[numbers] * len(models))  # there is no room to say it twice
        parts = [
            Cells(
                f"{name}'s E_pos  {wpe.shape}", wpe, of_rows, POSITION, limit, columns="channel", scale=i > 0,
                row_height=20,
            )
            for i, ((name, wpe), of_rows) in enumerate(zip(broken.items(), labels))
        ]  # fmt: skip
        changed = {name: (model.with_tables(wpe=broken[name]), task) for name, (model, task) in models.items()}
        strips = [Strip() for _ in models]
        text, later = _what_is_done(table, rows, scale), partial(scores, changed, EXAMPLE)
        return Scene(strips, parts, text=text, later=later, left=150)

    controls = {
        "rows": Switches(n_rows, SWITCHES),
        "table": dropdown("start from", list(STARTS)),
        "scale": choice_slider("then times", [(f"{i / 4:g}", i / 4) for i in range(9)], 1.0),
    }
    inputs = f"rows {INPUTS[0]}–{INPUTS[-1]} → "
    chips = {f"{inputs}{SWITCHES[switch]}": {"rows": f"{switch * len(INPUTS):K<{n_rows}}"} for switch in "M0"}
    chips |= {table: {"table": table} for table in (OFF_BY_ONE, SHUFFLE, SINUSOIDS)}
    return Explorer("breaking the position table", controls, show, chips)


def broken_table(wpe, table=AS_TRAINED, rows="", scale=1.0):
    """Break a position table `wpe` (n_rows, C): start from another, replace rows, multiply all numbers by `scale`.
    `table` is one of STARTS. `rows` has one symbol for each row: K keeps it, M makes it the mean of all rows marked M,
    0 makes its numbers 0; "" keeps all. Returns a new array."""
    sources = {AS_TRAINED: range(len(wpe)), OFF_BY_ONE: np.roll(range(len(wpe)), -1), SHUFFLE: SHUFFLED}
    broken = sinusoidal_positions(*wpe.shape) if table == SINUSOIDS else wpe[list(sources[table])].astype(np.float64)
    switches = np.array(list(rows or "K" * len(wpe)))
    if "M" in rows:
        broken[switches == "M"] = broken[switches == "M"].mean(axis=0)
    broken[switches == "0"] = 0
    return scale * broken


def _sources(table, rows):
    """Say of each slot where its row comes from."""
    slots = range(len(rows))
    taken = {OFF_BY_ONE: np.roll(slots, -1), SHUFFLE: SHUFFLED}.get(table, slots)
    what = {AS_TRAINED: "{slot}", SINUSOIDS: "{slot}: sines"}.get(table, "{slot}: row {row}")
    kept = [what.format(slot=slot, row=row) for slot, row in zip(slots, taken)]
    return tuple(
        text if switch == "K" else f"{slot}: {SWITCHES[switch]}" for slot, switch, text in zip(slots, rows, kept)
    )


def _what_is_done(table, rows, scale):
    """Say in a sentence or a few what the board does to both tables."""
    means, zeros = ([slot for slot, switch in enumerate(rows) if switch == wanted] for wanted in "M0")
    said = [STARTS[table]]
    if len(means) > 1:
        said.append(f"Rows {listed(means)} are each replaced by the mean of these {len(means)} rows.")
    elif means:
        said.append(f"Row {means[0]} is the only one marked mean, so it is its own mean: mark a second one.")
    if zeros:
        said.append(f"{'Rows' if len(zeros) > 1 else 'Row'} {listed(zeros)}: all numbers 0.")
    if scale != 1:
        said.append(f"Then every number is multiplied by {scale:g}.")
    return " ".join(filter(None, said)) or "Both tables are as trained."


def maps(histories):
    """Make the explorer of the maps of position tables: rows as points of a plane, joined to where they began. A plane
    keeps only some of the differences between rows. Which plane is a control, and a random one is there to compare
    with. `histories` maps names, such as "sorter", to Histories."""
    slider = training_slider(histories)
    points = {
        (name, plane): np.array([_on_plane(plane, history.wpe, i) for i in range(len(history.wpe))])
        for name, history in histories.items()
        for plane in PLANES
    }  # (n, 2, n_rows, 2) each: where rows began and where they are
    every = np.concatenate(list(points.values())).reshape(-1, 2)
    reach = (*with_room(every[:, 0]), *with_room(every[:, 1]))

    def show(snapshot, plane):
        parts, lines = [], []
        for name, history in histories.items():
            (began, xy), table = points[name, plane][snapshot], history.wpe[snapshot].astype(np.float64)
            of_all, of_inputs = (_spread(xy[rows]) / _spread(table[rows]) for rows in (slice(None), list(INPUTS)))
            parts.append(_moves(f"{name}: {history.scores[snapshot]} of {N_ALL} right", began, xy, reach))
            said = f"{name}: the plane keeps {of_all:.0%} of the differences between all rows"
            lines.append(f"{said}, and {of_inputs:.0%} of those between rows {INPUTS[0]} to {INPUTS[-1]}.")
        return Scene(parts, text="\n".join([f"A thin line leads from where a row began. {lines[0]}", *lines[1:]]))

    controls = {"snapshot": slider, "plane": dropdown("plane", PLANES)}
    return Explorer("maps of the position rows, before and in training", controls, show)


def _moves(title, began, xy, reach):
    """Draw where rows began, (n, 2), as small rings, where they are, and beside that their discs, none on another."""
    _, _, bottom, top = reach
    beside = moved_apart(xy, (2 * DISC + 5) * (top - bottom) / MAP_HEIGHT)
    discs = [Disc(*place, radius=3.5, hollow=True) for place in began] + [Disc(*place, radius=3.5) for place in xy]
    discs += [Disc(*place, str(i), DISC, hollow=i in INPUTS) for i, place in enumerate(beside)]
    joins = [Path(pair, POSITION, "thin") for pair in (*zip(began, xy), *zip(xy, beside))]
    paths = Path(beside[len(INPUTS) :], POSITION), *joins
    return Points(title, reach, tuple(discs), paths, ruled=True, share=30, highest=MAP_HEIGHT)


def _on_plane(plane, tables, i):
    """Put the first rows and those of snapshot `i` of `tables` (n, n_rows, C) onto one plane, the mean of each in the
    middle; (2, n_rows, 2)."""
    if plane == RANDOM:
        axes = np.linalg.qr(np.random.default_rng(0).normal(size=(tables.shape[2], 2)))[0].T
    else:
        axes = principal_axes(tables[-1 if plane == AT_END else i])[0][:2]
    both = tables[[0, i]]
    return (both - both.mean(axis=1, keepdims=True)) @ axes.T


def _spread(rows):
    """Add up the rows' squared distances from their mean."""
    return ((rows - rows.mean(axis=0)) ** 2).sum()


def cosines(histories):
    """Make the explorer of the cosines between rows of position tables in training, with the mean row taken away.
    `histories` maps names, such as "sorter", to Histories."""
    slider = training_slider(histories)
    squares = {
        name: np.array([cosines_of_rows(table - table.mean(axis=0)) for table in history.wpe])
        for name, history in histories.items()
    }  # (n, n_rows, n_rows) each
    n_rows = next(iter(squares.values())).shape[1]
    numbers = tuple(map(str, range(n_rows)))

    def show(snapshot, row, column):
        parts, lines = [], []
        for name, every in squares.items():
            square = every[snapshot]
            parts.append(
                Cells(
                    f"{name}: cosines of rows", square, numbers, POSITION, 1.0, columns=numbers, row_height=20,
                    below="row of E_pos", scale=bool(parts), marks=((row, column, INK),),
                )
            )  # fmt: skip
            inputs = square[np.ix_(INPUTS, INPUTS)][np.triu_indices(len(INPUTS), 1)].mean()
            neighbours = np.diag(square, 1)[N_INPUTS:].mean()
            lines.append(
                f"{name}, {histories[name].scores[snapshot]} of 729 right: `rows {row} and {column}: "
                f"{square[row, column]:.2f}`; mean among rows {INPUTS[0]} to {INPUTS[-1]}: `{inputs:.2f}`, "
                f"of neighbours from row {N_INPUTS} on: `{neighbours:.2f}`"
            )
        return Scene(parts, text="\n".join(lines))

    controls = {
        "snapshot": slider,
        "row": int_slider("row", 0, n_rows - 1, 1),
        "column": int_slider("column", 0, n_rows - 1, 2),
    }
    return Explorer("cosines of the position rows in training", controls, show)


def sinusoids(wpe):
    """Make the explorer that shows a learned table `wpe` (n_rows, C), which ends, beside sines and cosines."""
    wpe = finite_array("wpe", wpe, TABLE)
    n_rows, n_embd = wpe.shape
    sinusoidal_positions(N_SINES, n_embd)  # refuses a width that has none
    norm = float(np.linalg.norm(wpe, axis=1).mean())

    def show(base, row, apart, size):
        table = sinusoidal_positions(N_SINES, n_embd, base)
        if size == LEARNED_SIZE:
            table = table * norm / np.linalg.norm(table[0])
        rows = [tuple(str(i) if i % 2 == 0 else "" for i in range(n)) for n in (n_rows, N_SINES)]
        marks = [(i, None, INK) for i in sorted({row, row + apart})]
        look = {"colour": POSITION, "limit": 1.0 if size == FULL_SIZE else signed_limit(wpe), "columns": "channel"}
        look["row_height"] = 12
        learned = tuple(mark for mark in marks if mark[0] < n_rows)
        of_learned, of_sines = _products("learned", wpe, row, apart), _products("sines and cosines", table, row, apart)
        tables = [
            Cells(f"learned  {wpe.shape}", wpe, rows[0], marks=learned, **look),
            Cells("sines and cosines", table, rows[1], marks=tuple(marks), scale=True, **look),
        ]
        return Scene(tables, [of_learned[0], of_sines[0]], text=f"{of_learned[1]}\n{of_sines[1]}")

    controls = {
        "base": choice_slider("base", BASES, 10000),
        "row": int_slider("first row", 0, n_rows - 1, 2),
        "apart": int_slider("rows apart", 0, MOST_APART, 3),
        "size": dropdown("sines, cosines", [LEARNED_SIZE, FULL_SIZE]),
    }
    return Explorer("learned and sinusoidal positions", controls, show)


def _products(name, table, row, apart):
    """Draw the dot products of all rows so far apart, over the first of them, from -1 to 1: that of a row with itself.
    Returns the drawing, and a sentence that compares the product of `row` with the others."""
    products, own = (np.sum(table[: max(len(table) - n, 0)] * table[n:], axis=1, dtype=float) for n in (apart, 0))
    ends = sorted({f"{products.min():.4f}", f"{products.max():.4f}"}, key=float) if len(products) else ["none"]
    written = f"all {ends[0]}" if len(products) > 1 and len(ends) == 1 else " to ".join(ends)
    xy, high = np.stack([np.arange(len(products)), 3 * products / own.mean()], axis=1), 3  # as many columns for 1
    title, reach = f"{name}\nproducts, {apart} rows apart\n{written}", (-1, N_SINES, -high - 0.5, high + 0.5)
    discs = tuple(Disc(*place, radius=5) for place in xy[row : row + 1])
    drawn = Points(title, reach, discs, (Path(xy, POSITION),) if len(xy) else (), ruled=True, highest=84)
    if row >= len(products):
        return drawn, f"{name}: there is no row {row + apart}, the table ends at row {len(table) - 1}."
    others = "the same" if len(ends) == 1 else f"from `{ends[0]}` to `{ends[1]}`"
    said = f"{name}: the dot product of rows {row} and {row + apart} is `{products[row]:.4f}`"
    return drawn, f"{said}; of all rows {apart} apart: {others}."
