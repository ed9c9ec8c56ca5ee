"""The three blocks in space as a learner meets them: turned by mouse and keys."""

import io

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from matplotlib.colors import to_rgb
from PIL import Image

from browser import expected
from browser.jupyter import ADD
from lessonlib.embeddings import encode
from lessonlib.palette import POSITION, SUM, TOKEN
from lessonlib.scene import Blocks, Cells

CELLS = (
    ADD,
    "explore.blocks(add, model)",
)
NOTEBOOK = ("blocks.ipynb", 1, CELLS)
MODEL = expected.MODEL
MATRICES = (MODEL.wte, MODEL.wpe, MODEL.wte[encode("CBABBC")] + MODEL.wpe[:6])
LIMIT = max(np.abs(MODEL.wte).max(), np.abs(MODEL.wpe).max(), np.abs(MODEL.wte[:, None] + MODEL.wpe).max())
BLOCKS = Blocks(
    tuple(Cells("", each, colour=colour, limit=LIMIT) for each, colour in zip(MATRICES, (TOKEN, POSITION, SUM))),
    (1, 3, 3),
)
TURNED = "stage => ['--turn', '--tilt'].map(name => Number(stage.style.getPropertyValue(name)))"
TURN_BY = "['--turn', '--tilt'].forEach((name, i) => stage.style.setProperty(name, by[i]))"
# Where both ends of the upper edge of the letters of a text lie on the page, however it is turned.
ENDS = """names => names.map(name => ['0', '100%'].map(left => {
  const dot = name.appendChild(document.createElement('u'));
  dot.style = `left: ${left}; top: 25%; width: 0; height: 0`;
  const box = dot.getBoundingClientRect();
  dot.remove();
  return [box.x, box.y];
})).filter((_, i) => getComputedStyle(names[i]).opacity > 0.5)"""
HIDE = ".ll-space b, .ll-shaft, .ll-head { visibility: hidden; }"


class View:
    """Where the blocks lie on the page, computed apart from it: from the box around them and the two angles."""

    def __init__(self, box, azimuth, elevation):
        (sin_a, sin_e), (cos_a, cos_e) = (turn(np.radians([azimuth, elevation])) for turn in (np.sin, np.cos))
        self.corners, (wide, high, deep) = BLOCKS.places(box["width"])
        across = wide * abs(sin_a) + deep * abs(cos_a)
        fit = min(1, high / (5 + (high - 12) * cos_e + across * abs(sin_e)))
        self.zoom = box["width"] / wide * fit
        self.middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
        self.axes = np.array(  # rows: the page's right, its down, and towards who looks
            [[cos_a, 0, -sin_a], [sin_a * sin_e, cos_e, cos_a * sin_e], [sin_a * cos_e, -sin_e, cos_a * cos_e]]
        )
        self.boxes = [  # block, first row, low and high corner
            (
                i,
                first,
                corner + [0, Blocks.DEPTH * first, Blocks.DEPTH * (out - 1)],
                corner + [48, Blocks.DEPTH * last, Blocks.DEPTH * out],
            )
            for i, (corner, row) in enumerate(zip(self.corners, BLOCKS.chosen))
            for first, last, out in ((0, row, 0), (row, row + 1, 1), (row + 1, len(MATRICES[i]), 0))
        ]

    def at(self, point):
        return self.middle + self.zoom * (self.axes[:2] @ point)

    def seen(self, at):
        """Cast rays at points of the page, (..., 2): for each the nearest block, the axis across its face, and the row
        and the column of the cell there, ints (..., 4); -1 where there is none."""
        right, down = np.moveaxis((np.asarray(at) - self.middle) / self.zoom, -1, 0)
        start, towards = right[..., np.newaxis] * self.axes[0] + down[..., np.newaxis] * self.axes[1], self.axes[2]
        nearest, found, flat = np.full(right.shape, -np.inf), np.full((*right.shape, 4), -1), np.abs(towards) < 1e-9
        for i, first, low, high in self.boxes:
            with np.errstate(divide="ignore", invalid="ignore"):
                walls = np.array([low - start, high - start]) / towards
            enter, leave = np.where(flat, -np.inf, walls.min(0)), np.where(flat, np.inf, walls.max(0))
            axis, far = leave.argmin(-1), leave.min(-1)
            passes = (enter.max(-1) < far) & (far > nearest) & (~flat | (low < start) & (start < high)).all(-1)
            cell = np.floor((start + far[..., np.newaxis] * towards - low)[..., :2] / [1, Blocks.DEPTH]).astype(int)
            column, row = np.moveaxis(cell.clip(0, [47, round((high - low)[1] / Blocks.DEPTH) - 1]), -1, 0)
            nearest = np.where(passes, far, nearest)
            here = np.stack(np.broadcast_arrays(i, axis, first + row, column), axis=-1)
            found = np.where(passes[..., np.newaxis], here, found)
        return found


PAINTED = [expected.colours(matrix, LIMIT) for matrix in MATRICES]


def colour_of(i, axis, row, column):
    """The colour of a cell on a face: exact on fronts and backs, tinted on the others."""
    tint = (0.35, 0.12, 0.0)[axis]
    return (1 - tint) * PAINTED[i][row, column] + tint * 255 * np.array(to_rgb((TOKEN, POSITION, SUM)[i]))


def pixels_of(page):
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    return np.asarray(Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB"))


def box_of(explorer):
    space = explorer.box.locator(".ll-space")
    space.scroll_into_view_if_needed()
    return space.bounding_box()


def turn_by_keys(explorer, across, up):
    """Press arrow keys: the right one turns the blocks to the right by 5 degrees, the upper one upwards."""
    explorer.box.locator(".ll-stage").focus()
    for key, n in (("ArrowRight", across), ("ArrowLeft", -across), ("ArrowUp", up), ("ArrowDown", -up)):
        for _ in range(n // 5):
            explorer.page.page.keyboard.press(key)


def turn_by_mouse(explorer, across, up):
    """The same in one move of the mouse, which turns by half a degree a pixel."""
    mouse, box = explorer.page.page.mouse, box_of(explorer)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 2 * across, y - 2 * up)
    mouse.up()


@pytest.fixture
def blocks(page_of):
    return page_of(*NOTEBOOK).explorers()[0]


def test_from_every_side_the_nearest_block_is_seen_with_the_colours_of_its_cells(page_of):
    """Where all rays around a point meet one face of one slab, its colour lies between those of their cells."""
    rng, around = np.random.default_rng(0), np.indices((3, 3)).reshape(2, 9).T - 1
    for width, angles in (
        (1440, [(0, 0), (20, 20), (180, 15), (20, 90), (0, -90), (-40, 30), (70, -25), (150, 45)]),
        (900, [(20, 20), (-60, 35), (180, -20), (10, 90)]),
    ):
        (blocks,) = page_of(*NOTEBOOK, width=width).explorers()
        page, (azimuth, elevation), checked = blocks.page.page, (20, 20), set()
        sheet = page.add_style_tag(content=HIDE)
        for new in angles:
            turn_by_mouse(blocks, azimuth - new[0], elevation - new[1])
            azimuth, elevation = new
            box, pixels, wrong = box_of(blocks), pixels_of(page), []
            view = View(box, azimuth, elevation)
            points = np.floor(rng.uniform((0, 0), (box["width"], box["height"]), (600, 2)) + [box["x"], box["y"]]) + 0.5
            seen = view.seen(points[:, np.newaxis] + 3 * around)  # (600, 9, 4)
            sides = np.sign(seen[..., 2] - np.array(BLOCKS.chosen)[seen[..., 0]])  # of the row that stands out
            faces = np.dstack([seen[..., :2], sides])
            on_one = (seen >= 0).all((1, 2)) & (faces == faces[:, :1]).all((1, 2))
            far_off = (view.seen(points[:, np.newaxis] + 9 * around) < 0).all((1, 2))
            for (x, y), cells, is_on_one, is_far_off in zip(points, seen, on_one, far_off):
                pixel = pixels[int(y), int(x)].astype(int)
                if is_on_one:
                    between = np.array([colour_of(*each) for each in np.unique(cells, axis=0)])
                    checked.add(tuple(cells[0, :2].tolist()))
                    wrong.append(bool(((pixel < between.min(0) - 13) | (pixel > between.max(0) + 13)).any()))
                elif is_far_off:
                    assert (pixel == 255).all(), (width, azimuth, elevation, (x, y))
            # But for a few points on edges, and on the white lines between rows.
            assert len(wrong) > 10 and sum(wrong) <= max(3, 0.05 * len(wrong)), (width, new, len(wrong), sum(wrong))
        assert {(i, axis) for i in range(3) for axis in (1, 2)} <= checked
        sheet.evaluate("sheet => sheet.remove()")


def test_the_row_that_stands_out_has_its_exact_colours(blocks):
    box, pixels = box_of(blocks), pixels_of(blocks.page.page)
    view = View(box, 20, 20)
    middles = [
        view.at(view.corners[2] + [channel + 0.5, Blocks.DEPTH * (3 + 0.5), Blocks.DEPTH]).astype(int)
        for channel in range(48)
    ]
    shown = np.array([pixels[y, x] for x, y in middles])
    np.testing.assert_array_equal(shown, expected.colours(MATRICES[2][3], LIMIT))


def test_the_mouse_turns_the_blocks_in_the_page_and_reset_turns_them_back(blocks):
    blocks.settle()
    page, stage, box = blocks.page.page, blocks.box.locator(".ll-stage"), box_of(blocks)
    before, n_sent = pixels_of(page), blocks.page.n_sent
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 240, steps=4)
    page.mouse.up()
    page.mouse.move(box["x"] + 500, box["y"] + 100)  # the button is up: nothing turns
    assert stage.evaluate(TURNED) == [-40, 20] and blocks.page.n_sent == n_sent > 0  # the kernel is not asked
    assert (pixels_of(page) != before).any()
    blocks._wait(lambda: blocks.told() == "Seen from minus 20 degrees around, 40 degrees above.")
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 400, steps=4)
    page.mouse.up()
    assert stage.evaluate(TURNED) == [-40, 70]  # no further than straight above
    blocks.box.get_by_role("button", name="Reset").click()
    blocks.settle()
    page.mouse.move(0, 0)
    assert stage.evaluate(TURNED) == [0, 0]
    blocks._wait(lambda: blocks.told() == "Seen from 20 degrees around, 20 degrees above.")
    page.evaluate("document.activeElement.blur()")
    (x, y, width, height) = (int(box[name]) for name in ("x", "y", "width", "height"))
    inside = np.s_[y : y + height, x : x + width]
    np.testing.assert_array_equal(pixels_of(page)[inside], before[inside])


def test_arrow_keys_turn_the_blocks_and_no_key_reaches_the_notebook(blocks):
    stage, keyboard, n_cells = blocks.box.locator(".ll-stage"), blocks.page.page.keyboard, blocks.page.n_cells()
    stage.focus()
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp", "d", "d", "b", "x"):
        keyboard.press(key)
    assert stage.evaluate(TURNED) == [5, -10] and blocks.page.n_cells() == n_cells
    assert stage.evaluate("stage => document.activeElement === stage && getComputedStyle(stage).outlineWidth") == "3px"
    assert stage.get_attribute("role") == "group" and "arrow keys turn" in stage.get_attribute("aria-label")
    blocks.press("slot", "End")
    assert stage.evaluate(TURNED) == [5, -10]  # a new picture is as turned as the one before


def test_in_notebook_7_arrow_keys_turn_the_blocks(page_of):
    (blocks,) = page_of(*NOTEBOOK, app="notebook").explorers()
    turn_by_keys(blocks, 10, -5)
    assert blocks.box.locator(".ll-stage").evaluate(TURNED) == [-10, 5]


def test_sliders_go_to_every_extreme_and_the_words_say_which_rows_meet(blocks):
    for name, key, words in (
        ("slot", "Home", "Slot 0 holds C: row 2 of Token Embed + row 0 of Position Embed"),
        ("slot", "End", "Slot 5 holds C: row 2 of Token Embed + row 5 of Position Embed"),
        ("letter 5", "Home", "Slot 5 holds A: row 0 of Token Embed + row 5 of Position Embed"),
    ):
        blocks.press(name, key)
        assert words in blocks.words()


@pytest.mark.parametrize("width", [1440, 900])
def test_axe_finds_no_barrier_and_all_words_stand_in_the_picture(page_of, width):
    page = page_of(*NOTEBOOK, width=width)
    results = Axe().run(page.page, context=".ll-explorer")
    assert [(found["id"], found["nodes"][0]["html"]) for found in results.response["violations"]] == []
    (blocks,) = page.explorers()
    room = blocks.box.bounding_box()
    assert width < 1440 or room["height"] <= 700
    for part in blocks.box.locator(".ll-space b, .ll-note, .noUi-handle, button").all():
        box = part.bounding_box()
        assert box["x"] >= room["x"] - 12 and box["x"] + box["width"] <= room["x"] + room["width"] + 12, part
        assert box["y"] >= room["y"] and box["y"] + box["height"] <= room["y"] + room["height"], part


def test_no_title_covers_a_block_from_whatever_side_it_is_seen(page_of):
    for width in (1440, 900):
        (blocks,) = page_of(*NOTEBOOK, width=width).explorers()
        stage = blocks.box.locator(".ll-stage")
        for azimuth in range(-170, 190, 30):
            for elevation in (-20, 5, 20):
                stage.evaluate(f"(stage, by) => {TURN_BY}", [azimuth - 20, elevation - 20])
                view = View(box_of(blocks), azimuth, elevation)
                for i, ends in enumerate(blocks.box.locator(".ll-name").evaluate_all(ENDS)):
                    left, right = np.array(ends)
                    covered = set(view.seen(np.linspace(left, right, 25))[:, 0].tolist()) - {-1, i}
                    assert not covered, (width, azimuth, elevation, i, covered)
