"""How many answers models get right, as bars that come a little later than the picture."""

import html

import numpy as np

from lessonlib.embeddings import decode, encode
from lessonlib.tasks import scoring

N_PIECES = 27  # of the inputs, for a model that writes letter by letter


def scores(models, letters, count=scoring):
    """Count right answers, with a `yield` after each piece of the work, and return HTML, as `Scene.later` wants it.
    `models` maps names, such as "sorter", to (model, task); beside each bar stands what the model makes of `letters`.
    `count(model, task)` is a generator that returns how many of the task's answers are right."""
    bars = []
    for name, (model, task) in models.items():
        n_right = yield from count(model, task)
        bars.append(_bar(name, n_right, len(task.inputs), _answer(model, task, letters)))
        yield
    return f'<div class="ll-bars">{"".join(bars)}</div>'


def by_writing(model, task):
    """Count as `tasks.scoring` does, but let the model write letter by letter, as it does for a single answer. For a
    model in which a learner's function looks the rows up: one pass that shows the right letters says nothing of it,
    since all rows may change with each letter that is written."""
    n_right = 0
    for inputs, answers in zip(*(np.split(each, N_PIECES) for each in (task.inputs, task.answers))):
        n_right += int((model.generate(inputs) == answers).all(axis=-1).sum())
        yield
    return n_right


def _bar(name, n_right, n_all, answer):
    bar = f'<i class="ll-bar" aria-hidden="true"><i style="width:{n_right / n_all:.2%}"></i></i>'
    said = f"{html.escape(name)}: {n_right} of {n_all} right. "
    return f"<div><span>{said}</span>{bar}<span>{answer} </span></div>"


def _answer(model, task, letters):
    """Say what a model answers, and mark what is wrong in it."""
    token_ids = encode(letters)
    answer = decode(model.generate(token_ids))
    right = decode(task.answers[(task.inputs == token_ids).all(axis=1)][0])
    marked = "".join(letter if letter == wanted else f"<b>{letter}</b>" for letter, wanted in zip(answer, right))
    return f"It answers {letters} with {marked} ({'right' if answer == right else f'right would be {right}'})."
