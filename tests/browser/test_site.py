"""The website without a server, run whole on a real Pyodide. Needs the folder of a distribution, so on demand:

python3 run.py lite /tmp/site                                     installs what builds the site
PYODIDE=FOLDER python3 run.py test tests/browser/test_site.py
"""

import contextlib
import functools
import http.server
import importlib.util
import json
import os
import threading

import lite
import nbformat
import pytest

from browser.jupyter import NOTEBOOKS, SETTINGS, Page, n_stored_explorers

NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
PICTURES = ".jp-OutputArea-output img"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The port of a site that is built with a Pyodide of its own."""
    pyodide = os.environ.get("PYODIDE")
    if not pyodide:
        pytest.skip("no Pyodide here: set PYODIDE to the folder of a full distribution")
    if importlib.util.find_spec("jupyterlite_core") is None:
        pytest.skip("jupyterlite is not installed: python3 run.py lite FOLDER does it")
    folder = tmp_path_factory.mktemp("site")
    with contextlib.redirect_stdout(None):
        lite.main([str(folder), "--pyodide", pyodide])
    config = json.loads((folder / "jupyter-lite.json").read_text("utf-8"))
    config["jupyter-config-data"].update(settingsOverrides=SETTINGS, exposeAppInBrowser=True)
    (folder / "jupyter-lite.json").write_text(json.dumps(config), "utf-8")
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_runs_whole_moves_a_slider_and_stops_a_training(browser, site, name):
    page = Page(browser, site, "", name, app="lite")
    try:
        page.run_all(n_stored_explorers(NOTEBOOKS / name))
        assert page.errors() == []
        cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
        stored = [each for cell in cells for each in cell.get("outputs", []) if "image/png" in each.get("data", {})]
        explorers = page.explorers()
        assert page.page.locator(PICTURES).count() >= len(stored) - len(explorers)
        assert all(explorer.words() and not explorer.error() for explorer in explorers)
        moved, note = explorers[0], explorers[0].note()
        for handle in moved.names():
            moved.press(handle, "End")
        assert moved.note() != note and not moved.error()
        for training in explorers:
            if training.box.get_by_role("button", name="Train").count() == 0:
                continue
            bar = training.box.get_by_role("progressbar")
            training.box.get_by_role("button", name="Train").click()
            training._wait(lambda bar=bar: bar.count() == 1 and float(bar.get_attribute("value")) > 0)
            training.box.get_by_role("button", name="Stop").click()
            training._wait(lambda bar=bar: bar.count() == 0)
    finally:
        page.close()
