"""What is measured about tables and sums, against loops, and cases whose answer is known."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessonlib.embeddings import encode, input_embedding
from lessonlib.measure import (
    anonymous_sums,
    attention_terms,
    chance_overlaps,
    closest_sums,
    cosines,
    counting_tables,
    decode_least_squares,
    decode_nearest,
    decoding_accuracy,
    decoding_accuracy_by_channels,
    distances,
    every_sum,
    n_distinct_sums,
    nearer_to_own,
    overlap,
    padded_tables,
    principal_axes,
    right_analogies,
    share_along,
    share_read_linearly,
    sides,
    source_shares,
    stream,
    term_shares,
    tips,
    unmix,
    variance_shares,
)
from lessonlib.nano_gpt import NanoGPT, layer_norm, load_checkpoint
from lessonlib.tasks import REVERSE, SORT

RNG = np.random.default_rng(8)
LETTERS, SLOTS = RNG.normal(size=(3, 1, 4)), RNG.normal(size=(1, 6, 4))
ONE, OTHER = RNG.normal(size=(3, 48)), RNG.normal(size=(11, 48))
MODELS = {"sort": (load_checkpoint("sort"), SORT), "reverse": (load_checkpoint("reverse"), REVERSE)}

property_of = settings(max_examples=60, deadline=None, derandomize=True)
some_tables = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**32)).map(
    lambda drawn: np.random.default_rng(drawn[2]).normal(size=drawn[:2])
)


@pytest.fixture(params=MODELS)
def pair(request):
    return MODELS[request.param]


@pytest.fixture
def tables(pair):
    return pair[0].wte.astype(np.float64), pair[0].wpe.astype(np.float64)


def random_tables(n_embd, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((3, n_embd)), rng.standard_normal((11, n_embd))


# What cannot be measured


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: distances(np.zeros(48)), ["table", "(rows, C)", "(48,)"]),
        (lambda: distances(np.zeros((3, 6, 48))), ["table", "(rows, C)", "(3, 6, 48)"]),
        (lambda: cosines(1.0), ["(rows, C)", "()"]),
        (lambda: cosines(np.zeros((0, 4))), ["(rows, C)", "(0, 4)"]),
        (lambda: distances([[1.0, 2.0], [3.0]]), ["rows of different lengths"]),
        (lambda: cosines(np.ones((2, 2)) * 1j), ["real numbers", "complex128"]),
        (lambda: distances([["a", "b"]]), ["real numbers", "<U1"]),
        (lambda: distances([[1.1e150, 0.0]]), ["less than 1e+150", "1.1e+150", "(0, 0)"]),
        (lambda: cosines([[1, 0], [0, 1], [0, 0]]), ["row 2 is all zeros"]),
        (lambda: cosines(ONE, OTHER * 0), ["row 0 is all zeros"]),
        (lambda: cosines(ONE, OTHER[:, :4]), ["of one width", "(3, 48)", "(11, 4)"]),
        (lambda: principal_axes(np.ones((3, 4))), ["all rows are equal"]),
        (lambda: share_along(np.ones((3, 48)), OTHER), ["all rows are equal"]),
        (lambda: share_along(ONE, OTHER[:, :4]), ["of one width", "axes has shape (11, 4)"]),
        (lambda: overlap(np.ones((3, 4)), OTHER[:, :4]), ["span nothing"]),
        (lambda: overlap(np.zeros((3, 4)), OTHER[:, :4], centred=False), ["span nothing"]),
        (lambda: variance_shares(np.zeros((3, 48))), ["(n_letters, n_slots, C)", "(3, 48)"]),
        (lambda: variance_shares(np.zeros((2, 3, 6, 48))), ["(n_letters, n_slots, C)", "(2, 3, 6, 48)"]),
        (lambda: variance_shares(np.zeros((0, 6, 48))), ["(0, 6, 48)"]),
        (lambda: variance_shares(np.full((3, 6, 48), 0.3)), ["all vectors are equal"]),
        (lambda: variance_shares(np.ones((1, 1, 48))), ["all vectors are equal"]),
        (lambda: variance_shares(1e-200 * np.arange(24.0).reshape(2, 3, 4)), ["too small"]),
        (lambda: source_shares(np.zeros((729, 6, 4)), SORT.answers), ["equally often"]),
        (lambda: source_shares(np.zeros((2, 6, 4)), SORT.inputs[:2]), ["equally often"]),
        (lambda: source_shares(np.zeros((9, 6, 4)), SORT.inputs), ["(729, 6)", "(9, 6, 4)"]),
        (lambda: every_sum(ONE, OTHER[:, :3]), ["of one width", "wte has shape (3, 48)", "wpe has shape (11, 3)"]),
        (lambda: every_sum(ONE[0], OTHER), ["wte", "(48,)"]),
        (lambda: every_sum(ONE, OTHER * np.nan), ["wpe", "finite", "nan"]),
        (lambda: padded_tables(ONE, OTHER[0]), ["wpe", "(48,)"]),
        (lambda: unmix(np.zeros(7), ONE, OTHER), ["vectors", "(..., 48)", "(7,)"]),
        (lambda: decode_nearest(5.0, ONE, OTHER), ["vectors", "(..., 48)", "()"]),
        (lambda: anonymous_sums(ONE, OTHER, 34), ["from 1 to 33", "34"]),
        (lambda: anonymous_sums(ONE, OTHER, 0), ["from 1 to 33", "0"]),
        (lambda: decoding_accuracy(ONE, OTHER, 0), ["from 1 to 48", "0"]),
        (lambda: decoding_accuracy(ONE, OTHER, 49), ["from 1 to 48", "49"]),
        (lambda: decoding_accuracy(ONE, OTHER, 2.5), ["whole number", "2.5"]),
        (lambda: decoding_accuracy(ONE, OTHER, noise=-1), ["noise", "-1"]),
        (lambda: decoding_accuracy(ONE, OTHER, noise=np.nan), ["noise", "nan"]),
    ],
)
def test_what_cannot_be_measured_is_refused_in_words(call, words):
    with pytest.raises(ValueError) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("measure", [distances, cosines, principal_axes, lambda table: variance_shares(table[None])])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_named(measure, wrong):
    table = np.arange(12.0).reshape(3, 4)
    table[1, 2] = wrong
    with pytest.raises(ValueError, match=rf"holds {wrong} at \(.*1, 2\): .*finite"):
        measure(table)


# Rows of a table


@property_of
@given(some_tables)
def test_distances_and_cosines_are_those_of_loops(table):
    before = table.copy()
    apart, alike = distances(table), cosines(table)
    assert apart.shape == alike.shape == (len(table), len(table))
    for i, one in enumerate(table.tolist()):
        for j, other in enumerate(table.tolist()):
            assert math.isclose(apart[i, j], math.dist(one, other), abs_tol=1e-12)
            product = sum(a * b for a, b in zip(one, other, strict=True))
            assert math.isclose(alike[i, j], product / math.hypot(*one) / math.hypot(*other), abs_tol=1e-12)
    assert np.allclose(distances(table + 7), apart, atol=1e-12)
    assert np.allclose(cosines(3 * table), alike, atol=1e-12)
    assert np.array_equal(table, before)


def test_cosines_between_the_rows_of_two_tables_are_those_of_a_loop():
    found = cosines(ONE, OTHER)
    for i, j in itertools.product(range(3), range(11)):
        assert found[i, j] == pytest.approx(ONE[i] @ OTHER[j] / np.sqrt((ONE[i] @ ONE[i]) * (OTHER[j] @ OTHER[j])))


def test_a_row_is_at_no_distance_from_itself_and_no_cosine_is_above_one():
    table = MODELS["sort"][0].wpe
    assert table.dtype == np.float32
    assert distances(table).dtype == cosines(table).dtype == np.float64
    assert not distances(table).diagonal().any()
    assert np.allclose(cosines(table).diagonal(), 1, rtol=0, atol=1e-15)
    assert np.abs(cosines(np.concatenate([table, table, -table]))).max() <= 1


def test_lists_of_whole_numbers_are_tables_and_very_large_or_small_rows_are_measured():
    assert distances([[0, 0], [3, 4]]).tolist() == [[0, 5], [5, 0]]
    assert np.allclose(cosines([[1, 0], [0, 2], [-3, 0]]), [[1, 0, -1], [0, 1, 0], [-1, 0, 1]])
    assert np.allclose(cosines([[3e-200, 0.0], [1.0, 1.0]]), [[1, np.sqrt(0.5)], [np.sqrt(0.5), 1]])
    assert np.isfinite(distances([[9e149, 0.0], [0.0, -9e149]])).all()


def test_principal_axes_of_points_along_one_line_find_the_line():
    table = np.outer([1.0, 2.0, 6.0], [3.0, -4.0]) + [7.0, 7.0]  # along (3, -4), of length 5
    axes, shares = principal_axes(table)
    assert np.allclose(axes[0], [-0.6, 0.8]) and np.allclose(shares, [1, 0])


def test_what_lies_along_axes_is_counted_in_squares_from_the_mean_row():
    table = np.array([[0.0, 0.0, 0.0], [2.0, 4.0, 0.0]]) + 7  # 1 and 2 away from the mean, to each side
    assert np.allclose([share_along(table, np.eye(3)[rows]) for rows in ([0], [1], [2], [0, 1])], [0.2, 0.8, 0, 1])
    axes, shares = principal_axes(ONE)
    assert np.allclose([share_along(ONE + 5, axes[: k + 1]) for k in range(3)], np.cumsum(shares))
    many = np.random.default_rng(3).normal(size=(3000, 48))
    assert abs(share_along(many, np.eye(48)[:12]) - 12 / 48) < 0.01  # chance


# Directions that two tables share


def test_a_hidden_shift_moves_raw_cosines_and_leaves_centred_angles():
    shift = RNG.standard_normal(48)
    moved = ONE + shift, OTHER - shift
    assert np.abs(cosines(*moved) - cosines(ONE, OTHER)).max() > 0.3
    assert abs(overlap(*moved, centred=False) - overlap(ONE, OTHER, centred=False)) > 0.02
    assert overlap(*moved) == pytest.approx(overlap(ONE, OTHER))


def test_the_angle_between_two_planes_is_the_one_built_in():
    angle = 0.3
    floor = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    tilted = np.array([[1.0, 0, 0, 0], [0, np.cos(angle), np.sin(angle), 0]])
    mixed = tilted[[0, 0, 1]] * [[3.0], [-1.0], [2.0]] + tilted[[1, 1, 0]]  # other rows with the same span
    assert overlap(floor, mixed, centred=False) == pytest.approx((1 + np.cos(angle) ** 2) / 2)


def test_with_a_single_direction_it_is_the_square_of_the_cosine_with_the_projection():
    one, other = ONE[:2, :3], OTHER[:1, :3]  # a plane and a line
    projection = np.linalg.lstsq(one.T, other[0], rcond=None)[0] @ one
    cosine = projection @ other[0] / np.linalg.norm(projection) / np.linalg.norm(other[0])
    assert overlap(one, other, centred=False) == pytest.approx(cosine**2)


def test_centring_leaves_one_direction_less_and_its_own_rows_the_whole_span():
    assert overlap(RNG.standard_normal((3, 11)) @ OTHER, OTHER, centred=False) == pytest.approx(1)
    assert overlap(OTHER[1:4] - OTHER[0], OTHER) == pytest.approx(1)


def test_spans_at_right_angles_have_no_overlap():
    padded = padded_tables(ONE, OTHER)
    assert overlap(*padded) < 1e-25 and overlap(*padded, centred=False) < 1e-25


@pytest.mark.parametrize(
    ("n_others", "centred", "mean"), [(11, True, 10 / 48), (6, True, 5 / 48), (11, False, 11 / 48)]
)
def test_chance_overlaps_are_those_of_pairs_one_by_one_and_on_average_the_share_of_the_wider_span(
    n_others, centred, mean
):
    chance = chance_overlaps(3, n_others, 48, centred)
    assert chance.mean() == pytest.approx(mean, abs=0.004)
    assert (np.diff(chance) >= 0).all() and len(chance) == 2000
    drawn = np.random.default_rng(0).standard_normal((2000, 3 + n_others, 48))[:200]
    for value in (overlap(rows[:3], rows[3:], centred) for rows in drawn):
        assert np.abs(chance - value).min() < 1e-12


# What letter and slot explain


def shares_by_hand(vectors):
    """Two-way analysis of variance, cell by cell and number by number."""
    n_letters, n_slots, n_channels = vectors.shape
    token = position = rest = total = 0.0
    for channel in range(n_channels):
        grid = vectors[:, :, channel].tolist()
        mean = sum(sum(row) for row in grid) / (n_letters * n_slots)
        of_letter = [sum(row) / n_slots - mean for row in grid]
        of_slot = [sum(row[slot] for row in grid) / n_letters - mean for slot in range(n_slots)]
        for letter in range(n_letters):
            for slot in range(n_slots):
                number = grid[letter][slot] - mean
                total += number**2
                token += of_letter[letter] ** 2
                position += of_slot[slot] ** 2
                rest += (number - of_letter[letter] - of_slot[slot]) ** 2
    return [token / total, position / total, rest / total]


@property_of
@given(st.integers(2, 5), st.integers(2, 6), st.integers(1, 8), st.integers(0, 2**32))
def test_the_shares_are_those_of_a_loop_and_add_up_to_one(n_letters, n_slots, n_channels, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n_letters, n_slots, n_channels)) + 3
    before = vectors.copy()
    shares = variance_shares(vectors)
    assert np.allclose(shares, shares_by_hand(vectors), atol=1e-10)
    assert abs(sum(shares) - 1) < 1e-12
    assert all(type(share) is float for share in shares)
    assert np.array_equal(vectors, before)
    assert np.allclose(variance_shares(-7 * vectors + rng.normal(size=n_channels)), shares, atol=1e-10)


@pytest.mark.parametrize(
    ("vectors", "shares"),
    [
        (LETTERS + 0 * SLOTS, (1, 0, 0)),
        (0 * LETTERS + SLOTS, (0, 1, 0)),
        ([[[1.0], [-1.0]], [[-1.0], [1.0]]], (0, 0, 1)),
        ([[[0.0], [1.0]], [[1.0], [2.0]]], (0.5, 0.5, 0)),
        ([[[0.0], [1.0]], [[3.0], [4.0]]], (0.9, 0.1, 0)),
        ([[[0.0, 0.0], [0.0, 1.0]], [[3.0, 0.0], [3.0, 1.0]]], (0.9, 0.1, 0)),
        ([[[5], [5]], [[6], [6]]], (1, 0, 0)),
        (1e-100 * np.array([[[0.0], [1.0]], [[3.0], [4.0]]]), (0.9, 0.1, 0)),
    ],
)
def test_what_is_all_letter_all_slot_half_or_neither_is_said_to_be(vectors, shares):
    assert np.allclose(variance_shares(vectors), shares, atol=1e-12)


def test_where_letter_and_slot_are_added_nothing_is_left_over_and_never_less_than_nothing():
    token, position, rest = variance_shares(LETTERS + SLOTS)
    spreads = [((part - part.mean(axis=(0, 1))) ** 2).sum(axis=2).mean() for part in (LETTERS, SLOTS)]
    assert np.allclose([token, position], np.array(spreads) / sum(spreads)) and rest < 1e-12
    for seed in range(200):
        rng = np.random.default_rng(seed)
        assert variance_shares(rng.normal(size=(3, 1, 48)) + rng.normal(size=(1, 6, 48)))[2] >= 0


def test_in_the_sum_letter_and_slot_explain_everything(pair):
    model, task = pair
    grid = every_sum(model.wte, model.wpe[:6])
    assert grid.dtype == np.float32  # and is measured in float64
    shares = variance_shares(grid)
    np.testing.assert_allclose(shares, shares_by_hand(grid), atol=1e-10)
    np.testing.assert_allclose(source_shares(stream(model, task.inputs)[0], task.inputs), (*shares, 0), atol=1e-6)


def test_sources_that_were_built_in_are_found():
    ids, rng = SORT.inputs, np.random.default_rng(0)
    letter, slot = rng.standard_normal((3, 1)), rng.standard_normal((6, 1))
    letter, slot = letter - letter.mean(), slot - slot.mean()
    both = rng.standard_normal((3, 6, 1))
    both = both - both.mean(axis=0) - both.mean(axis=1, keepdims=True) + both.mean(axis=(0, 1))
    before = np.where(np.arange(6) > 0, np.roll(ids, 1, axis=1) - 1.0, 0)[..., None]  # the letter before: context
    parts = [letter[ids], np.broadcast_to(slot, (729, 6, 1)), both[ids, np.arange(6)], before]
    sizes = np.array([(part**2).mean() for part in parts])
    np.testing.assert_allclose(source_shares(sum(parts), ids), sizes / sizes.sum(), atol=1e-12)


# Sums


def test_every_sum_is_that_of_its_two_rows_bit_for_bit(pair):
    for wte, wpe in ((pair[0].wte, pair[0].wpe), random_tables(5)):
        sums = every_sum(wte, wpe)
        assert sums.dtype == wte.dtype
        for token_id, slot in itertools.product(range(3), range(11)):
            assert sums[token_id, slot].tobytes() == (wte[token_id] + wpe[slot]).tobytes()


def test_the_closest_sums_are_found_and_collisions_have_distance_0(tables):
    sums = {(t, p): tables[0][t] + tables[1][p] for t in range(3) for p in range(11)}
    lengths = {pair: np.linalg.norm(sums[pair[0]] - sums[pair[1]]) for pair in itertools.combinations(sums, 2)}
    one, other, length = closest_sums(*tables)
    assert (one, other) == min(lengths, key=lengths.get)
    assert length == pytest.approx(min(lengths.values()))
    one, other, length = closest_sums(*counting_tables(3, 11, 48, 1))
    assert length == 0 and sum(one) == sum(other) and one != other


def test_distinct_sums_are_counted():
    assert n_distinct_sums(*counting_tables(3, 11, 48, 1)) == 13
    assert n_distinct_sums(*counting_tables(3, 11, 1, 11)) == 33
    assert n_distinct_sums(*random_tables(1)) == 33
    assert n_distinct_sums(np.zeros((3, 2)), np.zeros((11, 2))) == 1
    tenths = np.array([[0.1], [0.2], [0.3]], dtype=np.float32)  # 0.1 + 0.3 and 0.2 + 0.2 differ in their last bit
    assert n_distinct_sums(tenths, tenths) == 5


def test_anonymous_sums_hold_what_is_said_and_no_pair_twice(tables):
    wte, wpe = tables
    sums, token_ids, slots = anonymous_sums(wte, wpe, 33, seed=4)
    assert set(zip(token_ids.tolist(), slots.tolist())) == set(itertools.product(range(3), range(11)))
    np.testing.assert_array_equal(sums, wte[token_ids] + wpe[slots])
    again, other = anonymous_sums(wte, wpe, 5, seed=4), anonymous_sums(wte, wpe, 5, seed=5)
    np.testing.assert_array_equal(again[0], sums[:5])
    assert (other[0] != sums[:5]).any()


def test_padded_tables_are_as_long_as_they_were_and_have_zeros_beside_their_numbers():
    wte, wpe = padded_tables([[1, 2]], [[3, 4, 5], [6, 7, 8]])
    assert wte.tolist() == [[1, 2, 0, 0, 0]] and wpe.tolist() == [[0, 0, 3, 4, 5], [0, 0, 6, 7, 8]]


def test_padded_tables_set_rows_side_by_side():
    wte, wpe = random_tables(5)[0], random_tables(7)[1]
    padded = padded_tables(wte, wpe)
    for t, p in itertools.product(range(3), range(11)):
        np.testing.assert_array_equal(padded[0][t] + padded[1][p], np.concatenate([wte[t], wpe[p]]))


# Un-mixing


def assert_amounts(amounts, atol=1e-10):
    """Of all 33 sums: 1 for the letter and the slot that are in it, 0 for the others."""
    np.testing.assert_allclose(amounts[0], np.broadcast_to(np.eye(3)[:, None], (3, 11, 3)), atol=atol)
    np.testing.assert_allclose(amounts[1], np.broadcast_to(np.eye(11), (3, 11, 11)), atol=atol)


def test_amounts_are_those_of_plain_least_squares_where_all_14_rows_are_independent(tables):
    rows = np.vstack(tables)
    assert np.linalg.matrix_rank(rows) == 14
    assert_amounts(unmix(every_sum(*tables), *tables), 1e-12)
    for vector in every_sum(*tables).reshape(33, 48):
        plain = np.linalg.lstsq(rows.T, vector, rcond=None)[0]
        np.testing.assert_allclose(np.concatenate(unmix(vector, *tables)), plain, atol=1e-10)


def test_amounts_survive_every_hidden_shift_even_one_that_leaves_plain_least_squares_lost(tables):
    wte, wpe = tables
    shift = -wte.mean(axis=0)
    shifted = wte + shift, wpe - shift
    assert np.linalg.matrix_rank(np.vstack(shifted)) == 13
    plain = np.linalg.lstsq(np.vstack(shifted).T, wte[0] + wpe[0], rcond=None)[0]
    assert abs(plain[0] - 1) > 0.3
    assert_amounts(unmix(every_sum(*shifted), *shifted))


def test_amounts_of_a_mixture_that_is_no_sum_are_the_ones_that_made_it(tables):
    wte, wpe = tables
    of_letters, of_slots = np.array([0.5, 0.2, 0.3]), np.linspace(-1, 1, 11) + 1 / 11
    letters, slots = unmix(of_letters @ wte + of_slots @ wpe, wte, wpe)
    np.testing.assert_allclose(letters, of_letters, atol=1e-10)
    np.testing.assert_allclose(slots, of_slots, atol=1e-10)


@pytest.mark.parametrize("n_embd", [1, 5, 11, 12, 13, 48])
def test_un_mixing_is_exact_from_12_channels_on_and_not_below(n_embd):
    tables = random_tables(n_embd, seed=n_embd)
    letters, slots = unmix(every_sum(*tables), *tables)
    error = max(np.abs(letters - np.eye(3)[:, None]).max(), np.abs(slots - np.eye(11)).max())
    assert error < 1e-9 if n_embd >= 12 else error > 1e-3
    np.testing.assert_allclose([letters.sum(axis=-1), slots.sum(axis=-1)], 1)


def test_amounts_keep_the_shape_of_the_vectors_and_take_float32(tables):
    letters, slots = unmix(np.zeros((2, 5, 48), np.float32), *(table.astype(np.float32) for table in tables))
    assert letters.shape == (2, 5, 3) and slots.shape == (2, 5, 11)
    letters, slots = unmix(tables[0][1] + tables[1][7], *tables)
    assert letters.shape == (3,) and letters.argmax() == 1 and slots.argmax() == 7
    letters, slots = unmix(np.ones((4, 48)), *(table[:1] for table in tables))
    assert (letters == 1).all() and (slots == 1).all()  # of one letter and one slot


# Decoding


def test_the_nearest_pair_is_that_of_a_search_through_all_33():
    wte, wpe = random_tables(4)
    vectors = np.random.default_rng(1).standard_normal((50, 4))
    found = decode_nearest(vectors, wte, wpe)
    for vector, token_id, slot in zip(vectors, *found):
        lengths = {(t, p): np.linalg.norm(vector - wte[t] - wpe[p]) for t in range(3) for p in range(11)}
        assert min(lengths, key=lengths.get) == (token_id, slot)


def test_the_nearest_of_many_sums_is_found_piece_by_piece():
    wte, wpe = np.split(np.random.default_rng(3).normal(size=(130, 5)), [80])
    sums, token_ids, slots = anonymous_sums(wte, wpe, n_sums=1200)  # 4.8 million distances
    found = decode_nearest((sums + 1e-9).reshape(3, 400, 5), wte, wpe)
    np.testing.assert_array_equal(np.reshape(found, (2, 1200)), [token_ids, slots])


def test_without_noise_everything_is_read_right_that_does_not_collide(tables):
    for n_channels in (1, 2, 12, 48):
        assert decoding_accuracy(*tables, n_channels).all()
    np.testing.assert_array_equal(decoding_accuracy(*counting_tables(3, 11, 48, 11)), 1)
    shares = decoding_accuracy(*counting_tables(3, 11, 48, 1))  # of sums that are equal, one pair is named
    assert shares.sum() == 13 == len({t + p for t in range(3) for p in range(11)})


def test_the_accuracy_under_noise_is_that_of_a_loop():
    wte, wpe = random_tables(6)
    shares = decoding_accuracy(wte, wpe, 3, noise=0.5, n_draws=4, seed=9)
    noise = np.random.default_rng(9).standard_normal((4, 3, 11, 6)) * np.vstack([wte, wpe]).std() / 2
    for t, p in itertools.product(range(3), range(11)):
        right = 0
        for draw in range(4):
            vector = (wte[t] + wpe[p] + noise[draw, t, p])[:3]
            lengths = np.linalg.norm(every_sum(wte[:, :3], wpe[:, :3]) - vector, axis=-1)
            right += lengths.argmin() == 11 * t + p
        assert shares[t, p] == right / 4


@pytest.mark.parametrize("decode", [decode_nearest, decode_least_squares])
def test_the_accuracy_by_channels_is_that_of_each_number_of_channels(decode):
    tables = random_tables(7)
    shares = decoding_accuracy_by_channels(*tables, noise=0.7, decode=decode, n_draws=5)
    for n in range(1, 8):
        expected = decoding_accuracy(*tables, n, noise=0.7, decode=decode, n_draws=5)
        np.testing.assert_array_equal(shares[n - 1], expected)


def test_more_channels_read_better_and_more_noise_worse():
    tables = random_tables(48)
    by_channels = [decoding_accuracy(*tables, n, noise=1.0).mean() for n in (1, 4, 12, 48)]
    by_noise = [decoding_accuracy(*tables, 12, noise=noise).mean() for noise in (0, 0.5, 1, 2, 100)]
    assert by_channels == sorted(by_channels) and by_noise == sorted(by_noise, reverse=True)
    assert by_channels[-1] > 0.98 and abs(by_noise[-1] - 1 / 33) < 0.02


def test_the_accuracy_does_not_depend_on_the_unit_of_the_tables_and_is_the_same_each_time():
    wte, wpe = random_tables(8)
    shares = decoding_accuracy(wte, wpe, noise=1.0)
    np.testing.assert_array_equal(decoding_accuracy(1000 * wte, 1000 * wpe, noise=1.0), shares)
    assert (decoding_accuracy(wte, wpe, noise=1.0, seed=1) != shares).any()


def test_linear_reading_without_noise_is_right_from_14_channels_on():
    by_channels = decoding_accuracy_by_channels(*random_tables(48), decode=decode_least_squares).mean(axis=(1, 2))
    assert (by_channels[13:] == 1).all() and by_channels.min() < 0.2


# What the layers make of the sum


def scores(model, token_ids):
    """Attention scores of the first layer, written anew, in float64, head by head. (n_head, T, T)"""
    w = {name: tensor.astype(np.float64) for name, tensor in model.layer_weights(0).items()}
    x = (model.wte.astype(np.float64)[token_ids] + model.wpe.astype(np.float64)[: len(token_ids)]).copy()
    normed = layer_norm(x, w["ln_1.weight"], w["ln_1.bias"])
    query, key, _ = np.split(normed @ w["attn.c_attn.weight"].T + w["attn.c_attn.bias"], 3, axis=-1)
    return np.array([query[:, i : i + 16] @ key[:, i : i + 16].T / 4 for i in (0, 16, 32)])


def test_the_nine_terms_add_up_to_the_score_exactly(pair):
    model, task = pair
    for seen in task.teacher_forced[[0, 100, 728]]:
        terms = attention_terms(model, seen)
        assert terms.shape == (3, 3, 3, 11, 11)
        np.testing.assert_allclose(terms.sum(axis=(0, 1)), scores(model, seen), rtol=1e-12, atol=1e-12)


def test_each_term_follows_only_its_own_parts(pair):
    model, task = pair
    w = {name: tensor.astype(np.float64) for name, tensor in model.layer_weights(0).items()}
    ids = task.teacher_forced[300]
    tok, pos = model.wte[ids].astype(np.float64), model.wpe.astype(np.float64)
    spread = np.sqrt(((tok + pos) - (tok + pos).mean(axis=-1, keepdims=True)).var(axis=-1) + 1e-5)
    asks, asked, head = 7, 2, 1
    rows = slice(16 * head, 16 * head + 16)
    query = (pos[asks] - pos[asks].mean()) / spread[asks] * w["ln_1.weight"] @ w["attn.c_attn.weight"][rows].T
    key = (tok[asked] - tok[asked].mean()) / spread[asked] * w["ln_1.weight"] @ w["attn.c_attn.weight"][48:96][rows].T
    terms = attention_terms(model, ids)
    assert terms[1, 0, head, asks, asked] == pytest.approx(query @ key / 4)
    bias = [w["ln_1.bias"] @ w["attn.c_attn.weight"][at:][rows].T + w["attn.c_attn.bias"][at:][rows] for at in (0, 48)]
    assert terms[2, 2, head, asks, asked] == pytest.approx(bias[0] @ bias[1] / 4)


def test_a_table_of_zeros_leaves_its_terms_at_zero(pair):
    model, task = pair
    terms = attention_terms(model.with_tables(wte=np.zeros((3, 48))), task.teacher_forced[5])
    assert not terms[0].any() and not terms[:, 0].any() and terms[1, 1].any()


def test_term_shares_are_covariances_with_the_score_and_add_up_to_1(pair):
    model, task = pair
    some = task.teacher_forced[::90]
    terms = attention_terms(model, some)  # (3, 3, n, n_head, 11, 11)
    covariance, variance = np.zeros((3, 3)), 0.0
    for n, head, slot in itertools.product(range(len(some)), range(3), range(11)):
        row = terms[:, :, n, head, slot, : slot + 1]
        row = row - row.mean(axis=-1, keepdims=True)
        score = row.sum(axis=(0, 1))
        variance += score @ score
        covariance += row @ score
    shares = term_shares(model, some)
    np.testing.assert_allclose(shares, covariance / variance, atol=1e-12)
    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(shares[:, 2], 0, atol=1e-12)  # the key's bias moves no slot against another


def test_the_sorter_looks_by_slot_for_letters_and_the_reverser_by_slot_for_slots():
    for name, (model, task) in MODELS.items():
        shares = term_shares(model, task.teacher_forced)
        assert shares.argmax() == {"sort": 3, "reverse": 4}[name] and shares.max() > 0.6


def test_the_stream_begins_with_the_sum_and_ends_in_the_logits(pair):
    model, task = pair
    stages = stream(model, task.inputs[:20])
    np.testing.assert_array_equal(stages[0], model.wte[task.inputs[:20]] + model.wpe[:6])
    last = layer_norm(stages[-1], model.weights["transformer.ln_f.weight"], model.weights["transformer.ln_f.bias"])
    logits = last @ model.weights["lm_head.weight"].T
    np.testing.assert_allclose(logits, model.logits(task.inputs[:20]), rtol=1e-4, atol=1e-4)
    assert stages.shape == (4, 20, 6, 48)


def test_float64_weights_and_another_number_of_heads_work_too():
    model = MODELS["sort"][0]
    wide = NanoGPT({name: tensor.astype(np.float64) for name, tensor in model.weights.items()}, n_head=6)
    assert attention_terms(wide, SORT.teacher_forced[9]).shape == (3, 3, 6, 11, 11)
    assert stream(wide, SORT.inputs[:2]).dtype == np.float64


def test_a_linear_reader_reads_what_is_there_and_guesses_what_is_not():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=(400, 6))
    hidden = np.eye(3)[labels] @ rng.standard_normal((3, 10)) + rng.standard_normal(10)
    assert share_read_linearly(hidden, labels) == 1
    assert 0.25 < share_read_linearly(rng.standard_normal((400, 6, 10)), labels) < 0.42
    parity = (labels[..., 0:1] + labels[..., 1:2]) % 2 + 0 * labels  # of two numbers: not linear in them
    both = np.concatenate([np.eye(2)[labels[..., :1] % 2], np.eye(2)[labels[..., 1:2] % 2]], axis=-1)
    assert share_read_linearly(np.broadcast_to(both, (400, 6, 4)), parity) < 0.9


def test_letter_and_slot_can_be_read_after_every_block(pair):
    model, task = pair
    slots = np.broadcast_to(np.arange(6), task.inputs.shape)
    for stage in stream(model, task.inputs):
        assert share_read_linearly(stage, task.inputs) == 1 and share_read_linearly(stage, slots) == 1


def test_sides_are_the_distances_of_the_first_three_rows():
    assert sides([[0, 0], [3, 0], [3, 4], [9, 9]]).tolist() == [3, 5, 4]


def test_rows_are_nearer_to_the_mean_of_the_known_rows_of_their_own_group():
    one, other = [[0.0], [2.0], [4.9], [5.1]], [[8.0], [10.0], [5.1], [4.9]]  # the means are 1 and 9
    assert nearer_to_own(one, other, 2).tolist() == [True, False, True, False]
    with pytest.raises(ValueError, match="one width"):
        nearer_to_own([[1.0]], [[1.0, 2.0]], 1)


def test_right_analogies_are_counted_in_three_ways():
    words = {"man": (0, 0), "woman": (0, 1), "king": (4, 0), "queen": (4, 1.1), "crown": (4, 0.5), "hat": (9, 9)}

    class Plane:
        def nearest(self, word, minus=None, plus=None, n=10):
            x = np.array(words[word], dtype=float)
            x += 0 if minus is None else np.subtract(words[plus], words[minus])
            return sorted(((other, math.dist(x, at)) for other, at in words.items()), key=lambda pair: pair[1])[:n]

    # man -> king: queen by the sum, however many may answer, but crown lies nearest to king. king -> man: woman
    assert right_analogies(Plane(), (("man", "woman"), ("king", "queen"))) == [2, 2, 1]


def test_a_number_tips_the_answer_where_the_model_writes_something_else_letter_by_letter():
    model, token_ids = load_checkpoint("reverse"), encode("BACCAC")
    changed = tips(model, token_ids, -0.4)
    assert changed.shape == (6, 48) and 0 < changed.sum() < 288
    for slot, channel in [*np.argwhere(changed)[:6], *np.argwhere(~changed)[:6]]:
        written, nudge = token_ids, np.zeros((11, 48), dtype=np.float32)
        nudge[slot, channel] = -0.4
        for _ in range(6):
            x = input_embedding(written, model.wte, model.wpe) + nudge[: len(written)]
            written = np.append(written, model.logits_from(x)[-1].argmax())
        assert (written[6:] != token_ids[::-1]).any() == changed[slot, channel]
    assert not tips(model, token_ids, 0.0).any()
