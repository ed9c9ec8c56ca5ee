"""A figure that shows itself with its words, and the files it is written to: PNG to keep, SVG for frames."""

import base64
import contextlib
import html
import io
import warnings

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from lessonlib.scene import WIDE

PIXEL_RATIO = 2  # device pixels for each CSS pixel
DPI = 100  # so that 1 inch of matplotlib is 100 CSS pixels
POINT = 72 / DPI  # points of a CSS pixel
FREQUENT = 192  # of the 256 colours of a PNG file are those that fill most of it
_KEPT = {"backend", "backend_fallback", "interactive", "toolbar", "timezone", "webagg.port", "webagg.open_in_browser"}


@contextlib.contextmanager
def plain_settings(**more):
    """Draw as matplotlib does by default, whatever the learner has set, and leave the learner's settings as they were.

    Settings are the same for the whole process, and a slider may be moved while a cell runs. So they are switched
    only where they differ at all.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reading an old setting may warn
        wanted = {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in _KEPT} | more
        differ = {key: value for key, value in wanted.items() if matplotlib.rcParams[key] != value}
    if not differ:
        yield
        return
    with matplotlib.rc_context(differ):
        yield


class Picture(Figure):
    """A matplotlib figure, `width` by `height` CSS pixels, with `alt`, its words for those who do not see it."""

    def __init__(self, width, height, alt=""):
        with plain_settings():
            super().__init__(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white", edgecolor="white")
        self.alt = alt

    def __repr__(self):
        return f"Picture({self.alt!r})"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": repr(self), "text/html": picture_html(self)}


def picture_html(picture):
    """Write a picture as an HTML image that carries its words."""
    data = base64.b64encode(png(picture)).decode("ascii")
    width = round(picture.get_figwidth() * DPI)
    return (
        f'<img src="data:image/png;base64,{data}" alt="{html.escape(picture.alt)}" width="{width}" '
        'style="max-width: 100%">'
    )


def svg(picture):
    """Draw a picture into an SVG file: sharp at every size, a quarter of the time and of the bytes of a PNG."""
    text = io.StringIO()
    canvas = picture.canvas
    with plain_settings(**{"svg.fonttype": "none", "svg.hashsalt": "lessonlib"}):
        FigureCanvasSVG(picture).print_svg(text, metadata={"Date": None, "Creator": None})
    picture.set_canvas(canvas)
    return text.getvalue().partition("<svg")[2].join(["<svg", ""])


def png(picture):
    """Draw a picture into a PNG file, sharp on fine screens.

    Only 256 colours are kept, which makes the file a third as large: the most frequent, so that the cells of heatmaps
    keep theirs exactly, and then those that the palette would miss by most, so that scales run smoothly to their ends.
    """
    pixels = _pixels(picture)  # (height, width, 4)
    packed = pixels.view(">u4").ravel()  # each pixel as one number
    starts = np.flatnonzero(np.append(True, packed[1:] != packed[:-1]))  # of runs of one colour: few, so little memory
    lengths = np.diff(starts, append=len(packed))
    colours, where = np.unique(packed[starts], return_inverse=True)
    counts = np.bincount(where, weights=lengths)
    colours = colours.view(np.uint8).reshape(-1, 4)[:, :3].astype(np.float32)  # (n, 3)
    palette = colours[np.argsort(-counts, kind="stable")[:FREQUENT]]
    pieces = np.array_split(colours, 1 + len(colours) // 500)  # (n, n_palette) at once would take much memory
    off, nearest = map(np.concatenate, zip(*(_nearest(piece, palette) for piece in pieces)))  # each (n,)
    for _ in range(256 - FREQUENT):
        worst = off.argmax()
        if off[worst] == 0:
            break
        palette = np.vstack([palette, colours[worst]])
        closer = ((colours - colours[worst]) ** 2).sum(axis=-1)
        nearest[closer < off] = len(palette) - 1
        off = np.minimum(off, closer)
    image = Image.fromarray(np.repeat(nearest[where], lengths).reshape(pixels.shape[:2]), mode="P")
    image.putpalette(palette.astype(np.uint8).tobytes())
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


def _nearest(colours, palette):
    """Find the colour of the palette that is nearest to each colour: the squared distance, and its number."""
    distances = -2 * colours @ palette.T  # (n, n_palette)
    distances += (palette**2).sum(axis=-1)
    nearest = distances.argmin(axis=-1)
    return ((colours - palette[nearest]) ** 2).sum(axis=-1), nearest.astype(np.uint8)


def _pixels(picture):
    """Draw a picture and return its pixels, uint8 array (height, width, 4)."""
    canvas = picture.canvas
    with plain_settings():
        picture.set_dpi(DPI * PIXEL_RATIO)
        agg = FigureCanvasAgg(picture)
        agg.draw()
        picture.set_dpi(DPI)
    picture.set_canvas(canvas)  # the picture may live on, and need not keep its pixels: megabytes
    for text in picture.findobj(Text):
        text._renderer = None  # each remembers what it was drawn with, and with it all pixels
    return np.asarray(agg.buffer_rgba())


def blank(height, alt="", width=WIDE):
    """Make a picture with one pair of axes whose units are CSS pixels, y running down, and return both."""
    picture = Picture(width, height, alt)
    axes = picture.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0))
    return picture, axes
