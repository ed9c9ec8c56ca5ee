"""Run one returned notebook, and say what each check said of each exercise."""

import ast
import contextlib
import json
import os
import queue
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from jupyter_client.manager import start_new_kernel

WATCH = Path(__file__).with_name("watch.py").read_text(encoding="utf-8")
# Threads that wait for each other are slow on a loaded computer.
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
YES, NO, UNANSWERED, LOOK = "yes", "no", "-", "?"
# What stops a cell here and not where it was written: no network, nobody to ask, no file beside it.
OURS = ("PermissionError", "StdinNotImplementedError", "ModuleNotFoundError", "FileNotFoundError")

EMPTY = ast.dump(ast.parse(""))  # the key of a cell without code


class Cell(NamedTuple):
    is_code: bool
    id: str
    tags: tuple
    source: str
    heading: str  # the number of the exercise under whose heading it stands, or ""
    said_right: int  # how often a check says "Right." in what is stored below it

    @property
    def is_solution(self):
        return self.id.startswith("solution") or "solution" in self.tags


class Exercise(NamedTuple):
    name: str  # 2a
    check: str  # the call, as it is written
    function: str  # the name of the check
    answer: str  # the name of the variable that is checked
    mark: object  # of the other arguments, see watch.py; None if they are not known


class Lesson(NamedTuple):
    title: str
    setup: list  # sources of the cells that make everything ready
    exercises: dict  # from their names to Exercise
    solutions: set  # keys of the solutions
    keys: set  # of all cells

    @property
    def functions(self):
        return {exercise.function for exercise in self.exercises.values()}


# Reading


def read_cells(data, as_shipped=False):
    """Read the cells of a notebook from its bytes, however they were written; ValueError if it is none.

    With `as_shipped`, the exercises are read as the lesson shipped them, whatever was typed into them.
    """
    try:
        try:
            notebook = json.loads(data)  # in any encoding of Unicode
        except UnicodeDecodeError:
            notebook = json.loads(data.decode("cp1252", errors="replace"))
        sheets, cells, heading = [notebook] if "cells" in notebook else notebook["worksheets"], [], ""
        for cell in (cell for sheet in sheets for cell in sheet["cells"]):
            source = cell.get("source", cell.get("input", ""))  # "input" in notebooks of version 3
            source = "".join(source) if isinstance(source, list) else str(source)
            metadata, is_code = cell.get("metadata") or {}, cell.get("cell_type") == "code"
            source, tags = metadata.get("as_shipped", source) if as_shipped else source, metadata.get("tags")
            if not is_code and (found := re.search(r"^#{1,3} (?:Exercise (\d+))?", source, re.MULTILINE)):
                heading = found[1] or ""
            said = len(re.findall(r"\bRight\. ", json.dumps(cell.get("outputs", []))))
            tags = tuple(tags) if isinstance(tags, list) else ()
            cells.append(Cell(is_code, str(cell.get("id", "")), tags, source, heading, said))
        return cells
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no notebook ({type(error).__name__})") from None


def key(cell):
    """Return what is equal for cells that say the same: spaces, quotes and comments do not count in code."""
    if cell.is_code:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.dump(ast.parse(cell.source))
    return " ".join(cell.source.split())


def calls(source):
    """Return the names of the checks that are called in a text, also where Python cannot read it."""
    return re.findall(r"\bcheck\s*\.\s*(\w+)\s*\(", re.sub("#.*", "", source))


def read_lesson(data, seconds=300):
    """Read from the lesson itself what returned notebooks are compared with: the tags and ids in it may be lost.

    An exercise is a cell whose last line is its check, under a heading `### Exercise N`; a letter is added where there
    are several. What the checks are asked about is found by running those cells that the exercises need.
    """
    cells = read_cells(data, as_shipped=True)
    asked = [cell for cell in cells if last_call(cell)]
    exercises, marks = {}, marks_of(cells, asked, seconds)
    for cell in asked:
        beside, call = [each for each in asked if each.heading == cell.heading], last_call(cell)
        name = cell.heading + ("abcdefgh"[beside.index(cell)] if len(beside) > 1 else "")
        check, answer = ast.get_source_segment(cell.source, call), ast.unparse(call.args[0])
        exercises[name] = Exercise(name, check, call.func.attr, answer, marks.get(cell))
    solutions = {
        key(cell)
        for cell in cells
        if cell.is_code and (cell.is_solution or (cell.heading and calls(cell.source) and cell not in asked))
    }
    setup = [cell.source for cell in cells if "setup" in cell.tags]
    title = cells[0].source.partition("\n")[0].lstrip("# ") if cells else ""
    return Lesson(title, setup, exercises, solutions, {key(cell) for cell in cells})


def last_call(cell):
    """Return the call of a check that a cell ends with, as `ast` has it, or None."""
    with contextlib.suppress(SyntaxError, ValueError, IndexError, AttributeError):
        call = ast.parse(cell.source).body[-1].value if cell.is_code and cell.heading else None
        return call if call.func.value.id == "check" and call.args else None


def marks_of(cells, asked, seconds):
    """Run the exercises of a lesson, and the cells before them that they need. Returns a dict from cell to mark."""
    marks = {}
    if asked:
        with Kernel({last_call(cell).func.attr for cell in asked}, seconds, seconds) as kernel:
            for cell in needed_for(asked, cells):
                said = kernel.run(cell.source)[0]
                if cell in asked and said:
                    marks[cell] = said[-1][1]
    return marks


def needed_for(asked, cells):
    """List those cells that `asked` ones use a name from, directly or through others, and them."""
    needed, names = [], set()
    for cell in reversed([cell for cell in cells if cell.is_code and not cell.is_solution]):
        nodes = []
        with contextlib.suppress(SyntaxError, ValueError):
            nodes = list(ast.walk(ast.parse(cell.source)))
        if cell in asked or names & {name for node in nodes for name in bound(node)}:
            needed.insert(0, cell)
            names |= {node.id for node in nodes if isinstance(node, ast.Name)}
    return needed


def bound(node):
    """Yield the names that a statement gives a value to, also in part."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(getattr(node, "ctx", None), ast.Store):
        yield next((each.id for each in ast.walk(node) if isinstance(each, ast.Name)), "")


def lessons_of(cells, lessons):
    """Say which lessons are in a notebook, by the checks in it and by what it shares with them, whatever its title."""
    called, keys = {name for cell in cells for name in calls(cell.source)}, {key(cell) for cell in cells}
    found = []
    for lesson in sorted(lessons, key=lambda each: (-len(called & each.functions), -len(keys & each.keys))):
        rest = not found and len(keys & lesson.keys) > 1 and any(cell.heading for cell in cells)  # all checks deleted
        if called & lesson.functions or rest:
            found.append(lesson)
            called -= lesson.functions
    return found


def exercises_in(cell, lesson, met=(), called=()):
    """Return the names of the exercises that a cell answers: those of the checks in it, or else by its id or heading.

    Of several exercises with the same check, it is the one whose call stands there, then by the id, then the next one.
    An exercise that is `called` elsewhere has no cell without its check.
    """
    found, text = [], squeezed(cell.source)
    for function in calls(cell.source):
        fits = [each for each in lesson.exercises.values() if each.function == function and each.name not in found]
        rank = {
            each.name: (squeezed(each.check) not in text, not is_id_of(cell, each), each.name in met) for each in fits
        }
        found += sorted(rank, key=rank.get)[:1]
    if found or calls(cell.source):
        return found
    rest = [each for each in lesson.exercises.values() if each.name not in called]
    by_id = [each.name for each in rest if is_id_of(cell, each)]
    by_heading = [each.name for each in rest if is_below_heading_of(cell, each.name) and binds(cell, each)]
    return by_id or sorted(by_heading, key=lambda name: name in met)[:1]


def is_below_heading_of(cell, name):
    return cell.heading == name.rstrip("abcdefgh")


def shows_solution(cell, lesson):
    return cell.is_solution or (key(cell) in lesson.solutions and not cell.id.startswith("exercise"))


def is_id_of(cell, exercise):
    return cell.id == f"exercise-{exercise.name}"


def binds(cell, exercise):
    return re.search(rf"(?<![\w.]){re.escape(exercise.answer)}\s*=(?!=)", cell.source)


def squeezed(text):
    return re.sub(r"[\s'\"]", "", text)


# Running


class Kernel:
    """A watched kernel in an empty folder. When a cell ends or blocks it, it is started anew, up to where it was."""

    def __init__(self, checks, seconds, total):
        self.checks, self.seconds, self.total, self.kept = checks, seconds, total, []
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        self._start()
        self.end = time.monotonic() + self.total
        return self

    def __exit__(self, *_):
        self.stack.close()

    def _start(self):
        self.stack.close()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        (folder / "empty").mkdir()
        self.said = folder / "said"
        self.said.touch()
        environment = os.environ | ONE_THREAD | {"IPYTHONDIR": str(folder)}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.manager, self.client = start_new_kernel(cwd=str(folder / "empty"), env=environment, **quiet)
        self.stack.callback(self.manager.shutdown_kernel, now=True)
        self.stack.callback(self.client.stop_channels)
        given = {"__name__": "watch", "SAID": str(self.said), "CHECKS": sorted(self.checks)}
        if stopped := self._ask(f"exec({WATCH!r}, {given!r})", time.monotonic() + 60)[0]:
            raise RuntimeError(f"the kernel cannot be watched: {stopped}")
        self.n_heard = 0

    def run(self, code, is_limited=True):
        """Run a cell. Returns what was told of it meanwhile, and what stopped it, or ""."""
        end = min(self.end, time.monotonic() + self.seconds) if is_limited else self.end
        stopped, is_lost = self._ask(code, end)
        heard = self._heard()
        if is_lost:
            self._start()
            for earlier in self.kept:
                self._ask(earlier, self.end)
            self._heard()
        elif not stopped:
            self.kept.append(code)
        return heard, stopped

    def _heard(self):
        lines = self.said.read_text(encoding="utf-8").splitlines()
        new, self.n_heard = lines[self.n_heard :], len(lines)
        return [json.loads(line) for line in new]

    def _ask(self, code, end):
        """Returns what stopped the code, or "", and whether the kernel was lost over it."""
        sent = self.client.execute(code, store_history=False, allow_stdin=False, stop_on_error=False)
        began, interrupted = time.monotonic(), ""
        while True:
            try:
                reply = self.client.get_shell_msg(timeout=0.2)
            except queue.Empty:
                if not self.manager.is_alive():
                    return "it ended its kernel", True
                if time.monotonic() > end:
                    if interrupted:
                        return interrupted, True
                    interrupted = f"it took more than {end - began:.0f} s"
                    end = time.monotonic() + 5
                    self.manager.interrupt_kernel()
                continue
            if reply["parent_header"].get("msg_id") == sent:
                break
        content = reply["content"]
        if content["status"] == "ok":
            return "", False
        name = str(content.get("ename", "an error"))
        if "not found" in str(content.get("evalue")):  # as IPython says it of %run
            name = name.replace("Exception", "FileNotFoundError")
        return interrupted or name, False


def judged(cells, lesson, seconds, total):
    """Run a returned notebook. Returns a dict from each exercise to YES, NO, UNANSWERED or LOOK, and a note."""
    results, notes, changed, code_cells = {}, {}, set(), [cell for cell in cells if cell.is_code]
    to_run = [(n, cell) for n, cell in enumerate(code_cells, 1) if not shows_solution(cell, lesson)]
    called = {name for _, cell in to_run if calls(cell.source) for name in exercises_in(cell, lesson)}

    def note(what, where):
        notes.setdefault(what, []).append(where)

    def count(heard, names):
        """Count what was heard while a cell ran that has these exercises in it. Returns which it was about."""
        about = []
        for function, mark, right in (each for each in heard if len(each) == 3):
            fits = [each for each in lesson.exercises.values() if each.function == function]
            same = [each for each in fits if each.mark in (None, mark)]
            rank = {
                each.name: (each.name not in names, each.name in about, each.name in results) for each in same or fits
            }
            name = min(rank, key=rank.get)
            about.append(name)
            if not same:
                changed.add(name)
            elif right is not None:
                results[name] = YES if right else NO
            results.setdefault(name, UNANSWERED)
        return about

    with Kernel(lesson.functions, seconds, total) as kernel:
        for source in lesson.setup:
            kernel.run(source, is_limited=False)
        for number, cell in to_run:
            names, is_own = exercises_in(cell, lesson, results, called), key(cell) in lesson.keys
            if time.monotonic() > kernel.end:
                note(f"stopped after {total} s", "")
                results |= {name: LOOK for name in names if results.get(name, UNANSWERED) == UNANSWERED}
                continue
            where = f"exercise {' and '.join(names)}" if names else f"code cell {number}"
            heard, stopped = kernel.run(cell.source, is_limited=not is_own)
            about = count(heard, names)
            for what in [each[0] for each in heard if len(each) == 1] + ([stopped] if stopped else []):
                note(what, where)
            for name in names:
                exercise = lesson.exercises[name]
                if name in about or results.get(name, UNANSWERED) != UNANSWERED:
                    continue
                if name not in called and not stopped and binds(cell, exercise):  # its check is gone
                    if not count(kernel.run(exercise.check)[0], names):
                        results[name] = LOOK
                        note("its check is gone", where)
                elif stopped and not is_own:
                    results[name] = LOOK if stopped.startswith("it ") or stopped in OURS else NO
                results.setdefault(name, UNANSWERED)
            if cell.said_right > sum(each[-1] is True for each in heard):
                for name in names:
                    if results[name] != YES:
                        results[name] = LOOK
                        note("the file says Right. and here it is not", f"exercise {name}")
    for name in sorted(changed):
        if results[name] != YES:
            results[name] = LOOK
            note("its check was changed", f"exercise {name}")
    for name in written_in_prose(cells, lesson):
        if results.get(name, UNANSWERED) == UNANSWERED:
            results[name] = LOOK
            note("there is text in a Markdown cell", f"exercise {name}")
    said = [f"{', '.join(filter(None, where))}: {what}".removeprefix(": ") for what, where in notes.items()]
    if missing := [name for name in lesson.exercises if name not in results]:
        said.append(f"not in it: {', '.join(missing)}")
    filled = [cell for cell in code_cells if cell.is_solution and key(cell) not in lesson.solutions | {EMPTY}]
    if filled:
        said.append(f"something was written into {', '.join(cell.id or 'a solution' for cell in filled)}")
    return {name: results.get(name, UNANSWERED) for name in lesson.exercises}, "; ".join(said)


def written_in_prose(cells, lesson):
    """Yield the exercises about which something was written, or their checks moved, into cells that are not run."""
    for cell in cells:
        if cell.is_code or not cell.source.strip() or key(cell) in lesson.keys:
            continue
        is_new = cell.source[0] != "#" or any(each[:1] == "#" and key(cell).startswith(each) for each in lesson.keys)
        by_heading = [name for name in lesson.exercises if is_new and is_below_heading_of(cell, name)]
        yield from exercises_in(cell, lesson) or by_heading
