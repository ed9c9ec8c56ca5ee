"""The lessons' mathematics: letters to ids, ids and slots to vectors, and their sum. Pure functions on arrays.

`wte` (vocab_size, C) is the token table and `wpe` (block_size, C) the position table; token ids are whole numbers from
0 to vocab_size - 1. ValueError, naming the value and what is allowed, for all that numpy would misread: it would let an
id of -1 mean the last row. The numbers in a table are not looked at: that would take longer than the look-up.
"""

import unicodedata

import numpy as np

TABLE = "(rows, C)"  # the shape of one
VOCABULARY = "ABC"  # in the order of their ids, as nano-gpt has them at bbycroft.net/llm
LOOK_ALIKES = str.maketrans("АВСΑΒϹ", "ABCABC")  # Cyrillic and Greek


def encode(letters):
    """Turn letters such as "CBABBC" into token ids, int64 (T,): each letter's place in "ABC", counted from 0."""
    known = " ".join(VOCABULARY)
    if not isinstance(letters, str):
        raise ValueError(f"letters must be a string such as {VOCABULARY!r}, got {short(letters)}")
    if not letters:
        raise ValueError(f"letters is empty: give at least one of {known}")
    for slot, letter in enumerate(letters):
        if letter not in VOCABULARY:
            raise ValueError(f"letter {letter!r} in slot {slot} is not one of {known}{_hint(letter)}")
    return np.array([VOCABULARY.index(letter) for letter in letters])


def _hint(letter):
    meant = unicodedata.normalize("NFKC", letter.upper().translate(LOOK_ALIKES))  # NFKC: full-width letters to common
    if meant not in VOCABULARY:
        return ""
    if letter.isascii():
        return f"; write {meant!r}, in upper case"
    script = unicodedata.name(letter).partition(" ")[0].capitalize().replace("Fullwidth", "full-width")
    return f": it only looks like {meant}, it is a {script} letter; type {meant!r}"


def decode(token_ids):
    """Turn one row of token ids (T,) back into letters: the inverse of `encode`."""
    token_ids = _checked_ids(token_ids, len(VOCABULARY))
    if token_ids.ndim != 1:
        raise ValueError(f"decode reads one row of ids, shape (T,), got shape {token_ids.shape}")
    return "".join(VOCABULARY[token_id] for token_id in token_ids)


def one_hot(token_ids, vocab_size):
    """Write each of `token_ids` (..., T) as a row of zeros with a 1 in its column, float32 (..., T, vocab_size).
    Multiplied by `wte` the rows give what `token_embedding` gives.
    Source: Raschka, LLMs-from-scratch, ch02, bonus "embedding layers vs linear layers"."""
    vocab_size = whole_number("vocab_size", vocab_size, at_least=1)
    token_ids = _checked_ids(token_ids, vocab_size)
    rows = np.zeros((*token_ids.shape, vocab_size), dtype=np.float32)
    np.put_along_axis(rows, token_ids[..., np.newaxis].astype(np.int64), 1, axis=-1)
    return rows


def token_embedding(token_ids, wte):
    """Look up one row of `wte` for each id of `token_ids` (..., T), wherever it stands; returns (..., T, C).
    Source: nanoGPT, model.py, `tok_emb` in `GPT.forward`."""
    wte = real_array("wte", wte, TABLE)
    return wte[_checked_ids(token_ids, len(wte))]  # (..., T, C)


def position_embedding(n_tokens, wpe, start=0):
    """Copy the rows of `wpe` for `n_tokens` slots from `start` on, whichever letters stand there; (n_tokens, C). The
    model was trained with a start of 0. ValueError if the slots run past the end of `wpe`.
    Source: nanoGPT, model.py, `pos_emb` in `GPT.forward`."""
    return _window(n_tokens, real_array("wpe", wpe, TABLE), start).copy()


def input_embedding(token_ids, wte, wpe, start=0):
    """Add what stands in a slot to where the slot is: the whole input of the transformer, (..., T, C). `wte[token_ids]
    + wpe[start:start + T]`, bit for bit, for `token_ids` (..., T).
    Source: nanoGPT, model.py, `GPT.forward`: `x = self.transformer.drop(tok_emb + pos_emb)`; it drops in training
    only."""
    wte, wpe = real_array("wte", wte, TABLE), real_array("wpe", wpe, TABLE)
    if wte.shape[1] != wpe.shape[1]:
        raise ValueError(f"tables of unequal width cannot be added: wte has shape {wte.shape}, wpe {wpe.shape}")
    token_ids = _checked_ids(token_ids, len(wte))
    if token_ids.ndim == 0:
        raise ValueError(f"token_ids must be a row of ids, shape (..., T), got the single id {token_ids}")
    pos_emb = _window(token_ids.shape[-1], wpe, start)  # (T, C)
    return wte[token_ids] + pos_emb  # (..., T, C) + (T, C)


def sinusoidal_positions(n_positions, n_embd, base=10000.0):
    """Compute the fixed position table of the first Transformer, float64 (n_positions, n_embd): nothing learned. Row p
    holds sin(p * w_k) in channel 2k and cos(p * w_k) in channel 2k + 1, with w_k = base ** (-2k / n_embd) in radians
    per slot, so every row has length sqrt(n_embd / 2). The longest wavelength tends to 2 * pi * base slots.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.5."""
    n_positions = whole_number("n_positions", n_positions, at_least=1)
    n_embd = whole_number("n_embd", n_embd, at_least=2)
    if n_embd % 2:
        raise ValueError(f"n_embd must be even (each sine has its cosine), got {n_embd}")
    number = float(base) if isinstance(base, np.floating) else base  # to a float32, 1e300 would be infinite
    is_number = isinstance(number, (int, float, np.integer)) and not isinstance(number, bool)
    if not is_number or not 0 < number <= 1e300:  # nor NaN
        raise ValueError(f"base must be a number larger than 0 and at most 1e300, got {short(base)}")
    frequencies = float(base) ** (-np.arange(0, n_embd, 2) / n_embd)  # (C / 2,)
    angles = np.arange(n_positions)[:, np.newaxis] * frequencies  # (n_positions, C / 2)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(n_positions, n_embd)


def real_array(name, values, shape):
    """Return `values` as an array of real numbers, or say by its name why it is none. `shape` is written as a tuple is:
    for each axis its length, or a word for any but 0; "..." before them stands for any number of axes."""
    try:
        values = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} has rows of different lengths") from None
    if values.dtype.kind not in "iuf":
        raise ValueError(f"{name} must hold real numbers, got type {values.dtype}")
    wanted = shape.strip("(,)").split(", ")
    if wanted[0] == "...":
        wanted[:1] = map(str, values.shape[: values.ndim - len(wanted) + 1])
    fits = all(str(size) == size_wanted or not size_wanted.isdigit() for size, size_wanted in zip(values.shape, wanted))
    if not fits or values.ndim != len(wanted) or 0 in values.shape:
        raise ValueError(f"{name} must have shape {shape}, got {values.shape}")
    return values


def finite_array(name, values, shape, dtype=None, below=np.inf):
    """Return `values` as `real_array` does, as that type, with all numbers finite and less than `below` in size."""
    values = real_array(name, values, shape)
    with np.errstate(over="ignore"):
        cast = values if dtype is None else values.astype(dtype, copy=False)
    wrong = ~(np.abs(cast) < below)
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        limit = f", where all must be less than {below:.2g} in size" if below < np.inf else ""
        why = f"too large for {cast.dtype}{limit}" if np.isfinite(values[place]) else "every number must be finite"
        raise ValueError(f"{name} holds {values[place]:.4g} at {place}: {why}")
    return cast


def whole_number(name, value, at_least, at_most=None):
    """Return `value` as an int, or say that it is none, or which are allowed."""
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not is_whole or value < at_least or (at_most is not None and value > at_most):
        allowed = f"of at least {at_least}" if at_most is None else f"from {at_least} to {at_most}"
        raise ValueError(f"{name} must be a whole number {allowed}, got {short(value)}")
    return int(value)


def _checked_ids(token_ids, vocab_size):
    """Return `token_ids` as an int array, or say which id is wrong and what is allowed."""
    allowed = f"ids are whole numbers from 0 to {vocab_size - 1}"
    ids = np.asarray(token_ids) if isinstance(token_ids, np.ndarray) else None  # no masks: they hide ids
    if ids is None or ids.dtype.kind not in "iu":  # numpy would turn [True, 2] into [1, 2]: look first
        try:
            ids = np.asarray(token_ids, dtype=object)
        except ValueError:
            raise ValueError(f"token_ids has rows of different lengths; {allowed}") from None
        for value in ids.flat:
            if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
                hint = "; turn letters into ids with encode(...)" if isinstance(value, str) else ""
                raise ValueError(f"id {short(value)} is not an integer; {allowed}{hint}")
    if ids.size == 0:
        raise ValueError(f"token_ids is empty: give at least one id; {allowed}")
    if ids.min() < 0 or ids.max() >= vocab_size:
        wrong = ids[(ids < 0) | (ids >= vocab_size)].flat[0]
        raise ValueError(f"id {wrong} names no row; {allowed}")
    return ids if ids.dtype.kind in "iu" else ids.astype(np.int64)


def _window(n_tokens, wpe, start):
    """Return the rows start .. start + n_tokens - 1 of `wpe`, a view."""
    n_tokens = whole_number("n_tokens", n_tokens, at_least=1)
    start = whole_number("start", start, at_least=0)
    if start + n_tokens > len(wpe):
        last = start + n_tokens - 1
        several = f"{n_tokens} tokens from slot {start} on need the slots {start} to {last}"
        needed = f"1 token in slot {start} needs that slot" if n_tokens == 1 else several
        raise ValueError(f"{needed}, but the model has {len(wpe)} slots, 0 to {len(wpe) - 1}")
    return wpe[start : start + n_tokens]


def short(value):
    """Say a value in a few words, however large it is."""
    text = repr(value)
    return f"{text if len(text) <= 40 else text[:37] + '...'} ({type(value).__name__})"
