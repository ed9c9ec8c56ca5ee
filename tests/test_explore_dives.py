"""The explorers of the deep dives without a browser: what they show equals the pure functions, every score counted."""

import re

import numpy as np
import pytest
from seen import assert_nothing_is_cut_off, images, note, page, score_aloud, set_to, shares, signed
from seen import n_flights as n_flights_of

from lessonlib import explore, measure
from lessonlib.embeddings import encode
from lessonlib.explore.dives import BENCH, POSITIONS, TOKENS
from lessonlib.explore.page import DURATION
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.precomputed import FACTORS, ROOT, score_map
from lessonlib.scene import Cells
from lessonlib.tasks import REVERSE, SORT, score

SORTER, REVERSER = load_checkpoint("sort"), load_checkpoint("reverse")
MODELS = {"sorter": (SORTER, SORT), "reverser": (REVERSER, REVERSE)}
MAPS = {"sorter": score_map("sort"), "reverser": score_map("reverse")}
INPUT = BENCH + 1
N_STEPS = 11


# Step by step


def expected(letters, step):
    """What bench and input hold after a step, written down without the explorer."""
    ids, nothing = encode(letters), np.full(48, np.nan)
    slot = max(0, step - 5)
    rows = [SORTER.wte[ids[slot]], SORTER.wpe[slot], SORTER.wte[ids[slot]] + SORTER.wpe[slot]]
    bench = [row if step >= since else nothing for since, row in zip((2, 3, 4), rows)]
    x = [SORTER.wte[ids[i]] + SORTER.wpe[i] if step >= 5 + i else nothing for i in range(6)]
    return np.array(bench), np.array(x)


@pytest.fixture
def steps():
    return explore.steps(SORTER)


@pytest.mark.parametrize("letters", ["CBABBC", "AAAAAA", "ABCABC"])
def test_every_step_shows_what_has_happened_so_far(steps, letters):
    set_to(steps, letters=letters)
    for step in range(N_STEPS):
        set_to(steps, step=step)
        bench, x = expected(letters, step)
        parts = steps._scene.parts
        np.testing.assert_array_equal(parts[BENCH].matrix, bench)
        np.testing.assert_array_equal(parts[INPUT].matrix, x)
        limit = np.abs(SORTER.wte[:, None] + SORTER.wpe).max()
        np.testing.assert_array_equal(images(steps)[TOKENS], signed(SORTER.wte, limit))
        np.testing.assert_array_equal(images(steps)[POSITIONS], signed(SORTER.wpe[:6], limit))
        ids = "".join(text for row, _, text in parts[0].texts if row == 1)
        assert ids == "".join(map(str, encode(letters)))[: 0 if step == 0 else max(1, step - 4)]
        assert "".join(text for row, _, text in parts[0].texts if row == 0) == letters
        assert f"step {step} of 10:" in note(steps)


def test_in_every_step_the_rows_fly_from_where_they_were_to_where_they_are(steps):
    ids = encode("CBABBC")
    for step, (n_flights, last_landing) in enumerate([(0, 0), (0, 0), (1, 1), (1, 1), (2, 1), (1, 1), *[(5, 3)] * 5]):
        set_to(steps, step=step)
        parts = steps._scene.parts
        flights = [(part, flight) for part in parts for flight in getattr(part, "flights", ())]
        assert len(flights) == n_flights == n_flights_of(steps)
        for part, flight in flights:
            np.testing.assert_array_equal(flight.numbers, parts[flight.part].matrix[flight.its_row])
            assert not np.isnan(part.matrix[flight.row]).any()
        slot = max(0, step - 5)
        sources = {flight.part: flight.its_row for _, flight in flights}
        assert sources.get(TOKENS, ids[slot]) == ids[slot] and sources.get(POSITIONS, slot) == slot
        if flights:
            ends = max(flight.start for _, flight in flights) + DURATION
            assert ends <= last_landing * (DURATION + 0.1) < 2.6


def test_the_words_say_each_step_with_the_real_numbers(steps):
    token, position = SORTER.wte[2], SORTER.wpe[0]
    for step, words in enumerate(
        (
            "slot 0 holds the letter C",
            "the letter C has the id 2",
            f"row 2 of E_tok, the row of C, is picked out: {token[0]:.4f}, {token[1]:.4f}",
            f"row 0 of E_pos, the row of slot 0, is picked out: {position[0]:.4f}, {position[1]:.4f}",
            f"{token[0] + position[0]:.4f}, ",
            f"the sum is row 0 of the input embedding: {token[0] + position[0]:.4f}",
            "slot 1 holds B: row 1 of E_tok + row 1 of E_pos = row 1 of the input embedding",
        )
    ):
        set_to(steps, step=step)
        assert words in steps.words.replace("minus ", "-")
    set_to(steps, step=4)
    a, b = token[0], position[0]
    other = f"({b:.4f})" if b < 0 else f"{b:.4f}"
    assert f"{a:.4f} + {other} = {a + b:.4f}" in note(steps) and "and so on, 48 times" in note(steps)
    set_to(steps, step=N_STEPS - 1)
    assert "All 6 rows are in place" in steps.words


def test_it_starts_at_the_first_step_and_reset_pauses_and_comes_back(steps):
    control = steps.controls["step"]
    first = page(steps)
    assert control.value == 0 and (control.player.min, control.player.max, control.player.value) == (0, 10, 0)
    control.value, control.player.playing = 2, True
    steps.set_to()
    assert not control.player.playing and control.value == 0
    assert page(steps) == first


# The hidden shift


def shifted(length, direction):
    v = np.random.default_rng(direction).standard_normal(48)
    v *= length / np.linalg.norm(v)
    return SORTER.with_tables(SORTER.wte.astype(float) + v, SORTER.wpe.astype(float) - v)


@pytest.fixture(scope="module")
def shift():
    return explore.shift(SORTER, SORT)


@pytest.mark.parametrize("direction", [0, 9])
@pytest.mark.parametrize("length", [0, 0.05, 1, 1e6, 1e8])
def test_the_shift_moves_cosines_and_its_live_score_is_the_score(shift, length, direction):
    set_to(shift, length=length, direction=direction)
    model, ids, cells = shifted(length, direction), encode("CBABBC"), images(shift)
    limit = np.abs(SORTER.wte[:, None] + SORTER.wpe).max()
    for part, matrix in enumerate((model.wte[ids], model.wpe[:6], model.wte[ids] + model.wpe[:6])):
        np.testing.assert_array_equal(cells[part], signed(matrix, limit))
    cosines = measure.cosines(model.wte, model.wpe)
    np.testing.assert_array_equal(cells[3], signed(cosines, 1))
    assert score_aloud("the model", model, SORT) in shift.words
    assert f"slot's: {cosines.mean():.2f}, as trained -0.07." in note(shift)


def test_the_sum_stays_while_the_cosines_turn(shift):
    set_to(shift, length=0, direction=3)
    before = images(shift)
    set_to(shift, length=0.5)
    after = images(shift)
    assert np.abs(after[2].astype(int) - before[2]).max() <= 3  # a step of the colour scale, from rounding
    assert (after[3][..., 0] < 100).all() and not (before[3][..., 0] < 100).any()
    assert "729 of 729" in shift.words


def test_the_hidden_shift_holds_to_a_hundred_thousand_and_not_at_a_hundred_million():
    for direction in range(3):
        assert score(shifted(1e5, direction), SORT) == 729
        assert score(shifted(1e8, direction), SORT) < 300


def test_the_words_of_a_still_picture_say_the_score_too(shift):
    set_to(shift, length=1e8, direction=0)
    assert f"{score(shifted(1e8, 0), SORT)} of 729 right" in shift.still_html()


# Factors


@pytest.fixture(scope="module")
def factors():
    return explore.scale(MODELS, MAPS)


@pytest.mark.parametrize("token_scale", [0, 1, 8])
@pytest.mark.parametrize("position_scale", [0, 0.5, ROOT, 8])
def test_live_scores_are_those_of_scaled_tables(factors, token_scale, position_scale):
    set_to(factors, token_scale=token_scale, position_scale=position_scale)
    for name, (model, task) in MODELS.items():
        scaled = model.with_tables(token_scale * model.wte, position_scale * model.wpe)
        assert score_aloud(name, scaled, task) in factors.words
    assert f"E_tok times {token_scale:.3g}, E_pos times {position_scale:.3g}." in note(factors)
    row, column = FACTORS.index(token_scale), FACTORS.index(position_scale)
    place = f"top:{row / 19:.3%};height:{1 / 19:.3%};left:{column / 19:.3%}"
    assert page(factors).count(place) == 2


def test_the_maps_are_drawn_as_they_are(factors):
    for part, name in enumerate(MODELS):
        np.testing.assert_array_equal(images(factors)[part], shares(MAPS[name], 729))


def test_the_labels_stand_at_their_factors(factors):
    maps = [part for part in factors._scene.parts if isinstance(part, Cells)]
    for part in maps:
        for labels in (part.rows, part.columns):
            assert {label: FACTORS[i] for i, label in enumerate(labels) if label} == {
                f"{factor:g}": factor for factor in (0, 0.5, 1, 2, 4, 8)
            }
        assert part.below == "E_pos times"
    assert len(maps) == 2 and maps[0].left == "E_tok times"


# Room


def test_no_word_is_cut_off(steps, shift, factors):
    for step in range(N_STEPS):
        set_to(steps, step=step)
        assert_nothing_is_cut_off(steps._scene)
    for explorer in (shift, factors):
        assert_nothing_is_cut_off(explorer._scene)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: explore.steps(None), "model must be a model, such as load_checkpoint gives, got None (NoneType)"),
        (lambda: explore.shift(SORTER, SORTER), "task must be a task, such as SORT, got NanoGPT("),
        (lambda: explore.scale(SORTER, MAPS), "models must be a dict from names"),
        (lambda: explore.scale(MODELS, {"sorter": MAPS["sorter"]}), "maps must give, for 'reverser' too, what"),
        (lambda: explore.scale(MODELS, None), "maps must give, for 'sorter' too, what precomputed.score_map says"),
    ],
)
def test_what_no_explorer_can_be_made_of_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make()
