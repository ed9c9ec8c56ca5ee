"""A picture is a value: what is to be seen, not how it gets onto paper (`draw`) or onto the page (`explore`).

A scene is a list of parts. `lay_out` says where each of them lies, in CSS pixels, from the shapes alone; so the same
shapes always have the same place, and only what stands in them has to be drawn anew.
"""

import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lessonlib.palette import CURVES, INK, ORDERED, POSITION, SUM, TOKEN

WIDE, NARROW = 860, 460  # CSS pixels: a notebook on a laptop, and one beside an open file browser
TITLE, CHAR_WIDTH = 30, 7.6  # CSS pixels: above a part, for its title; the width of a letter of its labels
NUMBERS, BELOW = 20, 20  # below a part: for the numbers of its columns, and for the word that says what they are
GAP, EDGE, SCALE = 40, 20, 84  # between two parts beside each other; at the right, without and with a scale
LABELLED = 13  # CSS pixels: the least height of a row with a label
FEW, LEAST = 12, 28  # up to so many columns each has its own label, and at least so many pixels
MOST_WORDS = 300  # letters of the words of a picture: those who hear them cannot skim
BESIDE = 56  # on a narrow page, parts that have more columns together stand below each other


class Cells(NamedTuple):
    """A heatmap: one cell for each number of `matrix`, (n_rows, n_columns); NaN leaves a cell white."""

    title: str
    matrix: np.ndarray
    rows: tuple = ()  # a label for each row, or none
    colour: str = INK  # of the title
    limit: float | None = None  # the strongest colours are for plus and minus this; None: one scale for the whole scene
    palette: str = "signed"  # or "share", from 0 to `limit`
    columns: str | tuple = ""  # what a column is, such as "channel", or a label for each
    below: str = ""  # what the labels of the columns are
    left: str = ""  # what the labels of the rows are
    scale: bool = False  # whether the scale stands beside it
    apart: float = 16  # CSS pixels: how far
    marks: tuple = ()  # (row, column, colour) of frames; None for a row or a column frames all of them
    faded: tuple = ()  # (row, column) of what is not used; None as in marks
    texts: tuple = ()  # (row, column, text): short words in cells
    flights: tuple = ()  # rows that come flying, on a page with a kernel
    threads: tuple = ()  # (row, part, its_row, colour): at the right, from the row of another part of the scene to one
    told: bool = True  # whether the number under the mouse is said
    ruled: bool = True  # whether thin lines part the rows
    row_height: float = 18  # CSS pixels

    @property
    def layout_key(self):
        """What the place and the frame of this part depend on."""
        return self._replace(
            matrix=np.shape(self.matrix), rows=(), marks=(), faded=(), texts=(), flights=(), threads=()
        )

    @property
    def words(self):
        n_rows, n_columns = np.shape(self.matrix)
        filled = self.matrix[np.isfinite(self.matrix)] if np.size(self.matrix) else np.zeros(0)
        if self.texts and not filled.size:
            return f"{self.title}: {', '.join(text for _, _, text in self.texts)}".replace("\n", ", ")
        title = re.sub(r"^[+×=]\s+|\s+\([\d, ]+\)$", "", self.title)  # signs and shape are for the eye
        said = f"{title}: heatmap, {n_rows} row{'s' * (n_rows > 1)} by {n_columns} columns".replace("\n", ", ")
        return f"{said}, from {_rounded(filled.min())} to {_rounded(filled.max())}" if filled.size else said

    def column_labels(self):
        """Say which columns have a label, and what it is: of many, every eighth or fewer, and the last."""
        n_columns = np.shape(self.matrix)[1]
        if not isinstance(self.columns, str):
            return list(enumerate(self.columns))
        if not self.columns:
            return []
        apart = 8 * max(1, n_columns // 64)
        shown = range(n_columns) if n_columns <= FEW else [*range(0, n_columns - apart // 2, apart), n_columns - 1]
        return [(column, str(column)) for column in shown]

    def thread_corners(self, boxes, i):
        """Return the corners of each thread, (4, 2), in CSS pixels, as Bézier drew curves; the i-th box is its own."""
        box, found = boxes[i], []
        high, right = box.height / np.shape(self.matrix)[0], box.left + box.width + 4
        for row, part, its_row, _ in self.threads:
            bend = right + 14 + 5 * (its_row + 1)
            start, end = boxes[part].top + (its_row + 0.5) * high, box.top + (row + 0.5) * high
            found.append(np.array([(right, start), (bend, start), (bend, end), (right, end)]))
        return found


class Flight(NamedTuple):
    """A row that flies from another part of the scene to its place in this one."""

    row: int  # where it lands
    part: int  # from which part of the scene it comes
    its_row: int  # there
    numbers: np.ndarray  # (C,), what flies
    colour: str  # of its frame
    start: float = 0.0  # seconds after the move


class Lines(NamedTuple):
    """Curves over one axis, at most four; where a curve has several rows of `y`, each is one run of the same."""

    title: str
    curves: dict  # from a name to (x, y): float arrays (n,) and (n,) or (n_runs, n)
    right: float  # the axis across goes from 0 to this
    top: float = 1.0  # the axis up goes from 0 to this
    at: int | None = None  # the point that is marked in every curve, and whose numbers stand beside its name
    across: str = ""
    up: str = ""
    ticks: tuple = (0, 0.5, 1)  # of the axis up
    height: float = 190
    room: float = 200  # CSS pixels at the right, for the names
    ordered: bool = False  # whether the curves are of less and more: light to dark, in one hue
    said: str = ""  # aloud

    @property
    def layout_key(self):
        return self._replace(title="", curves=None, at=None, said="")

    @property
    def words(self):
        ends = [f"{name} ends at {', '.join(_rounded(run[-1]) for run in runs)}" for name, _, runs in self.runs()]
        return f"{self.title}: curves over {self.across}; {'; '.join(ends)}"

    @property
    def looks(self):
        """Colour and dashes of every curve."""
        return ORDERED[-len(self.curves) :] if self.ordered else CURVES

    def runs(self):
        """Yield for every curve its name, its x (n,) and its runs (n_runs, n)."""
        for name, (x, y) in self.curves.items():
            yield name, np.asarray(x), np.atleast_2d(y)

    def names(self):
        """Yield for every curve its look, the height at which its name stands, from 0 to 1, and the text."""
        runs = list(self.runs())
        heights = spread_out([float(np.mean(y[:, -1])) / self.top for _, _, y in runs], 19 / self.height)
        decimals = 2 if self.top < 10 else 0
        for (name, _, y), look, height in zip(runs, self.looks, heights):
            yield look, height, name if self.at is None or not name else f"{y[0, self.at]:.{decimals}f}  {name}"


class Disc(NamedTuple):
    """A point of a plane."""

    x: float
    y: float
    name: str = ""  # what stands in it
    radius: float = 12  # CSS pixels
    hollow: bool = False
    ring: bool = False  # whether there is a ring around it


class Path(NamedTuple):
    """A line from point to point of a plane."""

    xy: np.ndarray  # (n, 2), or a tuple of points
    colour: str
    look: str = "line"  # or "thin"; or closed: "area", what it encloses is tinted, or "outline", it is white


class Points(NamedTuple):
    """Discs, lines and words on a plane, of which both axes have one scale."""

    title: str
    reach: tuple  # left, right, bottom and top end of the plane
    discs: tuple = ()
    paths: tuple = ()  # below the discs
    texts: tuple = ()  # (x, y, text, size in CSS pixels, colour)
    colour: str = POSITION  # of the discs
    ruled: bool = False  # whether lines mark both zeros
    said: str = ""  # aloud
    share: float = 24  # of the line it stands in, as columns of heatmaps count
    highest: float = 400  # CSS pixels

    @property
    def layout_key(self):
        return self._replace(title="\n" * self.title.count("\n"), discs=(), paths=(), texts=(), said="")

    def shares(self, xy):
        """Say where points of the plane lie, (x, y) each, as shares of the width and the height of the box, from its
        top. A list: for two or three points, as most lines have, numpy takes five times as long."""
        left, right, bottom, top = self.reach
        return [((x - left) / (right - left), (y - top) / (bottom - top) + 0) for x, y in xy]  # + 0: no minus before it

    @property
    def words(self):
        names = [disc.name for disc in self.discs if disc.name]
        n = len(names) or max([len(self.discs), *(len(path.xy) for path in self.paths if path.look == "line")])
        said = f"{self.title}: map of {n} points {', '.join(names)}" if n else self.title
        return said.strip().replace("\n", ", ")


class Blocks(NamedTuple):
    """Heatmaps as three solid blocks in space: two tables, and a sum; a row stands out of each, joined by arrows.

    Lengths are in widths of a cell, whose height and depth are DEPTH; x runs right, y down, z to who looks.
    """

    cells: tuple  # three Cells, with their limit; the last names its columns
    chosen: tuple  # which row stands out of each

    DEPTH = 3  # height and depth of a row, and how far one stands out: widths of a cell
    SEEN_FROM = (20, 20)  # degrees that who looks has walked around them, to the right of the front, and up

    @property
    def layout_key(self):
        return self._replace(cells=tuple(cells.layout_key for cells in self.cells), chosen=())

    @property
    def words(self):
        rows = [f"row {row} of {cells.title}" for cells, row in zip(self.cells, self.chosen)]
        sizes = ["{}, {} by {}".format(cells.title, *np.shape(cells.matrix)) for cells in self.cells]
        arrows = f"Arrows lead from {rows[0]} and {rows[1]} to {rows[2]}; these rows stand out"
        return f"Blocks in space: {'; '.join(sizes)}. {arrows}"

    def places(self, across):
        """Say where the left top front corner of each block lies, (3, 3), and how wide, high and deep all are.

        A box that is many CSS pixels wide has the tables beside each other, a narrow one all three in low steps
        below each other: no title covers a block, from whatever side they are seen.
        """
        n_rows, n_columns = np.transpose([np.shape(cells.matrix) for cells in self.cells])
        high, wide, near = self.DEPTH * n_rows, max(n_columns), self.DEPTH
        if across < (WIDE + NARROW) / 2:
            tops = np.cumsum([0, *(high[:-1] + 7)])
            corners = [[-wide / 2 + 1, top, front] for top, front in zip(tops, (-near, 0, near))]
            size = (wide + 30, tops[2] + high[2] + 12, 4 * near)
        else:
            tops = ((high[1] - high[0]) / 2, 0, max(high[:2]) + 8)
            corners = [[-wide - 6, tops[0], 0], [4, tops[1], 0], [-wide / 2, tops[2], near]]
            size = (2 * wide + 32, tops[2] + high[2] + 12, 4 * near)
        return np.array(corners) - [0, (size[1] - 12) / 2, 0], size

    def arrows(self, across):
        """Yield for each table the corners, (n, 3), of the arrow from its row to the sum: outwards, along, and back."""
        corners, _ = self.places(across)
        for which, side in ((0, -1), (1, 1)):
            start, end = (self._end(corners[i], i, side) for i in (which, 2))
            start[0], end[0] = start[0] + side * (4.8 if side < 0 else 1.5), end[0] + side * (8.6 if side < 0 else 4)
            bend = side * (max(side * start[0], side * end[0]) + 4)
            bends = np.array([[bend, *start[1:]], [bend, *end[1:]]])
            down = (bends[1] - bends[0]) / np.linalg.norm(bends[1] - bends[0])
            inwards = np.array([-side * 1.6, 0, 0])
            yield np.array(
                [start, bends[0] + inwards, bends[0] + 1.6 * down, bends[1] - 1.6 * down, bends[1] + inwards, end]
            )

    def _end(self, corner, i, side):
        """Return the middle of the left (-1) or right (1) end of the row that stands out."""
        across = np.shape(self.cells[i].matrix)[1] if side > 0 else 0
        return corner + [across, self.DEPTH * (self.chosen[i] + 0.5), self.DEPTH / 2]


class Ranking(NamedTuple):
    """Things in order, the first on top: a name, a bar from 0 to `most`, and its number at the end of it."""

    title: str
    names: tuple
    values: tuple
    most: float
    colour: str = TOKEN

    @property
    def layout_key(self):
        title = "\n" * self.title.count("\n")
        return self._replace(title=title, names=("",) * len(self.names), values=(), most=1.0)

    @property
    def words(self):
        return self.title.replace("\n", ", ")

    @property
    def said(self):
        """Every name with its number, aloud."""
        return f"{', '.join(f'{name} {number}' for name, _, number in self.items())}."

    def items(self):
        """Yield for every bar its name, how long it is, from 0 to 1, and its number."""
        for name, value in zip(self.names, self.values):
            yield name, min(max(value / self.most, 0), 1), f"{value:.3f}"


class Strip(NamedTuple):
    """What a model makes of some letters, in one sight: tiles of both, the wrong ones marked, and its score.

    A strip without an answer keeps the room for what `Scene.later` counts.
    """

    name: str = ""  # of the model
    given: str = ""
    answer: str = ""
    wrong: tuple = ()  # places in the answer
    score: tuple | None = (0, 1)  # how many answers are right, and of how many; None: there is none
    chances: tuple = ()  # for each letter of the answer, those of all letters, as small bars below it
    said: str = ""  # aloud

    n_columns = 48  # as wide as a heatmap of so many
    LINES = (36, 34, 24)  # CSS pixels: for score, tiles and chances

    @property
    def height(self):
        return sum(room for room, shown in zip(self.LINES, (self.score, True, self.chances)) if shown)

    @property
    def layout_key(self):
        return Strip(score=self.score and (0, 1), chances=bool(self.chances))

    @property
    def words(self):
        return self.said


class Gap(NamedTuple):
    """Room that stays free, as wide as so many columns."""

    n_columns: int
    words: str = ""

    @property
    def layout_key(self):
        return self


class Scene:
    """Parts of a picture, from top to bottom, a list of parts for those beside each other, and what is to be said.

    `text` stands below the picture and is what a screen reader says; `...` between backticks is set as code, a line
    break begins a new line. `later` is for what takes longer than a few hundredths of a second: a generator function
    that yields between pieces of its work and returns the strips that take the place of the empty ones. `left` is the
    room for the labels of the first part of every line, in CSS pixels; without it, what the longest needs.
    """

    def __init__(self, *lines, text="", later=None, left=None):
        lines = [line if isinstance(line, list) else [line] for line in lines]
        free = [part.matrix for line in lines for part in line if getattr(part, "limit", 0) is None]
        if free:
            limit = signed_limit(*free)
            lines = [[p._replace(limit=limit) if getattr(p, "limit", 0) is None else p for p in line] for line in lines]
        self.lines, self.text, self.later = lines, text, later
        self.parts = tuple(part for line in lines for part in line)
        self.left = left or max((_label_room(line[0]) for line in lines), default=EDGE)
        # What the places and the frames of all parts depend on: two scenes with one key have one layout.
        self.layout_key = (self.left, *(tuple(part.layout_key for part in line) for line in self.lines))

    def with_strips(self, strips):
        """Return the same scene with other strips, from top to bottom."""
        strips = iter(strips)
        lines = [[next(strips) if type(part) is Strip else part for part in line] for line in self.lines]
        return Scene(*lines, text=self.text, left=self.left)

    @property
    def said(self):
        """What is said of it aloud: its text, and what parts have to say."""
        lines = sorted(self.text.split("\n"), key=lambda line: line.startswith("`"))  # sentences first, then numbers
        first, last = [], []
        for part in self.parts:
            counts = getattr(part, "score", isinstance(part, (Lines, Points)))
            (first if counts else last).append(getattr(part, "said", ""))
        text = "\n".join(filter(None, [*first, *lines, *last]))
        return aloud(plain(re.sub(r"([^.?!:;,\s])\s*\n", r"\1. ", text)))

    @property
    def words(self):
        """The picture in words, for those who do not see it: what is said, and of what is seen as much as has room."""
        seen = [part.words for part in self.parts if part.words and type(part) is not Strip]
        return brief([self.said, *seen])


class Box(NamedTuple):
    """Where the inside of a part lies, in CSS pixels from the top left corner."""

    left: float
    top: float
    width: float
    height: float

    def at(self, shares):
        """Turn shares of the width and the height, (n, 2), to CSS pixels."""
        return [self.left, self.top] + np.asarray(shares) * [self.width, self.height]


def lay_out(scene, width=WIDE):
    """Say where the parts of a scene lie on a page of some width: the height of the whole, and a Box for each part."""
    lines = []
    for first, *others in scene.lines:
        lines.append([first])
        for part in others:
            if width < WIDE and _is_crowded([*lines[-1], part], width):
                lines.append([])
            lines[-1].append(part)
    rooms = (
        getattr(part, "room", SCALE + part.apart - 16 if getattr(part, "scale", 0) else EDGE) for part in scene.parts
    )
    right = max(rooms, default=EDGE)
    besides = [part for _, *others in scene.lines for part in others]
    gap = max((GAP - 14 + _label_room(part) if getattr(part, "rows", ()) else GAP for part in besides), default=GAP)
    top, boxes = 0.0, []
    for line in lines:
        room, apart = right, gap
        if isinstance(line[0], Points) and len(line) > 2:  # they need all of it
            room, apart = EDGE, gap if width == WIDE else EDGE
        widths = _widths(line, width - scene.left - room - apart * (len(line) - 1))
        title = max(_title_room(part) for part in line)
        left = scene.left
        if width < WIDE and _has_score(line[0]):  # it needs all of the line
            left, widths = EDGE, [width - 2 * EDGE]
        heights = [_height(part, across, width) for part, across in zip(line, widths)]
        for part, across, height in zip(line, widths, heights):
            boxes.append(_fitted(part, Box(left, top + title, across, height)))
            left += across + apart
        top += title + max(height + _room_below(part, width) for part, height in zip(line, heights))
    return top + 6, boxes


def _fitted(part, box):
    """Keep what has one scale for both axes in the middle of its box: it then has one shape on all pages."""
    if not isinstance(part, Points):
        return box
    left, right, bottom, top = part.reach
    width = min(box.width, box.height * (right - left) / (top - bottom))
    return box._replace(left=box.left + (box.width - width) / 2, width=width)


def _is_crowded(line, width):
    """Say whether parts have no room beside each other: many columns, or few whose labels would meet."""
    few = sum(n for part in line if isinstance(part, Cells) and (n := _n_columns([part])) <= FEW)
    return _n_columns(line) > BESIDE or few * LEAST > width


def _n_columns(line):
    return sum(
        np.shape(part.matrix)[1] if isinstance(part, Cells) else getattr(part, "share", getattr(part, "n_columns", FEW))
        for part in line
    )


def _widths(line, room):
    """Share out the room of a line by columns, so that few columns have room for their labels."""
    columns = np.array([_n_columns([part]) for part in line], dtype=np.float64)
    least = np.array([LEAST * n if n <= FEW and len(line) > 1 else 0 for n in columns])
    widths = room * columns / columns.sum()
    small = widths < least
    if small.any() and not small.all():
        widths[small] = least[small]
        widths[~small] = (room - least[small].sum()) * columns[~small] / columns[~small].sum()
    return widths.tolist()


def _has_score(part):
    return isinstance(part, Strip) and part.score is not None


def _height(part, across, width):
    if isinstance(part, Cells):  # on a narrow page rows are lower, as long as their labels have room
        least = LABELLED if part.row_height >= LABELLED else 0
        return np.shape(part.matrix)[0] * (part.row_height if width >= WIDE else max(0.68 * part.row_height, least))
    if isinstance(part, Points):
        left, right, bottom, top = part.reach
        return min(part.highest, across * (top - bottom) / (right - left))
    if isinstance(part, Ranking):
        return 24.0 * len(part.names)
    if isinstance(part, Blocks):
        _, size = part.places(across)
        return np.ceil(size[1] * across / size[0])
    if width < WIDE and _has_score(part):  # all of it in one line
        return Strip.LINES[0]
    return getattr(part, "height", 0.0)


def _title_room(part):
    title = getattr(part, "title", "")
    return TITLE + 20 * title.count("\n") if title or isinstance(part, (Lines, Points, Ranking)) else 8


def _room_below(part, width):
    if isinstance(part, Lines):
        return NUMBERS + BELOW
    if isinstance(part, Cells) and part.columns:  # on a narrow page the word stands behind the numbers
        return NUMBERS + (BELOW if part.below or (isinstance(part.columns, str) and width >= WIDE) else 0)
    return 34 if isinstance(part, Blocks) else 6


def _label_room(part):
    longest = max(map(len, getattr(part, "rows", ())), default=0)
    word = BELOW if getattr(part, "left", "") else 0
    return 14 + CHAR_WIDTH * longest + word if longest else 54 if isinstance(part, Lines) else EDGE


SUM_TITLES = ("token embedding", "+  position embedding", "=  input embedding")


def sum_parts(letters, tok_emb, pos_emb, x, start=0, titles=SUM_TITLES, marks=((), (), ()), **look):
    """Make the three heatmaps of token + position = input, (T, C) each, one above the other.

    Every cell adds up; where it does not, other titles say so. `look` is what else all three Cells have.
    """
    slots = [str(start + i) for i in range(len(letters))]
    both = tuple(f"{slot} {letter}" for slot, letter in zip(slots, letters))
    one, two, three = (f"{title}  {np.shape(matrix)}" for title, matrix in zip(titles, (tok_emb, pos_emb, x)))
    return (
        Cells(one, tok_emb, tuple(letters), TOKEN, marks=marks[0], **look),
        Cells(two, pos_emb, tuple(slots), POSITION, marks=marks[1], scale=True, **look),
        Cells(three, x, both, SUM, marks=marks[2], columns="channel", **look),
    )


def spread_out(heights, least):
    """Move heights from 0 to 1 apart, so that words there do not meet: they keep their order and stay at or below 1."""
    order, moved = np.argsort(heights, kind="stable"), np.array(heights, dtype=np.float64)
    for lower, upper in pairwise(order):
        moved[upper] = max(moved[upper], moved[lower] + least)
    moved[order[-1]] = min(moved[order[-1]], 1.0)
    for upper, lower in pairwise(order[::-1]):
        moved[lower] = min(moved[lower], moved[upper] - least)
    return moved.tolist()


def moved_apart(xy, least):
    """Move points of the plane, (n, 2), until all are `least` apart: each goes no further than its neighbours push."""
    moved = np.array(xy, dtype=np.float64)
    for _ in range(200):
        gaps = moved[:, np.newaxis] - moved
        far = np.linalg.norm(gaps, axis=-1) + np.eye(len(moved)) * least
        push = np.clip(least - far, 0, None) / 2
        if push.max() < 0.01 * least:
            break
        moved += (gaps / np.maximum(far, 1e-9)[..., np.newaxis] * push[..., np.newaxis]).sum(axis=1)
    return moved


def signed_limit(*matrices):
    """Return the largest size of any number, more than 0: matrices drawn with it share one scale around 0."""
    limit = max(float(np.nanmax(np.abs(matrix), initial=0)) for matrix in matrices)
    return limit if limit > 0 else 1.0


def _rounded(number):
    """Write a number with as many decimals as pictures show."""
    return f"{round(float(number), 2) + 0:g}"


def aloud(text):
    """Write a text as it is said: a minus sign as a word, as some readers skip it, and letters one by one."""
    text = re.sub(r"(?<![\w.])[-−](?=\d)", "minus ", text)
    return re.sub(r"\b[ABC]{2,}\b", lambda letters: ", ".join(letters[0]), text)


def brief(texts):
    """Put texts together, aloud, as far as they have room in the words of a picture, and no sentence is cut."""
    said, texts = "", [text if text.endswith((".", "?", "!")) else f"{text}." for text in texts if text]
    for piece in re.split(r"(?<=[.?!;])\s+", aloud(" ".join(texts))):
        if said and len(said) + 1 + len(piece) > MOST_WORDS:
            break
        said = f"{said} {piece}".strip()
    return re.sub(r";$", ".", said)


def plain(text):
    """Take the signs for code and for what is wrong out of a text."""
    return re.sub(r"[`*]", "", text).replace("\n", " ")


def shown(text):
    """Write a text as it is seen, with true minus signs; what is code keeps those that Python reads."""
    return re.sub(r"(?<![\w.])-(?=\.?\d)", "−", text)


def added(one, other):
    """Write a sum the one way in which all sums are written: 0.0309 + (-0.0093) = 0.0216."""
    return f"{one:.4f} + {in_sum(other)} = {one + other + 0:.4f}"


def in_sum(number):
    """Write a number so that it can stand after a plus or times sign: a negative one in parentheses."""
    return f"({number:.4f})" if number < 0 else f"{number:.4f}"
