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


def test_the_command_that_makes_a_web_page_works_as_written(tmp_path):
    (command,) = re.findall(r"`\.venv/bin/python (-m nbconvert .*?)`", README.read_text("utf-8"))
    words = [*command.split(), f"--output-dir={tmp_path}"]
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
    (page,) = tmp_path.glob("*.html")
    assert "data:image/png" in page.read_text("utf-8")


def test_every_job_of_the_workflow_sets_the_address_of_its_repository_before_it_builds_or_tests():
    jobs = re.split(
        r"^  \w+:\n", (ROOT / ".github/workflows/ci.yml").read_text("utf-8").split("\njobs:\n")[1], flags=re.M
    )[1:]
    assert len(jobs) >= 4
    publishing = [job for job in jobs if "actions/deploy-pages" in job]  # what another job has built
    assert len(publishing) == 1 and "needs: website" in publishing[0]
    for job in jobs:
        if job in publishing:
            continue
        sets = re.search(r"address(\.py)? \$\{\{ github\.repository \}\}", job)
        works = re.search(r"run\.py (test|lite)|-m pytest|webkit\.py|hear\.py", job)
        assert sets and works and sets.start() < works.start(), job
