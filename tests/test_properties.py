"""What holds for any input: a result that is right, or a ValueError in words. Never another error, never a warning."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from make_data import smallest_margin

from lessonlib import embeddings, measure
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.tasks import REVERSE, SORT, Task, answer_logits, score
from lessonlib.training import train

MODELS = {task: load_checkpoint(task.name) for task in (SORT, REVERSE)}
whole_file = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

# Anything that may be handed to a function

single = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 60),
    st.sampled_from([2**70, -(2**70)]),
    st.floats(),
    st.text(max_size=4),
    st.just(...),
) | st.one_of(st.complex_numbers(), st.binary(max_size=3), st.just(object()), st.just(len))
kinds = st.one_of(arrays.floating_dtypes(), arrays.integer_dtypes(), arrays.complex_number_dtypes())
kinds |= st.sampled_from([np.dtype(kind) for kind in ("bool", "object", "U2", "M8[s]")])
array = arrays.arrays(kinds, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), fill=st.nothing())
table = arrays.arrays(np.float64, arrays.array_shapes(min_dims=2, max_dims=2, max_side=4))
nested = st.recursive(
    single, lambda each: st.lists(each, max_size=4) | st.tuples(each, each) | st.frozensets(st.just(1))
)
anything = single | array | table | nested


def numbers(rows, columns, largest=1e6):
    return arrays.arrays(np.float64, (rows, columns), elements=st.floats(-largest, largest, width=32))


def attention_terms(token_ids):
    return measure.attention_terms(MODELS[SORT], token_ids)


def stream(token_ids):
    return measure.stream(MODELS[SORT], token_ids)


@pytest.mark.parametrize(
    ("function", "n_arguments"),
    [
        (embeddings.encode, 1),
        (embeddings.decode, 1),
        (embeddings.one_hot, 2),
        (embeddings.token_embedding, 2),
        (embeddings.position_embedding, 3),
        (embeddings.sinusoidal_positions, 3),
        (embeddings.input_embedding, 4),
        (measure.variance_shares, 1),
        (measure.distances, 1),
        (measure.cosines, 2),
        (measure.principal_axes, 1),
        (measure.every_sum, 2),
        (measure.anonymous_sums, 3),
        (measure.unmix, 3),
        (measure.decode_nearest, 3),
        (measure.decode_least_squares, 3),
        (measure.decoding_accuracy, 3),
        (measure.closest_sums, 2),
        (measure.n_distinct_sums, 2),
        (measure.padded_tables, 2),
        (measure.overlap, 2),
        (measure.source_shares, 2),
        (attention_terms, 1),
        (stream, 1),
        (MODELS[SORT].logits_from, 1),
        (MODELS[SORT].with_tables, 2),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_whatever_is_handed_in_comes_out_right_or_is_refused_in_words(function, n_arguments):
    @settings(whole_file, max_examples=100)
    @given(st.tuples(*[anything] * n_arguments))
    def try_it(arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                function(*arguments)
            except ValueError as error:
                assert len(str(error)) > 15

    try_it()


@settings(whole_file, max_examples=50)
@given(st.integers(2, 6).flatmap(lambda n_rows: numbers(n_rows, 5)), numbers(1, 5, 100.0))
def test_principal_axes_are_at_right_angles_and_hold_all_of_the_spread_wherever_the_table_lies(rows, shift):
    if np.ptp(rows, axis=0).max() < 1e-3 * max(1, np.abs(rows).max()):
        return  # all but equal: rounding decides
    axes, shares = measure.principal_axes(rows)
    assert np.allclose(axes @ axes.T, np.eye(len(axes)), atol=1e-9)
    assert np.isclose(shares.sum(), 1) and (np.diff(shares) <= 1e-12).all()
    centred = rows - rows.mean(axis=0)
    assert np.allclose(((centred @ axes.T) ** 2).sum(axis=0), shares * (centred**2).sum(), rtol=1e-6, atol=1e-6)
    assert np.allclose(measure.principal_axes(rows + shift)[1], shares, atol=1e-5)


# Tasks


@settings(whole_file, max_examples=8)
@given(st.sampled_from([SORT, REVERSE]), st.integers(0, 2**32 - 1), st.floats(0, 0.3))
def test_the_score_is_the_number_of_inputs_that_are_answered_right_letter_by_letter(task, seed, noise):
    model, rng = MODELS[task], np.random.default_rng(seed)
    broken = model.with_tables(model.wte, model.wpe + noise * rng.standard_normal(model.wpe.shape))
    written = broken.generate(task.inputs)  # each letter is fed back, right or wrong
    right = (written == task.answers).all(axis=-1)
    if smallest_margin(broken, task) > 1e-4:
        assert score(broken, task) == right.sum()
    best = answer_logits(broken, task).argmax(axis=-1)
    assert np.array_equal((best == task.answers).all(axis=-1), right) or smallest_margin(broken, task) <= 1e-4


@settings(whole_file, max_examples=20)
@given(st.permutations(range(6)), st.permutations(range(3)))
def test_a_task_of_any_rule_keeps_its_inputs_answers_and_what_is_seen_in_step(places, letters):
    task = Task("a rule", lambda inputs: np.array(letters)[inputs[:, places]])
    assert task.inputs.shape == task.answers.shape == (729, 6) and task.teacher_forced.shape == (729, 11)
    assert len(np.unique(task.inputs, axis=0)) == len(np.unique(task.answers, axis=0)) == 729
    for i in range(0, 729, 91):
        given_letters, answer = task.inputs[i].tolist(), task.answers[i].tolist()
        assert answer == [letters[given_letters[place]] for place in places]
        assert task.teacher_forced[i].tolist() == given_letters + answer[:-1]
    for cells in (task.inputs, task.answers, task.teacher_forced):
        assert not cells.flags.writeable


@settings(whole_file, max_examples=15)
@given(st.permutations(range(3)))
def test_the_head_of_the_model_with_its_letters_renamed_gives_the_same_score(names):
    """Renaming the letters in both tables and in the task changes nothing but names."""
    model, names = MODELS[REVERSE], np.array(names)
    table, head = model.wte[names], model.weights["lm_head.weight"][names]
    renamed = type(model)({**model.weights, "transformer.wte.weight": table, "lm_head.weight": head}, model.n_head)
    assert np.array_equal(names[renamed.generate(REVERSE.inputs[::81])], model.generate(names[REVERSE.inputs[::81]]))


@settings(whole_file, max_examples=12)
@given(anything, anything, anything)
def test_training_starts_or_says_what_is_wrong(task, n_steps, every):
    for arguments in ((task,), (SORT, 0, n_steps), (SORT, 0, 1, every), (SORT, 0, 1, 1, n_steps, every)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                train(*arguments)
            except ValueError as error:
                assert len(str(error)) > 15
