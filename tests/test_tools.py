"""The tools for teachers and publishers: addresses, copies without solutions, returned copies, the website."""

import re
import shutil
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
    assert [path.name for path in PATHS if address.binder_link(path.name, here) not in readme] == []


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.stem)
def test_a_lesson_says_at_its_beginning_how_to_run_it_and_what_to_do_where_lessonlib_is_missing(path):
    beginning = "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells[:2])
    assert address.opening(path.name, address.address()) in beginning, "`python3 run.py address` writes it"


def test_the_links_lead_somewhere():
    if address.address() == address.PLACEHOLDER:
        pytest.skip("the links still lead to OWNER/REPOSITORY: once it is published, python3 run.py address OWNER/NAME")
    assert "OWNER" not in "".join((ROOT / name).read_text("utf-8") for name in address.PAGES)


def test_one_command_writes_every_link_and_no_link_of_others_and_back(copy, capsys):
    before, old = contents(copy), address.address()
    foreign = {name for data in before.values() for name in OUR_PLACES.findall(data.decode())} - {old}
    assert foreign >= {"karpathy/minGPT", "bbycroft/llm-viz"}
    address.write_address("anna-b/my.lessons", copy)
    after = contents(copy)
    names = {name for data in after.values() for name in OUR_PLACES.findall(data.decode())}
    assert names == foreign | {"anna-b/my.lessons"}
    assert "written:" in capsys.readouterr().out
    address.write_address(old, copy)
    again = contents(copy)
    assert [name for name in before if before[name] != again[name] and b"mybinder" in before[name]] == []


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
            else:
                assert new == old
        assert nbformat.validate(after) is None
    assert {path.name for path in (ROOT / "notebooks").iterdir() if path.is_file()} == {
        path.name for path in (tmp_path / "class").iterdir()
    }
    with pytest.raises(SystemExit, match="is there already"):
        hand_out.hand_out(tmp_path / "class", ROOT / "notebooks")


def test_the_time_plan_says_what_the_lessons_say():
    plan = (ROOT / "TEACHING.md").read_text("utf-8")
    for path in COMPLETE:
        opening = "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells[:2])
        reading, exercises = re.search(r"(\d+) minutes to read and run, (\d+) for the exercises", opening).groups()
        assert f"(notebooks/{path.name}) | {reading} minutes | {exercises} minutes |" in plan


# Returned copies

code, prose = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
TITLE, CHECK = "# Lesson 7 · Two exercises", "check.parameter_count(answer, 50257, 768)"


def lesson():
    """A lesson of two exercises, the second with two parts."""
    tagged = {"metadata": {"tags": ["exercise"]}}
    cells = [
        prose(f"{TITLE}\n\nText.", id="title"),
        code("from lessonlib import check", id="setup"),
        prose("### Exercise 1 · Count (easy, 1 minute)", id="e1"),
        code(f"answer = ...\n\n{CHECK}", id="exercise-1", **tagged),
        code(f"answer = 50257 * 768\n\n{CHECK}", id="solution-1", metadata={"tags": ["solution"]}),
        prose("### Exercise 2 · Slots (easy, 1 minute)", id="e2"),
        code('answer = ...\n\ncheck.identical_slots(answer, "CAB", "C")', id="exercise-2a", **tagged),
        code('answer = ...\n\ncheck.identical_slots(answer, "ABC", "C")', id="exercise-2b", **tagged),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def results(tmp_path, answers, seconds=20, cells=()):
    """Check a copy in which some cells hold something else."""
    copy = lesson()
    for cell in copy.cells:
        cell.source = answers.get(cell.id, cell.source)
    copy.cells += cells
    nbformat.write(copy, tmp_path / "returned.ipynb")
    before = (tmp_path / "returned.ipynb").read_bytes()
    found = returned.passed(tmp_path / "returned.ipynb", lesson(), seconds)
    assert (tmp_path / "returned.ipynb").read_bytes() == before
    return found


def test_an_untouched_copy_passes_nothing_although_the_solutions_stand_in_it(tmp_path):
    assert results(tmp_path, {}) == ({"1": False, "2a": False, "2b": False}, "")


def test_each_right_answer_counts_wherever_it_stands_and_errors_do_not_end_the_rest(tmp_path):
    answers = {
        "exercise-1": "answer = 1 / 0",
        "exercise-2a": "answer = [0]",
        "exercise-2b": f"answer = [2]\nprint(answer)\n{CHECK}",
    }
    assert results(tmp_path, answers) == ({"1": False, "2a": True, "2b": True}, "")


def test_what_only_prints_right_is_not_right(tmp_path):
    assert results(tmp_path, {"exercise-1": "print('Right.'); answer = 7"})[0]["1"] is False


def test_neither_the_network_nor_other_programs_can_be_reached(tmp_path):
    mark = tmp_path / "mark"
    tries = {
        "exercise-1": "import socket\nanswer = 50257 * 768\nsocket.create_connection(('192.0.2.1', 9), 1)\nanswer = 0",
        "exercise-2a": f"answer = [0]\nimport os\nos.system('touch {mark}')\nanswer = 0",
        "exercise-2b": f"answer = [2]\nimport subprocess\nsubprocess.run(['touch', {str(mark)!r}])\nanswer = 0",
    }
    assert results(tmp_path, tries) == ({"1": True, "2a": True, "2b": True}, "")  # stopped before the answer was undone
    assert not mark.exists()


def test_a_cell_without_end_is_stopped_and_what_came_before_counts(tmp_path):
    found, note = results(
        tmp_path, {"exercise-1": "answer = 50257 * 768", "exercise-2a": "while True: pass"}, seconds=4
    )
    assert found == {"1": True, "2a": False, "2b": False} and "stopped" in note


def test_a_folder_gives_a_table_for_each_lesson_and_names_what_is_none(tmp_path, capsys):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "class/anna").mkdir(parents=True)
    nbformat.write(lesson(), tmp_path / "lessons/07.ipynb")
    right = lesson()
    right.cells[3].source = "answer = 50257 * 768"
    nbformat.write(right, tmp_path / "class/anna/lesson seven.ipynb")
    (tmp_path / "class/bo.ipynb").write_text("{")
    returned.check_folder(tmp_path / "class", tmp_path / "lessons")
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "1 2a 2b passed" in said
    assert f"{Path('anna', 'lesson seven.ipynb')} yes - - 1 of 3" in said
    assert any(line.startswith("bo.ipynb: not one of the lessons") for line in said)


def test_the_exercises_of_every_lesson_are_found_with_their_checks():
    for path in COMPLETE:
        found = returned.exercises_of(nbformat.read(path, as_version=4))
        assert len({name for name, _ in found.values()}) == len(found) >= 5
        assert all(check.startswith("check.") for _, check in found.values())


# The website without a server


def test_on_the_website_every_lesson_first_installs_lessonlib_and_is_the_same_else(tmp_path):
    lite.write_contents(ROOT / "notebooks", tmp_path / "contents")
    for path in PATHS:
        before, after = (nbformat.read(each, as_version=4) for each in (path, tmp_path / "contents" / path.name))
        assert after.cells.pop(1).source == lite.INSTALL
        assert after.cells == before.cells
        assert nbformat.validate(after) is None
