"""Run a folder of returned notebooks and print who passed which exercise: `python3 run.py returned FOLDER`.

This runs what learners wrote, under your name, and it may read what you may read. No cell gets more than a minute, and
Python's ways to the network and to other programs are closed. That guards against accidents, not against malice: the
notebooks of those you do not trust, check in a container without network.
"""

import ast
import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.manager import start_new_kernel

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SECONDS = 60  # that a cell may take
GUARD = """
import sys

def guard(event, arguments):  # once set, it cannot be taken away
    local = event == "socket.connect" and arguments[1][0] in ("127.0.0.1", "::1")  # on Windows, Python talks to itself
    if event.startswith(CLOSED) and not local:
        raise PermissionError(f"{event}: no network and no other programs while this notebook is checked")

CLOSED = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostby", "urllib.", "subprocess.",
          "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "pty.")
sys.addaudithook(guard)
del guard, sys
"""


def exercises_of(notebook):
    """Return the exercises of a lesson in order, a dict from the id of the cell to its name and its check, as code."""
    found = {}
    for cell in notebook.cells:
        if cell.get("id", "").startswith("exercise-"):
            check = ast.get_source_segment(cell.source, ast.parse(cell.source).body[-1])
            found[cell.id] = (cell.id.removeprefix("exercise-"), check)
    return found


def passed(path, lesson, seconds=SECONDS):
    """Run a returned notebook beside the lesson it came from.

    Returns a dict from the name of each exercise to whether its check said "Right.", and what stopped it, or "".
    """
    exercises = exercises_of(lesson)
    solutions = {cell.id for cell in lesson.cells if "solution" in cell.metadata.get("tags", [])}
    results = {name: False for name, _ in exercises.values()}
    current = None
    with kernel() as client:
        run(client, GUARD, seconds)
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type != "code" or cell.get("id") in solutions or "solution" in cell.metadata.get("tags", []):
                continue
            by_text = (exercise for exercise in exercises.values() if exercise[1] in cell.source)
            current = exercises.get(cell.get("id")) or next(by_text, current)
            verdict = run(client, cell.source, seconds, check=current and current[1])
            if verdict is None:
                return results, f"stopped: a cell took more than {seconds} s, or its kernel ended"
            if current and verdict.startswith("Right."):
                results[current[0]] = True
    return results, ""


def run(client, code, seconds, check=None):
    """Run code. Returns what the check says after it, "" where it says nothing, or None where the code does not end."""
    options = {"timeout": seconds, "allow_stdin": False, "stop_on_error": False, "output_hook": lambda message: None}
    asked = {"verdict": f"str({check})"} if check else {}
    try:
        client.execute_interactive(code, **options)  # what is asked for after code that fails would not be answered
        reply = client.execute_interactive("", user_expressions=asked, **options)
    except (TimeoutError, RuntimeError):
        return None
    verdict = reply["content"].get("user_expressions", {}).get("verdict", {})
    return ast.literal_eval(verdict["data"]["text/plain"]) if verdict.get("status") == "ok" else ""


@contextlib.contextmanager
def kernel():
    """Start a kernel in an empty folder that vanishes with it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        manager, client = start_new_kernel(cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield client
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def title(notebook):
    return notebook.cells[0].source.partition("\n")[0] if notebook.cells else ""


def check_folder(folder, notebooks=NOTEBOOKS, seconds=SECONDS):
    """Print one table for each lesson, with a line for each notebook under `folder`."""
    returned = [path for path in sorted(folder.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
    if not returned:
        sys.exit(f"there is no notebook in {folder}")
    lessons = {
        title(lesson): lesson for lesson in (nbformat.read(path, 4) for path in sorted(notebooks.glob("*.ipynb")))
    }
    width = max(len(str(path.relative_to(folder))) for path in returned)
    for name, lesson in lessons.items():
        its = [path for path in returned if title(readable(path)) == name]
        if its:
            columns = [column for column, _ in exercises_of(lesson).values()]
            print(f"\n{name.lstrip('# ')}\n{'':{width}}  {' '.join(f'{column:>3}' for column in columns)}  passed")
        for path in its:
            results, note = passed(path, lesson, seconds)
            marks = " ".join(f"{'yes' if right else '-':>3}" for right in results.values())
            total = f"{sum(results.values())} of {len(results)}"
            print(f"{path.relative_to(folder)!s:{width}}  {marks}  {total}  {note}".rstrip(), flush=True)
    for path in returned:
        if title(readable(path)) not in lessons:
            print(f"{path.relative_to(folder)}: not one of the lessons, or not readable; its title must stay as it was")


def readable(path):
    """Read a notebook; one that cannot be read counts as empty."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception:  # whatever a learner may have saved under that name
        return nbformat.v4.new_notebook()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("say which folder: python3 run.py returned FOLDER")
    check_folder(Path(sys.argv[1]))
