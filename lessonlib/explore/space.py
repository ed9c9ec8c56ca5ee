"""Lesson 5's view in space: Token Embed, Position Embed and Input Embed as three blocks to walk around."""

from collections.abc import Callable

import numpy as np

from lessonlib.embeddings import VOCABULARY
from lessonlib.explore import given
from lessonlib.explore.controls import Letters, int_slider
from lessonlib.explore.explorer import Explorer, nearly, told_apart
from lessonlib.explore.lesson_5 import checked_sum
from lessonlib.nano_gpt import N_INPUTS, NanoGPT
from lessonlib.scene import POSITION, SUM, TOKEN, Blocks, Cells, Scene, added, signed_limit


def blocks(add, model):
    """Make the view of both tables and the input in space; mouse and arrow keys turn it. `add(letters, start)` returns
    `(tok_emb, pos_emb, x)`, three arrays of shape (6, C); the last is shown as Input Embed. The tables of `model` are
    shown whole: the rows that are added are picked from them."""
    given.are(add=(add, Callable), model=(model, NanoGPT))
    limit = signed_limit(model.wte, model.wpe, model.wte[:, np.newaxis] + model.wpe)

    def show(letters, slot):
        x = checked_sum(add(letters, 0), (N_INPUTS, model.n_embd))[2]
        slots = tuple(str(i) for i in range(model.block_size))
        both = tuple(f"{i} {letter}" for i, letter in enumerate(letters))
        cells = (
            Cells("Token Embed", model.wte, tuple(VOCABULARY), TOKEN, limit),
            Cells("Position Embed", model.wpe, slots, POSITION, limit),
            Cells("Input Embed", x, both, SUM, limit, columns="channel"),
        )
        chosen = (VOCABULARY.index(letters[slot]), slot, slot)
        return Scene(Blocks(cells, chosen), text=_sum_in_words(cells, chosen, letters[slot]))

    controls = {"letters": Letters(), "slot": int_slider("slot", 0, N_INPUTS - 1, 3)}
    return Explorer("three blocks in space", controls, show)


def _sum_in_words(cells, chosen, letter):
    """Say which rows meet in the slot, with their first number, or that the function did something else with them."""
    token, position, x = (block.matrix[row] for block, row in zip(cells, chosen))
    row, slot, _ = chosen
    text = (
        f"Slot {slot} holds {letter}: row {row} of Token Embed + row {slot} of Position Embed.\n"
        f"`channel 0: {added(token[0], position[0])}`"
    )
    wrong = ~nearly(token + position, x)
    if not wrong.any():
        return text
    channel, n = int(wrong.argmax()), int(wrong.sum())
    number = told_apart(x[channel], token[channel] + position[channel])
    return f"{text}, but Input Embed holds another number in {n} channel{'s' * (n > 1)}: {number} in {channel}"
