"""A training as a learner starts, stops and scrubs it, with another explorer and another cell in use."""

import pytest

CELLS = (
    """
from lessonlib import explore
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.training import N_STEPS
N_STEPS["reverse"] = 40  # for a test, too few to learn it is enough
""",
    "explore.training()",
    "explore.window(load_checkpoint('sort'))",
    "print(6 * 7)",
)
NOTEBOOK = ("training.ipynb", 2, CELLS)


@pytest.fixture
def explorers(page_of):
    return page_of(*NOTEBOOK).explorers()


def status(training):
    return training.box.locator(".ll-status").inner_text()


def test_a_training_runs_stops_and_is_scrubbed_and_the_notebook_stays_usable(explorers):
    training, window = explorers
    page = training.page
    train, stop = (training.box.get_by_role("button", name=name) for name in ("Train", "Stop"))
    assert "3 to 10 seconds" in status(training)
    train.click()
    training._wait(lambda: "step" in status(training))
    training._wait(lambda: training.told().startswith("training sort, seed"))
    bar = training.box.get_by_role("progressbar")
    training._wait(lambda: float(bar.get_attribute("value")) > 0)
    train.click()  # does nothing
    window.press("inspect channel", "End")
    assert "channel 47" in window.words() or ", 47]" in window.words()
    page.page.locator(".jp-CodeCell", has_text="print(6 * 7)").locator(".cm-content").click()
    page.page.keyboard.press("Shift+Enter")
    page.page.locator(".jp-CodeCell", has_text="print(6 * 7)").get_by_text("42", exact=True).wait_for()
    assert bar.is_visible()  # it trains still
    stop.click()
    training._wait(lambda: "Stopped at step" in status(training))
    said = status(training)
    training.settle()
    assert status(training) == said  # nothing writes over it
    stop.click()
    training._wait(lambda: training.told().startswith("Nothing is being trained."))
    last = said.split("step ")[1].split(" ")[0]
    assert training.value("training step") == last and f"step {last}" in training.words()
    training.press("training step", "Home")
    assert "step 0" in training.words()


def test_another_task_and_seed_are_trained_to_their_end(explorers):
    training = explorers[0]
    training.choose("task", "reverse")
    seed = training.box.get_by_label("seed")
    seed.fill("7")
    seed.press("Enter")
    training.box.get_by_role("button", name="Train").click()
    training._wait(lambda: "of 729" in status(training) and "Train" not in status(training)[:1])
    training._wait(lambda: training.box.get_by_role("progressbar").count() == 0)
    training.settle()
    assert "reverse, seed 7, step 40" in training.words()
    training.press("training step", "ArrowLeft")
    assert "step 39" in training.words()


def test_reset_ends_a_training_and_brings_the_first_picture_back(explorers):
    training = explorers[0]
    first = training.words()
    training.box.get_by_role("button", name="Train").click()
    training._wait(lambda: training.box.get_by_role("progressbar").count() == 1)
    training.box.get_by_role("button", name="Reset").click()
    training._wait(lambda: training.words() == first)
    training.page.page.wait_for_timeout(800)
    training.settle()
    assert training.words() == first and training.box.get_by_role("progressbar").count() == 0
