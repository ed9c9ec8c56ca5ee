"""What takes too long for a lesson, computed in advance: models of many seeds, other trainings, and maps of scores.

`python -m lessonlib.precomputed` computes all of it again, some minutes; names of trainings may follow, "maps", "seeds"
or "cases".
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lessonlib.embeddings import sinusoidal_positions
from lessonlib.gradients import loss_and_gradients
from lessonlib.measure import every_sum, overlap, variance_shares
from lessonlib.nano_gpt import N_INPUTS, NanoGPT, load_checkpoint, read_arrays
from lessonlib.rope import RotaryGPT
from lessonlib.tasks import REVERSE, SORT, Task, score
from lessonlib.training import (
    BATCH_SIZE,
    DROPOUT,
    LEARNING_RATE,
    N_HEAD,
    N_STEPS,
    SIZES,
    AdamW,
    initial_weights,
    train,
    write_arrays,
)

CURVES = Path(__file__).parent / "data" / "training_curves.npz"
MAPS = Path(__file__).parent / "data" / "score_maps.npz"
SEEDS = Path(__file__).parent / "data" / "many_seeds.npz"
CASES = Path(__file__).parent / "data" / "two_cases.npz"
N_SEEDS = 8  # models of each task; the two that ship are among them
N_SNAPSHOTS = 40
TABLE_ROWS = {"wte": "vocab_size", "wpe": "block_size"}
ROW_LENGTH = 0.02 * np.sqrt(SIZES["n_embd"])
ROOT = float(np.sqrt(SIZES["n_embd"]))  # what the first Transformer multiplied its token embeddings by
FACTORS = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3, 4, 5, ROOT, 8)

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
    """Token rows that lie wholly within what the differences of the position rows span."""
    wte, wpe = random_tables(seed).values()
    mixture = wte[:, : len(wpe)]  # random numbers like any other
    rows = (mixture - mixture.mean(axis=1, keepdims=True)) @ wpe
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


def training_curve(name):
    """Return what one of the EXPERIMENTS scored on its way: steps (n,), and right answers of 729 (n_seeds, n)."""
    if name not in EXPERIMENTS:
        raise ValueError(f"there is no training {name!r}: choose one of {', '.join(EXPERIMENTS)}")
    arrays = read_arrays(CURVES)
    return arrays[f"{name}.steps"], arrays[f"{name}.scores"]


def make_curves(names, path=CURVES):
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


# Models of many seeds


class Seeds(NamedTuple):
    """What became of letter and slot in the sums of several models, one for each seed from 0, before and after."""

    scores: np.ndarray  # (n_seeds,), right answers of 729 after training
    overlaps: np.ndarray  # (n_seeds, 2), of the token table with the rows of the six input slots
    letter_shares: np.ndarray  # (n_seeds, 2, 3), of the variance: in the sum, after the first norm, in the first values


def many_seeds(name):
    """Return the `Seeds` of the models that are trained as "sort" or "reverse" is."""
    arrays = read_arrays(SEEDS)
    if f"{name}.scores" not in arrays:
        raise ValueError(f"no models {str(name)!r}: choose one of {SORT.name}, {REVERSE.name}")
    return Seeds(*(arrays[f"{name}.{field}"] for field in Seeds._fields))


def make_seeds(n_seeds=N_SEEDS, path=SEEDS):
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


# Six tokens, a A b B c C: token 2 k is the lower case of letter k, token 2 k + 1 its upper case


class Cases(NamedTuple):
    """The token tables of several models that sort letters and reverse cases, one for each seed from 0."""

    before: np.ndarray  # (n_seeds, 6, C)
    after: np.ndarray  # (n_seeds, 6, C)
    right: np.ndarray  # (n_seeds,), right answers to 1000 random inputs, after training


def two_cases():
    """Return the `Cases` of the models that are trained with `train_cases`."""
    return Cases(**read_arrays(CASES))


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


def make_cases(n_seeds=N_SEEDS, path=CASES):
    """Train such models from many seeds and write their tables."""
    models = []
    for seed in range(n_seeds):
        models.append(train_cases(seed))
        print(f"two cases, seed {seed}: {models[-1][-1]} of 1000", flush=True)
    write_arrays(path, {field: np.array(each) for field, each in zip(Cases._fields, zip(*models))})


# Maps of scores


def score_map(name):
    """Return the scores, of 729, of the model "sort" or "reverse" with both tables scaled, (n, n) for n FACTORS.

    E_tok is multiplied by FACTORS[row], E_pos by FACTORS[column]. Where a broken model wavers between two letters,
    another machine may count one more or less.
    """
    maps = read_arrays(MAPS)
    if name not in maps:
        raise ValueError(f"there is no map {str(name)!r}: choose one of {', '.join(maps)}")
    return maps[name].astype(np.int64)


def scaled(model, token_scale, position_scale):
    """Return the model with its token table and its position table multiplied by a factor each."""
    return model.with_tables(wte=token_scale * model.wte, wpe=position_scale * model.wpe)


def make_maps(factors=FACTORS, path=MAPS):
    """Score the models that ship for every pair of factors and write the maps."""
    maps = {}
    for task in (SORT, REVERSE):
        model = load_checkpoint(task.name)
        scores = [[score(scaled(model, row, column), task) for column in factors] for row in factors]
        maps[task.name] = np.array(scores, dtype=np.int16)
    write_arrays(path, maps)


if __name__ == "__main__":
    names = sys.argv[1:] or ["maps", "seeds", "cases", *EXPERIMENTS]
    if "maps" in names:
        make_maps()
    if "seeds" in names:
        make_seeds()
    if "cases" in names:
        make_cases()
    make_curves([name for name in names if name not in ("maps", "seeds", "cases")])
