"""A figure that shows itself with its words, and the files it is written to: PNG to keep, SVG for frames."""

import base64
import html
import io

import numpy as np
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from lessonlib.scene import WIDE, brief

PIXEL_RATIO = 2  # device pixels for each CSS pixel
DPI = 100  # so that 1 inch of matplotlib is 100 CSS pixels
POINT = 72 / DPI  # points of a CSS pixel


def plain_settings(**more):
    """Draw as matplotlib does by default, whatever the learner has set, and leave that as it was."""
    return style.context(["default", more])


class Picture(Figure):
    """A matplotlib figure, `width` by `height` CSS pixels, with `alt`, its words for those who do not see it."""

    def __init__(self, width, height, alt=""):
        with plain_settings():
            super().__init__(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white", edgecolor="white")
        self.alt = alt

    @property
    def alt(self):
        return self._alt

    @alt.setter
    def alt(self, words):
        self._alt = brief([words])

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
    """Draw a picture into a PNG file, sharp on fine screens. Only 256 colours are kept, which makes the file a third as
    large: white and the inks exactly, all others nearly, to 6 of 255 in heatmaps and to 15 in blocks in space, whose
    faces are tinted."""
    image = Image.fromarray(_pixels(picture)[..., :3])
    image = image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


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
