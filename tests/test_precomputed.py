"""What was computed in advance is what the module describes, and files that were cut short, changed or made wrong are
refused; a full disk and a folder without leave lose nothing."""

import os
import shutil
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import make_data
import numpy as np
import pytest
from make_data import (
    EXPERIMENTS,
    N_SEEDS,
    Experiment,
    make_cases,
    make_curves,
    make_maps,
    make_seeds,
    smallest_margin,
    train_cases,
    write_arrays,
)

from lessonlib.measure import every_sum, n_distinct_sums, overlap, variance_shares
from lessonlib.nano_gpt import CHECKPOINTS, load_checkpoint, load_history, read_arrays
from lessonlib.precomputed import (
    CASES,
    CURVES,
    FACTORS,
    MAPS,
    SEEDS,
    many_seeds,
    score_map,
    training_curve,
    two_cases,
)
from lessonlib.tasks import REVERSE, SORT, score
from lessonlib.training import train

TOOLS = str(Path(__file__).parent.parent / "tools")
every_experiment = pytest.mark.parametrize("name", EXPERIMENTS)
both_tasks = pytest.mark.parametrize("task", [SORT, REVERSE], ids=["sort", "reverse"])

# Trainings


@every_experiment
def test_the_curve_ships_with_a_score_for_every_seed_and_begins_with_that_of_the_untrained_model(name):
    task, tables, freeze, seeds, n_steps, kind = EXPERIMENTS[name]
    steps, scores = training_curve(name)
    assert steps[0] == 0 and steps[-1] == n_steps
    assert (np.diff(steps) > 0).all()
    assert scores.shape == (len(seeds), len(steps))
    assert scores.min() >= 0 and scores.max() <= 729
    for seed, first in zip(seeds, scores[:, 0]):
        start = next(train(task, seed, 1, **tables(seed), freeze=freeze, kind=kind))
        assert first == pytest.approx(start.score, abs=2)  # an untrained model has near ties


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name.startswith("sort")])
def test_what_is_frozen_stays_as_it_was_given(name):
    task, tables, freeze, (seed, *_), _, kind = EXPERIMENTS[name]
    *_, last = train(task, seed, 1, **tables(seed), freeze=freeze, kind=kind)
    for table in freeze:
        np.testing.assert_array_equal(getattr(last, table), tables(seed)[table].astype(np.float32))


def test_the_file_holds_nothing_but_these_trainings():
    assert {key.rpartition(".")[0] for key in read_arrays(CURVES)} == set(EXPERIMENTS)
    assert CURVES.stat().st_size < 200_000


def test_what_is_not_there_is_refused_with_what_is():
    with pytest.raises(ValueError, match="no training 'copy': choose one of sort, reverse"):
        training_curve("copy")
    with pytest.raises(ValueError, match="no map 'copy': choose one of sort, reverse"):
        score_map("copy")


def test_a_training_is_written_beside_those_that_are_there(tmp_path, monkeypatch):
    path = tmp_path / "curves.npz"
    np.savez(path, **{"reverse.steps": np.array([0, 7]), "reverse.scores": np.array([[3, 4]]), "gone.steps": [1]})
    monkeypatch.setitem(EXPERIMENTS, "short", Experiment(SORT, seeds=(0, 5), n_steps=9))
    monkeypatch.setattr(make_data, "N_SNAPSHOTS", 4)
    make_curves(["short"], path)
    with np.load(path) as file:
        assert sorted(file.files) == ["reverse.scores", "reverse.steps", "short.scores", "short.steps"]
        assert file["short.steps"].tolist() == [0, 2, 4, 6, 8, 9]
        expected = [[snapshot.score for snapshot in train(SORT, seed, 9, 2)] for seed in (0, 5)]
        assert file["short.scores"].tolist() == expected


def test_frozen_tables_are_what_their_names_say():
    for seed in range(3):
        for table in make_data.random_tables(seed).values():
            assert table.std() == pytest.approx(0.02, rel=0.15)
        orthogonal = np.concatenate(list(make_data.orthogonal_tables(seed).values()))
        np.testing.assert_allclose(orthogonal @ orthogonal.T, 48 * 0.02**2 * np.eye(14), atol=1e-12)
        inside = make_data.overlapping_tables(seed)
        assert overlap(inside["wte"], inside["wpe"][:6]) == pytest.approx(1)
        assert np.linalg.norm(inside["wte"], axis=1) == pytest.approx(0.02 * np.sqrt(48))
        assert n_distinct_sums(**inside) == 33
        colliding = make_data.colliding_tables(seed)
        assert n_distinct_sums(**colliding) == 13
        np.testing.assert_allclose(colliding["wte"][1] + colliding["wpe"][4], colliding["wte"][0] + colliding["wpe"][5])


def test_narrow_tables_span_few_directions_and_have_rows_of_the_usual_length():
    for n in (1, 4, 8):
        lengths = []
        for seed in range(3):
            tables = make_data.narrow_tables(n)(seed)
            rows = np.concatenate([tables["wte"], tables["wpe"]])
            assert rows.shape == (14, 48) and np.linalg.matrix_rank(rows) == n
            assert n_distinct_sums(tables["wte"], tables["wpe"]) == 33
            lengths.append((rows**2).sum(axis=1).mean())
        assert np.mean(lengths) == pytest.approx(48 * 0.02**2, rel=0.4)


# Six tokens in two cases


def test_the_tables_of_two_cases_ship_as_they_are_trained():
    cases = two_cases()
    assert cases.before.shape == cases.after.shape == (N_SEEDS, 6, 48) and cases.right.shape == (N_SEEDS,)
    assert cases.right.min() >= 990 and CASES.stat().st_size < 30_000
    before, after, _ = train_cases(0, n_steps=0)
    np.testing.assert_array_equal(before, cases.before[0])
    np.testing.assert_array_equal(after, before)


def test_their_task_sorts_letters_and_reverses_cases():
    letters = {letter: i for i, letter in enumerate("aAbBcC")}
    seen, answers = make_data._with_answers(np.array([[letters[letter] for letter in "bAcaBC"]]))
    assert "".join("aAbBcC"[i] for i in answers[0]) == "AAbbCc"
    assert seen[0].tolist() == [letters[letter] for letter in "bAcaBCAAbbC"]


def test_before_training_the_sum_lies_nearest_to_one_of_the_rows_it_contains():
    for table in two_cases().before:
        for one, other in permutations(range(3), 2):
            for case in (0, 1):
                man, king, woman = 2 * one + case, 2 * one + 1 - case, 2 * other + case
                apart = np.linalg.norm(table - (table[king] - table[man] + table[woman]), axis=1)
                assert apart.argmin() in (king, woman)


def test_tables_of_two_cases_are_written(tmp_path, monkeypatch):
    monkeypatch.setattr(make_data, "train_cases", lambda seed: (np.zeros((6, 48)), np.full((6, 48), seed), seed))
    make_cases(tmp_path / "cases.npz", 2)
    made = read_arrays(tmp_path / "cases.npz")
    assert made["right"].tolist() == [0, 1] and made["after"].shape == (2, 6, 48) and made["after"][1, 0, 0] == 1


# Maps of scores


@both_tasks
def test_the_map_that_ships_is_that_of_the_model_that_ships(task):
    model, counted = load_checkpoint(task.name), score_map(task.name)
    assert counted.shape == (19, 19) and counted[10, 10] == 729
    for row, column in [(0, 10), (10, 0), (5, 10), (10, 10), (10, 13), (13, 13), (18, 18), (3, 15)]:
        scaled = model.with_tables(FACTORS[row] * model.wte, FACTORS[column] * model.wpe)
        n_right = score(scaled, task)
        slack = 0 if smallest_margin(scaled, task) > 1e-3 else 2
        assert abs(int(counted[row, column]) - n_right) <= slack


def test_a_map_has_a_row_for_each_factor_of_the_tokens(tmp_path):
    make_maps(tmp_path / "maps.npz", (0, 1))
    for task in (SORT, REVERSE):
        model, counted = load_checkpoint(task.name), read_arrays(tmp_path / "maps.npz")[task.name]
        without = [score(model.with_tables(**{name: 0 * getattr(model, name)}), task) for name in ("wte", "wpe")]
        assert counted[1, 1] == 729 and [counted[0, 1], counted[1, 0]] == without


# Models of many seeds


@both_tasks
def test_the_model_that_ships_is_one_of_the_many(task):
    made, many = load_history(task.name), many_seeds(task.name)
    assert many.scores.shape == (N_SEEDS,) and many.overlaps.shape == (N_SEEDS, 2)
    assert many.letter_shares.shape == (N_SEEDS, 2, 3)
    for column, i in ((0, 0), (1, -1)):
        wte, wpe = made.wte[i], made.wpe[i][:6]
        # what ships is rounded
        assert many.overlaps[made.seed, column] == pytest.approx(overlap(wte, wpe), abs=0.02)
        shares = [variance_shares(every_sum(wte, wpe))[0], *made.token_shares[i]]
        assert many.letter_shares[made.seed, column] == pytest.approx(shares, abs=0.03)
    with pytest.raises(ValueError, match="no set of models 'copy': choose one of sort, reverse"):
        many_seeds("copy")


def test_models_of_many_seeds_are_measured_before_and_after(tmp_path, monkeypatch):
    monkeypatch.setitem(make_data.N_STEPS, "sort", 2)
    monkeypatch.setitem(make_data.N_STEPS, "reverse", 2)
    make_seeds(tmp_path / "seeds.npz", 2)
    arrays = read_arrays(tmp_path / "seeds.npz")
    assert arrays["sort.overlaps"].shape == (2, 2) and arrays["reverse.letter_shares"].shape == (2, 2, 3)
    first, last = train(SORT, 1, 2, 2)
    np.testing.assert_allclose(arrays["sort.overlaps"][1], [overlap(each.wte, each.wpe[:6]) for each in (first, last)])
    np.testing.assert_allclose(arrays["sort.letter_shares"][1, :, 1:], [first.token_shares, last.token_shares])


# Files

SHIPPED = [*sorted(CHECKPOINTS.glob("*.npz")), CURVES, MAPS, SEEDS]
every_file = pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)


@every_file
def test_a_file_cut_off_at_any_kilobyte_is_refused(path, tmp_path):
    data, cut = path.read_bytes(), tmp_path / "cut.npz"
    for n_bytes in [*range(0, len(data), 1024), len(data) - 1]:
        cut.write_bytes(data[:n_bytes])
        with pytest.raises(ValueError, match=r"^cut.npz is damaged .*: get the file again$"):
            read_arrays(cut)


@every_file
def test_a_byte_changed_anywhere_is_noticed_or_changes_no_number(path, tmp_path):
    data, good, changed = path.read_bytes(), read_arrays(path), tmp_path / "changed.npz"
    rng, n_refused = np.random.default_rng(0), 0
    for place in rng.integers(len(data), size=40):
        flipped = bytearray(data)
        flipped[place] ^= 1 << rng.integers(8)
        changed.write_bytes(flipped)
        try:
            arrays = read_arrays(changed)
        except ValueError as error:
            assert "damaged" in str(error)
            n_refused += 1
        else:
            same = [name for name in good if name in arrays and arrays[name].tobytes() == good[name].tobytes()]
            assert len(same) >= len(good) - 1  # at most a name was hit: the number of tensors is checked by the model
    assert n_refused > 20


def test_what_was_written_is_read_back_bit_for_bit(tmp_path):
    arrays = {"a.b": np.array([np.nan, -0.0, 1e-45], dtype=np.float32), "text": np.array("ä"), "n": np.array(3)}
    write_arrays(tmp_path / "some.npz", arrays)
    back = read_arrays(tmp_path / "some.npz")
    assert back.keys() == arrays.keys()
    assert all(back[key].tobytes() == arrays[key].tobytes() and back[key].dtype == arrays[key].dtype for key in arrays)
    assert [path.name for path in tmp_path.iterdir()] == ["some.npz"]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("tensor", ["transformer.wte.weight", "transformer.wpe.weight", "lm_head.weight"])
def test_a_table_with_a_number_that_is_none_is_named(tensor, wrong, tmp_path):
    arrays = read_arrays(CHECKPOINTS / "sort.npz")
    arrays[tensor][1, 2] = wrong
    write_arrays(tmp_path / "wrong.npz", arrays)
    with pytest.raises(ValueError, match=rf"{tensor} holds {wrong} at \(1, 2\): every number must be finite"):
        load_checkpoint(tmp_path / "wrong.npz")


def without_room(code, folder):
    """Run code in a process that may write no file of more than 20 kB."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
    command = [sys.executable, "-c", limit + code]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no file sizes")
def test_on_a_full_disk_a_checkpoint_stays_as_it_was(tmp_path):
    shutil.copy(CHECKPOINTS / "sort.npz", tmp_path / "model.npz")
    before = (tmp_path / "model.npz").read_bytes()
    code = f"import sys; sys.path.insert(0, {TOOLS!r}); import make_data; make_data.N_STEPS['sort'] = 40\n"
    code += "make_data.train.__globals__['scoring'] = lambda model, task: (yield)\n"  # takes no time
    code += "make_data.make_checkpoint(make_data.SORT, 'model.npz', seeds=[0])"
    done = without_room(code, tmp_path)
    assert done.returncode == 1 and "OSError" in done.stderr.splitlines()[-1]
    assert (tmp_path / "model.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no file sizes")
def test_on_a_full_disk_a_lesson_stays_as_it_was(tmp_path):
    lesson = Path(__file__).parent.parent / "notebooks/03_token_embeddings.ipynb"
    shutil.copy(lesson, tmp_path)
    code = f"import sys; sys.path.insert(0, {TOOLS!r}); import nbformat, refresh_notebooks as r\n"
    code += f"from pathlib import Path; r.write(nbformat.read({str(lesson)!r}, 4), Path({lesson.name!r}))"
    done = without_room(code, tmp_path)
    assert done.returncode == 1 and "OSError" in done.stderr.splitlines()[-1]
    assert (tmp_path / lesson.name).read_bytes() == lesson.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [lesson.name]


def test_where_nothing_can_be_written_the_reason_is_said_and_nothing_is_left(tmp_path):
    with pytest.raises(OSError, match="gone"):
        write_arrays(tmp_path / "gone" / "some.npz", {"a": np.zeros(3)})
    assert list(tmp_path.iterdir()) == []
