"""Lesson 5's explorers of evidence as a learner meets them, in a notebook that holds nothing else."""

import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from browser import expected
from lessonlib.embeddings import encode
from lessonlib.figures import signed_limit
from lessonlib.measure import anonymous_sums, cosines, decode_least_squares, decoding_accuracy, every_sum
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.precomputed import FACTORS
from lessonlib.tasks import REVERSE, SORT, score

SORTER, REVERSER = load_checkpoint("sort"), load_checkpoint("reverse")
MODELS = {"sorter": (SORTER, SORT), "reverser": (REVERSER, REVERSE)}
CELLS = (
    """from lessonlib.live import collision_explorer, scale_explorer, shift_explorer, unmix_explorer
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.precomputed import score_map
from lessonlib.tasks import REVERSE, SORT

sorter, reverser = load_checkpoint("sort"), load_checkpoint("reverse")""",
    "collision_explorer(sorter)",
    "unmix_explorer(sorter)",
    "shift_explorer(sorter, SORT)",
    """scale_explorer(
    {"sorter": (sorter, SORT), "reverser": (reverser, REVERSE)},
    {"sorter": score_map("sort"), "reverser": score_map("reverse")},
)""",
)
NOTEBOOK = ("dials.ipynb", len(CELLS) - 1, CELLS)
LIMIT = signed_limit(every_sum(SORTER.wte, SORTER.wpe))


@pytest.fixture
def explorers(page_of):
    return page_of(*NOTEBOOK).explorers()


def read_numbers(explorer):
    """The numbers that the page holds for the mouse, by heatmap."""
    cells = explorer.box.locator(".ll-words [data-cells]").get_attribute("data-cells")
    return {label: rows for label, (_, rows) in json.loads(cells).items()}


def test_the_collision_dial_by_keyboard_and_list(explorers):
    dial = explorers[0]
    assert dial.names() == ["channels", "noise"]
    tables = {"trained": (SORTER.wte, SORTER.wpe)}
    tables["counting: id + slot"] = np.outer([0, 1, 2], np.ones(48)), np.outer(range(11), np.ones(48))
    for chosen, both in tables.items():
        dial.choose("tables", chosen)
        for name, key in (("channels", "End"), ("noise", "End"), ("channels", "Home"), ("noise", "Home")):
            dial.press(name, key)
            channels, noise = int(dial.value("channels")), float(dial.value("noise"))
            shares = decoding_accuracy(*both, channels, noise, n_draws=30)
            linear = decoding_accuracy(*both, channels, noise, decode_least_squares, n_draws=30).mean()
            said = f"read right {shares.mean():.2f} of the time by the nearest sum, {linear:.2f} by least squares"
            assert said in dial.note() and said in dial.words()
            np.testing.assert_allclose(read_numbers(dial)["grid"], shares, atol=1e-4)
            blue = dial.colours("grid", (3, 11))[..., 2].astype(int)  # falls from white to the colour of sums
            assert np.abs(255 * (1 - shares) - blue).max() <= 2


def test_the_mouse_is_told_the_number_of_a_pair_and_nothing_of_a_curve(explorers):
    dial = explorers[0]
    dial.press("noise", "End")
    shares = decoding_accuracy(SORTER.wte, SORTER.wpe, 8, 2.0, n_draws=30)
    for label, told in (("grid", f"row B, column 5: {shares[1, 5]:.4f}"), ("curve", None)):
        panel = dial.box.locator(f".ll-panel.ll-{label}")
        panel.scroll_into_view_if_needed()
        box = panel.bounding_box()
        dial.page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        dial.page.page.wait_for_timeout(200)
        assert panel.get_attribute("title") == told


def test_the_game_by_mouse_and_by_keyboard(explorers):
    game = explorers[1]
    sums, token_ids, slots = anonymous_sums(SORTER.wte, SORTER.wpe, 33)
    for turn, press in ((0, "click"), (1, "Enter"), (2, "Space")):
        assert f"Sum {turn + 1} of 33" in game.note()
        np.testing.assert_array_equal(game.colours("vector", (1, 48)), expected.colours(sums[[turn]], LIMIT))
        game.choose("your letter", "ABC"[token_ids[turn]])
        game.press("your slot", "Home")
        for _ in range(slots[turn] if turn else 0):  # the first guess is wrong
            game.press("your slot", "ArrowRight")
        wanted = sums[[turn]] if turn else SORTER.wte[token_ids[[0]]] + SORTER.wpe[[0]]
        np.testing.assert_array_equal(game.colours("guess", (1, 48)), expected.colours(wanted, LIMIT))
        push(game, "Check and solve", press)
        verdict = "as your guess says" if turn else "not"
        assert f"It is {'ABC'[token_ids[turn]]} in slot {slots[turn]}, {verdict}" in game.note()
        assert f"both {turn} of {turn + 1}" in game.words()
        dark = game.colours("slots", (1, 11))[0].sum(axis=-1)
        assert dark.argmin() == slots[turn]
        push(game, "Another one", press)
    push(game, "Reset", "click")
    assert "Sum 1 of 33" in game.note()


def push(explorer, name, press):
    button = explorer.box.get_by_role("button", name=name)
    if press == "click":
        button.click()
    else:
        button.focus()
        explorer.page.page.keyboard.press(press)
    explorer.settle()


def test_the_hidden_shift_at_every_extreme(explorers):
    shift = explorers[2]
    assert shift.names() == ["length of v", "direction of v"]
    for name, key in (
        ("direction of v", "End"),
        ("length of v", "PageUp"),
        ("length of v", "End"),
        ("length of v", "Home"),
    ):
        shift.press(name, key)
        length, direction = float(shift.value("length of v").replace(",", "")), int(shift.value("direction of v"))
        v = np.random.default_rng(direction).standard_normal(48)
        v *= length / np.linalg.norm(v)
        model = SORTER.with_tables(SORTER.wte.astype(float) + v, SORTER.wpe.astype(float) - v)
        x = np.clip(model.wte[encode("CBABBC")] + model.wpe[:6], -LIMIT, LIMIT)
        np.testing.assert_array_equal(shift.colours("sum", (6, 48)), expected.colours(x, LIMIT))
        np.testing.assert_array_equal(
            shift.colours("cosines", (3, 11)), expected.colours(cosines(model.wte, model.wpe), 1)
        )
        assert f"the model: {score(model, SORT)} of 729 right." in shift.words()


def test_the_factors_at_every_extreme(explorers):
    dials = explorers[3]
    assert dials.names() == ["E_tok times", "E_pos times"]
    for name, key in (("E_tok times", "Home"), ("E_pos times", "End"), ("E_tok times", "End"), ("E_pos times", "Home")):
        dials.press(name, key)
        of_tokens, of_positions = (float(dials.value(each)) for each in dials.names())
        for model_name, (model, task) in MODELS.items():
            scaled = model.with_tables(of_tokens * model.wte, of_positions * model.wpe)
            assert f"{model_name}: {score(scaled, task)} of 729 right." in dials.words()
        box = dials.box.locator(".ll-map-0 .ll-mark").bounding_box()
        panel = dials.box.locator(".ll-panel.ll-map-0").bounding_box()
        column = (box["x"] + box["width"] / 2 - panel["x"]) / panel["width"] * len(FACTORS)
        assert FACTORS[int(column)] == of_positions


@pytest.mark.parametrize("width", [1440, 900])
def test_axe_finds_no_barrier_and_nothing_is_cut_off(page_of, width):
    page = page_of(*NOTEBOOK, width=width)
    results = Axe().run(page.page, context=".ll-explorer")
    assert [(found["id"], found["nodes"][0]["html"]) for found in results.response["violations"]] == []
    for explorer in page.explorers():
        room = explorer.box.bounding_box()
        parts = ".noUi-handle, button, input, select, .ll-note, .ll-counted, .ll-row-labels:visible"
        for part in explorer.box.locator(parts).all():
            box = part.bounding_box()
            assert box["x"] >= room["x"] - 12 and box["x"] + box["width"] <= room["x"] + room["width"] + 12, part
