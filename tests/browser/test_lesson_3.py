"""Lesson 3's explorers as a learner meets them."""

import numpy as np
import pytest

from browser import expected
from lessonlib.nano_gpt import load_history

LESSON = "explorers_of_03_token_embeddings.ipynb"
HISTORIES = {
    "sorter": load_history("sort"),
    "reverser": load_history("reverse"),
    "synonym model": load_history("synonyms"),
}


@pytest.fixture
def explorers(page_of):
    return page_of(LESSON).explorers()


@pytest.fixture
def explorer(explorers):
    return explorers[0]


def assert_shows_what_the_controls_say(explorer):
    line, number, counted, panels = expected.look_up_explorer(explorer)
    assert explorer.note().startswith(line) and f"= {number}\n" in explorer.note()
    assert line in expected.words(explorer) and counted in expected.words(explorer)
    shown = explorer.all_colours({part: colours.shape[:2] for part, colours in panels.items()})
    for part, colours in panels.items():
        np.testing.assert_array_equal(shown[part], colours)


def test_every_slider_by_keyboard_to_every_extreme(explorer):
    for name in explorer.names():
        for key in ("Home", "End"):
            explorer.press(name, key)
            assert_shows_what_the_controls_say(explorer)


def test_every_swap_shows_the_models_answer_and_its_score_of_729(explorer):
    scores = set()
    for swap in expected.SWAPS:
        explorer.choose("rows of table", swap)
        assert_shows_what_the_controls_say(explorer)
        scores.add(explorer.box.locator(".ll-counted").inner_text())
    assert len(scores) == 4


def test_a_click_on_a_tile_or_a_key_on_it_moves_the_slider_of_the_letter_and_reset_comes_back(explorer):
    tile, keyboard = explorer.box.get_by_role("button", name="letter 1: the next one"), explorer.page.page.keyboard
    for do, letter in (
        (tile.click, "C"), (tile.click, "A"), (lambda: keyboard.press("Enter"), "B"), (lambda: keyboard.press(" "), "C")
    ):  # fmt: skip
        do()
        explorer.settle()
        assert explorer.value("letter 1") == tile.inner_text() == letter
        assert_shows_what_the_controls_say(explorer)
    assert explorer.box.locator(".ll-places .noUi-base").first.bounding_box()["width"] >= 60
    assert explorer.box.bounding_box()["height"] <= 700
    explorer.box.get_by_role("button", name="Reset").click()
    explorer.settle()
    assert_shows_what_the_controls_say(explorer)


def test_a_dropdown_keeps_its_keys(explorer):
    n_cells = explorer.page.n_cells()
    explorer.box.get_by_label("rows of table").focus()
    for key in ("ArrowDown", "d", "d", "a", "x"):
        explorer.page.page.keyboard.press(key)
    explorer.settle()
    assert explorer.page.n_cells() == n_cells
    assert explorer.box.get_by_label("rows of table").input_value() != "as trained"
    assert_shows_what_the_controls_say(explorer)


def test_the_triangles_follow_every_step(explorers):
    explorer, seen = explorers[1], set()
    for key, i in (("Home", 0), ("ArrowRight", 1), ("End", 40)):
        explorer.press("% of training", key)
        plots = explorer.box.locator(".ll-plot")
        *triangles, curves = plots.all()
        assert curves.locator("i").count() == 3
        for plot, (name, history) in zip(triangles, HISTORIES.items(), strict=True):
            apart = centres_apart(plot.locator("i"))
            sides = [np.linalg.norm(history.wte[i, a] - history.wte[i, b]) for a, b in ((0, 1), (0, 2), (1, 2))]
            np.testing.assert_allclose(apart / apart.sum(), np.array(sides) / sum(sides), rtol=0.02)
            assert plot.locator("b").inner_text().split("\n") == [
                name,
                f"step {history.steps[i]}",
                f"{history.scores[i]} of 729 right",
            ]
            assert f"{name}: A-B {sides[0]:.3f}, A-C {sides[1]:.3f}, B-C {sides[2]:.3f}" in expected.words(explorer)
        seen.add(plots.first.inner_html())
    assert len(seen) == 3
    explorer.press("% of training", "Home")
    explorer.box.get_by_role("button", name="Play").click()
    explorer._wait(lambda: float(explorer.value("% of training")) > 10)  # it plays by itself
    explorer.handle("% of training").focus()
    explorer.page.page.keyboard.press("Home")  # and whoever moves the slider takes over
    explorer.settle()
    assert explorer.value("% of training") == "0"


def centres_apart(discs):
    """The distances between three discs on the screen, (3,)."""
    boxes = [disc.bounding_box() for disc in discs.all()]
    one, two, three = (np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]) for box in boxes)
    return np.array([np.linalg.norm(one - two), np.linalg.norm(one - three), np.linalg.norm(two - three)])


GLIDES = """box => {
  window.glides = 0;
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (...how) {
    if (box.contains(this)) window.glides += 1;
    return animate.apply(this, how);
  };
}"""


def test_points_glide_and_swapped_rows_cross_but_not_for_those_who_want_less_motion(explorers):
    look_up, triangles = explorers[:2]
    page = look_up.page.page
    triangles.press("% of training", "End")
    for explorer, move in (
        (triangles, lambda: triangles.press("% of training", "Home")),
        (look_up, lambda: look_up.choose("rows of table", "A and C swapped")),
    ):
        explorer.box.evaluate(GLIDES)
        page.wait_for_timeout(400)  # pictures that come faster do not glide
        move()
        assert page.evaluate("window.glides") > 0
    page.emulate_media(reduced_motion="reduce")
    look_up.box.evaluate("window.glides = 0")
    page.wait_for_timeout(400)
    look_up.choose("rows of table", "as trained")
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate("window.glides") == 0
