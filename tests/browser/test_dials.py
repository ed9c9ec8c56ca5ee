"""Lesson 5's card, dials and game, and the explorers of its deep dives, in a notebook that holds nothing else."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from seen import aloud, numbers, score_aloud

from browser import expected
from browser.jupyter import SlowNetwork, write_notebook
from lessonlib.embeddings import encode
from lessonlib.measure import anonymous_sums, cosines, decode_least_squares, decoding_accuracy
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.precomputed import FACTORS
from lessonlib.tasks import REVERSE, SORT

SORTER, REVERSER = load_checkpoint("sort"), load_checkpoint("reverse")
MODELS = {"sorter": (SORTER, SORT), "reverser": (REVERSER, REVERSE)}
CELLS = (
    """from lessonlib import explore, precomputed
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.tasks import REVERSE, SORT

sorter, reverser = load_checkpoint("sort"), load_checkpoint("reverse")""",
    "explore.card()",
    "explore.collisions(sorter)",
    "explore.unmix(sorter)",
    """steps = explore.steps(sorter)
steps.controls["step"].children[-1].options = [("quick", 500)]  # a test has no time to read
steps""",
    "explore.shift(sorter, SORT)",
    """explore.scale(
    {"sorter": (sorter, SORT), "reverser": (reverser, REVERSE)},
    {name: precomputed.score_map(task) for name, task in (("sorter", "sort"), ("reverser", "reverse"))},
)""",
)
NOTEBOOK = ("dials.ipynb", len(CELLS) - 1, CELLS)
CARD, COLLISIONS, UNMIX, STEPS, SHIFT, SCALE = range(len(CELLS) - 1)
LIMIT = expected.LIMIT


@pytest.fixture
def explorers(page_of):
    return page_of(*NOTEBOOK).explorers()


def choose(explorer, name, option):
    explorer.box.get_by_label(name, exact=True).select_option(option)
    explorer.settle()


def read_numbers(explorer):
    """The numbers that the page holds for the mouse, by heatmap."""
    return numbers(explorer.box.locator(".ll-panels").evaluate("panels => panels.outerHTML"))


def test_the_collision_dial_by_keyboard_and_list(explorers):
    dial = explorers[COLLISIONS]
    assert dial.names() == ["channels", "noise"]
    tables = {"trained": (SORTER.wte, SORTER.wpe)}
    tables["count: id + slot"] = np.outer([0, 1, 2], np.ones(48)), np.outer(range(11), np.ones(48))
    for chosen, both in tables.items():
        choose(dial, "tables", chosen)
        for name, key in (("channels", "End"), ("noise", "End"), ("channels", "Home"), ("noise", "Home")):
            dial.press(name, key)
            channels, noise = int(dial.value("channels")), float(dial.value("noise"))
            shares = decoding_accuracy(*both, channels, noise, n_draws=30)
            linear = decoding_accuracy(*both, channels, noise, decode_least_squares, n_draws=30).mean()
            said = f"read right {shares.mean():.2f} of the time by the nearest sum, {linear:.2f} by least squares"
            assert said in dial.note() and said in dial.words()
            np.testing.assert_allclose(read_numbers(dial)[1].reshape(3, 11), shares, atol=1e-4)
            red = dial.colours(1, (3, 11))[..., 0].astype(int)  # falls from white to dark
            assert np.abs(255 - (255 - 0x33) * shares - red).max() <= 2


def test_the_mouse_is_told_the_number_of_a_pair_and_nothing_of_a_curve(explorers):
    dial = explorers[COLLISIONS]
    dial.press("noise", "End")
    shares = decoding_accuracy(SORTER.wte, SORTER.wpe, 4, 2.0, n_draws=30)
    for place, told in ((1, f"row B, column 5: {shares[1, 5]:.4f}"), (0, None)):
        panel = dial.box.locator(".ll-panel").nth(place)
        panel.scroll_into_view_if_needed()
        box = panel.bounding_box()
        dial.page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        dial.page.page.wait_for_timeout(200)
        assert panel.get_attribute("title") == told


def test_the_game_by_mouse_and_by_keyboard(explorers):
    game = explorers[UNMIX]
    sums, token_ids, slots = anonymous_sums(SORTER.wte, SORTER.wpe, 33)
    for turn, press in ((0, "click"), (1, "Enter"), (2, "Space")):
        assert f"Sum {turn + 1} of 33" in game.note()
        np.testing.assert_array_equal(game.colours(0, (1, 48)), expected.colours(sums[[turn]], LIMIT))
        choose(game, "your letter", "ABC"[token_ids[turn]])
        game.press("your slot", "Home")
        for _ in range(slots[turn] if turn else 0):  # the first guess is wrong
            game.press("your slot", "ArrowRight")
        wanted = sums[[turn]] if turn else SORTER.wte[token_ids[[0]]] + SORTER.wpe[[0]]
        np.testing.assert_array_equal(game.colours(1, (1, 48)), expected.colours(wanted, LIMIT))
        push(game, "Check and solve", press)
        verdict = "as your guess says" if turn else "not"
        assert f"It is {'ABC'[token_ids[turn]]} in slot {slots[turn]}, {verdict}" in game.note()
        assert f"both {turn} of {turn + 1}" in game.words()
        dark = game.colours(3, (1, 11))[0].sum(axis=-1)
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
    shift = explorers[SHIFT]
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
        np.testing.assert_array_equal(shift.colours(2, (6, 48)), expected.colours(x, LIMIT))
        between = cosines(model.wte, model.wpe)
        np.testing.assert_array_equal(shift.colours(3, (3, 11)), expected.colours(between, 1))
        assert score_aloud("the model", model, SORT) in shift.words()


def test_the_factors_at_every_extreme(explorers):
    dials = explorers[SCALE]
    assert dials.names() == ["E_tok times", "E_pos times"]
    for name, key in (("E_tok times", "Home"), ("E_pos times", "End"), ("E_tok times", "End"), ("E_pos times", "Home")):
        dials.press(name, key)
        of_tokens, of_positions = (float(dials.value(each)) for each in dials.names())
        for model_name, (model, task) in MODELS.items():
            scaled = model.with_tables(of_tokens * model.wte, of_positions * model.wpe)
            assert score_aloud(model_name, scaled, task) in dials.words()
        box = dials.box.locator(".ll-panel[data-part='2'] .ll-mark").bounding_box()
        panel = dials.box.locator(".ll-panel[data-part='2']").bounding_box()
        column = (box["x"] + box["width"] / 2 - panel["x"]) / panel["width"] * len(FACTORS)
        assert FACTORS[int(column)] == of_positions


def assert_step_is_shown(explorer):
    """Compare the rows that are placed with the pure sum, and the empty ones with white."""
    letters, step = "".join(explorer.value(f"letter {i}") for i in range(6)), int(explorer.value("step"))
    assert explorer.note().startswith(f"step {step} of 10:")
    assert explorer.words() == aloud(explorer.note().replace("\n", " "))
    n_placed, x = max(0, step - 4), SORTER.wte[encode(letters)] + SORTER.wpe[:6]
    shown = explorer.colours(5, (6, 48))
    np.testing.assert_array_equal(shown[:n_placed], expected.colours(x, LIMIT)[:n_placed])
    assert (shown[n_placed:] == 255).all()


def play_and_wait(explorer, name, done):
    explorer.box.get_by_role("button", name=name).click()
    explorer._wait(done)


def test_the_steps_play_pause_and_scrub_by_mouse_and_keyboard_whatever_else_is_touched(explorers):
    steps = explorers[STEPS]
    page, n_cells = steps.page.page, steps.page.n_cells()
    assert_step_is_shown(steps)
    play_and_wait(steps, "Play", lambda: steps.value("step") == "2")
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
    steps.handle("step").focus()
    page.keyboard.press("ArrowRight")  # whoever moves the slider takes over
    steps._wait(lambda: steps.value("step") == "5")
    page.wait_for_timeout(900)
    assert steps.value("step") == "5" and steps.box.get_by_role("button", name="Play").is_visible()
    steps.settle()
    assert_step_is_shown(steps)
    page.keyboard.press("End")
    play_and_wait(steps, "Play", lambda: steps.value("step") == "2")  # from the last step, it starts anew
    steps.box.get_by_role("button", name="Reset").click()
    page.wait_for_timeout(900)
    steps.settle()
    assert steps.value("step") == "0" and steps.value("letter 1") == "B"
    assert steps.box.get_by_role("button", name="Play").is_visible()
    assert_step_is_shown(steps)


def test_a_row_is_seen_at_many_places_on_its_way(explorers):
    steps = explorers[STEPS]
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
    tables, bench = (steps.box.locator(f".ll-panel[data-part='{part}']").bounding_box()["y"] for part in (2, 4))
    assert len(places) > 8 and places[0] >= tables - 10 and abs(places[-1] - bench) < 12  # a row is 15 high


def test_playing_over_a_slow_network_ends_on_the_last_step(open_notebook, folder, server):
    name, n_explorers, cells = NOTEBOOK
    write_notebook(folder / name, cells)
    slow = SlowNetwork(server[0], delay=0)
    try:
        page = open_notebook(name, port=slow.port)
        page.run_all(n_explorers)
        steps = page.explorers()[STEPS]
        slow.delay = 0.15  # opening the page would take long, and prove nothing
        play_and_wait(steps, "Play", lambda: steps.value("step") == "1")
        steps._wait(lambda: steps.value("step") == "10")
        page.page.wait_for_timeout(1000)
        steps.settle()
        assert_step_is_shown(steps)
        assert steps.box.get_by_role("button", name="Play").is_visible()
    finally:
        slow.close()


def test_in_notebook_7_the_steps_play_by_keyboard(page_of):
    steps = page_of(*NOTEBOOK, app="notebook").explorers()[STEPS]
    keyboard = steps.page.page.keyboard
    steps.handle("step").focus()
    keyboard.press("Home")
    steps.settle()
    keyboard.press(" ")
    steps._wait(lambda: int(steps.value("step")) > 1)
    keyboard.press(" ")
    keyboard.press("End")
    steps._wait(lambda: steps.value("step") == "10")
    steps.settle()
    assert_step_is_shown(steps)


def test_a_card_is_chosen_by_keyboard(explorers):
    card = explorers[CARD]
    assert card.names() == ["value", "suit", "suits apart"]
    assert "7 of hearts: value 7, suit 2. Added, with suits 1 apart: 7 + 1 × 2 = 9. 4 cards" in card.words()
    for name in ("value", "suit", "suits apart"):
        card.press(name, "End")
    assert "K of spades: value 13, suit 3. Added, with suits 13 apart: 13 + 13 × 3 = 52. No other" in card.words()
    assert card.box.locator(".ll-ring").count() == 1
    for key in ("Home", "d", "d"):
        card.page.page.keyboard.press(key)
    card.settle()
    card.press("value", "Home")
    assert "A of spades: value 1, suit 3. Added, with suits 1 apart: 1 + 1 × 3 = 4. 4 cards" in card.words()
    assert card.box.locator(".ll-ring").count() == 4 and card.box.locator(".ll-plot").first.inner_text().count("♠") == 3


@pytest.mark.parametrize("width", [1440, 900])
def test_what_a_slider_says_is_whole_however_long(page_of, width):
    explorers = page_of(*NOTEBOOK, width=width).explorers()
    explorers[CARD].press("suit", "ArrowLeft")
    explorers[SHIFT].press("length of v", "End")
    for explorer in (explorers[CARD], explorers[SHIFT]):
        for readout in explorer.box.locator(".widget-readout:visible").all():
            assert readout.evaluate("part => part.scrollWidth <= part.clientWidth"), readout.inner_text()
        for slider in explorer.box.locator(".noUi-target").all():
            assert slider.bounding_box()["width"] > 50


@pytest.mark.parametrize("width", [1440, 900])
def test_axe_finds_no_barrier_and_nothing_is_cut_off(page_of, width):
    page = page_of(*NOTEBOOK, width=width)
    results = Axe().run(page.page, context=".ll-explorer")
    assert [(found["id"], found["nodes"][0]["html"]) for found in results.response["violations"]] == []
    for explorer in page.explorers():
        room = explorer.box.bounding_box()
        assert room["height"] <= 700
        parts = ":is(.noUi-handle, button, input, select, .ll-note, .ll-counted, .ll-row-labels):visible"
        for part in explorer.box.locator(parts).all():
            box = part.bounding_box()
            assert box["x"] >= room["x"] - 12 and box["x"] + box["width"] <= room["x"] + room["width"] + 12, part
