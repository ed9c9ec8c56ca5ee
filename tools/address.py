"""Write where this project lives on GitHub into every link: `python3 run.py address OWNER/REPOSITORY`.

Without OWNER/REPOSITORY, only notebooks that lack their links get them. The address has its home in CITATION.cff.
"""

import re
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = "OWNER/REPOSITORY"
HOSTS = ("github.com/", "mybinder.org/v2/gh/")
PAGES = ("CITATION.cff", "README.md", "TEACHING.md", "CONTRIBUTING.md")


def address(root=ROOT):
    """Return owner/repository as CITATION.cff has it."""
    return re.search(r'^repository-code: "https://github\.com/(.+)"$', read(root / "CITATION.cff"), re.MULTILINE)[1]


def binder_link(name, owner_and_repository):
    """Return the address at which Binder opens a notebook in JupyterLab."""
    return f"https://mybinder.org/v2/gh/{owner_and_repository}/HEAD?urlpath=lab/tree/notebooks/{name}"


def opening(name, owner_and_repository):
    """Write the lines at the beginning of a lesson: how to run it, and what to do where lessonlib is missing."""
    return "\n".join(
        [
            f"[Open this lesson in Binder]({binder_link(name, owner_and_repository)}): nothing to install.",
            "If the first code cell says `No module named 'lessonlib'`: put "
            f"`%pip install https://github.com/{owner_and_repository}/archive/HEAD.zip` in a cell above it, "
            "run that, and restart the kernel.",
        ]
    )


def write_address(new, root=ROOT):
    """Change every link of ours to `new`, and put the opening under the titles that have none."""
    old = address(root)
    for path in sorted(root.glob("notebooks/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        title = notebook.cells[0]
        if not any("mybinder.org" in cell.source for cell in notebook.cells[:2]):
            first, _, rest = title.source.partition("\n")
            title.source = f"{first}\n\n{opening(path.name, old)}\n{rest}"
            nbformat.write(notebook, path)
    for path in [*(root / name for name in PAGES), *root.glob("notebooks/*.ipynb")]:
        text = read(path)
        for host in HOSTS:
            text = re.sub(rf"\b{re.escape(host + old)}(?![\w.-])", host + new, text)
        if text != read(path):
            path.write_text(text, encoding="utf-8", newline="\n")
            print("written:", path.relative_to(root))


def read(path):
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")
    new = sys.argv[1] if len(sys.argv) > 1 else address()
    if not re.fullmatch(r"[A-Za-z0-9-]+/[\w.-]+", new, re.ASCII):
        sys.exit(f"owner/repository is wanted, such as anna/transformer-lessons, got {new!r}")
    write_address(new)
    print("every link leads to", new)
