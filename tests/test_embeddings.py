"""The lessons' mathematics, against matrix products, sines by hand, and the mistakes that numpy would let pass."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessonlib.embeddings import (
    decode,
    encode,
    input_embedding,
    one_hot,
    position_embedding,
    sinusoidal_positions,
    token_embedding,
)

RNG = np.random.default_rng(5)
WTE = RNG.standard_normal((3, 48)).astype(np.float32)
WPE = RNG.standard_normal((11, 48)).astype(np.float32)
CBABBC = np.array([2, 1, 0, 1, 1, 2])

property_of = settings(max_examples=60, deadline=None, derandomize=True)


def refusal(function, *arguments):
    """Return what the ValueError says."""
    with pytest.raises(ValueError) as caught:
        function(*arguments)
    return str(caught.value)


def assert_says(message, words):
    for word in words:
        assert word in message, f"{word!r} is not in {message!r}"


# Letters and ids


def test_letters_become_their_places_in_the_alphabet():
    token_ids = encode("CBABBC")
    assert token_ids.tolist() == [2, 1, 0, 1, 1, 2]
    assert token_ids.dtype == np.int64
    assert decode(token_ids) == "CBABBC"


@property_of
@given(st.text(alphabet="ABC", min_size=1, max_size=30))
def test_decode_undoes_encode(letters):
    token_ids = encode(letters)
    assert ["ABC"[token_id] for token_id in token_ids] == list(letters)
    assert decode(token_ids) == letters


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64", ">i4"])
def test_ids_of_every_integer_type_are_understood(dtype):
    token_ids = CBABBC.astype(dtype)
    assert decode(token_ids) == "CBABBC"
    assert np.array_equal(token_embedding(token_ids, WTE), WTE[CBABBC])
    assert np.array_equal(one_hot(token_ids, 3) @ WTE, WTE[CBABBC])


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("CBXBBC", ["letter 'X'", "slot 2", "A B C"]),
        ("CBA BC", ["letter ' '", "slot 3", "A B C"]),
        ("cBABBC", ["letter 'c'", "slot 0", "A B C", "'C'", "upper case"]),
        ("CBABBb", ["letter 'b'", "slot 5", "A B C", "'B'", "upper case"]),
        ("", ["empty", "A B C"]),
        (None, ["None", "string", "'ABC'"]),
        (["A", "B"], ["['A', 'B']", "string"]),
        (b"ABC", ["b'ABC'", "string"]),
        (7, ["7", "string"]),
    ],
)
def test_a_letter_that_the_model_does_not_know_is_refused_and_named(letters, words):
    assert_says(refusal(encode, letters), words)


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("СВА", ["letter 'С'", "only looks like C", "a Cyrillic letter", "type 'C'"]),
        ("ABВ", ["letter 'В' in slot 2", "only looks like B", "a Cyrillic letter"]),
        ("ΑBC", ["only looks like A", "a Greek letter"]),
        ("ABϹ", ["only looks like C", "a Greek letter"]),
        ("AΒC", ["only looks like B", "a Greek letter"]),
        ("ＡBC", ["only looks like A", "a full-width letter"]),
        ("ABＣ", ["only looks like C", "a full-width letter"]),
        ("сab", ["only looks like C", "a Cyrillic letter"]),
    ],
)
def test_a_letter_that_only_looks_like_one_is_told_apart(letters, words):
    assert_says(refusal(encode, letters), words)


def test_hints_are_given_only_where_they_help():
    for letters in ("x", "ß", "Ω", "①"):
        assert "upper case" not in refusal(encode, letters) and "looks like" not in refusal(encode, letters)
    assert "looks like" not in refusal(encode, "a")


def test_a_long_value_is_cut_in_the_refusal():
    assert f"['{'A' * 36}'] (list)" in refusal(encode, ["A" * 36])  # 40 characters are short enough
    assert f"['{'A' * 35}... (list)" in refusal(encode, ["A" * 37])


@pytest.mark.parametrize(("token_ids", "shape"), [(1, "()"), ([[0, 1], [1, 2]], "(2, 2)")])
def test_decode_reads_one_row_only(token_ids, shape):
    assert_says(refusal(decode, token_ids), ["one row", shape])


# One-hot and the look-up


def test_a_one_hot_row_has_a_single_one_in_the_column_of_its_id():
    rows = one_hot(CBABBC, 3)
    assert rows.tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert rows.dtype == np.float32


@pytest.mark.parametrize(
    ("vocab_size", "words"),
    [(0, ["0", "at least 1"]), (-2, ["-2", "at least 1"]), (3.0, ["3.0", "whole"]), (True, ["True", "whole"])],
)
def test_one_hot_refuses_a_number_of_columns_that_is_none(vocab_size, words):
    assert_says(refusal(one_hot, [0], vocab_size), ["vocab_size", *words])


def test_one_hot_needs_room_for_its_rows_only():
    tracemalloc.start()
    rows = one_hot([0, 4999], 5000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows.nbytes == 40_000
    assert peak < 1_000_000


shapes_of_ids = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


@property_of
@given(shapes_of_ids, st.integers(1, 6), st.integers(1, 9), st.sampled_from(["f4", "f8"]), st.integers(0, 2**32))
def test_looking_up_equals_multiplying_one_hot_rows_by_the_table(shape, vocab_size, n_embd, dtype, seed):
    rng = np.random.default_rng(seed)
    wte = rng.standard_normal((vocab_size, n_embd)).astype(dtype)
    token_ids = rng.integers(vocab_size, size=shape)
    tok_emb = token_embedding(token_ids, wte)
    assert tok_emb.shape == (*shape, n_embd)
    assert tok_emb.dtype == wte.dtype
    assert np.array_equal(tok_emb, one_hot(token_ids, vocab_size) @ wte)


def test_a_single_id_gives_a_single_row():
    assert np.array_equal(token_embedding(1, WTE), WTE[1])
    assert one_hot(1, 3).tolist() == [0, 1, 0]


def test_lists_are_understood_as_arrays_are():
    assert token_embedding([2, 0], [[1, 2], [3, 4], [5, 6]]).tolist() == [[5, 6], [1, 2]]
    assert input_embedding((2, 0), [[1, 2], [3, 4], [5, 6]], [[10, 20], [30, 40]]).tolist() == [[15, 26], [31, 42]]


# Ids that numpy would misread, in every function that takes ids

takes_ids = pytest.mark.parametrize(
    "look_up",
    [
        lambda token_ids: one_hot(token_ids, 3),
        lambda token_ids: token_embedding(token_ids, WTE),
        lambda token_ids: input_embedding(token_ids, WTE, WPE),
        decode,
    ],
    ids=["one_hot", "token_embedding", "input_embedding", "decode"],
)


@takes_ids
@pytest.mark.parametrize(
    ("token_ids", "words"),
    [
        ([0, -1], ["id -1 ", "0 to 2"]),
        (np.array([2, -3]), ["id -3 ", "0 to 2"]),
        ([0, 3, 1], ["id 3 ", "0 to 2"]),
        (np.array([0, 200], dtype=np.uint8), ["id 200 ", "0 to 2"]),
        (np.array([2**64 - 1], dtype=np.uint64), ["id 18446744073709551615 ", "0 to 2"]),
        ([0, 2**70], ["id 1180591620717411303424 ", "0 to 2"]),
        ([-(2**70)], ["id -1180591620717411303424 ", "0 to 2"]),
        ([0, 1.0], ["id 1.0 ", "not an integer", "0 to 2"]),
        ([0, math.nan], ["id nan ", "not an integer", "0 to 2"]),
        (np.array([0.5, 1.0]), ["id 0.5 ", "not an integer", "(float)", "0 to 2"]),
        (np.array([np.nan]), ["id nan ", "not an integer", "0 to 2"]),
        ([0, True], ["id True ", "not an integer", "0 to 2"]),
        ([np.False_], ["False", "not an integer", "0 to 2"]),
        (np.array([False, True]), ["id False ", "not an integer", "bool", "0 to 2"]),
        ([0, None], ["id None ", "not an integer", "0 to 2"]),
        (None, ["id None ", "not an integer", "0 to 2"]),
        ("CAB", ["id 'CAB' ", "not an integer", "0 to 2", "encode"]),
        (["C", "A"], ["id 'C' ", "not an integer", "0 to 2", "encode"]),
        (np.array(["C", "A"]), ["id 'C' ", "not an integer", "0 to 2"]),
        ([[0, 1], [2]], ["[0, 1]", "not an integer", "0 to 2"]),
        ([np.zeros((2, 1)), np.zeros((2, 2))], ["different lengths", "0 to 2"]),
        ([], ["empty", "at least one", "0 to 2"]),
        ([[], []], ["empty", "at least one", "0 to 2"]),
        (np.array([], dtype=int), ["empty", "at least one", "0 to 2"]),
        (np.zeros((0, 6), dtype=int), ["empty", "at least one", "0 to 2"]),
        (np.array([1.5, 1], dtype=object), ["id 1.5 ", "not an integer", "0 to 2"]),
        (np.array([0, True], dtype=object), ["id True ", "not an integer", "0 to 2"]),
    ],
)
def test_an_id_that_names_no_row_is_refused_and_named(look_up, token_ids, words):
    assert_says(refusal(look_up, token_ids), words)


@takes_ids
@pytest.mark.parametrize("token_ids", [np.ma.array([-1, 2], mask=[True, False]), np.ma.array([7], mask=[True])])
def test_a_negative_id_does_not_slip_through_behind_a_mask(look_up, token_ids):
    refusal(look_up, token_ids)


def test_a_wrong_id_deep_in_a_batch_is_found():
    batch = np.zeros((4, 5, 6), dtype=int)
    batch[3, 4, 5] = 9
    assert_says(refusal(token_embedding, batch, WTE), ["id 9 ", "0 to 2"])


def test_the_sum_needs_a_row_of_ids():
    assert_says(refusal(input_embedding, 2, WTE, WPE), ["(..., T)", "single id 2"])


# Positions


@pytest.mark.parametrize("start", range(6))
def test_the_positions_are_the_rows_from_start_on_whatever_the_letters(start):
    pos_emb = position_embedding(6, WPE, start)
    assert np.array_equal(pos_emb, np.array([WPE[start + slot] for slot in range(6)]))
    assert pos_emb.dtype == np.float32


@pytest.mark.parametrize(
    ("n_tokens", "start", "words"),
    [
        (12, 0, ["12 tokens", "slot 0", "11 slots"]),
        (6, 6, ["6 tokens", "slot 6", "6 to 11", "11 slots"]),
        (1, 11, ["1 token in slot 11", "11 slots, 0 to 10"]),
        (2**70, 0, ["1180591620717411303424 tokens", "11 slots"]),
        (6, 2**70, ["slot 1180591620717411303424", "11 slots"]),
        (0, 0, ["n_tokens", "0", "at least 1"]),
        (-1, 0, ["n_tokens", "-1", "at least 1"]),
        (6.0, 0, ["n_tokens", "6.0", "whole"]),
        (True, 0, ["n_tokens", "True", "whole"]),
        ("6", 0, ["n_tokens", "'6'", "whole"]),
        (6, -1, ["start", "-1", "at least 0"]),
        (6, 1.5, ["start", "1.5", "whole"]),
        (6, False, ["start", "False", "whole"]),
        (6, None, ["start", "None", "whole"]),
        (6, np.float32(1), ["start", "1.0", "whole"]),
    ],
)
def test_a_window_that_the_table_does_not_have_is_refused(n_tokens, start, words):
    assert_says(refusal(position_embedding, n_tokens, WPE, start), words)


@pytest.mark.parametrize(
    ("n_tokens", "start", "words"),
    [
        (12, 0, ["12 tokens", "11 slots"]),
        (6, 6, ["6 tokens", "slot 6", "11 slots"]),
        (6, -1, ["start", "-1", "at least 0"]),
        (6, 1.0, ["start", "1.0", "whole"]),
    ],
)
def test_a_sum_past_the_end_of_the_table_is_refused(n_tokens, start, words):
    assert_says(refusal(input_embedding, [0] * n_tokens, WTE, WPE, start), words)


def test_the_positions_start_at_slot_0_unless_said_otherwise():
    assert np.array_equal(position_embedding(11, WPE), WPE)


def test_numpy_integers_are_whole_numbers_too():
    assert np.array_equal(position_embedding(np.int64(6), WPE, np.int8(2)), WPE[2:8])


# Sinusoids


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("n_positions", "n_embd", "base"), [(11, 48, 10000.0), (1, 2, 10000), (7, 6, 0.5), (5, 4, np.float32(100))]
)
def test_sinusoids_are_the_sines_and_cosines_of_the_paper(n_positions, n_embd, base):
    table = sinusoidal_positions(n_positions, n_embd, base)
    assert table.shape == (n_positions, n_embd)
    assert table.dtype == np.float64
    for position in range(n_positions):
        for pair in range(n_embd // 2):
            angle = position / float(base) ** (2 * pair / n_embd)
            assert math.isclose(table[position, 2 * pair], math.sin(angle), abs_tol=1e-12)
            assert math.isclose(table[position, 2 * pair + 1], math.cos(angle), abs_tol=1e-12)


def test_the_base_of_the_sinusoids_is_10000_unless_said_otherwise():
    assert np.array_equal(sinusoidal_positions(11, 48), sinusoidal_positions(11, 48, 10000))


def test_every_row_of_sinusoids_is_equally_long():
    assert np.allclose(np.linalg.norm(sinusoidal_positions(50, 48), axis=1), math.sqrt(24))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((11, 7), ["n_embd", "7", "even"]),
        ((11, 47), ["n_embd", "47", "even"]),
        ((11, 0), ["n_embd", "0", "at least 2"]),
        ((11, 48.0), ["n_embd", "48.0", "whole"]),
        ((0, 48), ["n_positions", "0", "at least 1"]),
        ((11.5, 48), ["n_positions", "11.5", "whole"]),
        ((True, 48), ["n_positions", "True", "whole"]),
        ((11, 48, 0), ["base", "0", "larger than 0"]),
        ((11, 48, -10000.0), ["base", "-10000.0", "larger than 0"]),
        ((11, 48, math.inf), ["base", "inf", "at most"]),
        ((11, 48, np.float32(np.inf)), ["base", "inf", "at most"]),
        ((11, 48, math.nan), ["base", "nan", "at most"]),
        ((11, 48, "10000"), ["base", "'10000'", "number"]),
        ((11, 48, None), ["base", "None", "number"]),
        ((11, 48, True), ["base", "True", "number"]),
        ((11, 48, 1j), ["base", "1j", "number"]),
        ((11, 48, np.complex64(2)), ["base", "2", "number"]),
        ((11, 48, 10**400), ["base", "at most"]),
    ],
)
def test_sizes_that_give_no_sinusoids_are_refused(arguments, words):
    assert_says(refusal(sinusoidal_positions, *arguments), words)


def test_a_very_large_whole_base_is_as_good_as_its_float():
    assert np.array_equal(sinusoidal_positions(3, 4, 10**30), sinusoidal_positions(3, 4, 1e30))


# The sum


@property_of
@given(shapes_of_ids, st.integers(0, 3), st.sampled_from(["f2", "f4", "f8"]), st.integers(0, 2**32))
def test_the_sum_is_bit_for_bit_the_sum_of_the_rows(shape, start, dtype, seed):
    rng = np.random.default_rng(seed)
    wte = rng.standard_normal((5, 8)).astype(dtype)
    wpe = rng.standard_normal((7, 8)).astype(dtype)
    token_ids = rng.integers(5, size=shape)
    x = input_embedding(token_ids, wte, wpe, start)
    assert x.dtype == wte.dtype
    assert x.shape == (*shape, 8)
    assert x.tobytes() == (wte[token_ids] + wpe[start : start + shape[-1]]).tobytes()
    for place in np.ndindex(shape):
        assert np.array_equal(x[place], wte[token_ids[place]] + wpe[start + place[-1]])


def test_the_sum_starts_at_slot_0_unless_said_otherwise():
    assert np.array_equal(input_embedding(CBABBC, WTE, WPE), WTE[CBABBC] + WPE[:6])


def test_the_sum_at_the_sizes_of_gpt2_is_exact_and_its_table_neither_copied_nor_searched():
    wte = np.zeros((50257, 768), dtype=np.float32)
    token_ids = RNG.integers(50257, size=1024)
    wte[token_ids] = RNG.standard_normal((1024, 768), dtype=np.float32)
    wpe = RNG.standard_normal((1024, 768), dtype=np.float32)
    tracemalloc.start()
    x = input_embedding(token_ids, wte, wpe)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert x.tobytes() == (wte[token_ids] + wpe).tobytes()
    assert peak < 3 * x.nbytes  # one byte for each number of wte would already be 4


def test_a_batch_is_its_rows_one_by_one():
    batch = RNG.integers(3, size=(2, 3, 6))
    x = input_embedding(batch, WTE, WPE, 2)
    assert x.shape == (2, 3, 6, 48)
    for i, j in np.ndindex(2, 3):
        assert np.array_equal(x[i, j], input_embedding(batch[i, j], WTE, WPE, 2))


@pytest.mark.parametrize(
    ("name", "table", "words"),
    [
        ("wte", WTE[:, :47], ["(3, 47)", "(11, 48)", "unequal width"]),
        ("wpe", WPE[:, :1], ["(3, 48)", "(11, 1)", "unequal width"]),
        ("wte", WTE[0], ["wte", "(rows, C)", "(48,)"]),
        ("wpe", WPE[np.newaxis], ["wpe", "(rows, C)", "(1, 11, 48)"]),
        ("wte", np.zeros((0, 48)), ["wte", "(rows, C)", "(0, 48)"]),
        ("wte", [[1, 2], [3]], ["wte", "different lengths"]),
        ("wpe", 3.0, ["wpe", "(rows, C)", "()"]),
        ("wte", WTE > 0, ["wte", "real numbers", "bool"]),
        ("wpe", WPE * 1j, ["wpe", "real numbers", "complex"]),
        ("wte", [["a", "b"]], ["wte", "real numbers", "<U1"]),
        ("wpe", WPE.astype(object), ["wpe", "real numbers", "object"]),
    ],
)
def test_what_is_no_table_is_refused(name, table, words):
    tables = {"wte": WTE, "wpe": WPE, name: table}
    assert_says(refusal(input_embedding, CBABBC, tables["wte"], tables["wpe"]), words)
    if "unequal width" not in words:
        alone = {"wte": lambda: token_embedding([0], table), "wpe": lambda: position_embedding(1, table)}
        assert_says(refusal(alone[name]), words)


def test_the_cells_of_a_table_are_not_looked_at():
    broken = WTE.copy()
    broken[2, 7] = np.nan
    assert np.isnan(token_embedding(CBABBC, broken)).sum() == 2


@property_of
@given(shapes_of_ids, st.integers(0, 2**32))
def test_no_input_is_changed_and_no_result_shares_memory_with_one(shape, seed):
    rng = np.random.default_rng(seed)
    inputs = (rng.integers(3, size=shape), rng.standard_normal((3, 4)), rng.standard_normal((5, 4)))
    before = [array.copy() for array in inputs]
    token_ids, wte, wpe = inputs
    results = [
        one_hot(token_ids, 3),
        token_embedding(token_ids, wte),
        position_embedding(shape[-1], wpe),
        input_embedding(token_ids, wte, wpe),
    ]
    for result in results:
        result += 1
    for array, copy in zip(inputs, before, strict=True):
        assert np.array_equal(array, copy)


def test_read_only_inputs_are_welcome():
    token_ids, wte, wpe = CBABBC.copy(), WTE.copy(), WPE.copy()
    for array in (token_ids, wte, wpe):
        array.flags.writeable = False
    x = input_embedding(token_ids, wte, wpe)
    x[0, 0] = 1.0
    position_embedding(6, wpe)[0, 0] = 1.0
    assert decode(token_ids) == "CBABBC"
