"""Move the controls of every explorer at random, for long: `python tests/soak.py` says what it did to memory.

In the end each explorer must show what a new one shows whose controls are set to the same values, and no message.
10,000 events for each, or 500 for those that count. tests/test_soak.py does the same with fewer.
"""

import asyncio
import gc
import os
import re
import sys
import time
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from lessonlib import explore
from lessonlib.embeddings import encode, position_embedding, token_embedding
from lessonlib.english import load_english
from lessonlib.explore import explorer as mechanism
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
HISTORIES = {"sorter": load_history("sort"), "reverser": load_history("reverse")}
MAPS = {"sorter": score_map("sort"), "reverser": score_map("reverse")}
EXPLORERS = {
    "look_up": lambda: explore.look_up(lambda letters, table: table[encode(letters)], SORTER, SORT),
    "triangles": lambda: explore.triangles(HISTORIES),
    "window": lambda: explore.window(SORTER),
    "ablation_board": lambda: explore.ablation_board(MODELS),
    "maps": lambda: explore.maps(HISTORIES),
    "cosines": lambda: explore.cosines(HISTORIES),
    "sinusoids": lambda: explore.sinusoids(SORTER.wpe),
    "the_sum": lambda: explore.the_sum(add, SORTER),
    "blocks": lambda: explore.blocks(add, SORTER),
    "unmix": lambda: explore.unmix(SORTER),
    "collisions": lambda: explore.collisions(SORTER),
    "card": explore.card,
    "training": explore.training,  # only what it shows: a training takes seconds
    "steps": lambda: explore.steps(SORTER),
    "shift": lambda: explore.shift(SORTER, SORT),
    "scale": lambda: explore.scale(MODELS, MAPS),
    "verdicts": lambda: explore.verdicts([("rows are picked", "right", "3"), ("near is alike", "right, but", "2")]),
    "neighbours": lambda: explore.neighbours(load_english()),
}


def moves(widget, rng):
    """List what can be done to a control and all that is in it, each as a function."""
    if isinstance(widget, widgets.Button):
        return [] if widget.description in ("Train", "Stop") else [widget.click]
    if isinstance(widget, widgets.Text):
        typed = ["ABCABC", "cbabbc", "AAAAAA", "CBX", "", "KKKKKKKKKKK", "m0k00000000", "king", "Cat", "kittn"]
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
    """What an explorer shows, without the numbers that tell moves apart."""
    assert explorer.words  # counts what is not yet counted
    parts = explorer._frame.value + explorer._cells.value + explorer._counted.value + explorer._error.value
    return re.sub(r'data-move="\d+"', "", parts)


async def soak(name, n_events, n_slow, seed=0):
    """Play with one explorer, in an event loop as a kernel has one, and compare it with a new one.

    Returns how many events it got, `n_slow` if it counts, and by how many MB the process grew in the second half.
    """
    explorer, rng = EXPLORERS[name](), np.random.default_rng(seed)
    actions = [move for control in explorer.controls.values() for move in moves(control, rng)]
    assert len(actions) >= len(explorer.controls)
    n_events = n_slow if explorer._scene.later else n_events
    for i in range(n_events):
        if i == n_events // 2:
            gc.collect()
            before = resident()
        actions[rng.integers(len(actions))]()
        await asyncio.sleep(0.02 if i % 3 == 0 else 0)  # rests are so short that counting begins, and is cut off
    gc.collect()
    grown = resident() - before
    there, new = shown(explorer), EXPLORERS[name]()
    for key, value in explorer.values.items():
        new.controls[key].value = value
    assert shown(new) == there or explorer._error.value  # with an error, the last good picture stays
    assert explorer._error.value == "" or re.sub(r" The picture still.*|So there.*", "", new.words) in explorer.words
    return n_events, grown


def resident():
    """Memory of this process in MB, or 0 where that is not told as on Linux."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20 if status.exists() else 0


def main(names):
    mechanism.REST = 0.005
    for name in names or EXPLORERS:
        start = time.perf_counter()
        n_events, grown = asyncio.run(soak(name, 10_000, 500))
        took = time.perf_counter() - start
        print(f"{name:24} {n_events:6} events, {took:4.0f} s, second half {grown:+.1f} MB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
