"""Build a website on which the lessons run in the reader's browser: `python3 run.py lite FOLDER [--pyodide PATH]`.

Any host of static files will do; a class of any size costs one site and no server. Python, NumPy and matplotlib come
from Pyodide's own server when a notebook starts, all else from the site. With --pyodide, all comes from the site: PATH
is the folder of a Pyodide distribution (the full one, some 400 MB) that you have downloaded.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
WIDGETS = Path("share", "jupyter", "labextensions", "@jupyter-widgets", "jupyterlab-manager", "package.json")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
FIRST_MINUTE = """**This page runs in your browser.** In the first minute it fetches Python and what the lessons need. \
The cell below does it, when you run it or choose **Run → Run All Cells**: `[*]` stands beside it until Python is \
here, then it says what it does next.
If it stays `[*]` for several minutes, a network that blocks Pyodide's server is the likely reason: try another one, \
or ask whoever runs this site.
Here everything is slower than it says below: a training takes a minute or two (*Stop* ends it), and a score of all \
729 inputs some seconds. Your changes stay in this browser: download what you want to keep or hand in."""
# What matplotlib would say about its fonts is no news to a learner. A plain `import` of it would be fetched before the
# first line is printed.
INSTALL = """print("Python is here. Now come NumPy, matplotlib and the lessons ...")
import importlib
import logging

import piplite

await piplite.install("lessonlib")
print("They are here. matplotlib looks through its fonts, once ...")
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
importlib.import_module("matplotlib.font_manager")
print("Ready: go on with the next cell.")"""
# Python packages that the site carries; of what these need, the site's own kernel and Pyodide bring the rest.
CARRIED = ["ipywidgets", "comm", "jupyterlab-widgets"]


def build(folder, pyodide=None):
    """Build the site: JupyterLab, its kernel for browsers, the lessons, and lessonlib as a wheel."""
    if folder.exists() and not folder.is_dir():
        sys.exit(f"{folder} is a file: say which folder the site goes to")
    if not Path(sys.prefix, WIDGETS).is_file():
        sys.exit("the extension of ipywidgets is missing here, so no explorer would move: delete .venv and start again")
    if pyodide and not all((pyodide / name).is_file() for name in ("pyodide.mjs", "pyodide-lock.json")):
        sys.exit(f"{pyodide} is no Pyodide distribution: it lacks pyodide.mjs or pyodide-lock.json")
    with tempfile.TemporaryDirectory() as place:
        wheels, contents = Path(place, "wheels"), Path(place, "contents")
        if pyodide:
            use_own_pyodide(pyodide, Path(place))
        pinned = [f"--constraint={ROOT / 'constraints.txt'}", "--no-deps", f"--wheel-dir={wheels}"]
        run(place, "pip", "wheel", "--quiet", *pinned, str(ROOT), *CARRIED)
        write_contents(ROOT / "notebooks", contents)
        carried = [f"--piplite-wheels={wheel}" for wheel in sorted(wheels.glob("*.whl"))]
        where = [f"--lite-dir={place}", f"--contents={contents}", f"--output-dir={folder}"]
        run(place, "jupyterlite_core", "build", *where, "--apps=lab", "--no-unused-shared-packages", *carried)


def use_own_pyodide(pyodide, place):
    """Put a Pyodide distribution where the site takes it from, and let the kernel ask for nothing elsewhere."""
    shutil.copytree(pyodide, place / "static" / "pyodide")
    settings = {"litePluginSettings": {KERNEL: {"disablePyPIFallback": True}}}
    config = {"jupyter-lite-schema-version": 0, "jupyter-config-data": settings}
    (place / "jupyter-lite.json").write_text(json.dumps(config), encoding="utf-8")


def write_contents(notebooks, contents):
    """Copy the lessons, each with cells that say what happens and install lessonlib: kernels start from nothing."""
    contents.mkdir()
    for path in sorted(notebooks.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        first = nbformat.v4.new_markdown_cell(FIRST_MINUTE, id="first-minute")
        notebook.cells[1:1] = [first, nbformat.v4.new_code_cell(INSTALL, id="install")]
        notebook.metadata.kernelspec = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
        nbformat.write(notebook, contents / path.name)


def run(place, module, *arguments):
    code = subprocess.call([sys.executable, "-m", module, *arguments], cwd=place)
    if code:
        sys.exit(f"{module} failed: see the message above")


def main(arguments):
    folder, *more = arguments or [""]
    if not folder or folder.startswith("-") or (more and (len(more) != 2 or more[0] != "--pyodide")):
        sys.exit("say where to: python3 run.py lite FOLDER, or python3 run.py lite FOLDER --pyodide PATH")
    build(Path(folder), Path(os.path.abspath(more[1])) if more else None)
    print(f"To look at it: {sys.executable} -m http.server --bind localhost --directory {folder}")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # names that the terminal cannot write
    main(sys.argv[1:])
