"""Move the controls of every explorer at random, for long: `python tests/soak.py` says what it did to memory.

In the end each explorer must show what a new one shows whose controls are set to the same values, and no message.
10,000 events for those whose cells follow, 500 for those that score or draw a whole picture anew. tests/test_soak.py
does the same with fewer.
"""

import gc
import os
import re
import sys
import time
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from lessonlib import live
from lessonlib.embeddings import encode, position_embedding, token_embedding
from lessonlib.live import explorer as mechanism
from lessonlib.nano_gpt import load_checkpoint, load_history
from lessonlib.precomputed import score_map
from lessonlib.tasks import REVERSE, SORT

LETTERS = "ABC"


def add(letters, start):
    tok_emb = token_embedding(encode(letters), SORTER.wte)
    pos_emb = position_embedding(len(letters), SORTER.wpe, start)
    return tok_emb, pos_emb, tok_emb + pos_emb


SORTER, REVERSER = load_checkpoint("sort"), load_checkpoint("reverse")
MODELS = {"sorter": (SORTER, SORT), "reverser": (REVERSER, REVERSE)}
TRAININGS = {"sorter": load_history("sort"), "reverser": load_history("reverse")}
MAPS = {"sorter": score_map("sort"), "reverser": score_map("reverse")}
MADE = [getattr(TRAININGS["sorter"], part) for part in ("steps", "losses", "scores", "wte")]
EXPLORERS = {
    "look_up_explorer": lambda: live.look_up_explorer(lambda letters, table: table[encode(letters)], SORTER, SORT),
    "table_training_explorer": lambda: live.table_training_explorer(*MADE, list(LETTERS), "E_tok in training"),
    "triangles_explorer": lambda: live.triangles_explorer(TRAININGS),
    "window_explorer": lambda: live.window_explorer(SORTER),
    "ablation_board": lambda: live.ablation_board(MODELS),
    "map_explorer": lambda: live.map_explorer(TRAININGS),
    "cosine_explorer": lambda: live.cosine_explorer(TRAININGS),
    "sinusoid_explorer": lambda: live.sinusoid_explorer(SORTER.wpe),
    "steps_explorer": lambda: live.steps_explorer(SORTER),
    "sum_explorer": lambda: live.sum_explorer(add, SORTER),
    "unmix_explorer": lambda: live.unmix_explorer(SORTER),
    "collision_explorer": lambda: live.collision_explorer(SORTER),
    "card_explorer": live.card_explorer,
    "shift_explorer": lambda: live.shift_explorer(SORTER, SORT),
    "scale_explorer": lambda: live.scale_explorer(MODELS, MAPS),
}


def moves(widget, rng):
    """List what can be done to a control and all that is in it, each as a function."""
    if isinstance(widget, widgets.Button):
        return [] if widget.description in ("Train", "Stop") else [widget.click]
    if isinstance(widget, widgets.Text):
        typed = ["ABCABC", "cbabbc", "AAAAAA", "CBX", ""]
        return [lambda: setattr(widget, "value", str(rng.choice(typed)))]
    if isinstance(widget, widgets.Checkbox):
        return [lambda: setattr(widget, "value", bool(rng.integers(2)))]
    if hasattr(widget, "options"):
        return [lambda: setattr(widget, "index", int(rng.integers(len(widget.options))))]
    if isinstance(widget, (widgets.FloatSlider, widgets.FloatLogSlider, widgets.BoundedFloatText)):
        return [lambda: setattr(widget, "value", float(rng.uniform(widget.min, widget.max)))]
    if isinstance(widget, (widgets.IntSlider, widgets.BoundedIntText)):
        return [lambda: setattr(widget, "value", int(rng.integers(widget.min, widget.max + 1)))]
    return [move for child in getattr(widget, "children", ()) for move in moves(child, rng)]


def shown(explorer):
    """What an explorer shows, without the numbers that tell moves and explorers apart."""
    explorer.words  # noqa: B018 waits until it is known
    parts = explorer._cells.value + explorer._counted.value + explorer._words.value
    return re.sub(r'data-move="\d+"|ll-[0-9a-f]{32}', "", parts)


def soak(name, n_events, n_slow, seed=0, before_new=lambda: None):
    """Play with one explorer and compare it with a new one.

    Returns how many events it got, `n_slow` if it counts or draws whole pictures, and by how many MB the process grew
    in the second half of them.
    """
    explorer, rng = EXPLORERS[name](), np.random.default_rng(seed)
    actions = [move for control in explorer.controls.values() for move in moves(control, rng)]
    assert len(actions) >= len(explorer.controls)
    n_events = n_slow if explorer._count is not None or not explorer._frames else n_events
    for i in range(n_events):
        if i == n_events // 2:
            gc.collect()
            before = resident()
        actions[rng.integers(len(actions))]()
        if explorer._count is not None and i % 2:
            explorer.words  # noqa: B018 waits until it has counted
    for control in explorer.controls.values():  # what was typed last and refused
        if getattr(control, "refusal", ""):
            control.refusal = ""
    gc.collect()
    grown = resident() - before
    there = shown(explorer)
    before_new()
    new = EXPLORERS[name]()
    for key, value in explorer.values.items():
        new.controls[key].value = value
    assert explorer._error.value == new._error.value
    assert explorer._error.value or shown(new) == there  # with an error, the last good picture stays
    assert (new._count is None) == (new._counted.value == "")
    return n_events, grown


def resident():
    """Memory of this process in MB, or 0 where that is not told as on Linux."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20 if status.exists() else 0


def main(names):
    mechanism.QUIET = 0  # words and counts follow at once
    for name in names or EXPLORERS:
        start = time.perf_counter()
        n_events, grown = soak(name, 10_000, 500)
        took = time.perf_counter() - start
        print(f"{name:24} {n_events:6} events, {took:4.0f} s, second half {grown:+.1f} MB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
