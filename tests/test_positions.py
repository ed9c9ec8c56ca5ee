"""Lesson 4's explorers: what they show equals the pure functions, and every live score the score counted apart."""

import base64
import io
import re

import matplotlib
import numpy as np
import pytest
from PIL import Image

from lessonlib.embeddings import sinusoidal_positions
from lessonlib.figures import COLOURS, NARROW, WIDE, draw_maps, map_limit, maps_svg, pair_frame, signed_limit
from lessonlib.live import ablation_board, cosine_explorer, map_explorer, sinusoid_explorer, window_explorer
from lessonlib.live.position_explorers import AS_SMALL, FROM_ONE, SHUFFLE, SHUFFLED, SINUSOIDS, broken_table
from lessonlib.nano_gpt import load_checkpoint, load_history
from lessonlib.tasks import REVERSE, SORT, score

SORTER, REVERSER = load_checkpoint("sort"), load_checkpoint("reverse")
MODELS = {"sorter": (SORTER, SORT), "reverser": (REVERSER, REVERSE)}
TRAININGS = {"sorter": load_history("sort"), "reverser": load_history("reverse")}


def shown(explorer):
    """Decode the tiny images that lie over the frame, one array of colours for each heatmap."""
    panels = re.findall(r'data-label="([^"]+)"><img[^>]*base64,([^"]+)"', explorer._cells.value)
    return {name: np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for name, data in panels}


def colours(matrix, limit):
    return matplotlib.colormaps[COLOURS](np.asarray((np.asarray(matrix) + limit) / (2 * limit)), bytes=True)


def text(explorer):
    return re.sub("<[^>]*>", "", explorer._cells.value.split('class="ll-note"')[1].partition(">")[2])


# The window


@pytest.fixture
def window():
    return window_explorer(SORTER)


@pytest.mark.parametrize(("length", "start"), [(1, 0), (1, 10), (11, 0), (6, 5)])
def test_the_window_leaves_the_rows_in_sight_that_are_taken(window, length, start):
    window.controls["length"].value, window.controls["start"].value = 1, start
    window.controls["length"].value = length
    faded = [float(top) / 100 * 11 for top in re.findall(r'll-faded" style="top:([\d.]+)%', window._cells.value)]
    taken = set(range(start, start + length))
    assert {round(row) for row in faded} == set(range(11)) - taken
    assert f"{length} letters from slot {start} on take the rows {start} to {start + length - 1}," in text(window)
    np.testing.assert_array_equal(shown(window)["table"], colours(SORTER.wpe, signed_limit(SORTER.wpe)))


@pytest.mark.parametrize("slot", [0, 10])
@pytest.mark.parametrize("channel", [0, 47])
def test_the_window_says_the_number_in_the_cell(window, slot, channel):
    window.controls["slot"].value, window.controls["channel"].value = slot, channel
    assert f"E_pos[{slot}, {channel}] = {SORTER.wpe[slot, channel]:.4f}" in text(window)


def test_more_letters_than_there_are_rows_are_refused_in_words(window):
    window.controls["start"].value = 6
    assert "6 tokens from slot 6 on need the slots 6 to 11, but the model has 11 slots, 0 to 10" in window.words
    window.controls["start"].value = 5
    assert "need" not in window.words


# The board


def test_breaking_a_table_does_what_its_name_says_and_leaves_the_table_alone():
    wpe = np.arange(22.0).reshape(11, 2)
    before = wpe.copy()
    np.testing.assert_array_equal(broken_table(wpe), wpe)
    np.testing.assert_array_equal(broken_table(wpe, FROM_ONE), wpe[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0]])
    np.testing.assert_array_equal(broken_table(wpe, SHUFFLE), wpe[list(SHUFFLED)])
    np.testing.assert_array_equal(broken_table(wpe, SINUSOIDS, scale=0.5), sinusoidal_positions(11, 2) / 2)
    np.testing.assert_array_equal(broken_table(wpe, rows="0KKKKKKKKKK")[:2], [[0, 0], [2, 3]])
    np.testing.assert_array_equal(broken_table(wpe, rows="MKMKKKKKKKK")[:4], [[2, 3], [2, 3], [2, 3], [6, 7]])
    np.testing.assert_array_equal(broken_table(wpe, scale=2.0), 2 * wpe)
    np.testing.assert_array_equal(wpe, before)


def test_the_shuffle_moves_every_row_and_loses_none():
    assert sorted(SHUFFLED) == list(range(11))
    assert all(row != slot for slot, row in enumerate(SHUFFLED))


@pytest.fixture(scope="module")
def board():
    return ablation_board(MODELS)


@pytest.mark.parametrize(
    ("rows", "table", "scale"),
    [
        ("KKKKKKKKKKK", "as trained", 1.0),
        ("MMMMMKKKKKK", "as trained", 1.0),
        ("0000000000K", "as trained", 1.0),
        ("MMMMMMMMMMM", "as trained", 2.0),
        ("KKKKKKKKKKK", FROM_ONE, 1.0),
        ("KKKKKK00000", SHUFFLE, 1.0),
        ("KKKKKKKKKKM", SINUSOIDS, 0.25),
        ("KKKKKKKKKKK", "as trained", 0.0),
    ],
)
def test_the_board_shows_both_broken_tables_and_the_scores_counted_apart(board, rows, table, scale):
    board.reset()
    for key, value in (("rows", rows), ("table", table), ("scale", scale)):
        board.controls[key].value = value
    words, pictures = board.words, shown(board)
    limit = max(abs(SORTER.wpe).max(), abs(REVERSER.wpe).max())
    for name, (model, task) in MODELS.items():
        broken = broken_table(model.wpe, table, rows, scale)
        np.testing.assert_array_equal(pictures[name], colours(np.clip(broken, -limit, limit), limit))
        changed = model.with_tables(wpe=broken)
        assert f"{name}: {score(changed, task)} of 729 right. " in words
        assert f"It answers CBABBC with {changed.answer('CBABBC')} (" in words


def test_every_switch_of_the_board_changes_its_row_alone(board):
    for slot in range(11):
        board.reset()
        board.controls["rows"].sliders[slot].value = "0"
        assert board.values["rows"] == "K" * slot + "0" + "K" * (10 - slot)
        labels = re.findall(r"<span>([^<]*)</span>", board._cells.value.split("ll-row-labels")[1].split("</div>")[0])
        assert labels == [f"{row}: zero" if row == slot else str(row) for row in range(11)]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("MMMKKKKKKKK", "Rows 0, 1 and 2 are each replaced by the mean of these 3 rows."),
        ("KKKKKKKMKKK", "Row 7 is the only one marked mean, so it is its own mean"),
        ("0KKKKKKKKKK", "Row 0: all numbers 0."),
        ("KKKKKKKKK0M", "Row 9: all numbers 0."),
        ("KKKKKKKKK00", "Rows 9 and 10: all numbers 0."),
    ],
)
def test_the_board_names_the_group_that_its_mean_is_of(board, rows, words):
    board.reset()
    board.controls["rows"].text.value = rows.lower()
    assert words in board.words


@pytest.mark.parametrize(
    ("typed", "words"), [("KKX", "'X' is not one of K (keep), M (mean), 0 (zero)"), ("K", "got 1")]
)
def test_other_switches_are_refused_in_words(board, typed, words):
    board.reset()
    board.controls["rows"].text.value = typed
    assert words in board.words
    board.controls["rows"].text.value = "K" * 11
    assert words not in board.words


def test_wrong_letters_of_the_example_are_marked(board):
    board.reset()
    assert "<b>" not in board._counted.value or not board.words
    board.controls["scale"].value = 0.0
    assert board.words
    answer = SORTER.with_tables(wpe=0 * SORTER.wpe).answer("CBABBC")
    marked = "".join(letter if letter == right else f"<b>{letter}</b>" for letter, right in zip(answer, "ABBBCC"))
    assert marked in board._counted.value and "right would be ABBBCC" in board.words


# Sinusoids


@pytest.fixture(scope="module")
def sinusoids():
    return sinusoid_explorer(SORTER.wpe)


@pytest.mark.parametrize("length", [11, 32])
@pytest.mark.parametrize("base", [2, 100000])
@pytest.mark.parametrize("view", ["as they are", AS_SMALL])
def test_both_tables_are_drawn_on_one_scale_and_the_learned_one_ends(sinusoids, length, base, view):
    for key, value in (("length", length), ("base", base), ("view", view)):
        sinusoids.controls[key].value = value
    table = sinusoidal_positions(length, 48, base)
    limit = 1.0
    if view == AS_SMALL:
        limit = abs(SORTER.wpe).max()
        table = table * np.linalg.norm(SORTER.wpe, axis=1).mean() / np.sqrt(24)
    learned = np.concatenate([SORTER.wpe, np.zeros((length - 11, 48))])
    pictures = shown(sinusoids)
    assert pictures["sinusoidal"].shape == (length, 48, 4)
    difference = pictures["sinusoidal"].astype(int) - colours(table, limit)
    assert abs(difference).max() <= 8 and (difference != 0).mean() < 0.01  # a number on the edge of two colours
    np.testing.assert_array_equal(pictures["learned"], colours(learned, limit))
    assert sinusoids._cells.value.count("none") == sum(i >= 11 for i in range(0, length, 1 if length == 11 else 2))


def test_the_dot_products_are_those_of_the_rows(sinusoids):
    sinusoids.reset()
    for row, offset in ((0, 0), (2, 3), (0, 10), (10, 0)):
        sinusoids.controls["row"].value, sinusoids.controls["offset"].value = row, offset
        sines, learned = sinusoidal_positions(11, 48), np.asarray(SORTER.wpe, dtype=float)
        words = sinusoids.words.replace("minus ", "-")
        for name, table in (("sinusoidal", sines), ("learned", learned)):
            every = [table[i] @ table[i + offset] for i in range(11 - offset)]
            assert f"{name}: row {row} times row {row + offset} is {table[row] @ table[row + offset]:.4f};" in words
            assert f"from {min(every):.4f} to {max(every):.4f}" in words


def test_a_row_beyond_the_table_is_refused_in_words_and_there_once_the_table_is_longer(sinusoids):
    sinusoids.reset()
    sinusoids.controls["row"].value, sinusoids.controls["offset"].value = 9, 4
    assert "row 9 and 4 further is row 13, but the table has 11 rows: make it longer" in sinusoids.words
    sinusoids.controls["length"].value = 20
    assert "sinusoidal: row 9 times row 13 is" in sinusoids.words and "learned: no row 13" in sinusoids.words


# Maps and cosines


@pytest.mark.parametrize("done", [0.0, 50.0, 100.0])
def test_the_maps_show_distances_within_the_plane_and_the_scores_of_the_step(done):
    explorer = map_explorer(TRAININGS)
    explorer.controls["done"].value = done
    i = round(done / 100 * (len(TRAININGS["sorter"].steps) - 1))
    for name, made in TRAININGS.items():
        table = made.wpe[i].astype(float)
        last = made.wpe[-1].astype(float)
        _, directions = np.linalg.eigh(np.cov((last - last.mean(axis=0)).T))  # another way to the same plane
        places = (table - table.mean(axis=0)) @ directions[:, -2:]
        apart = [np.linalg.norm(places[a] - places[b]) for a in range(5) for b in range(a)]
        assert f"{name}: {made.scores[i]} of 729 right" in explorer.words
        assert f"rows 0 to 4 lie {np.mean(apart):.2f} apart on average" in explorer.words


def test_a_map_has_every_point_where_it_belongs_and_room_for_all():
    points = np.array([[[0.3, -0.4], [-0.1, 0.2], [0.0, 0.0]]])
    picture = draw_maps(points, ["one"], [1, 2], map_limit(points))
    (axes,) = picture.axes
    np.testing.assert_allclose(axes.collections[0].get_offsets(), points[0])
    assert [text.get_text() for text in axes.texts] == ["0", "1", "2"]
    assert [text.get_position() for text in axes.texts] == [tuple(place) for place in points[0]]
    assert axes.get_xlim()[1] > 0.4 and axes.get_ylim()[0] < -0.4
    box = axes.get_window_extent()
    assert box.width / 2 / axes.get_xlim()[1] == pytest.approx(box.height / 2 / axes.get_ylim()[1])  # no stretching


def test_a_map_on_a_page_with_a_kernel_has_its_points_where_the_still_one_has():
    points = np.random.default_rng(0).normal(size=(2, 11, 2))
    arguments = points, ["one", "two\nlines"], range(5, 11), map_limit(points)
    picture, text = draw_maps(*arguments), maps_svg(*arguments)
    width, height = picture.bbox.size
    assert f'viewBox="0 0 {width:.0f} {height:.0f}"' in text
    numbers = re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)"[^>]*>(\d+)</text>', text)
    assert [row for *_, row in numbers] == [str(row) for _ in range(2) for row in range(11)]
    expected = [axes.transData.transform(places) for axes, places in zip(picture.axes, points)]
    for (x, y, _), (right, up) in zip(numbers, np.concatenate(expected)):
        assert abs(float(x) - right) < 0.2 and abs(float(y) - 5 - (height - up)) < 0.2
    circles = re.findall(r'<circle cx="([-\d.]+)" cy="([-\d.]+)" r="12" fill="([^"]+)"', text)
    assert len(circles) == 22 and sum(fill == "white" for *_, fill in circles) == 10
    assert {(x, y) for x, y, _ in circles} == {(x, f"{float(y) - 5:.1f}") for x, y, _ in numbers}
    assert "two</text>" in text and "lines</text>" in text


@pytest.mark.parametrize("done", [0.0, 100.0])
def test_the_cosines_are_those_of_the_rows_without_their_mean(done):
    explorer = cosine_explorer(TRAININGS)
    for key, value in (("done", done), ("row", 10), ("column", 0)):
        explorer.controls[key].value = value
    pictures, words = shown(explorer), explorer.words.replace("minus ", "-")
    for name, made in TRAININGS.items():
        table = made.wpe[0 if done == 0 else -1].astype(float)
        cosine = np.array([[_cosine(one, other, table) for other in table] for one in table])
        difference = pictures[name].astype(int) - colours(cosine, 1)
        assert abs(difference).max() <= 8 and (difference != 0).mean() < 0.02
        assert f"{name}, {made.scores[0 if done == 0 else -1]} of 729 right: rows 10 and 0" in words
        assert f"rows 10 and 0, cosine {cosine[10, 0]:.2f}" in words


def _cosine(one, other, table):
    one, other = one - table.mean(axis=0), other - table.mean(axis=0)
    return one @ other / np.sqrt((one @ one) * (other @ other))


def test_two_matrices_stand_beside_each_other_or_on_a_narrow_page_below():
    titles = {"one": "one", "other": "other"}
    for width in (WIDE, NARROW):
        picture = pair_frame((11, 48), 1.0, titles, "black", "channel", width)
        boxes = {axes.get_label(): axes.get_position() for axes in picture.axes}
        assert all(0 < box.x0 < box.x1 < 1 and 0 < box.y0 < box.y1 < 1 for box in boxes.values())
        assert (boxes["one"].y0 == boxes["other"].y0) == (width == WIDE)
        assert boxes["one"].width == pytest.approx(boxes["other"].width)


def test_every_lesson_4_explorer_has_a_still_picture_with_words(board, window, sinusoids):
    for explorer in (board, window, sinusoids, map_explorer(TRAININGS), cosine_explorer(TRAININGS)):
        explorer.reset()
        alt = re.search(r'alt="([^"]+)"', explorer.still_html()).group(1)
        assert len(alt) > 80
