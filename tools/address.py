"""Write where this project lives on GitHub into every link: `python3 run.py address OWNER/NAME`.

Until then no page shows a link that would lead nowhere. Without OWNER/NAME, only what lacks its links gets them. The
address has its home in CITATION.cff.
"""

import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = "OWNER/REPOSITORY"
PAGES = ("CITATION.cff", "README.md", "TEACHING.md", "CONTRIBUTING.md", "pyproject.toml")
BADGE = "[![open in Binder](https://mybinder.org/badge_logo.svg)]"
IN_README = re.compile(r"(<!-- `run.py address` writes this -->\n).*?(\n<!-- to here -->)", re.DOTALL)
MISSING = "If the first code cell says `No module named 'lessonlib'`: "
OPENING = re.compile(rf"(\[Open .*\n)?{re.escape(MISSING)}.*")


def address(root=ROOT):
    """Return owner/repository as CITATION.cff has it."""
    return re.search(r'^repository-code: "https://github\.com/(.+)"$', read(root / "CITATION.cff"), re.MULTILINE)[1]


def binder_link(name, place):
    """Return the address at which Binder opens a notebook in JupyterLab."""
    return f"https://mybinder.org/v2/gh/{place}/HEAD?urlpath=lab/tree/notebooks/{name}"


def site_link(name, place):
    """Return the address at which a notebook opens on the website that the workflow publishes on GitHub's Pages."""
    owner, repository = place.split("/")
    host = f"{owner.lower()}.github.io"
    folder = "" if repository.lower() == host else f"{repository}/"
    return f"https://{host}/{folder}lab/index.html?path={name}"


def pip_install(place):
    """Say how a notebook gets lessonlib where it is missing."""
    if place == PLACEHOLDER:
        return f"{MISSING}start JupyterLab with `python3 run.py lab`, as README says."
    return (
        f"{MISSING}put `%pip install https://github.com/{place}/archive/HEAD.zip` in a cell above it, "
        "run that, and restart the kernel."
    )


def opening(name, place):
    """Write the lines at the beginning of a lesson: how to run it, and what to do where lessonlib is missing."""
    links = (
        f"[Open this page in your browser]({site_link(name, place)}), with nothing to install; or, if that is too "
        f"slow, [on Binder's computers]({binder_link(name, place)}).\n"
    )
    return ("" if place == PLACEHOLDER else links) + pip_install(place)


def start(names, place):
    """Write how to get at the lessons, for README."""
    if place == PLACEHOLDER:
        return (
            "No link to a website or to Binder is shown yet, as this copy does not know its address on GitHub. Whoever "
            "publishes it says it once: `python3 run.py address OWNER/NAME`."
        )
    labels = [re.sub(r"^0*(\d+)_.*", r"lesson \1", name.removesuffix(".ipynb")).replace("_", " ") for name in names]
    site, binder = (
        ", ".join(f"[{label}]({link(name, place)})" for label, name in zip(labels, names))
        for link in (site_link, binder_link)
    )
    return (
        f"**In your browser, with nothing to install**: {site}. Choose *Run → Run All Cells*. The first minute fetches "
        "Python, and the first cell says how far it is; then all runs on your computer, slowly.\n\n"
        f"On Binder's computers, faster once they have started: {BADGE}({binder_link(names[0], place)}) {binder}.\n\n"
        f"For your computer, get the code: `git clone https://github.com/{place}`, "
        f"or [as a ZIP](https://github.com/{place}/archive/HEAD.zip) that you unpack."
    )


def write_address(new, root=ROOT):
    """Change every link of ours to `new`, and put the opening under the titles that have none."""
    old, notebooks = address(root), sorted(root.glob("notebooks/*.ipynb"))
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        lines = opening(path.name, new)
        for cell in notebook.cells[:2]:
            cell.source = OPENING.sub(lambda found, lines=lines: lines, cell.source)
        if not any(lines in cell.source for cell in notebook.cells[:2]):
            first, _, rest = notebook.cells[0].source.partition("\n")
            notebook.cells[0].source = f"{first}\n\n{lines}\n{rest}"
        write(path, nbformat.writes(notebook) + "\n", root)
    for path in (root / name for name in PAGES):
        text = re.sub(rf"\bgithub\.com/{re.escape(old)}(?![\w.-])", f"github.com/{new}", read(path))
        lines = start([path.name for path in notebooks], new)
        write(path, IN_README.sub(lambda found, lines=lines: found[1] + lines + found[2], text), root)


def read(path):
    return path.read_text(encoding="utf-8")


def write(path, text, root):
    if text != read(path):
        path.write_text(text, encoding="utf-8", newline="\n")
        print("written:", path.relative_to(root))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    new = sys.argv[1] if len(sys.argv) > 1 else address()
    if not re.fullmatch(r"[A-Za-z0-9-]+/[\w.-]+", new, re.ASCII):
        sys.exit(f"owner/repository is wanted, such as anna/transformer-lessons, got {new!r}")
    write_address(new)
    print("every link leads to", new)
