"""Firefox: an explorer of every kind, with keys, mouse, words, a training. All other tests here drive Chromium."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from browser import expected
from browser.jupyter import ADD

CELLS = (
    ADD,
    "explore.the_sum(add, model)",
    "explore.blocks(add, model)",
    "explore.collisions(model)",
    "explore.card()",
    "explore.steps(model)",
    "explore.training()",
)
NOTEBOOK = ("firefox.ipynb", len(CELLS) - 1, CELLS)
SUM, BLOCKS, COLLISIONS, CARD, STEPS, TRAINING = range(len(CELLS) - 1)
TURNED = "box => getComputedStyle(box.querySelector('.ll-stage')).getPropertyValue('--turn')"


@pytest.fixture(scope="package")
def browser(started):
    return started("firefox")


@pytest.fixture
def explorers(page_of):
    return page_of(*NOTEBOOK).explorers()


def test_a_slider_of_each_has_a_name_and_moves_by_keys_and_picture_and_words_follow(explorers):
    n_cells = explorers[SUM].page.n_cells()
    for explorer in explorers:
        assert explorer.names() and all(explorer.names())
        assert explorer.note() and explorer.words() and not explorer.error()
    for i, name in ((SUM, "nudge"), (BLOCKS, "slot"), (COLLISIONS, "noise"), (CARD, "suit"), (STEPS, "step")):
        explorer, note, words = explorers[i], explorers[i].note(), explorers[i].words()
        explorer.press(name, "End")
        assert explorer.note() != note and explorer.words() != words and not explorer.error(), name
    assert explorers[SUM].page.n_cells() == n_cells


def test_every_cell_has_the_colour_of_its_number_and_typed_letters_change_them(explorers):
    explorer = explorers[SUM]
    explorer.type("six letters", "aabbcc")
    explorer._wait(lambda: [explorer.value(f"letter {i}") for i in range(6)] == list("AABBCC"))
    assert not explorer.error()
    line, _, panels = expected.sum_explorer(explorer)
    assert line in explorer.note()
    shown = explorer.all_colours({part: colours.shape[:2] for part, colours in panels.items()})
    for part, colours in panels.items():
        np.testing.assert_array_equal(shown[part], colours)


def test_single_keys_on_a_slider_leave_the_notebook_as_it_is(explorers):
    explorer = explorers[SUM]
    page, n_cells, note = explorer.page, explorer.page.n_cells(), explorer.note()
    explorer.handle("nudge").focus()
    for key in ("a", "b", "x", "d", "d", "j", "k", "m", "z"):
        page.page.keyboard.press(key)
    page.page.wait_for_timeout(300)
    assert page.n_cells() == n_cells and explorer.note() == note


def test_the_mouse_turns_the_blocks_and_selects_no_label(explorers):
    blocks = explorers[BLOCKS]
    page = blocks.page.page
    space = blocks.box.locator(".ll-space")
    space.scroll_into_view_if_needed()
    box = space.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 80, box["y"] + box["height"] / 2, steps=4)
    blocks._wait(lambda: float(blocks.box.evaluate(TURNED) or 0) == -40)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()") == ""


def test_a_list_is_chosen_from_and_the_steps_play_and_pause(explorers):
    dial, steps = explorers[COLLISIONS], explorers[STEPS]
    words = dial.words()
    dial.choose("tables", "count: id + slot")
    assert dial.words() != words and not dial.error()
    steps.box.get_by_role("button", name="Play").click()
    steps._wait(lambda: int(steps.value("step")) > 1)
    steps.box.get_by_role("button", name="Pause").click()
    steps.box.get_by_role("button", name="Play").wait_for()
    steps.settle()
    assert 1 < int(steps.value("step")) and steps.words()


def test_a_training_starts_and_stops_and_can_be_scrubbed(explorers):
    training = explorers[TRAINING]
    bar = training.box.get_by_role("progressbar")
    training.box.get_by_role("button", name="Train").click()
    training._wait(lambda: bar.count() == 1 and float(bar.get_attribute("value")) > 0)
    training.box.get_by_role("button", name="Stop").click()
    training._wait(lambda: bar.count() == 0)
    training.settle()
    assert int(training.value("training step")) > 0 and not training.error()
    training.press("training step", "Home")
    assert training.value("training step") == "0" and "step 0" in training.words()


def test_axe_finds_no_barrier(explorers):
    results = Axe().run(explorers[SUM].page.page, context=".ll-explorer")
    assert [(found["id"], found["nodes"][0]["html"]) for found in results.response["violations"]] == []
