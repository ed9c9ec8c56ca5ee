"""The pictures of the lessons' cells: arrays in, Picture out. Some of them are no scene of cells, lines and points."""

import numpy as np

from lessonlib.draw.paper import LARGE, SMALL, box_around, draw, write
from lessonlib.draw.picture import POINT, blank, plain_settings
from lessonlib.palette import FAINT, INK, PALE, POSITION, TOKEN
from lessonlib.scene import WIDE, Cells, Disc, Lines, Path, Points, Scene, sum_parts
from lessonlib.tasks import N_ALL

NEARLY_ALL = 700
# letter, slot, both, context
SOURCE_COLOURS = ((TOKEN, "white"), (POSITION, "white"), ("#5b6b7a", "white"), (PALE, INK))


def matrix(matrix, title, rows, colour=INK, columns="channel"):
    """Draw one matrix (n_rows, n_columns) as coloured cells on a scale around 0. `rows` are the labels of its rows,
    `columns` says what a column is."""
    matrix = np.asarray(matrix)
    name = f"{title}  {matrix.shape}"
    return draw(Scene(Cells(name, matrix, tuple(rows), colour, columns=columns, scale=True, row_height=20)))


def the_sum(tok_emb, pos_emb, x, letters, start=0):
    """Draw token + position = input for some letters, (T, C) each, on one scale. The first is in slot `start`."""
    return draw(Scene(*sum_parts(letters, tok_emb, pos_emb, x, start)))


def curves(runs, title, last_step=None, ordered=False):
    """Draw the scores of several trainings over their steps: `runs` maps a name, at most four, to (steps, scores),
    int arrays (n,) and (n_seeds, n) of right answers of 729. The picture ends at
    `last_step`. With `ordered`, the curves are of less to more of something, and drawn light to dark in one hue."""
    last = last_step or max(int(np.max(steps)) for steps, _ in runs.values())
    lines = Lines(
        title, runs, last, N_ALL, across="training step", up="right answers", ticks=(0, 243, 486, N_ALL), height=220,
        room=30 + 8 * max(map(len, runs)), ordered=ordered,
    )  # fmt: skip
    picture = draw(Scene(lines))
    ends = [f"{name}: {', '.join(_course(steps, scores) for scores in runs)}" for name, (steps, runs) in runs.items()]
    said = f"Right of {N_ALL} at the end, and since which step {NEARLY_ALL}, for each seed"
    picture.alt = f"{title}. {said}: {'; '.join(ends)}."
    return picture


def _course(steps, scores):
    """Say where a line ends, and when it first comes near the top."""
    high = np.flatnonzero(np.asarray(scores) >= NEARLY_ALL)
    return f"{scores[-1]} since {steps[high[0]]}" if len(high) else f"{scores[-1]}"


def squares(squares, names, below, left, limit=None, palette="signed", decimals=None):
    """Draw several matrices of one shape (n, m) beside each other, on one scale: `squares` maps a title to each.
    `names` are the labels of their rows, or of rows and columns, (rows, columns), where these differ; `left` and
    `below` say what rows and columns are. With `decimals`, every cell holds its number. NaN leaves a cell white."""
    rows, columns = names if isinstance(names[0], (tuple, list)) else (names, names)
    parts = []
    for title, square in squares.items():
        square = np.asarray(square, dtype=np.float64)
        shown = np.ndindex(square.shape) if decimals is not None else ()
        texts = tuple((*place, _short(square[place], decimals)) for place in shown if np.isfinite(square[place]))
        parts.append(
            Cells(
                title, square, tuple(map(str, rows)), limit=limit, palette=palette, columns=tuple(map(str, columns)),
                below=below, left="" if parts else left, scale=len(parts) == len(squares) - 1,
                texts=texts, row_height=min(56, 260 / len(rows)),
            )
        )  # fmt: skip
    picture = draw(Scene(parts))
    if decimals is not None:
        said = [
            f"{part.title}: {', '.join(f'{rows[row]} by {columns[column]} {text}' for row, column, text in shown)}"
            for part in parts
            for shown in [part.texts if len(part.texts) * len(parts) < 10 else _ends(part, len(parts) > 2)]
        ]
        axes = " by ".join(filter(None, [left, below]))
        what = ", ".join(filter(None, ["Squares of numbers", axes]))
        picture.alt = f"{what}. {'. '.join(said)}."
    return picture


def _ends(square, is_brief):
    """Pick the lowest and the highest number of a square that is too large to be said, or the highest alone; none of a
    diagonal of ones, on which each is compared with itself."""
    texts = [text for text in square.texts if text[0] != text[1]]
    if any(float(text[2]) != 1 for text in square.texts if text[0] == text[1]):
        texts = square.texts
    low, high = (pick(texts, key=lambda text: float(text[2])) for pick in (min, max))  # as they are seen
    highest = (*high[:2], f"{high[2]}, the highest")
    return (highest,) if is_brief else ((*low[:2], f"{low[2]}, the lowest"), highest)


def parallelogram(maps, names, corners):
    """Draw, on maps of one scale, the parallelogram that three points span: `maps` maps a title to points (n, 2).
    `corners` are the numbers of the first, the second and the third point; the fourth corner, first - second + third,
    is drawn as a hollow "?"."""
    one, two, three = corners
    maps = {title: np.vstack([xy, xy[one] - xy[two] + xy[three]]) for title, xy in maps.items()}
    ends = np.concatenate(list(maps.values()))
    room = 0.1 * np.ptp(ends, axis=0).max()
    reach = tuple(np.column_stack([ends.min(axis=0) - room, ends.max(axis=0) + room]).ravel())
    parts, nearest = [], []
    for title, xy in maps.items():
        discs = tuple(Disc(*place, name, hollow=name == "?") for place, name in zip(xy, (*names, "?")))
        paths = (Path(xy[[two, one, len(names), three, two]], TOKEN, "area"),)
        parts.append(Points(title, reach, discs, paths, colour=TOKEN, highest=300))
        apart = np.linalg.norm(xy[:-1] - xy[-1], axis=1)
        nearest.append(f"{names[apart.argmin()]}, {apart.min():.2f} away, {title}")
    text = f"The hollow point is {names[one]} - {names[two]} + {names[three]}; nearest to it: {'; '.join(nearest)}."
    return draw(Scene(parts, text=text))


def walk(planes, n_steps):
    """Draw points that follow each other around the middle of a plane; `planes` maps a title to (n, 2), on one scale.
    The first `n_steps` are joined in order and numbered from 1. Below a title stands by how many degrees the next point
    is turned around the middle: the median, and how many steps lie within a fifth of it."""
    reach, parts, said = 1.15 * max(np.abs(xy).max() for xy in planes.values()), [], []
    for name, xy in planes.items():
        turns = np.degrees(np.diff(np.unwrap(np.arctan2(*xy.T[::-1]))))
        turn = np.median(turns)
        low, high = np.sort([0.8 * turn, 1.2 * turn])
        steady = ((low <= turns) & (turns <= high)).mean()
        turn, low, high = (f"{angle:.{int(abs(turn) < 10)}f}°" for angle in (turn, low, high))
        of_step = f"a step turns by {turn}", f"{steady:.0%} of steps by {low} to {high}"
        said.append(f"{name}: {', '.join(of_step)}")
        discs, paths = tuple(Disc(*place, radius=2.5) for place in xy), (Path(xy[:n_steps], POSITION),)
        texts = tuple((*place, str(i), SMALL + 1, INK) for i, place in enumerate(0.75 * xy[:n_steps], 1))
        ends = (-reach, reach, -reach, reach)
        parts.append(Points("\n".join([name, *of_step]), ends, discs, paths, texts, highest=300))
    picture = draw(Scene(parts))
    picture.alt = f"Points, of which rows 1 to {n_steps} are joined in order. {'. '.join(said)}."
    return picture


ANGLES = "overlap: mean squared cosine of the principal angles (0: right angles)"


def overlaps(chance, models, label=ANGLES, ends=("before training", "after")):
    """Draw what random tables give as a grey hill, and over it each model as an arrow, such as of what training does.
    `chance` holds the values of random tables, (n,); `models` maps a name, such as "sorters", to the values of several
    models, (n_models, 2), and each name has a hill of its own. `ends` says what both ends of an arrow are."""
    width = 700  # not WIDE: text stays legible where a page is narrow
    above, row, between, bottom, edge = 26, 96, 24, 50, 20
    height, chance = len(models) * (above + row + between) - between + bottom, np.asarray(chance)
    most = 1.1 * max(chance.max(), *(np.max(pairs) for pairs in models.values()))
    zoom, said = (width - 2 * edge) / most, []
    with plain_settings():
        picture, axes = blank(height, width=width)
        for i, (name, pairs) in enumerate(models.items()):
            top = above + i * (above + row + between)
            low = top + row
            counts, edges = np.histogram(chance, bins=60, range=(0, most))
            axes.stairs(low - row * counts / counts.max(), edge + zoom * edges, baseline=low, fill=True, color=PALE)
            median = edge + zoom * np.median(chance)
            axes.plot([median, median], [top, low], color=FAINT, linewidth=1.2 * POINT)
            axes.plot([edge, width - edge], [low, low], color=FAINT, linewidth=0.8 * POINT)
            write(axes, edge, top - 13, name, LARGE, weight="bold")
            for seed, (before, after) in enumerate(pairs):
                y, start, end = top + row * (seed + 0.5) / len(pairs), edge + zoom * before, edge + zoom * after
                arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.6 * POINT, "shrinkA": 0, "shrinkB": 0}
                axes.annotate("", (end, y), (start, y), arrowprops=arrow)
                axes.plot(start, y, "o", color=INK, markersize=6 * POINT, markerfacecolor="white")
            before, after = np.sort(np.transpose(pairs))[:, [0, -1]]  # the lowest and the highest
            below = _range((chance < after[:, np.newaxis]).mean(axis=1), ".0%")
            moves = f"{_range(before, '.2f')} {ends[0]}, {_range(after, '.2f')} {ends[1]}"
            said.append(f"{name}: {moves}; {below} of chance lies below")
        for tick in np.arange(0, most, 0.1):
            write(axes, edge + zoom * tick, low + 12, f"{tick:.1f}", ha="center")
        write(axes, width - edge, low - 13, "grey: random tables", ha="right")
        words = f"{label}    ○ {ends[0]}  ▶ {ends[1]}"
        write(axes, width / 2, low + 34, words, SMALL + 1, ha="center")
    picture.alt = f"Arrows over grey hills of chance, for the {label}. {'. '.join(said)}."
    return picture


def sources(shares, stages, names):
    """Draw, for several models, a bar for each stage of the stream, split into what explains its spread. `shares` maps
    the name of a model to (n_stages, 4): letter, slot, both, context, which `names` names."""
    row, top, left, right, bottom = 28, 34, 120, 20, 44
    height, said = (row * len(stages) + top) * len(shares) + bottom, []
    with plain_settings():
        picture, axes = blank(height)
        for i, (name, each) in enumerate(shares.items()):
            first = i * (row * len(stages) + top) + top
            write(axes, left, first - 13, name, LARGE, weight="bold")
            for j, (stage, split) in enumerate(zip(stages, each)):
                y, x = first + j * row, left
                write(axes, left - 8, y + row / 2, stage, SMALL + 1, ha="right")
                for share, (colour, ink) in zip(split, SOURCE_COLOURS):
                    width = share * (WIDE - left - right)
                    box_around(axes, x, y + 3, width, row - 6, fill=True, facecolor=colour, edgecolor="white")
                    if share > 0.04:
                        write(axes, x + width / 2, y + row / 2, f"{share:.2f}", SMALL + 1, ink, ha="center")
                    x += width
                if j in (0, len(stages) - 1):
                    most = np.argsort(split)[:-3:-1]
                    said.append(f"{name}, {stage}: {', '.join(f'{names[k]} {_short(split[k], 2)}' for k in most)}")
        for i, (source, (colour, _)) in enumerate(zip(names, SOURCE_COLOURS)):
            x = left + i * 150
            box_around(axes, x, height - 27, 14, 14, fill=True, facecolor=colour, linewidth=0)
            write(axes, x + 22, height - 20, source, SMALL + 1)
    picture.alt = f"Bars of what explains the spread of the stream. {'. '.join(said)}."
    return picture


def _range(ends, form):
    """Say from where to where numbers go, or the number where both ends look the same."""
    low, high = (f"{end:{form}}" for end in ends)
    return low if low == high else f"{low} to {high}"


def _short(number, decimals):
    """Write a number with so many decimals, without a minus sign before a zero."""
    return f"{round(float(number), decimals) + 0:.{decimals}f}"
