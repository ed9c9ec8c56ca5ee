"""Lesson 4's explorers: what they show equals the pure functions, and every live score the score counted apart."""

import re

import numpy as np
import pytest
from seen import discs, faded, images, labels, marks, named_discs, paths, score_aloud, set_to, signed, titles

from lessonlib import explore
from lessonlib.embeddings import sinusoidal_positions
from lessonlib.explore.lesson_4 import (
    AT_END,
    FULL_SIZE,
    LEARNED_SIZE,
    NOW,
    OFF_BY_ONE,
    RANDOM,
    SHUFFLE,
    SHUFFLED,
    SINUSOIDS,
    broken_table,
)
from lessonlib.nano_gpt import load_checkpoint, load_history
from lessonlib.scene import NARROW, WIDE, lay_out
from lessonlib.tasks import REVERSE, SORT

SORTER, REVERSER = load_checkpoint("sort"), load_checkpoint("reverse")
MODELS = {"sorter": (SORTER, SORT), "reverser": (REVERSER, REVERSE)}
HISTORIES = {"sorter": load_history("sort"), "reverser": load_history("reverse")}


def words(explorer):
    return explorer.words.replace("minus ", "-")


def assert_nearly(found, wanted):
    """Colours are the same but for numbers that lie on the edge of two."""
    difference = abs(found.astype(int) - wanted)
    assert found.shape == wanted.shape and difference.max() <= 8 and (difference != 0).mean() < 0.02


# The window


@pytest.fixture
def window():
    return explore.window(SORTER)


@pytest.mark.parametrize(
    ("length", "start", "said"),
    [
        (1, 0, "1 letter in slot 0 takes row 0, whatever the letter is."),
        (1, 10, "1 letter in slot 10 takes row 10, whatever the letter is."),
        (2, 9, "2 letters from slot 9 on take rows 9 to 10, whatever the letters are."),
        (11, 0, "11 letters from slot 0 on take rows 0 to 10, whatever the letters are."),
        (6, 5, "6 letters from slot 5 on take rows 5 to 10, whatever the letters are."),
    ],
)
def test_the_window_leaves_the_rows_in_sight_that_are_taken(window, length, start, said):
    set_to(window, length=1, start=start)
    set_to(window, length=length)
    taken = range(start, start + length)
    expected = faded(signed(SORTER.wpe, abs(SORTER.wpe).max()), set(range(11)) - set(taken))
    np.testing.assert_array_equal(images(window)[0], expected)
    assert labels(window) == [[f"slot {row}" if row in taken else str(row) for row in range(11)]]
    assert words(window).startswith(said)


@pytest.mark.parametrize("row", [0, 10])
@pytest.mark.parametrize("channel", [0, 47])
def test_the_window_says_the_number_in_the_cell(window, row, channel):
    set_to(window, row=row, channel=channel)
    assert words(window).endswith(f"E_pos[{row}, {channel}] = {SORTER.wpe[row, channel]:.4f}")


def test_more_letters_than_there_are_rows_are_refused_in_words(window):
    set_to(window, start=6)
    assert "6 tokens from slot 6 on need the slots 6 to 11, but the model has 11 slots, 0 to 10" in window.words
    set_to(window, start=5)
    assert "need" not in window.words


# The board


def test_breaking_a_table_does_what_its_name_says_and_leaves_the_table_alone():
    wpe = np.arange(22.0).reshape(11, 2)
    before = wpe.copy()
    np.testing.assert_array_equal(broken_table(wpe), wpe)
    np.testing.assert_array_equal(broken_table(wpe, OFF_BY_ONE), wpe[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0]])
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
    return explore.ablation_board(MODELS)


@pytest.mark.parametrize(
    ("rows", "table", "scale"),
    [
        ("KKKKKKKKKKK", "as trained", 1.0),
        ("MMMMMKKKKKK", "as trained", 1.0),
        ("0000000000K", "as trained", 1.0),
        ("MMMMMMMMMMM", "as trained", 2.0),
        ("KKKKKKKKKKK", OFF_BY_ONE, 1.0),
        ("KKKKKK00000", SHUFFLE, 1.0),
        ("KKKKKKKKKKM", SINUSOIDS, 0.25),
        ("KKKKKKKKKKK", "as trained", 0.0),
    ],
)
def test_the_board_shows_both_broken_tables_and_the_scores_counted_apart(board, rows, table, scale):
    board.set_to()
    set_to(board, rows=rows, table=table, scale=scale)
    limit = max(abs(SORTER.wpe).max(), abs(REVERSER.wpe).max())
    for part, (name, (model, task)) in enumerate(MODELS.items()):
        broken = broken_table(model.wpe, table, rows, scale)
        np.testing.assert_array_equal(images(board)[part], signed(broken, limit))
        changed = model.with_tables(wpe=broken)
        assert score_aloud(name, changed, task) in board.words


def test_every_switch_of_the_board_changes_its_row_alone(board):
    for slot in range(11):
        board.set_to()
        board.controls["rows"].choices[slot].value = "0"
        assert board.values["rows"] == "K" * slot + "0" + "K" * (10 - slot)
        assert labels(board)[0] == [f"{row}: zero" if row == slot else str(row) for row in range(11)]


def test_a_chip_of_the_board_sets_its_controls_and_all_others_go_back_in_one_move(board):
    board.set_to()
    set_to(board, scale=0.5)
    line = board.children[1].children[0]
    for button, values in zip(
        line.children,
        (
            {"rows": "MMMMMKKKKKK"},
            {"rows": "00000KKKKKK"},
            {"table": OFF_BY_ONE},
            {"table": SHUFFLE},
            {"table": SINUSOIDS},
        ),
    ):
        moves = board._moves
        button.click()
        assert board.values == {"rows": "K" * 11, "table": "as trained", "scale": 1.0} | values
        assert board._moves == moves + 1
    line.children[-1].click()
    assert board.words.endswith("Both tables are as trained.")


@pytest.mark.parametrize(
    ("table", "kept"),
    [
        ("as trained", [str(slot) for slot in range(11)]),
        (OFF_BY_ONE, [f"{slot}: row {(slot + 1) % 11}" for slot in range(11)]),
        (SHUFFLE, [f"{slot}: row {row}" for slot, row in enumerate(SHUFFLED)]),
        (SINUSOIDS, [f"{slot}: sines" for slot in range(11)]),
    ],
)
def test_the_labels_say_where_each_row_comes_from(board, table, kept):
    board.set_to()
    set_to(board, table=table, rows="MKKKKKKKKK0")
    assert labels(board) == [["0: mean", *kept[1:10], "10: zero"], [str(slot) for slot in range(11)]]


@pytest.mark.parametrize(
    ("rows", "table", "scale", "said"),
    [
        ("KKKKKKKKKKK", "as trained", 1.0, "Both tables are as trained."),
        ("MMMKKKKKKKK", "as trained", 1.0, "Rows 0, 1 and 2 are each replaced by the mean of these 3 rows."),
        ("KKKKKKKMKKK", "as trained", 1.0, "Row 7 is the only one marked mean, so it is its own mean"),
        ("0KKKKKKKKKK", "as trained", 1.0, "Row 0: all numbers 0."),
        ("KKKKKKKKK0M", "as trained", 1.0, "Row 9: all numbers 0."),
        ("KKKKKKKKK00", SHUFFLE, 0.5, "The rows are shuffled. Rows 9 and 10: all numbers 0. Then every number is"),
        ("KKKKKKKKKKK", OFF_BY_ONE, 0.25, "last slot takes row 0. Then every number is multiplied by 0.25."),
    ],
)
def test_the_board_says_what_it_does(board, rows, table, scale, said):
    board.set_to()
    board.controls["rows"].text.value = rows.lower()
    set_to(board, table=table, scale=scale)
    assert said in board.words


@pytest.mark.parametrize(
    ("typed", "said"), [("KKX", "'X' is not one of K (keep), M (mean), 0 (zero)"), ("K", "there are 11 places, got 1")]
)
def test_other_switches_are_refused_in_words(board, typed, said):
    board.set_to()
    rows = board.controls["rows"]
    rows.text.value = typed
    assert said in rows.refusal.value.replace("&#x27;", "'")
    rows.text.value = "K" * 11
    assert rows.refusal.value == ""


def test_wrong_letters_of_the_example_are_marked(board):
    board.set_to()
    assert board.words and "ll-wrong" not in board._counted.value
    set_to(board, scale=0.0)
    assert "right would be A, B, B, B, C, C" in board.words
    answer = SORTER.with_tables(wpe=0 * SORTER.wpe).answer("CBABBC")
    marked = (
        f"<b>{letter}" if letter == right else f'<b class="ll-wrong">{letter}'
        for letter, right in zip(answer, "ABBBCC")
    )
    assert "</b>".join(marked) in board._counted.value


@pytest.mark.parametrize(
    ("typed", "read"), [("ммммм" + "o" * 6, "MMMMM000000"), ("ΚκκккkkkOοо", "KKKKKKKK000"), ("Ｋ" * 11, "K" * 11)]
)
def test_letters_that_look_alike_are_read(board, typed, read):
    board.set_to()
    board.controls["rows"].text.value = typed
    assert board.values["rows"] == board.controls["rows"].text.value == read


# Sinusoids


@pytest.fixture(scope="module")
def sinusoids():
    return explore.sinusoids(SORTER.wpe)


@pytest.mark.parametrize("base", [2, 10000, 100000])
@pytest.mark.parametrize("size", [FULL_SIZE, LEARNED_SIZE])
def test_both_tables_are_drawn_on_one_scale_and_the_learned_one_ends(sinusoids, base, size):
    sinusoids.set_to()
    set_to(sinusoids, base=base, size=size)
    table, limit = sinusoidal_positions(24, 48, base), 1.0
    if size == LEARNED_SIZE:
        limit = abs(SORTER.wpe).max()
        table = table * np.linalg.norm(SORTER.wpe, axis=1).mean() / np.sqrt(24)
    pictures = images(sinusoids)
    assert_nearly(pictures[1], signed(table, limit))
    np.testing.assert_array_equal(pictures[0], signed(SORTER.wpe, limit))
    assert [len(column) for column in labels(sinusoids)] == [11, 24]


@pytest.mark.parametrize(("row", "apart"), [(0, 0), (2, 3), (0, 10), (10, 0), (10, 13), (0, 13), (9, 4)])
def test_the_dot_products_are_those_of_the_rows(sinusoids, row, apart):
    sinusoids.set_to()
    set_to(sinusoids, row=row, apart=apart, size=FULL_SIZE)
    learned = np.asarray(SORTER.wpe, dtype=float)
    for name, table in (("learned", learned), ("sines and cosines", sinusoidal_positions(24, 48))):
        if row + apart >= len(table):
            assert f"{name}: there is no row {row + apart}, the table ends at row 10." in words(sinusoids)
            continue
        every = [table[i] @ table[i + apart] for i in range(len(table) - apart)]
        product = f"{name}: the dot product of rows {row} and {row + apart} is {table[row] @ table[row + apart]:.4f}; "
        others = "the same." if name != "learned" or len(every) == 1 else f"from {min(every):.4f} to {max(every):.4f}."
        assert f"{product}of all rows {apart} apart: {others}" in words(sinusoids)
    rows = {row, row + apart}
    assert len(marks(sinusoids)) == len(rows) + sum(each < 11 for each in rows)
    for part, table in zip(sinusoids._scene.parts[2:], (learned, sinusoidal_positions(24, 48))):
        every = [table[i] @ table[i + apart] / np.mean(np.sum(table**2, axis=1)) for i in range(len(table) - apart)]
        assert len(part.paths) == bool(every)
        np.testing.assert_allclose([y / 3 for path in part.paths for _, y in path.xy], every, atol=1e-6)
        assert [disc.x for disc in part.discs] == ([row] if row < len(every) else [])
        assert part.title.count(" to ") == (len(set(np.round(every, 5))) > 1)


def test_it_starts_at_the_learned_size_with_a_flat_line_beside_one_that_is_not(sinusoids):
    sinusoids.set_to()
    assert sinusoids.values["size"] == LEARNED_SIZE
    learned, sines = (np.ptp(path[:, 1]) for path in paths(sinusoids))
    assert learned > 0.1 and sines < 1e-3


# Maps and cosines


BEGAN, NOW_AT, NAMED = (slice(11 * i, 11 * (i + 1)) for i in range(3))  # of a map's discs


@pytest.mark.parametrize("i", [0, 20, 40])
@pytest.mark.parametrize("plane", [AT_END, NOW, RANDOM])
def test_the_maps_show_distances_within_a_plane_and_how_much_of_all_they_keep(i, plane):
    explorer = explore.maps(HISTORIES)
    assert explorer.values == {"snapshot": 40, "plane": AT_END}
    set_to(explorer, snapshot=i, plane=plane)
    _, boxes = lay_out(explorer._scene, WIDE)
    zooms = []
    for part, (name, history) in enumerate(HISTORIES.items()):
        xy, box, title = discs(explorer)[part][NOW_AT], boxes[part], titles(explorer)[part]
        on_page = squares(xy * [box.width, box.height])
        table = history.wpe[i].astype(float)
        best = best_plane(table if plane == NOW else history.wpe[-1].astype(float))
        if plane == RANDOM:  # no other way to it; but the points tell how much it keeps, on the scale of the others
            zooms.append(zooms_of_page(explorer)[name])
            kept = on_page / zooms[-1] ** 2
        else:
            kept = squares(table @ best)
            zooms.append(np.sqrt(on_page.sum() / kept.sum()))
            np.testing.assert_allclose(on_page, kept * zooms[-1] ** 2, atol=0.01 * on_page.max())
            first = history.wpe[0].astype(float)  # the start lies in the same plane, or its line would lead nowhere
            way = ((table - table.mean(axis=0)) - (first - first.mean(axis=0))) @ best
            drawn = (xy - discs(explorer)[part][BEGAN]) * [box.width, box.height] / zooms[-1]
            np.testing.assert_allclose((drawn**2).sum(axis=1), (way**2).sum(axis=1), atol=0.01 * (way**2).max() + 1e-6)
        of_all, inputs = kept.sum() / squares(table).sum(), np.ix_(range(5), range(5))
        of_inputs = kept[inputs].sum() / squares(table)[inputs].sum()
        assert title == f"{name}: {history.scores[i]} of 729 right"
        line = rf"{name}: the plane keeps (\d+)% of the differences between all rows, and (\d+)%"
        said = re.search(line, explorer.words)
        assert abs(int(said[1]) - 100 * of_all) < 1 and abs(int(said[2]) - 100 * of_inputs) < 1.5
        assert 0 < xy.min() and xy.max() < 1
    assert zooms[0] == pytest.approx(zooms[1], rel=0.01)  # one scale


def squares(points):
    """The squared distances between all points, (n, n)."""
    return ((points[:, np.newaxis] - points) ** 2).sum(axis=-1)


def best_plane(table):
    _, directions = np.linalg.eigh(np.cov((table - table.mean(axis=0)).T))
    return directions[:, -2:]


def zooms_of_page(explorer):
    """CSS pixels for each unit of every map, measured where the plane is known."""
    other = explore.maps(HISTORIES)
    _, boxes = lay_out(other._scene, WIDE)
    return {
        name: np.sqrt(
            squares(xy[NOW_AT] * [box.width, box.height]).sum()
            / squares(history.wpe[-1].astype(float) @ best_plane(history.wpe[-1].astype(float))).sum()
        )
        for (name, history), xy, box in zip(HISTORIES.items(), discs(other), boxes, strict=True)
    }


def test_a_line_leads_from_the_random_start_of_every_row_to_where_it_is():
    explorer = explore.maps(HISTORIES)
    starts = [xy[BEGAN] for xy in discs(explorer)]
    for i in (20, 0):
        set_to(explorer, snapshot=i)
        np.testing.assert_array_equal([xy[BEGAN] for xy in discs(explorer)], starts)
        lines = [path for path in paths(explorer) if len(path) == 2]
        ends = [np.stack([xy[BEGAN], xy[NOW_AT]], axis=1) for xy in discs(explorer)]
        np.testing.assert_allclose([lines[:11], lines[22:33]], ends, atol=2e-4)
    np.testing.assert_array_equal([xy[NOW_AT] for xy in discs(explorer)], starts)


@pytest.mark.parametrize("i", [0, 20, 40])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_no_number_hides_another_and_a_leader_ends_where_its_row_is(i, width):
    explorer = explore.maps(HISTORIES)
    set_to(explorer, snapshot=i)
    lines = [path for path in paths(explorer) if len(path) == 2]
    for part, (box, xy) in enumerate(zip(lay_out(explorer._scene, width)[1], discs(explorer))):
        apart = np.sqrt(squares(xy[NAMED] * [box.width, box.height]))
        assert apart[np.triu_indices(11, 1)].min() > 18  # discs of 16 pixels
        leaders = np.stack([xy[NOW_AT], xy[NAMED]], axis=1)
        np.testing.assert_allclose(lines[22 * part + 11 : 22 * part + 22], leaders, atol=2e-4)


def test_rows_that_are_only_read_are_hollow_and_those_that_write_are_joined():
    explorer = explore.maps(HISTORIES)
    joined = [path for path in paths(explorer) if len(path) == 6]
    for named, path, xy in zip(named_discs(explorer), joined, discs(explorer), strict=True):
        assert named == [
            *(("white", str(row)) for row in range(5)), *(("#6a3d9a", str(row)) for row in range(5, 11))
        ]  # fmt: skip
        np.testing.assert_allclose(path, xy[NAMED][5:], atol=2e-4)


@pytest.mark.parametrize("i", [0, 40])
def test_the_cosines_are_those_of_the_rows_without_their_mean(i):
    explorer = explore.cosines(HISTORIES)
    set_to(explorer, snapshot=i, row=10, column=0)
    for part, (name, history) in enumerate(HISTORIES.items()):
        table = history.wpe[i].astype(float)
        cosine = np.array([[_cosine(one, other, table) for other in table] for one in table])
        assert_nearly(images(explorer)[part], signed(cosine, 1))
        inputs = np.mean([cosine[a, b] for a in range(5) for b in range(a)])
        neighbours = np.mean([cosine[a, a + 1] for a in range(6, 10)])
        line = f"{name}, {history.scores[i]} of 729 right: rows 10 and 0: {cosine[10, 0]:.2f}; "
        line += f"mean among rows 0 to 4: {inputs:.2f}, of neighbours from row 6 on: {neighbours:.2f}"
        assert line in words(explorer)


def _cosine(one, other, table):
    one, other = one - table.mean(axis=0), other - table.mean(axis=0)
    return one @ other / np.sqrt((one @ one) * (other @ other))


def test_two_squares_stand_beside_each_other_or_on_a_narrow_page_below():
    scene = explore.cosines(HISTORIES)._scene
    for width in (WIDE, NARROW):
        _, (one, other) = lay_out(scene, width)
        assert (one.top == other.top) == (width == WIDE) and (one.left == other.left) == (width == NARROW)
        assert one.width == other.width


def test_every_lesson_4_explorer_has_a_still_picture_with_words(board, window, sinusoids):
    for explorer in (board, window, sinusoids, explore.maps(HISTORIES), explore.cosines(HISTORIES)):
        explorer.set_to()
        alt = re.search(r'alt="([^"]+)"', explorer.still_html()).group(1)
        assert len(alt) > 80
        assert "nearly equal" not in alt  # a plane keeps only some of the differences


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: explore.ablation_board(SORTER), "models must be a dict from names, such as 'sorter', got NanoGPT("),
        (lambda: explore.ablation_board({}), "models must be a dict from names, such as 'sorter', got {} (dict)"),
        (lambda: explore.ablation_board({"sorter": SORTER}), "models['sorter'] must be a model, such as"),
        (lambda: explore.ablation_board({"a": (SORT, SORTER)}), "models['a'] must be a model, such as"),
        (
            lambda: explore.ablation_board({"a": (SORTER, 729)}),
            "models['a'] must be a task, such as SORT, got 729 (int)",
        ),
        (lambda: explore.maps(HISTORIES["sorter"]), "histories must be a dict from names"),
        (lambda: explore.maps({"sorter": SORTER}), "histories['sorter'] must be a History, got NanoGPT("),
        (lambda: explore.cosines({"sorter": None}), "histories['sorter'] must be a History, got None (NoneType)"),
        (lambda: explore.window("sort"), "model must be a model, such as load_checkpoint gives, got 'sort' (str)"),
        (lambda: explore.sinusoids(SORTER), "wpe must hold real numbers"),
        (lambda: explore.sinusoids(np.full((11, 48), np.nan)), "wpe holds nan at (0, 0): every number must be finite"),
        (lambda: explore.sinusoids(np.zeros(48)), "wpe must have shape (rows, C), got (48,)"),
        (lambda: explore.sinusoids(np.zeros((11, 47))), "n_embd must be even (each sine has its cosine), got 47"),
    ],
)
def test_what_no_explorer_can_be_made_of_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make()
