"""A scene on paper. One pair of axes in CSS pixels for the whole of it: every part is put where `lay_out` says."""

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import Circle, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

from lessonlib.draw.picture import POINT, blank, plain_settings
from lessonlib.palette import FAINT, INK, PALE, POSITION, TOKEN, WRONG
from lessonlib.scene import CHAR_WIDTH, WIDE, Blocks, Cells, Lines, Points, Ranking, Strip, lay_out, shown

# Red above zero, blue below, white at zero; a share runs from white to ink, since colours have other meanings here.
PALETTES = {"signed": colormaps["RdBu_r"], "share": LinearSegmentedColormap.from_list("share", ["white", "#33475b"])}
FADED = 0.3  # of the strength of their colours is left to cells that are not used
LARGE, SMALL = 15, 12  # CSS pixels: titles; labels and numbers
FIGURE = 22  # CSS pixels: a score
CHANCES = "chances of A, B and C"
NUMBER_ROOM = 60  # CSS pixels: behind the longest bar
FONT = {"family": "DejaVu Sans", "parse_math": False}


def colours(cells, matrix=None):
    """Colour the numbers of a heatmap, pale where they are faded, or another matrix on its scale: uint8 (n, m, 4)."""
    faded = cells.faded if matrix is None else ()
    matrix = np.asarray(cells.matrix if matrix is None else matrix, dtype=np.float64)
    share = matrix / cells.limit if cells.palette == "share" else (matrix + cells.limit) / (2 * cells.limit)
    painted = PALETTES[cells.palette](np.clip(share, 0, 1), bytes=True)
    painted[np.isnan(matrix)] = (255, 255, 255, 0)
    for row, column in faded:
        part = painted[slice(None) if row is None else row, slice(None) if column is None else column, :3]
        part[...] = 255 - FADED * (255 - part)
    return painted


def draw(scene, width=WIDE):
    """Draw a scene, `width` CSS pixels wide, as a Picture that carries the scene's words."""
    return _draw(scene, width, (draw_frame, draw_inside))


def frame(scene, width=WIDE):
    """Draw only what two scenes of one shape have in common, as a Picture: titles, axes, scales."""
    return _draw(scene, width, (draw_frame,))


def _draw(scene, width, layers):
    height, boxes = lay_out(scene, width)
    with plain_settings():
        picture, axes = blank(height, scene.words, width)
        for part, box in zip(scene.parts, boxes):
            for layer in layers:
                if type(part) in layer:
                    layer[type(part)](axes, part, box)
        for i, part in enumerate(scene.parts if draw_inside in layers else ()):
            threads = getattr(part, "threads", ())
            for (*_, colour), corners in zip(threads, part.thread_corners(boxes, i) if threads else ()):
                look = {"fill": False, "edgecolor": colour, "linewidth": 2 * POINT, "zorder": 2 + (colour != PALE)}
                axes.add_patch(PathPatch(Path(corners, [1, 4, 4, 4]), **look))
    return picture


def write(axes, x, y, text, size=SMALL, colour=INK, ha="left", va="center", **look):
    """Write a text whose size is in CSS pixels."""
    axes.text(x, y, shown(text), fontsize=size * POINT, color=colour, ha=ha, va=va, **FONT, **look)


def box_around(axes, left, top, width, height, **look):
    axes.add_patch(Rectangle((left, top), width, height, **{"fill": False, "linewidth": 0.8 * POINT} | look))


def write_title(axes, part, box):
    lines = part.title.split("\n")
    for i, line in enumerate(lines):
        y = box.top - 13 - 20 * (len(lines) - 1 - i)
        write(axes, box.left, y, line, LARGE if i == 0 else SMALL + 1, getattr(part, "colour", INK), weight="bold")


def _cells_frame(axes, cells, box):
    n_columns = np.shape(cells.matrix)[1]
    write_title(axes, cells, box)
    box_around(axes, *box, edgecolor=FAINT)
    bottom = box.top + box.height
    for column, label in cells.column_labels():
        write(axes, box.left + (column + 0.5) * box.width / n_columns, bottom + 11, label, ha="center")
    word = cells.below or (cells.columns if isinstance(cells.columns, str) else "")
    if word and not cells.below and axes.get_xlim()[1] < WIDE:
        write(axes, box.left + box.width + 12, bottom + 11, word)
    else:
        write(axes, box.left + box.width / 2, bottom + 29, word, ha="center")
    if cells.left:
        beside = box.left - 18 - CHAR_WIDTH * max(map(len, cells.rows))
        write(axes, beside, box.top + box.height / 2, cells.left, ha="center", rotation=90)
    if cells.scale:
        lowest = 0 if cells.palette == "share" else -cells.limit
        shades = np.linspace(cells.limit, lowest, 128)[:, np.newaxis]
        left = box.left + box.width + cells.apart
        right = left + 12
        image(axes, colours(cells, shades), (left, right, bottom, box.top))
        box_around(axes, left, box.top, right - left, box.height, edgecolor=FAINT)
        for share, number in ((0, cells.limit), (0.5, (cells.limit + lowest) / 2), (1, lowest)):
            if share != 0.5 or (box.height > 45 and number in (0, 0.5)):
                y = box.top + min(max(share * box.height, 5), box.height - 5)
                write(axes, right + 5, y, scale_number(number))


def scale_number(number):
    """Write an end of a scale: two decimals, none where it is a whole number."""
    return f"{number:.0f}" if number == round(number) else f"{number:.2f}"


def image(axes, painted, extent):
    """Paint an image into (left, right, bottom, top)."""
    axes.imshow(painted, extent=extent, aspect="auto", interpolation="nearest", origin="upper", resample=False)
    # imshow sets the limits of the axes to the image
    width, height = axes.figure.get_size_inches() * axes.figure.dpi
    axes.set(xlim=(0, width), ylim=(height, 0))


def _cells_inside(axes, cells, box):
    n_rows, n_columns = np.shape(cells.matrix)
    down, across = box.height / n_rows, box.width / n_columns
    image(axes, colours(cells), (box.left, box.left + box.width, box.top + box.height, box.top))
    for row in range(1, n_rows if cells.ruled else 0):  # equal neighbours stay rows
        y = box.top + row * down
        axes.plot([box.left, box.left + box.width], [y, y], color="white", linewidth=0.8 * POINT, alpha=0.8)
    for row, label in enumerate(cells.rows):
        write(axes, box.left - 7, box.top + (row + 0.5) * down, label, SMALL + 1, ha="right")
    for row, column, text in cells.texts:
        x, y = box.left + (column + 0.5) * across, box.top + (row + 0.5) * down
        write(axes, x, y, text, SMALL + 1, text_colour(cells, row, column), ha="center")
    for row, column, colour in cells.marks:
        left, width = (box.left, box.width) if column is None else (box.left + column * across, across)
        top, height = (box.top, box.height) if row is None else (box.top + row * down, down)
        look = {"edgecolor": colour, "linewidth": 2 * POINT, "clip_on": False, "zorder": 3}
        box_around(axes, left, top, width, height, **look)


def text_colour(cells, row, column):
    """Return an ink that can be read on a cell."""
    red, green, blue, _ = colours(cells, np.asarray(cells.matrix)[[row]][:, [column]])[0, 0] / 255
    return "white" if 0.3 * red + 0.59 * green + 0.11 * blue < 0.5 else INK


def _lines_frame(axes, lines, box):
    bottom = box.top + box.height
    for tick in lines.ticks:
        y = bottom - tick / lines.top * box.height
        axes.plot([box.left, box.left + box.width], [y, y], color=PALE, linewidth=0.8 * POINT)
        write(axes, box.left - 7, y, f"{tick:g}", ha="right")
    for share in (0, 0.25, 0.5, 0.75, 1):
        write(axes, box.left + share * box.width, bottom + 11, f"{share * lines.right:g}", ha="center")
    write(axes, box.left + box.width / 2, bottom + 29, lines.across, ha="center")
    write(axes, box.left - 44, box.top + box.height / 2, lines.up, ha="center", rotation=90)


def _lines_inside(axes, lines, box):
    write_title(axes, lines, box)
    bottom = box.top + box.height
    for (_, x, runs), (colour, dashes) in zip(lines.runs(), lines.looks):
        inside = x <= lines.right
        across = box.left + x[inside] / lines.right * box.width
        for run in runs:
            y = bottom - run / lines.top * box.height
            axes.plot(across, y[inside], color=colour, linestyle=(0, dashes) if dashes else "-", linewidth=2.2 * POINT)
            if lines.at is not None:
                axes.plot(across[lines.at], y[lines.at], "o", color=colour, markersize=7 * POINT, clip_on=False)
    if lines.at is not None:
        axes.plot([across[lines.at]] * 2, [box.top, bottom], color=FAINT, linewidth=1.5 * POINT, zorder=0)
    for (colour, _), height, text in lines.names():
        y, ink = bottom - height * box.height, INK if lines.ordered else colour
        write(axes, box.left + box.width + 12, y, text, SMALL + 1, ink)


def _points_frame(axes, points, box):
    if points.ruled:
        ((x, y),) = box.at(points.shares([(0, 0)]))
        axes.plot([box.left, box.left + box.width], [y, y], color=PALE, linewidth=0.8 * POINT)
        axes.plot([x, x], [box.top, box.top + box.height], color=PALE, linewidth=0.8 * POINT)
        box_around(axes, *box, edgecolor=FAINT)


def disc_colours(points, disc):
    """Return the colour of a disc, and of what stands in it."""
    return ("white", points.colour) if disc.hollow else (points.colour, "white")


def _points_inside(axes, points, box):
    write_title(axes, points._replace(colour=INK), box)
    for xy, colour, look in points.paths:
        corners = box.at(points.shares(xy))
        if look == "outline":
            axes.add_patch(Polygon(corners, facecolor="white", edgecolor=colour, linewidth=2 * POINT))
            continue
        if look == "area":
            axes.add_patch(Polygon(corners, facecolor=colour, alpha=0.12, linewidth=0))
        width, alpha = (1.2, 1) if look == "thin" else (2, 0.45)
        axes.plot(*corners.T, color=colour, linewidth=width * POINT, alpha=alpha)
    for disc in points.discs:
        ((x, y),), (face, ink) = box.at(points.shares([disc[:2]])), disc_colours(points, disc)
        look = {"edgecolor": points.colour, "linewidth": 2 * POINT}
        axes.add_patch(Circle((x, y), disc.radius, facecolor=face, zorder=3, **look))
        if disc.ring:
            axes.add_patch(Circle((x, y), disc.radius + 4, facecolor="none", **look | {"edgecolor": INK}))
        write(axes, x, y, disc.name, SMALL + 1, ink, ha="center", va="center_baseline", weight="bold", zorder=4)
    for x, y, text, size, colour in points.texts:
        ((x, y),), look = box.at(points.shares([(x, y)])), {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        write(axes, x, y, text, size, colour, ha="center", bbox=look if size <= LARGE else None, zorder=4)


def _ranking_inside(axes, ranking, box):
    write_title(axes, ranking, box)
    down = box.height / len(ranking.names)
    for i, (name, share, number) in enumerate(ranking.items()):
        y, length = box.top + (i + 0.5) * down, share * (box.width - NUMBER_ROOM)
        write(axes, box.left - 7, y, name, SMALL + 1, ha="right")
        box_around(axes, box.left, y - 0.3 * down, length, 0.6 * down, fill=True, facecolor=ranking.colour, linewidth=0)
        write(axes, box.left + length + 6, y, number, SMALL + 1)


def _blocks_frame(axes, blocks, box):
    (cells, *_), right, y = blocks.cells, box.left + box.width - 20, box.top + box.height + 6
    left, limit = right - 110, cells.limit
    image(axes, colours(cells, np.linspace(-limit, limit, 128)[np.newaxis]), (left, right, y + 10, y))
    box_around(axes, left, y, right - left, 10, edgecolor=FAINT)
    for share, number in ((0, -limit), (0.5, 0), (1, limit)):
        write(axes, left + share * (right - left), y + 19, scale_number(number), ha="center")


def _blocks_inside(axes, blocks, box):
    """Draw the blocks as they are seen from the right and above, where this order of blocks and faces is right."""
    corners, size = blocks.places(box.width)
    zoom = 0.92 * box.width / size[0]
    (sin_a, sin_e), (cos_a, cos_e) = (turn(np.radians(Blocks.SEEN_FROM)) for turn in (np.sin, np.cos))
    turned = np.array([[cos_a, sin_e * sin_a], [0, cos_e], [-sin_a, sin_e * cos_a]])  # (3, 2)

    def at(points):
        return [box.left + box.width / 2, box.top + box.height / 2] + zoom * np.asarray(points) @ turned

    arrows = list(blocks.arrows(box.width))
    _draw_arrow(axes, at(arrows[0]), TOKEN, zoom)
    for i in sorted(range(3), key=lambda i: (corners[i][2], corners[i][0])):  # the farthest first
        _draw_block(axes, at, corners[i], blocks.cells[i], blocks.chosen[i])
    _draw_arrow(axes, at(arrows[1]), POSITION, zoom)


def _draw_block(axes, at, corner, cells, chosen):
    n_rows, n_columns = np.shape(cells.matrix)
    painted, edge = colours(cells)[..., :3] / 255, np.array(to_rgb(cells.colour))
    for first, last in ((chosen + 1, n_rows), (0, chosen), (chosen, chosen + 1)):  # the row that stands out is nearest
        if first == last:
            continue
        start, part = corner + [0, Blocks.DEPTH * first, Blocks.DEPTH * (first == chosen)], painted[first:last]
        right, back = np.array([n_columns, 0, 0]), np.array([0, 0, -Blocks.DEPTH])
        for tint, origin, across, face in (
            (0.0, start, [1, 0, 0], part),
            (0.12, start + back, [1, 0, 0], part[:1]),
            (0.35, start + right, back, part[:, -1:]),
        ):
            down = -back if tint == 0.12 else np.array([0, Blocks.DEPTH, 0])
            steps = np.indices(np.add(face.shape[:2], 1))[..., np.newaxis]
            grid = at(origin + steps[0] * down + steps[1] * across)  # (n_down + 1, n_across + 1, 2)
            cell = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]], axis=-2).reshape(-1, 4, 2)
            look = {"edgecolors": (1, 1, 1, 0.5), "linewidths": 0.5 * POINT}
            tinted = ((1 - tint) * face + tint * edge).reshape(-1, 3)
            axes.add_collection(PolyCollection(cell, facecolors=tinted, **look), autolim=False)
            outline = grid[[0, 0, -1, -1], [0, -1, -1, 0]]
            axes.add_patch(Polygon(outline, fill=False, edgecolor=cells.colour, linewidth=1.5 * POINT))
    for row, label in enumerate(cells.rows):
        look = {"colour": cells.colour, "weight": "bold"} if row == chosen else {}
        x, y = at(corner + Blocks.DEPTH * np.array([0, row + 0.5, -0.5]) - [2, 0, 0])
        write(axes, x, y, label, SMALL + 1, ha="right", **look)
    (left, y), (right, end) = at(corner + [0, 0, -Blocks.DEPTH]), at(corner + [n_columns, 0, -Blocks.DEPTH])
    slant = {"rotation": -np.degrees(np.arctan2(end - y, right - left)), "rotation_mode": "anchor"}
    name = f"{cells.title}  {np.shape(cells.matrix)}"
    middle = (left + right) / 2, (y + end) / 2 - 12
    write(axes, *middle, name, LARGE, cells.colour, ha="center", weight="bold", **slant)
    if cells.columns:
        for column, text in ((0, "0"), ((n_columns - 1) / 2, cells.columns), (n_columns - 1, str(n_columns - 1))):
            x, y = at(corner + [column + 0.5, Blocks.DEPTH * n_rows, 0])
            write(axes, x, y + 11, text, SMALL + 1, ha="center", **slant)


def _draw_arrow(axes, points, colour, zoom):
    axes.plot(*points.T, color=colour, linewidth=0.7 * zoom * POINT)
    along = (points[-1] - points[-2]) / np.hypot(*(points[-1] - points[-2]))
    wing = 1.2 * zoom * along[::-1] * [-1, 1]
    head = points[-1] + [wing, 2.6 * zoom * along, -wing]
    axes.add_patch(Polygon(head, facecolor=colour, linewidth=0))


def _strip_inside(axes, strip, box):
    if not strip.answer:
        return
    x, y = box.left, box.top + 15
    if strip.score:
        n_right, n_all = strip.score
        for text, size, weight, room in (
            (strip.name, LARGE, "bold", 9.8),
            (str(n_right), FIGURE, "bold", 15.5),
            (f"of {n_all} right", SMALL + 1, "normal", 8),
        ):
            write(axes, x, y, text, size, weight=weight)
            x += room * len(text) + 10
        for share, colour in ((1, PALE), (n_right / n_all, INK)):
            length = share * (box.left + box.width - x)
            box_around(axes, x, y - 5, length, 10, fill=True, facecolor=colour, linewidth=0)
        x, y = box.left, y + Strip.LINES[0]
    letters = f"{strip.given}→{strip.answer}"
    apart = min(30, (box.width + 4) / len(letters))  # CSS pixels, from tile to tile
    size = apart - 4
    for i, letter in enumerate(letters):
        place = i - len(strip.given) - 1
        colour = WRONG if place in strip.wrong else INK if place != -1 else FAINT
        if place != -1:
            face = "#fdecec" if place in strip.wrong else "white"
            edge = colour if place >= 0 else PALE
            box_around(axes, x, y - size / 2, size, size, fill=True, facecolor=face, edgecolor=edge)
        look = {"weight": "bold" if place >= 0 else "normal"}
        write(axes, x + size / 2, y, letter, min(LARGE, size), colour, ha="center", **look)
        if place == 0 and strip.chances:
            write(axes, x - 8, y + size / 2 + Strip.LINES[2] / 2 + 2, CHANCES, ha="right")
        for j, chance in enumerate(strip.chances[place] if strip.chances and place >= 0 else ()):
            for share, shade in ((1, "#e4e7eb"), (chance, INK)):
                high = share * (Strip.LINES[2] - 4)
                look = {"fill": True, "facecolor": shade, "linewidth": 0}
                box_around(axes, x + 2 + 8 * j, y + size / 2 + Strip.LINES[2] - high, 6, high, **look)
        x += apart


# A new kind of part needs one line here, if it has a frame one in the first of these, and one in `explore.page`.
draw_frame = {Cells: _cells_frame, Lines: _lines_frame, Points: _points_frame, Blocks: _blocks_frame}
draw_inside = {
    Cells: _cells_inside,
    Lines: _lines_inside,
    Points: _points_inside,
    Blocks: _blocks_inside,
    Ranking: _ranking_inside,
    Strip: _strip_inside,
}
