"""Every explorer, moved at random for a while; tests/soak.py does it for long."""

import asyncio

import ipywidgets as widgets
import numpy as np
import pytest
import soak

from lessonlib import explore
from lessonlib.explore import explorer as mechanism
from lessonlib.scene import Cells


@pytest.mark.parametrize("name", soak.EXPLORERS)
def test_after_random_events_an_explorer_shows_what_a_new_one_shows(name, monkeypatch):
    monkeypatch.setattr(mechanism, "REST", 0.005)
    asyncio.run(soak.soak(name, 15, 8, seed=1))


def test_no_explorer_is_left_out():
    assert {"Explorer", *soak.EXPLORERS} == {name for name, value in vars(explore).items() if callable(value)}


def ends(widget):
    """Yield functions that bring a control, or each one in it, to one of its ends."""
    if hasattr(widget, "options"):
        yield from (lambda i=i: setattr(widget, "index", i) for i in (0, len(widget.options) - 1))
    elif isinstance(widget, (widgets.IntSlider, widgets.FloatSlider, widgets.FloatLogSlider)):
        log = isinstance(widget, widgets.FloatLogSlider)
        each = (widget.base**widget.min, widget.base**widget.max) if log else (widget.min, widget.max)
        yield from (lambda value=value: setattr(widget, "value", value) for value in each)
    elif isinstance(widget, widgets.Button):
        yield from soak.moves(widget, None)
    else:
        for child in getattr(widget, "children", ()):
            yield from ends(child)


def labels_and_marks_fit(part):
    n_rows, n_columns = np.shape(part.matrix)
    labels_fit = len(part.rows) in (0, n_rows) and (isinstance(part.columns, str) or len(part.columns) == n_columns)
    return labels_fit and all((row or 0) < n_rows and (column or 0) < n_columns for row, column, _ in part.marks)


@pytest.mark.parametrize("name", soak.EXPLORERS)
def test_at_the_ends_of_every_control_nothing_is_refused_and_every_row_has_its_label(name):
    explorer, n_ends = soak.EXPLORERS[name](), 0
    for control in explorer.controls.values():
        for to_the_end in ends(control):
            to_the_end()
            n_ends += 1
            refused = explorer._error.value
            assert refused == "" or "but the model has 11 slots, 0 to 10." in refused, explorer.values
            assert all(labels_and_marks_fit(part) for part in explorer._scene.parts if isinstance(part, Cells))
    assert n_ends
