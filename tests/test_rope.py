"""RoPE: turns that leave only the distance of two slots, and a backward pass by hand that knows of them."""

import numpy as np
import pytest
from make_data import RotaryGPT, no_positions
from test_gradients import ANSWERS, SHAPES, SHOWN, random_weights

from lessonlib.gradients import loss_and_gradients
from lessonlib.nano_gpt import NanoGPT
from lessonlib.rope import apply_rotary
from lessonlib.tasks import SORT
from lessonlib.training import train


def loss_of(weights):
    return loss_and_gradients(weights, SHOWN, ANSWERS, 1, 0.0, None, apply_rotary)


def by_hand(x, slot):
    """Turn the 16 numbers of one slot with complex numbers: pair (i, i + 8) by slot * 100^(-i / 8)."""
    points = (x[:8] + 1j * x[8:]) * np.exp(1j * slot * 100 ** (-np.arange(8) / 8))
    return np.concatenate([points.real, points.imag])


@pytest.mark.parametrize("name", SHAPES)
def test_every_gradient_is_the_slope_of_the_loss(name):
    weights, h = random_weights(), 1e-5
    gradient, tensor = loss_of(weights)[1][name], weights[name]
    slopes = np.empty_like(tensor)
    for place in np.ndindex(tensor.shape):
        kept, losses = tensor[place], []
        for shift in (h, -h):
            tensor[place] = kept + shift
            losses.append(loss_of(weights)[0])
        tensor[place] = kept
        slopes[place] = (losses[0] - losses[1]) / (2 * h)
    assert np.allclose(gradient, slopes, rtol=1e-6, atol=1e-8)


def test_the_turn_changes_the_loss_which_is_that_of_the_model():
    weights = random_weights()
    for kind, rotary in ((NanoGPT, None), (RotaryGPT, apply_rotary)):
        logits = kind(weights, 1).logits(SHOWN, n_last=3)
        likely = np.log(np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True))
        loss = -np.mean([likely[i, j, ANSWERS[i, j]] for i in range(3) for j in range(3)])
        assert loss_and_gradients(weights, SHOWN, ANSWERS, 1, rotary=rotary)[0] == pytest.approx(loss, abs=1e-9)
    assert abs(loss_of(weights)[0] - loss_and_gradients(weights, SHOWN, ANSWERS, 1)[0]) > 1e-3


def test_every_pair_is_turned_by_its_angle_and_back():
    x = np.random.default_rng(0).normal(size=(2, 3, 11, 16))
    for place in np.ndindex(2, 3, 11):
        np.testing.assert_allclose(apply_rotary(x)[place], by_hand(x[place], place[-1]), atol=1e-12)
    np.testing.assert_allclose(apply_rotary(apply_rotary(x), back=True), x, atol=1e-12)
    assert apply_rotary(x.astype(np.float32)).dtype == np.float32
    with pytest.raises(ValueError, match="even number of channels, got 3"):
        apply_rotary(np.zeros((2, 3)))


def test_a_score_depends_on_the_distance_alone():
    query, key = np.random.default_rng(1).normal(size=(2, 16))
    scores = apply_rotary(np.tile(query, (11, 1))) @ apply_rotary(np.tile(key, (11, 1))).T
    for distance in range(-10, 11):
        assert np.ptp(np.diag(scores, distance)) < 1e-12
    assert np.ptp(scores[10]) > 0.1


def test_the_last_slots_alone_say_what_all_say_and_other_tables_keep_the_turn():
    model = RotaryGPT(random_weights(), 1)
    np.testing.assert_allclose(model.logits(SHOWN, n_last=2), model.logits(SHOWN)[:, -2:])
    assert type(model.with_tables(wpe=0 * model.wpe)) is RotaryGPT and NanoGPT.rotary is None


def test_training_takes_the_kind_of_model():
    *_, last = train(SORT, 0, 2, 1, **no_positions(0), freeze=("wpe",), kind=RotaryGPT)
    assert type(last.model) is RotaryGPT and not last.wpe.any()
    *_, plain = train(SORT, 0, 2, 1, **no_positions(0), freeze=("wpe",))
    assert np.abs(plain.wte - last.wte).max() > 1e-5, "the turn had no part in the gradients"
