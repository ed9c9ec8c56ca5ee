"""Lessons run by one who comes back another day, runs each cell twice, is offline, and may write nowhere."""

import ast
import contextlib
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from refresh_notebooks import NOTEBOOKS
from shortened import shortened

PATHS, TESTS = sorted(NOTEBOOKS.glob("*.ipynb")), Path(__file__).parent
GUARD = """
import os, sys

def guard(event, arguments):
    if event in CLOSED:
        raise PermissionError(f"a lesson used {event}: {arguments}")
    if event == "socket.connect" and arguments[1][0] not in ("127.0.0.1", "::1"):  # on Windows, Python talks to itself
        raise PermissionError(f"a lesson reached for the network: {arguments[1]}")
    if event == "open" and arguments[0] != os.devnull and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        raise PermissionError(f"a lesson wrote a file: {arguments[0]}")

CLOSED = ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "subprocess.Popen", "os.system", "os.exec",
          "os.remove", "os.rename", "os.mkdir", "os.truncate", "shutil.rmtree", "pickle.find_class")
sys.addaudithook(guard)
"""


@pytest.fixture
def kernel():
    with running_kernel() as run:
        yield run


@pytest.fixture(scope="module")
def shared_kernel():
    with running_kernel() as run:
        run(GUARD)
        yield run


@contextlib.contextmanager
def running_kernel():
    """Give a function that runs code and returns what came out, in a kernel where every warning is an error."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    options = {"cwd": NOTEBOOKS, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    manager, client = start_new_kernel(startup_timeout=120, **options)

    def run(code):
        said = []

        def note(message):
            content = message["content"]
            if message["msg_type"] in ("stream", "execute_result", "display_data"):
                said.append(content.get("text") or content["data"]["text/plain"])

        reply = client.execute_interactive(code, timeout=300, allow_stdin=False, output_hook=note)["content"]
        assert reply["status"] == "ok", f"{code}\n{reply['ename']}: {reply['evalue']}"
        return "".join(said)

    run("import warnings; warnings.simplefilter('error')")  # PYTHONWARNINGS=error would end the kernels of 2025
    try:
        yield run
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def stored(cell):
    outputs = [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]
    return "".join(outputs)


def names_stored(cell):
    """The names that a cell gives a value."""
    names = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_whoever_comes_back_another_day_runs_the_setup_cell_and_goes_on_anywhere(path, kernel):
    """Each cell after the setup cell alone, and twice, shows what is stored: offline, without files or warnings.

    What continues the cell above it says so, and is run after that one; a deep dive is run from its beginning.
    Exercises, solutions and verdicts never continue another section, and nothing but these continues an exercise; of
    the other cells of a lesson three in four stand alone. No cell but an exercise's own gives a name of an exercise
    another value, so that no answer is lost.
    """
    is_lesson, is_new, cells, starts = path.stem[:2].isdigit(), True, [], []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            cells.append(cell)
            starts.append("continues" not in cell.metadata.get("tags", []) if is_lesson else is_new)
        is_new = cell.cell_type == "markdown" and (is_new or cell.source.startswith("## "))
    tags = [set(cell.metadata.get("tags", [])) for cell in cells]
    (setup,) = [i for i, its in enumerate(tags) if "setup" in its]
    assert setup == 0 and len([line for line in cells[0].source.splitlines() if line.strip()]) <= 14
    kernel("from matplotlib import font_manager")  # which writes a list of fonts, once on a computer
    kernel(GUARD)
    kernel(cells[0].source)
    kernel("setattr(__import__('builtins'), 'before', dict(globals()))")
    answers = {name for cell, its in zip(cells, tags) if "exercise" in its for name in names_stored(cell)}
    asked, alone = {"exercise", "solution", "verdicts"}, []
    for i, (cell, starts_here, its) in enumerate(zip(cells, starts, tags)):
        if i == setup:
            continue
        if starts_here:
            kernel("(lambda kept: (globals().clear(), globals().update(kept)))(__import__('builtins').before)")
        source = shortened(cell.source)
        shown = kernel(source)
        assert kernel(source) == shown, source
        assert shown == stored(cell) or "nbval-ignore-output" in its, source
        if "exercise" not in its:
            assert not names_stored(cell) & answers, (cell.id, names_stored(cell) & answers)
        if its & asked:
            assert starts_here or "exercise" in tags[i - 1], cell.id
        else:
            assert starts_here or not tags[i - 1] & asked, cell.id
            alone.append(starts_here)
    assert sum(alone) >= 0.75 * len(alone) or not is_lesson, f"{sum(alone)} of {len(alone)} stand alone"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("import warnings; warnings.warn('careful')", "UserWarning: careful"),
        ("import socket; socket.socket().connect(('192.0.2.1', 9))", "reached for the network"),
        ("import urllib.request; urllib.request.urlopen('http://example.org')", "socket.getaddrinfo"),
        ("import os; os.system('true')", "os.system"),
        ("open('left.txt', 'w')", "wrote a file: left.txt"),
        ("import pickle; pickle.loads(pickle.dumps(len))", "pickle.find_class"),
    ],
)
def test_the_guard_that_lessons_run_under_notices_each_of_these(code, word, shared_kernel):
    with pytest.raises(AssertionError, match=word):
        shared_kernel(code)


ALONE = """
import sys
import threading
import soak
from test_soak import ends

def guard(event, arguments):
    if event.startswith(("thread", "subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.system", "socket.")):
        raise PermissionError(f"an explorer used {event}")

sys.addaudithook(guard)
threading.Thread.start = lambda thread: guard("thread", ())
for name, make in soak.EXPLORERS.items():
    explorer = make()
    for control in explorer.controls.values():
        for to_the_end in ends(control):
            to_the_end()
    assert explorer.words and explorer.still_html(), name
    explorer.set_to()
    if name == "training":
        explorer.controls["training"].task.value = "reverse"
        explorer.controls["training"].start()
        assert "Trained in" in explorer.controls["training"].status.value
print(len(soak.EXPLORERS), "explorers")
"""


def test_every_explorer_works_where_threads_other_programs_and_sockets_are_refused():
    """As in a browser, where Python has none of them."""
    done = subprocess.run([sys.executable, "-c", ALONE], cwd=TESTS, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.endswith("explorers\n"), done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import threading; threading.Thread(target=print).start()",
        "import socket; socket.socket()",
        "import subprocess; subprocess.run(['true'])",
    ],
)
def test_the_guard_of_explorers_notices_each_of_these(code):
    guarded = ALONE.partition("for name, make")[0].replace("import soak\nfrom test_soak import ends\n", "")
    done = subprocess.run([sys.executable, "-c", guarded + code], capture_output=True, text=True)
    assert "PermissionError: an explorer used" in done.stderr
