"""How many answers models get right, as bars that come a little later than the picture."""

from lessonlib.embeddings import decode, encode
from lessonlib.scene import Bars
from lessonlib.tasks import scoring


def scores(models, letters):
    """Count right answers, with a `yield` after each piece of the work, and return Bars, as `Scene.later` wants it.

    `models` maps names, such as "sorter", to (model, task); beside each bar stands what the model makes of `letters`.
    """
    counts, texts = [], []
    for model, task in models.values():
        counts.append((yield from scoring(model, task)))
        texts.append(_answer(model, task, letters))
        yield
    return Bars(tuple(models), tuple(counts), len(task.inputs), tuple(texts))


def _answer(model, task, letters):
    """Say what a model answers; between stars what is wrong in it."""
    token_ids = encode(letters)
    answer = decode(model.generate(token_ids))
    right = decode(task.answers[(task.inputs == token_ids).all(axis=1)][0])
    marked = "".join(letter if letter == wanted else f"*{letter}*" for letter, wanted in zip(answer, right))
    return f"It answers {letters} with {marked} ({'right' if answer == right else f'right would be {right}'})."
