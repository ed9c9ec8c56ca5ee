"""Lesson 5's moving pictures as a learner meets them, in a notebook that holds nothing else."""

import io

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from browser import expected

CELLS = (
    """
from lessonlib.embeddings import encode
from lessonlib.live import blocks_explorer, training_explorer
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.training import N_STEPS
N_STEPS["reverse"] = 40  # for a test, too few to learn it is enough
model = load_checkpoint("sort")
def add(letters, start):
    tok_emb, pos_emb = model.wte[encode(letters)], model.wpe[start:start + 6]
    return tok_emb, pos_emb, tok_emb + pos_emb
""",
    "blocks_explorer(add, model)",
    "training_explorer()",
    "print(6 * 7)",
)
NOTEBOOK = ("moving.ipynb", 2, CELLS)


@pytest.fixture
def explorers(page_of):
    return page_of(*NOTEBOOK).explorers()


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
    training = explorers[1]
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
