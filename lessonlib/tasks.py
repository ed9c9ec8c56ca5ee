"""What the models are asked to do: sort six letters, reverse them, or sort them with C read as B. Inputs, score."""

from itertools import product

import numpy as np

from lessonlib.embeddings import VOCABULARY
from lessonlib.nano_gpt import N_INPUTS

INPUTS = np.array(list(product(range(len(VOCABULARY)), repeat=N_INPUTS)))  # (729, 6): AAAAAA, AAAAAB, ... CCCCCC
N_ALL = len(INPUTS)  # the one place where 729 is made
CHUNK = 81  # inputs at a time: 27 take a fifth longer, and after each piece of some milliseconds all else is answered


class Task:
    """All possible inputs, and the right answer to each. `answer_of` takes the inputs, int (729, 6), and returns the
    answers, int (729, 6). Read-only arrays of token ids, in the order AAAAAA, AAAAAB, ... CCCCCC: `inputs` and
    `answers` (729, 6), and `teacher_forced` (729, 11), each input with the first five letters of its right answer: what
    the model sees before it says the last."""

    def __init__(self, name, answer_of):
        self.name = name
        self.inputs = INPUTS
        self.answers = np.ascontiguousarray(answer_of(self.inputs))
        self.teacher_forced = np.concatenate([self.inputs, self.answers[:, :-1]], axis=-1)
        for array in (self.inputs, self.answers, self.teacher_forced):
            array.flags.writeable = False

    def __repr__(self):
        return f"Task({self.name!r}, {len(self.inputs)} inputs)"


SORT = Task("sort", lambda inputs: np.sort(inputs, axis=-1))
REVERSE = Task("reverse", lambda inputs: inputs[:, ::-1])
SYNONYMS = Task("synonyms", lambda inputs: np.sort(np.minimum(inputs, 1), axis=-1))  # C read as B, then sorted


def answer_logits(model, task):
    """Say how much the model favours each letter in each of the six places of its answer, (729, 6, vocab_size). The
    model is shown the input and the right letters before the one it must say."""
    return np.concatenate(list(_logits_in_pieces(model, task)))


def score(model, task):
    """Count the inputs, of 729, that the model answers right in full by always writing its most favoured letter. One
    pass that shows the right letters gives the number that writing letter after letter gives: up to the first wrong
    letter, both see the same."""
    return sum(_right_in_pieces(model, task))


def scoring(model, task):
    """Do what `score` does with a pause, a `yield`, after each piece of inputs: `n_right = yield from scoring(...)`."""
    n_right = 0
    for n in _right_in_pieces(model, task):
        n_right += n
        yield
    return n_right


def equal_letters(task, one, other):
    """Count the right answers, of 729, that have the same letter in the places `one` and `other`, from 0 to 5."""
    return int((task.answers[:, one] == task.answers[:, other]).sum())


def _logits_in_pieces(model, task):
    for i in range(0, len(task.teacher_forced), CHUNK):
        yield model.logits(task.teacher_forced[i : i + CHUNK], n_last=N_INPUTS)


def _right_in_pieces(model, task):
    for logits, answers in zip(_logits_in_pieces(model, task), np.split(task.answers, len(task.answers) // CHUNK)):
        yield int((logits.argmax(axis=-1) == answers).all(axis=-1).sum())
