"""Lesson 5's training: train a model here, and scrub through what became of its tables."""

import html

import numpy as np

from lessonlib.embeddings import VOCABULARY
from lessonlib.figures import Cells, Lines, signed_limit, training_frame
from lessonlib.live.explorer import Explorer
from lessonlib.live.training_control import N_ALL, TRAINING, Run, Training, measured
from lessonlib.measure import chance_overlaps
from lessonlib.nano_gpt import N_INPUTS, load_history
from lessonlib.tasks import REVERSE, SORT
from lessonlib.training import N_STEPS

ROOM_FOR_OTHERS = 1.3  # the scale of the colours goes so much further than the models that ship: other seeds do


def training_explorer():
    """Make the explorer of trainings: at first of the models that ship, then of what is trained here.

    Returns
    -------
    explorer : Explorer
    """
    tasks = {task.name: task for task in (SORT, REVERSE)}
    shipped = {name: _shipped(name) for name in tasks}
    largest = signed_limit(
        *(table for run in shipped.values() for each in run.frames for table in (each.wte, each.wpe))
    )
    limit = ROOM_FOR_OTHERS * largest
    block_size, (vocab_size, n_embd) = len(shipped["sort"].frames[0].wpe), shipped["sort"].frames[0].wte.shape
    chance = np.median(chance_overlaps(vocab_size, N_INPUTS, n_embd))

    def show(training):
        run, i = training
        steps, now = np.array([each.step for each in run.frames]), run.frames[i]
        title = f"{run.task}, seed {run.seed}, step {now.step}: {now.score} of {N_ALL} right"
        rows = _rows(run.frames[0], now, chance)
        said = "; ".join(f"{name}: {before} at step 0, {after} at step {now.step}" for name, before, after in rows)
        words = f"{title}. {run.how}" + ("" if run.how == TRAINING else f" {said}.")
        cells = {
            "tokens": Cells(now.wte, list(VOCABULARY)),
            "positions": Cells(now.wpe, [str(slot) for slot in range(block_size)]),
            "curves": Lines(title, steps / N_STEPS[run.task], _curves(run), i),
        }
        return cells, _table(rows, now.step), words

    frame = {"": lambda width: training_frame(vocab_size, block_size, n_embd, limit, width)}
    return Explorer("train it here", {"training": Training(tasks, shipped)}, frame, show)


def _shipped(name):
    """Read the training of a model that ships."""
    made = load_history(name)
    parts = ("steps", "losses", "scores", "wte", "wpe", "token_shares")
    frames = tuple(measured(*each) for each in zip(*(getattr(made, part) for part in parts)))
    return Run(name, int(made.seed), "The model that ships.", frames)


def _curves(run):
    """Say what is drawn over the steps, all from 0 to 1."""
    return {
        "right answers, share": np.array([each.score / N_ALL for each in run.frames]),
        "token's share, first values": np.array([each.token_shares[1] for each in run.frames]),
        "token's share, first norm": np.array([each.token_shares[0] for each in run.frames]),
        "overlap, input slots": np.array([each.overlap for each in run.frames]),
    }


def _rows(first, now, chance):
    """Say what was measured, at step 0 and now. A list of three str each."""
    return [
        ("right answers", f"{first.score}", f"{now.score}"),
        ("loss, in nats", f"{first.loss:.3f}", f"{now.loss:.3f}"),
        ("token's share of the variance after the first layer norm", *_shares(first, now, 0)),
        ("token's share of the variance in the first value vectors", *_shares(first, now, 1)),
        (
            f"overlap of letters with input slots (mean squared cosine of principal angles; chance {chance:.2f})",
            f"{first.overlap:.2f}",
            f"{now.overlap:.2f}",
        ),
    ]


def _shares(first, now, which):
    return tuple(f"{each.token_shares[which]:.2f}" for each in (first, now))


def _table(rows, step):
    """Write what was measured as a table."""
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{before}</td><td>{after}</td></tr>'
        for name, before, after in rows
    )
    head = f'<tr><td></td><th scope="col">step 0</th><th scope="col">step {step}</th></tr>'
    return f'<table class="ll-table">{head}{body}</table>'
