"""How many answers models get right, as strips that come a little later than the picture."""

from lessonlib.embeddings import decode, encode
from lessonlib.scene import Strip
from lessonlib.tasks import scoring


def scores(models, letters):
    """Count right answers, with a `yield` after each piece of the work, and return strips, as `Scene.later` wants.
    `models` maps names, such as "sorter", to (model, task); each strip shows what its model makes of `letters`."""
    token_ids, strips = encode(letters), []
    for name, (model, task) in models.items():
        n_right, n_all = (yield from scoring(model, task)), len(task.inputs)
        answer = decode(model.generate(token_ids))
        right = decode(task.answers[(task.inputs == token_ids).all(axis=1)][0])
        wrong = tuple(i for i in range(len(answer)) if answer[i] != right[i])
        verdict = "right" if answer == right else f"right would be {right}"
        said = f"{name} answers {answer} ({verdict}) to {letters}: {n_right} of {n_all} right."
        strips.append(Strip(name, letters, answer, wrong, (n_right, n_all), said=said))
        yield
    return strips
