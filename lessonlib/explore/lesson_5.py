"""Lesson 5's explorers: the sum, what the model answers to it, and its blocks; a card; what can be read from a sum."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from traitlets import Instance

from lessonlib import measure
from lessonlib.embeddings import VOCABULARY, encode, input_embedding
from lessonlib.explore import given
from lessonlib.explore.controls import Control, Letters, choice_slider, classed, dropdown, float_slider, int_slider
from lessonlib.explore.explorer import MISTAKES, Explorer, checked, message, nearly, quietly, told_apart
from lessonlib.nano_gpt import N_INPUTS, NanoGPT
from lessonlib.palette import CURVES, INK, POSITION, SUM, TOKEN
from lessonlib.scene import (
    SUM_TITLES,
    Blocks,
    Cells,
    Disc,
    Lines,
    Path,
    Points,
    Scene,
    Strip,
    added,
    signed_limit,
    sum_parts,
)

# The sum

NO_SUM_TITLES = ("tok_emb", "pos_emb", "x, as add returns it: not their sum")


def the_sum(add, model):
    """Make the explorer of the input embedding, and of what the model answers to it. `add(letters, start)` returns
    `(tok_emb, pos_emb, x)`, three arrays of shape (T, C). It stands in the notebook, where it can be read and changed:
    what it returns is shown, and x is what the model gets, letter by letter. Each letter that the model writes is
    appended, and `add` is asked again, for up to 11 letters. A nudge is added to the chosen number of x each time. The
    tables of `model` set the scale of the colours."""
    given.are(add=(add, Callable), model=(model, NanoGPT))
    limit = signed_limit(model.wte, model.wpe, measure.every_sum(model.wte, model.wpe))

    @lru_cache(maxsize=100)  # most of what the model reads is as at the move before, or as its own rows make it
    def logits_of(numbers, n_rows):
        return model.logits_from(np.frombuffer(numbers).reshape(n_rows, model.n_embd), n_last=1)[-1]

    def show(letters, start, slot, channel, nudge):
        nudge = round(nudge, 2)

        def nudged(x):
            x = np.array(x, dtype=np.float64)
            x[slot, channel] += nudge
            return x

        def x_of(window):
            return nudged(checked_sum(add(window, start), (len(window), model.n_embd))[2])

        def own_x_of(window):
            return input_embedding(encode(window), model.wte, model.wpe, start).astype(np.float64)

        tok_emb, pos_emb, x = checked_sum(add(letters, start), (N_INPUTS, model.n_embd))
        marks = [((slot, None, colour), (slot, channel, INK)) for colour in (TOKEN, POSITION, SUM)]
        titles = SUM_TITLES if nearly(tok_emb + pos_emb, x).all() else NO_SUM_TITLES
        parts = sum_parts(letters, tok_emb, pos_emb, nudged(x), start, titles, marks, limit=limit, row_height=15)
        cell = microscope(model, letters, start, slot, channel, tok_emb, pos_emb, x, nudge)
        own_x, n_slots = own_x_of(letters), model.block_size - start
        unchanged = nearly(nudged(x) if nudge else x, own_x).all()
        try:
            answer, chances = answer_to(logits_of, letters, n_slots, nudged(x), x_of)
        except UnreadableLetters as error:
            return Scene(Strip(score=None, chances=((0, 0, 0),)), *parts, text=f"`{cell}`\n{error}")
        own, _ = answer_to(logits_of, letters, n_slots, own_x, own_x_of)
        wrong = tuple(i for i in range(len(own)) if answer[i] != own[i])
        said = ", ".join(f"{letter} {max(each):.2f}" for letter, each in zip(answer, chances))
        strip = Strip("", letters, answer, wrong, None, chances, f"Its chances of these letters: {said}.")
        return Scene(strip, *parts, text=f"`{cell}`\n{_answer(letters, start, answer, own, unchanged)}")

    controls = {
        "letters": Letters(),
        "start": int_slider("start position", 0, model.block_size - N_INPUTS, 0),
        "slot": int_slider("inspect row", 0, N_INPUTS - 1, 3),
        "channel": int_slider("inspect channel", 0, model.n_embd - 1, 0),
        "nudge": float_slider("nudge", -0.5, 0.5, 0.0, 0.05),
    }
    return Explorer("token + position = input", controls, show)


def checked_sum(arrays, shape):
    """Return the three arrays that a learner's `add` gives, or say which of them is not what it should be."""
    if arrays is None:
        raise ValueError("the function returned None: is `return` missing?")
    if not isinstance(arrays, (tuple, list)) or len(arrays) != 3:
        raise ValueError(f"the function must return three arrays, tok_emb, pos_emb and x, got {type(arrays).__name__}")
    return [checked(name, array, shape) for name, array in zip(("tok_emb", "pos_emb", "x"), arrays)]


class UnreadableLetters(ValueError):
    """A learner's function takes the six letters, but not the longer strings of which they are the beginning."""


def answer_to(logits_of, letters, n_slots, x, x_of):
    """Let a model write as many letters as it was given, reading `x` (T, C) first, then `x_of(window)`. Returns them
    and, a tuple for each, the chances of all letters: the softmax of its logits, which `logits_of` computes from the
    bytes of an x and its length. The window is all that has been said and written; where it is longer than the slots
    that are left, its end."""
    written, chances = "", ()
    while True:
        logits = logits_of(x.tobytes(), len(x))
        written += VOCABULARY[int(logits.argmax())]
        odds = np.exp(logits - logits.max())
        chances += (tuple((odds / odds.sum()).tolist()),)
        if len(written) == len(letters):
            return written, chances
        window = (letters + written)[-n_slots:]
        try:
            x = quietly(x_of, window)
        except MISTAKES as error:
            raise UnreadableLetters(
                f"There is no answer: the model also reads each letter that it writes, so `add` must take up to "
                f"{len(letters) * 2 - 1} letters. For the {len(window)} letters {window} it says: {message(error)}"
            ) from None


def microscope(model, letters, start, slot, channel, tok_emb, pos_emb, x, nudge=0.0):
    """Write out one cell of the sum, so that it visibly adds up, or say that the function did something else."""
    token, position, shown = (float(each[slot, channel]) for each in (tok_emb, pos_emb, x))
    rows = model.wte[VOCABULARY.index(letters[slot]), channel], model.wpe[start + slot, channel]
    names = f"E_tok[{letters[slot]}, {channel}] + E_pos[{start + slot}, {channel}]"
    if not (nearly(tok_emb[slot, channel], rows[0]) and nearly(pos_emb[slot, channel], rows[1])):
        names = f"tok_emb[{slot}, {channel}] + pos_emb[{slot}, {channel}]"
    text = f"slot {start + slot}, channel {channel}: {names} = {added(token, position)}"
    if not nearly((tok_emb + pos_emb)[slot, channel], x[slot, channel]):
        text = f"{text}, but x holds {told_apart(shown, token + position)}"
    return f"{text}; nudged by {nudge:.2f}: {shown + nudge:.4f}" if nudge else text


def _answer(letters, start, answer, own, unchanged):
    """Say what the model answers, and beside it what it answers to the sum of its own rows if that is another input."""
    where = f", started in slot {start}, as it never was in training" if start else ""
    said = f"The model answers {answer} to {letters}{where}"
    if answer != own:
        return f"{said}; to the unchanged sum, {own}."
    return f"{said}." if unchanged else f"{said}, as to the unchanged sum."


# The same in space


def blocks(add, model):
    """Make the view of both tables and the input in space; mouse and arrow keys turn it. `add(letters, start)` returns
    `(tok_emb, pos_emb, x)`, three arrays of shape (6, C); the last is shown as Input Embed. The tables of `model` are
    shown whole: the rows that are added are picked from them."""
    given.are(add=(add, Callable), model=(model, NanoGPT))
    limit = signed_limit(model.wte, model.wpe, measure.every_sum(model.wte, model.wpe))

    def show(letters, slot):
        x = checked_sum(add(letters, 0), (N_INPUTS, model.n_embd))[2]
        slots = tuple(str(i) for i in range(model.block_size))
        both = tuple(f"{i} {letter}" for i, letter in enumerate(letters))
        cells = (
            Cells("Token Embed", model.wte, tuple(VOCABULARY), TOKEN, limit),
            Cells("Position Embed", model.wpe, slots, POSITION, limit),
            Cells("Input Embed", x, both, SUM, limit, columns="channel"),
        )
        chosen = (VOCABULARY.index(letters[slot]), slot, slot)
        return Scene(Blocks(cells, chosen), text=_sum_in_words(cells, chosen, letters[slot]))

    controls = {"letters": Letters(), "slot": int_slider("slot", 0, N_INPUTS - 1, 3)}
    return Explorer("three blocks in space", controls, show)


def _sum_in_words(cells, chosen, letter):
    """Say which rows meet in the slot, with their first number, or that the function did something else with them."""
    token, position, x = (block.matrix[row] for block, row in zip(cells, chosen))
    row, slot, _ = chosen
    text = (
        f"Slot {slot} holds {letter}: row {row} of Token Embed + row {slot} of Position Embed.\n"
        f"`channel 0: {added(token[0], position[0])}`"
    )
    wrong = ~nearly(token + position, x)
    if not wrong.any():
        return text
    channel, n = int(wrong.argmax()), int(wrong.sum())
    number = told_apart(x[channel], token[channel] + position[channel])
    return f"{text}, but Input Embed holds another number in {n} channel{'s' * (n > 1)}: {number} in {channel}"


# A playing card

RANKS = ("A", *map(str, range(2, 11)), "J", "Q", "K")
SUITS = ("clubs", "diamonds", "hearts", "spades")
SIGNS, SIGN_COLOURS = "♣♦♥♠", (INK, "#b3261e", "#b3261e", INK)
CARD = (116, 164)  # width and height
SUIT_GAP = 2.4  # from suit to suit in the strip of all sums, in units of a sum


def card():
    """Make the explorer of the playing card: value and suit in one card, side by side, and in one sum."""

    def show(rank, suit, step):
        column, row = RANKS.index(rank), SUITS.index(suit)
        sums = card_sums(step)
        fields = _fields("side by side", {"value": column + 1, "suit": row}, INK)
        return Scene(
            [_front(_card(row, column), rank, row), fields, _fields("added", {"sum": sums[row, column]}, SUM)],
            _strip(sums, row, column),
            text=(
                f"{_card(row, column)}: value {column + 1}, suit {row}. Added, with suits {step} apart: "
                f"{column + 1} + {step} × {row} = {sums[row, column]}.\n{_same_sum(sums, row, column)}"
            ),
        )

    controls = {
        "rank": choice_slider("value", RANKS, "7"),
        "suit": choice_slider("suit", SUITS, "hearts"),
        "step": int_slider("suits apart", 1, len(RANKS), 1),
    }
    return Explorer("a playing card, side by side and added", controls, show)


def card_sums(step):
    """Add to the value of each card its suit's number, 0 to 3, times `step`. Int array (4, 13)."""
    return np.arange(1, len(RANKS) + 1) + step * np.arange(len(SUITS))[:, np.newaxis]


def _front(name, rank, row):
    """Draw the front of a card."""
    (width, height), sign, colour = CARD, SIGNS[row], SIGN_COLOURS[row]
    corner = 9 * np.exp(1j * np.linspace(0, np.pi / 2, 6))  # of the card, round
    middles = ((width - 9, height - 9), (9, height - 9), (9, 9), (width - 9, 9))
    outline = [x + 1j * y + 1j**i * corner for i, (x, y) in enumerate(middles)]
    outline = np.concatenate(outline)
    outline = Path(np.stack([outline.real, outline.imag], axis=1), INK, "outline")
    texts = [(width / 2, height / 2, sign, 64, colour)]
    for x, down in ((15, 18), (width - 15, height - 40)):  # not upside down: a heart would be a spade
        texts += [(x, height - down, rank, 21, colour), (x, height - down - 22, sign, 20, colour)]
    reach = (-2, width + 2, -2, height + 2)
    return Points(name, reach, paths=(outline,), texts=tuple(texts), share=1.6, highest=height)


def _fields(title, numbers, colour):
    """Draw a field for each number, from its name, in large figures."""
    wide, high = 70, 72
    right, outline, texts = wide * len(numbers), [], []
    for i, (name, number) in enumerate(numbers.items()):
        left, middle = wide * i, wide * (i + 0.5)
        outline += [(left, 0), (left, high), (left, 0)]
        texts += [(middle, 44, str(number), 30, colour), (middle, 15, name, 13, colour)]
    paths = (Path(np.array([*outline, (right, 0), (right, high), (0, high)]), INK, "outline"),)
    look = {"share": len(numbers), "highest": high}
    return Points(title, (0, right, 0, high), paths=paths, texts=tuple(texts), **look)


def _strip(sums, row, column):
    """Draw every card as a point at its sum, a row for each suit; a line joins those that share the chosen one's."""
    chosen = sums == sums[row, column]
    xy = np.stack([sums, np.broadcast_to(-SUIT_GAP * np.arange(len(SUITS))[:, np.newaxis], sums.shape)], axis=-1)
    discs = tuple(
        Disc(*xy[place], radius=3.5, hollow=place != (row, column), ring=bool(chosen[place]))
        for place in np.ndindex(sums.shape)
    )
    texts = [(-1.5, -SUIT_GAP * i, sign, 20, colour) for i, (sign, colour) in enumerate(zip(SIGNS, SIGN_COLOURS))]
    texts += [(number, -4 * SUIT_GAP, str(number), 13, INK) for number in (1, 13, 26, 39, 52)]
    title = f"the sums of all {sums.size} cards: {len(np.unique(sums))} different ones"
    reach = (-3, 54, -4.6 * SUIT_GAP, 0.8 * SUIT_GAP)
    return Points(title, reach, discs, (Path(xy[chosen], SUM),), tuple(texts), SUM)


def _card(row, column):
    return f"{RANKS[column]} of {SUITS[row]}"


def _same_sum(sums, row, column):
    """Say which cards have the sum of this one, and how many sums there are."""
    names = [_card(*at) for at in np.argwhere(sums == sums[row, column])]
    total = f"The {sums.size} cards have {len(np.unique(sums))} different sums."
    if len(names) == 1:
        return f"No other card has this sum: value and suit can be read back from it. {total}"
    return f"{len(names)} cards have this sum ({', '.join(names)}): nobody can tell which of them it was. {total}"


# Reading sums back

TRAINED, RANDOM, COLLIDING, COUNTING = "trained", "random numbers", "count: id + slot", "count: 11 × id + slot"
N_DRAWS = 30  # noisy copies of every sum
CHOSEN = CURVES[2][0]  # seen on light and on dark cells


def collisions(model):
    """Make the explorer of how often letter and slot are both read right, by channels, noise and tables."""
    given.are(model=(model, NanoGPT))
    vocab_size, block_size, n_embd = model.vocab_size, model.block_size, model.n_embd
    rng = np.random.default_rng(0)
    tables = {
        TRAINED: (model.wte, model.wpe),
        RANDOM: (rng.standard_normal((vocab_size, n_embd)), rng.standard_normal((block_size, n_embd))),
        COLLIDING: measure.counting_tables(vocab_size, block_size, n_embd, 1),
        COUNTING: measure.counting_tables(vocab_size, block_size, n_embd, block_size),
    }

    @lru_cache(maxsize=100)
    def accuracy(chosen, noise, decode):
        return measure.decoding_accuracy_by_channels(*tables[chosen], noise, decode, N_DRAWS)  # (C, vocab_size, ...)

    def show(chosen, channels, noise):
        nearest = accuracy(chosen, round(noise, 1), measure.decode_nearest)
        solved = accuracy(chosen, round(noise, 1), measure.decode_least_squares)
        curves = {"nearest sum": nearest.mean(axis=(1, 2)), "least squares": solved.mean(axis=(1, 2))}  # each (C,)
        seen = [table[:, :channels] for table in tables[chosen]]
        one, other, distance = measure.closest_sums(*seen)
        pairs, shares = f"{_pair(*one)} and {_pair(*other)}", nearest[channels - 1]
        alike = f"{pairs} have the same sum" if not distance else f"closest are {pairs}, {distance:.3g} apart"
        by_nearest, by_solving = (curve[channels - 1] for curve in curves.values())
        return Scene(
            Lines(
                "letter and slot both read right", {name: (np.arange(1, n_embd + 1), y) for name, y in curves.items()},
                n_embd, at=channels - 1, across="number of channels that are seen", up="share", room=164,
            ),
            Cells(
                "every pair, read by the nearest sum", shares, tuple(VOCABULARY[:vocab_size]), limit=1.0,
                palette="share", columns=tuple(map(str, range(block_size))), below="slot", scale=True,
                marks=((*one, CHOSEN), (*other, CHOSEN)), row_height=30,
            ),
            text=(
                f"{channels} channel{'s' * (channels > 1)}, noise {noise:.1f}: both are read right {by_nearest:.2f} of "
                f"the time by the nearest sum, {by_solving:.2f} by least squares; by guessing, {1 / shares.size:.2f}.\n"
                f"Without noise, {measure.n_distinct_sums(*seen)} of {shares.size} sums are different; {alike}."
            ),
            left=54,
        )  # fmt: skip

    controls = {
        "chosen": dropdown("tables", list(tables)),
        "channels": int_slider("channels", 1, n_embd, 4),
        "noise": float_slider("noise", 0.0, 2.0, 1.0, 0.1),
    }
    return Explorer("reading sums back", controls, show)


def _pair(token_id, slot):
    return f"{VOCABULARY[token_id]} in slot {slot}"


class Guess(NamedTuple):
    """Where a game of un-mixing stands."""

    letter: str = VOCABULARY[0]
    slot: int = 0
    turn: int = 0  # which of the anonymous sums
    solved: bool = False
    guessed: tuple = ()  # of the sums solved so far: whether the letter was right, and whether the slot


class UnmixGame(Control):
    """A letter and a slot to guess with, a button that judges the guess, and one for the next sum; `value` is a Guess.
    `token_ids` and `slots`, each (n_sums,), say what is in the sums."""

    value = Instance(Guess)

    def __init__(self, token_ids, slots, block_size):
        self._answers = [(VOCABULARY[token_id], int(slot)) for token_id, slot in zip(token_ids, slots)]
        self.letter = dropdown("your letter", list(VOCABULARY))
        self.slot = int_slider("your slot", 0, block_size - 1, 0)
        self.solve = widgets.Button(description="Check and solve", tooltip="Check the guess and show the amounts")
        self.another = widgets.Button(description="Another one", tooltip="The next anonymous sum")
        super().__init__([self.letter, self.slot, widgets.Box([self.solve, self.another])], value=Guess())
        classed(self, "ll-controls ll-game ll-whole")
        self.letter.observe(self._moved, "value")
        self.slot.observe(self._moved, "value")
        self.solve.on_click(lambda _button: self._judge())
        self.another.on_click(lambda _button: self._next())
        self.observe(self._set, "value")

    def _moved(self, _change):
        if not self.is_following:
            self.value = self.value._replace(letter=self.letter.value, slot=self.slot.value)

    def _judge(self):
        if not self.value.solved:
            letter, slot = self._answers[self.value.turn]
            right = self.value.letter == letter, self.value.slot == slot
            self.value = self.value._replace(solved=True, guessed=(*self.value.guessed, right))

    def _next(self):
        self.value = self.value._replace(turn=(self.value.turn + 1) % len(self._answers), solved=False)

    def _set(self, _change):
        with self.following():
            self.letter.value, self.slot.value = self.value.letter, self.value.slot


def unmix(model):
    """Make the game of un-mixing: a sum of which nobody says what is in it, to be guessed, then solved."""
    given.are(model=(model, NanoGPT))
    n_sums = model.vocab_size * model.block_size
    sums, token_ids, slots = measure.anonymous_sums(model.wte, model.wpe, n_sums)
    limit = signed_limit(measure.every_sum(model.wte, model.wpe))

    def show(guess):
        token_id = VOCABULARY.index(guess.letter)
        vector, guessed = sums[[guess.turn]], model.wte[[token_id]] + model.wpe[[guess.slot]]  # (1, C) each
        amounts = measure.unmix(vector, model.wte, model.wpe)
        letters, places = (np.round(each, 4) + 0 if guess.solved else 0 * each for each in amounts)
        row, share = {"limit": limit, "row_height": 30}, {"limit": 1.0, "palette": "share", "row_height": 30}
        pair, name = _pair(token_id, guess.slot), f"{guess.letter} {guess.slot}"
        title, asked = f"your guess  {guessed[0].shape}", "amounts, once you have asked for the solution"
        letter_names, slot_names = tuple(VOCABULARY[: model.vocab_size]), tuple(map(str, range(model.block_size)))
        marks = (((0, token_id, TOKEN),), ((0, guess.slot, POSITION),))
        text = (
            f"Sum {guess.turn + 1} of {len(sums)}: which letter and which slot are in it? Does your guess, {pair}, "
            f"look like it? The two are {np.linalg.norm(vector - guessed):.3f} apart.\n"
            f"Their first channels: {_first(vector)} and {_first(guessed)}."
        )
        if guess.solved:
            text = _verdict(guess, _pair(token_ids[guess.turn], slots[guess.turn]), letters[0], places[0])
        return Scene(
            Cells(f"an anonymous sum  {vector[0].shape}", vector, ("?",), SUM, scale=True, **row),
            Cells(title, guessed, (name,), SUM, columns="channel", **row),
            [
                Cells("letters", letters, (), TOKEN, columns=letter_names, below="amounts", marks=marks[0], **share),
                Cells(
                    "slots", places, (), POSITION, columns=slot_names, below=asked, marks=marks[1], scale=True, **share,
                ),
            ],
            text=text,
            left=54,
        )  # fmt: skip

    return Explorer("un-mixing", {"guess": UnmixGame(token_ids, slots, model.block_size)}, show)


def _first(vectors):
    return ", ".join(f"{number:.3f}" for number in vectors[0, :3])


def _verdict(guess, answer, letters, slots):
    """Say what was in the sum, what was guessed, and what least squares found."""
    asked = f"{guess.letter} in slot {guess.slot}"
    verdict = f"It is {answer}, as your guess says." if asked == answer else f"It is {answer}, not {asked}."
    amounts = ", ".join(f"{letter} {amount:.2f}" for letter, amount in zip(VOCABULARY, letters))
    others = np.abs(np.delete(slots, slots.argmax())).max()
    found = f"Least squares finds the amounts {amounts}, slot {slots.argmax()} {slots.max():.2f}"
    n_letters, n_slots = np.sum(guess.guessed, axis=0)
    n_both, n_solved = sum(map(all, guess.guessed)), len(guess.guessed)
    rest = f"Guessed so far: both {n_both} of {n_solved}, letters {n_letters}, slots {n_slots}."
    return f"{verdict} {found}, every other slot {others:.2f}.\n{rest}"
