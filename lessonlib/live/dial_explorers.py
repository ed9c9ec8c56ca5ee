"""Lesson 5's dials on both tables of a trained model: a shift that their sum does not show, and factors."""

import html

import ipywidgets as widgets
import numpy as np

from lessonlib.embeddings import VOCABULARY, encode, input_embedding
from lessonlib.figures import INK, Cells, scale_frame, shift_frame, signed_limit
from lessonlib.live.controls import ROOM, whole_slider
from lessonlib.live.explorer import Explorer
from lessonlib.live.scores import scores_html
from lessonlib.measure import cosines, every_sum
from lessonlib.precomputed import FACTORS, scaled

LENGTHS = (0, 0.05, 0.1, 0.2, 0.5, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8)
N_DIRECTIONS = 10


def shift_explorer(model, task, letters="CBABBC"):
    """Make the explorer of the hidden shift: a vector v is added to every row of E_tok and taken from every of E_pos.

    Parameters
    ----------
    model : NanoGPT
    task : Task
        What the model's score is counted on.
    letters : str of length 6
        Whose input embedding is shown.

    Returns
    -------
    explorer : Explorer
    """
    token_ids = encode(letters)
    every = every_sum(model.wte, model.wpe)
    limit, trained = signed_limit(every), cosines(model.wte, model.wpe).mean()
    long = float(np.linalg.norm(np.concatenate([model.wte, model.wpe]), axis=1).mean())

    def show(length, direction):
        shifted = shifted_model(model, length, direction)
        tok_emb, pos_emb = shifted.wte[token_ids], shifted.wpe[: len(token_ids)]
        x = input_embedding(token_ids, shifted.wte, shifted.wpe)
        angles = cosines(shifted.wte, shifted.wpe)
        slots = [str(slot) for slot in range(len(letters))]
        cells = {
            label: Cells(np.clip(matrix, -limit, limit), labels, numbers=matrix)
            for label, matrix, labels in (
                ("token", tok_emb, list(letters)),
                ("position", pos_emb, slots),
                ("sum", x, [f"{slot} {letter}" for slot, letter in zip(slots, letters)]),
            )
        }
        cells["cosines"] = Cells(angles, list(VOCABULARY[: model.vocab_size]))
        change = np.abs(every_sum(shifted.wte, shifted.wpe) - every).max()
        said = (
            f"v has length {_amount(length)}; the rows, as trained, {long:.2f} on average. "
            f"Mean cosine of a letter's row with a slot's: {angles.mean():.2f}, as trained {trained:.2f}. "
            f"Largest change of a number in the {every.shape[0] * every.shape[1]} sums: {change:.7f}."
        )
        return cells, html.escape(said), said

    def count(length, direction):
        return scores_html({"the model": (shifted_model(model, length, direction), task)}, letters)

    controls = {
        "length": widgets.SelectionSlider(
            options=[(_amount(length), length) for length in LENGTHS], value=0, description="length of v", style=ROOM
        ),
        "direction": whole_slider("direction of v", 0, N_DIRECTIONS - 1, 0),
    }
    sizes = (len(letters), model.vocab_size, model.block_size, model.n_embd, limit)
    return Explorer("the hidden shift", controls, {"": lambda width: shift_frame(*sizes, width)}, show, count)


def _amount(length):
    return f"{length:g}" if length < 1 else f"{length:,.0f}"


def shifted_model(model, length, direction):
    """Add a vector to every row of a model's token table and take it from every row of its position table.

    Parameters
    ----------
    model : NanoGPT
    length : float
        Of the vector.
    direction : int
        Seed of the direction, which is random.

    Returns
    -------
    model : NanoGPT
        Its tables are rounded to its own precision, as every table is.
    """
    v = np.random.default_rng(direction).standard_normal(model.n_embd)
    v *= length / np.linalg.norm(v)
    return model.with_tables(model.wte.astype(np.float64) + v, model.wpe.astype(np.float64) - v)


def scale_explorer(models, maps, letters="CBABBC"):
    """Make two dials, a factor for each table, with the scores that are left: live, and on maps counted beforehand.

    Parameters
    ----------
    models : dict of str to (NanoGPT, Task)
        Under names such as "sorter".
    maps : dict of str to int array, shape (n, n)
        For each name what `precomputed.score_map` returns for that model.
    letters : str of length 6
        The example whose answers are shown.

    Returns
    -------
    explorer : Explorer
    """
    labels = [f"{factor:.3g}" for factor in FACTORS]

    def show(of_tokens, of_positions):
        place = FACTORS.index(of_tokens), FACTORS.index(of_positions)
        cells = {f"map-{i}": Cells(maps[name], [], ((*place, INK),), numbers=()) for i, name in enumerate(models)}
        said = f"E_tok times {labels[place[0]]}, E_pos times {labels[place[1]]}."
        return cells, said, said

    def count(of_tokens, of_positions):
        broken = {name: (scaled(model, of_tokens, of_positions), task) for name, (model, task) in models.items()}
        return scores_html(broken, letters)

    controls = {
        key: widgets.SelectionSlider(options=list(zip(labels, FACTORS)), value=1, description=name, style=ROOM)
        for key, name in (("of_tokens", "E_tok times"), ("of_positions", "E_pos times"))
    }
    frame = {"": lambda width: scale_frame(list(models), FACTORS, width)}
    return Explorer("the size of the tables", controls, frame, show, count)
