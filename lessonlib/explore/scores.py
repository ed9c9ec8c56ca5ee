"""How many answers models get right, as strips that come a little later than the picture."""

import numpy as np

from lessonlib.embeddings import decode, encode
from lessonlib.scene import Strip
from lessonlib.tasks import scoring

N_PIECES = 27  # of the inputs, for a model that writes letter by letter


def scores(models, letters, count=scoring):
    """Count right answers, with a `yield` after each piece of the work, and return strips, as `Scene.later` wants.
    `models` maps names, such as "sorter", to (model, task); each strip shows what its model makes of `letters`.
    `count(model, task)` is a generator that returns how many of the task's answers are right."""
    token_ids, strips = encode(letters), []
    for name, (model, task) in models.items():
        n_right, n_all = (yield from count(model, task)), len(task.inputs)
        answer = decode(model.generate(token_ids))
        right = decode(task.answers[(task.inputs == token_ids).all(axis=1)][0])
        wrong = tuple(i for i in range(len(answer)) if answer[i] != right[i])
        verdict = "right" if answer == right else f"right would be {right}"
        said = f"{name} answers {answer} ({verdict}) to {letters}: {n_right} of {n_all} right."
        strips.append(Strip(name, letters, answer, wrong, (n_right, n_all), said=said))
        yield
    return strips


def by_writing(model, task):
    """Count as `tasks.scoring` does, but let the model write letter by letter, as it does for a single answer. For a
    model in which a learner's function looks the rows up: one pass that shows the right letters says nothing of it,
    since all rows may change with each letter that is written."""
    n_right = 0
    for inputs, answers in zip(*(np.split(each, N_PIECES) for each in (task.inputs, task.answers))):
        n_right += int((model.generate(inputs) == answers).all(axis=-1).sum())
        yield
    return n_right
