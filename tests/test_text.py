"""Links lead somewhere, as far as that can be told offline; words are spelt right, and scripts can be read."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = {path.name: path for path in [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("notebooks/*.ipynb"))]}
every_page = pytest.mark.parametrize("name", PAGES)


def prose(path):
    """The Markdown of a page or a notebook, without code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n\n".join(cell.source for cell in nbformat.reads(text, 4).cells if cell.cell_type == "markdown")
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def targets(path):
    return re.findall(r"\]\(([^)\s]+)\)", prose(path))


def anchors(path):
    """What headings are called in links: as GitHub does it for pages, as JupyterLab does it for notebooks."""
    headings = re.findall(r"^#+ (.+)$", prose(path), flags=re.MULTILINE)
    if path.suffix == ".ipynb":
        return {heading.replace(" ", "-") for heading in headings}
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_links_within_the_repository_lead_to_a_file_and_a_heading_that_are_there(name):
    path = PAGES[name]
    for target in targets(path):
        if re.match(r"\w+:", target):
            continue
        place, _, anchor = target.partition("#")
        file = (path.parent / place).resolve() if place else path
        assert file.is_relative_to(ROOT) and file.exists(), target
        assert not anchor or anchor in anchors(file), target


@every_page
def test_links_to_elsewhere_are_well_formed_and_encrypted(name):
    for target in targets(PAGES[name]):
        if re.match(r"(?!attachment:)\w+:", target):  # a picture in the notebook itself
            parts = urlsplit(target)
            assert parts.scheme == "https" and re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc), target
            assert not re.search(r"[\s<>\"{}|\\^`]|[.,;:]$|//.*//", target), target


@every_page
def test_a_lesson_has_no_bare_link_and_no_unfinished_one(name):
    text = prose(PAGES[name])
    assert not re.search(r"\]\(\s*\)|\]\[\s*\]|\bTODO\b|\bFIXME\b", text)
    assert not re.search(r"(?<![(<\"])https?://", text)


def test_words_are_spelt_right(tmp_path):
    if not os.environ.get("CI"):
        pytest.importorskip("codespell_lib", reason="not installed: `python3 run.py test` installs it")
    for name, path in PAGES.items():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":  # without pictures, whose bytes now and then read like a word
            cells = nbformat.reads(text, 4).cells
            text = "\n".join([cell.source for cell in cells] + [str(cell.get("outputs", "")) for cell in cells])
        (tmp_path / name).write_text(re.sub(r"base64,[A-Za-z0-9+/=]+", "", text), encoding="utf-8")
    places = [tmp_path, *(ROOT / name for name in ("lessonlib", "tools", "tests", "run.py", "CITATION.cff"))]
    command = [sys.executable, "-m", "codespell_lib", "--ignore-words-list=ordner,sting", "--skip=*.npz,*.pyc", *places]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_node_can_read_every_script():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node found, which reads the JavaScript of the explorers without running it")
    for path in sorted((ROOT / "lessonlib").rglob("*.js")):
        done = subprocess.run([node, "--check", str(path)], capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
