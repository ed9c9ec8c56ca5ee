"""Lesson 5's explorers: the sum, in cells and in space, and what becomes of it."""

import numpy as np

from lessonlib.draw.pictures import sum_parts
from lessonlib.embeddings import decode, encode
from lessonlib.explore.controls import Letters, int_slider
from lessonlib.explore.explorer import Explorer, checked
from lessonlib.nano_gpt import N_INPUTS
from lessonlib.scene import INK, POSITION, SUM, TOKEN, Scene, added, signed_limit


def the_sum(add, model, letters="CBABBC"):
    """Make the explorer of the input embedding.

    `add(letters, start)` returns `(tok_emb, pos_emb, x)`, three arrays of shape (6, C). It stands in the notebook,
    where it can be read and changed; whatever it returns is shown. The tables of `model` set the scale of the colours.
    """
    every_sum = model.wte[:, np.newaxis] + model.wpe  # (vocab_size, block_size, C)
    limit = signed_limit(model.wte, model.wpe, every_sum)

    def show(letters, start, slot, channel):
        tok_emb, pos_emb, x = checked_sum(add(letters, start), (N_INPUTS, model.n_embd))
        marks = [((slot, None, colour), (slot, channel, INK)) for colour in (TOKEN, POSITION, SUM)]
        parts = sum_parts(letters, start, tok_emb, pos_emb, x, marks, limit)
        cell = microscope(letters, start, slot, channel, tok_emb, pos_emb, x)
        return Scene(*parts, text=f"`{cell}`\n{_answer(model, letters, start)}")

    controls = {
        "letters": Letters(letters),
        "start": int_slider("start position", 0, model.block_size - N_INPUTS, 0),
        "slot": int_slider("inspect row", 0, N_INPUTS - 1, 3),
        "channel": int_slider("inspect channel", 0, model.n_embd - 1, 0),
    }
    return Explorer("token + position = input", controls, show)


def checked_sum(arrays, shape):
    """Return the three arrays that a learner's `add` gives, or say which of them is not what it should be."""
    if arrays is None:
        raise ValueError("the function returned None: is `return` missing?")
    if not isinstance(arrays, (tuple, list)) or len(arrays) != 3:
        raise ValueError(f"the function must return three arrays, tok_emb, pos_emb and x, got {type(arrays).__name__}")
    return [checked(name, array, shape) for name, array in zip(("tok_emb", "pos_emb", "x"), arrays)]


def microscope(letters, start, slot, channel, tok_emb, pos_emb, x):
    """Write out one cell of the sum, so that it visibly adds up, or say that the function did something else."""
    token, position, shown = tok_emb[slot, channel], pos_emb[slot, channel], x[slot, channel]
    source = f"E_tok[{letters[slot]}, {channel}] + E_pos[{start + slot}, {channel}]"
    text = f"slot {start + slot}, channel {channel}: {source} = {added(token, position)}"
    return text if np.isclose(token + position, shown, atol=1e-6) else f"{text}, but x holds {shown:.4f}"


def _answer(model, letters, start):
    answer = decode(model.generate(encode(letters), start))
    if start == 0:
        return f"The model answers {letters} with {answer}."
    return f"From slot {start} on, where it was never trained, the model answers {letters} with {answer}."
