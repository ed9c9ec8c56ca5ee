"""The loss of nano-gpt and its gradient, by hand.

Every layer returns its output and a function `backward`, which takes the gradient at the output, files the gradients
of the layer's weights in `grads`, and returns the gradient at the input. Names of weights are minGPT's.
"""

from functools import partial

import numpy as np

from lessonlib.embeddings import encode, input_embedding
from lessonlib.nano_gpt import EPSILON


def loss_and_gradients(weights, token_ids, answers, n_head, dropout=0.0, rng=None, rotary=None):
    """Compute the loss of a batch, mean cross-entropy in nats, and its gradient: a dict of the shapes of `weights`.
    `token_ids` (B, T) is what the model sees, `answers` (B, n_answers) what it must say after each of the last
    `n_answers` tokens; what it says before counts for nothing. `dropout`, in [0, 1), is the share of the numbers set to
    0, by the Generator `rng`, in the sum of the embeddings, in the attention, and in what each branch adds. `rotary` is
    what is done to queries and keys, `rope.apply_rotary` or nothing.
    Source: karpathy/minGPT, mingpt/model.py: `GPT.forward`, with dropout in the same four places."""
    w, grads = weights, {}
    wte, wpe = w["transformer.wte.weight"], w["transformer.wpe.weight"]
    n_tokens = token_ids.shape[1]
    drop = partial(_dropout, dropout=dropout, rng=rng)
    attend = partial(_heads, n_head=n_head, drop=drop, rotary=rotary)
    x, backward_sum = drop(wte[token_ids] + wpe[:n_tokens])  # (B, T, C)
    branches = ("ln_1", "attn.c_attn", attend, "attn.c_proj"), ("ln_2", "mlp.c_fc", _gelu, "mlp.c_proj")
    steps = []
    for layer in range(sum(name.endswith("ln_1.weight") for name in w)):
        for branch in branches:
            x, backward = _branch(x, f"transformer.h.{layer}.", *branch, w, grads, drop)
            steps.append(backward)
    x, backward_norm = _layer_norm(x, "transformer.ln_f", w, grads)
    logits, backward_head = _linear(x, "lm_head", w, grads)  # (B, T, vocab_size)

    loss, dlogits = _cross_entropy(logits, answers)
    dx = backward_norm(backward_head(dlogits))
    for backward in reversed(steps):
        dx = backward(dx)
    dx = backward_sum(dx)
    grads["transformer.wpe.weight"] = np.zeros_like(wpe)
    grads["transformer.wpe.weight"][:n_tokens] = dx.sum(axis=0)
    one_hot = np.eye(len(wte), dtype=wte.dtype)[token_ids.ravel()]  # (B T, vocab_size)
    grads["transformer.wte.weight"] = one_hot.T @ dx.reshape(len(one_hot), -1)  # only rows that were used get any
    return loss, grads


def _branch(x, layer, norm, first, between, last, w, grads, drop):
    """Run attention or the MLP, which lies `between` two linear layers, and add what it finds to the stream `x`."""
    normed, backward_norm = _layer_norm(x, layer + norm, w, grads)
    wide, backward_first = _linear(normed, layer + first, w, grads)
    found, backward_between = between(wide)
    y, backward_last = _linear(found, layer + last, w, grads)
    y, backward_drop = drop(y)

    def backward(dy):
        return dy + backward_norm(backward_first(backward_between(backward_last(backward_drop(dy)))))

    return x + y, backward


def _linear(x, name, w, grads):
    weight, bias = w[name + ".weight"], w.get(name + ".bias")
    rows = x.reshape(-1, x.shape[-1])
    y = rows @ weight.T
    if bias is not None:
        y += bias

    def backward(dy):
        dy = dy.reshape(y.shape)
        grads[name + ".weight"] = dy.T @ rows
        if bias is not None:
            grads[name + ".bias"] = dy.sum(axis=0)
        return (dy @ weight).reshape(x.shape)

    return y.reshape(*x.shape[:-1], len(weight)), backward


def _layer_norm(x, name, w, grads):
    weight, bias = w[name + ".weight"], w[name + ".bias"]
    normed = x - x.mean(axis=-1, keepdims=True)
    std = np.sqrt((normed * normed).mean(axis=-1, keepdims=True) + x.dtype.type(EPSILON))
    normed /= std

    def backward(dy):
        grads[name + ".weight"] = np.einsum("btc,btc->c", dy, normed)
        grads[name + ".bias"] = dy.sum(axis=(0, 1))
        dnormed = dy * weight
        along = (dnormed * normed).mean(axis=-1, keepdims=True)
        return (dnormed - dnormed.mean(axis=-1, keepdims=True) - normed * along) / std

    return normed * weight + bias, backward


def _gelu(x):
    scale, cubic = x.dtype.type(np.sqrt(2 / np.pi)), x.dtype.type(0.044715)
    square = x * x  # in place below, where it can be: these are the largest arrays
    tanh = cubic * square
    tanh += 1
    tanh *= x
    tanh *= scale
    np.tanh(tanh, out=tanh)
    y = tanh + 1
    y *= x
    y *= x.dtype.type(0.5)

    def backward(dy):
        slope = 1 - tanh * tanh  # of tanh, then of what stands in it
        slope *= 1 + 3 * cubic * square
        slope *= scale * x
        slope += tanh
        slope += 1
        slope *= x.dtype.type(0.5)
        slope *= dy
        return slope

    return y, backward


def _heads(qkv, n_head, drop, rotary):
    """Let every slot gather values from itself and the slots before it, by a softmax. (B, T, 3 C) -> (B, T, C)"""
    n_batch, n_tokens, width = qkv.shape
    head_size = width // 3 // n_head
    scale = qkv.dtype.type(1 / np.sqrt(head_size))
    query, key, value = qkv.reshape(n_batch, n_tokens, 3, n_head, head_size).transpose(2, 0, 3, 1, 4)
    if rotary:
        query, key = rotary(query), rotary(key)
    scores = (query @ key.swapaxes(-1, -2)) * scale  # (B, n_head, T, T)
    scores += np.triu(np.full((n_tokens, n_tokens), -np.inf, dtype=qkv.dtype), 1)
    attention = np.exp(scores - scores.max(axis=-1, keepdims=True))
    attention /= attention.sum(axis=-1, keepdims=True)
    dropped, backward_drop = drop(attention)
    gathered = (dropped @ value).transpose(0, 2, 1, 3).reshape(n_batch, n_tokens, width // 3)

    def backward(dy):
        dy = dy.reshape(n_batch, n_tokens, n_head, head_size).transpose(0, 2, 1, 3)
        dattention = backward_drop(dy @ value.swapaxes(-1, -2))
        dscores = attention * (dattention - (dattention * attention).sum(axis=-1, keepdims=True)) * scale
        dqkv = np.empty((3, n_batch, n_head, n_tokens, head_size), dtype=qkv.dtype)
        dqkv[0] = dscores @ key
        dqkv[1] = dscores.swapaxes(-1, -2) @ query
        dqkv[2] = dropped.swapaxes(-1, -2) @ dy
        if rotary:
            dqkv[:2] = rotary(dqkv[:2], back=True)
        return dqkv.transpose(1, 3, 0, 2, 4).reshape(qkv.shape)

    return gathered, backward


def _dropout(x, dropout, rng):
    """Set a share of the numbers to 0 and enlarge the others, so that the mean stays."""
    if not dropout:
        return x, lambda dy: dy
    mask = (rng.random(x.shape, dtype=np.float32) >= dropout) * x.dtype.type(1 / (1 - dropout))
    return x * mask, lambda dy: dy * mask


def _cross_entropy(logits, answers):
    """Mean surprise, in nats, at the right answers of the last slots, and its gradient."""
    n_answers = answers.shape[1]
    last = logits[:, -n_answers:]
    last = last - last.max(axis=-1, keepdims=True)
    log_probabilities = last - np.log(np.exp(last).sum(axis=-1, keepdims=True))
    right = np.eye(logits.shape[-1], dtype=logits.dtype)[answers]
    loss = -(log_probabilities * right).sum() / answers.size
    dlogits = np.zeros_like(logits)
    dlogits[:, -n_answers:] = (np.exp(log_probabilities) - right) / answers.size
    return float(loss), dlogits


def table_gradient(model, letters, answer):
    """Measure the loss, in nats, of `model` where it should write `answer` to `letters`, and its gradient at the token
    table: for each number of wte, (vocab_size, C), how fast the loss rises when that number grows. The model is shown
    all letters of `answer` but the last. ValueError for other letters than A, B and C, or more than there are slots."""
    seen, wanted = encode(letters + answer[:-1]), encode(answer)
    input_embedding(seen, model.wte, model.wpe)  # refuses what cannot be read
    loss, gradients = loss_and_gradients(model.weights, seen[np.newaxis], wanted[np.newaxis], model.n_head)
    return float(loss), gradients["transformer.wte.weight"]
