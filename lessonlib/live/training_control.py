"""A training that is started, stopped and scrubbed: in a thread of its own, which hands over finished snapshots."""

import contextvars
import html
import threading
import time
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from traitlets import Any

from lessonlib.live.controls import ROOM, whole_slider
from lessonlib.measure import overlap
from lessonlib.nano_gpt import N_INPUTS
from lessonlib.training import N_STEPS, train

EXPECTED = "A training takes 3 to 10 seconds on a laptop, and longer on Binder."
N_ALL = 729
TRAINING = "Still training."  # how a run is that goes on
PAUSE = 0.25  # seconds between two pictures while it trains: showing takes time that training lacks


class Frame(NamedTuple):
    """What is kept of a model at one step: its tables and what was measured, not the model."""

    step: int
    loss: float
    score: int
    wte: np.ndarray  # (vocab_size, C)
    wpe: np.ndarray  # (block_size, C)
    token_shares: tuple  # after the first layer norm, in the first value vectors
    overlap: float  # of the token table with the rows of the input slots


def measured(step, loss, score, wte, wpe, token_shares):
    """Measure what the snapshot of a training does not say by itself."""
    return Frame(int(step), float(loss), int(score), wte, wpe, tuple(token_shares), overlap(wte, wpe[:N_INPUTS]))


class Run(NamedTuple):
    """One training, as far as it has come. Nothing in it changes."""

    task: str
    seed: int
    how: str  # where it comes from, in words
    frames: tuple  # of Frame, every few steps

    @property
    def every(self):
        """Steps between two frames."""
        return N_STEPS[self.task] // 40


class Training(widgets.VBox):
    """Buttons that train and stop, and a slider over the snapshots that there are.

    While it trains, the slider follows the newest snapshot, unless it was moved to an earlier one.

    Parameters
    ----------
    tasks : dict of str to Task
    runs : dict of str to Run
        What is shown of each task until it is trained here.

    Attributes
    ----------
    value : (Run, int)
        What is shown, and which of its frames.
    """

    value = Any()
    _one = threading.Lock()  # held by whoever trains, in this explorer or in another

    def __init__(self, tasks, runs):
        self._tasks, self._runs, self._following = tasks, dict(runs), False
        self._lock, self._thread, self._stopping = threading.RLock(), None, threading.Event()
        self.task = widgets.Dropdown(options=list(tasks), description="task", style=ROOM)
        self.seed = widgets.BoundedIntText(0, 0, 9999, description="seed", style=ROOM)
        self.train = widgets.Button(description="Train", tooltip="Train a model from random numbers")
        self.stop = widgets.Button(description="Stop", tooltip="Stop the training")
        self.slider = whole_slider("training step", 0, 1, 0)
        self.status = widgets.HTML(_said(EXPECTED))
        choices = widgets.Box([self.task, self.seed, widgets.HBox([self.train, self.stop])])
        choices.add_class("ll-controls")
        super().__init__([choices, self.status, self.slider])
        self.add_class("ll-training")
        self._show(self._runs[self.task.value])
        self.task.observe(lambda change: self._show(self._runs[change.new]), "value")
        self.slider.observe(self._slid, "value")
        self.observe(self._set, "value")
        self._set()
        self.train.on_click(lambda _button: self.start())
        self.stop.on_click(lambda _button: self.pause() or self._say_idle())

    def start(self):
        """Train what task and seed say. While anything is trained, this does nothing."""
        if not self._one.acquire(blocking=False):
            if self._thread is None:
                self.status.value = _said("Another explorer is training: wait until it has ended, or stop it there.")
            return
        self._stopping.clear()
        # In a context of its own, ipykernel 7.0 (Binder's, in 2026) would not know for which cell the thread speaks.
        work, arguments = contextvars.copy_context().run, (self._work, self.task.value, self.seed.value)
        self._thread = threading.Thread(target=work, args=arguments, daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # a Python that runs in the browser has no threads
            self._work(*arguments[1:])

    def pause(self):
        """Stop the training, if there is one, and wait until it has ended. Says whether there was one."""
        thread = self._thread
        if thread is None:
            return False
        self._stopping.set()
        thread.join()
        return True

    def _say_idle(self):
        self.status.value = _said(f"Nothing is being trained. {EXPECTED}")

    def _work(self, name, seed):
        """Train, and show from time to time what there is; however it ends, say so."""
        run, n_steps, began, shown = Run(name, seed, TRAINING, ()), N_STEPS[name], time.monotonic(), 0.0
        try:
            for snapshot in train(self._tasks[name], seed, every=run.every):
                run = run._replace(frames=(*run.frames, measured(*snapshot[:6])))
                if self._stopping.is_set():
                    break
                if time.monotonic() - shown > PAUSE:
                    took = time.monotonic() - began
                    self.status.value = _progress(name, seed, snapshot.step, n_steps, took)
                    self._show(run)
                    shown = time.monotonic()
            said = _ended(run, n_steps, time.monotonic() - began)
        except Exception as error:  # a thread has nobody else to tell
            said = f"The training failed. {type(error).__name__}: {error}."
        try:
            if run.frames:
                self._show(run._replace(how=said))
        finally:
            self._thread, self.status.value = None, _said(said)
            self._one.release()

    def _show(self, run):
        """Show a run: at its newest snapshot, unless it was at an earlier one of the same run."""
        with self._lock:
            self._runs[run.task] = run
            if run.task != self.task.value:
                return
            old, i = self.value or (None, 0)
            same = old is not None and (old.task, old.seed) == (run.task, run.seed) and old.how == TRAINING
            newest = len(run.frames) - 1
            self.value = run, min(i, newest) if same and i < len(old.frames) - 1 else newest

    def _slid(self, change):
        with self._lock:
            if not self._following:
                run, _ = self.value
                self.value = run, min(change.new // run.every, len(run.frames) - 1)

    def _set(self, _change=None):
        """Make task and slider show the value."""
        with self._lock:
            run, i = self.value
            self._following = True
            try:
                self._runs[run.task] = run
                self.task.value = run.task
                last = run.frames[-1].step
                self.slider.max, self.slider.step = max(last, run.every), run.every
                self.slider.value = run.frames[i].step
            finally:
                self._following = False


def _said(text):
    return f'<div class="ll-status">{html.escape(text)}</div>'


def _progress(name, seed, step, n_steps, took):
    """Say in words and as a bar how far a training has come."""
    left = f", about {max(1, took / step * (n_steps - step)):.0f} s to go" if step else ""
    said = html.escape(f"training {name}, seed {seed}: step {step} of {n_steps}{left}")
    return f'<label class="ll-status">{said} <progress max="{n_steps}" value="{step}"></progress></label>'


def _ended(run, n_steps, took):
    """Say in words how a training ended that did not fail."""
    last = run.frames[-1]
    if last.step < n_steps:
        return f"Stopped at step {last.step} of {n_steps}. The snapshots up to there stay."
    n_wrong = N_ALL - last.score
    wrong = f": {n_wrong} input{'s are' if n_wrong > 1 else ' is'} still answered wrongly" if n_wrong else ""
    return f"Trained in {took:.0f} s. Seed {run.seed} ends at {last.score} of {N_ALL}{wrong}."
