"""Run a folder of returned notebooks and print who passed which exercise: `python3 run.py returned FOLDER`.

This runs what learners wrote, under your name: it may read, change and delete what you may. No cell gets more than a
minute and no notebook more than five, and Python's ways to the network and to other programs are closed. That guards
against accidents, not against malice: the notebooks of those you do not trust, check in a container without network.
"""

import ast
import contextlib
import json
import queue
import subprocess
import sys
import tempfile
import time
import unicodedata
from pathlib import Path
from typing import NamedTuple

from jupyter_client.manager import start_new_kernel

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SECONDS, TOTAL = 60, 300  # that a cell may take, and a notebook
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
FORGET = "globals().pop('answer', None)"  # an answer counts for one exercise only


class Cell(NamedTuple):
    id: str
    tags: tuple
    source: str


class Exercise(NamedTuple):
    id: str
    check: str  # the call, as it is written
    code: str  # the same as Python reads it: spaces, quotes and commas do not count


class Lesson(NamedTuple):
    title: str
    setup: list  # sources of the cells that make everything ready
    exercises: dict  # from their names to Exercise
    solutions: set  # of the solutions, as Python reads them


# Reading


def code_cells(path):
    """Read the code cells of a notebook, however it was written; ValueError if it is none."""
    try:
        notebook = json.loads(path.read_bytes().decode("utf-8-sig"))
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        cells = [cell for cell in cells if cell.get("cell_type") == "code"]
        return [Cell(str(cell.get("id", "")), _tags(cell), _source(cell)) for cell in cells]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no notebook ({type(error).__name__})") from None


def _tags(cell):
    tags = (cell.get("metadata") or {}).get("tags")
    return tuple(tags) if isinstance(tags, list) else ()


def _source(cell):
    source = cell.get("source", cell.get("input", ""))  # "input" in notebooks of version 3
    return "".join(source) if isinstance(source, list) else str(source)


def parsed(source):
    """Parse a cell without its lines for IPython; an empty module where that cannot be."""
    lines = ("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def calls(source):
    return {ast.dump(node) for node in ast.walk(parsed(source)) if isinstance(node, ast.Call)}


def read_lesson(path):
    """Read what a returned notebook is compared with, from the lesson itself."""
    exercises, solutions, setup = {}, set(), []
    for cell in code_cells(path):
        if cell.id.startswith("exercise-"):
            call = parsed(cell.source).body[-1].value
            name = cell.id.removeprefix("exercise-")
            exercises[name] = Exercise(cell.id, ast.get_source_segment(cell.source, call), ast.dump(call))
        elif "solution" in cell.tags:
            solutions.add(ast.dump(parsed(cell.source)))
        elif "setup" in cell.tags:
            setup.append(cell.source)
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    return Lesson(_source(first).partition("\n")[0].lstrip("# "), setup, exercises, solutions)


def exercise_in(cell, lesson, met=()):
    """Say which exercise a cell answers, by the check that it calls and by its id, or None; a solution answers none."""
    by_id = [name for name, exercise in lesson.exercises.items() if exercise.id == cell.id]
    is_solution = cell.id.startswith("solution") or "solution" in cell.tags
    if is_solution or (not by_id and ast.dump(parsed(cell.source)) in lesson.solutions):
        return None
    called = calls(cell.source)
    by_check = [name for name, exercise in lesson.exercises.items() if exercise.code in called]
    both = [name for name in by_check if name in by_id]
    unmet = [name for name in by_check if name not in met]
    return next(iter(both or unmet or by_check or by_id), None)


def lesson_of(cells, lessons):
    """Say which lesson a notebook is, by the checks in it, whatever its title and its ids are; None if it is none."""
    called = set().union(*(calls(cell.source) for cell in cells)) if cells else set()
    counts = [sum(exercise.code in called for exercise in lesson.exercises.values()) for lesson in lessons]
    return lessons[counts.index(max(counts))] if max(counts, default=0) else None


# Running


class Kernel:
    """A kernel in an empty folder. It is started anew, up to where it was, when a cell cannot be stopped or ends it."""

    def __init__(self, seconds, total):
        self.seconds, self.end, self.kept = seconds, time.monotonic() + total, []
        self.stack = contextlib.ExitStack()
        self._start()

    def _start(self):
        self.stack.close()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        self.manager, self.client = start_new_kernel(cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.stack.callback(self.manager.shutdown_kernel, now=True)
        self.stack.callback(self.client.stop_channels)
        self._ask(GUARD)

    def run(self, code, expression=""):
        """Run code, then an expression. Returns what it says, "" if there is none, and what stopped the code, or ""."""
        said, stopped = self._ask(code, expression)
        if stopped.startswith("!"):
            self._start()
            for earlier in self.kept:
                self._ask(earlier)
        elif not stopped:
            self.kept.append(code)
        return said, stopped.lstrip("!")

    def _ask(self, code, expression=""):
        asked = {"said": expression} if expression else {}
        sent = self.client.execute(code, store_history=False, allow_stdin=False, user_expressions=asked)
        end, interrupted = min(self.end, time.monotonic() + self.seconds), False
        while True:
            try:
                reply = self.client.get_shell_msg(timeout=0.2)
            except queue.Empty:
                if not self.manager.is_alive():
                    return "", "!it ended its kernel"
                if interrupted and time.monotonic() > end:
                    return "", f"!it took more than {self.seconds} s"
                if time.monotonic() > end:
                    self.manager.interrupt_kernel()
                    interrupted, end = True, time.monotonic() + 5
                continue
            if reply["parent_header"].get("msg_id") == sent:
                break
        content = reply["content"]
        if content["status"] != "ok":
            return "", f"it took more than {self.seconds} s" if interrupted else str(content.get("ename", "an error"))
        said = content["user_expressions"].get("said", {})
        return (ast.literal_eval(said["data"]["text/plain"]) if said.get("status") == "ok" else ""), ""


def passed(cells, lesson, seconds=SECONDS, total=TOTAL):
    """Run a returned notebook. Returns a dict from each exercise to whether its check said "Right.", and a note."""
    results, met, notes = dict.fromkeys(lesson.exercises, False), [], []
    kernel = Kernel(seconds, total)
    try:
        for source in lesson.setup:
            kernel.run(source)
        for number, cell in enumerate(cells, 1):
            if time.monotonic() > kernel.end:
                notes.append(f"stopped after {total} s")
                break
            name = exercise_in(cell, lesson, met)
            if name is None and ("solution" in cell.tags or ast.dump(parsed(cell.source)) in lesson.solutions):
                continue
            check = lesson.exercises[name].check if name else ""
            verdict, stopped = kernel.run(cell.source, f"str({check})" if check else "")
            if name:
                met.append(name)
                results[name] |= verdict.startswith("Right.")
                kernel.run(FORGET)
            if stopped and (not name or " " in stopped):  # an error in an answer is an answer
                notes.append(f"{f'exercise {name}' if name else f'code cell {number}'}: {stopped}")
    finally:
        kernel.stack.close()
    if missing := [name for name in lesson.exercises if name not in met]:
        notes.append(f"not in it: {', '.join(missing)}")
    if filled := [cell.id for cell in cells if _is_answer_in_solution(cell, lesson)]:
        notes.append(f"something was written into {', '.join(filled)}")
    return results, "; ".join(notes)


def _is_answer_in_solution(cell, lesson):
    code = parsed(cell.source)
    return cell.id.startswith("solution") and bool(code.body) and ast.dump(code) not in lesson.solutions


# Printing


def check_folder(folder, notebooks=NOTEBOOKS, seconds=SECONDS, total=TOTAL):
    """Print one table for each lesson, with a line for each notebook under `folder`, and a line for all others."""
    returned = [path for path in sorted(folder.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]
    if not returned:
        sys.exit(f"there is no notebook in {folder}")
    lessons = [lesson for lesson in map(read_lesson, sorted(notebooks.glob("*.ipynb"))) if lesson.exercises]
    found, others = {lesson.title: [] for lesson in lessons}, []
    for path in returned:
        try:
            cells = code_cells(path)
            lesson = lesson_of(cells, lessons)
            if lesson is None:
                raise ValueError("no exercise of the lessons is in it")
            found[lesson.title].append((path, cells))
        except (ValueError, OSError) as error:
            others.append((path, str(error)))
    width = max(_width(str(path.relative_to(folder))) for path in returned)
    for lesson in lessons:
        if found[lesson.title]:
            columns = " ".join(f"{name:>3}" for name in lesson.exercises)
            print(f"\n{lesson.title}\n{'':{width}}  {columns}  passed", flush=True)
        for path, cells in found[lesson.title]:
            try:
                results, note = passed(cells, lesson, seconds, total)
            except Exception as error:  # one notebook must not end the table for the others
                results, note = dict.fromkeys(lesson.exercises, False), f"could not be run: {error!r}"
            marks = " ".join(f"{'yes' if right else '-':>3}" for right in results.values())
            line = f"{_padded(path.relative_to(folder), width)}  {marks}  {sum(results.values())} of {len(results)}"
            print(f"{line}  {note}".rstrip(), flush=True)
    if others:
        print("\nNot checked")
    for path, why in others:
        print(f"{_padded(path.relative_to(folder), width)}  {why}")


def _width(text):
    """Count the columns that a text takes: letters of Chinese or Japanese take two, accents of their own none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(path, width):
    return str(path) + " " * (width - _width(str(path)))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # names that the terminal cannot write
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("say which folder: python3 run.py returned FOLDER")
    check_folder(Path(sys.argv[1]))
