"""The backward pass by hand, against finite differences of the loss in float64, for every number of every tensor."""

import math

import numpy as np
import pytest

from lessonlib.gradients import _dropout, loss_and_gradients, table_gradient
from lessonlib.nano_gpt import NanoGPT, expected_shapes, load_checkpoint

N_HEAD = 2
SIZES = {"n_layer": 2, "n_embd": 4, "vocab_size": 3, "block_size": 7}
SHAPES = expected_shapes(**SIZES)
SHOWN = np.array([[2, 1, 0, 1, 1], [0, 1, 0, 0, 1], [1, 1, 1, 0, 0]])
ANSWERS = np.array([[0, 1, 2], [1, 1, 0], [2, 2, 0]])


def random_weights(dtype=np.float64, seed=0, scale=0.7):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(scale=scale, size=shape).astype(dtype) for name, shape in SHAPES.items()}


def loss_of(weights, shown=SHOWN, dropout=0.0):
    """The same seed each time drops the same numbers each time."""
    return loss_and_gradients(weights, shown, ANSWERS, N_HEAD, dropout, np.random.default_rng(7))


@pytest.fixture(scope="module")
def slopes():
    """Estimate every number of the gradient from losses a small step to both sides."""
    weights, h, estimates = random_weights(), 1e-5, {}
    for name, tensor in weights.items():
        estimates[name] = np.empty_like(tensor)
        for place in np.ndindex(tensor.shape):
            kept, losses = tensor[place], []
            for shift in (h, -h):
                tensor[place] = kept + shift
                losses.append(loss_of(weights)[0])
            tensor[place] = kept
            estimates[name][place] = (losses[0] - losses[1]) / (2 * h)
    return estimates


@pytest.mark.parametrize("name", SHAPES)
def test_every_gradient_is_the_slope_of_the_loss(slopes, name):
    gradients = loss_of(random_weights())[1]
    assert gradients[name].shape == SHAPES[name]
    assert np.abs(slopes[name]).max() > 1e-4, "nothing to compare with"
    assert np.allclose(gradients[name], slopes[name], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", SHAPES)
def test_with_dropout_too_every_gradient_is_the_slope_of_the_loss(name):
    """Along random directions, which cross every number of the tensor at once."""
    weights, h = random_weights(), 1e-5
    gradient, tensor = loss_of(weights, dropout=0.3)[1][name], weights[name]
    for direction in np.random.default_rng(1).normal(size=(5, *tensor.shape)):
        losses = [loss_of({**weights, name: tensor + shift * direction}, dropout=0.3)[0] for shift in (h, -h)]
        assert np.isclose((gradient * direction).sum(), (losses[0] - losses[1]) / (2 * h), rtol=1e-6, atol=1e-8)


def test_there_is_a_gradient_for_every_tensor_of_its_type_and_shape():
    for dtype in ("f4", "f8"):
        gradients = loss_of(random_weights(dtype))[1]
        assert {name: gradient.shape for name, gradient in gradients.items()} == SHAPES
        assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(dtype)}


def test_the_gradients_of_float32_are_those_of_float64_nearly():
    exact, rounded = loss_of(random_weights())[1], loss_of(random_weights(np.float32))[1]
    for name in SHAPES:
        assert np.allclose(rounded[name], exact[name], rtol=1e-3, atol=1e-4)


def test_rows_that_were_not_used_get_no_gradient():
    gradients = loss_of(random_weights(), np.minimum(SHOWN, 1))[1]
    assert not gradients["transformer.wte.weight"][2].any()
    assert gradients["transformer.wte.weight"][:2].all()
    assert not gradients["transformer.wpe.weight"][5:].any()
    assert gradients["transformer.wpe.weight"][:5].all()


def loss_by_hand(logits, answers):
    """Mean surprise at the answers after the last slots, number by number."""
    surprises = []
    for rows, letters in zip(logits.tolist(), answers.tolist(), strict=True):
        for row, letter in zip(rows[-len(letters) :], letters, strict=True):
            surprises.append(math.log(sum(math.exp(number) for number in row)) - row[letter])
    return sum(surprises) / len(surprises)


@pytest.mark.parametrize(("dtype", "tolerance"), [("f8", 1e-12), ("f4", 1e-5)])
def test_without_dropout_the_loss_is_that_of_the_logits_of_the_model(dtype, tolerance):
    weights = random_weights(dtype)
    loss = loss_of(weights)[0]
    assert isinstance(loss, float)
    assert math.isclose(loss, loss_by_hand(NanoGPT(weights, N_HEAD).logits(SHOWN), ANSWERS), abs_tol=tolerance)


def test_what_the_model_says_before_the_answers_counts_for_nothing():
    """Only the answers to the last slots enter: with one answer, those of the slots before do not matter."""
    weights = random_weights()
    loss, gradients = loss_and_gradients(weights, SHOWN, ANSWERS[:, -1:], N_HEAD)
    assert math.isclose(loss, loss_by_hand(NanoGPT(weights, N_HEAD).logits(SHOWN), ANSWERS[:, -1:]), abs_tol=1e-12)
    head = gradients["lm_head.weight"]
    assert np.allclose(head.sum(axis=0), 0)  # probabilities add up to 1: what one letter gains, the others lose


@pytest.mark.parametrize("name", ["lm_head.weight", "transformer.h.1.attn.c_attn.weight"])
def test_very_large_logits_and_attention_scores_do_not_overflow(name):
    weights = random_weights()
    weights[name] *= 1e6
    loss, gradients = loss_of(weights)
    assert math.isfinite(loss)
    assert all(np.isfinite(gradient).all() for gradient in gradients.values())


def test_neither_the_weights_nor_the_batch_are_changed():
    weights, shown, answers = random_weights(), SHOWN.copy(), ANSWERS.copy()
    for array in (*weights.values(), shown, answers):
        array.flags.writeable = False
    before = {name: tensor.copy() for name, tensor in weights.items()}
    loss_and_gradients(weights, shown, answers, N_HEAD, 0.3, np.random.default_rng(0))
    assert all(np.array_equal(weights[name], before[name]) for name in weights)


# Dropout


class Recorder:
    """A random generator that remembers for which shapes it was asked."""

    def __init__(self):
        self.shapes, self.rng = [], np.random.default_rng(0)

    def random(self, shape, dtype):
        self.shapes.append(shape)
        return self.rng.random(shape, dtype=dtype)


def test_numbers_are_dropped_in_the_sum_the_attention_and_what_each_branch_adds():
    recorder = Recorder()
    loss_and_gradients(random_weights(), SHOWN, ANSWERS, N_HEAD, 0.1, recorder)
    stream, attention = (3, 5, 4), (3, N_HEAD, 5, 5)
    assert recorder.shapes == [stream] + 2 * [attention, stream, stream]


def test_without_dropout_nothing_random_is_asked_for():
    recorder = Recorder()
    assert (
        loss_and_gradients(random_weights(), SHOWN, ANSWERS, N_HEAD, 0.0, recorder)[0] == loss_of(random_weights())[0]
    )
    assert recorder.shapes == []


def test_dropout_sets_its_share_of_numbers_to_zero_and_keeps_the_mean():
    ones = np.ones((400, 500), dtype=np.float32)
    dropped, backward = _dropout(ones, 0.25, np.random.default_rng(1))
    assert dropped.dtype == np.float32
    assert np.unique(dropped).tolist() == [0, np.float32(4 / 3)]
    assert abs((dropped == 0).mean() - 0.25) < 0.005
    assert abs(dropped.mean() - 1) < 0.01
    assert np.array_equal(backward(ones), dropped)


def test_the_gradient_at_the_table_is_the_slope_of_the_loss():
    model = load_checkpoint("sort")
    loss, gradient = table_gradient(model, "ABABAB", "AAABBB")
    assert gradient.shape == (3, 48) and not gradient[2].any() and gradient[:2].all()
    step = np.zeros((3, 48), dtype=np.float32)
    step[1, 7] = 0.001
    ends = [table_gradient(model.with_tables(wte=model.wte + sign * step), "ABABAB", "AAABBB")[0] for sign in (1, -1)]
    assert math.isclose((ends[0] - ends[1]) / 0.002, gradient[1, 7], rel_tol=0.02) and ends[1] != loss
    with pytest.raises(ValueError):
        table_gradient(model, "ABX", "ABC")
    with pytest.raises(ValueError):
        table_gradient(model, "ABABAB", "ABABABA")
