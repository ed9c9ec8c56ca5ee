"""What README and CONTRIBUTING show works."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

from lessonlib.nano_gpt import load_checkpoint

ROOT = Path(__file__).resolve().parent.parent
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"


def test_the_lines_of_the_readme_give_their_results():
    results = doctest.testfile(str(README), module_relative=False)
    assert results.attempted >= 5 and results.failed == 0


def test_the_explorer_that_contributors_see_passes_ruff_and_follows_its_slider():
    (code,) = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text("utf-8"), re.DOTALL)
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", "lessonlib/explore/one_row.py", "-"]
        done = subprocess.run(ruff, input=code, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    names = {}
    exec(code, names)
    explorer = names["one_row"](load_checkpoint("sort"))
    explorer.controls["row"].value = 7
    assert explorer.words == "row 7"
