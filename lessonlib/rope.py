"""RoPE: no position is added to the input; queries and keys are turned by angles that grow with their slot.

A score is the product of a turned query and a turned key, and two turns leave only their difference: it depends on how
far apart the two slots are, and not on where they are.
Source: Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding", section 3.2.2.
"""

import numpy as np

BASE = 100  # the slowest pair turns by BASE^(-7/8) from slot to slot: the paper's 10000 is for long texts


def apply_rotary(x, back=False):
    """Turn the vector of every slot, `x` (..., T, n) with n even: its numbers i and i + n/2 are a point of a plane.
    Slot s turns the point by s BASE^(-2 i / n), in radians; `back` turns the other way, which is also the gradient.
    Pairs are taken from the two halves, as Llama's and nanochat's code does; the paper pairs neighbours, 2 i and 2 i +
    1, which is the same but for the order of the channels."""
    n_slots, n = x.shape[-2:]
    if n % 2:
        raise ValueError(f"queries and keys are turned in pairs: they need an even number of channels, got {n}")
    angles = np.outer(np.arange(n_slots), BASE ** (-2 * np.arange(n // 2) / n))  # (T, n/2)
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(-angles if back else angles).astype(x.dtype)
    one, other = x[..., : n // 2], x[..., n // 2 :]
    return np.concatenate([one * cos - other * sin, one * sin + other * cos], axis=-1)
