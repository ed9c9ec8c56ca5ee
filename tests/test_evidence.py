"""What is measured about tables and sums, against sums written as loops and grids whose shares are known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessonlib.measure import cosines, distances, principal_axes, variance_shares
from lessonlib.nano_gpt import load_checkpoint

RNG = np.random.default_rng(8)
LETTERS, SLOTS = RNG.normal(size=(3, 1, 4)), RNG.normal(size=(1, 6, 4))


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


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(2, 5), st.integers(2, 6), st.integers(1, 8), st.integers(0, 2**32))
def test_the_shares_are_those_of_a_loop_and_add_up_to_one(n_letters, n_slots, n_channels, seed):
    vectors = np.random.default_rng(seed).normal(size=(n_letters, n_slots, n_channels)) + 3
    before = vectors.copy()
    shares = variance_shares(vectors)
    assert np.allclose(shares, shares_by_hand(vectors), atol=1e-10)
    assert abs(sum(shares) - 1) < 1e-12
    assert all(type(share) is float for share in shares)
    assert np.array_equal(vectors, before)


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
    ],
)
def test_what_is_all_letter_all_slot_half_or_neither_is_said_to_be(vectors, shares):
    assert np.allclose(variance_shares(vectors), shares, atol=1e-12)


def test_where_letter_and_slot_are_added_nothing_is_left_over():
    token, position, rest = variance_shares(LETTERS + SLOTS)
    spreads = [((part - part.mean(axis=(0, 1))) ** 2).sum(axis=2).mean() for part in (LETTERS, SLOTS)]
    assert np.allclose([token, position], np.array(spreads) / sum(spreads))
    assert abs(rest) < 1e-12


def test_a_vector_added_to_all_and_a_common_scale_change_no_share():
    vectors = RNG.normal(size=(3, 6, 4))
    assert np.allclose(variance_shares(vectors), variance_shares(-7 * vectors + RNG.normal(size=4)), atol=1e-10)


@pytest.mark.parametrize("name", ["sort", "reverse"])
def test_the_sums_of_float32_tables_are_measured_in_float64(name):
    model = load_checkpoint(name)
    vectors = model.wte[:, np.newaxis] + model.wpe[:6]
    assert vectors.dtype == np.float32
    assert np.allclose(variance_shares(vectors), shares_by_hand(vectors), atol=1e-10)


def test_the_rest_is_never_less_than_nothing():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        assert variance_shares(rng.normal(size=(3, 1, 48)) + rng.normal(size=(1, 6, 48)))[2] >= 0


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (np.zeros((3, 48)), ["(n_letters, n_slots, C)", "(3, 48)"]),
        (np.zeros((2, 3, 6, 48)), ["(n_letters, n_slots, C)", "(2, 3, 6, 48)"]),
        (5.0, ["(n_letters, n_slots, C)", "()"]),
        (np.zeros((3, 6, 48)), ["all vectors are equal"]),
        (np.ones((1, 1, 48)), ["all vectors are equal"]),
        (np.full((3, 6, 48), 0.3), ["all vectors are equal"]),
        (np.where(np.arange(24).reshape(2, 3, 4) == 7, np.nan, 1), ["nan", "finite"]),
        (np.where(np.arange(24).reshape(2, 3, 4) == 7, np.inf, 1), ["inf", "finite"]),
        (np.zeros((0, 6, 48)), ["(0, 6, 48)"]),
    ],
)
def test_what_has_no_shares_is_refused(vectors, words):
    with pytest.raises(ValueError) as caught:
        variance_shares(vectors)
    for word in words:
        assert word in str(caught.value)


# Rows of one table

tables = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(0, 2**32)).map(
    lambda drawn: np.random.default_rng(drawn[2]).normal(size=drawn[:2])
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables)
def test_distances_and_cosines_are_those_of_loops(table):
    before = table.copy()
    apart, alike = distances(table), cosines(table)
    assert apart.shape == alike.shape == (len(table), len(table))
    for i, one in enumerate(table.tolist()):
        for j, other in enumerate(table.tolist()):
            assert math.isclose(apart[i, j], math.dist(one, other), abs_tol=1e-12)
            product = sum(a * b for a, b in zip(one, other, strict=True))
            assert math.isclose(alike[i, j], product / math.hypot(*one) / math.hypot(*other), abs_tol=1e-12)
    assert np.array_equal(table, before)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables)
def test_a_vector_added_to_all_rows_changes_no_distance_and_a_scale_no_cosine(table):
    assert np.allclose(distances(table + 7), distances(table), atol=1e-12)
    assert np.allclose(cosines(3 * table), cosines(table), atol=1e-12)


def test_a_row_is_at_no_distance_from_itself_and_no_cosine_is_above_one():
    table = load_checkpoint("sort").wpe
    assert table.dtype == np.float32
    assert distances(table).dtype == cosines(table).dtype == np.float64
    assert not distances(table).diagonal().any()
    assert np.allclose(cosines(table).diagonal(), 1, rtol=0, atol=1e-15)
    doubled = np.concatenate([table, table, -table])
    assert np.abs(cosines(doubled)).max() <= 1


def test_lists_of_whole_numbers_are_tables_too():
    assert distances([[0, 0], [3, 4]]).tolist() == [[0, 5], [5, 0]]
    assert np.allclose(cosines([[1, 0], [0, 2], [-3, 0]]), [[1, 0, -1], [0, 1, 0], [-1, 0, 1]])


@pytest.mark.parametrize("measure", [distances, cosines])
@pytest.mark.parametrize("table", [np.zeros(48), np.zeros((3, 6, 48)), 1.0])
def test_what_is_no_table_is_refused(measure, table):
    with pytest.raises(ValueError) as caught:
        measure(table)
    assert "(n_rows, C)" in str(caught.value)
    assert str(np.shape(table)) in str(caught.value)


def test_a_row_of_zeros_has_no_direction():
    with pytest.raises(ValueError, match="row 2 is all zeros"):
        cosines([[1, 0], [0, 1], [0, 0]])


@pytest.mark.parametrize("function", [distances, cosines, principal_axes])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_named(function, wrong):
    table = np.arange(12.0).reshape(3, 4)
    table[1, 2] = wrong
    with pytest.raises(ValueError, match=f"finite.*got {wrong}"):
        function(table)


def test_principal_axes_of_points_along_one_line_find_the_line():
    table = np.outer([1.0, 2.0, 6.0], [3.0, -4.0]) + [7.0, 7.0]  # along (3, -4), of length 5
    axes, shares = principal_axes(table)
    assert np.allclose(axes[0], [-0.6, 0.8]) and np.allclose(shares, [1, 0])
    with pytest.raises(ValueError, match="all rows are equal"):
        principal_axes(np.ones((3, 4)))


def test_a_spread_too_small_to_be_squared_is_not_shared_out():
    grid = np.arange(24.0).reshape(2, 3, 4)
    assert np.allclose(variance_shares(1e-100 * grid), variance_shares(grid))
    with pytest.raises(ValueError, match="too small"):
        variance_shares(1e-200 * grid)


def test_the_direction_of_a_tiny_row_counts_like_any_other():
    assert np.allclose(cosines([[3e-200, 0.0], [1.0, 1.0]]), [[1, np.sqrt(0.5)], [np.sqrt(0.5), 1]])
    with pytest.raises(ValueError, match="row 1 is all zeros"):
        cosines([[1.0, 0.0], [0.0, 0.0]])


def test_rows_of_different_lengths_and_what_is_no_number_are_named():
    with pytest.raises(ValueError, match="rows of different lengths"):
        distances([[1.0, 2.0], [3.0]])
    with pytest.raises(ValueError, match="real numbers are needed, got type complex128"):
        cosines(np.ones((2, 2)) * 1j)
    assert np.isfinite(distances([[9e149, 0.0], [0.0, -9e149]])).all()
    with pytest.raises(ValueError, match="less than 1e150"):
        distances([[1.1e150, 0.0]])
