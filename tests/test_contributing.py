"""The recipes of CONTRIBUTING for an exercise and a lesson, followed in a copy, with the tests that judge them."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from shortened import shortened
from test_first_command import ROOT, project

code, prose = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
RECIPES = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CHECK = '''

@checks
def n_words(n_letters):
    """Check how many inputs of six letters there are, of `n_letters` different ones."""
    return Exercise(
        np.asarray(n_letters**6),
        expected="one whole number",
        praise="Each slot multiplies their number by three.",
        difference=lambda *_: "How many are there of one letter, how many of two?",
        mistakes=[(6**n_letters, "Turn it round: six slots, three letters.")],
    )
'''
SAID = "The solution, not your answer:"
EXERCISE = [
    prose(
        "### Exercise 8 · Count the inputs (easy, 2 minutes)\n\nHow many inputs of six letters are there?\n\n"
        "<details><summary>Hint 1</summary>Each slot has three choices.</details>\n"
        "<details><summary>Hint 2</summary>The choices multiply.</details>"
    ),
    code("answer = ...\n\ncheck.n_words(answer, 3)", metadata={"tags": ["exercise"]}),
    code(
        f"# {SAID} click the dots, or View > Expand Selected Code.\nsolution = 3**6\n\n"
        f'print("{SAID}", check.n_words(solution, 3))',
        metadata={"tags": ["solution"], "jupyter": {"source_hidden": True}},
    ),
]


@pytest.fixture
def copy(tmp_path):
    return project(tmp_path / "copy")


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert len(re.findall(old, text)) == 1, f"{old} in {path.name}"
    path.write_text(re.sub(old, new, text), encoding="utf-8")


def python(copy, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(copy)}  # its lessonlib, not that of this checkout
    done = subprocess.run([sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def pytest_passes(copy, chosen, *names):
    """Run the tests of these files that are chosen. A cache of theirs would count as a file that the recipe changes."""
    files = [f"tests/test_{name}.py" for name in names]
    python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *files)


def n_changed(copy, recipe):
    """Say how many files differ from this checkout's; each must be named in the recipe."""
    (text,) = re.findall(rf"^\*\*{recipe}\*\* (.*?)(?=^\*\*[A-Z]|^## )", RECIPES, re.DOTALL | re.MULTILINE)
    files = [path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.suffix in (".py", ".md", ".ipynb")]
    changed = [
        each for each in files if not (ROOT / each).exists() or (ROOT / each).read_bytes() != (copy / each).read_bytes()
    ]
    for each in changed:
        assert re.sub(r"lesson_\d", "lesson_N", each) in text or ("notebook" in text and each.endswith(".ipynb")), each
    return f"({len(changed)} files)" in text


def test_an_exercise(copy):
    path = copy / "notebooks/03_token_embeddings.ipynb"
    notebook = nbformat.read(path, as_version=4)
    last = max(i for i, cell in enumerate(notebook.cells) if cell.id.startswith("solution"))
    notebook.cells[last + 1 : last + 1] = EXERCISE
    path.write_text(shortened(nbformat.writes(notebook)), encoding="utf-8")
    lesson = copy / "lessonlib/check/lesson_3.py"
    lesson.write_text(lesson.read_text("utf-8") + CHECK, encoding="utf-8")
    edit(copy / "lessonlib/check/__init__.py", r"(?<=lesson_3 import )(\(?)", r"\1n_words, ")
    minutes = int(re.search(r"read and run, (\d+) for the exercises", nbformat.writes(notebook))[1])
    edit(path, f"read and run, {minutes} for", f"read and run, {minutes + 2} for")
    edit(copy / "README.md", rf"(03_token_embeddings.ipynb\) \| \d+) \+ {minutes} ", rf"\1 + {minutes + 2} ")
    edit(copy / "TEACHING.md", rf"(03_token_embeddings.ipynb\) .*?) {minutes} minutes", rf"\1 {minutes + 2} minutes")
    python(copy, "-m", "ruff", "format")
    python(copy, "tools/refresh_notebooks.py", "notebooks/03_token_embeddings.ipynb")
    ids = [cell.id for cell in nbformat.read(path, as_version=4).cells]
    assert ids[last + 2 : last + 4] == ["exercise-8", "solution-8"]
    with (copy / "tests/test_check.py").open("a", encoding="utf-8") as tests:
        right_and_wrong = "check.n_words(729, 3).right and 'Turn' in check.n_words(216, 3).message"
        tests.write(f"\n\ndef test_of_its_own():\n    assert {right_and_wrong}\n")
    chosen = "03_token or time_plan or of_its_own"
    pytest_passes(copy, f"({chosen}) and not converter and not web_page", "notebooks", "time", "tools", "check")
    assert n_changed(copy, "An exercise")


def test_a_lesson(copy):
    path = copy / "notebooks/06_next.ipynb"
    notebook = nbformat.read(copy / "notebooks/03_token_embeddings.ipynb", as_version=4)
    notebook.cells[0].source = re.sub("^# .*", "# Lesson 6 · What comes next", notebook.cells[0].source)
    notebook.cells[1].source = re.sub(
        r"<details><summary>Running.*?</details>", "", notebook.cells[1].source, flags=re.DOTALL
    )
    nbformat.write(notebook, path)
    for name in ("README.md", "TEACHING.md"):
        edit(
            copy / name,
            r"(\| \[)3 ·( .*?notebooks/)03_token_embeddings(.ipynb\).*\n)",
            r"\g<0>\g<1>6 ·\g<2>06_next\g<3>",
        )
    edit(copy / "tests/test_time.py", r'"03_token_embeddings.ipynb"(: .*\n)', r'\g<0>    "06_next.ipynb"\g<1>')
    python(copy, "tools/address.py")
    chosen = "06_next or lists_every or time_plan or names_the_one"
    pytest_passes(copy, f"({chosen}) and not converter and not web_page", "notebooks", "time", "tools")
    assert n_changed(copy, "A lesson")
