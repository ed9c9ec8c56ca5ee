"""Write copies of the lessons without their solutions: `python3 run.py hand-out FOLDER`."""

import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from address import OPENING, PLACEHOLDER, address, pip_install

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
INSTEAD = "# The solution is in your teacher's copy."


def how_to_run(place):
    """Write what stands in place of the link to Binder, where the solutions are."""
    empty = f"https://mybinder.org/v2/gh/{place}/HEAD?urlpath=lab"
    binder = f"On Binder: [open an empty JupyterLab]({empty}), and drag it in there.\n"
    return (
        "On your own computer: start the lessons as their README says, and drag this file into the list of files.\n"
        f"{'' if place == PLACEHOLDER else binder}On a hub: upload it. {pip_install(place)}"
    )


def hand_out(folder, notebooks=NOTEBOOKS):
    """Copy every lesson into a folder, with empty solutions, and the pictures that it shows: all of them, or none."""
    if folder.resolve() in (ROOT, notebooks.resolve()):
        sys.exit("nothing was written: name a folder of its own for the copies")
    files = lessons_and_pictures(notebooks)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if there := [path.name for path in files if (folder / path.name).exists()]:
            sys.exit(f"nothing was written: {', '.join(there)} would be overwritten in {folder}")
        with tempfile.TemporaryDirectory(dir=folder) as place:
            done = [write_copy(path, Path(place, path.name)) for path in files]
            for path in files:
                shutil.move(Path(place, path.name), folder / path.name)
    except OSError as error:
        sys.exit(f"nothing was written: {folder} cannot be used as a folder: {error.strerror or error}")
    for path, lacking in zip(files, done):
        print(f"written: {folder / path.name}" + (f", without {' and '.join(lacking)}" if lacking else ""))


def lessons_and_pictures(notebooks):
    """List the notebooks that README links to, and what they show; nothing else.

    Copies, grades and whatever else lies beside them stay where they are.
    """
    listed = set(re.findall(r"\(notebooks/([\w.-]+\.ipynb)\)", (ROOT / "README.md").read_text(encoding="utf-8")))
    lessons, shown = [path for path in sorted(notebooks.glob("*.ipynb")) if path.name in listed], set()
    for path in lessons:
        shown |= set(re.findall(r"!\[[^\]]*\]\(([\w.-]+)\)", path.read_text(encoding="utf-8", errors="replace")))
    return lessons + [notebooks / name for name in sorted(shown) if (notebooks / name).is_file()]


def write_copy(path, copy):
    """Write one copy. Returns what it lacks, in words."""
    if path.suffix != ".ipynb":
        shutil.copy(path, copy)
        return []
    notebook, lines = nbformat.read(path, as_version=4), how_to_run(address())
    n_solutions, typed = 0, []
    for cell in notebook.cells:
        tags, source = cell.metadata.get("tags", []), cell.metadata.get("as_shipped", cell.source)
        if "solution" in tags or cell.id.startswith("solution"):
            cell.source, cell.outputs, cell.execution_count = INSTEAD, [], None
            n_solutions += 1
        elif "exercise" in tags or "as_shipped" in cell.metadata:
            if not re.search(r"= \.\.\.$", source, re.MULTILINE):
                sys.exit(f"nothing was written: {cell.id} in {path.name} holds an answer: put three dots in its place")
            if source != cell.source or (cell.outputs and "Not answered yet." not in str(cell.outputs)):
                typed.append(cell.id)
                cell.source, cell.outputs, cell.execution_count = source, [], None
    for cell in notebook.cells[:2]:
        cell.source = OPENING.sub(lambda found: lines, cell.source)
    nbformat.write(notebook, copy)
    return [f"{n_solutions} solutions"] * (n_solutions > 0) + [f"what was typed into {', '.join(typed)}"] * bool(typed)


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # names that the terminal cannot write
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        sys.exit("say where to: python3 run.py hand-out FOLDER")
    hand_out(Path(sys.argv[1]))
