"""The tools for teachers and publishers: addresses, copies without solutions, returned copies, the website."""

import contextlib
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import address  # noqa: E402
import hand_out  # noqa: E402
import lite  # noqa: E402
import returned  # noqa: E402
from test_notebooks import COMPLETE, PATHS  # noqa: E402

OUR_PLACES = re.compile(r"(?:github\.com|mybinder\.org/v2/gh)/([\w-]+/[\w.-]+?)(?=/|\)|\"|\s|$)")


@pytest.fixture
def copy(tmp_path):
    """A copy of all files that may name the address."""
    for path in [*PATHS, *(ROOT / name for name in address.PAGES)]:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The address


def test_every_link_to_binder_names_the_one_address_and_the_lesson_that_it_stands_in():
    here = address.address()
    for path in [*PATHS, *(ROOT / name for name in address.PAGES)]:
        for owner, name in re.findall(
            r"mybinder\.org/v2/gh/([^/]+/[^/]+)/HEAD(\?[^)\s\"\\]*)?", path.read_text("utf-8")
        ):
            assert owner == here, f"{path.name}: `python3 run.py address {here}` makes all links agree"
            lesson = re.fullmatch(r"\?urlpath=lab/tree/notebooks/(.+\.ipynb)", name)[1]
            assert (ROOT / "notebooks" / lesson).exists()
            assert path.suffix != ".ipynb" or lesson == path.name
    readme = (ROOT / "README.md").read_text("utf-8")
    assert address.start([path.name for path in PATHS], here) in readme, "`python3 run.py address` writes it"


def test_no_link_leads_nowhere_before_the_address_is_set_and_all_are_there_after(copy):
    def links():
        texts = {path.name: path.read_text("utf-8") for path in copy.rglob("*") if path.suffix in (".md", ".ipynb")}
        wrong = [name for name, text in texts.items() if re.search(r"\]\([^)]*OWNER|https://[^\s]*OWNER", text)]
        return wrong, [name for name, text in texts.items() if "mybinder.org/v2" in text]

    address.write_address(address.PLACEHOLDER, copy)
    assert links() == ([], [])
    assert "`python3 run.py address OWNER/NAME`" in (copy / "README.md").read_text("utf-8")
    address.write_address("anna-b/my.lessons", copy)
    assert links()[0] == [] and set(links()[1]) == {"README.md", *(path.name for path in PATHS)}
    readme = (copy / "README.md").read_text("utf-8")
    assert [path.name for path in PATHS if address.binder_link(path.name, "anna-b/my.lessons") not in readme] == []


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.stem)
def test_a_lesson_says_at_its_beginning_how_to_run_it_and_what_to_do_where_lessonlib_is_missing(path):
    beginning = "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells[:2])
    assert address.opening(path.name, address.address()) in beginning, "`python3 run.py address` writes it"


def test_one_command_writes_every_link_and_no_link_of_others_and_back(copy, capsys):
    before, old = contents(copy), address.address()
    foreign = {name for data in before.values() for name in OUR_PLACES.findall(data.decode())} - {old}
    assert foreign >= {"karpathy/minGPT", "bbycroft/llm-viz"}
    address.write_address("anna-b/my.lessons", copy)
    after = contents(copy)
    names = {name for data in after.values() for name in OUR_PLACES.findall(data.decode())}
    assert names - {"anna-b/my.lessons"} == foreign
    assert "written:" in capsys.readouterr().out
    address.write_address(old, copy)
    assert contents(copy) == before


def test_a_new_lesson_gets_its_links_under_the_title_and_only_once(copy):
    new = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Lesson 6 · Next\n\nText.", id="cell-00")])
    nbformat.write(new, copy / "notebooks/06_next.ipynb")
    for _ in range(2):
        address.write_address("a/b", copy)
        source = nbformat.read(copy / "notebooks/06_next.ipynb", as_version=4).cells[0].source
        assert source == f"# Lesson 6 · Next\n\n{address.opening('06_next.ipynb', 'a/b')}\n\nText."


# Copies without solutions


def test_copies_lack_every_solution_and_nothing_else(tmp_path, capsys):
    hand_out.hand_out(tmp_path / "class", ROOT / "notebooks")
    for path in PATHS:
        before, after = (nbformat.read(each, as_version=4) for each in (path, tmp_path / "class" / path.name))
        assert len(before.cells) == len(after.cells)
        for old, new in zip(before.cells, after.cells):
            if "solution" in old.metadata.get("tags", []):
                assert (new.source, new.outputs, new.execution_count) == (hand_out.INSTEAD, [], None)
            elif address.OPENING.search(old.source):
                assert hand_out.how_to_run(address.address()) in new.source
                assert "urlpath=lab/tree" not in new.source  # where the solutions are
            else:
                assert new == old
        assert nbformat.validate(after) is None
        assert "urlpath=lab/tree" not in hand_out.how_to_run("a/b")
        assert sum(cell.source.count("drag this file into") for cell in after.cells) == 1
    assert {path.name for path in (ROOT / "notebooks").iterdir() if path.is_file()} == {
        path.name for path in (tmp_path / "class").iterdir()
    }


def test_copies_overwrite_nothing_and_are_all_written_or_none(tmp_path):
    before = contents(tmp_path)
    (tmp_path / "lesson").mkdir()
    (tmp_path / "lesson/deep_dives.ipynb").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for place, said in (
        ("lesson", "deep_dives.ipynb would be overwritten"),
        ("file", "cannot be used as a folder"),
    ):
        before = contents(tmp_path)
        with pytest.raises(SystemExit, match=said):
            hand_out.hand_out(tmp_path / place, ROOT / "notebooks")
        assert contents(tmp_path) == before and len(list((tmp_path / "lesson").iterdir())) == 1


def test_the_time_plan_and_the_readme_say_what_the_lessons_say():
    plan, readme = ((ROOT / name).read_text("utf-8") for name in ("TEACHING.md", "README.md"))
    for path in COMPLETE:
        opening = "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells[:2])
        reading, exercises = re.search(r"(\d+) minutes to read and run, (\d+) for the exercises", opening).groups()
        assert f"(notebooks/{path.name}) | {reading} minutes | {exercises} minutes |" in plan
        assert f"(notebooks/{path.name}) | {reading} + {exercises} |" in readme


# Returned copies

code, prose = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
TITLE, CHECK = "# Lesson 7 · Two exercises", "check.parameter_count(answer, 50257, 768)"
RIGHT = {
    "exercise-1": f"answer = 50257 * 768\n\n{CHECK}",
    "exercise-2a": 'answer = [0]\n\ncheck.identical_slots(answer, "CAB", "C")',
    "exercise-2b": 'answer = [2]\n\ncheck.identical_slots(answer, "ABC", "C")',
}
WINDOWS = {key: text.replace("\n", "\r\n") for key, text in RIGHT.items()}
MAGIC = f"%config Completer.use_jedi = False\n{RIGHT['exercise-1']}"
LOOP = "answer = 50257 * 768\nwhile True:\n    pass"
DEAF = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"


def lesson():
    """A lesson of two exercises, the second with two parts."""
    tagged = {"metadata": {"tags": ["exercise"]}}
    cells = [
        prose(f"{TITLE}\n\nText.", id="title"),
        code("from lessonlib import check", id="setup", metadata={"tags": ["setup"]}),
        prose("### Exercise 1 · Count (easy, 1 minute)", id="e1"),
        code(f"answer = ...\n\n{CHECK}", id="exercise-1", **tagged),
        code(
            "solution = 50257 * 768\n\nprint(check.parameter_count(solution, 50257, 768))",
            id="solution-1",
            metadata={"tags": ["solution"]},
        ),
        prose("### Exercise 2 · Slots (easy, 1 minute)", id="e2"),
        code('answer = ...\n\ncheck.identical_slots(answer, "CAB", "C")', id="exercise-2a", **tagged),
        code('answer = ...\n\ncheck.identical_slots(answer, "ABC", "C")', id="exercise-2b", **tagged),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def answered(changes=RIGHT, edit=lambda notebook: None):
    """A copy of the lesson, as JSON, in which some cells hold something else."""
    copy = lesson()
    for cell in copy.cells:
        cell.source = changes.get(cell.id, cell.source)
    edit(copy)
    return nbformat.writes(copy)


def without_ids(notebook):
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        cell.pop("id")
        cell.metadata.pop("tags", None)


def other_title(notebook):
    notebook.cells[0].source = f"Anna Kowalska\n\n{TITLE} "
    notebook.cells.insert(0, prose("[badge](x)"))


def other_ids(notebook):
    notebook.cells.insert(3, code("1 + 1"))
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02}"
        cell.metadata.pop("tags", None)


def as_version_3(text):
    cells = json.loads(text)["cells"]
    for cell in cells:
        cell["input"] = cell.pop("source")
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]})


def without_source(text):
    notebook = json.loads(text)
    notebook["cells"].insert(1, {"cell_type": "code", "metadata": None})
    return json.dumps(notebook)


CLASS = {  # the name of a file: what is in it, which exercises pass, words of the note
    "untouched": (answered({}), "- - -", ""),
    "right": (answered(), "yes yes yes", ""),
    "an error after a right answer": (answered(RIGHT | {"exercise-1": "answer = 50257 * 768\n1 / 0"}), "- yes yes", ""),
    "an error, and an older right answer": (
        answered(RIGHT | {"exercise-2a": "answer = [2]", "exercise-2b": "answer = undefined"}), "yes - -", ""
    ),
    "all ids and tags lost, untouched": (answered({}, without_ids), "- - -", ""),
    "all ids and tags lost": (answered(RIGHT, without_ids), "yes yes yes", ""),
    "other ids, a cell more": (answered(RIGHT, other_ids), "yes yes yes", ""),
    "another title, a badge": (answered(RIGHT, other_title), "yes yes yes", ""),
    "other quotes": (answered({key: text.replace('"', "'") for key, text in RIGHT.items()}), "yes yes yes", ""),
    "the check is gone": (answered(RIGHT | {"exercise-2a": "answer = [0]"}), "yes yes yes", ""),
    "line ends of Windows, a byte order mark": ("\ufeff" + answered(WINDOWS), "yes yes yes", ""),
    "version 3": (as_version_3(answered()), "yes yes yes", ""),
    "a cell without source": (without_source(answered()), "yes yes yes", ""),
    "no setup": (answered(RIGHT, lambda copy: copy.cells.pop(1)), "yes yes yes", ""),
    "setup that fails": (
        answered(RIGHT | {"setup": "from lessonlib import nothing"}), "yes yes yes", "code cell 1: ImportError"
    ),
    "its own check": (answered(RIGHT | {"exercise-1": "check = None\nanswer = 50257 * 768"}), "- - -", ""),
    "magics": (answered(RIGHT | {"exercise-1": MAGIC}), "yes yes yes", ""),
    "a syntax error": (answered(RIGHT | {"exercise-1": f"answer = = 3\n{CHECK}"}), "- yes yes", ""),
    "only prints right": (answered(RIGHT | {"exercise-1": "print('Right.'); answer = 7"}), "- yes yes", ""),
    "two tries": (
        answered(RIGHT, lambda copy: copy.cells.append(code(f"answer = 7\n\n{CHECK}", id="again"))), "yes yes yes", ""
    ),
    "the answer in a cell above": (
        answered({"exercise-1": CHECK}, lambda copy: copy.cells.insert(2, code("answer = 50257 * 768"))), "yes - -", ""
    ),
    "into the solution": (answered({"solution-1": "solution = 7"}), "- - -", "something was written into solution-1"),
    "an exercise is gone": (answered(RIGHT, lambda copy: copy.cells.pop(-2)), "yes - yes", "not in it: 2a"),
    "a loop": (answered(RIGHT | {"exercise-1": LOOP}), "- yes yes", "exercise 1: it took more than 2 s"),
    "a loop that cannot be stopped": (
        answered(RIGHT | {"exercise-2a": DEAF}), "yes - yes", "exercise 2a: it took more than 2 s"
    ),
    "an end of Python": (
        answered(RIGHT | {"exercise-2a": "import os\nos._exit(0)"}), "yes - yes", "exercise 2a: it ended its kernel"
    ),
    "Łukasz/日本": (answered(), "yes yes yes", ""),
    "x nothing": ("", None, "no notebook"),
    "x half a file": (answered()[:300], None, "no notebook"),
    "x a list": ("[1, 2]", None, "no notebook"),
    "x a picture": ("\x89PNG\r\n", None, "no notebook"),
    "x of somebody else": (nbformat.writes(nbformat.v4.new_notebook(cells=[code("1 + 1")])), None, "no exercise"),
}  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """What is printed for a whole class: a dict from the name of each file to what stands behind it."""
    place = tmp_path_factory.mktemp("returned")
    (place / "lessons").mkdir()
    nbformat.write(lesson(), place / "lessons/07.ipynb")
    for name, (text, *_) in CLASS.items():
        path = place / "class" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    before = contents(place)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        returned.check_folder(place / "class", place / "lessons", seconds=2)
    assert contents(place) == before
    lines = said.getvalue().splitlines()
    assert "Lesson 7 · Two exercises" in lines and "Not checked" in lines
    rows = [line.partition(".ipynb") for line in lines if ".ipynb" in line]
    assert len({returned._width(line[: line.index("yes")]) for line in lines if "yes yes yes" in line}) == 1
    return {Path(name).as_posix(): " ".join(rest.split()) for name, _, rest in rows}


def test_every_notebook_of_a_class_has_one_line(table):
    assert table.keys() == CLASS.keys()


@pytest.mark.parametrize("name", CLASS)
def test_what_a_line_says_of_odd_notebooks(name, table):
    _, marks, note = CLASS[name]
    if marks is None:
        assert note in table[name]
    else:
        assert table[name] == f"{marks} {marks.count('yes')} of 3 {note}".strip()


def test_neither_the_network_nor_other_programs_can_be_reached(tmp_path):
    mark = tmp_path / "mark"
    tries = {
        "exercise-1": "import socket\nsocket.create_connection(('192.0.2.1', 9), 1)\nanswer = 50257 * 768",
        "exercise-2a": f"import os\nos.system('touch {mark}')\nanswer = [0]",
        "exercise-2b": f"import subprocess\nsubprocess.run(['touch', {str(mark)!r}])\nanswer = [2]",
    }
    (tmp_path / "returned.ipynb").write_text(answered(tries), encoding="utf-8")
    nbformat.write(lesson(), tmp_path / "lesson.ipynb")
    cells, of = returned.code_cells(tmp_path / "returned.ipynb"), returned.read_lesson(tmp_path / "lesson.ipynb")
    assert returned.passed(cells, of) == (dict.fromkeys(of.exercises, False), "")
    assert not mark.exists()


def test_a_notebook_has_a_time_of_its_own_and_what_was_judged_by_then_counts(tmp_path):
    slow = RIGHT | {"exercise-2a": "import time\ntime.sleep(9)\nanswer = [0]"}
    (tmp_path / "returned.ipynb").write_text(answered(slow), encoding="utf-8")
    nbformat.write(lesson(), tmp_path / "lesson.ipynb")
    cells, of = returned.code_cells(tmp_path / "returned.ipynb"), returned.read_lesson(tmp_path / "lesson.ipynb")
    results, note = returned.passed(cells, of, total=4)
    assert results == {"1": True, "2a": False, "2b": False} and "stopped after 4 s" in note


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_names_that_the_terminal_cannot_write_end_no_table(tmp_path, encoding):
    (tmp_path / "Łukasz").mkdir()
    (tmp_path / "Łukasz/日本.ipynb").write_text("[]")
    done = subprocess.run(
        [sys.executable, ROOT / "tools/returned.py", tmp_path],
        env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, text=True, encoding=encoding,
    )  # fmt: skip
    assert done.returncode == 0 and "no notebook" in done.stdout and done.stderr == ""


def test_the_exercises_of_every_lesson_are_found_with_their_checks_and_each_is_itself_only():
    lessons = [returned.read_lesson(path) for path in COMPLETE]
    for path, of in zip(COMPLETE, lessons):
        assert len(of.exercises) >= 5 and all(each.check.startswith("check.") for each in of.exercises.values())
        cells = returned.code_cells(path)
        assert returned.lesson_of(cells, lessons) is of
        met = []
        for cell in cells:
            bare = cell._replace(id="", tags=())  # as where all ids and tags are lost
            assert returned.exercise_in(bare, of, met) == returned.exercise_in(cell, of)
            met += filter(None, [returned.exercise_in(cell, of)])
        assert met == list(of.exercises)


# The website without a server


def test_on_the_website_every_lesson_first_installs_lessonlib_and_is_the_same_else(tmp_path):
    lite.write_contents(ROOT / "notebooks", tmp_path / "contents")
    for path in PATHS:
        before, after = (nbformat.read(each, as_version=4) for each in (path, tmp_path / "contents" / path.name))
        assert [after.cells.pop(1).source for _ in range(2)] == [lite.FIRST_MINUTE, lite.INSTALL]
        assert after.cells == before.cells
        assert nbformat.validate(after) is None


@pytest.fixture
def pyodide(tmp_path):
    """What looks like a Pyodide distribution."""
    folder = tmp_path / "pyodide"
    folder.mkdir()
    for name in ("pyodide.mjs", "pyodide-lock.json"):
        (folder / name).write_text("{}")
    return folder


def test_with_a_pyodide_of_its_own_the_site_is_told_to_ask_nowhere_else(tmp_path, pyodide, monkeypatch, capsys):
    ran = []

    def run(place, module, *arguments):
        ran.append(module)
        config = json.loads(Path(place, "jupyter-lite.json").read_text("utf-8"))
        assert config["jupyter-config-data"]["litePluginSettings"][lite.KERNEL]["disablePyPIFallback"] is True
        assert {path.name for path in Path(place, "static", "pyodide").iterdir()} == {
            "pyodide.mjs",
            "pyodide-lock.json",
        }
        assert module != "jupyterlite_core" or {path.name for path in PATHS} == set(os.listdir(Path(place, "contents")))

    monkeypatch.setattr(lite, "run", run)
    lite.main([str(tmp_path / "site"), "--pyodide", str(pyodide)])
    assert ran == ["pip", "jupyterlite_core"] and "To look at it:" in capsys.readouterr().out


def test_the_site_that_is_built_has_all_it_needs(tmp_path, pyodide):
    if importlib.util.find_spec("jupyterlite_core") is None:
        pytest.skip("jupyterlite is not installed: python3 run.py lite FOLDER does it")
    with contextlib.redirect_stdout(None):
        lite.main([str(tmp_path / "site"), "--pyodide", str(pyodide)])
    site = tmp_path / "site"
    settings = json.loads((site / "jupyter-lite.json").read_text("utf-8"))["jupyter-config-data"]["litePluginSettings"]
    assert settings[lite.KERNEL]["pyodideUrl"] == "./static/pyodide/pyodide.mjs"
    assert settings[lite.KERNEL]["disablePyPIFallback"] is True
    assert (site / "static/pyodide/pyodide-lock.json").is_file()
    assert (site / "extensions/@jupyter-widgets/jupyterlab-manager/package.json").is_file()
    assert {path.name for path in (site / "files").iterdir()} >= {path.name for path in PATHS}
    carried = {path.name.partition("-")[0] for path in site.rglob("*.whl")}
    assert {"lessonlib", "ipywidgets"} <= carried


def test_no_site_is_built_that_would_be_dead(tmp_path, monkeypatch):
    for arguments, said in (
        ([], "say where to"),
        (["site", "--pyodid", "x"], "say where to"),
        ([str(tmp_path / "site"), "--pyodide", str(tmp_path)], "is no Pyodide distribution"),
        ([__file__], "is a file"),
    ):
        with pytest.raises(SystemExit, match=said):
            lite.main(arguments)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(SystemExit, match="the extension of ipywidgets is missing"):
        lite.main([str(tmp_path / "site")])
    assert list(tmp_path.iterdir()) == []
