"""Trainings started, stopped and scrubbed, without a browser: in an event loop, as a kernel has one, and without."""

import asyncio
import html
import re

import numpy as np
import pytest
from seen import images, page, paths

from lessonlib import explore, measure
from lessonlib.draw.paper import colours
from lessonlib.explore import train_here as module
from lessonlib.nano_gpt import load_history
from lessonlib.scene import Cells
from lessonlib.tasks import REVERSE
from lessonlib.training import N_STEPS, Snapshot, train

LIMIT = 1.3 * max(np.abs(table).max() for name in N_STEPS for table in load_history(name)[3:5])
SHIPPED = "This is the model that ships with the lessons."


@pytest.fixture
def explorer():
    explorer = explore.training()
    yield explorer
    explorer.controls["training"].pause()


@pytest.fixture
def training(explorer):
    return explorer.controls["training"]


class Puppet:
    """Stands in for `train`: hands out the snapshots of the model that ships, as far as it is told to."""

    def __init__(self, may_go_to=40, last_score=729, fails_at=None):
        self.may_go_to, self.last_score, self.fails_at, self.asked = may_go_to, last_score, fails_at, []

    def __call__(self, task, seed, every, pauses):
        history = load_history(task.name)
        self.asked.append((task.name, seed, every))
        for i, step in enumerate(history.steps):
            if i == self.fails_at:
                raise FloatingPointError("nan")
            while i > self.may_go_to:
                yield
            score = self.last_score if i == 40 else history.scores[i]
            shares = history.token_shares[i]
            yield Snapshot(step, history.losses[i], score, history.wte[i] + 1, history.wpe[i], shares, "a model")
            yield


@pytest.fixture
def puppet(monkeypatch):
    """Shows each snapshot, and lets all else go on after each piece of work."""
    puppet = Puppet()
    monkeypatch.setattr(module, "train", puppet)
    for name in ("WORK", "BREATH", "PAUSE"):
        monkeypatch.setattr(module, name, -1 if name != "BREATH" else 0)
    return puppet


def in_a_loop(play):
    """Run what a learner does, a function that yields a condition for what it waits for, beside the training."""

    async def main():
        for condition in play():
            for _ in range(10_000):
                await asyncio.sleep(0)
                if condition():
                    break
            else:
                raise AssertionError("it never comes to that")

    asyncio.run(main())


def curves_of(history):
    """What the curves must be, measured apart."""
    return {
        "right answers": history.scores / 729,
        "letter's share, values": history.token_shares[:, 1],
        "letter's share, norm": history.token_shares[:, 0],
        "overlap": [measure.overlap(wte, wpe[:6]) for wte, wpe in zip(history.wte, history.wpe)],
    }


def assert_shows(explorer, history, i, title):
    """Compare tables, curves, dots and words on the page with the numbers of a training."""
    shown = page(explorer)
    for image, table in zip(images(explorer).values(), (history.wte[i], history.wpe[i]), strict=True):
        np.testing.assert_array_equal(image, colours(Cells("", table, limit=LIMIT)))
    across, curves = history.steps / history.steps[-1], curves_of(history)
    dots = re.findall(r'<i style="left:([\d.]+)%;top:([\d.]+)%', shown)
    words = re.findall(r'<em style="top:[-\d.]+%;color:#\w+">([^<]*)</em>', shown)
    for (name, values), line, dot, word in zip(curves.items(), paths(explorer), dots, words, strict=True):
        x, down = line.T
        np.testing.assert_allclose(x, across, atol=1e-4)
        np.testing.assert_allclose(1 - down, values, atol=1e-4)
        np.testing.assert_allclose([float(each) / 100 for each in dot], [x[i], down[i]], atol=1e-4)
        assert html.unescape(word) == f"{values[i]:.2f}  {name}"
    assert f"<b>{title}</b>" in shown and title in explorer.words


@pytest.mark.parametrize("task", ["sort", "reverse"])
def test_before_anything_is_trained_every_snapshot_of_the_model_that_ships_can_be_seen(explorer, training, task):
    history = load_history(task)
    training.task.value = task
    assert training.slider.value == training.slider.max == N_STEPS[task] and training.seed.value == history.seed
    for i in (0, 7, 40):
        step = training.slider.value = int(history.steps[i])
        assert_shows(
            explorer, history, i, f"{task}, seed {history.seed}, step {step}: {history.scores[i]} of 729 right"
        )
        (norm, values), overlaps = history.token_shares.T[:, [0, i]], curves_of(history)["overlap"]
        for one, other, form in ((*history.scores[[0, i]], "d"), *((*row, ".2f") for row in (norm, values))):
            assert f"from {one:{form}} to {other:{form}}" in explorer.words
        assert f"from {overlaps[0]:.2f} to {overlaps[i]:.2f} (chance: 0.10)" in explorer.words
    assert SHIPPED in explorer.words and f"From step 0 to step {N_STEPS[task]}" in explorer.words


def test_what_is_said_of_chance_is_so():
    assert f"{np.median(measure.chance_overlaps(3, 6, 48)):.2f}" == f"{module.CHANCE:.2f}"


def test_without_a_kernel_the_training_of_the_model_that_ships_is_seen(explorer):
    history = load_history("sort")
    still = explorer.still_html()
    assert (
        f"sort, seed {history.seed}, step 400: {history.scores[-1]} of 729 right" in still and "run this cell" in still
    )


def test_what_is_trained_takes_the_place_of_what_ships_and_only_tables_are_kept(explorer, training, puppet):
    training.task.value, training.seed.value = "reverse", 12
    training.train.click()  # no event loop runs here: it trains to the end
    assert puppet.asked == [("reverse", 12, 5)]
    assert "Seed 12 ends at 729 of 729." in training.status.value and "Seed 12 ends at 729" in explorer.words
    run, i = training.value
    assert (run.seed, i, len(run.snapshots), training.slider.value) == (12, 40, 41, 200)
    history = load_history("reverse")
    for frame, wte, wpe in zip(run.snapshots, history.wte, history.wpe):
        np.testing.assert_array_equal(frame.wte, wte + 1)
        np.testing.assert_array_equal(frame.wpe, wpe)
        assert frame.model is None
    training.task.value = "sort"
    assert training.value[0].how == SHIPPED and training.seed.value == load_history("sort").seed
    training.task.value = "reverse"
    assert training.value[0] is run and training.seed.value == 12


@pytest.mark.parametrize(("score", "words"), [(728, "728 of 729: 1 input is still"), (700, "29 inputs are still")])
def test_a_seed_that_does_not_end_at_729_is_shown_as_such(explorer, training, puppet, score, words):
    puppet.last_score = score
    training.start()
    assert words in training.status.value and words in explorer.words
    assert f"step 400: {score} of 729 right" in explorer.words


def test_the_slider_follows_the_newest_snapshot_unless_it_was_moved_back(explorer, training, puppet):
    def play():
        puppet.may_go_to = 4
        training.start()
        yield lambda: training.slider.value == 40
        assert training.slider.value == 40 and "step 40 of 400" in training.status.value
        assert "seed 4, step 40" in explorer.words and "Still training." in explorer.words
        training.slider.value = 30
        puppet.may_go_to = 6
        yield lambda: training.value[0].snapshots[-1].step == 60
        assert training.slider.value == 30 and training.value[0].snapshots[training.value[1]].step == 30
        training.slider.value = training.value[0].snapshots[-1].step
        puppet.may_go_to = 40
        yield lambda: "ends at" in training.status.value
        assert training.slider.value == training.slider.max == 400

    in_a_loop(play)


def test_a_seed_that_is_typed_meanwhile_stays_for_the_next_training(training, puppet):
    def play():
        puppet.may_go_to = 4
        training.start()
        yield lambda: training.slider.value == 40
        training.seed.value = 9
        puppet.may_go_to = 40
        yield lambda: "Seed 4 ends at" in training.status.value
        assert training.seed.value == 9 and training.value[0].seed == 4

    in_a_loop(play)


def test_stop_ends_a_training_what_there_is_stays_and_the_next_one_starts(explorer, training, puppet):
    def play():
        puppet.may_go_to = 5
        training.train.click()
        yield lambda: training.slider.value == 50
        training.train.click()  # while one is trained, nothing else is
        assert len(puppet.asked) == 1
        training.stop.click()
        assert "Stopped at step 50 of 400" in training.status.value
        assert "Stopped at step 50" in explorer.words and training.slider.value == 50
        puppet.may_go_to = 40
        for _ in range(5):  # the task wakes, and writes nothing any more
            yield lambda: True
        assert "Stopped at step 50 of 400" in training.status.value and training.slider.value == 50
        training.stop.click()
        assert "Nothing is being trained" in training.status.value
        training.train.click()
        yield lambda: "ends at" in training.status.value
        assert len(puppet.asked) == 2 and training.slider.value == 400

    in_a_loop(play)


def test_a_training_that_fails_says_so_and_the_next_one_starts(explorer, training, puppet):
    puppet.fails_at = 3
    training.start()
    assert "The training failed. FloatingPointError: nan." in training.status.value
    assert "The training failed" in explorer.words and training.slider.value == 20
    puppet.fails_at = 0
    training.start()
    assert "The training failed" in training.status.value and training.slider.value == 20  # what was there stays
    puppet.fails_at = None
    training.start()
    assert "ends at 729" in training.status.value


def test_two_explorers_do_not_train_at_once(training, puppet):
    other = explore.training().controls["training"]

    def play():
        puppet.may_go_to = 3
        training.start()
        yield lambda: training.slider.value == 30
        other.start()
        assert "Another explorer trains now. Stopped at step 30 of 400." in training.status.value
        puppet.may_go_to = 40
        yield lambda: "ends at 729" in other.status.value
        assert training.slider.value == 30

    in_a_loop(play)


def test_reset_stops_and_brings_the_model_that_ships_back(explorer, training, puppet):
    def picture():
        return page(explorer)

    first = picture()

    def play():
        puppet.may_go_to = 3
        training.task.value, training.seed.value = "reverse", 5
        training.start()
        yield lambda: training.slider.value == 15
        explorer.set_to()
        puppet.may_go_to = 40
        for _ in range(5):
            yield lambda: True
        assert picture() == first and module.EXPECTED in training.status.value
        assert (training.task.value, training.seed.value, training.slider.value) == ("sort", 4, 400)
        training.task.value = "reverse"
        assert training.value[0].how == SHIPPED

    in_a_loop(play)


def test_all_else_goes_on_while_it_trains(training, monkeypatch):
    """A real training: what waits gets its turn every few hundredths of a second, and Stop ends it at once."""
    monkeypatch.setitem(N_STEPS, "sort", 40)
    turns = []

    def play():
        training.start()
        yield lambda: turns.append(1) or len(turns) > 20
        training.stop.click()
        assert "Stopped at step" in training.status.value

    in_a_loop(play)


def test_the_tables_are_those_of_the_training_itself(training, monkeypatch):
    monkeypatch.setitem(N_STEPS, "reverse", 40)
    training.task.value = "reverse"
    training.seed.value = 3
    training.start()
    for frame, snapshot in zip(training.value[0].snapshots, train(REVERSE, 3, every=1), strict=True):
        np.testing.assert_array_equal(frame.wte, snapshot.wte)
        np.testing.assert_array_equal(frame.wpe, snapshot.wpe)
        assert (frame.step, frame.score) == (snapshot.step, snapshot.score)
        np.testing.assert_array_equal(frame.token_shares, snapshot.token_shares)
