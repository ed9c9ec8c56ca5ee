"""The nine terms of an attention score, and what explains the spread of the stream."""

import numpy as np
import pytest

from lessonlib.measure import attention_terms, share_read_linearly, source_shares, stream, term_shares, variance_shares
from lessonlib.nano_gpt import NanoGPT, layer_norm, load_checkpoint
from lessonlib.tasks import REVERSE, SORT

MODELS = {"sort": (load_checkpoint("sort"), SORT), "reverse": (load_checkpoint("reverse"), REVERSE)}


@pytest.fixture(params=MODELS)
def pair(request):
    return MODELS[request.param]


def scores(model, token_ids):
    """Attention scores of the first layer, written anew, in float64, head by head. (n_head, T, T)"""
    w = {name: tensor.astype(np.float64) for name, tensor in model.layer_weights(0).items()}
    x = (model.wte.astype(np.float64)[token_ids] + model.wpe.astype(np.float64)[: len(token_ids)]).copy()
    normed = layer_norm(x, w["ln_1.weight"], w["ln_1.bias"])
    query, key, _ = np.split(normed @ w["attn.c_attn.weight"].T + w["attn.c_attn.bias"], 3, axis=-1)
    return np.array([query[:, i : i + 16] @ key[:, i : i + 16].T / 4 for i in (0, 16, 32)])


def test_the_nine_terms_add_up_to_the_score_exactly(pair):
    model, task = pair
    for shown in task.teacher_forced[[0, 100, 728]]:
        terms = attention_terms(model, shown)
        assert terms.shape == (3, 3, 3, 11, 11)
        np.testing.assert_allclose(terms.sum(axis=(0, 1)), scores(model, shown), rtol=1e-12, atol=1e-12)


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
    some = task.teacher_forced[::50]
    terms = attention_terms(model, some)  # (3, 3, n, n_head, 11, 11)
    covariance, variance = np.zeros((3, 3)), 0.0
    for n in range(len(some)):
        for head in range(3):
            for slot in range(11):
                row = terms[:, :, n, head, slot, : slot + 1]
                score = row.sum(axis=(0, 1))
                variance += np.var(score) * len(score)
                for i in range(3):
                    for j in range(3):
                        covariance[i, j] += np.cov(row[i, j], score, bias=True)[0, 1] * len(score) if slot else 0
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


def test_in_the_sum_letter_and_slot_explain_everything(pair):
    model, task = pair
    shares = source_shares(stream(model, task.inputs)[0], task.inputs)
    grid = model.wte[:, np.newaxis] + model.wpe[:6]
    np.testing.assert_allclose(shares[:2], variance_shares(grid)[:2], atol=1e-6)
    np.testing.assert_allclose(shares[2:], 0, atol=1e-6)


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


def test_letters_that_stand_unequally_often_are_refused():
    with pytest.raises(ValueError, match="equally often"):
        source_shares(np.zeros((729, 6, 4)), SORT.answers)
    with pytest.raises(ValueError, match="equally often"):
        source_shares(np.zeros((2, 6, 4)), SORT.inputs[:2])


def test_float64_weights_and_another_number_of_heads_work_too():
    model = load_checkpoint("sort")
    wide = NanoGPT({name: tensor.astype(np.float64) for name, tensor in model.weights.items()}, n_head=6)
    terms = attention_terms(wide, SORT.teacher_forced[9])
    assert terms.shape == (3, 3, 6, 11, 11)
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
