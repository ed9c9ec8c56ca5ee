"""Lesson 5's moving pictures as a learner meets them, in a notebook that holds nothing else."""

import io

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from browser import expected
from browser.jupyter import SlowNetwork, write_notebook
from lessonlib.embeddings import encode

CELLS = (
    """
from lessonlib.embeddings import encode
from lessonlib.live import blocks_explorer, card_explorer, steps_explorer, training_explorer
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.training import N_STEPS
N_STEPS["reverse"] = 40  # for a test, too few to learn it is enough
model = load_checkpoint("sort")
def add(letters, start):
    tok_emb, pos_emb = model.wte[encode(letters)], model.wpe[start:start + 6]
    return tok_emb, pos_emb, tok_emb + pos_emb
""",
    "blocks_explorer(add, model)",
    """
steps = steps_explorer(model)
steps.controls["step"].player.interval = 500  # a test has no time to read
steps
""",
    "training_explorer()",
    "card_explorer()",
    "print(6 * 7)",
)
NOTEBOOK = ("moving.ipynb", 4, CELLS)


@pytest.fixture
def explorers(page_of):
    return page_of(*NOTEBOOK).explorers()


def assert_step_is_shown(explorer):
    """Compare the rows that are placed with the pure sum, and the empty ones with white."""
    letters, step = "".join(explorer.value(f"letter {i}") for i in range(6)), int(explorer.value("step"))
    assert explorer.note().startswith(f"step {step} of 10:")
    assert explorer.words().endswith(expected.spoken(explorer.note()))
    model, n_placed = expected.MODEL, max(0, step - 4)
    limit = max(np.abs(model.wte).max(), np.abs(model.wpe).max(), np.abs(model.wte[:, None] + model.wpe).max())
    x = model.wte[encode(letters)] + model.wpe[:6]
    shown = explorer.colours("input", (6, 48))
    np.testing.assert_array_equal(shown[:n_placed], expected.colours(x, limit)[:n_placed])
    assert (shown[n_placed:] == 255).all()


def play_and_wait(explorer, name, done):
    explorer.box.get_by_role("button", name=name).click()
    explorer._wait(done)


def test_the_steps_play_pause_and_scrub_by_mouse_and_keyboard_whatever_else_is_touched(explorers):
    steps = explorers[1]
    page, n_cells = steps.page.page, steps.page.n_cells()
    assert_step_is_shown(steps)
    play_and_wait(steps, "Play", lambda: steps.value("step") == "2")  # from the last step, it starts anew
    steps.handle("letter 1").focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(700)
    steps._wait(lambda: steps.value("step") in "456")
    steps.box.get_by_role("button", name="Pause").click()
    paused = steps.value("step")
    page.wait_for_timeout(900)
    assert steps.value("step") == paused and steps.value("letter 1") == "A"
    steps.settle()
    assert_step_is_shown(steps)
    steps.handle("step").focus()
    page.keyboard.press(" ")
    steps._wait(lambda: int(steps.value("step")) > int(paused))
    page.keyboard.press(" ")
    steps.box.locator(".widget-play button").first.focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "d", "d", "b"):
        page.keyboard.press(key)
    steps.settle()
    assert steps.value("step") == "2" and steps.page.n_cells() == n_cells
    assert_step_is_shown(steps)
    page.keyboard.press(" ")
    steps._wait(lambda: steps.value("step") == "4")
    steps.box.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(900)
    steps.settle()
    assert steps.value("step") == "10" and steps.value("letter 1") == "B"
    assert steps.box.get_by_role("button", name="Play").is_visible()
    assert_step_is_shown(steps)


def test_a_row_is_seen_at_many_places_on_its_way(explorers):
    steps = explorers[1]
    for key in ("Home", "ArrowRight"):
        steps.press("step", key)
    steps.box.evaluate(
        """box => { const seen = window.seen = new Set(); const look = () => {
          for (const each of box.querySelectorAll('.ll-flight'))
            if (getComputedStyle(each).opacity === '1') seen.add(Math.round(each.getBoundingClientRect().y));
          requestAnimationFrame(look); }; look(); }"""
    )
    steps.press("step", "ArrowRight")
    page = steps.page.page
    page.wait_for_timeout(1000)
    places = page.evaluate("[...window.seen].sort((a, b) => a - b)")
    tables, bench = (steps.box.locator(f".ll-panel.ll-{label}").bounding_box()["y"] for label in ("tokens", "bench"))
    assert len(places) > 8 and places[0] >= tables - 10 and abs(places[-1] - bench) < 3


def test_playing_over_a_slow_network_ends_on_the_last_step(open_notebook, folder, server):
    name, n_explorers, cells = NOTEBOOK
    write_notebook(folder / name, cells)
    slow = SlowNetwork(server[0], delay=0)
    try:
        page = open_notebook(name, port=slow.port)
        page.run_all(n_explorers)
        steps = page.explorers()[1]
        slow.delay = 0.15  # opening the page would take long, and prove nothing
        play_and_wait(steps, "Play", lambda: steps.value("step") == "1")
        steps._wait(lambda: steps.value("step") == "10")
        page.page.wait_for_timeout(1000)
        steps.settle()
        assert_step_is_shown(steps)
        assert steps.box.get_by_role("button", name="Play").is_visible()
    finally:
        slow.close()


MIDDLES = """svg => [...svg.querySelectorAll('g:has(path[stroke="#b35900"][stroke-width="3.2"])')].map(g => {
  const image = g.querySelector('image'), matrix = g.getScreenCTM(), n = image.width.baseVal.value;
  const middles = [...Array(n).keys()].map(i => new DOMPoint(i + 0.5, 0.5).matrixTransform(matrix));
  return middles.map(each => [each.x, each.y]);
})"""


def test_the_blocks_turn_to_every_extreme_and_the_chosen_row_has_its_exact_colours(explorers):
    blocks, model = explorers[0], expected.MODEL
    drawing, seen = blocks.box.locator(".ll-space"), set()
    limit = max(np.abs(model.wte).max(), np.abs(model.wpe).max(), np.abs(model.wte[:, None] + model.wpe).max())
    drawing.scroll_into_view_if_needed()
    (_, front, _), page = drawing.evaluate(MIDDLES), blocks.page.page  # the end, the front and the top of the row
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB"))
    across, down = np.array(front).T.astype(int)
    np.testing.assert_array_equal(pixels[down, across], expected.colours(model.wte[1] + model.wpe[3], limit))
    for name, key, words in (
        ("azimuth °", "Home", "180 degrees to the left of the front"),
        ("azimuth °", "End", "180 degrees to the right of the front"),
        ("elevation °", "Home", "90 degrees below"),
        ("elevation °", "End", "90 degrees above"),
        ("slot", "Home", "slot 0 holds C: row 2 of Token Embed + row 0 of Position Embed"),
        ("slot", "End", "slot 5 holds C: row 2 of Token Embed + row 5 of Position Embed"),
        ("letter 5", "Home", "slot 5 holds A: row 0 of Token Embed + row 5 of Position Embed"),
    ):
        blocks.press(name, key)
        assert words in blocks.words()
        seen.add(drawing.evaluate("svg => svg.outerHTML"))
    assert len(seen) == 6  # 180 degrees to the left and to the right are one place


def status(training):
    return training.box.locator(".ll-status").inner_text()


def test_a_training_runs_stops_and_is_scrubbed_and_the_notebook_stays_usable(explorers):
    training = explorers[2]
    page = training.page
    train, stop = (training.box.get_by_role("button", name=name) for name in ("Train", "Stop"))
    assert "3 to 10 seconds" in status(training) or "Stopped" in status(training)
    train.click()
    training._wait(lambda: "training sort, seed 0: step" in status(training))
    bar = training.box.get_by_role("progressbar")
    training._wait(lambda: float(bar.get_attribute("value")) > 0)
    train.click()  # does nothing
    page.page.locator(".jp-CodeCell", has_text="print(6 * 7)").locator(".cm-content").click()
    page.page.keyboard.press("Shift+Enter")
    page.page.locator(".jp-CodeCell", has_text="print(6 * 7)").get_by_text("42", exact=True).wait_for()
    page.command("kernelmenu:interrupt")  # cells answer to it; a training has its own button
    stop.click()
    training._wait(lambda: "Stopped at step" in status(training))
    last = int(status(training).split("step ")[1].split(" of")[0])
    training.settle()
    assert training.value("training step") == str(last) and f"step {last}" in training.words()
    training.press("training step", "Home")
    assert "sort, seed 0, step 0: " in training.words() and "Stopped at step" in training.words()
    training.box.get_by_label("task").select_option("reverse")
    training.box.get_by_label("seed").fill("7")
    training.box.get_by_label("seed").press("Enter")
    train.click()
    training._wait(lambda: "Seed 7 ends at" in status(training))
    training.settle()
    assert "reverse, seed 7, step 40" in training.words()
    training.press("training step", "ArrowLeft")
    assert "step 39" in training.words()


def test_a_card_is_chosen_by_mouse_and_by_keyboard(explorers):
    card = explorers[3]
    keyboard = card.page.page.keyboard
    card.box.get_by_label("value").select_option("K")
    card.box.get_by_label("suit", exact=True).focus()
    keyboard.press("ArrowDown")
    card.settle()
    assert "K of spades: value 13, suit 3. Added, with suits 13 apart: 13 + 13 × 3 = 52." in card.words()
    card.box.get_by_label("value").focus()
    for key in ("Home", "d", "d"):
        keyboard.press(key)
    card.press("suits apart", "Home")
    assert (
        "A of spades: value 1, suit 3. Added, with suits 1 apart: 1 + 1 × 3 = 4. 4 cards have this sum" in card.words()
    )


def test_in_notebook_7_the_steps_play_by_keyboard(page_of):
    steps = page_of(*NOTEBOOK, app="notebook").explorers()[1]
    keyboard = steps.page.page.keyboard
    steps.handle("step").focus()
    keyboard.press("Home")
    steps.settle()
    keyboard.press(" ")
    steps._wait(lambda: int(steps.value("step")) > 1)
    keyboard.press(" ")
    keyboard.press("End")
    steps.settle()
    assert_step_is_shown(steps)


@pytest.mark.parametrize("width", [1440, 900])
def test_axe_finds_no_barrier_and_nothing_is_cut_off(page_of, width):
    page = page_of(*NOTEBOOK, width=width)
    results = Axe().run(page.page, context=".ll-explorer")
    assert [(found["id"], found["nodes"][0]["html"]) for found in results.response["violations"]] == []
    for explorer in page.explorers():
        room = explorer.box.bounding_box()
        parts = ".noUi-handle, button:visible, input, select, .ll-note, .ll-space, .ll-redrawn, .ll-row-labels:visible"
        for part in explorer.box.locator(parts).all():
            box = part.bounding_box()
            assert box["x"] >= room["x"] - 12 and box["x"] + box["width"] <= room["x"] + room["width"] + 12, part
