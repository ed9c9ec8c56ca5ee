"""Lesson 5's explorers of reading a sum back: the collision dial, and the game of un-mixing."""

import html
from functools import lru_cache
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from traitlets import Instance

from lessonlib.embeddings import VOCABULARY
from lessonlib.figures import INK, POSITION, TOKEN, Cells, collision_frame, curve_cells, signed_limit, unmix_frame
from lessonlib.live.controls import ROOM, whole_slider
from lessonlib.live.explorer import Explorer
from lessonlib.measure import (
    anonymous_sums,
    closest_sums,
    counting_tables,
    decode_least_squares,
    decode_nearest,
    decoding_accuracy_by_channels,
    every_sum,
    n_distinct_sums,
    unmix,
)

TRAINED, RANDOM, COLLIDING, COUNTING = "trained", "random numbers", "counting: id + slot", "counting: 11 × id + slot"
N_DRAWS = 30  # noisy copies of every sum


def collision_explorer(model):
    """Make the collision dial: how often letter and slot are both read right, by channels, noise and tables.

    Parameters
    ----------
    model : NanoGPT

    Returns
    -------
    explorer : Explorer
    """
    vocab_size, block_size, n_embd = model.vocab_size, model.block_size, model.n_embd
    rng = np.random.default_rng(0)
    tables = {
        TRAINED: (model.wte, model.wpe),
        RANDOM: (rng.standard_normal((vocab_size, n_embd)), rng.standard_normal((block_size, n_embd))),
        COLLIDING: counting_tables(vocab_size, block_size, n_embd, 1),
        COUNTING: counting_tables(vocab_size, block_size, n_embd, block_size),
    }

    @lru_cache(maxsize=100)
    def shares_of(chosen, noise, read):
        return decoding_accuracy_by_channels(*tables[chosen], noise, read, N_DRAWS)  # (C, vocab_size, block_size)

    def show(chosen, channels, noise):
        seen = [table[:, :channels] for table in tables[chosen]]
        shares = shares_of(chosen, noise, decode_nearest)[channels - 1]
        by_nearest = shares_of(chosen, noise, decode_nearest).mean(axis=(1, 2))  # (C,)
        by_amounts = shares_of(chosen, noise, decode_least_squares).mean(axis=(1, 2))
        bars = Cells(curve_cells(by_nearest, by_amounts), [], ((None, channels - 1, INK),), numbers=())
        one, other, distance = closest_sums(*seen)
        grid = Cells(shares, list(VOCABULARY[:vocab_size]), ((*one, INK), (*other, INK)))
        i = channels - 1
        read = (
            f"{_channels(channels)}, noise {noise:g}: letter and slot are both read right {by_nearest[i]:.2f} of the "
            f"time by the nearest sum, {by_amounts[i]:.2f} by least squares; by guessing, {1 / shares.size:.2f}."
        )
        pairs = f"{_pair(*one)} and {_pair(*other)}"
        alike = f"{pairs} have the same sum" if not distance else f"closest are {pairs}, {distance:.3g} apart"
        alike = f"{n_distinct_sums(*seen)} of {shares.size} sums are different; {alike}."
        said = f"Tables: {chosen}. {read} {alike}"
        return {"curve": bars, "grid": grid}, f"{html.escape(read)}<br>{html.escape(alike)}", said

    controls = {
        "chosen": widgets.Dropdown(options=list(tables), description="tables", style=ROOM),
        "channels": whole_slider("channels", 1, n_embd, 8),
        "noise": widgets.FloatSlider(
            0.0, min=0, max=2, step=0.1, description="noise", readout_format=".1f", style=ROOM, tooltip="noise"
        ),
    }
    frame = {"": lambda width: collision_frame(n_embd, vocab_size, block_size, width)}
    return Explorer("reading sums back", controls, frame, show)


def _channels(n):
    return "1 channel" if n == 1 else f"{n} channels"


def _pair(token_id, slot):
    return f"{VOCABULARY[token_id]} in slot {slot}"


class Guess(NamedTuple):
    """Where a game of un-mixing stands."""

    letter: str = VOCABULARY[0]
    slot: int = 0
    turn: int = 0  # which of the anonymous sums
    solved: bool = False
    n_letters: int = 0  # of the sums solved so far, guessed rightly
    n_slots: int = 0
    n_both: int = 0
    n_solved: int = 0


class UnmixGame(widgets.Box):
    """A letter and a slot to guess with, a button that judges the guess, and one for the next sum.

    Parameters
    ----------
    token_ids, slots : int arrays, shape (n_sums,)
        What is in the sums.

    Attributes
    ----------
    value : Guess
    """

    value = Instance(Guess)

    def __init__(self, token_ids, slots, block_size):
        self._answers = [(VOCABULARY[token_id], int(slot)) for token_id, slot in zip(token_ids, slots)]
        self.letter = widgets.Dropdown(options=list(VOCABULARY), description="your letter", style=ROOM)
        self.slot = whole_slider("your slot", 0, block_size - 1, 0)
        self.solve = widgets.Button(description="Check and solve", tooltip="Check the guess and show the amounts")
        self.another = widgets.Button(description="Another one", tooltip="The next anonymous sum")
        super().__init__([self.letter, self.slot, self.solve, self.another], value=Guess())
        self.add_class("ll-controls")
        self.add_class("ll-game")
        self.letter.observe(self._moved, "value")
        self.slot.observe(self._moved, "value")
        self.solve.on_click(lambda _button: self._judge())
        self.another.on_click(lambda _button: self._next())
        self.observe(self._set, "value")

    def _moved(self, _change):
        if not self._following:
            self.value = self.value._replace(letter=self.letter.value, slot=self.slot.value)

    def _judge(self):
        if self.value.solved:
            return
        letter, slot = self._answers[self.value.turn]
        right = self.value.letter == letter, self.value.slot == slot
        self.value = self.value._replace(
            solved=True,
            n_letters=self.value.n_letters + right[0],
            n_slots=self.value.n_slots + right[1],
            n_both=self.value.n_both + all(right),
            n_solved=self.value.n_solved + 1,
        )

    def _next(self):
        self.value = self.value._replace(turn=(self.value.turn + 1) % len(self._answers), solved=False)

    def _set(self, _change):
        self._following = True
        try:
            self.letter.value, self.slot.value = self.value.letter, self.value.slot
        finally:
            self._following = False

    _following = False


def unmix_explorer(model, seed=0):
    """Make the game of un-mixing: a sum of which nobody says what is in it, to be guessed, then solved.

    Parameters
    ----------
    model : NanoGPT
    seed : int
        Of the order in which the sums come.

    Returns
    -------
    explorer : Explorer
    """
    sums, token_ids, slots = anonymous_sums(model.wte, model.wpe, model.vocab_size * model.block_size, seed)
    limit = signed_limit(every_sum(model.wte, model.wpe))

    def show(guess):
        token_id = VOCABULARY.index(guess.letter)
        vector, guessed = sums[[guess.turn]], model.wte[[token_id]] + model.wpe[[guess.slot]]  # (1, C) each
        letters, places = unmix(vector, model.wte, model.wpe)
        letters, places = (np.round(amounts, 4) + 0 if guess.solved else 0 * amounts for amounts in (letters, places))
        cells = {
            "vector": Cells(vector, ["?"]),
            "guess": Cells(guessed, [f"{guess.letter} {guess.slot}"]),
            "letters": Cells(letters, [], ((0, token_id, TOKEN),)),
            "slots": Cells(places, [], ((0, guess.slot, POSITION),)),
        }
        if guess.solved:
            said = _verdict(guess, _pair(token_ids[guess.turn], slots[guess.turn]), letters[0], places[0])
        else:
            said = (
                f"Sum {guess.turn + 1} of {len(sums)}: which letter and which slot are in it? "
                f"Your guess, {_pair(token_id, guess.slot)}, has the sum below it: do the two look alike? They are "
                f"{np.linalg.norm(vector - guessed):.3f} apart; first channels {_first(vector)}, against "
                f"{_first(guessed)}."
            )
        return cells, html.escape(said), said

    frame = {"": lambda width: unmix_frame(model.n_embd, model.vocab_size, model.block_size, limit, width)}
    return Explorer("un-mixing", {"guess": UnmixGame(token_ids, slots, model.block_size)}, frame, show)


def _first(vectors):
    return ", ".join(f"{number:.3f}" for number in vectors[0, :3])


def _verdict(guess, answer, letters, slots):
    """Say what was in the sum, what was guessed, and what least squares found."""
    asked = f"{guess.letter} in slot {guess.slot}"
    verdict = f"It is {answer}, as your guess says." if asked == answer else f"It is {answer}, not {asked}."
    amounts = ", ".join(f"{letter} {amount:.2f}" for letter, amount in zip(VOCABULARY, letters))
    others = np.abs(np.delete(slots, slots.argmax())).max()
    found = f"Least squares finds the amounts {amounts}, slot {slots.argmax()} {slots.max():.2f}"
    rest = f"Guessed so far: both {guess.n_both} of {guess.n_solved}, letters {guess.n_letters}, slots {guess.n_slots}."
    return f"{verdict} {found}, every other slot {others:.2f}. {rest}"
