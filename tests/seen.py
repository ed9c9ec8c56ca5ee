"""What an explorer shows, read off what it sends to the page."""

import base64
import html
import io
import re
from itertools import combinations

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from lessonlib.draw.paper import PALETTES, draw
from lessonlib.scene import NARROW, WIDE, Strip
from lessonlib.tasks import score


def images(explorer):
    """Decode the tiny image of every heatmap: a dict from its part, strips not counted, to colours, (n, m, 4)."""
    panels = re.findall(r'data-part="(\d+)"[^>]*><img[^>]*base64,([^"]+)"', explorer._cells.value)
    n_strips = sum(type(part) is Strip for part in explorer._scene.parts)
    return {int(part) - n_strips: pixels(data) for part, data in panels}


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"))


def numbers(written):
    """Decode what the page tells the mouse of every heatmap: a dict from the number of its part to a flat array."""
    found = {}
    for part, large, data in re.findall(r'data-part="(\d+)"[^>]*data-numbers="(:?)([^"]+)"', written):
        values = np.frombuffer(base64.b64decode(data), "<f4" if large else "<i2").astype(float)
        found[int(part)] = values if large else np.where(values == -32768, np.nan, values / 1e4)
    return found


def counted_of(explorer):
    """What was counted, or what went wrong with it, as HTML without the mark of its move."""
    return re.sub(r'<div data-move="\d+">(.*)</div>$', r"\1", explorer._counted.value)


def signed(matrix, limit):
    """Colour numbers as matplotlib does, white at 0, the strongest at plus and minus `limit`."""
    return matplotlib.colormaps["RdBu_r"](np.clip((np.asarray(matrix) + limit) / (2 * limit), 0, 1), bytes=True)


def shares(matrix, most=1):
    """Colour shares, white at 0, the darkest at `most`."""
    return PALETTES["share"](np.asarray(matrix) / most, bytes=True)


def note(explorer):
    """The text below the picture, its minus signs as Python writes them."""
    text = re.sub("<[^>]*>", " ", explorer._cells.value.split('class="ll-note"')[1].partition(">")[2])
    return html.unescape(text).replace("−", "-")


def titles(explorer):
    return [part.title for part in explorer._scene.parts if getattr(part, "title", "")]


def aloud(text):
    """Write a text as it is said: minus as a word, and letters one by one."""
    text = re.sub(r"(?<![\w.])[-−](?=\d)", "minus ", text)
    return re.sub(r"\b[ABC]{2,}\b", lambda letters: ", ".join(letters[0]), text)


def score_aloud(name, model, task, letters="CBABBC", n_right=None):
    """Say what a model answers and how many answers are right, as it is said."""
    answer, right = model.answer(letters), "".join({"sort": sorted, "reverse": reversed}[task.name](letters))
    verdict = "right" if answer == right else f"right would be {right}"
    n_right = score(model, task) if n_right is None else n_right
    return aloud(f"{name} answers {answer} ({verdict}) to {letters}: {n_right} of 729 right.")


def set_to(explorer, **values):
    for key, value in values.items():
        explorer.controls[key].value = value


def assert_nothing_is_cut_off(scene):
    """Look whether every word lies inside the picture, on wide and narrow pages, and meets no other of its size."""
    without = scene.with_strips(part._replace(answer="") for part in scene.parts if type(part) is Strip)
    for width in (WIDE, NARROW):
        picture = draw(scene if width == WIDE else without, width)  # only the page has strips in one line
        renderer = FigureCanvasAgg(picture).get_renderer()
        boxes = [(text, text.get_window_extent(renderer)) for text in picture.axes[0].texts if text.get_text()]
        for text, box in boxes:
            assert box.x0 >= -1 and box.y0 >= -1, (width, text)
            assert box.x1 <= picture.bbox.width + 1 and box.y1 <= picture.bbox.height + 1, (width, text)
        for (one, box), (other, its) in combinations(boxes, 2):
            across, down = min(box.x1, its.x1) - max(box.x0, its.x0), min(box.y1, its.y1) - max(box.y0, its.y0)
            assert across < 1 or down < 4, (width, one, other)


def faded(painted, rows):
    """Make rows of a coloured heatmap pale: three tenths of their strength are left."""
    painted[list(rows), :, :3] = 255 - 0.3 * (255 - painted[list(rows), :, :3])
    return painted


def labels(explorer):
    """The labels of the rows of every heatmap that has any."""
    columns = re.findall(r'class="ll-row-labels">(.*?)</div>', explorer._cells.value)
    return [re.findall("<span>([^<]*)</span>", column) for column in columns]


def discs(explorer):
    """The discs of every map or plot: a list of arrays (n, 2), shares of the width and the height of its box."""
    panels = re.findall(r'<div class="ll-panel ll-plot".*?</div>', explorer._cells.value)
    places = [re.findall(r'<i[^>]*style="left:([-\d.]+)%;top:([-\d.]+)%', panel) for panel in panels]
    return [np.array(each, dtype=float) / 100 for each in places]


def page(explorer):
    """All that lies over the frame, without the number that tells moves apart."""
    return re.sub(r' data-move="\d+"', "", explorer._cells.value)


def marks(explorer):
    """The frames around rows and cells: for each (top, left), shares of the height and the width of its heatmap."""
    found = re.findall(r'll-mark" style="top:([\d.]+)%?;height:[\d.]+%;left:([\d.]+)', explorer._cells.value)
    return [(float(top) / 100, float(left) / 100) for top, left in found]


def paths(explorer):
    """Every curve and every path of a map: a list of arrays (n, 2), shares of the width and the height of its box."""
    found = re.findall(r'<(?:polyline points|path d)="([^"]+)"(?! fill="white")', explorer._cells.value)
    return [_corners(each) for each in found if "C" not in each]


def outlines(explorer):
    """The corners of every shape that is filled with white, as those of `paths`."""
    return [_corners(each) for each in re.findall(r'<path d="([^"]+)" fill="white"', explorer._cells.value)]


def _corners(points):
    return np.reshape(re.findall(r"[-\d.]+", points), (-1, 2)).astype(float)


def named_discs(explorer):
    """For every map, the colour and the name of each of its discs."""
    panels = explorer._cells.value.split("ll-plot")[1:]
    return [re.findall(r"<i [^>]*background:([^;]+)[^>]*>(\d+)</i>", panel) for panel in panels]


def n_flights(explorer):
    return explorer._cells.value.count('class="ll-flight"')


def block_images(explorer):
    """Decode the tiny image of each block in space."""
    return [pixels(data) for data in re.findall(r"url\(data:image/png;base64,([^)]*)\)", explorer._cells.value)]


def block_cuts(explorer):
    """Say for each block how its rows are cut: (first, number of rows, whether they stand out)."""
    return [
        [tuple(map(int, cut)) for cut in re.findall(r"--first:(\d+);--n:(\d+);--out:(\d)", block)]
        for block in explorer._cells.value.split('class="ll-block"')[1:]
    ]


def rows_out(explorer):
    """The labels of the rows that stand out of blocks."""
    return re.findall(r'class="ll-row ll-out"[^>]*>([^<]*)<', explorer._cells.value)


def seen_from(explorer):
    """From where blocks are seen: azimuth and elevation, as they are written."""
    return re.search(r"--azimuth:([^;]+);--elevation:([^;\"]+)", explorer._cells.value).groups()
