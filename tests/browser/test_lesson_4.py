"""Lesson 4's explorers as a learner meets them."""

import numpy as np
import pytest
from seen import score_aloud

from browser import expected
from lessonlib.explore.lesson_4 import broken_table
from lessonlib.nano_gpt import load_checkpoint, load_history
from lessonlib.tasks import REVERSE, SORT

LESSON = "explorers_of_04_position_embeddings.ipynb"
MODELS = {"sorter": (load_checkpoint("sort"), SORT), "reverser": (load_checkpoint("reverse"), REVERSE)}
HISTORIES = {"sorter": load_history("sort"), "reverser": load_history("reverse")}


@pytest.fixture
def explorers(page_of):
    return page_of(LESSON).explorers()


def switch(board, slot):
    """The three radio buttons of a slot: keep, mean, zero."""
    return board.box.get_by_role("radiogroup", name=f"slot {slot}", exact=True).get_by_role("radio")


def assert_board_shows_what_its_controls_say(board):
    rows = "".join("KM0"[[each.is_checked() for each in switch(board, slot).all()].index(True)] for slot in range(11))
    table = board.box.get_by_label("start from").input_value()
    scale = float(board.value("then times"))
    limit = max(np.abs(model.wpe).max() for model, _ in MODELS.values())
    for part, (name, (model, task)) in enumerate(MODELS.items()):
        broken = broken_table(model.wpe, table, rows, scale)
        changed = model.with_tables(wpe=broken)
        assert score_aloud(name, changed, task) in expected.words(board)
        colours = expected.colours(np.clip(broken, -limit, limit), limit)
        np.testing.assert_array_equal(board.colours(part, (11, 48)), colours)


def test_the_board_by_keyboard_by_text_and_by_list(explorers):
    board = explorers[0]
    assert_board_shows_what_its_controls_say(board)
    for slot, keys, chosen in ((0, ["ArrowRight", "ArrowRight"], 2), (10, ["ArrowRight"], 1)):
        switch(board, slot).first.focus()
        for key in keys:
            board.page.page.keyboard.press(key)
        board.settle()
        assert switch(board, slot).nth(chosen).evaluate("radio => document.activeElement === radio && radio.checked")
        assert_board_shows_what_its_controls_say(board)
    for key in ("Home", "End"):
        board.press("then times", key)
        assert_board_shows_what_its_controls_say(board)
    for option in ("off by one", "shuffled", "sinusoids", "as trained"):
        board.choose("start from", option)
        assert_board_shows_what_its_controls_say(board)
    board.box.get_by_role("button", name="Reset").click()
    board.settle()
    board.type("all rows", "mmmmm kkkkkk")
    assert "Rows 0, 1, 2, 3 and 4 are each replaced by the mean of these 5 rows." in board.note()
    assert_board_shows_what_its_controls_say(board)
    board.box.get_by_label("all rows").fill("mmx")
    board.page.page.keyboard.press("Enter")
    refusal = board.box.locator(".ll-refusal [role=alert]")
    refusal.wait_for()
    assert "'X' is not one of K (keep), M (mean), 0 (zero)" in refusal.inner_text()
    assert_board_shows_what_its_controls_say(board)


def test_every_switch_stands_at_its_row_and_chips_set_them(explorers):
    board, browser = explorers[0], explorers[0].page.page
    for width in (1440, 900):
        browser.set_viewport_size({"width": width, "height": 1000})
        browser.wait_for_timeout(200)
        table = board.box.locator(".ll-panel[data-part='2']").bounding_box()
        for slot in (0, 5, 10):
            box = switch(board, slot).nth(1).bounding_box()
            middle = table["y"] + (slot + 0.5) / 11 * table["height"]
            off = box["y"] + box["height"] / 2 - middle
            assert abs(off) < 3 and box["x"] + box["width"] < table["x"], (width, slot, off)
    browser.set_viewport_size({"width": 1440, "height": 1000})
    switch(board, 7).nth(2).click()
    board.settle()
    assert "Row 7: all numbers 0." in board.note()
    for name, said in (("rows 0–4 → mean", "Rows 0, 1, 2, 3 and 4 are each"), ("shuffled", "The rows are shuffled.")):
        board.box.get_by_role("button", name=name).click()
        board.settle()
        assert board.note().startswith(said)
        assert_board_shows_what_its_controls_say(board)


def test_the_maps_follow_by_keyboard(explorers):
    maps, seen = explorers[1], set()
    for key, i in (("Home", 0), ("ArrowRight", 1), ("End", 40)):
        maps.press("% of training", key)
        assert maps.box.locator(".ll-plot i:visible").count() == 66  # where each row began, where it is, its number
        seen.add(maps.box.locator(".ll-plot").nth(1).inner_html())
        titles = maps.box.locator(".ll-plot > b").all_inner_texts()
        for title, (name, history) in zip(titles, HISTORIES.items(), strict=True):
            assert title == f"{name}: {history.scores[i]} of 729 right"
            assert f"{name}: the plane keeps " in expected.words(maps)
    assert len(seen) == 3
    for plane in ("best now", "random", "best at the end"):
        maps.choose("plane", plane)
        seen.add(maps.box.locator(".ll-plot").nth(1).inner_html())
    assert len(seen) == 4  # at the end, the best plane now is the best at the end


def test_the_sinusoids_by_keyboard_on_either_scale(explorers):
    sinusoids = explorers[2]
    for name in ("base", "first row", "rows apart"):
        for key in ("Home", "End"):
            sinusoids.press(name, key)
    note = sinusoids.note()
    assert "learned: there is no row 23, the table ends at row 10." in note and "rows 10 and 23 is" in note
    sinusoids.choose("sines, cosines", "full size")
    sinusoids.choose("sines, cosines", "learned size")
    assert sinusoids.box.locator(".ll-frame img:visible").count() == 1
    assert sinusoids.box.locator(".ll-panel:visible").count() == 4
    assert sinusoids.box.bounding_box()["height"] <= 700
    wpe = MODELS["sorter"][0].wpe
    np.testing.assert_array_equal(sinusoids.colours(0, (11, 48)), expected.colours(wpe, np.abs(wpe).max()))


def test_both_scores_follow_a_change_soon(explorers):
    """The time itself is for the benchmark; here only that scores belong to the newest choice after a fast drag."""
    board = explorers[0]
    board.handle("then times").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End", "ArrowLeft"):
        board.page.page.keyboard.press(key)
    board.settle()
    assert_board_shows_what_its_controls_say(board)
