"""Train nano-gpt from random numbers in seconds: AdamW, a falling learning rate, snapshots on the way."""

from typing import NamedTuple

import numpy as np

from lessonlib.embeddings import whole_number
from lessonlib.gradients import loss_and_gradients
from lessonlib.measure import every_sum, variance_shares
from lessonlib.nano_gpt import N_INPUTS, NanoGPT, expected_shapes, layer_norm
from lessonlib.tasks import Task, scoring

N_HEAD = 3
SIZES = {"n_layer": 3, "n_embd": 48, "vocab_size": 3, "block_size": 2 * N_INPUTS - 1}
TABLES = {"wte": "transformer.wte.weight", "wpe": "transformer.wpe.weight"}

# The recipe is minGPT's, but for a larger learning rate that falls to 0 and tables without weight decay.
BATCH_SIZE = 64
LEARNING_RATE = 1e-3
BETAS = (0.9, 0.95)
WEIGHT_DECAY = 0.1
CLIP_NORM = 1.0
DROPOUT = 0.1
HELD_OUT = 0.25  # share of the 729 inputs that are never trained on
N_STEPS = {"sort": 400, "reverse": 200, "synonyms": 400}


class Snapshot(NamedTuple):
    """The model at one step of its training."""

    step: int
    loss: float  # mean cross-entropy of the batch of this step, in nats
    score: int  # right answers of 729
    wte: np.ndarray  # (vocab_size, C), a copy
    wpe: np.ndarray  # (block_size, C), a copy
    token_shares: tuple  # see the function of that name
    model: NanoGPT


def train(task, seed=0, n_steps=None, every=10, wte=None, wpe=None, freeze=(), kind=NanoGPT, pauses=False):
    """Train a model and hand out a Snapshot every few steps, the first at step 0, before any training. All that is
    random follows from `seed`: the same seed gives the same model on the same machine. `n_steps` is known for sort and
    synonyms (400) and reverse (200) and must be said for other tasks; the last step always gives a snapshot. `wte`
    (vocab_size, C) and `wpe` (block_size, C) are tables to start from instead of random ones; `freeze` holds "wte",
    "wpe" or both for tables that stay as they are. `kind` is the class of the model: `NanoGPT`, or one made of it. With
    `pauses`, it also hands out None after each batch and each piece of a score. ValueError, at once, for an argument
    that cannot be used."""
    if not isinstance(task, Task):
        raise ValueError(f"task must be a Task, such as lessonlib.tasks.SORT, got {task!r}")
    n_steps = N_STEPS.get(task.name) if n_steps is None else n_steps
    if n_steps is None:
        raise ValueError(f"say n_steps: how many the task {task.name!r} needs is not known")
    seed, every = whole_number("seed", seed, at_least=0), whole_number("every", every, at_least=1)
    n_steps = whole_number("n_steps", n_steps, at_least=0)
    if not set(freeze) <= TABLES.keys():
        raise ValueError(f'only "wte" and "wpe" can be frozen, such as ("wte",), got {freeze!r}')
    rng = np.random.default_rng(seed)
    model = kind(initial_weights(rng), N_HEAD).with_tables(wte, wpe)
    steps = _steps(model, task, rng, n_steps, every, [TABLES[name] for name in freeze])
    return steps if pauses else (snapshot for snapshot in steps if snapshot is not None)


def _steps(model, task, rng, n_steps, every, frozen):
    weights = {name: tensor.copy() for name, tensor in model.weights.items()}
    optimiser = AdamW(weights, frozen)
    _, kept = shared_out(task, rng)
    seen, answers = task.teacher_forced[kept], task.answers[kept]  # (547, 11), (547, 6)
    for step in range(n_steps + 1):
        batch = rng.integers(len(kept), size=BATCH_SIZE)
        loss, gradients = loss_and_gradients(weights, seen[batch], answers[batch], N_HEAD, DROPOUT, rng, model.rotary)
        if step % every == 0 or step == n_steps:
            model = type(model)(weights, N_HEAD)
            n_right = yield from scoring(model, task)
            yield Snapshot(step, loss, n_right, model.wte, model.wpe, token_shares(model), model)
        if step < n_steps:
            optimiser.step(weights, gradients, LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * step / n_steps)))
            yield


def shared_out(task, rng):
    """Share the numbers of the inputs out at random: those that are never trained on, and the others."""
    return np.split(rng.permutation(len(task.inputs)), [int(HELD_OUT * len(task.inputs))])


def token_shares(model):
    """Measure how much of what layer 0 sees at the six inputs is about the letter; returns two floats. The token's
    share of the variance over all letters and input slots, in the rows that leave the first layer norm, and in the
    value vectors that layer 0's attention makes of them. NaN where all rows are equal."""
    w = model.layer_weights(0)
    normed = layer_norm(every_sum(model.wte, model.wpe[:N_INPUTS]), w["ln_1.weight"], w["ln_1.bias"])
    values = normed @ w["attn.c_attn.weight"][-model.n_embd :].T + w["attn.c_attn.bias"][-model.n_embd :]
    try:
        return variance_shares(normed)[0], variance_shares(values)[0]
    except ValueError:  # both tables constant: no spread at all
        return np.nan, np.nan


def initial_weights(rng, sizes=SIZES):
    """Draw the weights that a model of such `sizes` starts from, as minGPT does, from a numpy Generator. Matrices are
    N(0, 0.02), those that add to the stream 0.02 / sqrt(2 n_layer); biases 0; layer norms 1 and 0."""
    weights = {}
    for name, shape in expected_shapes(**sizes).items():
        std = 0.02 / np.sqrt(2 * sizes["n_layer"]) if name.endswith("c_proj.weight") else 0.02
        if len(shape) == 2:
            weights[name] = (std * rng.standard_normal(shape)).astype(np.float32)
        else:
            weights[name] = np.full(shape, float(name.endswith(".weight")), dtype=np.float32)
    return weights


class AdamW:
    """Adam with decoupled weight decay on matrices, after clipping the gradient's norm; changes weights in place.
    `frozen` holds the names of tensors that stay as they are.
    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization"; minGPT, `configure_optimizers`."""

    def __init__(self, weights, frozen=()):
        self.names = [name for name in weights if name not in frozen]
        self.decayed = {name for name in self.names if weights[name].ndim == 2 and name not in TABLES.values()}
        self.mean = {name: np.zeros_like(weights[name]) for name in self.names}
        self.square = {name: np.zeros_like(weights[name]) for name in self.names}
        self.n_steps = 0

    def step(self, weights, gradients, lr):
        """Change `weights` by one step against `gradients`, at the learning rate `lr`."""
        self.n_steps += 1
        norm = np.sqrt(sum(float(np.vdot(gradients[name], gradients[name])) for name in self.names))
        clip = min(1.0, CLIP_NORM / (norm + 1e-6))
        beta_1, beta_2 = BETAS
        scale = np.sqrt(1 - beta_2**self.n_steps)
        for name in self.names:
            gradient, mean, square, weight = gradients[name], self.mean[name], self.square[name], weights[name]
            mean += (1 - beta_1) * (clip * gradient - mean)
            square += (1 - beta_2) * (clip**2 * gradient * gradient - square)
            if name in self.decayed:
                weight *= 1 - lr * WEIGHT_DECAY
            weight -= lr / (1 - beta_1**self.n_steps) * mean / (np.sqrt(square) / scale + 1e-8)
