"""Write copies of the lessons without their solutions: `python3 run.py hand-out FOLDER`."""

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from address import OPENING, PLACEHOLDER, address, pip_install

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
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
    """Copy every lesson into a folder, with empty solutions, and the pictures beside them: all of them, or none."""
    files = sorted(path for path in notebooks.iterdir() if path.is_file())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if there := [path.name for path in files if (folder / path.name).exists()]:
            sys.exit(f"nothing was written: {', '.join(there)} would be overwritten in {folder}")
        with tempfile.TemporaryDirectory(dir=folder) as place:
            lacking = [write_copy(path, Path(place, path.name)) for path in files]
            for path in files:
                shutil.move(Path(place, path.name), folder / path.name)
    except OSError as error:
        sys.exit(f"nothing was written: {folder} cannot be used as a folder: {error.strerror or error}")
    for path, n_solutions in zip(files, lacking):
        print(f"written: {folder / path.name}" + (f", without {n_solutions} solutions" if n_solutions else ""))


def write_copy(path, copy):
    """Write one copy. Returns how many solutions it lacks."""
    if path.suffix != ".ipynb":
        shutil.copy(path, copy)
        return 0
    notebook, lines = nbformat.read(path, as_version=4), how_to_run(address())
    solutions = [cell for cell in notebook.cells if "solution" in cell.metadata.get("tags", [])]
    for cell in solutions:
        cell.source, cell.outputs, cell.execution_count = INSTEAD, [], None
    for cell in notebook.cells[:2]:
        cell.source = OPENING.sub(lambda found: lines, cell.source)
    nbformat.write(notebook, copy)
    return len(solutions)


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # names that the terminal cannot write
    if len(sys.argv) != 2:
        sys.exit("say where to: python3 run.py hand-out FOLDER")
    hand_out(Path(sys.argv[1]))
