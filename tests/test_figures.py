"""Pictures: the numbers in them, their words, their colours."""

import io
import re
import tracemalloc
import weakref
from collections import Counter

import matplotlib
import numpy as np
import pytest
from PIL import Image

from lessonlib import figures
from lessonlib.embeddings import encode, position_embedding, token_embedding
from lessonlib.figures import COLOURS, POSITION, SUM, TOKEN, draw_matrix, draw_spreads, draw_sum, png, signed_limit
from lessonlib.figures.base import _pixels
from lessonlib.nano_gpt import load_checkpoint


@pytest.fixture(scope="module")
def parts():
    model = load_checkpoint("sort")
    tok_emb = token_embedding(encode("CBABBC"), model.wte)
    pos_emb = position_embedding(6, model.wpe)
    return tok_emb, pos_emb, tok_emb + pos_emb


def shown_colours(picture, label):
    """Read the colour at the middle of every cell off the finished PNG."""
    pixels = np.asarray(Image.open(io.BytesIO(png(picture))).convert("RGB"))
    (axes,) = [each for each in picture.axes if each.get_label() == label]
    n_rows, n_columns = axes.images[0].get_array().shape
    box, (height, width) = axes.get_position(), pixels.shape[:2]
    rows = ((1 - box.y1 + (np.arange(n_rows) + 0.5) / n_rows * box.height) * height).astype(int)
    columns = ((box.x0 + (np.arange(n_columns) + 0.5) / n_columns * box.width) * width).astype(int)
    return pixels[np.ix_(rows, columns)]


def test_every_cell_of_the_sum_has_the_colour_of_its_number_on_one_scale(parts):
    picture = draw_sum(*parts, "CBABBC", slot=3, channel=0)
    limit = signed_limit(*parts)
    for label, matrix in zip(("token", "position", "sum"), parts):
        expected = matplotlib.colormaps[COLOURS]((matrix + limit) / (2 * limit), bytes=True)[..., :3]
        np.testing.assert_array_equal(shown_colours(picture, label), expected)


def test_zero_is_white_and_the_scale_is_the_same_on_both_sides():
    colours = shown_colours(draw_matrix(np.array([[-2.0, 0.0, 2.0]]), "row", ["0"]), "table")[0].astype(int)
    assert (colours[1] > 240).all()
    assert colours[0][2] > colours[0][0] and colours[2][0] > colours[2][2]  # blue below zero, red above


def test_a_table_of_zeros_is_drawn_too():
    assert signed_limit(np.zeros((2, 2))) == 1.0
    assert png(draw_matrix(np.zeros((2, 3)), "nothing", ["0", "1"])).startswith(b"\x89PNG")


def test_a_picture_shows_itself_as_an_image_with_words_and_a_repr_that_stays(parts):
    bundle = draw_sum(*parts, "CBABBC")._repr_mimebundle_()
    alt = re.search(r'alt="([^"]+)"', bundle["text/html"]).group(1)
    assert "CBABBC" in alt and "6 rows by 48 channels" in alt and f"{parts[2].min():.4f}" in alt
    assert 'src="data:image/png;base64,' in bundle["text/html"] and 'width="860"' in bundle["text/html"]
    assert alt in bundle["text/plain"] and "0x" not in bundle["text/plain"]


def test_a_picture_has_two_device_pixels_for_each_css_pixel_and_is_the_same_each_time(parts):
    picture = draw_sum(*parts, "CBABBC")
    assert Image.open(io.BytesIO(png(picture))).width == 2 * 860
    assert png(picture) == png(draw_sum(*parts, "CBABBC"))


def test_a_picture_keeps_its_192_most_frequent_colours_of_256_and_gives_every_other_pixel_the_nearest(parts):
    picture = draw_sum(*parts, "CBABBC", width=460)
    drawn = io.BytesIO()
    picture.savefig(drawn, format="rgba", dpi=200)  # matplotlib's own way to the pixels
    kept = np.asarray(Image.open(io.BytesIO(png(picture))).convert("RGB")).reshape(-1, 3).astype(int)
    pixels = np.frombuffer(drawn.getvalue(), dtype=np.uint8).reshape(-1, 4)[:, :3].astype(int)
    counts = Counter(map(tuple, pixels.tolist()))
    assert len(counts) > 300
    shown = {}
    for colour, instead in zip(map(tuple, pixels.tolist()), map(tuple, kept.tolist())):
        assert shown.setdefault(colour, instead) == instead
    palette = np.array(list(set(shown.values())))
    assert len(palette) <= 256
    fewest = counts.most_common(192)[-1][1]
    for colour, instead in shown.items():
        off = ((palette - colour) ** 2).sum(axis=-1)
        assert ((np.array(instead) - colour) ** 2).sum() == off.min()
        assert counts[colour] <= fewest or instead == colour


def test_the_scale_runs_to_its_ends_though_they_are_rare(parts):
    picture = draw_sum(*parts, "CBABBC")
    pixels = np.asarray(Image.open(io.BytesIO(png(picture))).convert("RGB")).astype(int)
    box = [axes for axes in picture.axes if axes.get_label() == "scale"][0].get_position()
    column = pixels[:, round((box.x0 + box.width / 2) * pixels.shape[1])]
    top, bottom = round((1 - box.y1) * len(pixels)) + 4, round((1 - box.y0) * len(pixels)) - 4
    for row, end in ((top, 0.99), (bottom, 0.01)):
        wanted = np.array(matplotlib.colormaps[COLOURS](end, bytes=True)[:3]).astype(int)
        assert abs(column[row] - wanted).max() < 12


def test_drawing_a_picture_takes_little_more_memory_than_its_pixels(parts):
    picture = draw_sum(*parts, "CBABBC")
    png(picture)  # fonts are loaded
    tracemalloc.start()
    png(picture)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    n_bytes = 4 * (2 * picture.bbox.width) * (2 * picture.bbox.height)
    assert most < 4 * n_bytes, most / n_bytes


def test_a_picture_that_lives_on_keeps_none_of_its_pixels(parts):
    picture = draw_sum(*parts, "CBABBC")
    pixels = _pixels(picture)
    drawn_with = weakref.ref(pixels.base.obj)
    assert drawn_with() is not None
    del pixels
    assert drawn_with() is None


def test_row_labels_name_letter_and_slot_from_the_start_that_was_chosen(parts):
    labels = {
        axes.get_label(): [tick.get_text() for tick in axes.get_yticklabels()]
        for axes in draw_sum(*parts, "CBABBC", start=5).axes
    }
    assert labels["token"] == list("CBABBC")
    assert labels["position"] == ["5", "6", "7", "8", "9", "10"]
    assert labels["sum"][0] == "5 C"


# Machado, Oliveira and Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# severity 1.0, on linear RGB.
COLOUR_VISIONS = {
    "common": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def linear_rgb(colour):
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(linear):
    """CIE L*a*b* of linear RGB, white point D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    f = xyz / (0.9505, 1.0, 1.089)
    f = np.where(f > 0.008856, np.cbrt(f), 7.787 * f + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", COLOUR_VISIONS)
@pytest.mark.parametrize("pair", [(TOKEN, POSITION), (TOKEN, SUM), (POSITION, SUM)])
def test_the_three_identities_are_told_apart_by_every_colour_vision(vision, pair):
    seen = [lab(np.clip(np.array(COLOUR_VISIONS[vision]) @ linear_rgb(colour), 0, 1)) for colour in pair]
    assert np.linalg.norm(seen[0] - seen[1]) > 25  # 2.3 is just noticeable


@pytest.mark.parametrize("colour", [TOKEN, POSITION, SUM, figures.INK])
def test_titles_stand_out_from_white(colour):
    luminance = linear_rgb(colour) @ (0.2126, 0.7152, 0.0722)
    assert 1.05 / (luminance + 0.05) > 4.5  # WCAG 2.2, 1.4.3


def test_spreads_show_every_number_with_mean_and_spread_by_hand():
    before, after = np.array([[1.0, 3.0, 8.0], [0.0, 0.0, 3.0]]), np.array([[-1.0, 0.0, 1.0], [2.0, 2.0, 2.0]])
    picture = draw_spreads(before, after, ["0 A", "1 B"])
    for axes, matrix, means, variances in zip(
        picture.axes, (before, after), ([4, 1], [0, 2]), ([26 / 3, 2], [2 / 3, 0])
    ):
        dots = axes.collections[1].get_offsets()
        np.testing.assert_allclose(dots[:, 0], matrix.ravel())
        np.testing.assert_array_equal(dots[:, 1], [0, 0, 0, 1, 1, 1])
        bars = [segment[:, 0] for segment in axes.collections[2].get_segments()]
        np.testing.assert_allclose(bars, [[m - v**0.5, m + v**0.5] for m, v in zip(means, variances)])
        assert [tick.get_text() for tick in axes.get_yticklabels()] == ["0 A", "1 B"]
        assert axes.get_xlim()[0] < matrix.min() and matrix.max() < axes.get_xlim()[1]
    assert "means from 1.0000 to 4.0000" in picture.alt and "spreads from 0.0000 to 0.8165" in picture.alt
