"""What page.js does for every explorer: quiet words, the number under the mouse, a word after a restart."""

import pytest

NOTEBOOK = "page.ipynb"
CELLS = (
    """
import numpy as np
from lessonlib.explore.controls import int_slider
from lessonlib.explore.explorer import Explorer
from lessonlib.scene import Cells, Scene
def explorer(fails=()):
    def show(row):
        if row in fails:
            raise ValueError(f"row {row} fails")
        return Scene(Cells("matrix", np.full((2, 48), -row / 10), ("A", "B"), limit=1.0), text=f"x = -{row}")
    return Explorer("rows", {"row": int_slider("row", 0, 9, 0)}, show)
explorer()
""",
    "explorer(fails=(0, 1, 2))",
)


@pytest.fixture
def page(page_of):
    return page_of(NOTEBOOK, n_explorers=2, cells=CELLS)


@pytest.fixture
def explorers(page):
    return page.explorers()


def test_the_words_follow_after_a_rest_and_say_minus(explorers):
    explorer = explorers[0]
    explorer.press("row", "End")
    assert explorer.note() == "x = -9" and explorer.words() == "x = minus 9"


def test_the_mouse_over_a_cell_shows_its_row_column_and_number(explorers):
    explorer = explorers[0]
    explorer.press("row", "ArrowRight")
    panel = explorer.box.locator(".ll-panel[data-part]")
    box = panel.bounding_box()
    explorer.page.page.mouse.move(box["x"] + box["width"] * 17.5 / 48, box["y"] + box["height"] * 1.5 / 2)
    assert panel.get_attribute("title") == "row B, column 17: −0.1000"


def test_a_button_that_is_clicked_has_focus_in_browsers_that_give_it_none(explorers):
    button, page = explorers[0].box.get_by_role("button", name="Reset"), explorers[0].page.page
    page.evaluate("document.activeElement.blur()")
    button.dispatch_event("click")  # a click without the mouse: no browser gives focus for it
    assert button.evaluate("button => document.activeElement === button")


def test_what_fails_at_once_shows_its_message_and_no_frames_and_recovers(explorers):
    explorer = explorers[1]
    assert "row 0 fails" in explorer.error() and explorer.box.locator(".ll-frame img").count() == 0
    explorer.handle("row").focus()
    explorer.page.page.keyboard.press("ArrowRight")
    explorer._wait(lambda: "row 1 fails" in explorer.error())
    explorer.page.page.keyboard.press("End")
    explorer._wait(lambda: explorer.error() == "" and explorer.note() == "x = -9")
    explorer.page.page.keyboard.press("Home")
    explorer._wait(lambda: "row 0 fails. The picture still shows the last values" in explorer.error())
    assert explorer.note() == "x = -9"


def test_nothing_of_ours_is_left_on_the_window(page):
    assert page.page.evaluate("Object.keys(window).filter(key => /lesson|^ll/i.test(key))") == []


def test_a_line_warns_only_where_the_page_may_not_run_our_script(page, explorers, open_notebook):
    page.page.wait_for_timeout(1700)
    assert not explorers[0].box.get_by_text("may be taken as commands").is_visible()
    other = open_notebook(NOTEBOOK, policy="script-src 'self' 'unsafe-eval' blob:")
    other.command("notebook:run-all-cells")  # words follow by the script, so there is no rest to wait for
    other.page.wait_for_function("document.querySelectorAll('.ll-explorer .ll-note').length === 1")
    other.page.wait_for_timeout(1700)
    explorer = other.explorers()[0]
    assert explorer.box.get_by_text("may be taken as commands").first.is_visible()
    slider = explorer.box.locator(".noUi-handle")
    slider.focus()
    other.page.keyboard.press("ArrowRight")  # all else works
    explorer._wait(lambda: explorer.note() == "x = -1")


def test_after_a_restart_it_says_to_run_the_cell_again(page, open_notebook):
    page = open_notebook(NOTEBOOK)
    page.run_all(n_explorers=2)
    explorer = page.explorers()[0]
    explorer.settle()
    page.page.wait_for_timeout(2500)
    assert "restarted" not in explorer.box.inner_text()
    page.page.evaluate("window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart()")
    page.page.wait_for_timeout(1500)
    explorer.handle("row").focus()
    page.page.keyboard.press("ArrowRight")
    explorer._wait(lambda: "The kernel has restarted: run this cell again." in explorer.box.inner_text())
    page.run_all(n_explorers=2)
    explorer = page.explorers()[0]
    explorer.settle()
    explorer.press("row", "End")
    assert explorer.note() == "x = -9" and "restarted" not in explorer.box.inner_text()
