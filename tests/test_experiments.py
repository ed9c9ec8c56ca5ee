"""The trainings that were run beforehand are those that the module describes."""

import numpy as np
import pytest

from lessonlib import experiments
from lessonlib.figures import draw_curves
from lessonlib.measure import n_distinct_sums, overlap
from lessonlib.precomputed import EXPERIMENTS, Experiment, make_curves, training_curve
from lessonlib.tasks import SORT, score
from lessonlib.training import N_STEPS, train

every_experiment = pytest.mark.parametrize("name", EXPERIMENTS)


@every_experiment
def test_the_curve_ships_with_a_score_for_every_seed_and_snapshot(name):
    experiment = EXPERIMENTS[name]
    steps, scores = training_curve(name)
    assert steps[0] == 0 and steps[-1] == (experiment.n_steps or N_STEPS[experiment.task.name])
    assert (np.diff(steps) > 0).all()
    assert scores.shape == (len(experiment.seeds), len(steps))
    assert scores.min() >= 0 and scores.max() <= 729


@every_experiment
def test_the_curve_begins_with_the_score_of_the_untrained_model(name):
    task, tables, freeze, seeds, _ = EXPERIMENTS[name]
    _, scores = training_curve(name)
    for seed, first in zip(seeds, scores[:, 0]):
        start = next(train(task, seed, 1, **tables(seed), freeze=freeze))
        assert first == pytest.approx(score(start.model, task), abs=2)  # an untrained model has near ties
        for table in freeze:
            last = list(train(task, seed, 1, **tables(seed), freeze=freeze))[-1]
            np.testing.assert_array_equal(getattr(last, table), getattr(start, table))


def test_the_file_holds_nothing_but_these_trainings():
    with np.load(experiments.FILE) as file:
        assert {key.rpartition(".")[0] for key in file.files} == set(EXPERIMENTS)
    assert experiments.FILE.stat().st_size < 200_000


def test_an_unknown_training_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="no training 'copy': choose one of sort, reverse"):
        training_curve("copy")


def test_a_training_is_written_beside_those_that_are_there(tmp_path, monkeypatch):
    path = tmp_path / "curves.npz"
    np.savez(path, **{"reverse.steps": np.array([0, 7]), "reverse.scores": np.array([[3, 4]]), "gone.steps": [1]})
    monkeypatch.setitem(EXPERIMENTS, "short", Experiment(SORT, seeds=(0, 5), n_steps=40))
    make_curves(["short"], path)
    with np.load(path) as file:
        assert sorted(file.files) == ["reverse.scores", "reverse.steps", "short.scores", "short.steps"]
        assert file["short.steps"].tolist() == list(range(41))
        expected = [[snapshot.score for snapshot in train(SORT, seed, 40, 1)] for seed in (0, 5)]
        assert file["short.scores"].tolist() == expected


def test_curves_say_their_last_scores_in_words_and_draw_every_seed():
    steps = np.array([0, 10, 20])
    curves = {"one": (steps, np.array([[0, 5, 729], [1, 5, 700]])), "two": (steps, np.array([[0, 2, 12]]))}
    picture = draw_curves(curves, "Two trainings")
    assert "one: 729 (700 or more from step 20), 700 (700 or more from step 20); two: 12." in picture.alt
    lines = [line.get_ydata() for line in picture.axes[0].lines if len(line.get_ydata()) == 3]
    np.testing.assert_array_equal(lines, [[0, 5, 729], [1, 5, 700], [0, 2, 12]])
    assert {text.get_text() for text in picture.axes[0].texts} == {"one", "two"}


def test_frozen_tables_are_what_their_names_say():
    for seed in range(3):
        sizes = experiments.random_tables(seed)
        assert sizes["wte"].std() == pytest.approx(0.02, rel=0.15) and sizes["wpe"].std() == pytest.approx(
            0.02, rel=0.15
        )
        orthogonal = np.concatenate(list(experiments.orthogonal_tables(seed).values()))
        np.testing.assert_allclose(orthogonal @ orthogonal.T, 48 * 0.02**2 * np.eye(14), atol=1e-12)
        inside = experiments.overlapping_tables(seed)
        assert overlap(inside["wte"], inside["wpe"]) == pytest.approx(1)
        assert np.linalg.norm(inside["wte"], axis=1) == pytest.approx(0.02 * np.sqrt(48))
        assert n_distinct_sums(**inside) == 33
        colliding = experiments.colliding_tables(seed)
        assert n_distinct_sums(**colliding) == 13
        np.testing.assert_allclose(colliding["wte"][1] + colliding["wpe"][4], colliding["wte"][0] + colliding["wpe"][5])


def test_narrow_tables_span_few_directions_and_have_rows_of_the_usual_length():
    for n in (1, 4, 8):
        lengths = []
        for seed in range(3):
            tables = experiments.narrow_tables(n)(seed)
            rows = np.concatenate([tables["wte"], tables["wpe"]])
            assert rows.shape == (14, 48) and np.linalg.matrix_rank(rows) == n
            assert n_distinct_sums(tables["wte"], tables["wpe"]) == 33
            lengths.append((rows**2).sum(axis=1).mean())
        assert np.mean(lengths) == pytest.approx(48 * 0.02**2, rel=0.4)
