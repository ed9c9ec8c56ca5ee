"""Lesson 3's explorers as a learner meets them."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from browser import expected
from lessonlib.nano_gpt import load_history

LESSON = "03_token_embeddings.ipynb"


@pytest.fixture
def explorers(page_of):
    return page_of(LESSON).explorers()


@pytest.fixture
def explorer(explorers):
    return explorers[0]


def assert_shows_what_the_controls_say(explorer):
    line, number, counted, panels = expected.look_up_explorer(explorer)
    assert explorer.note().startswith(line) and explorer.note().endswith(f"= {number}")
    assert counted in explorer.box.locator(".ll-counted").inner_text()
    assert line in explorer.words() and counted in explorer.words()
    for label, colours in panels.items():
        np.testing.assert_array_equal(explorer.colours(label, colours.shape[:2]), colours)


def test_every_slider_by_keyboard_to_every_extreme(explorer):
    for name in explorer.names():
        for key in ("Home", "End", "ArrowLeft"):
            explorer.press(name, key)
            assert_shows_what_the_controls_say(explorer)


def test_every_swap_shows_the_models_answer_and_its_score_of_729(explorer):
    scores = set()
    for swap in expected.SWAPS:
        explorer.choose("rows of table", swap)
        assert_shows_what_the_controls_say(explorer)
        scores.add(explorer.box.locator(".ll-counted").inner_text())
    assert len(scores) == 4


def test_the_other_view_shows_the_same_on_its_side_and_reset_comes_back(explorer):
    explorer.choose("view", "columns, as in llm-viz")
    assert_shows_what_the_controls_say(explorer)
    explorer.press("letter 1", "Home")
    assert_shows_what_the_controls_say(explorer)
    assert explorer.box.locator(".ll-frame img:visible").count() == 1
    explorer.box.get_by_role("button", name="Reset").click()
    explorer.settle()
    assert_shows_what_the_controls_say(explorer)
    assert explorer.box.locator(".ll-frame img:visible").count() == 1


def test_a_dropdown_keeps_its_keys(explorer):
    n_cells = explorer.page.n_cells()
    explorer.box.get_by_label("rows of table").focus()
    for key in ("ArrowDown", "d", "d", "a", "x"):
        explorer.page.page.keyboard.press(key)
    explorer.settle()
    assert explorer.page.n_cells() == n_cells
    assert explorer.box.get_by_label("rows of table").input_value() != "as trained"
    assert_shows_what_the_controls_say(explorer)


def test_the_slider_over_the_steps_of_training_shows_the_table_of_each(explorers):
    made, explorer = load_history("sort"), explorers[2]
    limit = np.abs(made.wte).max()
    for key, i in (("Home", 0), ("ArrowRight", 1), ("End", len(made.steps) - 1)):
        explorer.press("training step", key)
        assert f"step {made.steps[i]}: {made.scores[i]} of 729 right" in explorer.note()
        assert explorer.words() == expected.spoken(explorer.note())
        colours = expected.colours(made.wte[i], limit)
        np.testing.assert_array_equal(explorer.colours("table", (3, 48)), colours)


def test_the_triangles_are_drawn_anew_at_every_step(explorers):
    explorer, seen = explorers[1], set()
    made = {"sorter": load_history("sort"), "reverser": load_history("reverse")}
    for key, i in (("Home", 0), ("ArrowRight", 1), ("End", 40)):
        explorer.press("% of training", key)
        image = explorer.box.locator(".ll-redrawn")
        assert image.evaluate("async i => { await i.decode(); return i.naturalWidth }") == 2 * 860
        seen.add(image.get_attribute("src"))
        for name, arrays in made.items():
            side = np.linalg.norm(arrays.wte[i][0] - arrays.wte[i][2])
            assert f"{name}: {arrays.scores[i]} of 729 right" in explorer.words()
            assert f"A-C {side:.3f}" in explorer.words()
    assert len(seen) == 3


@pytest.mark.parametrize("width", [1440, 900])
def test_axe_finds_no_barrier_and_nothing_is_cut_off(page_of, width):
    page = page_of(LESSON, width=width)
    for context in (".ll-explorer", ".jp-RenderedHTMLCommon img"):
        results = Axe().run(page.page, context=context)
        assert [(found["id"], found["nodes"][0]["html"]) for found in results.response["violations"]] == []
    for explorer in page.explorers():
        room = explorer.box.bounding_box()
        for part in explorer.box.locator(".noUi-handle, button, input, select, .ll-note, .ll-row-labels:visible").all():
            box = part.bounding_box()
            assert box["x"] >= room["x"] - 12 and box["x"] + box["width"] <= room["x"] + room["width"] + 12, part
