"""The three blocks in space, without a browser: their numbers, their rows, their places, their words."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from seen import block_cuts, block_images, page, rows_out, seen_from

from lessonlib import draw, explore
from lessonlib.draw.paper import colours
from lessonlib.embeddings import encode
from lessonlib.explore.page import layout
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.palette import SUM, TOKEN
from lessonlib.scene import WIDE, Blocks, Cells, lay_out

MODEL = load_checkpoint("sort")
LIMIT = max(np.abs(MODEL.wte).max(), np.abs(MODEL.wpe).max(), np.abs(MODEL.wte[:, None] + MODEL.wpe).max())


def add(letters, start):
    tok_emb, pos_emb = MODEL.wte[encode(letters)], MODEL.wpe[start : start + 6]
    return tok_emb, pos_emb, tok_emb + pos_emb


@pytest.fixture
def explorer():
    return explore.blocks(add, MODEL)


def painted(matrix):
    return colours(Cells("", np.asarray(matrix), limit=LIMIT))


@pytest.mark.parametrize("letters", ["CBABBC", "AAAAAA", "CCCCCC"])
@pytest.mark.parametrize("slot", [0, 3, 5])
def test_the_page_shows_both_tables_the_sum_and_the_rows_that_meet(explorer, letters, slot):
    values = {"letters": letters, "slot": slot}
    for name, value in values.items():
        explorer.controls[name].value = value
    for image, matrix in zip(block_images(explorer), (MODEL.wte, MODEL.wpe, add(letters, 0)[2]), strict=True):
        np.testing.assert_array_equal(image, painted(matrix))
    token_id = "ABC".index(letters[slot])
    for cuts, n_rows, chosen in zip(block_cuts(explorer), (3, 11, 6), (token_id, slot, slot), strict=True):
        assert [row for first, n, _ in cuts for row in range(first, first + n)] == list(range(n_rows))
        assert [(first, n) for first, n, out in cuts if out] == [(chosen, 1)]
    assert rows_out(explorer) == [letters[slot], str(slot), f"{slot} {letters[slot]}"]
    assert seen_from(explorer) == tuple(map(str, Blocks.SEEN_FROM))
    assert f"Slot {slot} holds {letters[slot]}: row {token_id} of Token Embed + row {slot} of" in explorer.words
    one, other = MODEL.wte[token_id, 0], MODEL.wpe[slot, 0]
    spoken = [f"{number:.4f}".replace("-", "minus ") for number in (one, other, one + other)]
    assert re.sub(r"[()]", "", explorer.words).endswith(f"channel 0: {spoken[0]} + {spoken[1]} = {spoken[2]}")


def test_all_moves_have_one_frame_and_reset_brings_the_first_picture_back(explorer):
    frame, cells = layout(explorer._scene).frames, page(explorer)
    for name, value in {"letters": "ABCABC", "slot": 0}.items():
        explorer.controls[name].value = value
        assert layout(explorer._scene).frames == frame
    explorer.set_to()
    assert page(explorer) == cells


def test_another_sum_is_shown_and_the_words_say_in_how_many_channels_it_differs():
    def wrong(letters, start):
        tok_emb, pos_emb, x = add(letters, start)
        x[3, [5, 7]] += 0.05
        return tok_emb, pos_emb, x

    explorer = explore.blocks(wrong, MODEL)
    x = wrong("CBABBC", 0)[2]
    np.testing.assert_array_equal(block_images(explorer)[2], painted(x))
    number = f"{x[3, 5]:.4f}".replace("-", "minus ")
    assert explorer.words.endswith(f", but Input Embed holds another number in 2 channels: {number} in 5")
    explorer.controls["slot"].value = 0
    assert "another number" not in explorer.words


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (None, "is `return` missing?"),
        ((0, 0), "must return three arrays"),
        ((0, 0, np.zeros((6, 4))), "tok_emb must have"),
    ],
)
def test_what_is_no_sum_is_refused_in_words(wrong, words):
    assert words in explore.blocks(lambda letters, start: wrong, MODEL).words


@pytest.mark.parametrize("across", [820, 420])
@pytest.mark.parametrize("slot", [0, 5])
def test_blocks_and_arrows_have_room_and_arrows_lead_from_row_to_row(explorer, across, slot):
    explorer.controls["slot"].value = slot
    (blocks,) = explorer._scene.parts
    corners, (wide, high, deep) = blocks.places(across)
    lows = [corner + [0, 0, -Blocks.DEPTH] for corner in corners]
    highs = [
        corner + [48, Blocks.DEPTH * len(cells.matrix), Blocks.DEPTH] for corner, cells in zip(corners, blocks.cells)
    ]
    for i, j in ((0, 1), (0, 2), (1, 2)):  # no two share space
        assert ((lows[i] >= highs[j]) | (highs[i] <= lows[j])).any()
    for points, i, side in zip(blocks.arrows(across), (0, 1), (0, 48)):
        for point, block in ((points[0], i), (points[-1], 2)):
            row = corners[block] + [side, Blocks.DEPTH * (blocks.chosen[block] + 0.5), Blocks.DEPTH / 2]
            np.testing.assert_allclose(point[1:], row[1:])
            assert 1 < (point - row)[0] * (1 if side else -1) < 10
        lows.append(points.min(axis=0))
        highs.append(points.max(axis=0))
    reach = np.abs([np.min(lows, axis=0), np.max(highs, axis=0)]).max(axis=0)
    assert (2 * reach <= [wide, high, deep + 2]).all()


def test_on_paper_every_cell_of_the_front_that_is_seen_has_its_colour(explorer):
    """What stands out may hide what is above or below it, so that row and the first and last of each block are read."""
    picture = draw.draw(explorer._scene)
    pixels = np.asarray(Image.open(io.BytesIO(draw.png(picture))).convert("RGB"))
    _, (box,) = lay_out(explorer._scene, WIDE)
    (blocks,) = explorer._scene.parts
    corners, size = blocks.places(box.width)
    (sin_a, sin_e), (cos_a, cos_e) = (turn(np.radians(Blocks.SEEN_FROM)) for turn in (np.sin, np.cos))
    for corner, cells, chosen in zip(corners, blocks.cells, blocks.chosen):
        for row in {0, chosen, len(cells.matrix) - 1}:
            middle = np.arange(48) + 0.5
            x, y, z = (
                corner[0] + middle,
                corner[1] + Blocks.DEPTH * (row + 0.5),
                corner[2] + Blocks.DEPTH * (row == chosen),
            )
            across = x * cos_a - z * sin_a
            down = y * cos_e + (x * sin_a + z * cos_a) * sin_e
            zoom = 0.92 * box.width / size[0]
            left, top = box.left + box.width / 2 + zoom * across, box.top + box.height / 2 + zoom * down
            seen = pixels[(2 * top).astype(int), (2 * left).astype(int)]
            expected = painted(cells.matrix)[row, :, :3]
            near = abs(seen.astype(int) - expected).max(axis=1) <= 15  # of 20,000 colours, a file keeps 256
            assert near.mean() > (0.95 if row in (0, chosen) else 0.85)


def test_the_still_says_what_is_seen(explorer):
    still = explorer.still_html()
    for words in (
        "Position Embed, 11 by 48",
        "Slot 3 holds B: row 1 of Token Embed + row 3 of Position Embed",
    ):
        assert words in still
    assert TOKEN in page(explorer) and SUM in page(explorer)
