"""Explorers of the deep dives: the sum step by step, a shift that it does not show, and factors on both tables."""

from enum import IntEnum

import numpy as np

from lessonlib import measure
from lessonlib.embeddings import VOCABULARY, encode, input_embedding
from lessonlib.explore import given
from lessonlib.explore.controls import EXAMPLE, Letters, Steps, choice_slider, int_slider
from lessonlib.explore.explorer import Explorer
from lessonlib.explore.page import DURATION
from lessonlib.explore.scores import scores
from lessonlib.nano_gpt import N_INPUTS, NanoGPT
from lessonlib.palette import CURVES, INK, POSITION, SUM, TOKEN
from lessonlib.precomputed import FACTORS
from lessonlib.scene import Cells, Flight, Gap, Scene, Strip, added, signed_limit, sum_parts
from lessonlib.tasks import N_ALL, Task

# Step by step


Stage = IntEnum("Stage", "LETTER ID TOKEN_ROW POSITION_ROW ADDED PLACED", start=0)  # how far a slot has come
TOKENS, POSITIONS, BENCH = 2, 3, 4  # parts of the scene
INTERVAL = 2600  # milliseconds between two steps that play by themselves: time to read a line


def steps(model):
    """Make the step-through of the input embedding: slot 0 in small steps, then one step for each other slot."""
    given.are(model=(model, NanoGPT))
    limit = signed_limit(model.wte, model.wpe, measure.every_sum(model.wte, model.wpe))
    last = Stage.PLACED + N_INPUTS - 1

    def show(letters, step):
        slot, stage = max(0, step - Stage.PLACED), min(step, Stage.PLACED)
        parts = _parts(model, letters, slot, stage, limit)
        return Scene(*parts, text=f"step {step} of {last}: {_line(model, letters, slot, stage)}", left=96)

    controls = {"letters": Letters(), "step": Steps(int_slider("step", 0, last, 0), last + 1, INTERVAL)}
    return Explorer("the sum, step by step", controls, show)


def _parts(model, letters, slot, stage, limit):
    """Show how far a slot has come: what is picked out, what has its place, and which rows fly there."""
    ids, nothing = encode(letters), np.full((N_INPUTS, model.n_embd), np.nan)
    token, position = model.wte[ids[slot]], model.wpe[slot]
    texts = [(0, i, letter) for i, letter in enumerate(letters)]
    texts += [(1, i, str(ids[i])) for i in range(slot if stage < Stage.ID else slot + 1)]
    bench, names = nothing[:3].copy(), [""] * 3
    picked = (
        (Stage.TOKEN_ROW, f"E_tok[{ids[slot]}]", token),
        (Stage.POSITION_ROW, f"+ E_pos[{slot}]", position),
        (Stage.ADDED, "= sum", token + position),
    )
    for i, (since, name, row) in enumerate(picked):
        if stage >= since:
            bench[i], names[i] = row, name
    x, n_placed = nothing.copy(), slot + (stage == Stage.PLACED)
    x[:n_placed] = model.wte[ids[:n_placed]] + model.wpe[:n_placed]
    picking, placing = _flights(ids, slot, stage, token, position)
    look = {"limit": limit, "row_height": 15}
    title, rows = f"letters and their ids, slots 0 to {N_INPUTS - 1}", ("letter", "id")
    ids_of = tuple(f"{letter} = id {i}" for i, letter in enumerate(VOCABULARY))
    slots = tuple(f"slot {i}" for i in range(N_INPUTS))
    both = tuple(f"{i} {letter}" for i, letter in enumerate(letters))
    id_mark = ((ids[slot], None, TOKEN),) if stage >= Stage.ID else ()
    slot_mark = ((slot, None, POSITION),) if stage >= Stage.POSITION_ROW else ()
    sum_look = {"columns": "channel", "marks": ((slot, None, SUM),), "flights": placing, **look}
    wpe, wpe_title = model.wpe[:N_INPUTS], f"position table E_pos, rows 0 to {N_INPUTS - 1} of {model.block_size}"
    return (
        [Cells(title, nothing[:2, :N_INPUTS], rows, marks=((None, slot, INK),), texts=tuple(texts), **look), Gap(24)],
        Cells(f"token table E_tok  {model.wte.shape}", model.wte, ids_of, TOKEN, marks=id_mark, **look),
        Cells(wpe_title, wpe, slots, POSITION, marks=slot_mark, scale=True, **look),
        Cells("picked out, and added", bench, tuple(names), flights=picking, **look),
        Cells(f"input embedding  {x.shape}", x, both, SUM, **sum_look),
    )


def _flights(ids, slot, stage, token, position):
    """List the rows that fly in this step: out of the tables and over each other, and to their place."""
    whole = slot > 0  # all of a slot in one step
    second, third = (DURATION + 0.1, 2 * (DURATION + 0.1)) if whole else (0.0, 0.0)  # when they start
    picking = []
    if stage == Stage.TOKEN_ROW or whole:
        picking.append(Flight(0, TOKENS, int(ids[slot]), token, TOKEN))
    if stage == Stage.POSITION_ROW or whole:
        picking.append(Flight(1, POSITIONS, slot, position, POSITION))
    if stage == Stage.ADDED or whole:
        picking += [Flight(2, BENCH, 0, token, TOKEN, second), Flight(2, BENCH, 1, position, POSITION, second)]
    placing = (Flight(slot, BENCH, 2, token + position, SUM, third),) if stage == Stage.PLACED else ()
    return tuple(picking), placing


def _line(model, letters, slot, stage):
    """Say in words and numbers what happens in this step."""
    letter, token_id = letters[slot], VOCABULARY.index(letters[slot])
    token, position = model.wte[token_id], model.wpe[slot]
    sums = ", ".join(f"`{added(*pair)}`" for pair in zip(token[:2], position[:2]))
    if slot:  # all of it in one step
        rows = f"row {token_id} of E_tok + row {slot} of E_pos = row {slot} of the input embedding"
        end = f" All {N_INPUTS} rows are in place." if slot == N_INPUTS - 1 else ""
        return f"slot {slot} holds {letter}: {rows}:\n{sums}, ...{end}"
    return (
        f"slot {slot} holds the letter {letter}.",
        f"the letter {letter} has the id {token_id}.",
        f"row {token_id} of E_tok, the row of {letter}, is picked out:\n{_start(token)}",
        f"row {slot} of E_pos, the row of slot {slot}, is picked out:\n{_start(position)}",
        f"the two rows are added, channel by channel:\n{sums}, and so on, {len(token)} times.",
        f"the sum is row {slot} of the input embedding:\n{_start(token + position)} The other slots follow.",
    )[stage]


def _start(row):
    return f"`{', '.join(f'{number:.4f}' for number in row[:3])}, ...` ({len(row)} numbers)."


# A hidden shift

LENGTHS = (0, 0.05, 0.1, 0.2, 0.5, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8)
N_DIRECTIONS = 10
SHIFTED = ("token embedding + v", "+  (position embedding − v)", "=  input embedding")


def shift(model, task):
    """Make the explorer of the hidden shift: a vector v is added to every row of E_tok and taken from every of E_pos.
    The score of `model` is counted on `task`."""
    given.are(model=(model, NanoGPT), task=(task, Task))
    token_ids, every = encode(EXAMPLE), measure.every_sum(model.wte, model.wpe)
    limit, trained = signed_limit(every), measure.cosines(model.wte, model.wpe).mean()
    long = float(np.linalg.norm(np.concatenate([model.wte, model.wpe]), axis=1).mean())

    def show(length, direction):
        shifted = shifted_model(model, length, direction)
        x = input_embedding(token_ids, shifted.wte, shifted.wpe)
        cosines = measure.cosines(shifted.wte, shifted.wpe)
        change = np.abs(measure.every_sum(shifted.wte, shifted.wpe) - every).max()
        tok_emb, pos_emb = shifted.wte[token_ids], shifted.wpe[: len(EXAMPLE)]
        return Scene(
            Strip(),
            *sum_parts(EXAMPLE, tok_emb, pos_emb, x, titles=SHIFTED, limit=limit, row_height=13),
            Cells(
                f"cosines, E_tok + v with E_pos − v  {cosines.shape}", cosines, tuple(VOCABULARY[: model.vocab_size]),
                limit=1.0, columns=tuple(map(str, range(model.block_size))), below="slot", scale=True, row_height=16,
            ),
            text=(
                f"v has length {_amount(length)}; the rows, as trained, {long:.2f} on average. "
                f"Mean cosine of a letter's row with a slot's: {cosines.mean():.2f}, as trained {trained:.2f}.\n"
                f"Largest change of a number in the {every.shape[0] * every.shape[1]} sums: {change:.7f}."
            ),
            later=lambda: scores({"the model": (shifted, task)}, EXAMPLE),
        )  # fmt: skip

    controls = {
        "length": choice_slider("length of v", [(_amount(length), length) for length in LENGTHS], 0),
        "direction": int_slider("direction of v", 0, N_DIRECTIONS - 1, 0),
    }
    return Explorer("the hidden shift", controls, show)


def _amount(length):
    return f"{length:g}" if length < 1 else f"{length:,.0f}"


def shifted_model(model, length, direction):
    """Add a vector to every row of a model's token table and take it from every row of its position table. `direction`
    is the seed of its direction. The new tables are rounded to the model's own precision, as all are."""
    v = np.random.default_rng(direction).standard_normal(model.n_embd)
    v *= length / np.linalg.norm(v)
    return model.with_tables(model.wte.astype(np.float64) + v, model.wpe.astype(np.float64) - v)


# Factors


def scale(models, maps):
    """Make two dials, a factor for each table, with the scores that are left: live, and on maps computed in advance.
    `models` maps names such as "sorter" to (model, task), `maps` the same names to what `precomputed.score_map`
    says."""
    given.all_of("models", models, NanoGPT, Task)
    for name in models:
        if np.shape(maps.get(name) if isinstance(maps, dict) else None) != (len(FACTORS), len(FACTORS)):
            raise ValueError(f"maps must give, for {name!r} too, what precomputed.score_map says of it")
    labels = [f"{factor:.3g}" for factor in FACTORS]
    shown = tuple(label if label in ("0", "0.5", "1", "2", "4", "8") else "" for label in labels)

    def show(token_scale, position_scale):
        place = FACTORS.index(token_scale), FACTORS.index(position_scale)
        parts = [
            Cells(
                name, maps[name], shown, limit=float(N_ALL), palette="share", columns=shown, below="E_pos times",
                left="" if i else "E_tok times", ruled=False, told=False, scale=name == list(models)[-1],
                marks=((*place, CURVES[2][0]),), row_height=16,
            )
            for i, name in enumerate(models)
        ]  # fmt: skip
        changed = {
            name: (model.with_tables(token_scale * model.wte, position_scale * model.wpe), task)
            for name, (model, task) in models.items()
        }
        text = f"E_tok times {labels[place[0]]}, E_pos times {labels[place[1]]}."
        strips = [Strip() for _ in models]
        return Scene(strips, parts, text=text, later=lambda: scores(changed, EXAMPLE))

    controls = {
        key: choice_slider(name, list(zip(labels, FACTORS)), 1)
        for key, name in (("token_scale", "E_tok times"), ("position_scale", "E_pos times"))
    }
    return Explorer("the size of the tables", controls, show)
