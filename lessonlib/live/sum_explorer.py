"""Lesson 5's explorer: token + position = input, for any six letters, slots and channel."""

import html
from functools import lru_cache

import numpy as np

from lessonlib.embeddings import decode, encode
from lessonlib.figures import INK, POSITION, SUM, TOKEN, Cells, signed_limit, sum_frame
from lessonlib.live.controls import Letters, whole_slider
from lessonlib.live.explorer import Explorer
from lessonlib.nano_gpt import N_INPUTS


def sum_explorer(add, model, letters="CBABBC"):
    """Make the explorer of the input embedding.

    Parameters
    ----------
    add : function
        `add(letters, start)` returns `(tok_emb, pos_emb, x)`, three arrays of shape (6, C). It stands in the
        notebook, where it can be read and changed; whatever it returns is shown.
    model : NanoGPT
        Its tables set the scale of the colours; it answers for the letters.
    letters : str of length 6

    Returns
    -------
    explorer : Explorer
    """
    every_sum = model.wte[:, np.newaxis] + model.wpe  # (vocab_size, block_size, C)
    limit = signed_limit(model.wte, model.wpe, every_sum)
    answered = lru_cache(maxsize=None)(lambda letters, start: _answer(model, letters, start))  # slow next to the rest
    last_start = model.block_size - N_INPUTS

    def show(letters, start, slot, channel):
        tok_emb, pos_emb, x = checked_sum(add(letters, start), (N_INPUTS, model.n_embd))
        slots = [str(start + i) for i in range(N_INPUTS)]
        both = [f"{place} {letter}" for place, letter in zip(slots, letters)]
        cells = {
            name: Cells(matrix, labels, ((slot, None, colour), (slot, channel, INK)))
            for name, matrix, labels, colour in (
                ("token", tok_emb, list(letters), TOKEN),
                ("position", pos_emb, slots, POSITION),
                ("sum", x, both, SUM),
            )
        }
        cell = _microscope(letters, start, slot, channel, tok_emb, pos_emb, x)
        answer = answered(letters, start)
        note = f"<code>{html.escape(cell)}</code><br>{html.escape(answer)}"
        return cells, note, f"{letters}: {cell}. {answer}"

    controls = {
        "letters": Letters(letters),
        "start": whole_slider("start position", 0, last_start, 0),
        "slot": whole_slider("inspect row", 0, N_INPUTS - 1, 3),
        "channel": whole_slider("inspect channel", 0, model.n_embd - 1, 0),
    }
    return Explorer(
        "token + position = input",
        controls,
        {"": lambda width: sum_frame(N_INPUTS, model.n_embd, limit, width)},
        show,
    )


def checked_sum(arrays, shape):
    """Return the three arrays that a learner's `add` gives, or say which of them has the wrong shape."""
    if not isinstance(arrays, (tuple, list)) or len(arrays) != 3:
        raise ValueError(f"the function must return three arrays, tok_emb, pos_emb and x, got {type(arrays).__name__}")
    for name, array in zip(("tok_emb", "pos_emb", "x"), arrays):
        if np.shape(array) != shape:
            raise ValueError(f"{name} must have shape {shape}, got {np.shape(array)}")
    return [np.asarray(array) for array in arrays]


def _microscope(letters, start, slot, channel, tok_emb, pos_emb, x):
    """Write out one cell of the sum, so that it visibly adds up, or say that the function did something else."""
    token, position, shown = tok_emb[slot, channel], pos_emb[slot, channel], x[slot, channel]
    source = f"E_tok[{letters[slot]}, {channel}] + E_pos[{start + slot}, {channel}]"
    text = f"slot {start + slot}, channel {channel}:  {source} = {token:.4f} + {position:.4f} = {token + position:.4f}"
    return text if np.isclose(token + position, shown, atol=1e-6) else f"{text}, but x holds {shown:.4f}"


def _answer(model, letters, start):
    answer = decode(model.generate(encode(letters), start))
    if start == 0:
        return f"The model answers {letters} with {answer}."
    return f"From slot {start} on, where it was never trained, the model answers {letters} with {answer}."
