"""Adding and reading back: amounts, collisions, noise."""

import itertools

import numpy as np
import pytest

from lessonlib.measure import (
    anonymous_sums,
    closest_sums,
    counting_tables,
    decode_least_squares,
    decode_nearest,
    decoding_accuracy,
    decoding_accuracy_by_channels,
    every_sum,
    n_distinct_sums,
    padded_tables,
    unmix,
)
from lessonlib.nano_gpt import load_checkpoint

MODELS = {name: load_checkpoint(name) for name in ("sort", "reverse")}


@pytest.fixture(params=MODELS)
def tables(request):
    model = MODELS[request.param]
    return model.wte.astype(np.float64), model.wpe.astype(np.float64)


def random_tables(n_embd, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((3, n_embd)), rng.standard_normal((11, n_embd))


def test_every_sum_is_that_of_its_two_rows(tables):
    wte, wpe = tables
    sums = every_sum(wte, wpe)
    for token_id, slot in itertools.product(range(3), range(11)):
        assert sums[token_id, slot].tobytes() == (wte[token_id] + wpe[slot]).tobytes()


def test_letter_and_slot_come_back_from_all_33_sums_of_the_shipped_models(tables):
    letters, slots = unmix(every_sum(*tables), *tables)
    np.testing.assert_allclose(letters, np.broadcast_to(np.eye(3)[:, None], (3, 11, 3)), atol=1e-12)
    np.testing.assert_allclose(slots, np.broadcast_to(np.eye(11), (3, 11, 11)), atol=1e-12)


def test_amounts_are_those_of_plain_least_squares_where_all_14_rows_are_independent(tables):
    rows = np.vstack(tables)
    assert np.linalg.matrix_rank(rows) == 14
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
    letters, slots = unmix(every_sum(*shifted), *shifted)
    np.testing.assert_allclose(letters, np.broadcast_to(np.eye(3)[:, None], (3, 11, 3)), atol=1e-10)
    np.testing.assert_allclose(slots, np.broadcast_to(np.eye(11), (3, 11, 11)), atol=1e-10)


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


def test_one_letter_or_one_slot_has_the_amount_1():
    letters, slots = unmix(np.ones((4, 48)), *(table[:1] for table in random_tables(48)))
    assert (letters == 1).all() and (slots == 1).all()


def test_anonymous_sums_hold_what_is_said_and_no_pair_twice(tables):
    wte, wpe = tables
    sums, token_ids, slots = anonymous_sums(wte, wpe, 33, seed=4)
    assert set(zip(token_ids.tolist(), slots.tolist())) == set(itertools.product(range(3), range(11)))
    np.testing.assert_array_equal(sums, wte[token_ids] + wpe[slots])
    again, other = anonymous_sums(wte, wpe, 5, seed=4), anonymous_sums(wte, wpe, 5, seed=5)
    np.testing.assert_array_equal(again[0], sums[:5])
    assert (other[0] != sums[:5]).any()


def test_the_nearest_pair_is_that_of_a_search_through_all_33():
    wte, wpe = random_tables(4)
    vectors = np.random.default_rng(1).standard_normal((50, 4))
    found = decode_nearest(vectors, wte, wpe)
    for vector, token_id, slot in zip(vectors, *found):
        lengths = {(t, p): np.linalg.norm(vector - wte[t] - wpe[p]) for t in range(3) for p in range(11)}
        assert min(lengths, key=lengths.get) == (token_id, slot)


def test_without_noise_everything_is_read_right_that_does_not_collide(tables):
    for n_channels in (1, 2, 12, 48):
        assert decoding_accuracy(*tables, n_channels).all()
    np.testing.assert_array_equal(decoding_accuracy(*counting_tables(3, 11, 48, 11)), 1)
    shares = decoding_accuracy(*counting_tables(3, 11, 48, 1))  # of sums that are equal, one pair is named
    assert shares.sum() == 13 == len({t + p for t in range(3) for p in range(11)})


def test_shares_under_noise_are_those_of_a_loop():
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


def test_shares_by_channels_are_those_of_each_number_of_channels():
    tables = random_tables(7)
    for read in (decode_nearest, decode_least_squares):
        shares = decoding_accuracy_by_channels(*tables, noise=0.7, read=read, n_draws=5)
        for n in range(1, 8):
            expected = decoding_accuracy(*tables, n, noise=0.7, read=read, n_draws=5)
            np.testing.assert_array_equal(shares[n - 1], expected)


def test_more_channels_read_better_and_more_noise_worse():
    tables = random_tables(48)
    by_channels = [decoding_accuracy(*tables, n, noise=1.0).mean() for n in (1, 4, 12, 48)]
    by_noise = [decoding_accuracy(*tables, 12, noise=noise).mean() for noise in (0, 0.5, 1, 2, 100)]
    assert by_channels == sorted(by_channels) and by_noise == sorted(by_noise, reverse=True)
    assert by_channels[-1] > 0.98 and abs(by_noise[-1] - 1 / 33) < 0.02


def test_shares_do_not_depend_on_the_unit_of_the_tables_and_are_the_same_each_time():
    wte, wpe = random_tables(8)
    shares = decoding_accuracy(wte, wpe, noise=1.0)
    np.testing.assert_array_equal(decoding_accuracy(1000 * wte, 1000 * wpe, noise=1.0), shares)
    assert (decoding_accuracy(wte, wpe, noise=1.0, seed=1) != shares).any()


def test_linear_reading_without_noise_is_right_from_12_channels_on():
    tables = random_tables(48)
    right = [decoding_accuracy(*tables, n, decode=decode_least_squares).mean() for n in range(1, 15)]
    assert right[11:] == [1, 1, 1] and min(right) < 0.2


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


def test_padded_tables_set_rows_side_by_side():
    wte, wpe = random_tables(5)[0], random_tables(7)[1]
    padded = padded_tables(wte, wpe)
    for t, p in itertools.product(range(3), range(11)):
        np.testing.assert_array_equal(padded[0][t] + padded[1][p], np.concatenate([wte[t], wpe[p]]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda wte, wpe: every_sum(wte, wpe[:, :3]), "unequal width"),
        (lambda wte, wpe: every_sum(wte[0], wpe), "wte must be a table"),
        (lambda wte, wpe: every_sum(wte, wpe * np.nan), "must be finite"),
        (lambda wte, wpe: unmix(np.zeros(7), wte, wpe), "as wide as the tables, got (7,)"),
        (lambda wte, wpe: anonymous_sums(wte, wpe, 34), "from 1 to 33, got 34"),
        (lambda wte, wpe: anonymous_sums(wte, wpe, 0), "got 0"),
        (lambda wte, wpe: decoding_accuracy(wte, wpe, 0), "from 1 to 48, got 0"),
        (lambda wte, wpe: decoding_accuracy(wte, wpe, 49), "got 49"),
        (lambda wte, wpe: decoding_accuracy(wte, wpe, 2.5), "got 2.5"),
        (lambda wte, wpe: decoding_accuracy(wte, wpe, noise=-1), "got -1"),
        (lambda wte, wpe: decoding_accuracy(wte, wpe, noise=np.nan), "got nan"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tables, call, words):
    with pytest.raises(ValueError, match=words.replace("(", r"\(").replace(")", r"\)")):
        call(*tables)
