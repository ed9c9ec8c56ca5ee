"""Lesson 4's explorers as a learner meets them."""

import numpy as np
import pytest

from browser import expected
from lessonlib.explore.lesson_4 import broken_table
from lessonlib.nano_gpt import load_checkpoint, load_history
from lessonlib.tasks import REVERSE, SORT, score

LESSON = "04_position_embeddings.ipynb"
MODELS = {"sorter": (load_checkpoint("sort"), SORT), "reverser": (load_checkpoint("reverse"), REVERSE)}
HISTORIES = {"sorter": load_history("sort"), "reverser": load_history("reverse")}
SYMBOLS = {"keep": "K", "mean": "M", "zero": "0"}


@pytest.fixture
def explorers(page_of):
    return page_of(LESSON).explorers()


def assert_board_shows_what_its_controls_say(board):
    rows = "".join(SYMBOLS[board.value(f"slot {slot}")] for slot in range(11))
    table = board.box.get_by_label("start from").input_value()
    scale = float(board.value("then times"))
    limit = max(np.abs(model.wpe).max() for model, _ in MODELS.values())
    for part, (name, (model, task)) in enumerate(MODELS.items()):
        broken = broken_table(model.wpe, table, rows, scale)
        changed = model.with_tables(wpe=broken)
        assert f"{name}: {score(changed, task)} of 729 right." in expected.words(board)
        assert f"CBABBC with {changed.answer('CBABBC')} (" in expected.words(board)
        colours = expected.colours(np.clip(broken, -limit, limit), limit)
        np.testing.assert_array_equal(board.colours(part, (11, 48)), colours)


def test_the_board_by_keyboard_by_text_and_by_list(explorers):
    board = explorers[0]
    assert_board_shows_what_its_controls_say(board)
    for name, key in (("slot 0", "End"), ("slot 10", "ArrowRight"), ("then times", "Home"), ("then times", "End")):
        board.press(name, key)
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


def test_the_maps_follow_by_keyboard_and_the_random_start_stays_beside_them(explorers):
    maps, seen = explorers[1], set()
    for key, i in (("Home", 0), ("ArrowRight", 1), ("End", 40)):
        maps.press("% of training", key)
        assert maps.box.locator(".ll-plot i:visible").count() == 44
        seen.add(maps.box.locator(".ll-plot").nth(1).inner_html())
        titles = maps.box.locator(".ll-plot > b").all_inner_texts()
        for start, title, (name, history) in zip(titles[::2], titles[1::2], HISTORIES.items(), strict=True):
            assert start.startswith(f"{name}, random start\nkeeps ")
            assert title.startswith(f"{name}: {history.scores[i]} of 729\nkeeps ")
            assert f"{name}: the plane keeps {title.split()[-3]} of the differences" in expected.words(maps)
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
    sinusoids.choose("sines, cosines", "learned size")
    assert sinusoids.box.locator(".ll-frame img:visible").count() == 1
    assert sinusoids.box.locator(".ll-panel:visible").count() == 2
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
