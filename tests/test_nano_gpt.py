"""The model behind the sum: against a forward pass written as loops, and against every way a file can be broken."""

import base64
import io
import json
import math
import zipfile

import numpy as np
import pytest

from lessonlib.embeddings import encode, input_embedding
from lessonlib.nano_gpt import (
    CHECKPOINTS,
    NanoGPT,
    expected_shapes,
    load_checkpoint,
    load_history,
    load_llm_viz,
    read_arrays,
)

SORTER, REVERSER = load_checkpoint("sort"), load_checkpoint("reverse")
SIZES = {"n_layer": 2, "n_embd": 6, "vocab_size": 3, "block_size": 11}
CBABBC = encode("CBABBC")

both_models = pytest.mark.parametrize("model", [SORTER, REVERSER], ids=["sort", "reverse"])


def refusal(function, *arguments, **named):
    """Return what the ValueError says."""
    with pytest.raises(ValueError) as caught:
        function(*arguments, **named)
    return str(caught.value)


def assert_says(message, words):
    for word in words:
        assert word in message, f"{word!r} is not in {message!r}"


def small_weights(dtype=np.float64, **sizes):
    rng = np.random.default_rng(3)
    shapes = expected_shapes(**{**SIZES, **sizes})
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in shapes.items()}


def changed(weights, tensors):
    """Return the weights with some tensors replaced, or, for None, left out."""
    return {name: tensor for name, tensor in {**weights, **tensors}.items() if tensor is not None}


# The forward pass


def normed_by_hand(vector, weight, bias):
    mean = sum(vector) / len(vector)
    variance = sum((number - mean) ** 2 for number in vector) / len(vector)
    return [
        (number - mean) / math.sqrt(variance + 1e-5) * w + b for number, w, b in zip(vector, weight, bias, strict=True)
    ]


def gelu_by_hand(number):
    return 0.5 * number * (1 + math.tanh(math.sqrt(2 / math.pi) * (number + 0.044715 * number**3)))


def logits_by_hand(weights, n_head, x):
    """Compute minGPT's forward pass slot by slot and head by head. (T, C) -> (T, vocab_size)"""
    w = {name.removeprefix("transformer."): tensor.astype(np.float64) for name, tensor in weights.items()}
    stream = [np.array(row, dtype=np.float64) for row in x]
    size = len(stream[0]) // n_head
    for layer in range(sum(name.endswith("ln_1.bias") for name in w)):
        h = f"h.{layer}."
        normed = [np.array(normed_by_hand(row, w[h + "ln_1.weight"], w[h + "ln_1.bias"])) for row in stream]
        qkv = [w[h + "attn.c_attn.weight"] @ row + w[h + "attn.c_attn.bias"] for row in normed]
        for slot in range(len(stream)):
            gathered = []
            for head in range(n_head):
                query, key, value = (
                    slice(part + head * size, part + (head + 1) * size)
                    for part in range(0, 3 * size * n_head, size * n_head)
                )
                scores = [qkv[slot][query] @ qkv[seen][key] / math.sqrt(size) for seen in range(slot + 1)]
                shares = [math.exp(score - max(scores)) for score in scores]
                gathered += list(sum(shares[seen] * qkv[seen][value] for seen in range(slot + 1)) / sum(shares))
            stream[slot] = stream[slot] + w[h + "attn.c_proj.weight"] @ gathered + w[h + "attn.c_proj.bias"]
            hidden = np.array(normed_by_hand(stream[slot], w[h + "ln_2.weight"], w[h + "ln_2.bias"]))
            hidden = [gelu_by_hand(number) for number in w[h + "mlp.c_fc.weight"] @ hidden + w[h + "mlp.c_fc.bias"]]
            stream[slot] = stream[slot] + w[h + "mlp.c_proj.weight"] @ hidden + w[h + "mlp.c_proj.bias"]
    return np.array([w["lm_head.weight"] @ normed_by_hand(row, w["ln_f.weight"], w["ln_f.bias"]) for row in stream])


@pytest.mark.parametrize("n_head", [1, 2, 3, 6])
def test_the_forward_pass_is_that_of_loops_in_float64(n_head):
    weights = small_weights()
    model = NanoGPT(weights, n_head)
    token_ids = [2, 1, 0, 1, 1, 2, 0]
    by_hand = logits_by_hand(weights, n_head, model.wte[token_ids] + model.wpe[:7])
    assert np.allclose(model.logits(token_ids), by_hand, rtol=1e-10, atol=1e-10)


@both_models
def test_the_shipped_models_in_float32_agree_with_loops_in_float64(model):
    token_ids = encode("CBABBCABBBC")
    logits = model.logits(token_ids)
    assert logits.dtype == np.float32
    assert np.allclose(logits, logits_by_hand(model.weights, 3, model.wte[token_ids] + model.wpe), atol=1e-4)


@both_models
def test_a_model_says_its_sizes(model):
    assert (model.n_layer, model.n_head, model.n_embd, model.block_size, model.vocab_size) == (3, 3, 48, 11, 3)
    assert model.wte.shape == (3, 48)
    assert model.wpe.shape == (11, 48)
    assert "3 layers, 3 heads, 48 channels, 3 tokens, 11 slots, 85,728 parameters" in repr(model)


@both_models
def test_logits_are_logits_from_the_sum(model):
    for start in range(6):
        x = input_embedding(CBABBC, model.wte, model.wpe, start)
        assert np.array_equal(model.logits(CBABBC, start), model.logits_from(x))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_logits_are_of_the_type_of_the_weights(dtype):
    model = NanoGPT(small_weights(dtype), 3)
    for given in ("f2", "f4", "f8", "i8"):
        assert model.logits_from(np.ones((6, 6), dtype=given)).dtype == dtype
    assert model.logits(CBABBC).dtype == dtype


@both_models
def test_a_batch_is_answered_as_its_rows_one_by_one(model):
    batch = np.random.default_rng(0).integers(3, size=(2, 4, 7))
    logits = model.logits(batch)
    assert logits.shape == (2, 4, 7, 3)
    for i, j in np.ndindex(2, 4):
        assert np.allclose(logits[i, j], model.logits(batch[i, j]), atol=1e-5)


@both_models
@pytest.mark.parametrize("n_last", [1, 6, 11])
def test_what_is_asked_after_the_last_slots_only_is_the_end_of_all(model, n_last):
    batch = np.random.default_rng(n_last).integers(3, size=(5, 11))
    assert np.allclose(model.logits(batch, n_last=n_last), model.logits(batch)[:, -n_last:], atol=1e-5)
    x = input_embedding(batch, model.wte, model.wpe)
    assert np.allclose(model.block(x, 1, n_last), model.block(x, 1)[:, -n_last:], atol=1e-5)


@both_models
def test_no_slot_sees_a_later_one(model):
    for slot in range(1, 11):
        token_ids = encode("CBABBCABBBC")
        before = model.logits(token_ids)
        token_ids[slot:] = (token_ids[slot:] + 1) % 3
        after = model.logits(token_ids)
        assert np.allclose(before[:slot], after[:slot], atol=1e-5)
        assert not np.allclose(before[slot], after[slot], atol=1e-3)


@pytest.mark.parametrize("size", [1, 5, 10, 1e4])
@pytest.mark.filterwarnings("error", "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_large_attention_scores_neither_overflow_nor_vanish(size):
    """Scores grow with the square; beyond 88, exp overflows in float32."""
    weights = small_weights(np.float32)
    weights["transformer.h.0.attn.c_attn.weight"] *= size
    model, exact = (NanoGPT({name: w.astype(kind) for name, w in weights.items()}, 3) for kind in ("f4", "f8"))
    logits = model.logits(CBABBC)
    assert np.isfinite(logits).all()
    if size < 100:
        assert np.allclose(logits, logits_by_hand(weights, 3, exact.wte[CBABBC] + exact.wpe[:6]), rtol=1e-3, atol=1e-3)


def test_the_input_of_the_model_is_not_changed():
    x = np.random.default_rng(0).normal(size=(2, 6, 48)).astype(np.float32)
    before = x.copy()
    SORTER.logits_from(x)
    assert np.array_equal(x, before)
    x.flags.writeable = False
    SORTER.logits_from(x)


def test_one_block_after_the_other_is_the_whole_stack():
    x = input_embedding(CBABBC, SORTER.wte, SORTER.wpe)
    for layer in range(3):
        x = SORTER.block(x, layer)
    w = SORTER.weights
    normed = [normed_by_hand(row, w["transformer.ln_f.weight"], w["transformer.ln_f.bias"]) for row in x]
    assert np.allclose(normed @ w["lm_head.weight"].T, SORTER.logits(CBABBC), atol=1e-4)


def test_a_tensor_of_a_layer_far_away_is_refused_at_once():
    far = {**small_weights(), "transformer.h.999999999.ln_1.weight": np.zeros(6)}
    assert_says(refusal(NanoGPT, far, 1), ["transformer.h.999999999.", "not one of this model"])


@pytest.mark.filterwarnings("error", "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_largest_numbers_that_are_read_give_finite_logits_without_a_warning():
    x = 1.15e18 * np.random.default_rng(0).choice([-1, 1], size=(4, 11, 48))
    assert np.isfinite(SORTER.logits_from(x)).all()
    with pytest.raises(ValueError, match=r"too large"):
        SORTER.with_tables(wpe=np.full((11, 48), 3e38)).answer("ABCABC")


def test_a_model_cannot_be_changed_by_way_of_its_weights():
    with pytest.raises(TypeError):
        SORTER.weights["lm_head.weight"] = np.zeros((3, 48))
    with pytest.raises(ValueError, match="read-only"):
        SORTER.weights["lm_head.weight"][0, 0] = 1


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        (NanoGPT, (None, 3), ["weights", "dict", "NoneType"]),
        (NanoGPT, ([("a", 1)], 3), ["weights", "dict", "list"]),
        (load_llm_viz, (None,), ["path", "name of a file", "None"]),
        (load_llm_viz, (3,), ["path", "name of a file", "3"]),
    ],
)
def test_what_is_no_model_and_no_file_is_named(function, arguments, words):
    assert_says(refusal(function, *arguments), words)


@pytest.mark.parametrize("layer", [-1, 3, 1.0, True, "1", None])
def test_a_block_that_the_model_does_not_have_is_refused(layer):
    x = input_embedding(CBABBC, SORTER.wte, SORTER.wpe)
    assert_says(refusal(SORTER.block, x, layer), [str(layer), "0 to 2"])


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros(48), ["x", "(..., T, 48)", "(48,)"]),
        (np.zeros((6, 47)), ["x", "(..., T, 48)", "(6, 47)"]),
        (np.zeros((12, 48)), ["x", "at most 11 rows", "(12, 48)"]),
        (np.zeros((0, 48)), ["x", "(..., T, 48)", "(0, 48)"]),
        (np.zeros((48, 6)), ["x", "(..., T, 48)", "(48, 6)"]),
        (3.0, ["x", "(..., T, 48)", "()"]),
        ([[1.0] * 48, [2.0]], ["x", "different lengths"]),
        (np.where(np.arange(288).reshape(6, 48) == 5 * 48 + 7, np.nan, 0.0), ["x", "nan", "(5, 7)", "finite"]),
        (np.full((2, 6, 48), np.inf), ["x", "inf", "(0, 0, 0)", "finite"]),
        (np.full((6, 48), -1e39), ["x", "-1e+39", "(0, 0)", "too large", "float32"]),
        (np.full((2, 6, 48), 1e38), ["x", "1e+38", "(0, 0, 0)", "too large", "float32", "1.2e+18"]),
        (np.full((6, 48), -2e18), ["x", "-2e+18", "(0, 0)", "too large", "float32", "1.2e+18"]),
        (np.zeros((6, 48), dtype=bool), ["x", "real numbers", "bool"]),
        (np.zeros((6, 48), dtype=complex), ["x", "real numbers", "complex"]),
        (np.zeros((6, 48), dtype=object), ["x", "real numbers", "object"]),
        ("CBABBC", ["x", "real numbers", "<U6"]),
        (None, ["x", "real numbers", "object"]),
    ],
)
def test_an_x_that_the_model_cannot_read_is_refused(x, words):
    assert_says(refusal(SORTER.logits_from, x), words)


@pytest.mark.parametrize(
    ("token_ids", "start", "words"),
    [
        ([0, 3], 0, ["id 3 ", "0 to 2"]),
        ([0, -1], 0, ["id -1 ", "0 to 2"]),
        ([0, 1.0], 0, ["id 1.0 ", "not an integer"]),
        ([0, True], 0, ["id True ", "not an integer"]),
        ([], 0, ["empty"]),
        (1, 0, ["(..., T)", "single id 1"]),
        ([0] * 12, 0, ["12 tokens", "11 slots"]),
        ([0] * 6, 6, ["6 tokens", "slot 6", "11 slots"]),
        ([0] * 6, -1, ["start", "-1", "at least 0"]),
    ],
)
def test_ids_that_the_model_cannot_read_are_refused(token_ids, start, words):
    assert_says(refusal(SORTER.logits, token_ids, start), words)


# The model cannot be changed


@both_models
def test_the_weights_are_read_only(model):
    for tensor in (model.wte, model.wpe, *model.weights.values()):
        assert_says(refusal(tensor.__setitem__, 0, 0.0), ["read-only"])


def test_a_model_keeps_its_weights_when_the_given_arrays_change():
    weights = small_weights()
    model = NanoGPT(weights, 3)
    before = model.logits(CBABBC)
    for tensor in weights.values():
        tensor += 1
    weights.clear()
    assert np.array_equal(model.logits(CBABBC), before)


@both_models
def test_other_tables_make_a_new_model_and_leave_the_original_alone(model):
    before = {name: tensor.copy() for name, tensor in model.weights.items()}
    wte, wpe = model.wte * 2, model.wpe[::-1]
    for tables in ({"wte": wte}, {"wpe": wpe}, {"wte": wte, "wpe": wpe}, {}):
        other = model.with_tables(**tables)
        assert other is not model
        for name, tensor in before.items():
            table = tables.get(name.removeprefix("transformer.").removesuffix(".weight"))
            assert np.array_equal(other.weights[name], tensor if table is None else table)
            assert np.array_equal(model.weights[name], tensor)
            assert not other.weights[name].flags.writeable
        assert other.n_head == model.n_head
        x = (wte if "wte" in tables else model.wte)[CBABBC] + (wpe if "wpe" in tables else model.wpe)[:6]
        assert np.array_equal(other.logits(CBABBC), model.logits_from(x))


def test_a_new_table_is_copied_and_takes_the_type_of_the_model():
    table = SORTER.wpe.astype(np.float64)
    model = SORTER.with_tables(wpe=table)
    table += 1
    assert model.wpe.dtype == np.float32
    assert np.array_equal(model.wpe, SORTER.wpe)
    assert SORTER.with_tables(wte=np.zeros((3, 48), dtype=int)).wte.dtype == np.float32
    assert SORTER.with_tables(wte=SORTER.wte.tolist()).answer("CBABBC") == "ABBBCC"


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"wte": np.zeros((4, 48))}, ["wte", "(3, 48)", "(4, 48)"]),
        ({"wte": np.zeros((48, 3))}, ["wte", "(3, 48)", "(48, 3)"]),
        ({"wpe": np.zeros((6, 48))}, ["wpe", "(11, 48)", "(6, 48)"]),
        ({"wpe": np.zeros(48)}, ["wpe", "(11, 48)", "(48,)"]),
        ({"wpe": 0}, ["wpe", "(11, 48)", "()"]),
        ({"wte": np.where(np.arange(144).reshape(3, 48) == 50, np.nan, 0)}, ["wte", "nan", "(1, 2)", "finite"]),
        ({"wpe": np.full((11, 48), -np.inf)}, ["wpe", "-inf", "(0, 0)", "finite"]),
        ({"wte": np.full((3, 48), 1e39)}, ["wte", "1e+39", "(0, 0)", "too large", "float32"]),
        ({"wte": np.zeros((3, 48), dtype=bool)}, ["wte", "real numbers", "bool"]),
        ({"wpe": np.zeros((11, 48), dtype=complex)}, ["wpe", "real numbers", "complex"]),
        ({"wpe": np.zeros((11, 48), dtype=object)}, ["wpe", "real numbers", "object"]),
        ({"wte": "sinusoids"}, ["wte", "real numbers", "<U9"]),
        ({"wte": [[0.0] * 48, [0.0] * 48, [0.0]]}, ["wte", "different lengths"]),
    ],
)
def test_a_table_that_does_not_fit_the_model_is_refused(tables, words):
    assert_says(refusal(SORTER.with_tables, **tables), words)


# Weights that are none


@pytest.mark.parametrize(
    "name",
    list(expected_shapes(**SIZES)),
)
def test_a_missing_tensor_is_named(name):
    weights = small_weights()
    del weights[name]
    assert_says(refusal(NanoGPT, weights, 3), [name, "missing"])


@pytest.mark.parametrize("name", list(expected_shapes(**SIZES)))
def test_a_broken_tensor_is_named(name):
    weights = small_weights()
    fits, holed = weights[name], weights[name].copy()
    holed.flat[-1] = np.nan
    last = str(tuple(size - 1 for size in fits.shape))
    if "wte" not in name and "wpe" not in name:  # the tables say which shapes are expected
        assert_says(refusal(NanoGPT, {**weights, name: fits[:-1]}, 3), [name, str(fits.shape), str(fits[:-1].shape)])
    assert_says(refusal(NanoGPT, {**weights, name: fits[np.newaxis]}, 3), [name, str(fits[np.newaxis].shape)])
    assert_says(refusal(NanoGPT, {**weights, name: holed}, 3), [name, "nan", last, "finite"])
    assert_says(refusal(NanoGPT, {**weights, name: fits.astype(int)}, 3), [name, "floats", "int"])
    assert_says(refusal(NanoGPT, {**weights, name: np.full(fits.shape, "a")}, 3), [name, "real numbers", "<U1"])


def test_a_missing_layer_in_the_middle_and_an_unknown_tensor_are_named():
    weights = small_weights(n_layer=3)
    holed = {name: tensor for name, tensor in weights.items() if ".h.1." not in name}
    assert_says(refusal(NanoGPT, holed, 3), ["transformer.h."])
    assert_says(refusal(NanoGPT, changed(weights, {"wte": np.zeros(2)}), 3), ["wte", "not one of this model"])


def test_tables_of_unequal_width_make_no_model():
    weights = changed(small_weights(), {"transformer.wpe.weight": np.zeros((11, 5))})
    assert_says(refusal(NanoGPT, weights, 3), ["wpe", "(11, 6)", "(11, 5)"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("n_layer", ["n_layer", "at least 1", "0"]),
        ("block_size", ["transformer.wpe.weight", "(rows, C)", "(0, 6)"]),
        ("vocab_size", ["transformer.wte.weight", "(rows, C)", "(0, 6)"]),
        ("n_embd", ["transformer.wte.weight", "(rows, C)", "(3, 0)"]),
    ],
)
def test_a_model_without_layers_slots_tokens_or_channels_is_refused(name, words):
    assert_says(refusal(NanoGPT, small_weights(**{name: 0}), 1), words)


@pytest.mark.parametrize("n_head", [0, -3, 4, 12, 3.0, True, None, "3"])
def test_a_number_of_heads_that_does_not_divide_the_channels_is_refused(n_head):
    assert_says(refusal(NanoGPT, small_weights(), n_head), ["n_head", "whole number", repr(n_head)])


def test_a_numpy_integer_is_a_number_of_heads():
    assert NanoGPT(small_weights(), np.int64(3)).n_head == 3


# Answers


@pytest.mark.parametrize("letters", ["CBABBC", "AAAAAA", "CCCCCC", "ABCABC", "CCBBAA"])
def test_the_models_sort_and_reverse(letters):
    assert SORTER.answer(letters) == "".join(sorted(letters))
    assert REVERSER.answer(letters) == letters[::-1]


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("CBABB", ["6 letters", "5", "'CBABB'"]),
        ("CBABBCA", ["6 letters", "7", "'CBABBCA'"]),
        ("", ["empty", "A B C"]),
        ("cbabbc", ["'c'", "slot 0", "A B C", "upper case"]),
        ("CBABBD", ["'D'", "slot 5", "A B C"]),
        (None, ["None", "string"]),
        (CBABBC, ["array([2, 1, 0, 1, 1, 2])", "string"]),
    ],
)
def test_letters_that_the_model_cannot_answer_are_refused(letters, words):
    assert_says(refusal(SORTER.answer, letters), words)


def written_by_hand(model, token_ids, start):
    """Write letter after letter, always the most favoured; the model sees the last ones that find a slot."""
    seen = list(token_ids)
    for _ in token_ids:
        window = seen[-(model.block_size - start) :]
        x = np.array([model.wte[token] + model.wpe[start + i] for i, token in enumerate(window)])
        seen.append(int(np.argmax(model.logits_from(x)[-1])))
    return seen[len(token_ids) :]


@both_models
@pytest.mark.parametrize("start", range(6))
def test_from_every_start_the_model_writes_what_a_loop_writes(model, start):
    for token_ids in ([2, 1, 0, 1, 1, 2], [0, 0, 1, 2, 2, 1], [1, 2, 0], [2]):
        assert model.generate(token_ids, start).tolist() == written_by_hand(model, token_ids, start)


@both_models
def test_a_batch_is_written_as_its_rows_one_by_one(model):
    batch = np.random.default_rng(1).integers(3, size=(2, 3, 6))
    before = batch.copy()
    written = model.generate(batch)
    assert written.shape == (2, 3, 6)
    assert np.array_equal(batch, before)
    for i, j in np.ndindex(2, 3):
        assert np.array_equal(written[i, j], model.generate(batch[i, j]))


@pytest.mark.parametrize(
    ("token_ids", "start", "words"),
    [
        ([0, 3, 1], 0, ["id 3 ", "0 to 2"]),
        ([0, -1, 1], 0, ["id -1 ", "0 to 2"]),
        ([0, 1.0], 0, ["id", "not an integer", "0 to 2"]),
        ([True, False], 0, ["id True ", "not an integer", "0 to 2"]),
        ([0, 1], -1, ["start", "-1", "at least 0"]),
        ([0, 1], True, ["start", "True", "whole"]),
        ([0, 1], 1.0, ["start", "1.0", "whole"]),
        ([0, 1], None, ["start", "None", "whole"]),
        ([0, 1], 20, ["20", "11 slots"]),
        ([0] * 12, 0, ["12 tokens", "11 slots"]),
        ([0] * 6, 6, ["6 tokens", "slot 6", "11 slots"]),
        ([7] + [0] * 6, 5, ["id 7 ", "0 to 2"]),
        ([], 0, ["empty"]),
        (2, 0, ["single id 2"]),
        ("CAB", 0, ["id 'CAB' ", "encode"]),
        (None, 0, ["id None ", "0 to 2"]),
        ([[0, 1], [1]], 0, ["[0, 1]", "0 to 2"]),
    ],
)
def test_what_cannot_be_continued_is_refused(token_ids, start, words):
    assert_says(refusal(SORTER.generate, token_ids, start), words)


def test_unsigned_ids_can_be_continued():
    assert SORTER.generate(CBABBC.astype(np.uint64)).tolist() == [0, 1, 1, 1, 2, 2]


# Checkpoint files


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def saved(path, arrays):
    np.savez(path, **arrays)
    return path


def test_together_the_shipped_files_are_small():
    assert sum(file.stat().st_size for file in CHECKPOINTS.iterdir()) < 1.5e6


@pytest.mark.parametrize("name", ["copy", "Sort", "", None, "sort.npz"])
def test_a_checkpoint_that_is_not_there_is_refused_with_the_names_of_those_that_are(name):
    for load in (load_checkpoint, load_history):
        assert_says(refusal(load, name), [repr(str(name)), "reverse, sort"])


def test_a_checkpoint_can_be_read_from_any_path(path):
    path.write_bytes((CHECKPOINTS / "sort.npz").read_bytes())
    for where in (path, str(path)):
        assert load_checkpoint(where).answer("CBABBC") == "ABBBCC"


@pytest.mark.parametrize("share", [0.0, 1e-6, 1e-5, 0.001, 0.1, 0.5, 0.9, 0.99, 0.9999, 0.999999])
def test_a_truncated_checkpoint_is_refused(path, share):
    content = (CHECKPOINTS / "sort.npz").read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert_says(refusal(load_checkpoint, path), ["model.npz", "damaged", "again"])


@pytest.mark.parametrize("place", [200, 1000, 100_000, 300_000])
def test_a_checkpoint_with_a_wrong_byte_is_refused(path, place):
    content = bytearray((CHECKPOINTS / "sort.npz").read_bytes())
    content[place] ^= 255
    path.write_bytes(content)
    assert_says(refusal(load_checkpoint, path), ["model.npz", "damaged", "again"])


def as_npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def with_unknown_compression():
    content = bytearray((CHECKPOINTS / "sort.npz").read_bytes())
    content[content.rindex(b"PK\x01\x02") + 10] = 99  # the method, in the directory's last entry
    return bytes(content)


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name + ".npy", content)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a checkpoint",
        b"<!doctype html><title>404</title>",
        pytest.param(as_npy(np.zeros(3)), id="npy"),
        pytest.param(with_unknown_compression(), id="compression"),
        pytest.param(zipped(tensor=as_npy(np.zeros(3))[:40]), id="cut header"),
        pytest.param(zipped(tensor=as_npy(np.zeros(3)).replace(b"(3,)", b"(3, ")), id="open bracket"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused(path, content):
    path.write_bytes(content)
    assert_says(refusal(load_checkpoint, path), ["model.npz", "damaged", "again"])


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({"lm_head.weight": None}, ["lm_head.weight", "missing"]),
        ({"transformer.wte.weight": None}, ["transformer.wte.weight", "missing"]),
        ({"transformer.h.1.mlp.c_fc.bias": None}, ["transformer.h.1.mlp.c_fc.bias", "missing"]),
        ({"lm_head.weight": np.zeros((4, 48))}, ["lm_head.weight", "(3, 48)", "(4, 48)"]),
        ({"transformer.wte.weight": np.zeros(48)}, ["transformer.wte.weight", "(48,)"]),
        ({"transformer.ln_f.bias": np.full(48, np.nan)}, ["transformer.ln_f.bias", "nan", "finite"]),
        ({"lm_head.weight": np.zeros((3, 48), dtype=int)}, ["lm_head.weight", "floats", "int"]),
        ({"lm_head.weight": np.array([[None] * 48] * 3)}, ["model.npz", "damaged", "Object arrays"]),
        ({"extra": np.zeros(2)}, ["extra", "not one of this model"]),
        ({"made.n_head": None}, ["n_head", "again"]),
        ({"made.n_head": np.array(5)}, ["n_head", "divides n_embd = 48", "5"]),
        ({"made.n_head": np.array("three")}, ["n_head must be a whole number", "three"]),
        ({"made.n_head": np.array(3.7)}, ["n_head must be a whole number", "3.7"]),
    ],
)
def test_a_checkpoint_with_a_broken_part_is_refused(path, tensors, words):
    saved(path, changed(read_arrays(CHECKPOINTS / "sort.npz"), tensors))
    assert_says(refusal(load_checkpoint, path), words)


@pytest.mark.parametrize("field", ["steps", "wte", "seed", "how"])
def test_a_history_that_lost_a_part_is_refused(path, field):
    saved(path, changed(read_arrays(CHECKPOINTS / "sort.npz"), {f"made.{field}": None}))
    assert_says(refusal(load_history, path), ["model.npz", f"does not say its {field}", "again"])
    assert load_checkpoint(path).answer("CBABBC") == "ABBBCC"  # which needs no history


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_in_a_checkpoint_is_ever_unpickled(path, tmp_path):
    traces = tmp_path / "traces"
    saved(path, changed(read_arrays(CHECKPOINTS / "sort.npz"), {"made.how": np.array([Bomb(traces)], dtype=object)}))
    assert_says(refusal(load_checkpoint, path), ["damaged", "Object arrays"])
    assert not traces.exists()
    np.load(path, allow_pickle=True)["made.how"]  # the bomb is real
    assert traces.exists()


# The JSON of llm-viz


def as_tensor(array):
    data = base64.b64encode(array.astype("<f4").tobytes()).decode("ascii")
    return {"shape": list(array.shape), "dtype": "torch.float32", "data": data}


def as_llm_viz(weights, n_head, **config):
    """Write weights as llm-viz publishes them, with the masks that it publishes too."""
    vocab_size, n_embd = weights["transformer.wte.weight"].shape
    block_size = len(weights["transformer.wpe.weight"])
    n_layer = sum(name.endswith("attn.c_attn.bias") for name in weights)
    sizes = {"n_layer": n_layer, "n_head": n_head, "n_embd": n_embd, "vocab_size": vocab_size, "block_size": block_size}
    content = {"config": {"model_type": "gpt-nano", **sizes, **config}}
    content |= {name: as_tensor(tensor) for name, tensor in weights.items()}
    mask = np.tril(np.ones((1, 1, block_size, block_size)))
    return content | {f"transformer.h.{layer}.attn.bias": as_tensor(mask) for layer in range(n_layer)}


SMALL = as_llm_viz(small_weights(np.float32), 3)


@both_models
def test_a_model_published_as_json_comes_back_with_the_same_weights_x_and_logits(tmp_path, model):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(as_llm_viz(model.weights, model.n_head)))
    for where in (path, str(path)):
        loaded = load_llm_viz(where)
        assert loaded.n_head == 3
        assert loaded.weights.keys() == model.weights.keys()
        for name, tensor in model.weights.items():
            assert loaded.weights[name].tobytes() == tensor.tobytes()
            assert loaded.weights[name].dtype == np.float32
        x = input_embedding(CBABBC, model.wte, model.wpe)
        assert input_embedding(CBABBC, loaded.wte, loaded.wpe).tobytes() == x.tobytes()
        assert np.array_equal(loaded.logits(CBABBC), model.logits(CBABBC))


@pytest.mark.parametrize(("n_layer", "n_head", "block_size"), [(2, 3, 11), (1, 1, 6)])
def test_a_small_model_of_other_sizes_comes_back_too(tmp_path, n_layer, n_head, block_size):
    weights = small_weights(np.float32, n_layer=n_layer, block_size=block_size)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(as_llm_viz(weights, n_head)))
    model = load_llm_viz(path)
    assert (model.n_layer, model.n_head, model.block_size) == (n_layer, n_head, block_size)
    assert (model.n_embd, model.vocab_size) == (6, 3)
    assert np.array_equal(model.logits(CBABBC), NanoGPT(weights, n_head).logits(CBABBC))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999, 0.99999])
def test_truncated_json_is_refused(tmp_path, share):
    path, content = tmp_path / "model.json", json.dumps(SMALL)
    path.write_text(content[: int(share * len(content))])
    assert_says(refusal(load_llm_viz, path), ["model.json", "not a JSON file", "cut short"])


@pytest.mark.parametrize("content", [b"not JSON", b"<html>404</html>", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_file_that_is_not_json_is_refused(tmp_path, content):
    path = tmp_path / "model.json"
    path.write_bytes(content)
    assert_says(refusal(load_llm_viz, path), ["model.json", "not a JSON file"])


def test_a_json_file_that_is_not_there_is_refused(tmp_path):
    assert_says(refusal(load_llm_viz, tmp_path / "gone.json"), ["cannot read", "gone.json"])
    assert_says(refusal(load_llm_viz, tmp_path), ["cannot read", tmp_path.name])


LM_HEAD = SMALL["lm_head.weight"]
NAN = as_tensor(np.full((3, 6), np.nan))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], ["config"]),
        (3, ["config"]),
        ({}, ["config"]),
        ({**SMALL, "config": 3}, ["config"]),
        ({**SMALL, "config": {"n_layer": 2}}, ["n_head", "whole", "None"]),
        ({**SMALL, "config": {**SMALL["config"], "n_head": "3"}}, ["n_head", "'3'", "whole"]),
        ({**SMALL, "config": {**SMALL["config"], "n_head": 4}}, ["n_head", "4", "divides n_embd = 6"]),
        ({**SMALL, "lm_head.weight": None}, ["lm_head.weight", "NoneType"]),
        ({**SMALL, "lm_head.weight": {"shape": [3, 6]}}, ["lm_head.weight", "data"]),
        ({**SMALL, "lm_head.weight": {"data": LM_HEAD["data"]}}, ["lm_head.weight", "shape"]),
        ({**SMALL, "lm_head.weight": {**LM_HEAD, "shape": [6, 3]}}, ["lm_head.weight", "(3, 6)", "(6, 3)"]),
        ({**SMALL, "lm_head.weight": {**LM_HEAD, "shape": [3, 7]}}, ["lm_head.weight", "size 18", "(3,7)"]),
        ({**SMALL, "lm_head.weight": {**LM_HEAD, "data": "AAAA"}}, ["lm_head.weight", "float32", "multiple"]),
        ({**SMALL, "lm_head.weight": {**LM_HEAD, "data": LM_HEAD["data"][:-1]}}, ["lm_head.weight", "base64"]),
        ({**SMALL, "lm_head.weight": {**LM_HEAD, "data": "?!" + LM_HEAD["data"]}}, ["lm_head.weight", "base64"]),
        ({**SMALL, "lm_head.weight": {**LM_HEAD, "data": "ä"}}, ["lm_head.weight", "base64", "ASCII"]),
        ({**SMALL, "lm_head.weight": {**LM_HEAD, "data": [1.0, 2.0]}}, ["lm_head.weight", "base64", "list"]),
        ({**SMALL, "extra": LM_HEAD}, ["extra", "not one of this model"]),
        ({**SMALL, "lm_head.weight": NAN}, ["lm_head.weight", "nan", "(0, 0)", "finite"]),
    ],
)
def test_json_that_is_not_a_model_is_refused(tmp_path, content, words):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(content))
    assert_says(refusal(load_llm_viz, path), words)


@pytest.mark.parametrize("name", list(expected_shapes(**SIZES)))
def test_a_tensor_missing_in_the_json_is_named(tmp_path, name):
    path = tmp_path / "model.json"
    path.write_text(json.dumps({key: value for key, value in SMALL.items() if key != name}))
    assert_says(refusal(load_llm_viz, path), [name, "missing"])
