"""A scene on the page: a frame that matplotlib draws once, and over it, in HTML, all that follows the controls."""

import base64
import html
import io
from functools import partial
from pathlib import Path
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from PIL import Image

from lessonlib.draw.paper import CHANCES, colours, disc_colours, frame, text_colour
from lessonlib.draw.picture import svg
from lessonlib.scene import NARROW, WIDE, Blocks, Cells, Lines, Points, Ranking, Strip, lay_out, shown

DURATION = 0.7  # seconds that a row flies
HERE = Path(__file__).parent
UNPROTECTED = "Letters typed on a slider may be taken as commands on this server: this page may not run our script."
_page = None


def page():
    """Return the one widget that brings page.css and page.js: every explorer has it as a child, it is sent once."""
    global _page
    if _page is None or _page.comm is None:  # somebody may have closed all widgets
        style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
        _page = widgets.HTML(
            f'<style onload="{html.escape(script)}">{style}</style><p class="ll-unprotected">{UNPROTECTED}</p>'
        )
        _page.add_class("ll-page")
    return _page


class Layout(NamedTuple):
    """What all scenes with one layout_key share: drawn and laid out once, however many explorers show them."""

    frames: str  # HTML of two images, for wide and for narrow pages
    places: tuple  # for both pages, its width and height and the boxes of the parts
    sizes: str  # CSS, as are the insets of each part: how far its inside is from the four edges of the picture
    insets: list


_layouts = {}


def layout(scene):
    """Return the Layout of a scene."""
    if scene.layout_key not in _layouts:
        if len(_layouts) > 50:
            _layouts.clear()
        places = tuple((width, *lay_out(scene, width)) for width in (WIDE, NARROW))
        frames = "".join(
            f'<img class="ll-{kind}" alt="" '
            f'src="data:image/svg+xml;base64,{_base64(svg(frame(scene, width)).encode())}">'
            for kind, width in (("wide", WIDE), ("narrow", NARROW))
        )
        sizes = _wide_and_narrow(f"{width:g} / {height:g}" for width, height, _ in places)
        insets = [
            _wide_and_narrow(_inset(width, height, boxes[i]) for width, height, boxes in places)
            for i in range(len(scene.parts))
        ]
        _layouts[scene.layout_key] = Layout(frames, places, sizes, insets)
    return _layouts[scene.layout_key]


def panels_html(scene, kinds=None):
    """Write what lies over the frame: for each part, or each of these kinds, a panel at its place, for both widths."""
    its, kinds = layout(scene), kinds or OVER
    panels = [OVER[type(part)](part, i, its) for i, part in enumerate(scene.parts) if type(part) in kinds]
    return f'<div class="ll-panels" style="{its.sizes}" aria-hidden="true">{"".join(panels)}</div>'


def _seen(text):
    return html.escape(shown(text))


def _wide_and_narrow(values):
    """Write a value for wide and one for narrow pages as CSS."""
    wide, narrow = values
    return f"--wide:{wide};--narrow:{narrow}"


def _inset(width, height, box):
    right, bottom = width - box.left - box.width, height - box.top - box.height
    return f"{box.top / height:.3%} {right / width:.3%} {bottom / height:.3%} {box.left / width:.3%}"


def _cells_over(cells, i, its):
    n_rows, n_columns = np.shape(cells.matrix)
    place = partial(_place, n_rows=n_rows, n_columns=n_columns)
    landing, resting = {}, cells.matrix
    for flight in cells.flights:
        landing[flight.row] = max(landing.get(flight.row, 0.0), flight.start + DURATION)
    if landing:  # rows on their way are drawn apart
        resting = np.array(cells.matrix, dtype=np.float64)
        resting[list(landing)] = np.nan
    parts = [f'<img alt="" decoding="sync" src="{tiny(cells._replace(matrix=resting))}">']
    if n_rows > 1 and cells.ruled:
        parts.append(f'<i class="ll-ruled" style="--rows:{n_rows}"></i>')
    for row, when in landing.items():
        style = f"{place(row, None)};animation-delay:{when:g}s"
        parts.append(f'<img alt="" class="ll-landed" style="{style}" src="{tiny(cells, cells.matrix[[row]])}">')
    for row, column, text in cells.texts:
        style = f"{place(row, column)};color:{text_colour(cells, row, column)}"
        parts.append(f'<b class="ll-text" style="{style}">{_seen(text)}</b>')
    if cells.rows:
        labels = "".join([f"<span>{_seen(text)}</span>" for text in cells.rows])
        parts.append(f'<div class="ll-row-labels">{labels}</div>')
    for row, column, colour in cells.marks:
        parts.append(f'<i class="ll-mark" style="{place(row, column)};border-color:{colour}"></i>')
    if cells.threads:
        parts += [_threads(cells, boxes, i, kind) for kind, (_, _, boxes) in zip(("wide", "narrow"), its.places)]
    told = f' data-numbers="{numbers(cells.matrix)}"' if cells.told else ""
    panel = f'<div class="ll-panel" data-part="{i}" style="{its.insets[i]}"{told}>{"".join(parts)}</div>'
    return panel + "".join([_flight(cells, i, flight, its) for flight in cells.flights])


def _threads(cells, boxes, i, kind):
    """Draw threads to rows of a heatmap for wide or for narrow pages."""
    paths, box = [], boxes[i]
    for (*_, colour), corners in zip(cells.threads, cells.thread_corners(boxes, i)):
        corners = (corners - [box.left, box.top]) / [box.width, box.height]
        start, *others = (f"{x:.3f},{y:.3f}" for x, y in corners)
        paths.append(f'<path d="M{start}C{" ".join(others)}" stroke="{colour}"/>')
    return _lines_svg(paths, f' class="ll-{kind}"')


def numbers(matrix):
    """Write numbers for the page, which says the one under the mouse: in base64, 16 bits each for its ten-thousandths.

    The least of them stands for NaN. Numbers too large for that are written as float32, after a colon.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    if np.abs(matrix).max(initial=0, where=np.isfinite(matrix)) > 3.2:
        return f":{_base64(matrix.astype('<f4').tobytes())}"
    return _base64(np.where(np.isfinite(matrix), np.round(1e4 * matrix), -(2**15)).astype("<i2").tobytes())


def _place(row, column, n_rows, n_columns):
    """Say in CSS where a cell lies; None for a row or a column means all of them."""
    down = "top:0;height:100%" if row is None else f"top:{row / n_rows:.3%};height:{1 / n_rows:.3%}"
    across = "left:0;width:100%" if column is None else f"left:{column / n_columns:.3%};width:{1 / n_columns:.3%}"
    return f"{down};{across}"


def _flight(cells, i, flight, its):
    """Write a row that is seen only while it flies."""
    rules = []
    for suffix, (width, height, boxes) in zip(("", "-narrow"), its.places):
        here, there = boxes[i], boxes[flight.part]
        high = here.height / np.shape(cells.matrix)[0]
        start, end = there.top + flight.its_row * high, here.top + flight.row * high
        rules += [f"--left{suffix}:{here.left / width:.3%}", f"--width{suffix}:{here.width / width:.3%}"]
        rules += [f"--height{suffix}:{high / height:.3%}"]
        rules += [f"--from{suffix}:{start / height:.3%}", f"--to{suffix}:{end / height:.3%}"]
    style = (
        f"{';'.join(rules)};outline-color:{flight.colour};animation-duration:{DURATION}s;"
        f"animation-delay:{flight.start:g}s"
    )
    return f'<img alt="" class="ll-flight" style="{style}" src="{tiny(cells, flight.numbers[np.newaxis])}">'


def _lines_over(lines, i, its):
    curves, dots, marked = [], [], ""
    for (_, x, runs), (colour, dashes) in zip(lines.runs(), lines.looks):
        across = np.round(x / lines.right, 4)
        broken = f' stroke-dasharray="{" ".join(map(str, dashes))}"' if dashes else ""
        for run in runs:
            down = np.round(1 - run / lines.top, 4)
            points = " ".join(f"{a:g},{b:g}" for a, b in zip(across, down))
            curves.append(f'<polyline points="{points}" stroke="{colour}"{broken}/>')
            if lines.at is not None:
                dots.append(_disc(across[lines.at], down[lines.at], 4, colour, colour))
                marked = f'<u style="left:{across[lines.at]:.2%}"></u>'
    names = "".join(
        f'<em style="top:{1 - height:.2%};color:{colour}">{_seen(text)}</em>'
        for (colour, _), height, text in lines.names()
    )
    inside = f"{_title(lines.title)}{marked}{_lines_svg(curves)}{''.join(dots)}{names}"
    return _said_panel("ll-plot", its.insets[i], lines.said, inside)


PATHS = {
    "line": '" stroke="{0}" stroke-opacity="0.45"',
    "thin": '" stroke="{0}" class="ll-thin"',
    "area": '" stroke="{0}" stroke-opacity="0.45" fill="{0}" fill-opacity="0.12"',
    "outline": 'Z" fill="white" stroke="{0}"',
}


def _points_over(points, i, its):
    shapes = [f'<path d="{_line(points.shares(xy))}{PATHS[look].format(colour)}/>' for xy, colour, look in points.paths]
    places = points.shares([disc[:2] for disc in points.discs])
    discs = [
        _disc(x, y, disc.radius, points.colour, *disc_colours(points, disc), _seen(disc.name), disc.ring)
        for (x, y), disc in zip(places, points.discs)
    ]
    words = [
        f'<span class="{"ll-small" if size <= 15 else ""}" style="left:{x:.2%};top:{y:.2%};font-size:{size:g}px;'
        f'color:{colour}">{_seen(text)}</span>'
        for (x, y), text, size, colour in ((points.shares([text[:2]])[0], *text[2:]) for text in points.texts)
    ]
    inside = f"{_title(points.title)}{_lines_svg(shapes)}{''.join(discs)}{''.join(words)}"
    return _said_panel("ll-plot", its.insets[i], points.said, inside)


def _said_panel(kind, inset, said, inside):
    said = f' data-said="{html.escape(said)}"' if said else ""
    return f'<div class="ll-panel {kind}" style="{inset}"{said}>{inside}</div>'


def _line(corners):
    return f"M{'L'.join(f'{x:.4f} {y:.4f}' for x, y in corners)}"


def _title(title):
    first, *more = title.split("\n")
    return f"<b>{_seen(first)}{''.join(f'<br><small>{_seen(line)}</small>' for line in more)}</b>"


def _lines_svg(shapes, kind=""):
    return f'<svg{kind} viewBox="0 0 1 1" preserveAspectRatio="none">{"".join(shapes)}</svg>'


def _disc(x, y, radius, edge, fill, ink="", text="", ring=False):
    look = f"left:{x:.2%};top:{y:.2%};width:{2 * radius}px;height:{2 * radius}px;background:{fill};border-color:{edge}"
    kind = ' class="ll-ring"' if ring else ""
    return f'<i{kind} style="{look}{f";color:{ink}" if text else ""}">{text}</i>'


def _ranking_over(ranking, i, its):
    look = f"background:{ranking.colour};width:"
    inside = _title(ranking.title) + "".join(
        f'<div><span>{_seen(name)}</span><i style="{look}{share:.2%}"></i>{_seen(number)}</div>'
        for name, share, number in ranking.items()
    )
    return _said_panel("ll-ranking", its.insets[i], ranking.said, inside)


def _strip_over(strip, i, its):
    if not strip.answer:
        return ""
    score, tiles = "", "".join(f"<span>{letter}</span>" for letter in strip.given)
    if strip.score:
        n_right, n_all = strip.score
        bar = f'<i class="ll-bar"><i style="width:{n_right / n_all:.2%}"></i></i>'
        score = f"<div><b>{html.escape(strip.name)}</b><strong>{n_right}</strong>of {n_all} right{bar}</div>"
    for place, letter in enumerate(strip.answer):
        shares = ";".join(
            f"--of-{i}:{chance:.1%}" for i, chance in enumerate(strip.chances[place] if strip.chances else ())
        )
        bars = f'<u style="{shares}"></u>' if shares else ""
        kind = ' class="ll-wrong"' if place in strip.wrong else ""
        told = f"<small>{CHANCES}</small>" if bars else ""
        tiles += f"{'' if place else f'<em>→{told}</em>'}<b{kind}>{letter}{bars}</b>"
    return _said_panel("ll-strip", its.insets[i], strip.said, f'{score}<div class="ll-tiles">{tiles}</div>')


def _blocks_over(blocks, i, its):
    wide, narrow = (boxes[i].width for _, _, boxes in its.places)
    (corners, size), (narrow_corners, narrow_size) = blocks.places(wide), blocks.places(narrow)
    parts = [
        _block(cells, row, _wide_and_narrow(map(_in_space, places)))
        for cells, row, *places in zip(blocks.cells, blocks.chosen, corners, narrow_corners)
    ]
    for kind, box in (("wide", wide), ("narrow", narrow)):
        arrows = (_arrow(points, cells.colour) for points, cells in zip(blocks.arrows(box), blocks.cells))
        parts.append(f'<div class="ll-{kind}">{"".join(arrows)}</div>')
    sizes = (f"--{name}:{length:g};" for name, length in zip("WHDwhd", (*size, *narrow_size)))
    angles = "--azimuth:{};--elevation:{}".format(*Blocks.SEEN_FROM)
    inside = f'<div class="ll-turn" style="{"".join(sizes)}">{"".join(parts)}</div>'
    return f'<div class="ll-panel ll-space" style="{its.insets[i]};{angles}">{inside}</div>'


def _in_space(point):
    return " ".join(f"calc({length:g}*var(--u))" for length in point)


def _block(cells, chosen, place):
    """Write a block: the rows above the one that stands out, this one, and those below, each a box with six faces."""
    n_rows, n_columns = np.shape(cells.matrix)
    boxes = [
        f'<div style="--first:{first};--n:{last - first};--out:{int(first == chosen)}">{"<i></i>" * 6}</div>'
        for first, last in ((0, chosen), (chosen, chosen + 1), (chosen + 1, n_rows))
        if last > first
    ]
    labels = [
        ("ll-row" + " ll-out" * (row == chosen), -2, Blocks.DEPTH * (row + 0.5), cells.rows[row])
        for row in range(n_rows)
    ]
    labels.append(("ll-name", n_columns / 2, 0, f"{cells.title}  {np.shape(cells.matrix)}"))
    if cells.columns:
        ends = ((0.5, "0"), (n_columns / 2, cells.columns), (n_columns - 0.5, str(n_columns - 1)))
        labels += [("ll-column", x, Blocks.DEPTH * n_rows, text) for x, text in ends]
    words = (f'<b class="{kind}" style="--x:{x:g};--y:{y:g}">{_seen(text)}</b>' for kind, x, y, text in labels)
    sizes = f"--rows:{n_rows};--columns:{n_columns};--colour:{cells.colour}"
    style = f"{place};{sizes};--image:url({tiny(cells, cells.matrix)})"
    return f'<div class="ll-block" style="{style}">{"".join(boxes)}{"".join(words)}</div>'


def _arrow(points, colour):
    """Write an arrow; each piece of it is two crossed ribbons, so that something is seen from everywhere."""
    pieces = []
    for start, (x, y, z) in zip(points, np.diff(points, axis=0)):
        length = np.linalg.norm((x, y, z))
        turned = f"rotateY({np.arctan2(-z, x):.4f}rad) rotateZ({np.arcsin(y / length):.4f}rad)"
        pieces.append(("ll-shaft", start, turned, length))
    pieces.append(("ll-head", points[-1], f"rotateY({180 * (x < 0)}deg)", 0))
    return "".join(
        f'<i class="{kind}" style="translate:{_in_space(at)};transform:{turned};--long:{length:g};color:{colour}"></i>'
        for kind, at, turned, length in pieces
    )


# A new kind of part needs one line here, and one in each of the two lists in `draw.paper`.
OVER = {
    Cells: _cells_over,
    Lines: _lines_over,
    Points: _points_over,
    Blocks: _blocks_over,
    Ranking: _ranking_over,
    Strip: _strip_over,
}


def tiny(cells, matrix=None):
    """Colour a heatmap, or a matrix as this heatmap does, one pixel a cell; return it as the address of an image."""
    data = io.BytesIO()
    painted = colours(cells, matrix)
    packed, which = np.unique(painted.view(np.uint32), return_inverse=True)  # each colour as one number
    image = Image.fromarray(painted)
    if len(packed) <= 256:  # a list of colours and their numbers: a quarter less to send
        image = Image.fromarray(which.reshape(painted.shape[:2]).astype(np.uint8))
        mode = "RGB" if (painted[..., 3] == 255).all() else "RGBA"
        image.putpalette(packed.view(np.uint8).reshape(-1, 4)[:, : len(mode)].tobytes(), mode)
    image.save(data, "PNG", compress_level=1)
    return f"data:image/png;base64,{_base64(data.getvalue())}"


def _base64(data):
    return base64.b64encode(data).decode("ascii")
