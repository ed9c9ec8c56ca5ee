"""Write copies of the lessons without their solutions: `python3 run.py hand-out FOLDER`."""

import shutil
import sys
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
INSTEAD = "# The solution is in your teacher's copy."


def hand_out(folder, notebooks=NOTEBOOKS):
    """Copy every lesson into a folder, with empty solutions, and the pictures beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(notebooks.glob("*.ipynb")):
        if (folder / path.name).exists():
            sys.exit(f"{folder / path.name} is there already: choose an empty folder")
    for path in sorted(notebooks.iterdir()):
        if path.suffix == ".ipynb":
            n_solutions = write_without_solutions(path, folder / path.name)
            print(f"written: {folder / path.name}, without {n_solutions} solutions")
        elif path.is_file():
            shutil.copy(path, folder)


def write_without_solutions(path, copy):
    """Write one copy. Returns how many solutions it lacks."""
    notebook = nbformat.read(path, as_version=4)
    solutions = [cell for cell in notebook.cells if "solution" in cell.metadata.get("tags", [])]
    for cell in solutions:
        cell.source, cell.outputs, cell.execution_count = INSTEAD, [], None
    nbformat.write(notebook, copy)
    return len(solutions)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("say where to: python3 run.py hand-out FOLDER")
    hand_out(Path(sys.argv[1]))
