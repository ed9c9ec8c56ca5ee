"""Lesson 3's explorers: looking rows up, and a table on its way through training."""

import html

import ipywidgets as widgets
import numpy as np

from lessonlib.embeddings import VOCABULARY, decode, encode, one_hot
from lessonlib.figures import (
    INK,
    TOKEN,
    Cells,
    draw_triangles,
    look_up_frame,
    look_up_frame_in_columns,
    signed_limit,
    table_frame,
)
from lessonlib.live.controls import ROOM, Letters, whole_slider
from lessonlib.live.explorer import Explorer
from lessonlib.measure import distances
from lessonlib.nano_gpt import N_INPUTS
from lessonlib.tasks import score

OURS, LLM_VIZ = "rows are tokens", "columns, as in llm-viz"
SWAPS = {
    "as trained": (0, 1, 2),
    "A and B swapped": (1, 0, 2),
    "A and C swapped": (2, 1, 0),
    "B and C swapped": (0, 2, 1),
}


def look_up_explorer(look_up, model, task, letters="CBABBC"):
    """Make the explorer of the token embedding.

    Parameters
    ----------
    look_up : function
        `look_up(letters, table)` returns an array of shape (6, C). It stands in the notebook, where it can be read and
        changed; whatever it returns is shown.
    model : NanoGPT
        Its table is shown; it answers for the letters with the table as it is shown.
    task : Task
        What the model's score is counted on.
    letters : str of length 6

    Returns
    -------
    explorer : Explorer
    """
    limit = signed_limit(model.wte)

    def show(letters, slot, channel, swap, view):
        table = model.wte[list(SWAPS[swap])]
        rows = np.asarray(look_up(letters, table))
        if rows.shape != (N_INPUTS, model.n_embd):
            raise ValueError(f"look_up must return an array of shape {(N_INPUTS, model.n_embd)}, got {rows.shape}")
        token_ids = encode(letters)
        chosen = one_hot(token_ids, model.vocab_size)
        cells = _cells_in_rows(letters, table, chosen, rows, slot, channel)
        if view == LLM_VIZ:
            cells = {label: _transposed(each) for label, each in cells.items()}
        cell = _microscope(letters, table, chosen, rows, slot, channel)
        n_different = len(np.unique(rows, axis=0))
        seen = f"{letters}, {view}. {'; '.join(_uses(letters))}; {n_different} different rows come out."
        return cells, f"<code>{html.escape(cell)}</code>", f"{seen} {cell}"

    def count(letters, swap, **_others):
        swapped = model.with_tables(wte=model.wte[list(SWAPS[swap])])
        answer, n_right = decode(swapped.generate(encode(letters))), score(swapped, task)
        said = f"With the table {swap}, the model answers {letters} with {answer}."
        return f"{said} It gets {n_right} of {len(task.inputs)} right."

    controls = {
        "letters": Letters(letters),
        "slot": whole_slider("inspect row", 0, N_INPUTS - 1, 3),
        "channel": whole_slider("inspect channel", 0, model.n_embd - 1, 0),
        "swap": widgets.Dropdown(options=list(SWAPS), description="rows of table", style=ROOM),
        "view": widgets.Dropdown(options=[OURS, LLM_VIZ], description="view", style=ROOM),
    }
    sizes = (N_INPUTS, model.vocab_size, model.n_embd, limit)
    frames = {
        OURS: lambda width: look_up_frame(*sizes, width),
        LLM_VIZ: lambda width: look_up_frame_in_columns(*sizes, width),
    }
    return Explorer("looking up token embeddings", controls, frames, show, count)


def table_training_explorer(steps, losses, scores, tables, row_labels, title, colour=TOKEN):
    """Make an explorer with one slider, over the steps of a training, and the table as it was then.

    Parameters
    ----------
    steps : int array, shape (n,)
    losses : float array, shape (n,)
        In nats.
    scores : int array, shape (n,)
        Right answers of 729.
    tables : float array, shape (n, n_rows, C)
    row_labels : list of n_rows str
    title : str
    colour : str

    Returns
    -------
    explorer : Explorer
    """
    limit = signed_limit(tables)
    steps = [int(step) for step in steps]

    def show(step):
        i = steps.index(step)
        lengths = distances(tables[i])
        pairs = [
            f"{row_labels[a]}-{row_labels[b]} {lengths[a, b]:.3f}"
            for a in range(len(row_labels))
            for b in range(a + 1, len(row_labels))
        ]
        line = (
            f"step {step}: {int(scores[i])} of 729 right, loss {losses[i]:.3f} nats; "
            f"distances between rows {', '.join(pairs)}"
        )
        return {"table": Cells(tables[i], row_labels)}, f"<code>{html.escape(line)}</code>", line

    slider = widgets.SelectionSlider(options=steps, value=steps[0], description="training step", style=ROOM)
    n_rows, n_embd = np.shape(tables)[1:]
    frame = {"": lambda width: table_frame(n_rows, n_embd, limit, title, colour, width)}
    return Explorer("a table in training", {"step": slider}, frame, show)


def triangles_explorer(trainings):
    """Make an explorer with one slider, over the course of several trainings, and the distances of three rows then.

    Parameters
    ----------
    trainings : dict of str to dict
        From a name, such as "sorter", to what `load_history` returns; all with equally many snapshots.

    Returns
    -------
    explorer : Explorer
    """
    lengths = np.array([[distances(table) for table in made.wte] for made in trainings.values()])
    limit, n_snapshots = lengths.max(), lengths.shape[1]
    percents = [round(100 * i / (n_snapshots - 1), 1) for i in range(n_snapshots)]

    def show(done):
        i = percents.index(done)
        scores = [int(made.scores[i]) for made in trainings.values()]
        titles = [f"{name}: {n_right} of 729 right" for name, n_right in zip(trainings, scores)]
        said = [
            f"{title}; A-B {sides[0, 1]:.3f}, A-C {sides[0, 2]:.3f}, B-C {sides[1, 2]:.3f}"
            for title, sides in zip(titles, lengths[:, i])
        ]
        picture = draw_triangles(lengths[:, i], titles, VOCABULARY, limit)
        return picture, "", f"After {done:g} percent of the training. {'. '.join(said)}."

    slider = widgets.SelectionSlider(options=percents, value=0.0, description="% of training", style=ROOM)
    return Explorer("distances in training", {"done": slider}, {}, show)


def _cells_in_rows(letters, table, chosen, rows, slot, channel):
    token_id = VOCABULARY.index(letters[slot])
    slots = [f"{i} {letter}" for i, letter in enumerate(letters)]
    unused = tuple((i, None) for i, letter in enumerate(VOCABULARY) if letter not in letters)
    return {
        "table": Cells(table, _uses(letters), ((token_id, None, TOKEN), (token_id, channel, INK)), unused),
        "one-hot": Cells(chosen, slots, ((slot, None, INK),)),
        "rows": Cells(rows, [""] * len(letters), ((slot, None, TOKEN), (slot, channel, INK))),
    }


def _transposed(cells):
    """Turn the cells of a heatmap on their side; short labels only, they would not fit."""
    marks = tuple((column, row, colour) for row, column, colour in cells.marks)
    return Cells(np.asarray(cells.matrix).T, [], marks, tuple((column, row) for row, column in cells.faded))


def _uses(letters):
    """Say of each letter its id and how often it is used."""
    return [f"{letter} = id {i}, used {letters.count(letter)}×" for i, letter in enumerate(VOCABULARY)]


def _microscope(letters, table, chosen, rows, slot, channel):
    """Write out one cell of the product: three products of which two are zero."""
    terms = " + ".join(f"{one:.0f} × {number:.4f}" for one, number in zip(chosen[slot], table[:, channel]))
    token_id = VOCABULARY.index(letters[slot])
    expected, shown = table[token_id, channel], rows[slot, channel]
    text = f"slot {slot} holds {letters[slot]}, id {token_id}.  channel {channel}:  {terms} = {expected:.4f}"
    return text if np.isclose(expected, shown, atol=1e-6) else f"{text}, but look_up gives {shown:.4f}"
