"""The pictures that notebooks carry as attachments: `run.py refresh` draws them from the models that ship."""

import numpy as np

from lessonlib.draw.paper import LARGE, SMALL, box_around, colours, draw, image, write
from lessonlib.draw.picture import POINT, blank, plain_settings
from lessonlib.palette import FAINT, INK, PALE, POSITION, TOKEN
from lessonlib.scene import WIDE, Cells, Scene, in_sum, signed_limit, sum_parts


def look_up(letters, table, names, followed):
    """Draw the look-up of `letters` in `table` (n, C), whose rows are `names`: threads lead from each letter to its row
    and on to its copy, green for the letter `followed`."""
    rows, high, top = [names.index(letter) for letter in letters], 24, 40
    below, limit = top + high * (len(letters) - len(names)) / 2, signed_limit(table)  # the table is half way down
    copies, bent = np.asarray(table)[rows], (1 - np.cos(np.linspace(0, np.pi, 40))) / 2
    with plain_settings():
        picture, axes = blank(high * len(letters) + top + 8)
        for left, y, labels, cells, title in (
            (30, top, letters, None, "letters"),
            (230, below, names, table, f"token table E_tok  {np.shape(table)}"),
            (580, top, letters, copies, f"the rows  {copies.shape}"),
        ):
            write(axes, left, y - 18, title, LARGE, INK if cells is None else TOKEN, weight="bold")
            if cells is not None:
                painted = colours(Cells("", cells, tuple(labels), limit=limit))
                image(axes, painted, (left + 30, left + 270, y + high * len(labels), y))
            for i, letter in enumerate(labels):
                look = (TOKEN, "white") if letter == followed else ("white", INK)
                box_around(axes, left, y + high * i + 2, 22, high - 4, fill=True, facecolor=look[0], edgecolor=FAINT)
                if cells is not None:  # equal neighbours stay rows
                    axes.plot([left + 30, left + 270], [y + high * i] * 2, color="white", linewidth=POINT)
                write(axes, left + 11, y + high * (i + 0.5), letter, SMALL + 1, look[1], ha="center")
        for slot, row in enumerate(rows):
            ends, green = (top + high * (slot + 0.5), below + high * (row + 0.5)), letters[slot] == followed
            for (x, far), (start, end) in (((56, 226), ends), ((504, 576), ends[::-1])):
                xs, ys = x + (far - x) * np.linspace(0, 1, 40), start + (end - start) * bent
                look = (TOKEN, 2.5) if green else (PALE, 1.5)
                axes.plot(xs, ys, color=look[0], linewidth=look[1] * POINT, zorder=green)
    said = "; ".join(f"slot {slot}, {letter}, is row {row}" for slot, (letter, row) in enumerate(zip(letters, rows)))
    picture.alt = f"Threads lead from {len(letters)} letters to the rows of a table, and on to copies: {said}."
    return picture


def fed_back(letters, answer):
    """Draw what stands in each slot while a model answers `letters`: what it reads, which position is added to it, and
    what it writes, with an arrow from each letter of `answer` to the slot that reads it next."""
    first, read, size, left, apart, tops = len(letters) - 1, letters + answer[:-1], 34, 76, 44, (8, 66, 112)
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.4 * POINT, "shrinkA": 0, "shrinkB": 0}
    with plain_settings():
        picture, axes = blank(156, width=left + apart * len(read))  # narrow: legible on a narrow page, too
        for text, top in zip(("writes", "reads", "+ row"), tops):
            write(axes, left - 10, top + size / 2, text, LARGE, ha="right")
        for slot, letter in enumerate(read):
            x, tiles = left + apart * slot, [(letter, TOKEN, tops[1]), (str(slot), POSITION, tops[2])]
            if slot >= first:
                tiles.append((answer[slot - first], INK, tops[0]))
                axes.annotate("", (x + 17, tops[0] + size), (x + 17, tops[1]), arrowprops=arrow)
            if slot > first:
                axes.annotate("", (x + 4, tops[1]), (x - apart + 30, tops[0] + size), arrowprops=arrow)
            for text, colour, top in tiles:
                box_around(axes, x, top, size, size, fill=True, facecolor=colour, linewidth=0)
                write(axes, x + size / 2, top + size / 2, text, LARGE, "white", ha="center")
    picture.alt = (
        f"Tiles for slots 0 to {len(read) - 1}. They read {', '.join(read)}, plus the row of each slot. "
        f"Slots {first} to {len(read) - 1} write {', '.join(answer)}; an arrow leads from each to where it is read."
    )
    return picture


def the_sum(tok_emb, pos_emb, x, letters, start=0, cell=None, limit=None, width=WIDE):
    """Draw token + position = input for some letters, (T, C) each, on one scale, of its own or up to `limit`.

    A `cell` (row, channel) and its row are framed, and the titles say what is in it.
    """
    parts = sum_parts(letters, tok_emb, pos_emb, x, start, limit=limit)
    if cell:
        (row, channel), numbers = cell, [matrix[cell] for matrix in (tok_emb, pos_emb, x)]
        written = (
            f"slot {start + row} holds {letters[row]}: {numbers[0]:.4f}",
            f"slot {start + row}: {numbers[1]:.4f}",
            f"{numbers[0]:.4f} + {in_sum(numbers[1])} = {numbers[2]:.4f}",
        )
        parts = [
            part._replace(
                title=f"{part.title}   {said} in channel {channel}",
                marks=((row, None, part.colour), (*cell, INK)),
                row_height=14,  # so that a first screen has room for a question below
            )
            for part, said in zip(parts, written)
        ]
    return draw(Scene(*parts), width)
