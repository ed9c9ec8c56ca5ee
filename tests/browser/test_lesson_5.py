"""Lesson 5's explorer as a learner meets it."""

import io
import re

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from seen import aloud

from browser import expected
from browser.jupyter import IDLE, SlowNetwork
from lessonlib.embeddings import encode

WHOLE, LESSON = "05_combined_input_embedding.ipynb", "sum_explorer.ipynb"  # the second holds only the first explorer
LETTERS = [f"letter {i}" for i in range(6)]
NUMBERS = ["start position", "inspect row", "inspect channel", "nudge"]


@pytest.fixture(autouse=True, scope="module")
def only_the_first_explorer(folder):
    """Write a notebook of the cells that the sum's explorer needs, as they stand in the lesson, with their outputs."""
    notebook = nbformat.read(folder / WHOLE, as_version=4)
    needed = ("load_checkpoint(", "def add(")
    notebook.cells = [
        next(cell for cell in notebook.cells if cell.cell_type == "code" and text in cell.source) for text in needed
    ]
    nbformat.write(notebook, folder / LESSON)


@pytest.fixture
def explorer(page_of):
    return page_of(LESSON).explorers()[0]


def assert_shows_what_the_controls_say(explorer):
    line, answer, panels = expected.sum_explorer(explorer)
    assert line in explorer.note()
    assert aloud(line) in explorer.words()
    assert answer is None or explorer.words().startswith(aloud(f"The model answers {answer} to "))
    nudge = float(explorer.handle("nudge").get_attribute("aria-valuenow"))
    assert f"{nudge:.2f}" == explorer.value("nudge").replace("−", "-")
    assert answer is None or re.search(f"answers {answer} to ", explorer.note())
    shown = explorer.all_colours({part: colours.shape[:2] for part, colours in panels.items()})
    for part, colours in panels.items():
        np.testing.assert_array_equal(shown[part], colours)


def test_every_slider_by_keyboard_to_every_extreme(explorer):
    assert explorer.names() == LETTERS + NUMBERS
    n_cells = explorer.page.n_cells()
    for name in LETTERS + NUMBERS:
        for key in ("Home", "ArrowRight", "End"):
            explorer.press(name, key)
            assert_shows_what_the_controls_say(explorer)
        explorer.press(name, "Home")
    assert explorer.page.n_cells() == n_cells


def test_a_nudge_large_enough_tips_the_answer_and_reset_brings_it_back(explorer):
    explorer.press("inspect row", "End")
    answers = set()
    for key in ("End", "Home"):
        explorer.press("nudge", key)
        for _ in range(6):
            explorer.press("inspect channel", "ArrowRight")
            assert_shows_what_the_controls_say(explorer)
            answers.add(expected.sum_explorer(explorer)[1])
    assert len(answers) > 1 and "to the unchanged sum" in explorer.note()


def test_the_chances_of_every_letter_are_painted_as_small_bars(explorer):
    explorer.press("nudge", "End")
    dark = []
    x = expected.MODEL.wte[encode("CBABBC")] + expected.MODEL.wpe[:6]
    x[3, 0] += 0.5
    odds = np.exp(expected.MODEL.logits_from(x)[-1].astype(float))
    bars = np.asarray(Image.open(io.BytesIO(explorer.box.locator(".ll-tiles u").first.screenshot())).convert("L"))
    for i in range(3):
        dark.append((bars[1:-1, int((i + 0.5) * bars.shape[1] / 3)] < 100).mean())
    np.testing.assert_allclose(dark, odds / odds.sum(), atol=0.12)
    assert max(dark) > 0.5


def test_single_keys_on_any_control_leave_the_notebook_as_it_is(explorer):
    page = explorer.page
    n_cells, before = page.n_cells(), explorer.note()
    for control in explorer.box.locator(".noUi-handle, button").all():
        control.focus()
        for key in ("a", "b", "x", "d", "d", "j", "k", "m", "z"):
            page.page.keyboard.press(key)
    page.page.wait_for_timeout(300)
    assert page.n_cells() == n_cells and explorer.note() == before


def test_tab_reaches_every_control_and_focus_can_be_seen(explorer):
    page = explorer.page.page
    explorer.box.locator("input").first.focus()
    reached = []
    for _ in range(25):
        page.keyboard.press("Tab")
        what = page.evaluate(
            "() => { const f = document.activeElement; return f.closest('.ll-explorer') && ["
            "f.getAttribute('aria-label') || f.textContent, getComputedStyle(f).outlineStyle,"
            "parseFloat(getComputedStyle(f).outlineWidth)] }"
        )
        if what is None:
            break
        reached.append(what[0])
        assert what[1] != "none" and what[2] >= 2, what
    assert set(LETTERS + NUMBERS + ["Reset"]) <= set(reached)


def test_typed_letters_move_the_sliders_and_wrong_ones_are_refused_in_words(explorer):
    explorer.type("six letters", "AABBCX")
    assert "letter 'X' in slot 5 is not one of A B C" in explorer.error()
    assert_shows_what_the_controls_say(explorer)  # the last good picture
    explorer.type("six letters", "aabbcc")
    assert explorer.error() == ""
    assert [explorer.value(name) for name in LETTERS] == list("AABBCC")
    assert_shows_what_the_controls_say(explorer)
    explorer.box.get_by_role("button", name="Reset").click()
    explorer.settle()
    assert [explorer.value(name) for name in LETTERS] == list("CBABBC")
    assert_shows_what_the_controls_say(explorer)


WATCH = """box => {
  const stage = box.querySelector('.ll-stage');
  const seen = window.seen = {frames: 0, blank: 0, heights: new Set(), shown: new Set(), going: true};
  const look = () => {
    seen.frames += 1;
    const images = [...stage.querySelectorAll('.ll-panel img')];
    if (images.length !== 3 || images.some(i => !i.complete || !i.naturalWidth)) seen.blank += 1;
    seen.heights.add(box.getBoundingClientRect().height);
    seen.shown.add(stage.querySelector('.ll-note').textContent);
    if (seen.going) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
STOP = """() => { const seen = window.seen; seen.going = false;
  return {frames: seen.frames, blank: seen.blank, heights: seen.heights.size, shown: seen.shown.size}; }"""


def drag(explorer, name, distance, n_steps=60):
    """Take a slider with the mouse and move it fast; report what every frame in between showed."""
    explorer.handle(name).scroll_into_view_if_needed()
    mouse, box = explorer.page.page.mouse, explorer.handle(name).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    explorer.box.evaluate(WATCH)
    mouse.move(x, y)
    mouse.down()
    for i in range(1, n_steps + 1):
        mouse.move(x + distance * i / n_steps, y)
        explorer.page.page.wait_for_timeout(10)
    mouse.up()
    explorer.settle()
    return explorer.page.page.evaluate(STOP)


def test_a_fast_drag_shows_a_picture_in_every_frame_moves_nothing_and_ends_on_the_last_value(explorer):
    seen = drag(explorer, "inspect channel", 300)
    assert explorer.value("inspect channel") == "47"
    assert seen["frames"] > 20 and seen["shown"] > 3
    assert seen["blank"] == 0 and seen["heights"] == 1
    assert_shows_what_the_controls_say(explorer)


def test_a_drag_over_a_slow_network_ends_on_the_last_value(open_notebook, server):
    slow = SlowNetwork(server[0], delay=0)
    try:
        page = open_notebook(LESSON, port=slow.port)
        page.run_all(n_explorers=1)
        slow.delay = 0.15  # opening the page would take long, and prove nothing
        explorer = page.explorers()[0]
        for distance in (300, -70):
            before = explorer.value("inspect channel")
            seen = drag(explorer, "inspect channel", distance)
            page.page.wait_for_timeout(1500)
            explorer.settle()
            assert explorer.value("inspect channel") != before and seen["blank"] == 0
            assert_shows_what_the_controls_say(explorer)
    finally:
        slow.close()


@pytest.mark.parametrize(("width", "ratio"), [(1440, 2), (900, 1), (900, 2)])
def test_it_is_sharp_and_whole_at_other_sizes(page_of, width, ratio):
    (explorer,) = page_of(LESSON, width=width, ratio=ratio).explorers()
    assert_shows_what_the_controls_say(explorer)
    room = explorer.box.bounding_box()
    for part in explorer.box.locator(
        ".noUi-handle, button, input, .ll-note, .ll-frame img:visible, .ll-row-labels"
    ).all():
        box = part.bounding_box()
        assert box["x"] >= room["x"] - 12 and box["x"] + box["width"] <= room["x"] + room["width"] + 12, part


def test_the_mouse_over_a_cell_shows_its_row_column_and_number(explorer):
    panel = explorer.box.locator(".ll-panel[data-part='3']")
    panel.scroll_into_view_if_needed()
    box = panel.bounding_box()
    explorer.page.page.mouse.move(box["x"] + box["width"] * 17.5 / 48, box["y"] + box["height"] * 2.5 / 6)
    number = expected.MODEL.wte[0, 17] + expected.MODEL.wpe[2, 17]
    assert panel.get_attribute("title") == f"row 2 A, column 17: {number:.4f}"


def test_the_words_are_a_live_region_that_keeps_quiet_during_a_drag(open_notebook):
    page = open_notebook(LESSON)  # no hasty one
    page.run_all(n_explorers=1)
    explorer = page.explorers()[0]
    status = explorer.box.locator(".ll-words[role=status]")
    assert "inspect" not in status.text_content() and "channel 0" in status.text_content()
    explorer.box.evaluate(
        "box => { window.said = []; new MutationObserver(() => window.said.push(1))"
        ".observe(box.querySelector('.ll-words'), {subtree: true, childList: true}) }"
    )
    seen = drag(explorer, "inspect channel", 300)
    assert len(explorer.page.page.evaluate("window.said")) < seen["shown"] / 2
    assert "channel 47" in explorer.words()


def test_in_notebook_7_arrows_move_sliders_and_letters_do_not_touch_cells(page_of):
    page = page_of(LESSON, app="notebook")
    explorer = page.explorers()[0]
    n_cells = page.n_cells()
    for name in ("letter 2", "inspect channel"):
        before = explorer.value(name)
        explorer.press(name, "ArrowRight")
        assert explorer.value(name) != before
        assert_shows_what_the_controls_say(explorer)
        for key in ("a", "d", "d"):
            page.page.keyboard.press(key)
    assert page.n_cells() == n_cells


def test_in_the_dark_theme_everything_can_be_read(explorer):
    page = explorer.page
    try:
        page.command("apputils:change-theme", {"theme": "JupyterLab Dark"})
        page.page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
        assert_shows_what_the_controls_say(explorer)
        results = Axe().run(page.page, context=".ll-explorer")
        assert [found["id"] for found in results.response["violations"]] == []
    finally:
        page.command("apputils:change-theme", {"theme": "JupyterLab Light"})
        page.page.wait_for_function("document.body.dataset.jpThemeLight === 'true'")


def test_without_a_kernel_there_is_a_picture_with_words_and_what_to_do(open_notebook):
    page = open_notebook(LESSON, kernel=False)
    figure = page.page.locator("figure", has_text="run this cell")
    image = figure.locator("img")
    assert image.evaluate("async i => { await i.decode(); return i.naturalWidth }") > 1000
    assert "answers A, B, B, B, C, C to C, B, A, B, B, C" in image.get_attribute("alt")
    assert page.page.locator(".ll-explorer").count() == 0


def test_run_twice_and_two_at_once_and_errors_of_a_learner(open_notebook, folder):
    notebook = nbformat.read(folder / LESSON, as_version=4)
    (place,) = [i for i, cell in enumerate(notebook.cells) if "def add(" in cell.source]
    broken = nbformat.v4.new_code_cell(
        re.sub(
            r"return .*",
            "return (tok_emb, pos_emb, tok_emb + pos_emb) if start < 5 else mistake",
            notebook.cells[place].source,
        )
    )
    notebook.cells = [*notebook.cells[: place + 1], broken]
    nbformat.write(notebook, folder / "two.ipynb")
    page = open_notebook("two.ipynb")
    page.run_all(n_explorers=2)
    page.run_all(n_explorers=2)
    good, bad = page.explorers()
    bad.press("start position", "End")
    assert "NameError: name 'mistake' is not defined" in bad.error() and "slot 3, channel 0" in bad.note()
    bad.press("start position", "ArrowLeft")
    assert bad.error() == ""
    assert_shows_what_the_controls_say(bad)
    good.press("letter 0", "Home")
    assert_shows_what_the_controls_say(good)
    assert bad.value("letter 0") == "C"
    assert page.errors() == [] and page.problems == []
    page.page.wait_for_function(IDLE)
