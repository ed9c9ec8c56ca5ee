"""Pictures on paper: the numbers in them, their words, their colours, and nothing of the learner's settings."""

import io
import re
import tracemalloc
import weakref

import matplotlib
import numpy as np
import pytest
import stills
from matplotlib import style as styles
from matplotlib.colors import to_rgb
from PIL import Image

from lessonlib import draw, palette, scene
from lessonlib.draw.paper import PALETTES, colours, frame
from lessonlib.draw.picture import _pixels, png, svg
from lessonlib.embeddings import encode, position_embedding, token_embedding
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.palette import POSITION, SUM, TOKEN
from lessonlib.scene import Cells, Disc, Lines, Path, Points, Scene, lay_out, signed_limit


@pytest.fixture(scope="module")
def parts():
    model = load_checkpoint("sort")
    tok_emb = token_embedding(encode("CBABBC"), model.wte)
    pos_emb = position_embedding(6, model.wpe)
    return tok_emb, pos_emb, tok_emb + pos_emb


def pixels_of(picture):
    return np.asarray(Image.open(io.BytesIO(png(picture))).convert("RGB"))


NEAR = 7  # of 255: by how much the palette of a file may miss a colour; no eye sees it


def shown_colours(picture, box, shape):
    """Read the colour at the middle of every cell off the finished PNG, whose pixels are half a CSS pixel."""
    rows = 2 * (box.top + (np.arange(shape[0]) + 0.5) / shape[0] * box.height)
    columns = 2 * (box.left + (np.arange(shape[1]) + 0.5) / shape[1] * box.width)
    return pixels_of(picture)[np.ix_(rows.astype(int), columns.astype(int))]


@pytest.mark.parametrize("width", [scene.WIDE, scene.NARROW])
def test_every_cell_of_the_sum_has_the_colour_of_its_number_on_one_scale(parts, width):
    picture = stills.the_sum(*parts, "CBABBC", width=width)
    limit = signed_limit(*parts)
    rows = (tuple("CBABBC"), tuple("012345"), tuple(f"{i} {letter}" for i, letter in enumerate("CBABBC")))
    look = ({}, {"scale": True}, {"columns": "channel"})
    same = Scene(*(Cells("title", matrix, label, **more) for matrix, label, more in zip(parts, rows, look)))
    for matrix, box in zip(parts, lay_out(same, width)[1]):
        expected = matplotlib.colormaps["RdBu_r"]((matrix + limit) / (2 * limit), bytes=True)[..., :3]
        assert abs(shown_colours(picture, box, matrix.shape).astype(int) - expected).max() <= NEAR


def test_zero_is_white_the_scale_is_the_same_on_both_sides_and_ends_where_it_ends():
    row = colours(Cells("row", np.array([[-2.0, 0.0, 2.0, np.nan, 9.0]]), limit=2.0))[0].astype(int)
    assert (row[1][:3] > 240).all() and row[3][3] == 0  # what is not there stays white
    assert row[0][2] > row[0][0] and row[2][0] > row[2][2]  # blue below zero, red above
    np.testing.assert_array_equal(row[2], row[4])
    share = colours(Cells("share", np.array([[0.0, 729.0]]), limit=729.0, palette="share"))[0].astype(int)
    assert (share[0] == 255).all() and (share[1][:3] < 100).all()


def test_a_table_of_zeros_is_drawn_too():
    assert png(draw.matrix(np.zeros((2, 3)), "nothing", ["0", "1"])).startswith(b"\x89PNG")


def test_a_picture_shows_itself_as_an_image_with_words_and_a_repr_that_stays(parts):
    bundle = stills.the_sum(*parts, "CBABBC")._repr_mimebundle_()
    alt = re.search(r'alt="([^"]+)"', bundle["text/html"]).group(1)
    assert "input embedding" in alt and "6 rows by 48 columns" in alt and f"from minus {-parts[2].min():.2f}" in alt
    assert 'src="data:image/png;base64,' in bundle["text/html"] and 'width="860"' in bundle["text/html"]
    assert alt in bundle["text/plain"] and "0x" not in bundle["text/plain"]


def test_a_picture_has_two_device_pixels_for_each_css_pixel_and_is_the_same_each_time(parts):
    picture = stills.the_sum(*parts, "CBABBC")
    assert pixels_of(picture).shape[1] == 2 * 860
    assert png(picture) == png(stills.the_sum(*parts, "CBABBC"))


def test_a_file_has_256_colours_white_and_the_inks_exactly_and_all_others_nearly(parts):
    picture = stills.the_sum(*parts, "CBABBC", width=460, cell=(3, 0))
    drawn = io.BytesIO()
    picture.savefig(drawn, format="rgba", dpi=200)  # matplotlib's own way to the pixels
    kept = pixels_of(picture).astype(int)
    pixels = np.frombuffer(drawn.getvalue(), dtype=np.uint8).reshape(*kept.shape[:2], 4)[..., :3].astype(int)
    n_drawn, n_kept = (len(np.unique(each @ [1, 256, 65536])) for each in (pixels, kept))
    assert n_drawn > 300 and 200 < n_kept <= 256
    off = abs(kept - pixels).max(axis=-1)
    assert off.max() <= NEAR
    for ink in ("white", TOKEN, POSITION, SUM, palette.INK):
        of_ink = (pixels == np.round(255 * np.array(to_rgb(ink))).astype(int)).all(axis=-1)
        assert of_ink.sum() > 100 and not off[of_ink].any()


def test_the_scale_runs_to_its_ends_though_they_are_rare(parts):
    part = Cells("x", parts[2], scale=True)
    (box,) = lay_out(Scene(part))[1]
    column = pixels_of(draw.draw(Scene(part)))[:, 2 * round(box.left + box.width + 22)].astype(int)
    for row, end in ((2 * box.top + 4, 0.99), (2 * (box.top + box.height) - 4, 0.01)):
        wanted = np.array(matplotlib.colormaps["RdBu_r"](end, bytes=True)[:3]).astype(int)
        assert abs(column[int(row)] - wanted).max() < 12


def test_drawing_a_picture_takes_little_more_memory_than_its_pixels(parts):
    picture = stills.the_sum(*parts, "CBABBC")
    png(picture)  # fonts are loaded
    tracemalloc.start()
    png(picture)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    n_bytes = 4 * (2 * picture.bbox.width) * (2 * picture.bbox.height)
    assert most < 4 * n_bytes, most / n_bytes


def test_a_picture_that_lives_on_keeps_none_of_its_pixels(parts):
    picture = stills.the_sum(*parts, "CBABBC")
    pixels = _pixels(picture)
    drawn_with = weakref.ref(pixels.base.obj)
    assert drawn_with() is not None
    del pixels
    assert drawn_with() is None


def written(picture):
    """All texts of a picture, with where they stand."""
    return {text.get_text(): text.get_position() for text in picture.axes[0].texts if text.get_text()}


def test_row_labels_name_letter_and_slot_from_the_start_that_was_chosen(parts):
    words = written(stills.the_sum(*parts, "CBABBC", start=5))
    assert {"10", "5 C", "10 C", "C", "A", "channel", "47"} <= words.keys()
    assert words["5 C"][1] < words["6 B"][1] < words["10 C"][1]


def test_a_frame_has_titles_numbers_and_scale_but_no_cells_no_labels_and_no_curves(parts):
    same = Scene(Cells("the title", parts[2], ("row",) * 6, columns="channel", scale=True))
    assert written(draw.draw(same)).keys() - written(frame(same)).keys() == {"row"}
    assert {"the title", "channel", "0", "47"} <= written(frame(same)).keys()
    assert len(frame(same).axes[0].images) == 1  # the scale
    lines = Scene(Lines("title", {"a": (np.array([0, 1]), np.array([0, 1]))}, 1, across="step"))
    assert "step" in written(frame(lines)) and "a" not in written(frame(lines)) and "a" in written(draw.draw(lines))


# What a learner may have set. Each of these changed pictures, or made them fail, when they followed it.
STYLES = [
    {"image.origin": "lower"},
    {"image.cmap": "gray", "image.interpolation": "bilinear", "image.aspect": "equal"},
    {"axes.grid": True, "axes.facecolor": "black", "axes.edgecolor": "white"},
    {"figure.facecolor": "black", "figure.dpi": 37, "savefig.dpi": 37},
    {"figure.autolayout": True},
    {"figure.constrained_layout.use": True},
    {"font.size": 30, "font.family": "monospace", "font.weight": "bold"},
    {"text.color": "red", "text.hinting": "none", "text.antialiased": False},
    {"lines.linewidth": 9, "lines.antialiased": False, "lines.dash_capstyle": "round", "lines.scale_dashes": False},
    {"patch.linewidth": 9, "patch.force_edgecolor": True, "patch.antialiased": False, "patch.edgecolor": "red"},
    {"path.sketch": (5, 100, 2)},
    {"path.simplify": False, "path.snap": False, "agg.path.chunksize": 100},
    {"svg.fonttype": "path", "svg.hashsalt": "mine"},
    {"axes.xmargin": 0.4, "axes.autolimit_mode": "round_numbers"},
    {"axes.prop_cycle": matplotlib.cycler(color=["red", "lime"])},
]


def all_kinds():
    two = {"a": (np.arange(3), np.array([[0, 1, 0.5], [0.2, 0.4, 0.6]])), "b": (np.arange(3), np.array([1, 0.5, 0]))}
    xy = np.array([[0, 0], [1, 1], [0, 1]])
    discs = tuple(Disc(*place, name, ring=name == "B") for place, name in zip(xy, "ABC"))
    points = Points("p", (-1, 2, -1, 2), discs, (Path(xy, POSITION),))
    grid = np.array([[1.0, -1.0], [0.5, np.nan]])
    heatmap = Cells("c", grid, ("0", "1"), columns="channel", scale=True, marks=((0, None, SUM),), texts=((1, 0, "t"),))
    return Scene(heatmap, Lines("l", two, 2, at=1), points, text="text")


def files(every=True):
    if not every:
        return [png(draw.draw(all_kinds(), 460)), svg(frame(all_kinds(), 460))]
    overlaps = draw.overlaps(np.linspace(0, 1, 50), {"sorters": [(0.2, 0.1)]})
    sources = draw.sources({"sorter": [[0.4, 0.3, 0.2, 0.1]]}, ["sum"], ("a", "b", "c", "d"))
    drawn = [draw.draw(all_kinds()), overlaps, sources]
    return [*files(every=False), *map(png, drawn)]


@pytest.fixture(scope="module")
def plain_files():
    return files()


@pytest.mark.parametrize("style", [*STYLES, "dark_background", "ggplot"], ids=str)
def test_a_picture_is_the_same_in_every_byte_whatever_the_learner_has_set_and_leaves_that_alone(style, plain_files):
    with matplotlib.rc_context():
        if isinstance(style, str):
            styles.use(style)
        else:
            matplotlib.rcParams.update(style)
        before = dict(matplotlib.rcParams)
        every = isinstance(style, str)  # for the others, one picture that has everything
        assert files(every) == plain_files[: None if every else 2]
        assert dict(matplotlib.rcParams) == before


def test_curves_say_where_each_seed_ends_and_when_it_came_near_the_top():
    runs = {"sorter": (np.array([0, 50, 100]), np.array([[0, 710, 729], [0, 3, 5]]))}
    picture = draw.curves(runs, "Sorters")
    assert picture.alt.endswith("since which step 700, for each seed: sorter: 729 since 50, 5.")
    assert len(picture.axes[0].lines) >= 2 and "training step" in written(picture)
    ends = written(draw.curves(runs, "Sorters", last_step=50))
    assert "50" in ends and "100" not in ends


def test_points_lie_to_scale_in_the_middle_of_their_box():
    points = Points("p", (0, 3, 0, 4))
    (box,) = lay_out(Scene(points))[1]
    at = box.at(points.shares([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]))
    sides = [np.linalg.norm(at[i] - at[j]) for i, j in ((0, 1), (1, 2), (0, 2))]
    np.testing.assert_allclose(np.array(sides) / sides[0] * 3, [3, 4, 5])
    assert at[2][1] < at[0][1]  # up is up
    np.testing.assert_allclose(at.max(axis=0) + at.min(axis=0), 2 * np.array([box.left, box.top]) + box[2:])


def test_squares_write_every_number_into_its_cell_and_say_it():
    picture = draw.squares(
        {"sorter": [[0.61, -0.001], [0.25, 0.14]]}, ("letter", "slot"), "key", "query", 1, decimals=2
    )
    assert {"0.61", "0.00", "0.25", "0.14"} <= written(picture).keys()
    assert "letter by slot 0.00" in picture.alt and "slot by letter 0.25" in picture.alt
    large = draw.squares(
        {"one": np.arange(12).reshape(3, 4)}, (list("abc"), list("wxyz")), "key", "query", 1, decimals=0
    )
    assert large.alt == "Squares of numbers, query by key. one: a by w 0, the lowest, c by z 11, the highest."


def test_of_several_squares_the_highest_is_said_and_never_what_is_compared_with_itself():
    numbers = np.array([[1.0, 0.97, -0.2], [0.97, 1.0, 0.3], [-0.2, 0.3, 1.0]])
    three = {name: numbers for name in ("one", "two", "three")}
    picture = draw.squares(three, (list("abc"), list("abc")), "row", "row", 1, decimals=2)
    assert [f"{name}: a by b 0.97, the highest" in picture.alt for name in three] == [True] * 3
    assert "1.00" not in picture.alt and "lowest" not in picture.alt
    assert draw.squares(three, "abc", "", "", 1, decimals=2).alt.startswith("Squares of numbers. one: ")


def test_of_numbers_that_look_equal_the_first_is_named_whatever_a_computer_makes_of_the_last_digits():
    numbers = np.full((3, 4), 0.5)
    numbers[0, 1], numbers[2, 2], numbers[1, 0], numbers[2, 3] = 2e-4, 1e-4, 0.9, 0.9001
    picture = draw.squares({"one": numbers}, (list("abc"), list("wxyz")), "key", "query", 1, decimals=2)
    assert "a by x 0.00, the lowest, b by w 0.90, the highest" in picture.alt


def test_overlaps_say_where_chance_lies_and_end_in_arrows():
    models = {"sorters": [(0.3, 0.1), (0.2, 0.0)], "reversers": np.array([(0.05, 0.302)])}
    picture = draw.overlaps(np.linspace(0, 0.4, 101), models)
    assert "sorters: 0.20 to 0.30 before training, 0.00 to 0.10 after; 0% to 25% of chance lies below." in picture.alt
    assert "reversers: 0.05 before training, 0.30 after; 75% of chance lies below." in picture.alt
    (axes,) = picture.axes
    ends = [text.xy[0] for text in axes.texts if hasattr(text, "xy")]
    starts = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    zoom = (700 - 40) / (1.1 * 0.4)
    np.testing.assert_allclose(ends, 20 + zoom * np.array([0.1, 0.0, 0.302]))
    np.testing.assert_allclose(starts, 20 + zoom * np.array([0.3, 0.2, 0.05]))
    assert {"sorters", "reversers"} <= written(picture).keys()


def test_sources_are_bars_as_long_as_their_shares():
    shares = {"one": np.array([[0.5, 0.5, 0, 0], [0.1, 0.2, 0.3, 0.4]])}
    picture = draw.sources(shares, ["the sum", "after"], ["letter", "slot", "both", "context"])
    widths = [patch.get_width() for patch in picture.axes[0].patches if patch.get_height() == 22]
    np.testing.assert_allclose(np.array(widths) / 720, shares["one"].ravel())
    assert picture.alt.endswith("one, the sum: letter 0.50, slot 0.50. one, after: context 0.40, both 0.30.")
    texts = [text.get_text() for text in picture.axes[0].texts]
    assert [text for text in texts if text.startswith("0.")] == ["0.50", "0.50", "0.10", "0.20", "0.30", "0.40"]


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


@pytest.mark.parametrize("colour", [TOKEN, POSITION, SUM, palette.INK, *(colour for colour, _ in palette.CURVES[:3])])
def test_titles_and_curves_stand_out_from_white(colour):
    luminance = linear_rgb(colour) @ (0.2126, 0.7152, 0.0722)
    assert 1.05 / (luminance + 0.05) > 4.5  # WCAG 2.2, 1.4.3


def test_ordered_curves_go_from_light_to_dark_in_one_hue_and_all_can_be_seen():
    luminances = [linear_rgb(colour) @ (0.2126, 0.7152, 0.0722) for colour, _ in palette.ORDERED]
    assert (np.diff(luminances) < -0.05).all() and 1.05 / (luminances[0] + 0.05) > 3  # WCAG 2.2, 1.4.11
    runs = {name: (np.array([0, 10]), np.array([[0, n], [0, n]])) for name, n in (("1", 9), ("4", 300), ("48", 729))}
    lines = draw.curves(runs, "More, sooner", ordered=True).axes[0].get_lines()
    drawn = [line.get_color() for line in lines if line.get_color() in dict(palette.ORDERED)]
    assert drawn == [colour for colour, _ in palette.ORDERED[1:] for _ in range(2)]


def test_curves_of_models_have_looks_of_their_own():
    assert len({dashes for _, dashes in palette.CURVES}) == 4  # told apart without colours
    assert not {colour for colour, _ in palette.CURVES} & {TOKEN, POSITION, SUM}
    assert PALETTES["signed"].name == "RdBu_r"


def test_a_framed_cell_of_the_sum_says_its_rows_and_its_numbers(parts):
    tok_emb, pos_emb, x = parts
    words = {text.replace("−", "-") for text in written(stills.the_sum(*parts, "CBABBC", cell=(4, 7)))}
    added = f"({pos_emb[4, 7]:.4f})" if pos_emb[4, 7] < 0 else f"{pos_emb[4, 7]:.4f}"
    assert f"token embedding  (6, 48)   slot 4 holds B: {tok_emb[4, 7]:.4f} in channel 7" in words
    assert f"+  position embedding  (6, 48)   slot 4: {pos_emb[4, 7]:.4f} in channel 7" in words
    assert f"=  input embedding  (6, 48)   {tok_emb[4, 7]:.4f} + {added} = {x[4, 7]:.4f} in channel 7" in words
    assert "0.50" in written(stills.the_sum(*parts, "CBABBC", limit=0.5))


def test_squares_without_numbers_have_one_scale_and_names_of_their_own_for_rows_and_columns():
    squares = {"one": [[1.0, -2.0, np.nan]], "other": [[0.5, 0.0, 0.25]]}
    picture = draw.squares(squares, (["r"], "abc"), "key", "query")
    words = written(picture).keys()
    assert {"one", "other", "r", "a", "b", "c", "key", "query", "2", "−2"} <= words and "1.0" not in words
    assert "one: heatmap, 1 row by 3 columns, from minus 2 to 1" in picture.alt
    filled = draw.squares(squares, (["r"], "abc"), "key", "query", decimals=1)
    assert {"1.0", "−2.0", "0.5", "0.0"} <= written(filled).keys() and "nan" not in written(filled)


def test_a_parallelogram_ends_where_the_third_point_plus_the_step_lies():
    maps = {"before": np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0], [5.0, 5.0]]), "after": np.eye(4)[:, :2]}
    picture = draw.parallelogram(maps, "aAbB", corners=(1, 0, 2))
    assert "?" in written(picture)
    nearest = "The hollow point is A - a + b; nearest to it: b, 1.00 away, before; A, 1.00 away, after."
    assert picture.alt.startswith(nearest)
    axes = picture.axes[0]
    discs = [patch.center for patch in axes.patches if hasattr(patch, "radius")]
    for points in (discs[:5], discs[5:]):  # a parallelogram on the page, too
        np.testing.assert_allclose(np.subtract(points[4], points[2]), np.subtract(points[1], points[0]), atol=1e-9)


def test_a_look_up_is_drawn_with_threads_from_each_letter_to_its_row_and_on_to_the_copy():
    picture = stills.look_up("CAC", np.arange(6.0).reshape(3, 2), "ABC", followed="C")
    assert picture.alt.endswith("slot 0, C, is row 2; slot 1, A, is row 0; slot 2, C, is row 2.")
    threads = [line for line in picture.axes[0].lines if len(line.get_xdata()) > 2]
    ends = [(line.get_ydata()[0], line.get_ydata()[-1]) for line in threads]
    assert len(ends) == 6 and ends[0] == ends[1][::-1] and ends[0][1] == ends[4][1] != ends[2][1]  # both Cs, one row
    assert [line.get_color() == draw.TOKEN for line in threads] == [True, True, False, False, True, True]


def test_letters_are_fed_back_into_the_slot_after_the_one_that_writes_them():
    picture = stills.fed_back("CBA", "ABC")
    said = written(picture)
    assert {"A", "B", "C", *"01234"} <= set(said) and "5" not in said
    assert "They read C, B, A, A, B, plus" in picture.alt and "Slots 2 to 4 write A, B, C;" in picture.alt
    arrows = [text for text in picture.axes[0].texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 3 + 2  # three letters written, of which two are read again


def test_a_walk_says_how_steadily_it_turns_around_the_middle():
    angles = np.radians(40) * np.arange(30)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    picture = draw.walk(
        {"ring": ring, "backwards": ring[::-1], "cloud": np.random.default_rng(0).normal(size=(99, 2))}, 3
    )
    assert (
        "ring: a step turns by 40°, 100% of steps by 32° to 48°" in picture.alt
        and "backwards: a step turns by minus 40°, 100% of steps by minus 48° to minus 32°" in picture.alt
    )
    assert re.search(r"cloud: a step turns by (minus )?\d+°, [12]?\d% of steps", picture.alt)
    assert {"1", "2", "3"} <= set(written(picture)) and "4" not in written(picture)
    no_names = Points("ring", (-1, 1, -1, 1), tuple(Disc(*place) for place in ring))
    assert no_names.words == "ring: map of 30 points"  # no room behind it


def test_a_table_is_aligned_as_text_and_carries_its_cells_as_a_web_page():
    table = draw.Table(("row", "n"), [("a < b", 12), ("c", 1 / 3)])
    assert repr(table).splitlines() == ["row    n", "a < b  12", "c      0.3333"]
    page = table._repr_html_()
    assert page.count("<tr>") == 3 and page.count("<th>") == 2 and "<td>a &lt; b</td><td>12</td>" in page
