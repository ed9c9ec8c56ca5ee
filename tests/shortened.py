"""Lessons whose trainings take eight steps, for tests of all else: each takes seconds. nbval runs them whole."""


def shortened(text):
    return text.replace("every=400", "n_steps=8")
