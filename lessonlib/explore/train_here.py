"""Lesson 5's training: train a model here, and scrub through what became of its tables."""

import asyncio
import html
import time
from dataclasses import dataclass, replace
from functools import cached_property

import ipywidgets as widgets
import numpy as np
from traitlets import Any

from lessonlib.embeddings import VOCABULARY
from lessonlib.explore.controls import LABEL_STYLE, Control, classed, dropdown, int_slider
from lessonlib.explore.explorer import Explorer, soon
from lessonlib.measure import overlap
from lessonlib.nano_gpt import N_INPUTS, load_history
from lessonlib.palette import POSITION, TOKEN
from lessonlib.scene import Cells, Lines, Scene, signed_limit
from lessonlib.tasks import N_ALL, REVERSE, SORT
from lessonlib.training import N_STEPS, Snapshot, train

CHANCE = 0.10  # median of measure.chance_overlaps for three letters and six slots
ROOM_FOR_OTHERS = 1.3  # the scale of the colours goes so much further than the models that ship: other seeds do
WORK, BREATH = 0.05, 0.005  # seconds of training, and of a pause in which all else is answered
PAUSE = 0.25  # seconds between two pictures while it trains: showing takes time that training lacks
SHIPPED, TRAINING = "This is the model that ships with the lessons.", "Still training."
EXPECTED = "Training takes 3 to 10 seconds on a laptop, and longer on Binder."


@dataclass(frozen=True, eq=False)
class Run:
    """One training, as far as it has come. Nothing in it changes."""

    task: str
    seed: int
    how: str  # where it comes from, in words
    snapshots: tuple = ()  # without their models, which are large

    @property
    def every(self):
        """Steps between two snapshots."""
        return N_STEPS[self.task] // 40

    @cached_property
    def curves(self):
        """What is drawn over the steps, all from 0 to 1: a dict from names to (steps, numbers)."""
        steps = [snapshot.step for snapshot in self.snapshots]
        overlaps = [overlap(snapshot.wte, snapshot.wpe[:N_INPUTS]) for snapshot in self.snapshots]
        norms, values = np.transpose([snapshot.token_shares for snapshot in self.snapshots])
        return {
            "right answers": (steps, [snapshot.score / N_ALL for snapshot in self.snapshots]),
            "letter's share, values": (steps, values),
            "letter's share, norm": (steps, norms),
            "overlap": (steps, overlaps),
        }


class Training(Control):
    """Buttons that train and stop, and a slider over the snapshots; `value` is a Run and the number of a snapshot.
    `runs`, from tasks' names to Run, are shown until something is trained here. While it trains, the slider follows the
    newest snapshot, unless it was moved to an earlier one. A training is a task beside all else that pauses every few
    hundredths of a second; where no event loop runs, `start` trains to the end. One is trained at a time."""

    value = Any()
    _trains = None  # the one Training that does, in whatever explorer

    def __init__(self, tasks, runs):
        self._tasks, self._shipped, self._runs = tasks, runs, dict(runs)
        self._work, self._newest = None, None
        self.task = dropdown("task", list(tasks))
        self.seed = widgets.BoundedIntText(0, 0, 9999, description="seed", style=LABEL_STYLE)
        self.train = widgets.Button(description="Train", tooltip="Train a model from random numbers")
        self.stop = widgets.Button(description="Stop", tooltip="Stop the training")
        self.slider = int_slider("training step", 0, 1, 0)
        self.status = widgets.HTML()
        choices = widgets.Box([self.task, self.seed, widgets.HBox([self.train, self.stop])])
        super().__init__([classed(choices, "ll-controls"), self.status, self.slider])
        self.layout.flex_flow = "column"
        classed(self, "ll-training ll-whole")
        self.observe(self._follow_value, "value")
        self.task.observe(self._chosen, "value")
        self.slider.observe(self._slid, "value")
        self.train.on_click(lambda _button: self.start())
        self.stop.on_click(lambda _button: self._stopped())
        self._chosen()
        self._say(EXPECTED)

    def start(self):
        """Train what task and seed say; while it trains, this does nothing. Another explorer's training is stopped."""
        if self._work:
            return
        if Training._trains:
            Training._trains.pause("Another explorer trains now. ")
        Training._trains, self._newest = self, Run(self.task.value, self.seed.value, TRAINING)
        self._work = work = self._training()
        if not soon(self._beside_all_else(work)):
            for _ in work:
                pass

    async def _beside_all_else(self, work):
        rested = time.monotonic()
        for _ in work:
            if time.monotonic() - rested > WORK:
                await asyncio.sleep(BREATH)
                if work is not self._work:  # it was stopped, and how it ended is said
                    return
                rested = time.monotonic()

    def pause(self, why=""):
        """Stop the training, if there is one, and say where. Returns whether there was one."""
        if not self._work:
            return False
        step = self._newest.snapshots[-1].step if self._newest.snapshots else 0
        n_steps = N_STEPS[self._newest.task]
        self._end(f"{why}Stopped at step {step} of {n_steps}. The snapshots up to there stay.")
        return True

    def _stopped(self):
        if not self.pause():
            self._say(f"Nothing is being trained. {EXPECTED}")

    def reset(self, value):
        self.pause()
        self._runs = dict(self._shipped)
        self.value = value
        self._chosen()
        self._say(EXPECTED)

    def _training(self):
        """Train with pauses, and show from time to time what there is; however it ends, say so."""
        task, seed, n_steps = self._newest.task, self._newest.seed, N_STEPS[self._newest.task]
        began, shown = time.monotonic(), 0.0
        try:
            for snapshot in train(self._tasks[task], seed, every=self._newest.every, pauses=True):
                if snapshot is not None:
                    snapshots = *self._newest.snapshots, snapshot._replace(model=None)
                    self._newest = replace(self._newest, snapshots=snapshots)
                    if time.monotonic() - shown > PAUSE:
                        self.status.value = _progress(task, seed, snapshots[-1].step, n_steps, time.monotonic() - began)
                        self._show(self._newest)
                        shown = time.monotonic()
                yield
            n_wrong = N_ALL - snapshots[-1].score
            wrong = f": {n_wrong} input{'s are' if n_wrong > 1 else ' is'} still answered wrongly" if n_wrong else ""
            took = time.monotonic() - began
            ended = f"Trained in {took:.0f} s. Seed {seed} ends at {N_ALL - n_wrong} of {N_ALL}{wrong}."
        except Exception as error:  # nobody else would hear of it
            ended = f"The training failed. {type(error).__name__}: {error}."
        self._end(ended)

    def _end(self, how):
        """Let nobody train any more, show what there is, and say how it ended."""
        self._work = Training._trains = None
        if self._newest.snapshots:
            self._show(replace(self._newest, how=how))
        self._say(how)

    def _say(self, text):
        self.status.value = f'<div class="ll-status">{html.escape(text)}</div>'

    def _show(self, run):
        """Show a run, if its task is chosen: at its newest snapshot, unless it was moved to an earlier one."""
        self._runs[run.task] = run
        if run.task != self.task.value:
            return
        old, i = self.value or (None, 0)
        newest = len(run.snapshots) - 1
        goes_on = old and (old.task, old.seed, old.how) == (run.task, run.seed, TRAINING)
        self.value = run, i if goes_on and i < len(old.snapshots) - 1 else newest

    def _chosen(self, _change=None):
        run = self._runs[self.task.value]
        self.seed.value = run.seed
        self._show(run)

    def _slid(self, change):
        if not self.is_following:
            run, _ = self.value
            self.value = run, min(change.new // run.every, len(run.snapshots) - 1)

    def _follow_value(self, _change=None):
        """Make task and slider say what is shown."""
        run, i = self.value
        with self.following():
            self._runs[run.task] = run
            self.task.value = run.task
            if self.slider.step != run.every:
                self.slider.value = 0  # else the page rounds the old value to the new step, and sends it back
                self.slider.max, self.slider.step = N_STEPS[run.task], run.every
            self.slider.value = run.snapshots[i].step


def _progress(task, seed, step, n_steps, took):
    """Say in words and as a bar how far a training has come."""
    left = f", about {max(1, took / step * (n_steps - step)):.0f} s to go" if step else ""
    said = html.escape(f"training {task}, seed {seed}: step {step} of {n_steps}{left}")
    return f'<label class="ll-status">{said} <progress max="{n_steps}" value="{step}"></progress></label>'


def training():
    """Make the explorer of trainings: at first of the models that ship, then of what is trained here."""
    tasks = {task.name: task for task in (SORT, REVERSE)}
    histories = {name: load_history(name) for name in tasks}
    limit = ROOM_FOR_OTHERS * signed_limit(*(table for each in histories.values() for table in (each.wte, each.wpe)))
    shipped = {}
    for name, each in histories.items():
        fields = zip(each.steps, each.losses, each.scores, each.wte, each.wpe, each.token_shares)
        shipped[name] = Run(name, each.seed, SHIPPED, tuple(Snapshot(*of_step, model=None) for of_step in fields))

    def show(training):
        run, i = training
        now = run.snapshots[i]
        slots = tuple(str(slot) for slot in range(len(now.wpe)))
        title = f"{run.task}, seed {run.seed}, step {now.step}: {now.score} of {N_ALL} right"
        look, n_steps = {"limit": limit, "row_height": 13}, N_STEPS[run.task]
        names = f"token table E_tok  {now.wte.shape}", f"position table E_pos  {now.wpe.shape}"
        return Scene(
            Cells(names[0], now.wte, tuple(VOCABULARY), TOKEN, **look),
            Cells(names[1], now.wpe, slots, POSITION, columns="channel", scale=True, **look),
            Lines(title, run.curves, n_steps, at=i, across="training step", height=110, room=210, said=f"{title}."),
            text=run.how + ("" if run.how == TRAINING else f" {_changes(run, i)}"),
        )

    return Explorer("train it here", {"training": Training(tasks, shipped)}, show)


def _changes(run, i):
    """Say what was measured, before training and at snapshot `i`."""
    first, now = run.snapshots[0], run.snapshots[i]
    values, norm, overlaps = (f"from {ys[0]:.2f} to {ys[i]:.2f}" for _, ys in list(run.curves.values())[1:])
    return (
        f"From step 0 to step {now.step}: right answers from {first.score} to {now.score}; "
        f"overlap of letters with input slots {overlaps} (chance: {CHANCE:.2f}); "
        f"letter's share of the variance in the first value vectors {values}, after the first layer norm {norm}."
    )
