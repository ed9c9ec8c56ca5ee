"""What comes back from a class: odd notebooks, odd files, and what the table says of them."""

import contextlib
import csv
import io
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import judge  # noqa: E402
import returned  # noqa: E402
from test_notebooks import COMPLETE  # noqa: E402

code, prose = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
TITLE, CHECK = "# Lesson 7 · Two exercises", "check.parameter_count(answer, 50257, 768)"
CHECK_A, CHECK_B = 'check.identical_slots(answer, "CAB", "C")', "check.identical_slots(answer, word, 'C')"
HEADING = "### Exercise {} · Title (easy, 1 minute)\n\nDo it."
GIVEN = 'word = "ABC"\n'
RIGHT = {
    "exercise-1": f"answer = 50257 * 768\n\n{CHECK}",
    "exercise-2a": f"answer = [0]\n\n{CHECK_A}",
    "exercise-2b": f"{GIVEN}answer = [2]\n\n{CHECK_B}",
}
SAYS_RIGHT = [nbformat.v4.new_output("execute_result", {"text/plain": "Right. It is."}, execution_count=1)]


def lesson(number=7):
    """A lesson of two exercises, the second with two parts."""

    def exercise(name, given, call):
        return code(f"{given}answer = ...\n\n{call}", id=f"exercise-{name}", metadata={"tags": ["exercise"]})

    def solution(name, value, call):
        source = f"# The solution.\nsolution = {value}\n\nprint('So:', {call.replace('answer', 'solution')})"
        return code(source, id=f"solution-{name}", metadata={"tags": ["solution"]})

    cells = [
        prose(f"{TITLE.replace('7', str(number))}\n\nText.", id="title"),
        code("from lessonlib import check", id="setup", metadata={"tags": ["setup"]}),
        prose("## The lesson\n\nText.", id="cell-02"),
        code("table = [[1, 2], [3, 4]]\nprint(sum(map(sum, table)))", id="cell-03"),
        prose(HEADING.format(1), id="e1"),
        exercise("1", "", CHECK),
        solution("1", "50257 * 768", CHECK),
        prose(HEADING.format(2), id="e2"),
        exercise("2a", "", CHECK_A),
        solution("2a", "[0]", CHECK_A),
        exercise("2b", GIVEN, CHECK_B),
        solution("2b", "[2]", CHECK_B),
        prose("## Quiz\n\nText.", id="quiz"),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def answered(changes=(), edit=lambda notebook: None):
    """A right copy of the lesson, as JSON, in which some cells hold something else."""
    copy, changes = lesson(), RIGHT | dict(changes)
    for cell in copy.cells:
        cell.source = changes.get(cell.id, cell.source)
    edit(copy)
    return nbformat.writes(copy)


def with_1(source, **outputs):
    """A right copy but for what stands in exercise 1."""

    def edit(notebook):
        at(notebook, "exercise-1").update(outputs)

    return answered({"exercise-1": source}, edit)


def at(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def place(notebook, name):
    return notebook.cells.index(at(notebook, name))


def without(*names):
    def edit(notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.id not in names]

    return edit


def after(name, *cells):
    """Cells below the one of that name."""

    def edit(notebook):
        where = place(notebook, name) + 1
        notebook.cells[where:where] = cells

    return edit


def without_ids(notebook):
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        cell.pop("id")
        cell.metadata.pop("tags", None)


def other_ids(notebook):
    notebook.cells.insert(3, code("1 + 1"))
    for number, cell in enumerate(notebook.cells):
        cell.id = str(number)
        cell.metadata.pop("tags", None)


def other_title(notebook):
    notebook.cells[0].source = f"Anna Kowalska\n\n{TITLE} "
    notebook.cells.insert(0, prose("[badge](x)"))


def in_markdown(notebook):
    notebook.cells[place(notebook, "exercise-1")] = prose(f"answer = 38597376\n\n{CHECK}")


def written_below_heading(notebook):
    at(notebook, "e1").source += "\n\n**My answer: 38 597 376**"


def no_checks(notebook):
    for name in RIGHT:
        cell = at(notebook, name)
        cell.source = cell.source.partition("\n\n")[0]


def no_checks_no_ids(notebook):
    no_checks(notebook)
    without_ids(notebook)


def as_version_3(text):
    cells = json.loads(text)["cells"]
    for cell in cells:
        cell["input"] = cell.pop("source")
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]})


def without_source(text):
    notebook = json.loads(text)
    notebook["cells"].insert(1, {"cell_type": "code", "metadata": None})
    return json.dumps(notebook)


UNTOUCHED = {name: re.sub(r"answer = .*", "answer = ...", source) for name, source in RIGHT.items()}
LOOP = "import time\nwhile True:\n    time.sleep(0.1)"
DEAF = "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass"
FORGED = "raise type('Err\\nbo.ipynb  yes yes yes  3 of 3', (Exception,), {})"
ALL = "yes yes yes"

CLASS = {  # the name of a file: what is in it, what stands in its line, the note
    "untouched": (answered(UNTOUCHED), "- - -", ""),
    "right": (answered(), ALL, ""),
    "wrong, and not answered": (answered(UNTOUCHED | {"exercise-1": f"answer = 7\n{CHECK}"}), "no - -", ""),
    # Asked as the learner was
    "str is hers": (with_1(f"str = 'ABC'\nanswer = 50257 * 768\n{CHECK}"), ALL, ""),
    "list and print are hers": (with_1(f"list = [1]\nprint = 3\nanswer = 50257 * 768\n{CHECK}"), ALL, ""),
    "an iterator": (answered({"exercise-2a": f"answer = (i for i in [0])\n{CHECK_A}"}), ALL, ""),
    "a map, made in another cell": (
        answered({"exercise-2a": f"answer = a\n{CHECK_A}"}, after("e2", code("a = map(int, '0')"))), ALL, ""
    ),
    "her own name": (with_1("mine = 50257 * 768\ncheck.parameter_count(mine, 50257, 768)"), ALL, ""),
    "a literal": (with_1("check.parameter_count(38_597_376, 50257, 768)"), ALL, ""),
    "as a keyword": (with_1("check.parameter_count(answer=38597376, n_rows=50257, n_columns=768)"), ALL, ""),
    "arguments in variables": (
        with_1("V, C = 50257, 768\nanswer = V * C\nprint(check.parameter_count(answer, V, C))"), ALL, ""
    ),
    "another name for check": (
        with_1("from lessonlib import check as c\nc.parameter_count(38597376, 50257, 768)"), ALL, ""
    ),
    "a changed check": (
        with_1("answer = 6\ncheck.parameter_count(answer, 2, 3)"), "? yes yes", "exercise 1: its check was changed"
    ),
    "a changed check, then the right one": (
        with_1(f"check.parameter_count(6, 2, 3)\nanswer = 50257 * 768\n{CHECK}"), ALL, ""
    ),
    "what is given was changed": (
        answered({"exercise-2b": f'word = "CCC"\nanswer = [0, 1, 2]\n{CHECK_B}'}), "yes yes ?",
        "exercise 2b: its check was changed",
    ),
    "only prints right": (with_1("print('Right.'); answer = 7"), "no yes yes", ""),
    "its own check": (with_1(f"check = None\nanswer = 50257 * 768\n{CHECK}"), "no no no",
                      "exercise 1, exercise 2a, exercise 2b: AttributeError"),
    "the answer in a cell above": (with_1(CHECK).replace("table = [[1", "answer = 50257 * 768\\ntable = [[1"), ALL, ""),
    # Cells as they come
    "three checks in one cell": (
        answered({"exercise-1": "\n".join(RIGHT.values())}, without("exercise-2a", "exercise-2b")), ALL, ""
    ),
    "one script": (
        answered({"setup": "from lessonlib import check\n" + "\n".join(RIGHT.values())}, without(*RIGHT)), ALL, ""
    ),
    "over three cells": (
        answered({"exercise-1": CHECK}, after("e1", code("rows = 50257"), code("answer = rows * 768"))), ALL, ""
    ),
    "two tries, the last is right": (
        answered({"exercise-1": f"answer = 7\n{CHECK}"}, after("exercise-1", code(RIGHT["exercise-1"]))), ALL, ""
    ),
    "two tries, the last is wrong": (
        answered((), after("exercise-1", code(f"answer = 7\n{CHECK}"))), "no yes yes", ""
    ),
    "a copy left empty": (answered((), after("exercise-1", code(f"answer = ...\n{CHECK}"))), ALL, ""),
    "a copy that fails": (
        answered((), after("exercise-1", code(f"answer = oops\n{CHECK}"))), ALL, "exercise 1: NameError"
    ),
    "shell": (with_1(f"!ls\nanswer = 50257 * 768\n{CHECK}"), ALL, ""),
    "shell into a variable": (with_1(f"files = !ls\nanswer = 50257 * 768\n{CHECK}"), ALL, ""),
    "a question mark": (with_1(f"check.parameter_count?\nanswer = 50257 * 768\n{CHECK}"), ALL, ""),
    "timed": (with_1(f"%%time\nanswer = 50257 * 768\n{CHECK}"), ALL, ""),
    "captured": (with_1(f"%%capture out\nanswer = 50257 * 768\nprint({CHECK})"), ALL, ""),
    "configured": (with_1(f"%config Completer.use_jedi = False\nanswer = 50257 * 768\n{CHECK}"), ALL, ""),
    "installed first": (
        answered((), lambda copy: copy.cells.insert(1, code("%pip install numpy\n!pip install numpy"))), ALL, ""
    ),
    "all ids and tags lost": (answered((), without_ids), ALL, ""),
    "all ids and tags lost, untouched": (answered(UNTOUCHED, without_ids), "- - -", ""),
    "other ids, a cell more": (answered((), other_ids), ALL, ""),
    "another title, a badge": (answered((), other_title), ALL, ""),
    "one check is gone": (answered({"exercise-2a": "answer = [0]"}), ALL, ""),
    "all checks are gone": (answered((), no_checks), ALL, ""),
    "all checks and ids are gone": (answered((), no_checks_no_ids), ALL, ""),
    "a check that is a comment": (with_1(f"answer = 50257 * 768\n# {CHECK}"), ALL, ""),
    "a cell turned into Markdown": (
        answered((), in_markdown), "? yes yes", "exercise 1: there is text in a Markdown cell"
    ),
    "a sentence below the heading": (
        answered({"exercise-1": UNTOUCHED["exercise-1"]}, written_below_heading), "? yes yes",
        "exercise 1: there is text in a Markdown cell",
    ),
    "a sentence in a new cell": (
        answered({"exercise-1": UNTOUCHED["exercise-1"]}, after("exercise-1", prose("It is 38597376."))), "? yes yes",
        "exercise 1: there is text in a Markdown cell",
    ),
    "line ends of Windows, a byte order mark": ("\ufeff" + answered().replace("\\n", "\\r\\n"), ALL, ""),
    "version 3": (as_version_3(answered()), ALL, ""),
    "a cell without source": (without_source(answered()), ALL, ""),
    "no setup": (answered((), without("setup")), ALL, ""),
    "setup that fails": (answered({"setup": "from lessonlib import nothing"}), ALL, "code cell 1: ImportError"),
    "an exercise is gone": (answered((), without("exercise-2a")), "yes - yes", "not in it: 2a"),
    "into the solution": (
        answered(UNTOUCHED | {"solution-1": "answer = 7"}), "- - -", "something was written into solution-1"
    ),
    # Whose fault
    "an error": (with_1(f"answer = 1 / 0\n{CHECK}"), "no yes yes", "exercise 1: ZeroDivisionError"),
    "an error after a right answer": (
        with_1(f"answer = 50257 * 768\n{CHECK}\n1 / 0"), ALL, "exercise 1: ZeroDivisionError"
    ),
    "a syntax error": (with_1(f"answer = = 3\n{CHECK}"), "no yes yes", "exercise 1: SyntaxError"),
    "an error, and an older right answer": (
        answered({"exercise-2b": f"answer = undefined\n{CHECK_B}"}), "yes yes no", "exercise 2b: NameError"
    ),
    "exit()": (with_1(f"answer = 50257 * 768\nprint({CHECK})\nexit()"), ALL, "exercise 1: exit()"),
    "quit, in a cell of its own": (answered((), after("exercise-1", code("quit()"))), ALL, "code cell 4: exit()"),
    "sys.exit()": (with_1(f"import sys\nsys.exit()\n{CHECK}"), "no yes yes", "exercise 1: SystemExit"),
    "%reset": (answered((), after("exercise-1", code("%reset -f"))), ALL, "code cell 4: %reset"),
    "a loop": (
        with_1(f"answer = 50257 * 768\n{LOOP}\n{CHECK}"), "? yes yes", "exercise 1: it took more than 5 s"
    ),
    "a loop after a right answer": (
        with_1(f"answer = 50257 * 768\n{CHECK}\n{LOOP}"), ALL, "exercise 1: it took more than 5 s"
    ),
    "a loop that cannot be stopped": (
        answered({"exercise-2a": f"{DEAF}\n{CHECK_A}"}), "yes ? yes", "exercise 2a: it took more than 5 s"
    ),
    "an end of Python": (
        answered({"exercise-2a": f"import os\nos._exit(0)\n{CHECK_A}"}), "yes ? yes", "exercise 2a: it ended its kernel"
    ),
    "clears the screen": (
        with_1(f"import os\nos.system('clear')\nanswer = 50257 * 768\n{CHECK}"), "? yes yes",
        "exercise 1: PermissionError"
    ),
    "asks its reader": (
        with_1(f"answer = int(input())\n{CHECK}"), "? yes yes", "exercise 1: StdinNotImplementedError"
    ),
    "was right in another order": (
        with_1(f"answer = later\n{CHECK}", outputs=SAYS_RIGHT), "? yes yes",
        "exercise 1: NameError; exercise 1: the file says Right. and here it is not",
    ),
    "CLOSED is hers": (
        with_1(f"CLOSED, guard = True, None\nimport os\nos.system('ls')\n{CHECK}"), "? yes yes",
        "exercise 1: PermissionError"
    ),
    "a forged line": (with_1(FORGED), "no yes yes", "exercise 1: Err\\nbo.ipynb  yes yes yes  3 of 3"),
    "Łukasz/日本": (answered(), ALL, ""),
    "a line\nbreak": (answered(), ALL, ""),
    "x nothing": ("", None, "no notebook (JSONDecodeError)"),
    "x half a file": (answered()[:300], None, "no notebook (JSONDecodeError)"),
    "x a list": ("[1, 2]", None, "no notebook (TypeError)"),
    "x a picture": ("\x89PNG\r\n", None, "no notebook (JSONDecodeError)"),
    "x of somebody else": (
        nbformat.writes(nbformat.v4.new_notebook(cells=[code("1 + 1")])), None, "no exercise of the lessons is in it"
    ),
}  # fmt: skip


def twice_over(notebook):
    again = [cell.copy() for cell in lesson().cells]
    for cell in again:
        cell.id = f"again-{cell.id}"
    notebook.cells += again


def backwards(notebook):
    notebook.cells[3:] = notebook.cells[:2:-1]


SECOND = {  # as CLASS, but invented when the code had been written
    "a loop over tries": (
        answered({"exercise-2a": "for a in ([1], [], [0]):\n    print(check.identical_slots(a, 'CAB', 'C'))"}), ALL, ""
    ),
    "a function of her own asks": (
        answered({"exercise-1": "ask(38597376)", "cell-03": f"def ask(x):\n    return {CHECK.replace('answer', 'x')}"}),
        ALL, "",
    ),
    "at the top level, awaited": (
        with_1(f"import asyncio\nawait asyncio.sleep(0)\nanswer = 38597376\n{CHECK}"), ALL, ""
    ),
    "indented": (with_1(f"    answer = 50257 * 768\n\n    {CHECK}"), ALL, ""),
    "timed ten times": (with_1("%timeit -n 5 -r 2 check.parameter_count(50257 * 768, 50257, 768)"), ALL, ""),
    "the verdict in an if": (with_1(f"answer = 50257 * 768\nif {CHECK}:\n    print('hurray')"), ALL, ""),
    "the verdict asserted": (with_1(f"answer = 7\nassert {CHECK}"), "no yes yes", "exercise 1: AssertionError"),
    "hidden in try": (with_1(f"try:\n    answer = 50257 * 768\n    print({CHECK})\nexcept:\n    pass"), ALL, ""),
    "a check that is never called": (with_1(f"answer = 7\nif False:\n    {CHECK}"), "- yes yes", ""),
    "a package of hers": (
        with_1(f"import pandas_of_hers\nanswer = 1\n{CHECK}"), "? yes yes", "exercise 1: ModuleNotFoundError"
    ),
    "a file of hers": (
        with_1(f"answer = open('mine.txt').read()\n{CHECK}"), "? yes yes", "exercise 1: FileNotFoundError"
    ),
    "a script of hers": (
        with_1(f"%run mine.py\nanswer = 50257 * 768\n{CHECK}"), "? yes yes", "exercise 1: FileNotFoundError"
    ),
    "check imported by name": (
        answered({"setup": "from lessonlib.check import *", "exercise-1": f"answer = 38597376\n{CHECK[6:]}",
                  "exercise-2a": CHECK_A[6:].replace("answer", "[0]"),
        "exercise-2b": GIVEN + CHECK_B[6:].replace("answer", "{2}")}),
        ALL, "",
    ),
    "check imported by name, no ids": (
        answered({"setup": "from lessonlib.check import parameter_count",
        "exercise-1": f"answer = 38597376\n{CHECK[6:]}"},
                 without_ids), ALL, "",
    ),
    "check reloaded": (
        answered({"setup": "import importlib\nfrom lessonlib import check\nimportlib.reload(check)"}), ALL, ""
    ),
    "a function called check": (
        with_1(f"def check(x):\n    return x\nanswer = 7\n{CHECK}"), "no no no",
        "exercise 1, exercise 2a, exercise 2b: AttributeError",
    ),
    "sum, len and max are hers": (with_1(f"sum = len = max = min = abs = 7\nanswer = 50257 * 768\n{CHECK}"), ALL, ""),
    "json, open and repr are hers": (
        with_1(f"json = open = repr = said = tell = None\nanswer = 38597376\n{CHECK}"), ALL, ""
    ),
    "warnings are errors": (
        with_1(f"import warnings\nwarnings.simplefilter('error')\nanswer = 38597376\n{CHECK}"), ALL, ""
    ),
    "nothing is printed": (
        with_1(f"import os, sys\nsys.stdout = open(os.devnull, 'w')\nanswer = 38597376\n{CHECK}"), ALL, ""
    ),
    "very much is printed": (with_1(f"for i in range(30_000):\n    print(i)\nanswer = 38597376\n{CHECK}"), ALL, ""),
    "another folder": (with_1(f"import os\nos.chdir('/')\nanswer = 38597376\n{CHECK}"), ALL, ""),
    "no environment": (with_1(f"import os\nos.environ.clear()\nanswer = 38597376\n{CHECK}"), ALL, ""),
    "exit without brackets": (answered((), after("exercise-1", code("exit"))), ALL, "code cell 4: exit()"),
    "killed after a right answer": (
        with_1(f"import os\nanswer = 38597376\nprint({CHECK})\nos.kill(os.getpid(), 9)"), ALL,
        "exercise 1: it ended its kernel"
    ),
    "an interrupt": (with_1(f"raise KeyboardInterrupt\n{CHECK}"), "no yes yes", "exercise 1: KeyboardInterrupt"),
    "recursion": (
        with_1(f"def f(n):\n    return f(n)\nanswer = f(1)\n{CHECK}"), "no yes yes", "exercise 1: RecursionError"
    ),
    "all names are deleted": (
        answered({"exercise-2a": f"del check\nanswer = [0]\n{CHECK_A}"}), "yes no no",
        "exercise 2a, exercise 2b: NameError"
    ),
    "reset, then everything anew": (
        answered({"exercise-2a": f"%reset -f\nfrom lessonlib import check\nanswer = [0]\n{CHECK_A}"}), ALL,
        "exercise 2a: %reset",
    ),
    "the lesson twice, the second untouched": (answered((), twice_over), ALL, ""),
    "backwards": (answered((), backwards), ALL, ""),
    "a Markdown cell that quotes the check": (
        answered((), after("exercise-1", prose(f"I called `{CHECK}` and it said *Right.*"))), ALL, ""
    ),
    "a raw cell": (
        answered((), lambda copy: at(copy,
        "exercise-1").update(cell_type="raw")).replace('"execution_count": null,', ""),
        "? yes yes", "exercise 1: there is text in a Markdown cell",
    ),
    "headings of her own": (
        answered((), lambda copy: [cell.update(source="# Moje") for cell in copy.cells if cell.id in ("e1", "e2")]),
        ALL, ""
    ),
    "the solution typed as an answer": (
        with_1(f"solution = 50257 * 768\nprint('So:', {CHECK.replace('answer', 'solution')})"), ALL, ""
    ),
    "two answers exchanged": (
        answered({"exercise-2a": RIGHT["exercise-2b"], "exercise-2b": RIGHT["exercise-2a"]}), ALL, ""
    ),
    "right in the file, wrong in the end": (
        with_1(f"answer = 7\n{CHECK}", outputs=SAYS_RIGHT), "? yes yes",
        "exercise 1: the file says Right. and here it is not"
    ),
    "\x1b[2Kan escape": (answered(), ALL, ""),
    "  spaces  ": (answered(), ALL, ""),
    "yes yes yes  3 of 3": (answered({"exercise-1": "answer = 7"}), "no yes yes", ""),
    "x cells that are none": ('{"cells": [1, null]}', None, "no notebook (AttributeError)"),
    "x cells that are nothing": ('{"cells": null}', None, "no notebook (TypeError)"),
    "x too deep": ("[" * 100_000, None, "no notebook (RecursionError)"),
}  # fmt: skip


class Shared(judge.Kernel):
    """One kernel for many notebooks, emptied in between: to start one takes longer than all else."""

    last = None

    def __enter__(self):
        if Shared.last is None:
            return super().__enter__()
        self.end = time.monotonic() + self.total
        self.stack.push(Shared.last.stack.pop_all())
        self.manager, self.client = Shared.last.manager, Shared.last.client
        self.said, self.n_heard = Shared.last.said, Shared.last.n_heard
        self._ask("type(get_ipython()).reset(get_ipython(), new_session=False)", time.monotonic() + 60)
        return self

    def __exit__(self, *_):
        Shared.last = self


@contextlib.contextmanager
def shared_kernel():
    kernel, judge.Kernel = judge.Kernel, Shared
    try:
        yield
    finally:
        judge.Kernel = kernel
        if Shared.last:
            Shared.last.stack.close()
        Shared.last = None


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def table_of(place, a_class):
    """What is printed for a whole class: a dict from the name of each file to what stands behind it, and all lines."""
    (place / "lessons").mkdir()
    nbformat.write(lesson(), place / "lessons/07.ipynb")
    for name, (text, *_) in a_class.items():
        path = place / "class" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    before = contents(place)
    with contextlib.redirect_stdout(io.StringIO()) as said, shared_kernel():
        returned.check_folder(place / "class", place / "lessons", seconds=5)
    assert contents(place) == before
    lines = said.getvalue().splitlines()
    print(said.getvalue())
    rows = [line.partition(".ipynb ") for line in lines if ".ipynb " in line]
    return {name: rest.strip() for name, _, rest in rows}, lines


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return table_of(tmp_path_factory.mktemp("returned"), CLASS | SECOND)


def expected(a_class):
    marked = {name: f"{marks} {marks.count('yes')} of 3 " if marks else "" for name, (_, marks, _) in a_class.items()}
    return {returned.clean(name): marked[name] + note for name, (_, _, note) in a_class.items()}


def test_every_notebook_of_a_class_has_one_line(table):
    rows, lines = table
    assert rows.keys() == expected(CLASS | SECOND).keys() and len(CLASS) > 50
    assert "Lesson 7 · Two exercises" in lines and "Not checked" in lines
    assert len({returned.width(line[: line.rindex(" of 3")]) for line in lines if line.count(" of 3") == 1}) == 1


@pytest.mark.parametrize("name", [*CLASS, *SECOND], ids=ascii)
def test_what_a_line_says_of_odd_notebooks(name, table):
    name = returned.clean(name)
    assert table[0][name].split() == expected(CLASS | SECOND)[name].split()


# Files of all kinds


@pytest.fixture(scope="module")
def seven():
    with pytest.MonkeyPatch.context() as patch:  # what the checks are asked about does not matter here
        patch.setattr(judge, "marks_of", lambda *_: {})
        return judge.read_lesson(nbformat.writes(lesson()).encode())


@pytest.fixture
def quick(seven, tmp_path, monkeypatch):
    """Check a folder without any kernel: every exercise is right. Returns what is printed."""

    def all_right(cells, lesson, *_):
        return dict.fromkeys(lesson.exercises, "yes"), ""

    def check(folder=tmp_path / "class", judged=all_right, **more):
        monkeypatch.setattr(returned, "read_lesson", lambda data: seven)
        monkeypatch.setattr(returned, "judged", judged)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            returned.check_folder(folder, tmp_path / "lessons", **more)
        return said.getvalue()

    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons/07.ipynb").write_text("{}")
    (tmp_path / "class").mkdir()
    return check


def zipped(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def test_everything_that_was_handed_in_has_a_line(quick, tmp_path, monkeypatch):
    right, place = answered().encode(), tmp_path / "class"
    notebooks = {
        "a.ipynb.txt": right, "b.ipynb.json": right, "C.IPYNB": right, "d.json": right, "e": right, ".ipynb": right,
        "utf-16.ipynb": answered().encode("utf-16"), "windows.ipynb": answered({"setup": "# é"}).encode("cp1252"),
        "f.zip": zipped({"f/07.ipynb": right, "__MACOSX/f/._07.ipynb": b"x", "f/.DS_Store": b"x"}),
        "deep/g.ZIP": zipped({"inner.zip": zipped({"../../07.ipynb": right})}),
    }  # fmt: skip
    others = {
        "h.py": (b"answer = 7", "no notebook"),
        "i.pdf": (b"%PDF", "no notebook"),
        "broken.zip": (zipped({"07.ipynb": right})[:300], "cannot be unpacked"),
        "empty.zip": (zipped({}), "nothing is in it"),
        "bomb.zip": (zipped({"zeros": bytes(returned.LIMIT + 1)}), "larger than 50 MB when unpacked"),
        "three.zip": (zipped({"b.zip": zipped({"c.zip": zipped({"07.ipynb": right})})}), "no notebook"),
        "other.ipynb": (b'{"cells": []}', "no exercise"),
    }
    for name, content in [*notebooks.items(), *((name, content) for name, (content, _) in others.items())]:
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(content)
    (place / "carol").mkdir()
    (place / "shut").mkdir()
    (place / ".ipynb_checkpoints").mkdir()
    (place / ".ipynb_checkpoints/07-checkpoint.ipynb").write_bytes(right)
    if hasattr(os, "mkfifo"):
        os.mkfifo(place / "pipe.ipynb")  # to read it would take for ever
        (place / "link").symlink_to(place)
        others |= {"pipe.ipynb": (b"", "cannot be read"), "link": (b"", "a link to another folder")}
    scandir = os.scandir

    def shut_out(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", shut_out)
    before = contents(tmp_path / "lessons")
    said = quick()
    table, _, rest = said.partition("\nNot checked\n")
    inside = {"f.zip": "f.zip/f/07.ipynb", "deep/g.ZIP": "deep/g.ZIP/inner.zip/../../07.ipynb"}
    rows = [line.partition(" yes")[0].rstrip() for line in table.splitlines() if "yes yes yes" in line]
    assert sorted(rows) == sorted(inside.get(name, name) for name in notebooks)
    lines = {line.split("  ")[0]: line for line in rest.splitlines()}
    words = {name: words for name, (_, words) in others.items()}
    words |= {"carol/": "an empty folder", "shut/": "cannot be read (Permission denied)"}
    words["three.zip/b.zip/c.zip"] = words.pop("three.zip")
    assert [name for name, each in words.items() if each not in lines[name]] == []
    assert lines.keys() == words.keys() and contents(tmp_path / "lessons") == before


def test_a_table_for_other_programs_has_all_names_right(quick, tmp_path):
    names = ["Łukasz/日本.ipynb", "=1+1.ipynb", "a,b\n.ipynb"]
    for name in names:
        (tmp_path / "class" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "class" / name).write_text(answered(), encoding="utf-8")
    (tmp_path / "class/x.txt").write_text("nothing")
    quick(file=tmp_path / "table.csv", judged=lambda *_: ({"1": "yes", "2a": "no", "2b": "?"}, "a\nnote"))
    data = (tmp_path / "table.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")  # a spreadsheet would take it for an older encoding
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert {row["file"] for row in rows} == {"Łukasz/日本.ipynb", "./=1+1.ipynb", "a,b\\n.ipynb", "x.txt"}
    for row in rows:
        one = {"lesson": "Lesson 7 · Two exercises", "passed": "1", "of": "3", "1": "yes", "2a": "no", "2b": "?"}
        one["note"] = "a\\nnote"
        if row["file"] == "x.txt":
            one = dict.fromkeys(one, "") | {"note": "no notebook (JSONDecodeError)"}
        assert row == {"file": row["file"]} | one


def test_what_is_done_when_it_is_stopped_stays_and_the_rest_is_named(quick, tmp_path):
    ran = []

    def judged(cells, lesson, *_):
        if len(ran) == 2:
            raise KeyboardInterrupt
        ran.append(cells)
        return dict.fromkeys(lesson.exercises, "yes"), ""

    for name in "abcd":
        (tmp_path / "class" / f"{name}.ipynb").write_text(answered(), encoding="utf-8")
    said = quick(judged=judged, file=tmp_path / "table.csv")
    for text in (said, (tmp_path / "table.csv").read_text("utf-8-sig")):
        assert [text.count(f"{name}.ipynb") for name in "abcd"] == [1, 1, 1, 1]
        assert text.count("stopped before it was through") == 2
    assert said.count("yes yes yes") == 2


def test_whoever_waits_at_a_terminal_sees_how_far_it_is(quick, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for name in "ab":
        (tmp_path / "class" / f"{name}.ipynb").write_text(answered(), encoding="utf-8")
    monkeypatch.setattr(sys, "stderr", Terminal())
    quick()
    assert "1 of 2: a.ipynb" in sys.stderr.getvalue() and "2 of 2: b.ipynb" in sys.stderr.getvalue()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    quick()
    assert sys.stderr.getvalue() == ""


def test_one_notebook_that_cannot_be_run_ends_no_table(quick, tmp_path):
    def judged(cells, lesson, *_):
        raise OSError("no space\nleft")

    (tmp_path / "class/a.ipynb").write_text(answered(), encoding="utf-8")
    assert "a.ipynb    ?   ?   ?  0 of 3  could not be run: OSError('no space\\nleft')" in quick(judged=judged)


def test_a_folder_of_nothing_is_said_to_be_one(quick, tmp_path):
    assert "./  an empty folder" in quick()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_names_that_the_terminal_cannot_write_end_no_table_and_are_told_apart(tmp_path, encoding):
    for name in ("日本", "本日"):
        (tmp_path / f"{name}.ipynb").write_text("[]")
    program = "import runpy, sys; sys.path.insert(0, 'tools'); import judge; judge.marks_of = lambda *_: {}"
    program += "; sys.argv = sys.argv[1:]; runpy.run_path('tools/returned.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program, "returned.py", tmp_path, "--csv", tmp_path / "table.csv"], cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, text=True, encoding=encoding,
    )  # fmt: skip
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert len({line for line in done.stdout.splitlines() if "no notebook" in line}) == 2
    assert "本日.ipynb" in (tmp_path / "table.csv").read_text("utf-8-sig")


@pytest.mark.parametrize("words", [[], ["a", "b"], ["--csv"], [".", "--csv"], ["--cvs", "x", "."], [__file__]])
def test_what_was_typed_wrong_is_said_in_a_line(words):
    command = [sys.executable, ROOT / "tools/returned.py", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (1, "say which folder: python3 run.py returned FOLDER [--csv FILE]\n")


# Running


def run_one(text, **limits):
    cells, of = judge.read_cells(text.encode()), judge.read_lesson(nbformat.writes(lesson()).encode())
    return judge.judged(cells, of, **{"seconds": 60, "total": 300} | limits)


def test_neither_the_network_nor_other_programs_can_be_reached_and_that_is_no_fault_of_hers(tmp_path):
    mark = tmp_path / "mark"
    tries = {
        "exercise-1": f"import socket\nsocket.create_connection(('192.0.2.1', 9), 1)\n{CHECK}",
        "exercise-2a": f"import subprocess\nsubprocess.run(['touch', {str(mark)!r}])\n{CHECK_A}",
        "exercise-2b": f"!touch {mark}\nmade = !touch {mark}\n{RIGHT['exercise-2b']}",
    }
    scripts = after("e2", code(f"%%bash\ntouch {mark}"))
    results, note = run_one(answered(tries, scripts))
    assert (results, note) == ({"1": "?", "2a": "?", "2b": "yes"}, "exercise 1, exercise 2a: PermissionError")
    assert not mark.exists()


def test_a_notebook_has_a_time_of_its_own_and_what_was_judged_by_then_counts():
    slow = {"exercise-2a": f"import time\ntime.sleep(99)\n{CHECK_A}"}
    results, note = run_one(answered(slow), total=8)
    assert results == {"1": "yes", "2a": "?", "2b": "?"} and "stopped after 8 s" in note and "not in it" not in note


def test_the_cells_of_the_lesson_itself_may_take_longer_and_have_one_thread():
    slow = code("import os, time\ntime.sleep(6)\nassert os.environ['OPENBLAS_NUM_THREADS'] == '1'")
    shipped, copy = lesson(), nbformat.reads(answered(), 4)
    for notebook in (shipped, copy):
        notebook.cells.insert(3, slow)
    cells, of = judge.read_cells(nbformat.writes(copy).encode()), judge.read_lesson(nbformat.writes(shipped).encode())
    assert judge.judged(cells, of, 5, 300) == (dict.fromkeys(of.exercises, "yes"), "")


def test_what_follows_an_error_at_once_is_run():
    with judge.Kernel((), 5, 60) as kernel:
        kernel.run("kernel = get_ipython().kernel")  # one so busy that it drops all that comes after an error
        kernel.run("kernel._abort_queues = lambda *_: setattr(kernel, '_aborting', True)")
        assert kernel.run("oops") == ([], "NameError")
        assert kernel.run("1") == ([], "")


# The lessons themselves


@pytest.fixture(scope="module")
def shipped():
    """The lessons as `returned` reads them, but for what their checks are asked about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "marks_of", lambda *_: {})
        return [judge.read_lesson(path.read_bytes()) for path in COMPLETE]


def test_every_exercise_is_kept_as_it_is_shipped():
    for path in COMPLETE:
        cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells if cell.id.startswith("exercise")}
        lost = [name for name, cell in cells.items() if cell.metadata.get("as_shipped") != cell.source]
        assert lost == [], f"`python3 run.py refresh notebooks/{path.name}` keeps it"


def test_every_exercise_is_found_and_no_other_also_in_a_teachers_clone_with_other_ids_and_answers_in_it(shipped):
    for path, of in zip(COMPLETE, shipped):
        notebook = nbformat.read(path, as_version=4)
        names = [cell.id.removeprefix("exercise-") for cell in notebook.cells if cell.id.startswith("exercise-")]
        assert list(of.exercises) == names and len(names) >= 5
        for cell in notebook.cells:
            cell.source = "answer = 7" if cell.id.startswith("exercise-") else cell.source
        for number, cell in enumerate(notebook.cells):
            cell.id = str(number)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(judge, "marks_of", lambda *_: {})
            assert judge.read_lesson(nbformat.writes(notebook).encode()) == of


def test_a_lesson_is_found_in_its_notebook_and_two_in_one_of_both(shipped):
    read = [judge.read_cells(path.read_bytes()) for path in COMPLETE]
    for cells, of in zip(read, shipped):
        assert judge.lessons_of(cells, shipped) == [of]
        bare = [cell._replace(id="", tags=()) for cell in cells]
        met = []
        for cell, same in zip(cells, bare):
            if not judge.shows_solution(cell, of):
                met += judge.exercises_in(same, of, met) if cell.is_code else []
        assert met == list(of.exercises)
    both = judge.lessons_of(read[0] + read[-1], shipped)
    assert sorted(of.title for of in both) == sorted(of.title for of in (shipped[0], shipped[-1]))


@pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.stem)
def test_the_solutions_of_a_lesson_typed_as_answers_are_all_right(path):
    notebook = nbformat.read(path, as_version=4)
    solutions = {cell.id: cell.source.rpartition("\n")[0] for cell in notebook.cells if cell.id.startswith("solution")}
    for cell in notebook.cells:
        if cell.id.startswith("exercise"):
            solution = solutions[cell.id.replace("exercise", "solution")]
            (name,) = re.findall(r"^(\w+) = \.\.\.$", cell.source, re.MULTILINE)
            cell.source = cell.source.replace(f"{name} = ...", f"{solution}\n{name} = solution")
    without_ids(notebook)
    cells, of = judge.read_cells(nbformat.writes(notebook).encode()), judge.read_lesson(path.read_bytes())
    assert [name for name, exercise in of.exercises.items() if exercise.mark is None] == []
    answers = [cell for cell in cells if cell.is_code and judge.exercises_in(cell, of) and "solution =" in cell.source]
    kept = [cell for cell in cells if not cell.is_code] + judge.needed_for(answers, cells)
    assert judge.judged(kept, of, 60, 300) == (dict.fromkeys(of.exercises, "yes"), "")
