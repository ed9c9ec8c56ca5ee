"""Lesson 3's explorers: looking rows up, three letters as a triangle, and words with their neighbours."""

import copy
from collections.abc import Callable
from functools import partial

import ipywidgets as widgets
import numpy as np

from lessonlib.embeddings import VOCABULARY, decode, encode, one_hot, position_embedding
from lessonlib.explore import given
from lessonlib.explore.controls import SHORT_LABEL_STYLE, Letters, Word, dropdown, int_slider, training_slider
from lessonlib.explore.explorer import Explorer, checked, nearly, told_apart
from lessonlib.explore.scores import scores
from lessonlib.measure import distances
from lessonlib.nano_gpt import N_INPUTS, NanoGPT
from lessonlib.palette import FAINT, INK, PALE, TOKEN
from lessonlib.scene import Cells, Disc, Gap, Lines, Path, Points, Ranking, Scene, Strip, in_sum, signed_limit
from lessonlib.tasks import N_ALL, Task

SWAPS = {
    "as trained": (0, 1, 2),
    "A and B swapped": (1, 0, 2),
    "A and C swapped": (2, 1, 0),
    "B and C swapped": (0, 2, 1),
}
TABLE = 2  # its place among the parts of the picture
PAIRS = ((0, 1), (0, 2), (1, 2))  # of letters


def look_up(learners_look_up, model, task):
    """Make the explorer of the token embedding: one-hot times table gives one row for each letter.
    `learners_look_up(letters, table)` returns an array of shape (len(letters), C). It stands in the notebook, where it
    can be read and changed: what it returns is shown, and `model` answers with it, and so has its score in `task`."""
    given.are(look_up=(learners_look_up, Callable), model=(model, NanoGPT), task=(task, Task))
    limit = signed_limit(model.wte)

    def show(letters, slot, channel, swap):
        table = model.wte[list(SWAPS[swap])]
        rows = _looked_up(learners_look_up, letters, table)
        text = f"`{_microscope(letters, table, rows, slot, channel)}`\n{_same(letters, rows, slot)}"
        changed = _with_look_up(model, learners_look_up, table)
        later = partial(scores, {"the model": (changed, task)}, letters)
        return Scene(*_product(letters, table, rows, slot, channel, limit), text=text, later=later)

    controls = {
        "letters": Letters(),
        "slot": int_slider("inspect slot", 0, N_INPUTS - 1, 3),
        "channel": int_slider("inspect channel", 0, model.n_embd - 1, 0),
        "swap": dropdown("rows of table", list(SWAPS)),
    }
    return Explorer("looking up token embeddings", controls, show)


def _looked_up(learners_look_up, letters, table):
    return checked("look_up's result", learners_look_up(letters, table), (len(letters), table.shape[1]))


def _with_look_up(model, learners_look_up, table):
    """Make the same model with a learner's function in place of its own look-up. All rows may change with each letter
    that is written, so what stands after a slot is what the model makes of the letters up to there, looked up anew."""

    def x_of(token_ids, start):
        tok_emb = [_looked_up(learners_look_up, decode(row), table) for row in np.atleast_2d(token_ids)]  # (n, T, C)
        tok_emb = np.reshape(tok_emb, (*np.shape(token_ids), model.n_embd))
        return tok_emb + position_embedding(tok_emb.shape[-2], model.wpe, start)

    def logits(token_ids, start=0, n_last=None):
        n_tokens = token_ids.shape[-1]
        ends = range(n_tokens + 1 - (n_last or n_tokens), n_tokens + 1)
        several = [x_of(token_ids[..., :end], start) for end in ends]
        try:
            if all(np.array_equal(x, several[-1][..., :end, :]) for x, end in zip(several, ends)):
                return model.logits_from(several[-1], n_last)  # they see the same in one pass
            return np.concatenate([model.logits_from(x, n_last=1) for x in several], axis=-2)
        except ValueError as error:
            raise ValueError(f"The model reads x, the rows of look_up plus those of E_pos, and {error}") from None

    changed = copy.copy(model)
    changed.logits = logits
    return changed


def _product(letters, table, rows, slot, channel, limit):
    """Lay the three heatmaps out as a product of matrices: every cell where its row meets its column. A thread leads
    from each row of the table to each copy of it; those of the inspected letter's row are framed."""
    token_id, chosen = VOCABULARY.index(letters[slot]), one_hot(encode(letters), len(table))
    slots = tuple(f"{i} {letter}" for i, letter in enumerate(letters))
    copies = [(i, j) for i, row in enumerate(rows) for j in range(len(table)) if nearly(row, table[j]).all()]
    look = {"colour": TOKEN, "limit": limit}
    of_table = look | {
        "marks": ((token_id, None, TOKEN), (token_id, channel, INK)),
        "faded": tuple((i, None) for i, letter in enumerate(VOCABULARY) if letter not in letters),
    }
    of_rows = look | {
        "marks": (*((i, None, TOKEN) for i, j in copies if j == token_id), (slot, channel, INK)),
        "threads": tuple((i, TABLE, j, TOKEN if j == token_id else PALE) for i, j in copies),
    }
    ones = {"palette": "share", "limit": 1.0, "columns": tuple(VOCABULARY), "marks": ((slot, None, INK),)}
    names = f"token table E_tok  {table.shape}", f"×  E_tok  =  rows  {rows.shape}"
    return (
        Strip(),
        [Gap(len(table)), Cells(names[0], table, tuple(VOCABULARY), scale=True, apart=56, **of_table)],
        [Cells("one-hot", chosen, slots, **ones), Cells(names[1], rows, columns="channel", **of_rows)],
    )


def _microscope(letters, table, rows, slot, channel):
    """Write out one cell of the product: three products of which two are zero."""
    token_id = VOCABULARY.index(letters[slot])
    ones = one_hot([token_id], len(table))[0]
    terms = " + ".join(f"{one:.0f} × {in_sum(number)}" for one, number in zip(ones, table[:, channel]))
    wanted, shown = float(table[token_id, channel]), float(rows[slot, channel])
    text = f"slot {slot} holds {letters[slot]}, id {token_id}; channel {channel}: {terms} = {wanted:.4f}"
    return text if nearly(wanted, rows[slot, channel]) else f"{text}, but look_up gives {told_apart(shown, wanted)}"


def _same(letters, rows, slot):
    """Say in which slots the letter of one stands, and whether they, and no others, hold the same row."""
    holders = [i for i, letter in enumerate(letters) if letter == letters[slot]]
    same = np.flatnonzero(nearly(rows, rows[slot]).all(axis=1)).tolist()
    alone = len(holders) == 1
    said = f"No other slot holds {letters[slot]}" if alone else f"Slots {listed(holders)} hold {letters[slot]}"
    if same == holders:
        return f"{said}." if alone else f"{said}: the same row, {len(same)} times."
    if len(same) == 1:
        return f"{said}, but no other slot has the row that stands in slot {slot}."
    return f"{said}, but the row of slot {slot} stands in slots {listed(same)}."


def listed(words):
    """Write a list as English does: 0, 1 and 2."""
    *first, last = map(str, words)
    return f"{', '.join(first)} and {last}" if first else last


def triangles(histories):
    """Make an explorer with one slider, over the course of trainings: the three letters of each model as a triangle.
    `histories` maps names, such as "sorter", to Histories. Three distances can be drawn in a plane exactly; all
    triangles have one scale, and a grey outline shows where each began, a random triangle. Below them, the scores. It
    starts before training."""
    slider = training_slider(histories, at_start=True)
    sides = {name: np.array([distances(table) for table in history.wte]) for name, history in histories.items()}
    corners = {name: np.array([_corners(each) for each in lengths]) for name, lengths in sides.items()}  # (n, 3, 2)
    every = np.concatenate(list(corners.values()))  # (n, 3, 2)
    every = np.concatenate([every, *(_outside(every, pair)[:, np.newaxis] for pair in PAIRS)], axis=1).reshape(-1, 2)
    reach = (*with_room(every[:, 0], 0.08), *with_room(every[:, 1], 0.02))
    curves = {name: (100 * each.steps / each.steps[-1], each.scores) for name, each in histories.items()}

    def show(snapshot):
        parts, stretched = [], []
        for name, history in histories.items():
            lengths, xy = sides[name][snapshot], corners[name][snapshot]
            title = f"{name}\nstep {history.steps[snapshot]}\n{history.scores[snapshot]} of {N_ALL} right"
            discs = tuple(Disc(*place, letter, 10) for place, letter in zip(xy, VOCABULARY))
            paths = Path(corners[name][0], FAINT, "outline"), Path(xy[[0, 1, 2, 0]], TOKEN, "area")
            texts = tuple((*_outside(xy, pair), f"{lengths[pair]:.3f}", 12, INK) for pair in PAIRS)
            written = ", ".join(f"{VOCABULARY[a]}-{VOCABULARY[b]} {lengths[a, b]:.3f}" for a, b in PAIRS)
            look = {"colour": TOKEN, "highest": 140, "share": 18}
            parts.append(Points(title, reach, discs, paths, texts, said=f"{name}: {written}.", **look))
            stretched.append(
                f"{name} {_stretch(lengths):.2f}" + f" (at first {_stretch(sides[name][0]):.2f})" * bool(snapshot)
            )
        ticks = (0, 243, 486, N_ALL)
        score = Lines("right answers", curves, 100, N_ALL, snapshot, "% of training", ticks=ticks, height=110, room=160)
        grey = "Grey: before training" if snapshot else "Before training, and left behind in grey"
        text = f"{grey}. All triangles to one scale.\nLongest side by shortest: {', '.join(stretched)}."
        return Scene(parts, score, text=text)

    return Explorer("three letters in training", {"snapshot": slider}, show)


def _corners(lengths):
    """Place the first and the last of three corners on one line and the middle one above it, around 0; (3, 2)."""
    base, left, right = lengths[0, 2], lengths[0, 1], lengths[1, 2]
    across = (left**2 + base**2 - right**2) / (2 * base) if base else 0.0
    up = np.sqrt(max(left**2 - across**2, 0.0))
    return np.array([(0, 0), (across, up), (base, 0)]) - [base / 2, up / 3]


def _outside(corners, pair):
    """Say where the number of a side stands: beyond its middle, seen from the middle of the triangle; (..., 2)."""
    return 2 * corners[..., list(pair), :].mean(axis=-2) - corners.mean(axis=-2)


def with_room(numbers, share=0.16):
    """Return the ends of some numbers, with room for discs or words."""
    room = share * (numbers.max() - numbers.min())
    return float(numbers.min() - room), float(numbers.max() + room)


def _stretch(lengths):
    """Say how many times as long as the shortest side the longest is."""
    three = [lengths[pair] for pair in PAIRS]
    return max(three) / min(three) if min(three) else np.inf


# Words and their neighbours, in a model that reads English

SAID = {
    "centred cosine": "centred cosine: row means taken away",
    "cosine": "cosine",
    "distance": "distance",
}


def neighbours(english, word="king", minus="", plus=""):
    """Make the explorer of neighbours: the ten words nearest to `word`, or to `word - minus + plus`, as bars. `english`
    is what `load_english` returns. The typed words may be left out, and the measure chosen."""

    def show(word, minus, plus, by, leave_out):
        found = english.nearest(word, minus or None, plus or None, by=by, leave_out=leave_out)
        names, values = zip(*found)
        typed = {word, minus, plus} - {""}
        asked, title = (
            word + "".join(f" {sign} {other}" for sign, other in zip(signs, (minus, plus)) if other)
            for signs in (("minus", "plus"), "−+")
        )
        title = title if len(title) < 28 else title.replace(" +", "\n+")  # long words, on a narrow page
        others = ("it", "both words", "the three words")[len(typed) - 1]
        text = f"Nearest to {asked}{f', without {others}' if leave_out else ''}: {names[0]}"
        if names[0] in typed:
            first = english.nearest(word, minus or None, plus or None, n=1, by=by, leave_out=True)[0][0]
            text += f" itself; without {others}, {first}"
        ranking = Ranking(
            f"{title}\n{SAID[by]}{', shorter is nearer' * (by == 'distance')}",
            tuple(f"{name} (typed)" if name in typed else name for name in names),
            values,
            most=max(values) if by == "distance" else 1.0,
        )

        return Scene(ranking, text=f"{text}.", left=150)

    def read(text):
        return english.words[english.one(text)]

    controls = {
        "word": Word("word", word, read),
        "minus": Word("minus", minus, lambda text: read(text) if text.strip() else ""),
        "plus": Word("plus", plus, lambda text: read(text) if text.strip() else ""),
        "by": dropdown("measure", list(SAID)),
        "leave_out": widgets.Checkbox(description="leave out the words typed", indent=False),
    }
    controls["by"].style = SHORT_LABEL_STYLE
    return Explorer("words and their neighbours", controls, show)
