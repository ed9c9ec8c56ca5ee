"""What README and CONTRIBUTING show works."""

import doctest
import re
from pathlib import Path

from lessonlib.explore.controls import int_slider
from lessonlib.explore.explorer import Explorer
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.scene import POSITION, Cells, Scene

ROOT = Path(__file__).resolve().parent.parent
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"


def test_the_lines_of_the_readme_give_their_results():
    results = doctest.testfile(str(README), module_relative=False)
    assert results.attempted >= 5 and results.failed == 0


def test_the_explorer_that_contributors_see_follows_its_slider():
    (code,) = [
        each
        for each in re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text("utf-8"), re.DOTALL)
        if ">>>" not in each
    ]
    names = {"int_slider": int_slider, "Explorer": Explorer, "POSITION": POSITION, "Cells": Cells, "Scene": Scene}
    exec(code, names)
    explorer = names["one_row"](load_checkpoint("sort"))
    explorer.controls["row"].value = 7
    assert explorer.words == "row 7"
