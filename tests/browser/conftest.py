"""One server and one browser for all browser tests, and one page for all tests of a notebook that need no other.

The browser is Chromium. `python3 run.py test --browser firefox tests/browser` drives Firefox instead, as
test_firefox.py always does.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest
from shortened import shortened

from browser.jupyter import (
    NOTEBOOKS,
    Page,
    driven,
    find_browser,
    launch,
    n_stored_explorers,
    running_server,
    write_explorers,
    write_notebook,
)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def driver():
    """Playwright, for all browsers of a process: it starts once."""
    pytest.importorskip("playwright", reason="no Playwright here: `python3 run.py test` installs it")
    with driven() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def started(driver, tmp_path_factory):
    """A function that starts the browser of this name, "chromium" or "firefox"."""
    browsers = []

    def started(name):
        path = find_browser(name)
        if path is None:
            missing = f"no {name} found: install it, or set {name.upper()} to where it is"
            # In CI these tests are never skipped; but Firefox is looked for on Linux only.
            assert not os.environ.get("CI") or (name == "firefox" and sys.platform != "linux"), missing
            pytest.skip(missing)
        browsers.append(launch(driver, name, path, tmp_path_factory.mktemp("home")))
        return browsers[-1]

    yield started
    for browser in browsers:
        browser.close()


@pytest.fixture(scope="package")
def browser(started, request):
    return started(request.config.getoption("--browser"))


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    """A copy of the notebooks, so that nothing a test does is saved into ours; and lessons of explorers alone."""
    place = tmp_path_factory.mktemp("lessons")
    for path in NOTEBOOKS.glob("*.ipynb"):
        (place / path.name).write_text(shortened(path.read_text("utf-8")), "utf-8")
    for lesson in NOTEBOOKS.glob("0*.ipynb"):
        write_explorers(place / f"explorers_of_{lesson.name}", lesson)
    return place


@pytest.fixture(scope="package")
def server(folder, driver):
    with running_server(folder) as (port, token):
        yield port, token


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    item.failed = report.failed or getattr(item, "failed", False)
    return report


@pytest.fixture(scope="package")
def shared_pages():
    """A page of each browser, application and resolution, with the name of the notebook that is open there."""
    pages = {}
    yield pages
    for page, _ in pages.values():
        page.close()


@pytest.fixture
def page_of(request, browser, server, folder, shared_pages):
    """A function that gives the page of a notebook, run, with every explorer at its first picture.

    Takes the notebook's name; how many explorers are in it, where its stored outputs do not tell; the sources of its
    cells, if it is not one of the lessons; a width of the window; the application, "lab" or "notebook"; and the
    screen's pixels to one of the page. Tests share a page, since opening takes longest; after a test that failed, the
    next gets a new one. Nothing may stand in the page or its console that went wrong.
    """
    used = set()

    def page_of(name, n_explorers=None, cells=None, width=1440, app="lab", ratio=1):
        key = (browser, app, ratio)
        page, opened = shared_pages.pop(key, (None, ""))
        fits = page and (page.reset(width) if opened == name else app == "lab")
        if page and not fits:
            page.close()
        if cells and opened != name:
            write_notebook(folder / name, cells)
        if not fits:
            page = Page(browser, *server, name, app=app, width=width, ratio=ratio, hasty=True)
        elif opened != name:
            page.turn_to(name, width)
        shared_pages[key] = page, name
        used.add(key)
        if not fits or opened != name:
            page.run_all(n_stored_explorers(folder / name) if n_explorers is None else n_explorers)
        return page

    yield page_of
    for key in used:
        page, _ = shared_pages[key]
        complaints = page.errors() + (page.problems if key[1] == "lab" else [])  # Notebook 7 has some of its own
        if complaints or request.node.failed:
            shared_pages.pop(key)[0].close()
        assert complaints == []


@pytest.fixture
def open_notebook(browser, server, folder):
    """A function that opens a copy of a notebook, with the keyword arguments of `Page`, in a page and a kernel of its
    own: for what a shared page cannot show. Pages close by themselves."""
    pages = []

    def open_notebook(name, port=None, **options):
        copy = f"copy-{len(list(folder.iterdir()))}-of-{name}"
        shutil.copy(folder / name, folder / copy)
        pages.append(Page(browser, port or server[0], server[1], copy, **options))
        return pages[-1]

    yield open_notebook
    for page in pages:
        page.close()
