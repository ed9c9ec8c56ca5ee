"""Run what a class returned and print who passed which exercise: `python3 run.py returned FOLDER [--csv FILE]`.

This runs what learners wrote, under your name: it may read, change and delete what you may. No cell gets more than a
minute and no notebook more than five, and Python's ways to the network and to other programs are closed. That guards
against accidents, not against malice: the notebooks of those you do not trust, check in a container without network.
"""

import csv
import io
import os
import sys
import unicodedata
import zipfile
import zlib
from pathlib import Path

from judge import LOOK, YES, judged, lessons_of, read_cells, read_lesson

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
SECONDS, TOTAL = 60, 300  # that a cell may take, unless it is the lesson's own, and a notebook
LIMIT = 50_000_000  # bytes of a file, and of all that is in a zip


# What was handed in


def handed_in(folder):
    """Yield the name of everything under a folder with its bytes, or with a sentence that says why there are none."""
    lost = []
    for place, folders, files in os.walk(folder, onerror=lost.append):
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in [name for name in folders if Path(place, name).is_symlink()]:
            yield Path(place, name).relative_to(folder).as_posix(), "a link to another folder"
        files = sorted(name for name in files if not is_hidden(name))
        if not files and not folders:
            yield f"{Path(place).relative_to(folder).as_posix()}/", "an empty folder"
        for path in (Path(place, name) for name in files):
            name = path.relative_to(folder).as_posix()
            try:
                if not path.is_file():
                    raise OSError("no file")
                with path.open("rb") as file:
                    yield from unpacked(name, file.read(LIMIT + 1))
            except OSError as error:
                yield name, f"cannot be read ({error.strerror or error})"
    for error in lost:
        yield f"{Path(error.filename).relative_to(folder).as_posix()}/", f"cannot be read ({error.strerror})"


def unpacked(name, data, depth=0):
    """Yield a file, or in its place what is in it if it is a zip. Nothing is written, so no path can lead anywhere."""
    if len(data) > LIMIT:
        yield name, f"larger than {LIMIT // 1_000_000} MB"
    elif not name.lower().endswith(".zip") or depth == 2:
        yield name, data
    else:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = [each for each in archive.infolist() if not each.is_dir()]
                members = [each for each in members if not any(map(is_hidden, each.filename.split("/")))]
                if sum(each.file_size for each in members) > LIMIT:
                    raise ValueError(f"larger than {LIMIT // 1_000_000} MB when unpacked")
                if not members:
                    raise ValueError("nothing is in it")
                for each in members:
                    yield from unpacked(f"{name}/{each.filename}", archive.read(each), depth + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
            yield name, f"cannot be unpacked ({error})"


def is_hidden(name):
    return (name[0] == "." and name.strip(".") not in ("", "ipynb")) or name in ("__MACOSX", "__pycache__", "Thumbs.db")


# Printing


def check_folder(folder, notebooks=NOTEBOOKS, seconds=SECONDS, total=TOTAL, file=None):
    """Print one table for each lesson, with a line for each notebook under `folder`, and a line for all else in it.

    With the name of a `file`, the same goes into it as comma-separated values.
    """
    lessons = [read_lesson(path.read_bytes()) for path in sorted(notebooks.glob("*.ipynb"))]
    lessons = [lesson for lesson in lessons if lesson.exercises]
    found, others = [[] for _ in lessons], []
    for name, data in handed_in(folder):
        try:
            if isinstance(data, str):
                raise ValueError(data)
            cells = read_cells(data)
            if not (these := lessons_of(cells, lessons)):
                raise ValueError("no exercise of the lessons is in it")
            for lesson in these:
                found[lessons.index(lesson)].append((name, cells))
        except ValueError as error:
            others.append((name, str(error)))
    if not any(found) and not others:
        sys.exit(f"there is nothing in {folder}")
    report = Report(lessons, [name for rows in found for name, _ in rows] + [name for name, _ in others], file)
    waiting = [(lesson, *row) for lesson, rows in zip(lessons, found) for row in rows]
    try:
        for number, (lesson, name, cells) in enumerate(waiting, 1):
            report.say_progress(f"{number} of {len(waiting)}: {name}")
            try:
                results, note = judged(cells, lesson, seconds, total)
            except Exception as error:  # one notebook must not end the table for the others
                results, note = dict.fromkeys(lesson.exercises, LOOK), f"could not be run: {error!r}"
            report.write_row(lesson, name, results, note)
    except KeyboardInterrupt:
        others = [(name, "stopped before it was through") for _, name, _ in waiting[number - 1 :]] + others
    report.write_others(others)


class Report:
    """A table on the screen, and the same in a file. Nothing that a learner wrote can begin a line or hide one."""

    def __init__(self, lessons, names, file):
        self.width, self.lesson = max(width(clean(name)) for name in names), None
        self.columns = list(dict.fromkeys(name for lesson in lessons for name in lesson.exercises))
        # Spreadsheets take the byte order mark for a sign of UTF-8; what no text may hold is written as \ud83d.
        self.file = open(file, "w", encoding="utf-8-sig", errors="backslashreplace", newline="") if file else None
        self._write_csv("file", "lesson", "passed", "of", dict(zip(self.columns, self.columns)), "note")

    def write_row(self, lesson, name, results, note):
        columns = {exercise: max(3, len(exercise)) for exercise in lesson.exercises}
        if lesson is not self.lesson:
            head = " ".join(f"{exercise:>{n}}" for exercise, n in columns.items())
            self._print(f"\n{clean(lesson.title)}\n{'':{self.width}}  {head}  passed")
            self.lesson = lesson
        n_passed = list(results.values()).count(YES)
        marks = " ".join(f"{results[exercise]:>{n}}" for exercise, n in columns.items())
        self._print(f"{self._padded(name)}  {marks}  {n_passed} of {len(results)}  {clean(note)}".rstrip())
        self._write_csv(name, lesson.title, n_passed, len(results), results, note)

    def write_others(self, others):
        if others:
            self._print("\nNot checked")
        for name, why in others:
            self._print(f"{self._padded(name)}  {clean(why)}")
            self._write_csv(name, "", "", "", {}, why)
        if self.file:
            self.file.close()

    def say_progress(self, text):
        """Show what is being run, for as long as it takes, to whoever waits at a terminal."""
        if sys.stderr.isatty():
            print(f"\r\033[K{clean(text)}", end="", file=sys.stderr, flush=True)

    def _print(self, text):
        self.say_progress("")
        print(text, flush=True)

    def _padded(self, name):
        return clean(name) + " " * (self.width - width(clean(name)))

    def _write_csv(self, name, lesson, n_passed, n, results, note):
        if self.file:
            name = f"./{name}" if name[0] in "=+-@" else name  # or a spreadsheet would compute it
            marks = [results.get(exercise, "") for exercise in self.columns]
            csv.writer(self.file).writerow(map(clean, map(str, (name, lesson, n_passed, n, *marks, note))))
            self.file.flush()


def clean(text):
    """Write what cannot be seen, such as the end of a line, as an escape: a name or an error cannot forge a line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def width(text):
    """Count the columns that a text takes: letters of Chinese or Japanese take two, accents of their own none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # names that the terminal cannot write, told apart
    words = sys.argv[1:]
    file = words.pop(words.index("--csv") + 1) if "--csv" in words[:-1] else None
    folders = [word for word in words if word != "--csv"] if file else words
    if len(folders) != 1 or not Path(folders[0]).is_dir():
        sys.exit("say which folder: python3 run.py returned FOLDER [--csv FILE]")
    try:
        check_folder(Path(folders[0]), file=file)
    except KeyboardInterrupt:
        sys.exit("stopped: no notebook was run yet")
    except OSError as error:
        sys.exit(f"{error.filename or folders[0]} cannot be used: {error.strerror or error}")
