"""Every explorer, moved at random for a while; tests/soak.py does it for long."""

import ast
import threading
from pathlib import Path

import pytest
import soak

from lessonlib import live
from lessonlib.live import explorer as mechanism


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(mechanism, "QUIET", 0)


@pytest.mark.parametrize("name", soak.EXPLORERS)
def test_after_random_events_an_explorer_shows_what_a_new_one_shows_that_has_no_threads(name, monkeypatch):
    def start(thread):
        raise RuntimeError("can't start new thread")  # as Pyodide does

    soak.soak(name, 15, 8, seed=1, before_new=lambda: monkeypatch.setattr(threading.Thread, "start", start))


def test_no_explorer_is_left_out():
    assert set(soak.EXPLORERS) == set(live.__all__)


def test_every_thread_of_lessonlib_can_do_without():
    """A start of a thread stands in a `try` that says what is done where there are none."""
    for path in sorted(Path(live.__file__).parent.parent.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        threads = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "Thread"]
        tried = [
            node
            for block in ast.walk(tree)
            if isinstance(block, ast.Try) and any("RuntimeError" in ast.unparse(each) for each in block.handlers)
            for node in ast.walk(block)
            if isinstance(node, ast.Attribute) and node.attr == "start"
        ]
        assert len(threads) == len(tried), path.name
