"""A scene on the page: a frame that matplotlib draws once, and over it, in HTML, all that follows the controls."""

import base64
import html
import io
from functools import partial
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from PIL import Image

from lessonlib.draw.paper import colours, frame, on_page, text_colour
from lessonlib.draw.picture import svg
from lessonlib.scene import BLOCK_DEPTH, CURVES, NARROW, WIDE, Bars, Blocks, Cells, Gap, Lines, Points, lay_out

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


_frames = {}  # from the shape of a scene to its frames; drawn once, however many explorers share it


def frame_html(scene):
    """Draw the frame of a scene for wide and for narrow pages, and write both as HTML."""
    key = scene.layout_key
    if key not in _frames:
        if len(_frames) > 50:
            _frames.clear()
        drawn = {
            kind: _base64(svg(frame(scene, width)).encode()) for kind, width in (("wide", WIDE), ("narrow", NARROW))
        }
        _frames[key] = "".join(
            f'<img class="ll-{kind}" alt="" src="data:image/svg+xml;base64,{data}">' for kind, data in drawn.items()
        )
    return _frames[key]


def panels_html(scene):
    """Write what lies over the frame: for each part a panel at its place, for both widths."""
    layouts = _layouts(scene) if scene.layout_key not in _places else _places[scene.layout_key]
    panels = [OVER[type(part)](part, i, partial(_insets, layouts, i), layouts) for i, part in enumerate(scene.parts)]
    sizes = _wide_and_narrow(f"{width:g} / {height:g}" for width, height, _ in layouts)
    return f'<div class="ll-panels" style="{sizes}" aria-hidden="true">{"".join(panels)}</div>'


_places = {}


def _layouts(scene):
    if len(_places) > 50:
        _places.clear()
    _places[scene.layout_key] = [(width, *lay_out(scene, width)) for width in (WIDE, NARROW)]
    return _places[scene.layout_key]


def _wide_and_narrow(values):
    """Write a value for wide and one for narrow pages as CSS."""
    wide, narrow = values
    return f"--wide:{wide};--narrow:{narrow}"


def _insets(layouts, i):
    """Say in CSS how far the inside of part i is from the four edges of the picture, on both pages."""
    insets = []
    for width, height, boxes in layouts:
        box = boxes[i]
        right, bottom = width - box.left - box.width, height - box.top - box.height
        insets.append(f"{box.top / height:.3%} {right / width:.3%} {bottom / height:.3%} {box.left / width:.3%}")
    return _wide_and_narrow(insets)


def _cells_over(cells, i, at, layouts):
    n_rows, n_columns = np.shape(cells.matrix)
    place = partial(_place, n_rows=n_rows, n_columns=n_columns)
    landing = {flight.row: 0.0 for flight in cells.flights}
    for flight in cells.flights:
        landing[flight.row] = max(landing[flight.row], flight.start + DURATION)
    resting = cells.matrix
    if landing:  # rows on their way are drawn apart
        resting = np.array(cells.matrix, dtype=np.float64)
        resting[list(landing)] = np.nan
    labels = "".join(f"<span>{html.escape(text)}</span>" for text in cells.rows)
    parts = [
        f'<img alt="" decoding="sync" src="{tiny(cells._replace(matrix=resting))}">',
        f'<i class="ll-ruled" style="--rows:{n_rows}"></i>' if n_rows > 1 and cells.ruled else "",
        *(
            f'<img alt="" class="ll-landed" style="{place(row, None)};animation-delay:{when:g}s" '
            f'src="{tiny(cells, cells.matrix[[row]])}">'
            for row, when in landing.items()
        ),
        *(
            f'<b class="ll-text" style="{place(row, column)};color:{text_colour(cells, row, column)}">'
            f"{html.escape(text)}</b>"
            for row, column, text in cells.texts
        ),
        f'<div class="ll-row-labels">{labels}</div>' if labels else "",
        *(f'<i class="ll-mark" style="{place(*at)};border-color:{colour}"></i>' for *at, colour in cells.marks),
    ]
    flights = "".join(_flight(cells, i, flight, layouts) for flight in cells.flights)
    return f'<div class="ll-panel" data-part="{i}" style="{at()}">{"".join(parts)}</div>{flights}'


def _place(row, column, n_rows, n_columns):
    """Say in CSS where a cell lies; None for a row or a column means all of them."""
    down = "top:0;height:100%" if row is None else f"top:{row / n_rows:.3%};height:{1 / n_rows:.3%}"
    across = "left:0;width:100%" if column is None else f"left:{column / n_columns:.3%};width:{1 / n_columns:.3%}"
    return f"{down};{across}"


def _flight(cells, i, flight, layouts):
    """Write a row that is seen only while it flies."""
    rules = []
    for suffix, (width, height, boxes) in zip(("", "-narrow"), layouts):
        here, there = boxes[i], boxes[flight.part]
        start, end = there.top + flight.its_row * cells.row_height, here.top + flight.row * cells.row_height
        rules += [f"--left{suffix}:{here.left / width:.3%}", f"--width{suffix}:{here.width / width:.3%}"]
        rules += [f"--height{suffix}:{cells.row_height / height:.3%}"]
        rules += [f"--from{suffix}:{start / height:.3%}", f"--to{suffix}:{end / height:.3%}"]
    style = (
        f"{';'.join(rules)};outline-color:{flight.colour};animation-duration:{DURATION}s;"
        f"animation-delay:{flight.start:g}s"
    )
    return f'<img alt="" class="ll-flight" style="{style}" src="{tiny(cells, flight.numbers[np.newaxis])}">'


def _lines_over(lines, i, at, layouts):
    curves, dots, marked = [], [], ""
    for (_, x, runs), (colour, dashes) in zip(lines.runs(), CURVES):
        across = np.round(x / lines.right, 4)
        broken = f' stroke-dasharray="{" ".join(map(str, dashes))}"' if dashes else ""
        for run in runs:
            down = np.round(1 - run / lines.top, 4)
            points = " ".join(f"{a:g},{b:g}" for a, b in zip(across, down))
            curves.append(f'<polyline points="{points}" stroke="{colour}"{broken}/>')
            if lines.at is not None:
                dots.append(_disc(across[lines.at], down[lines.at], 4, colour, colour, ""))
                marked = f'<u style="left:{across[lines.at]:.2%}"></u>'
    names = "".join(
        f'<em style="top:{1 - height:.2%};color:{colour}">{html.escape(text)}</em>'
        for (colour, _), height, text in lines.names()
    )
    inside = f"{marked}{_lines_svg(curves)}{''.join(dots)}{names}"
    return f'<div class="ll-panel ll-plot" style="{at()}">{_title(lines.title)}{inside}</div>'


def _points_over(points, i, at, layouts):
    _, _, boxes = layouts[0]
    box = boxes[i]
    share = partial(_share, points, box)
    shapes, xy = [], share(points.xy)
    if points.outline:
        corners = " ".join(f"{x:.4f},{y:.4f}" for x, y in share(points.outline))
        shapes.append(f'<polygon points="{corners}" fill="white" stroke="{points.outline_colour}"/>')
    if points.path:
        corners = " ".join(f"{x:.4f},{y:.4f}" for x, y in xy[list(points.path)])
        if points.filled:
            shapes.append(f'<polygon points="{corners}" fill="{points.colour}" fill-opacity="0.12"/>')
        shapes.append(f'<polyline points="{corners}" stroke="{points.colour}" stroke-opacity="0.45"/>')
    discs = [
        _disc(
            x,
            y,
            points.radius,
            "white" if j in points.hollow else points.colour,
            points.colour,
            html.escape(points.names[j]) if points.names else "",
            points.colour if j in points.hollow else "white",
            j in points.rings,
        )
        for j, (x, y) in enumerate(xy)
    ]
    words = [
        f'<span class="{"ll-small" if size <= 15 else ""}" style="left:{x:.2%};top:{y:.2%};font-size:{size:g}px;'
        f'color:{colour}">{html.escape(text)}</span>'
        for (x, y), text, size, colour in ((share((a, b))[0], *rest) for a, b, *rest in points.texts)
    ]
    inside = f"{_lines_svg(shapes)}{''.join(discs)}{''.join(words)}"
    return f'<div class="ll-panel ll-plot" style="{at()}">{_title(points.title)}{inside}</div>'


def _share(points, box, xy):
    """Say where points of the plane lie in their box, as shares of its width and height, (n, 2)."""
    return (on_page(points, xy, box) - [box.left, box.top]) / [box.width, box.height]


def _title(title):
    first, *more = title.split("\n")
    return f"<b>{html.escape(first)}{''.join(f'<br><small>{html.escape(line)}</small>' for line in more)}</b>"


def _lines_svg(shapes):
    return f'<svg viewBox="0 0 1 1" preserveAspectRatio="none">{"".join(shapes)}</svg>'


def _disc(x, y, radius, fill, edge, text, ink="", ring=False):
    look = f"left:{x:.2%};top:{y:.2%};width:{2 * radius}px;height:{2 * radius}px;background:{fill};border-color:{edge}"
    kind = ' class="ll-ring"' if ring else ""
    return f'<i{kind} style="{look}{f";color:{ink}" if text else ""}">{text}</i>'


def bars_html(bars):
    """Write bars as HTML: for each a name with its number, the bar, and a sentence in which *...* is marked."""
    lines = []
    for name, value, text in bars.items():
        marked = "".join(
            f"<b>{html.escape(piece)}</b>" if i % 2 else html.escape(piece) for i, piece in enumerate(text.split("*"))
        )
        bar = f'<i class="ll-bar" aria-hidden="true"><i style="width:{value / bars.most:.2%}"></i></i>'
        said = f"{html.escape(name)}: {value:g} of {bars.most:g} right. "
        lines.append(f"<div><span>{said}</span>{bar}<span>{marked} </span></div>")
    return f'<div class="ll-bars">{"".join(lines)}</div>'


def _bars_over(bars, i, at, layouts):
    return f'<div class="ll-panel" style="{at()}">{bars_html(bars)}</div>'


def _blocks_over(blocks, i, at, layouts):
    wide, narrow = (boxes[i].width for _, _, boxes in layouts)
    (corners, size), (narrow_corners, narrow_size) = blocks.places(wide), blocks.places(narrow)
    parts = [
        _block(cells, row, _wide_and_narrow(map(_in_space, places)))
        for cells, row, *places in zip(blocks.cells, blocks.chosen, corners, narrow_corners)
    ]
    for kind, box in (("wide", wide), ("narrow", narrow)):
        arrows = (_arrow(points, cells.colour) for points, cells in zip(blocks.arrows(box), blocks.cells))
        parts.append(f'<div class="ll-{kind}">{"".join(arrows)}</div>')
    sizes = (f"--{name}:{length:g};" for name, length in zip("WHDwhd", (*size, *narrow_size)))
    angles = f"--azimuth:{blocks.azimuth:g};--elevation:{blocks.elevation:g}"
    inside = f'<div class="ll-turn" style="{"".join(sizes)}">{"".join(parts)}</div>'
    return f'<div class="ll-panel ll-space" style="{at()};{angles}">{inside}</div>'


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
        ("ll-row" + " ll-out" * (row == chosen), -2, BLOCK_DEPTH * (row + 0.5), cells.rows[row])
        for row in range(n_rows)
    ]
    labels.append(("ll-name", n_columns / 2, 0, f"{cells.title}  {np.shape(cells.matrix)}"))
    if cells.columns:
        ends = ((0.5, "0"), (n_columns / 2, cells.columns), (n_columns - 0.5, str(n_columns - 1)))
        labels += [("ll-column", x, BLOCK_DEPTH * n_rows, text) for x, text in ends]
    words = (f'<b class="{kind}" style="--x:{x:g};--y:{y:g}">{html.escape(text)}</b>' for kind, x, y, text in labels)
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


def _nothing_over(part, i, at, layouts):
    return ""


# A new kind of part needs one line here, and one in each of the two lists in `draw.paper`.
OVER = {
    Cells: _cells_over,
    Lines: _lines_over,
    Points: _points_over,
    Bars: _bars_over,
    Blocks: _blocks_over,
    Gap: _nothing_over,
}


def tiny(cells, matrix=None):
    """Colour a heatmap, or a matrix as this heatmap does, one pixel a cell; return it as the address of an image."""
    data = io.BytesIO()
    Image.fromarray(colours(cells, matrix)).save(data, "PNG", compress_level=1)
    return f"data:image/png;base64,{_base64(data.getvalue())}"


def _base64(data):
    return base64.b64encode(data).decode("ascii")
