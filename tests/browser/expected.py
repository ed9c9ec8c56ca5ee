"""What each explorer must show for the values of its controls: the pure function, computed apart from the widgets."""

import re

import matplotlib
import numpy as np

from lessonlib.embeddings import encode
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.tasks import SORT, score

MODEL = load_checkpoint("sort")
LIMIT = max(np.abs(MODEL.wte).max(), np.abs(MODEL.wpe).max(), np.abs(MODEL.wte[:, None] + MODEL.wpe).max())


def colours(matrix, limit):
    """Colour a matrix as matplotlib does, shape (n_rows, n_columns, 3)."""
    return matplotlib.colormaps["RdBu_r"](matplotlib.colors.Normalize(-limit, limit)(matrix), bytes=True)[..., :3]


def spoken(line):
    """The line as a screen reader gets it."""
    return re.sub(r"(?<![\w.])-(?=\d)", "minus ", line)


def sum_explorer(explorer):
    """Read the controls of lesson 5's explorer off the page; return the line and the three matrices, coloured."""
    letters = "".join(explorer.value(f"letter {i}") for i in range(6))
    start = int(explorer.value("start position"))
    slot, channel = int(explorer.value("inspect row")), int(explorer.value("inspect channel"))
    token, position = MODEL.wte[encode(letters)], MODEL.wpe[start : start + 6]
    nudge, added = float(explorer.value("nudge").replace("−", "-")), position[slot, channel]
    line = (
        f"slot {start + slot}, channel {channel}: E_tok[{letters[slot]}, {channel}] + E_pos[{start + slot}, {channel}]"
        f" = {token[slot, channel]:.4f} + {f'({added:.4f})' if added < 0 else f'{added:.4f}'}"
        f" = {(token + position)[slot, channel]:.4f}"
    )
    x = token + position
    x[slot, channel] += nudge
    if nudge:
        line += f"; nudged by {nudge:.2f}: {x[slot, channel]:.4f}"
    answer = None if start else MODEL.answer(letters) if not nudge else _nudged_answer(letters, slot, channel, nudge)
    panels = [colours(matrix, LIMIT) for matrix in (token, position, x)]
    return line, answer, dict(enumerate(panels))


def _nudged_answer(letters, slot, channel, nudge):
    """Write six letters with one number of x changed at every step."""
    ids = encode(letters)
    for _ in range(6):
        x = MODEL.wte[ids] + MODEL.wpe[: len(ids)]
        x[slot, channel] += nudge
        ids = np.append(ids, MODEL.logits_from(x)[-1].argmax())
    return "".join("ABC"[i] for i in ids[6:])


SWAPS = {
    "as trained": [0, 1, 2],
    "A and B swapped": [1, 0, 2],
    "A and C swapped": [2, 1, 0],
    "B and C swapped": [0, 2, 1],
}


def look_up_explorer(explorer):
    """The same for lesson 3's explorer: the line, the words about answer and score, and the coloured matrices."""
    letters = "".join(explorer.value(f"letter {i}") for i in range(6))
    slot, channel = int(explorer.value("inspect row")), int(explorer.value("inspect channel"))
    swap = explorer.box.get_by_label("rows of table").input_value()
    table, ids = MODEL.wte[SWAPS[swap]], encode(letters)
    line = f"slot {slot} holds {letters[slot]}, id {ids[slot]}.  channel {channel}:"
    swapped = MODEL.with_tables(wte=table)
    answer = "".join("ABC"[i] for i in swapped.generate(ids))
    counted = f"the model answers {letters} with {answer}. It gets {score(swapped, SORT)} of 729 right."
    one_hot = (ids[:, None] == np.arange(3)).astype(float)
    limit = np.abs(MODEL.wte).max()
    panels = {"table": colours(table, limit), "rows": colours(table[ids], limit)}
    panels["one-hot"] = np.repeat(255 * (1 - one_hot)[..., None], 3, axis=-1).astype(np.uint8)
    if set(ids) != {0, 1, 2}:
        del panels["table"]  # rows that are not used are faded
    if explorer.box.get_by_label("view", exact=True).input_value().startswith("columns"):
        panels = {label: each.swapaxes(0, 1) for label, each in panels.items()}
    return line, f"{table[ids[slot], channel]:.4f}", counted, panels
