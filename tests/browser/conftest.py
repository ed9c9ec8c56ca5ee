"""One server and one browser for all browser tests, and one page for all tests of a notebook that need no other."""

import os
import shutil
from pathlib import Path

import pytest

from browser.jupyter import FLAGS, NOTEBOOKS, Page, find_browser, n_stored_explorers, running_server, write_notebook


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def chrome():
    path = find_browser()
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium, Chrome or Edge found: install one, or set CHROMIUM to its path")
    playwright = pytest.importorskip("playwright.sync_api") if path else None
    assert path, "CI must have a browser: it never skips these tests"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    """A copy of the notebooks, so that nothing a test does is saved into ours."""
    place = tmp_path_factory.mktemp("lessons")
    for path in [*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("*.png")]:
        shutil.copy(path, place)
    return place


@pytest.fixture(scope="package")
def server(folder, chrome):
    with running_server(folder) as (port, token):
        yield port, token


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    item.failed = report.failed or getattr(item, "failed", False)
    return report


@pytest.fixture(scope="module")
def shared_pages():
    pages = {}
    yield pages
    for page in pages.values():
        page.close()


@pytest.fixture
def page_of(request, chrome, server, folder, shared_pages):
    """A function that gives the page of a notebook, run, with every explorer at its first picture.

    Takes the notebook's name; how many explorers are in it, where its stored outputs do not tell; the sources of its
    cells, if it is not one of the lessons; a width of the window; the application, "lab" or "notebook"; and the
    screen's pixels to one of the page. All tests of a file share the page, since opening takes longest; after a test
    that failed, the next gets a new one. Nothing may stand in the page or its console that went wrong.
    """
    used = set()

    def page_of(name, n_explorers=None, cells=None, width=1440, app="lab", ratio=1):
        key = (name, app, ratio)
        if key in shared_pages and not shared_pages[key].reset(width):
            shared_pages.pop(key).close()
        if key not in shared_pages:
            if cells:
                write_notebook(folder / name, cells)
            shared_pages[key] = Page(chrome, *server, name, app=app, width=width, ratio=ratio, hasty=True)
            shared_pages[key].run_all(n_stored_explorers(folder / name) if n_explorers is None else n_explorers)
        used.add(key)
        return shared_pages[key]

    yield page_of
    for key in used:
        page = shared_pages[key]
        complaints = page.errors() + (page.problems if key[1] == "lab" else [])  # Notebook 7 has some of its own
        if complaints or request.node.failed:
            shared_pages.pop(key).close()
        assert complaints == []


@pytest.fixture
def open_notebook(chrome, server, folder):
    """A function that opens a copy of a notebook, with the keyword arguments of `Page`, in a page and a kernel of its
    own: for what a shared page cannot show. Pages close by themselves."""
    pages = []

    def open_notebook(name, port=None, **options):
        copy = f"copy-{len(list(folder.iterdir()))}-of-{name}"
        shutil.copy(folder / name, folder / copy)
        pages.append(Page(chrome, port or server[0], server[1], copy, **options))
        return pages[-1]

    yield open_notebook
    for page in pages:
        page.close()
