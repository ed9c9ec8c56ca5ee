"""What each explorer must show for the values of its controls: the pure function, computed apart from the widgets."""

from functools import cache

import matplotlib
import numpy as np
from seen import score_aloud

from lessonlib.embeddings import encode
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.tasks import SORT, score

MODEL = load_checkpoint("sort")
LIMIT = max(np.abs(MODEL.wte).max(), np.abs(MODEL.wpe).max(), np.abs(MODEL.wte[:, None] + MODEL.wpe).max())


def colours(matrix, limit):
    """Colour a matrix as matplotlib does, shape (n_rows, n_columns, 3)."""
    return matplotlib.colormaps["RdBu_r"](matplotlib.colors.Normalize(-limit, limit)(matrix), bytes=True)[..., :3]


def words(explorer):
    """What a screen reader says, in one line."""
    return " ".join(explorer.words().split())


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


@cache
def n_right_when_swapped(swap):
    return score(MODEL.with_tables(wte=MODEL.wte[SWAPS[swap]]), SORT)


def look_up_explorer(explorer):
    """The same for lesson 3's explorer: the line, its number, the words about answer and score, and the heatmaps."""
    letters = "".join(explorer.value(f"letter {i}") for i in range(6))
    slot, channel = int(explorer.value("inspect slot")), int(explorer.value("inspect channel"))
    swap = explorer.box.get_by_label("rows of table").input_value()
    table, ids = MODEL.wte[SWAPS[swap]], encode(letters)
    line = f"slot {slot} holds {letters[slot]}, id {ids[slot]}; channel {channel}:"
    swapped = MODEL.with_tables(wte=table)
    counted = score_aloud("the model", swapped, SORT, letters, n_right_when_swapped(swap))
    limit = np.abs(MODEL.wte).max()
    panels = {1: colours(table, limit), 3: colours(table[ids], limit)}
    for unused in {0, 1, 2} - set(ids.tolist()):
        panels[1][unused] = 255 - 0.3 * (255 - panels[1][unused])
    return line, f"{table[ids[slot], channel]:.4f}", counted, panels


def assert_no_barriers(page, axe):
    """Let axe look at all explorers and pictures of a page."""
    for context in (".ll-explorer", ".jp-RenderedHTMLCommon img"):
        results = axe.run(page.page, context=context)
        assert [(found["id"], found["nodes"][0]["html"]) for found in results.response["violations"]] == []


def assert_nothing_is_cut_off(explorer, most):
    """See that an explorer is at most so high, in CSS pixels, and that none of its parts leaves it at the sides."""
    room = explorer.box.bounding_box()
    assert room["height"] <= most
    for part in explorer.box.locator(".noUi-handle, button, input, select, .ll-note, .ll-row-labels:visible").all():
        box = part.bounding_box()
        assert box["x"] >= room["x"] - 12 and box["x"] + box["width"] <= room["x"] + room["width"] + 12, part
