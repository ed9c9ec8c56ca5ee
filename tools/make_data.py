"""Make again what lessonlib ships: `python tools/make_data.py FOLDER` in the project's .venv, most of an hour.

The files get the names that they have in lessonlib/data, and nothing but FOLDER is written to. To ship them, copy it
over lessonlib/data. Names may follow, to make only those: checkpoints, maps, seeds, cases, or one of EXPERIMENTS, whose
curve is written beside those that FOLDER holds already. The same seeds give the same bytes on the same machine; on
another one, a training may end elsewhere.
"""

import os
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lessonlib.embeddings import sinusoidal_positions
from lessonlib.gradients import loss_and_gradients
from lessonlib.measure import every_sum, overlap, variance_shares
from lessonlib.nano_gpt import CHECKPOINTS, N_INPUTS, NanoGPT, load_checkpoint, read_arrays
from lessonlib.precomputed import CASES, CURVES, FACTORS, MAPS, SEEDS, Cases, Seeds
from lessonlib.rope import apply_rotary
from lessonlib.tasks import REVERSE, SORT, SYNONYMS, Task, answer_logits, score
from lessonlib.training import (
    BATCH_SIZE,
    DROPOUT,
    LEARNING_RATE,
    N_HEAD,
    N_STEPS,
    SIZES,
    AdamW,
    initial_weights,
    token_shares,
    train,
)

N_SEEDS = 8  # models of each task; the two that ship are among them
N_SNAPSHOTS = 40
TABLE_ROWS = {"wte": "vocab_size", "wpe": "block_size"}
ROW_LENGTH = 0.02 * np.sqrt(SIZES["n_embd"])

# The tables that a training starts from: functions from the seed to the arguments `wte` and `wpe` of `train`


def no_tables(_seed):
    """Nothing special: both tables start random and are trained."""
    return {}


def no_positions(_seed):
    """Every row of the position table is zero."""
    return {"wpe": np.zeros((SIZES["block_size"], SIZES["n_embd"]))}


def sinusoids(_seed):
    """Sines and cosines, as the first Transformer added them."""
    return {"wpe": sinusoidal_positions(SIZES["block_size"], SIZES["n_embd"])}


def small_sinusoids(_seed):
    """The same, made as small as the rows that training starts from: 0.02 in each channel, on average."""
    table = sinusoids(None)["wpe"]
    return {"wpe": 0.02 * table / np.sqrt((table**2).mean())}


def random_tables(seed):
    """Two tables of random rows, as training begins with, drawn apart from all else that is random."""
    rng = np.random.default_rng([seed, 5])
    return {name: 0.02 * rng.standard_normal((SIZES[rows], SIZES["n_embd"])) for name, rows in TABLE_ROWS.items()}


def orthogonal_tables(seed):
    """All 14 rows at right angles to each other, each as long as a random row is on average."""
    rows = np.linalg.qr(np.concatenate(list(random_tables(seed).values())).T)[0].T  # (14, C)
    return dict(zip(TABLE_ROWS, np.split(ROW_LENGTH * rows, [SIZES["vocab_size"]])))


def overlapping_tables(seed):
    """Token rows that lie wholly within what the differences of the six input slots' rows span."""
    wte, wpe = random_tables(seed).values()
    mixture = wte[:, :N_INPUTS]  # random numbers like any other
    rows = (mixture - mixture.mean(axis=1, keepdims=True)) @ wpe[:N_INPUTS]
    return {"wte": ROW_LENGTH * rows / np.linalg.norm(rows, axis=1, keepdims=True), "wpe": wpe}


def colliding_tables(seed):
    """The next letter and the next slot are the same step in the same direction: 13 different sums of 33."""
    wte, wpe = random_tables(seed).values()
    step = wte[0] / len(wte)
    return {
        "wte": np.arange(len(wte))[:, np.newaxis] * step,
        "wpe": wpe[0] + np.arange(len(wpe))[:, np.newaxis] * step,
    }


def narrow_tables(n_directions):
    """Make tables whose rows are random, as long as others, but lie in the span of a few random directions."""

    def tables(seed):
        directions = np.linalg.qr(
            np.random.default_rng([seed, n_directions]).standard_normal((SIZES["n_embd"], n_directions))
        )[0]
        scale = np.sqrt(SIZES["n_embd"] / n_directions)
        return {name: scale * rows[:, :n_directions] @ directions.T for name, rows in random_tables(seed).items()}

    return tables


# Trainings


class RotaryGPT(NanoGPT):
    """A NanoGPT that turns its queries and keys. It needs no position table: give it one of zeros."""

    rotary = staticmethod(apply_rotary)


class Experiment(NamedTuple):
    """What is trained, from which tables, and what stays as it is."""

    task: Task
    tables: object = no_tables
    freeze: tuple = ()
    seeds: tuple = (0, 1)
    n_steps: int = 2000
    kind: type = NanoGPT


EXPERIMENTS = {task.name: Experiment(task) for task in (SORT, REVERSE)}
EXPERIMENTS |= {
    f"{task.name}, {name}": Experiment(task, tables, ("wpe",))
    for name, tables in (
        ("no positions", no_positions),
        ("sinusoids", sinusoids),
        ("small sinusoids", small_sinusoids),
    )
    for task in (SORT, REVERSE)
}
EXPERIMENTS |= {
    f"{task.name}, RoPE": Experiment(task, no_positions, ("wpe",), (0, 1, 2), kind=RotaryGPT)
    for task in (SORT, REVERSE)
}
EXPERIMENTS |= {
    f"{task.name}, {kind} tables": Experiment(task, tables, ("wte", "wpe"), (0, 1, 2), N_STEPS[task.name])
    for kind, tables in (
        ("orthogonal", orthogonal_tables),
        ("random", random_tables),
        ("overlapping", overlapping_tables),
        ("colliding", colliding_tables),
        ("1-directional", narrow_tables(1)),
        ("4-directional", narrow_tables(4)),
        ("8-directional", narrow_tables(8)),
    )
    for task in (SORT, REVERSE)
}


def make_curves(names, path):
    """Train the experiments named and write their curves beside those that are in the file already."""
    arrays = {}
    if path.is_file():
        arrays = {key: array for key, array in read_arrays(path).items() if key.rpartition(".")[0] in EXPERIMENTS}
    for name in names:
        task, tables, freeze, seeds, n_steps, kind = EXPERIMENTS[name]
        scores = []
        for seed in seeds:
            course = train(task, seed, n_steps, n_steps // N_SNAPSHOTS, **tables(seed), freeze=freeze, kind=kind)
            steps, scored = zip(*((snapshot.step, snapshot.score) for snapshot in course))
            scores.append(scored)
            print(f"{name}, seed {seed}: {scored[-1]} of {len(task.inputs)}", flush=True)
        arrays |= {f"{name}.steps": np.array(steps), f"{name}.scores": np.array(scores)}
        write_arrays(path, arrays)


# The models that ship


def rounded(model, decimals=4):
    """Return the model with both tables rounded, so that every sum of two shown entries is the shown sum."""
    # adding 0 turns -0.0 into 0.0, which would be printed as "-0.0000"
    return model.with_tables(model.wte.round(decimals) + 0, model.wpe.round(decimals) + 0)


def smallest_margin(model, task):
    """Measure how close the model comes to another answer: the smallest lead of a favoured letter over the next.

    In units of logits. Far above the noise of float32, the score is the same on every machine.
    """
    best_two = np.sort(answer_logits(model, task), axis=-1)[..., -2:]
    return float((best_two[..., 1] - best_two[..., 0]).min())


def make_checkpoint(task, path, seeds=range(5)):
    """Train one model for each seed and write the best to `path`; returns its arrays.

    The best has most right answers and, among equals, the widest smallest margin. The arrays are its weights and, under
    "made.", how it came about: the fields of `nano_gpt.History`, the numbers of heads and layers, and all seeds tried.
    """
    n_steps = N_STEPS[task.name]
    runs = []
    for seed in seeds:
        snapshots = list(train(task, seed=seed, n_steps=n_steps, every=n_steps // 40))
        model = rounded(snapshots[-1].model)
        runs.append((score(model, task), smallest_margin(model, task), snapshots))
        print(f"{task.name}, seed {seed}: {runs[-1][0]} of {len(task.inputs)}, smallest margin {runs[-1][1]:.2f}")
    best = max(range(len(runs)), key=lambda i: runs[i][:2])
    kept = [(snapshot, rounded(snapshot.model)) for snapshot in runs[best][2]]
    made = {
        "how": f"tools/make_data.py with NumPy {np.__version__}: {task.name}, {n_steps} steps, tables "
        f"rounded to 4 decimals; seed {seeds[best]}, the best of those in made.seeds by score, then by smallest margin",
        "n_head": N_HEAD,
        "n_layer": SIZES["n_layer"],
        "seed": seeds[best],
        "seeds": seeds,
        "seed_scores": [run[0] for run in runs],
        "steps": [snapshot.step for snapshot, _ in kept],
        "losses": [snapshot.loss for snapshot, _ in kept],
        "scores": [score(model, task) for _, model in kept],
        "wte": [model.wte for _, model in kept],
        "wpe": [model.wpe for _, model in kept],
        "token_shares": [token_shares(model) for _, model in kept],
    }
    arrays = {**kept[-1][1].weights, **{f"made.{key}": np.array(value) for key, value in made.items()}}
    write_arrays(path, arrays)
    return arrays


# Models of many seeds


def make_seeds(path, n_seeds=N_SEEDS):
    """Train models of both tasks from many seeds, measure them and write what was measured."""
    arrays = {}
    for task in (SORT, REVERSE):
        models = []
        for seed in range(n_seeds):
            first, *_, last = train(task, seed, every=N_STEPS[task.name])
            sums = [every_sum(each.wte, each.wpe[:N_INPUTS]) for each in (first, last)]
            shares = [(variance_shares(x)[0], *each.token_shares) for x, each in zip(sums, (first, last))]
            models.append((last.score, [overlap(each.wte, each.wpe[:N_INPUTS]) for each in (first, last)], shares))
            print(f"{task.name}, seed {seed}: {last.score} of {len(task.inputs)}", flush=True)
        arrays |= {f"{task.name}.{field}": np.array(each) for field, each in zip(Seeds._fields, zip(*models))}
    write_arrays(path, arrays)


def train_cases(seed, n_steps=600):
    """Train a model whose answer has the letters sorted and the cases in reverse: bAcaBC becomes AAbbCc.

    Returns its token table before and after, (6, C) each, and how many of 1000 random inputs it then gets right.
    """
    rng = np.random.default_rng(seed)
    weights = initial_weights(rng, SIZES | {"vocab_size": 6})
    before, optimiser = weights["transformer.wte.weight"].copy(), AdamW(weights)
    for step in range(n_steps):
        seen, answers = _with_answers(rng.integers(6, size=(BATCH_SIZE, N_INPUTS)))
        _, gradients = loss_and_gradients(weights, seen, answers, N_HEAD, DROPOUT, rng)
        optimiser.step(weights, gradients, LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / n_steps)))
    seen, answers = _with_answers(rng.integers(6, size=(1000, N_INPUTS)))
    right = (NanoGPT(weights, N_HEAD).logits(seen, n_last=N_INPUTS).argmax(axis=-1) == answers).all(axis=1).sum()
    return before, weights["transformer.wte.weight"], int(right)


def _with_answers(token_ids):
    answers = 2 * np.sort(token_ids // 2, axis=1) + (token_ids % 2)[:, ::-1]
    return np.concatenate([token_ids, answers[:, :-1]], axis=1), answers


def make_cases(path, n_seeds=N_SEEDS):
    """Train such models from many seeds and write their tables."""
    models = []
    for seed in range(n_seeds):
        models.append(train_cases(seed))
        print(f"two cases, seed {seed}: {models[-1][-1]} of 1000", flush=True)
    write_arrays(path, {field: np.array(each) for field, each in zip(Cases._fields, zip(*models))})


# Maps of scores


def make_maps(path, factors=FACTORS):
    """Score the models that ship for every pair of factors and write the maps."""
    maps = {}
    for task in (SORT, REVERSE):
        model = load_checkpoint(task.name)
        scores = [
            [score(model.with_tables(row * model.wte, column * model.wpe), task) for column in factors]
            for row in factors
        ]
        maps[task.name] = np.array(scores, dtype=np.int16)
    write_arrays(path, maps)


def write_arrays(path, arrays):
    """Write arrays to an .npz file. Where that fails, as on a full disk, an older file of that name stays as it was."""
    path = Path(path)
    unfinished = path.with_name(f"{path.name}.unfinished.npz")
    try:
        np.savez_compressed(unfinished, **arrays)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def main(folder, names):
    """Make what is named, or all of it, in a folder that is laid out as lessonlib/data is."""
    curves = [name for name in EXPERIMENTS if name in names or not names]
    if unknown := [name for name in names if name not in (*KINDS, *EXPERIMENTS)]:
        sys.exit(f"there is no {unknown[0]!r} to make: choose among {', '.join(KINDS)}; {'; '.join(EXPERIMENTS)}")
    checkpoints = folder / CHECKPOINTS.name
    checkpoints.mkdir(parents=True, exist_ok=True)
    for name in names or KINDS:
        if name == "checkpoints":
            for task in (SORT, REVERSE, SYNONYMS):
                make_checkpoint(task, checkpoints / f"{task.name}.npz")
        elif name in KINDS:
            make, path = KINDS[name]
            make(folder / path.name)
    make_curves(curves, folder / CURVES.name)


KINDS = {"checkpoints": None, "maps": (make_maps, MAPS), "seeds": (make_seeds, SEEDS), "cases": (make_cases, CASES)}

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("say where to: python tools/make_data.py FOLDER [NAMES]")
    main(Path(sys.argv[1]), sys.argv[2:])
