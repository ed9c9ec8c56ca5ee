"""The tools for teachers and publishers: addresses, copies without solutions, the website."""

import contextlib
import importlib.util
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


@pytest.mark.parametrize("place", [address.PLACEHOLDER, "anna-b/my.lessons"])
def test_every_lesson_is_handed_out_whether_its_address_is_known_or_not(copy, place, monkeypatch):
    address.write_address(place, copy)
    monkeypatch.setattr(hand_out, "ROOT", copy)
    hand_out.hand_out(copy / "class", copy / "notebooks")
    assert {path.name for path in (copy / "class").glob("*.ipynb")} == {path.name for path in PATHS}
    for path in PATHS:
        assert "Open this page" not in (copy / "class" / path.name).read_text("utf-8")


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
    start = readme.partition("\n## Start\n")[2]
    assert re.search(r"https?://[^)]*", start)[0] == address.site_link(PATHS[0].name, "anna-b/my.lessons")
    for link in (address.site_link, address.binder_link):
        assert [path.name for path in PATHS if link(path.name, "anna-b/my.lessons") not in readme] == []
    for path in copy.glob("notebooks/*.ipynb"):
        site, binder = (link(path.name, "anna-b/my.lessons") for link in (address.site_link, address.binder_link))
        beginning = "".join(cell.source for cell in nbformat.read(path, as_version=4).cells[:2])
        assert 0 < beginning.find(site) < beginning.find(binder)


def test_the_website_lies_where_githubs_pages_put_it():
    assert address.site_link("a.ipynb", "Anna/Lessons") == "https://anna.github.io/Lessons/lab/index.html?path=a.ipynb"
    assert address.site_link("a.ipynb", "Anna/anna.github.io") == "https://anna.github.io/lab/index.html?path=a.ipynb"


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


@pytest.fixture
def lessons(tmp_path):
    """A copy of the lessons, as a teacher has them."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    return tmp_path / "notebooks"


def typed_into(path, keep=("as_shipped", "tags")):
    """Answer all exercises of a lesson, as a teacher does who tries them."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({name: cell.metadata[name] for name in keep if name in cell.metadata})
        if cell.id.startswith("exercise"):
            cell.source = f"secret = 7\n{cell.source.replace('...', 'secret')}"
            cell.outputs = [nbformat.v4.new_output("stream", text="Right. It is.")]
    nbformat.write(notebook, path)


def test_what_a_teacher_typed_is_in_no_copy(lessons, tmp_path, capsys):
    for path in lessons.glob("*.ipynb"):
        typed_into(path)
    hand_out.hand_out(tmp_path / "class", lessons)
    said = capsys.readouterr().out
    for path in COMPLETE:
        shipped = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
        cells = nbformat.read(tmp_path / "class" / path.name, as_version=4).cells
        exercises = [cell for cell in cells if cell.id.startswith("exercise")]
        assert len(exercises) >= 5
        for cell in exercises:
            assert (cell.source, cell.outputs) == (shipped[cell.id].source, [])
            assert re.search(rf"{path.name}, without .* what was typed into .*\b{cell.id}\b", said)
        assert "secret" not in (tmp_path / "class" / path.name).read_text("utf-8")


def test_an_answer_that_cannot_be_taken_out_is_not_handed_out(lessons, tmp_path):
    typed_into(lessons / COMPLETE[-1].name, keep=("tags",))
    with pytest.raises(SystemExit, match=f"nothing was written: exercise-1 in {COMPLETE[-1].name} holds an answer"):
        hand_out.hand_out(tmp_path / "class", lessons)
    assert list((tmp_path / "class").iterdir()) == []


def test_nothing_but_the_lessons_and_what_they_show_is_handed_out(lessons, tmp_path):
    shutil.copy(COMPLETE[0], lessons / f"{COMPLETE[0].stem}-Copy1.ipynb")
    for name in ("grades.csv", "mine.ipynb", "portrait.png", "shown.png"):
        (lessons / name).write_text("{}")
    notebook = nbformat.read(COMPLETE[0], as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("![What is seen](shown.png)"))
    nbformat.write(notebook, lessons / COMPLETE[0].name)
    hand_out.hand_out(tmp_path / "class", lessons)
    assert {path.name for path in (tmp_path / "class").iterdir()} == {*(path.name for path in PATHS), "shown.png"}


@pytest.mark.parametrize(
    ("program", "name"), [("run.py hand-out", " "), ("tools/hand_out.py", ""), ("tools/hand_out.py", ROOT)]
)
def test_copies_need_a_folder_of_their_own(program, name):
    done = subprocess.run([sys.executable, *program.split(), name], capture_output=True, encoding="utf-8", cwd=ROOT)
    *_, last = done.stderr.splitlines()  # an installer may speak before, where run.py begins with that
    assert done.returncode == 1 and re.match("say where to|nothing was written", last), done.stderr


def test_copies_do_not_go_where_the_lessons_are():
    for folder in (ROOT, ROOT / "notebooks"):
        with pytest.raises(SystemExit, match="nothing was written"):
            hand_out.hand_out(folder)


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
