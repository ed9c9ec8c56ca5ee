"""Sorting and reversing: all 729 inputs, and the score of the shipped models, whole and broken, letter by letter."""

from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from make_data import smallest_margin

from lessonlib.nano_gpt import NanoGPT, load_checkpoint
from lessonlib.tasks import CHUNK, REVERSE, SORT, SYNONYMS, answer_logits, score, scoring

MODELS = {task.name: load_checkpoint(task.name) for task in (SORT, REVERSE, SYNONYMS)}

every_task = pytest.mark.parametrize("task", [SORT, REVERSE, SYNONYMS], ids=["sort", "reverse", "synonyms"])


@every_task
def test_the_inputs_are_all_729_words_of_six_letters_in_order(task):
    words = ["".join("ABC"[token_id] for token_id in row) for row in task.inputs]
    assert words == ["".join(letters) for letters in product("ABC", repeat=6)]
    assert words[0] == "AAAAAA"
    assert words[-1] == "CCCCCC"
    assert len(set(words)) == 729


@pytest.mark.parametrize(
    ("task", "answer_of"),
    [
        (SORT, sorted),
        (REVERSE, lambda row: row[::-1]),
        (SYNONYMS, lambda row: sorted(min(token_id, 1) for token_id in row)),
    ],
)
def test_the_answers_are_those_of_python(task, answer_of):
    assert task.answers.tolist() == [answer_of(row) for row in task.inputs.tolist()]
    assert task.name == {SORT: "sort", REVERSE: "reverse", SYNONYMS: "synonyms"}[task]


@every_task
def test_what_the_model_is_shown_is_the_input_and_all_but_the_last_letter_of_the_answer(task):
    assert task.teacher_forced.tolist() == [
        [*i, *a[:5]] for i, a in zip(task.inputs.tolist(), task.answers.tolist(), strict=True)
    ]


@every_task
def test_a_task_cannot_be_changed(task):
    for array in (task.inputs, task.answers, task.teacher_forced):
        assert array.dtype == np.int64
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


# The score


class Oracle:
    """Answers as told: favours the letter `written[row, slot]` after each of the 11 slots that it is shown."""

    def __init__(self, task, written):
        self.rows = {tuple(shown): row for shown, row in zip(task.teacher_forced.tolist(), written, strict=True)}

    def logits(self, token_ids, n_last):
        return np.array([np.eye(3)[self.rows[tuple(seen)][-n_last:]] for seen in token_ids.tolist()])


def drained(pauses):
    """Run a generator to its end: what it returns, and how often it paused."""
    n_pauses = 0
    while True:
        try:
            assert next(pauses) is None
            n_pauses += 1
        except StopIteration as end:
            return end.value, n_pauses


@every_task
@pytest.mark.parametrize("n_wrong", [0, 1, 100, 729])
def test_an_answer_counts_only_if_all_six_letters_are_right(task, n_wrong):
    rng = np.random.default_rng(n_wrong)
    written = np.concatenate([rng.integers(3, size=(729, 5)), task.answers], axis=1)  # the first five count for nothing
    for row in rng.permutation(729)[:n_wrong]:
        place = rng.integers(5, 11)
        written[row, place] = (written[row, place] + 1) % 3
    n_right = score(Oracle(task, written), task)
    assert n_right == 729 - n_wrong
    assert type(n_right) is int
    assert drained(scoring(Oracle(task, written), task)) == (n_right, 729 // CHUNK)


@every_task
def test_the_shipped_models_answer_all_729_right(task):
    assert score(MODELS[task.name], task) == 729


def test_each_model_does_its_own_task_only():
    assert score(MODELS["sort"], REVERSE) < 60
    assert score(MODELS["reverse"], SORT) < 60


@every_task
def test_no_shipped_model_is_near_to_another_answer(task):
    model = MODELS[task.name]
    exact = NanoGPT({name: tensor.astype(np.float64) for name, tensor in model.weights.items()}, model.n_head)
    noise = np.abs(answer_logits(model, task) - answer_logits(exact, task)).max()
    assert smallest_margin(model, task) > 0.5
    assert smallest_margin(model, task) > 10_000 * noise


@every_task
def test_the_smallest_margin_is_the_lead_of_the_best_letter_over_the_next(task):
    model = MODELS[task.name]
    margins = []
    for row in model.logits(task.teacher_forced)[:, 5:].reshape(-1, 3).tolist():
        _, next_best, best = sorted(row)
        margins.append(best - next_best)
    assert len(margins) == 729 * 6
    assert np.isclose(smallest_margin(model, task), min(margins), atol=1e-4)


@every_task
def test_the_logits_of_the_answers_are_those_of_the_last_six_slots(task):
    model = MODELS[task.name]
    assert np.allclose(answer_logits(model, task), model.logits(task.teacher_forced)[:, 5:], atol=1e-4)
    assert answer_logits(model, task).shape == (729, 6, 3)


# The score is what writing letter after letter gives


def right_when_it_writes(model, inputs, answers):
    """Say which inputs a model answers right that reads what it wrote itself."""
    token_ids = inputs
    for _ in range(6):
        next_ids = model.logits(token_ids)[:, -1].argmax(axis=-1)
        token_ids = np.concatenate([token_ids, next_ids[:, np.newaxis]], axis=1)
    return [row[6:] == answer for row, answer in zip(token_ids.tolist(), answers.tolist(), strict=True)]


def mixed(table):
    return np.random.default_rng(4).permutation(table)


def averaged(table, rows):
    table = table.copy()
    table[rows] = table[rows].mean(axis=0)
    return table


def broken(task, breakage):
    model = MODELS[task.name]
    return model.with_tables(**BREAKAGES[breakage](model))


BREAKAGES = {
    "nothing": lambda m: {},
    "no positions": lambda m: {"wpe": 0 * m.wpe},
    "no tokens": lambda m: {"wte": 0 * m.wte},
    "shuffled positions": lambda m: {"wpe": mixed(m.wpe)},
    "two tokens swapped": lambda m: {"wte": m.wte[[1, 0, 2]]},
    "positions halved": lambda m: {"wpe": m.wpe * 0.5},
    "tokens a third": lambda m: {"wte": m.wte / 3},
    "outputs averaged": lambda m: {"wpe": averaged(m.wpe, slice(6, 11))},
    "rows 7 and 8 swapped": lambda m: {"wpe": m.wpe[[0, 1, 2, 3, 4, 5, 6, 8, 7, 9, 10]]},
}


@every_task
@pytest.mark.parametrize("breakage", BREAKAGES)
def test_one_pass_that_shows_the_right_letters_scores_as_writing_letter_after_letter_does(task, breakage):
    model = broken(task, breakage)
    right = (model.logits(task.teacher_forced)[:, 5:].argmax(axis=-1) == task.answers).all(axis=1)
    assert score(model, task) == right.sum()
    some = slice(list(BREAKAGES).index(breakage), None, len(BREAKAGES))  # other inputs for each
    assert right[some].tolist() == right_when_it_writes(model, task.inputs[some], task.answers[some])


def test_what_is_broken_makes_scores_from_nearly_none_to_nearly_all():
    scores = [
        score(broken(SORT, breakage), SORT) for breakage in ("no positions", "two tokens swapped", "positions halved")
    ]
    assert scores[0] < 10
    assert scores[0] < scores[1] < scores[2] < 729


def test_the_score_is_that_of_the_models_own_answers():
    model = MODELS["sort"].with_tables(wpe=MODELS["sort"].wpe * 0.5)
    written = model.generate(SORT.inputs)
    assert (written == SORT.answers).all(axis=1).sum() == score(model, SORT)
    for i in range(0, 729, 91):
        letters = "".join("ABC"[token_id] for token_id in SORT.inputs[i])
        assert model.answer(letters) == "".join("ABC"[token_id] for token_id in written[i])


# The tables that ship can be read aloud


@every_task
def test_both_tables_are_rounded_to_four_decimals(task):
    model = MODELS[task.name]
    for table in (model.wte, model.wpe):
        assert table.dtype == np.float32
        assert np.array_equal(table, np.array([[float(f"{number:.4f}") for number in row] for row in table], "f4"))


@every_task
def test_every_one_of_the_33_sums_adds_up_as_shown_with_four_decimals(task):
    model = MODELS[task.name]
    n_cells = 0
    for letter, slot in product(model.wte, model.wpe):
        for channel in range(48):
            shown_sum = f"{(letter + slot)[channel]:.4f}"
            by_hand = Decimal(f"{letter[channel]:.4f}") + Decimal(f"{slot[channel]:.4f}")
            assert Decimal(shown_sum) == by_hand
            n_cells += 1
    assert n_cells == 33 * 48


def test_no_number_of_the_tables_is_shown_as_minus_zero():
    shown = [f"{number:.4f}" for model in MODELS.values() for table in (model.wte, model.wpe) for number in table.flat]
    assert "-0.0000" not in shown
