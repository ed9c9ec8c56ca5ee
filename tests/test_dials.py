"""Lesson 5's explorers of evidence: what they show equals the pure functions, every live score one counted apart."""

import base64
import html
import io
import itertools
import re

import matplotlib
import numpy as np
import pytest
from PIL import Image

from lessonlib import figures
from lessonlib.embeddings import encode
from lessonlib.figures import COLOURS, NARROW, SUM, WIDE, curve_cells, signed_limit
from lessonlib.live import collision_explorer, scale_explorer, shift_explorer, unmix_explorer
from lessonlib.live.mixing_explorers import COLLIDING, COUNTING, N_DRAWS, RANDOM, TRAINED
from lessonlib.measure import anonymous_sums, cosines, decode_least_squares, decoding_accuracy, every_sum
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.precomputed import FACTORS, ROOT, score_map
from lessonlib.tasks import REVERSE, SORT, score

SORTER, REVERSER = load_checkpoint("sort"), load_checkpoint("reverse")
MODELS = {"sorter": (SORTER, SORT), "reverser": (REVERSER, REVERSE)}
MAPS = {"sorter": score_map("sort"), "reverser": score_map("reverse")}
INK = tuple(int(figures.INK[i : i + 2], 16) for i in (1, 3, 5))


def shown(explorer):
    """Decode the tiny images that lie over the frame, one array of colours for each heatmap."""
    panels = re.findall(r'data-label="([^"]+)"><img[^>]*base64,([^"]+)"', explorer._cells.value)
    return {name: np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for name, data in panels}


def signed(matrix, limit):
    return matplotlib.colormaps[COLOURS](np.clip((np.asarray(matrix) + limit) / (2 * limit), 0, 1), bytes=True)


def assert_shares(pixels, shares):
    """Check that cells go from white at 0 to the colour of sums at 1."""
    dark = np.array([int(SUM[i : i + 2], 16) for i in (1, 3, 5)])
    expected = 255 + np.asarray(shares)[..., np.newaxis] * (dark - 255)
    assert np.abs(pixels[..., :3] - expected).max() <= 2


def text(explorer):
    return html.unescape(re.sub("<[^>]*>", " ", explorer._cells.value.split('class="ll-note"')[1].partition(">")[2]))


def set_to(explorer, **values):
    for key, value in values.items():
        explorer.controls[key].value = value


# The collision dial


@pytest.fixture(scope="module")
def dial():
    return collision_explorer(SORTER)


TABLES = {
    TRAINED: (SORTER.wte, SORTER.wpe),
    RANDOM: tuple(np.split(np.random.default_rng(0).standard_normal((14, 48)), [3])),
    COLLIDING: (np.outer([0, 1, 2], np.ones(48)), np.outer(range(11), np.ones(48))),
    COUNTING: (np.outer([0, 11, 22], np.ones(48)), np.outer(range(11), np.ones(48))),
}


@pytest.mark.parametrize("chosen", TABLES)
@pytest.mark.parametrize("channels", [1, 12, 48])
@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_the_dial_shows_what_is_read_right(dial, chosen, channels, noise):
    set_to(dial, chosen=chosen, channels=channels, noise=noise)
    tables, cells = TABLES[chosen], shown(dial)
    shares = decoding_accuracy(*tables, channels, noise, n_draws=N_DRAWS)
    assert_shares(cells["grid"], shares)
    linear = decoding_accuracy(*tables, channels, noise, decode_least_squares, n_draws=N_DRAWS).mean()
    assert f"read right {shares.mean():.2f} of the time by the nearest sum, {linear:.2f} by least squares" in text(dial)
    column = cells["curve"][:, channels - 1]  # from the top
    filled = (column[:, 3] > 0).sum()
    assert filled in (round(50 * shares.mean()), max(1, round(50 * linear)), round(50 * shares.mean()) + 1)
    (dot,) = np.flatnonzero((column[:, :3] == INK).all(axis=-1) & (column[:, 3] == 255))
    assert dot == min(49, 50 - round(50 * linear))


def test_the_dial_counts_different_sums_and_names_the_closest(dial):
    set_to(dial, chosen=COLLIDING, channels=48, noise=0.0)
    assert "13 of 33 sums are different; A in slot 1 and B in slot 0 have the same sum." in text(dial)
    assert re.findall(r"ll-mark", dial._cells.value.split('data-label="grid"')[1]) == ["ll-mark"] * 2
    set_to(dial, chosen=COUNTING, channels=1)
    assert "33 of 33 sums are different; closest are" in text(dial) and "1 channel, noise 0" in text(dial)
    set_to(dial, chosen=TRAINED, channels=48)
    sums = every_sum(SORTER.wte, SORTER.wpe).reshape(33, 48).astype(float)
    distances = sorted(np.linalg.norm(a - b) for a, b in itertools.combinations(sums, 2))
    assert f"{distances[0]:.3g} apart" in text(dial)


def test_a_curve_has_a_bar_up_to_its_share_and_a_dot_at_the_other():
    matrix = curve_cells([0, 0.5, 1, 1], [0, 1, 0.5, 1])
    assert matrix.shape == (50, 4)
    assert (matrix > 0).sum(axis=0).tolist() == [1, 26, 50, 50]
    assert [matrix[:, i].tolist().index(2) for i in range(4)] == [49, 0, 25, 0]
    assert matrix[24, 1] == 0 and matrix[25, 1] == 1


# The game


@pytest.fixture
def game():
    return unmix_explorer(SORTER)


def test_all_33_sums_are_solved_and_right_guesses_counted(game):
    control = game.controls["guess"]
    sums, token_ids, slots = anonymous_sums(SORTER.wte, SORTER.wpe, 33)
    limit = signed_limit(every_sum(SORTER.wte, SORTER.wpe))
    for i in range(33):
        assert f"Sum {i + 1} of 33" in text(game)
        control.letter.value, control.slot.value = "ABC"[token_ids[i]], int(slots[i])
        cells = shown(game)
        np.testing.assert_array_equal(cells["vector"], signed(sums[[i]], limit))
        np.testing.assert_array_equal(cells["guess"], cells["vector"])
        assert_shares(cells["letters"], np.zeros((1, 3)))  # nothing is given away
        assert_shares(cells["slots"], np.zeros((1, 11)))
        control.solve.click()
        cells = shown(game)
        assert_shares(cells["letters"], np.eye(3)[[token_ids[i]]])
        assert_shares(cells["slots"], np.eye(11)[[slots[i]]])
        assert f"It is {'ABC'[token_ids[i]]} in slot {slots[i]}, as your guess says." in text(game)
        assert f"slot {slots[i]} 1.00, every other slot 0.00" in text(game)
        assert f"Guessed so far: both {i + 1} of {i + 1}, letters {i + 1}, slots {i + 1}." in text(game)
        control.another.click()
    assert "Sum 1 of 33" in text(game)  # from the beginning


def test_a_wrong_guess_is_said_and_counts_once(game):
    control = game.controls["guess"]
    _, token_ids, slots = anonymous_sums(SORTER.wte, SORTER.wpe, 33)
    wrong = (int(slots[0]) + 1) % 11
    control.letter.value, control.slot.value = "ABC"[token_ids[0]], wrong
    control.solve.click()
    control.solve.click()
    letter = "ABC"[token_ids[0]]
    assert f"It is {letter} in slot {slots[0]}, not {letter} in slot {wrong}." in text(game)
    assert "both 0 of 1, letters 1, slots 0." in text(game)
    control.slot.value = int(slots[0])  # too late
    control.solve.click()
    assert "both 0 of 1, letters 1, slots 0." in text(game)


def test_reset_forgets_the_guesses(game):
    control = game.controls["guess"]
    control.slot.value = 5
    control.solve.click()
    control.another.click()
    game.reset()
    assert "Sum 1 of 33" in text(game) and (control.letter.value, control.slot.value) == ("A", 0)
    control.solve.click()
    assert "of 1," in text(game)


# The hidden shift


def shifted(length, direction):
    v = np.random.default_rng(direction).standard_normal(48)
    v *= length / np.linalg.norm(v)
    return SORTER.with_tables(SORTER.wte.astype(float) + v, SORTER.wpe.astype(float) - v)


@pytest.fixture(scope="module")
def shift():
    return shift_explorer(SORTER, SORT)


@pytest.mark.parametrize("direction", [0, 9])
@pytest.mark.parametrize("length", [0, 0.05, 1, 1e6, 1e8])
def test_the_shift_moves_cosines_and_its_live_score_is_the_score(shift, length, direction):
    set_to(shift, length=length, direction=direction)
    model, cells = shifted(length, direction), shown(shift)
    limit = signed_limit(every_sum(SORTER.wte, SORTER.wpe))
    np.testing.assert_array_equal(cells["cosines"], signed(cosines(model.wte, model.wpe), 1))
    np.testing.assert_array_equal(cells["token"], signed(model.wte[encode("CBABBC")], limit))
    np.testing.assert_array_equal(cells["position"], signed(model.wpe[:6], limit))
    np.testing.assert_array_equal(cells["sum"], signed(model.wte[encode("CBABBC")] + model.wpe[:6], limit))
    assert f"the model: {score(model, SORT)} of 729 right." in shift.words
    assert f"slot's: {cosines(model.wte, model.wpe).mean():.2f}, as trained -0.07." in text(shift)


def test_the_sum_stays_while_the_cosines_turn(shift):
    set_to(shift, length=0, direction=3)
    before = shown(shift)
    set_to(shift, length=0.5)
    after = shown(shift)
    assert np.abs(after["sum"].astype(int) - before["sum"]).max() <= 3  # a step of the colour scale, from rounding
    assert (after["cosines"][..., 0] < 100).all() and not (before["cosines"][..., 0] < 100).any()
    assert "729 of 729" in shift.words


def test_the_hidden_shift_holds_to_a_hundred_thousand_and_not_at_a_hundred_million():
    for direction in range(3):
        assert score(shifted(1e5, direction), SORT) == 729
        assert score(shifted(1e8, direction), SORT) < 300


# The factors


@pytest.fixture(scope="module")
def factors():
    return scale_explorer(MODELS, MAPS)


@pytest.mark.parametrize("of_tokens", [0, 1, 8])
@pytest.mark.parametrize("of_positions", [0, 0.5, ROOT, 8])
def test_live_scores_are_those_of_scaled_tables(factors, of_tokens, of_positions):
    set_to(factors, of_tokens=of_tokens, of_positions=of_positions)
    for name, (model, task) in MODELS.items():
        expected = score(model.with_tables(of_tokens * model.wte, of_positions * model.wpe), task)
        assert f"{name}: {expected} of 729 right." in factors.words
    assert f"E_tok times {of_tokens:.3g}, E_pos times {of_positions:.3g}." in text(factors)
    place = f"top:{FACTORS.index(of_tokens) / 19:.3%};height:{1 / 19:.3%};left:{FACTORS.index(of_positions) / 19:.3%}"
    assert factors._cells.value.count(place) == 2


def test_the_maps_are_drawn_as_they_are(factors):
    for i, name in enumerate(MODELS):
        assert_shares(shown(factors)[f"map-{i}"], MAPS[name] / 729)


# Frames and pictures


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize(
    ("frame", "labels"),
    [
        (lambda width: figures.collision_frame(48, 3, 11, width), {"curve", "grid"}),
        (lambda width: figures.unmix_frame(48, 3, 11, 0.1, width), {"vector", "guess", "letters", "slots"}),
        (lambda width: figures.shift_frame(6, 3, 11, 48, 0.1, width), {"token", "position", "sum", "cosines"}),
        (lambda width: figures.scale_frame(["one", "two"], FACTORS, width), {"map-0", "map-1"}),
    ],
)
def test_frames_have_their_heatmaps_and_nothing_is_cut_off(frame, labels, width):
    picture = frame(width)
    assert {axes.get_label() for axes in picture.axes if axes.images and axes.get_label() != "scale"} >= labels
    figures.png(picture)
    room = picture.bbox
    for axes in picture.axes:
        box = axes.get_tightbbox()
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= room.width + 1 and box.y1 <= room.height + 1, axes


def test_overlaps_say_where_chance_lies_and_end_in_arrows():
    chances = {"one": np.linspace(0, 0.4, 101), "two": np.linspace(0.1, 0.2, 11)}
    measured = {title: {"sorter": (0.3, 0.1), "reverser": (0.05, 0.302)} for title in chances}
    picture = figures.draw_overlaps(chances, measured)
    assert "one, sorter: 0.300 before training, 0.100 after; 24.8% of chance lies below" in picture.alt
    assert "two, reverser: 0.050 before training, 0.302 after; 100.0% of chance lies below" in picture.alt
    ends = [each.xy[0] for axes in picture.axes for each in axes.texts if hasattr(each, "xy")]
    assert ends == [0.1, 0.302] * 2


def test_terms_are_written_into_their_squares_without_minus_zeros():
    shares = {"sorter": np.array([[0.7, -0.001], [-0.2, 0.501]])}
    picture = figures.draw_terms(shares, ["letter", "slot"])
    assert [each.get_text() for each in picture.axes[0].texts] == ["0.70", "0.00", "-0.20", "0.50"]
    assert "letter by letter 0.70, letter by slot 0.00, slot by letter -0.20" in picture.alt


def test_sources_are_bars_as_long_as_their_shares():
    shares = {"one": np.array([[0.5, 0.5, 0, 0], [0.1, 0.2, 0.3, 0.4]])}
    picture = figures.draw_sources(shares, ["the sum", "after"], ["letter", "slot", "both", "context"])
    widths = [[bar.get_width() for bar in group] for group in picture.axes[0].containers]
    np.testing.assert_allclose(np.transpose(widths), shares["one"])
    assert "one, after: letter 0.10, slot 0.20, both 0.30, context 0.40" in picture.alt
    assert [each.get_text() for each in picture.axes[0].texts] == ["0.50", "0.10", "0.50", "0.20", "0.30", "0.40"]


def test_before_it_is_solved_the_words_let_one_guess_without_seeing():
    sorter = load_checkpoint("sort")
    explorer = unmix_explorer(sorter)
    guess = explorer.values["guess"]
    sums, _, _ = anonymous_sums(sorter.wte, sorter.wpe, 33, 0)
    guessed = sorter.wte["ABC".index(guess.letter)] + sorter.wpe[guess.slot]
    words = explorer.words.replace("minus ", "-")
    assert f"They are {np.linalg.norm(sums[guess.turn] - guessed):.3f} apart" in words
    assert ", ".join(f"{number:.3f}" for number in sums[guess.turn][:3]) in words


def test_the_words_of_a_still_picture_say_the_score_too():
    model = load_checkpoint("sort")
    assert f"{score(model, SORT)} of 729 right" in shift_explorer(model, SORT).still_html()
