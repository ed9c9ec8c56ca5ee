"""Trainings that are started, stopped and scrubbed, without a browser."""

import base64
import html
import io
import re
import threading
import time

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from lessonlib.figures import COLOURS, NARROW, WIDE, Lines, draw_lines, training_frame
from lessonlib.figures.lines import HIGHEST, LOWEST, apart
from lessonlib.live import training_control, training_explorer
from lessonlib.measure import overlap
from lessonlib.nano_gpt import load_history
from lessonlib.tasks import REVERSE
from lessonlib.training import N_STEPS, Snapshot, train

SHIPPED_LIMIT = max(
    float(np.abs(getattr(load_history(task), table)).max()) for task in ("sort", "reverse") for table in ("wte", "wpe")
)


@pytest.fixture
def explorer():
    explorer = training_explorer()
    yield explorer
    explorer.controls["training"].pause()


@pytest.fixture
def training(explorer):
    return explorer.controls["training"]


class Puppet:
    """Stands in for `train`: hands out the snapshots of the model that ships, as far as it is told to."""

    def __init__(self, last_score=729, fails_at=None):
        self.may_go_to, self.n_started, self.asked = 40, 0, []
        self.last_score, self.fails_at, self.stopping = last_score, fails_at, threading.Event()

    def __call__(self, task, seed, every):
        made = load_history(task.name)
        self.n_started += 1
        self.asked.append((task.name, seed, every))
        for i, step in enumerate(made.steps):
            if i == self.fails_at:
                raise FloatingPointError("nan")
            while i > self.may_go_to and not self.stopping.is_set():
                time.sleep(0.01)
            yield self.snapshot(made, i, step)

    def snapshot(self, made, i, step):
        score = self.last_score if i == 40 else made.scores[i]
        tables = made.wte[i] + 1, made.wpe[i]
        return Snapshot(step, made.losses[i], score, *tables, made.token_shares[i], "a model")


@pytest.fixture
def puppet(training, monkeypatch):
    puppet = Puppet()
    puppet.stopping = training._stopping
    monkeypatch.setattr(training_control, "train", puppet)
    return puppet


def wait(training, seconds=10):
    for _ in range(100 * seconds):
        if training._thread is None:
            return
        time.sleep(0.01)
    raise AssertionError("the training does not end")


def curves_of(made):
    """What the curves must be, measured apart."""
    return {
        "right answers, share": made.scores / 729,
        "token's share, first values": made.token_shares[:, 1],
        "token's share, first norm": made.token_shares[:, 0],
        "overlap, input slots": [overlap(wte, wpe[:6]) for wte, wpe in zip(made.wte, made.wpe)],
    }


def assert_shows(explorer, made, i, title):
    """Compare tables, curves, dots and words on the page with the numbers of a training."""
    page, limit = explorer._cells.value, 1.3 * SHIPPED_LIMIT
    images = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in re.findall(r"base64,([^\"]+)", page)
    ]
    for image, table in zip(images, (made.wte[i], made.wpe[i]), strict=True):
        expected = matplotlib.colormaps[COLOURS]((table + limit) / (2 * limit), bytes=True)
        np.testing.assert_array_equal(image, expected)
    curves, points = curves_of(made), re.findall(r'<polyline points="([^"]*)"', page)
    across = made.steps / made.steps[-1]
    dots = re.findall(r'<i style="left:([\d.]+)%;top:([\d.]+)%', page)
    words = re.findall(r'<span style="top:[-\d.]+%;color:#\w+">([^<]*)</span>', page)
    for (name, values), line, dot, word in zip(curves.items(), points, dots, words, strict=True):
        x, down = np.array([pair.split(",") for pair in line.split()], dtype=float).T
        np.testing.assert_allclose(x, across, atol=1e-4)
        np.testing.assert_allclose(HIGHEST - down * (HIGHEST - LOWEST), values, atol=1e-4)
        np.testing.assert_allclose([float(each) / 100 for each in dot], [x[i], down[i]], atol=1e-4)
        assert html.unescape(word) == f"{values[i]:.2f}  {name}"
    assert f"<b>{title}</b>" in page


@pytest.mark.parametrize("task", ["sort", "reverse"])
def test_before_anything_is_trained_every_snapshot_of_the_model_that_ships_can_be_seen(explorer, training, task):
    made = load_history(task)
    training.task.value = task
    assert training.slider.value == training.slider.max == N_STEPS[task]
    overlaps = curves_of(made)["overlap, input slots"]
    for i in (0, 7, 40):
        step = training.slider.value = int(made.steps[i])
        title = f"{task}, seed {made.seed}, step {step}: {made.scores[i]} of 729 right"
        assert_shows(explorer, made, i, title)
        for numbers in (
            (made.scores[0], made.scores[i]),
            (f"{made.losses[0]:.3f}", f"{made.losses[i]:.3f}"),
            *((f"{shares[0]:.2f}", f"{shares[i]:.2f}") for shares in made.token_shares.T),
            (f"{overlaps[0]:.2f}", f"{overlaps[i]:.2f}"),
        ):
            assert f"<td>{numbers[0]}</td><td>{numbers[1]}</td>" in explorer._cells.value
    assert title in explorer.words and "The model that ships." in explorer.words
    assert "chance 0.1" in explorer.words


def test_without_a_kernel_the_training_of_the_model_that_ships_is_seen(explorer):
    still = explorer.still_html()
    seed, n_right = load_history("sort").seed, load_history("sort").scores
    assert f"sort, seed {seed}, step 400: {n_right[-1]} of 729 right" in still and "run this cell" in still


def test_what_is_trained_takes_the_place_of_what_ships_and_only_tables_are_kept(explorer, training, puppet):
    training.task.value, training.seed.value = "reverse", 12
    training.train.click()
    wait(training)
    assert puppet.asked == [("reverse", 12, 5)]
    assert "Seed 12 ends at 729 of 729." in training.status.value and "Seed 12 ends at 729" in explorer.words
    run, i = training.value
    assert (run.seed, i, len(run.frames), training.slider.value) == (12, 40, 41, 200)
    made = load_history("reverse")
    for frame, wte, wpe in zip(run.frames, made.wte, made.wpe):
        np.testing.assert_array_equal(frame.wte, wte + 1)
        np.testing.assert_array_equal(frame.wpe, wpe)
        assert "a model" not in frame[:3]
    training.task.value = "sort"
    assert training.value[0].how == "The model that ships."
    training.task.value = "reverse"
    assert training.value[0] is run


@pytest.mark.parametrize(("score", "words"), [(728, "728 of 729: 1 input is still"), (700, "29 inputs are still")])
def test_a_seed_that_does_not_end_at_729_is_shown_as_such(explorer, training, monkeypatch, score, words):
    monkeypatch.setattr(training_control, "train", Puppet(last_score=score))
    training.start()
    wait(training)
    assert words in training.status.value and words in explorer.words
    assert f"step 400: {score} of 729 right" in explorer.words


def test_the_slider_follows_the_newest_snapshot_unless_it_was_moved_back(explorer, training, puppet, monkeypatch):
    monkeypatch.setattr(training_control, "PAUSE", 0)
    puppet.may_go_to = 4
    training.start()
    reached(training, 40)
    assert training.slider.max == 40 and "step 40 of 400" in training.status.value
    training.slider.value = 30
    puppet.may_go_to = 6
    for _ in range(500):
        if training.slider.max == 60:
            break
        time.sleep(0.01)
    assert training.slider.value == 30 and training.value[0].frames[training.value[1]].step == 30
    training.slider.value = training.slider.max
    monkeypatch.setattr(training_control, "PAUSE", 60)
    puppet.may_go_to = 40
    wait(training)
    assert training.slider.value == training.slider.max == 400


def reached(training, step):
    for _ in range(1000):
        if training.slider.value >= step and training.value[0].how == training_control.TRAINING:
            return
        time.sleep(0.01)
    raise AssertionError(f"step {step} is never shown: {training.slider.value}")


def test_stop_ends_a_training_what_there_is_stays_and_the_next_one_starts(explorer, training, puppet, monkeypatch):
    monkeypatch.setattr(training_control, "PAUSE", 0)
    puppet.may_go_to = 5
    training.train.click()
    reached(training, 50)
    training.train.click()  # while one is trained, nothing else is
    assert puppet.n_started == 1
    training.stop.click()
    assert training._thread is None and "Stopped at step 60 of 400" in training.status.value
    assert "Stopped at step 60" in explorer.words and training.slider.max == 60
    training.stop.click()
    assert "Nothing is being trained" in training.status.value
    monkeypatch.setattr(training_control, "PAUSE", 60)
    puppet.may_go_to = 40
    training.train.click()
    wait(training)
    assert puppet.n_started == 2 and training.slider.value == 400


def test_a_training_that_fails_says_so_and_the_next_one_starts(explorer, training, monkeypatch):
    monkeypatch.setattr(training_control, "train", Puppet(fails_at=3))
    training.start()
    wait(training)
    assert "The training failed. FloatingPointError: nan." in training.status.value
    assert "The training failed" in explorer.words and training.slider.max == 20
    monkeypatch.setattr(training_control, "train", Puppet(fails_at=0))
    training.start()
    wait(training)
    assert "The training failed" in training.status.value and training.slider.max == 20  # what was there stays
    monkeypatch.setattr(training_control, "train", Puppet())
    training.start()
    wait(training)
    assert "ends at 729" in training.status.value


def test_two_explorers_do_not_train_at_once(training, puppet):
    other = training_explorer().controls["training"]
    puppet.may_go_to = 3
    training.start()
    other.start()
    assert puppet.n_started <= 1 and "Another explorer is training" in other.status.value
    training.pause()
    puppet.may_go_to = 40
    other.start()
    wait(other)
    assert "ends at 729" in other.status.value


def test_reset_stops_and_brings_the_model_that_ships_back(explorer, training, puppet):
    def picture():
        return explorer._cells.value.split("data-move")[0]

    first = picture()
    puppet.may_go_to = 3
    training.task.value = "reverse"
    training.start()
    explorer.reset()
    assert training._thread is None and picture() == first
    assert (training.task.value, training.slider.value) == ("sort", 400)
    assert training.value[0].how == "The model that ships."


def test_where_there_are_no_threads_it_trains_in_place(training, puppet, monkeypatch):
    def start(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    training.start()
    assert "ends at 729" in training.status.value and training.slider.value == 400


def test_the_tables_are_those_of_the_training_itself(training, monkeypatch):
    monkeypatch.setitem(N_STEPS, "reverse", 40)
    training.task.value = "reverse"
    training.seed.value = 3
    training.start()
    wait(training, 60)
    for frame, snapshot in zip(training.value[0].frames, train(REVERSE, 3, every=1), strict=True):
        np.testing.assert_array_equal(frame.wte, snapshot.wte)
        np.testing.assert_array_equal(frame.wpe, snapshot.wpe)
        assert (frame.step, frame.score) == (snapshot.step, snapshot.score)


def test_words_at_the_curves_keep_their_order_and_do_not_cover_each_other():
    np.testing.assert_allclose(apart([1.0, 0.99, 0.98, 0.0]), [1.0, 0.86, 0.72, 0.0])
    np.testing.assert_allclose(apart([0.0, 0.01, 0.0, 1.0]), [0.0, 0.28, 0.14, 1.0])
    np.testing.assert_allclose(apart([0.9, 0.2, 0.5]), [0.9, 0.2, 0.5])


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_curves_are_drawn_at_their_heights_and_no_word_is_cut_off(width):
    across, curves = (
        np.linspace(0, 1, 5),
        {name: values[:5] for name, values in curves_of(load_history("sort")).items()},
    )
    picture = training_frame(3, 11, 48, 0.1, width)
    draw_lines(picture, "curves", Lines("title", across, curves, 2))
    (axes,) = [each for each in picture.axes if each.get_label() == "curves"]
    lines = [line for line in axes.lines if len(line.get_xdata()) == 5]
    for line, values in zip(lines, curves.values(), strict=True):
        np.testing.assert_allclose(line.get_xydata(), np.stack([across, values], axis=1))
    if width == WIDE:  # on a narrow page, words are HTML and smaller
        renderer = FigureCanvasAgg(picture).get_renderer()
        assert all(text.get_window_extent(renderer).x1 <= width for text in axes.texts)
