"""Where the parts of a scene lie, and what it says, from its shapes alone."""

import numpy as np
import pytest

from lessonlib.scene import (
    NARROW,
    WIDE,
    Cells,
    Disc,
    Gap,
    Lines,
    Points,
    Ranking,
    Scene,
    Strip,
    added,
    aloud,
    brief,
    in_sum,
    lay_out,
    plain,
    signed_limit,
    spread_out,
)


def cells(n_rows, n_columns, **more):
    return Cells("matrix", np.zeros((n_rows, n_columns)), **more)


def curve(y, **more):
    return Lines("title", {"one": (np.array([0, 10]), np.array(y))}, 10, **more)


SCENES = {
    "one": [cells(3, 48, columns="channel", scale=True, rows=("A", "B", "C"))],
    "three": [cells(6, 48, rows=("0 A",) * 6) for _ in range(3)],
    "look-up": [[Gap(3), cells(3, 48, scale=True)], [cells(6, 3), cells(6, 48)]],
    "pair": [[cells(11, 48, rows=("10",) * 11)] * 2],
    "curves": [cells(3, 48), curve([0.0, 1.0])],
    "maps": [[Points("a\nb", (-1, 1, -1, 1), (Disc(0, 0, "0"),))] * 2],
    "ranking": [Ranking("title", ("cat", "dog"), (1.0, 0.5), 1.0), cells(3, 48)],
}


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("name", SCENES)
def test_every_part_lies_inside_the_page_and_on_no_other(name, width):
    scene = Scene(*SCENES[name])
    height, boxes = lay_out(scene, width)
    assert len(boxes) == len(scene.parts)
    for box in boxes:
        assert box.left >= scene.left - 1e-9 and box.left + box.width <= width - 20 + 1e-9
        assert box.top >= 0 and box.top + box.height <= height and box.width > 0
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            apart = one.left >= other.left + other.width or one.top >= other.top + other.height
            assert apart or one.height == 0 or other.height == 0


def test_rows_have_their_height_and_titles_and_numbers_have_room():
    part = cells(6, 48, columns="channel", row_height=18)
    height, (box,) = lay_out(Scene(part))
    assert box.top == 30 and box.height == 6 * 18 and height == 30 + 6 * 18 + 40 + 6
    assert lay_out(Scene(part, part))[1][1].top == 30 + 6 * 18 + 40 + 30


def test_a_row_of_the_one_hot_matrix_stands_before_the_row_that_it_picks_and_a_table_above_its_rows():
    _, (_, table, one_hot, rows) = lay_out(Scene(*SCENES["look-up"]))
    assert one_hot.top == rows.top and one_hot.height == rows.height
    assert table.left == rows.left and table.width == rows.width
    assert one_hot.width >= 3 * 28  # so that three labels do not meet


def test_on_a_narrow_page_wide_pairs_stand_below_each_other_and_small_ones_stay():
    for width, below in ((WIDE, False), (NARROW, True)):
        _, (one, other) = lay_out(Scene(*SCENES["pair"]), width)
        assert (other.top > one.top) == below
    _, (one, other) = lay_out(Scene(*SCENES["maps"]), NARROW)
    assert one.top == other.top


def test_all_heatmaps_without_a_limit_share_one_and_others_keep_theirs():
    one, other = cells(1, 2)._replace(matrix=np.array([[0.0, -3.0]])), cells(1, 2, limit=7.0)
    assert [part.limit for part in Scene(one, cells(1, 2), other).parts] == [3.0, 3.0, 7.0]
    assert signed_limit(np.zeros(2)) == 1.0 and signed_limit(np.array([np.nan, -2.0])) == 2.0


def test_the_shape_of_a_scene_follows_titles_and_sizes_but_not_what_stands_in_it():
    def scene(matrix, title="matrix", rows=("0", "1")):
        return Scene(Cells(title, matrix, rows, limit=1.0, marks=((0, 0, "red"),)), left=40).layout_key

    assert scene(np.zeros((2, 3))) == scene(np.ones((2, 3)), rows=("A", "B"))
    assert scene(np.zeros((2, 3))) != scene(np.zeros((2, 4)))
    assert scene(np.zeros((2, 3))) != scene(np.zeros((2, 3)), "another")
    assert hash(Scene(*SCENES["curves"], *SCENES["maps"], *SCENES["look-up"]).layout_key)


def test_every_eighth_column_has_its_number_or_each_where_there_are_few():
    assert [label for _, label in cells(1, 48, columns="channel").column_labels()] == "0 8 16 24 32 40 47".split()
    wide = [int(label) for _, label in cells(1, 512, columns="slot").column_labels()]
    assert wide == [0, 64, 128, 192, 256, 320, 384, 448, 511]
    assert [label for _, label in cells(1, 11, columns="slot").column_labels()] == [str(i) for i in range(11)]
    assert cells(1, 3, columns=("A", "B", "C")).column_labels() == [(0, "A"), (1, "B"), (2, "C")]
    assert cells(1, 3).column_labels() == []


def test_words_at_one_height_are_moved_apart_and_keep_their_order():
    assert spread_out([0.2, 0.8], 0.1) == [0.2, 0.8]
    moved = spread_out([1.0, 1.0, 0.98, 0.1], 0.1)
    assert sorted(moved) == pytest.approx([0.1, 0.8, 0.9, 1.0]) and max(moved) == 1.0
    assert np.argsort(moved, kind="stable").tolist() == [3, 2, 0, 1]


def test_names_beside_curves_say_the_marked_number():
    (_, height, text), *_ = curve([0.0, 1.0], at=0).names()
    assert text == "0.00  one" and height == 1.0
    assert [text for *_, text in curve([0.0, 1.0]).names()] == ["one"]


def test_the_words_of_a_scene_name_begin_with_its_text_and_name_its_parts_with_their_sizes():
    scene = Scene(
        cells(2, 3)._replace(matrix=np.array([[1.0, 2.0, np.nan], [0.0, -1.5, 0.0]])),
        curve([0.0, 0.25]),
        text="the `code` ends.\nAnd so on.",
    )
    assert "matrix: heatmap, 2 rows by 3 columns, from minus 1.5 to 2" in scene.words
    assert "one ends at 0.25" in scene.words
    assert scene.words.startswith("the code ends. And so on. matrix: ")


def test_words_are_spelled_and_at_most_300_letters_with_no_sentence_cut():
    assert aloud("-0.5 to BCA: A-1, ABC") == "minus 0.5 to B, C, A: A-1, A, B, C"
    assert brief(["CAB", "", "x −1; y"]) == "C, A, B. x minus 1; y."
    long = brief([f"{i} {'x' * 90}" for i in range(9)])
    assert long == " ".join(f"{i} {'x' * 90}." for i in range(3)) and brief(["x" * 400]) == "x" * 400 + "."


def test_answers_are_said_first_and_numbers_last():
    strips = Strip("m", "AB", "BA", said="m answers BA."), Strip("", "AB", "BA", score=None, said="Chances.")
    scene = Scene(strips[1], cells(2, 3), strips[0], text="`x = 1`\nThe words")
    assert scene.said == "m answers B, A. The words. x = 1. Chances."


def test_sums_are_written_one_way():
    assert added(0.0309, -0.0093) == "0.0309 + (-0.0093) = 0.0216"
    assert added(-0.5, 0.5) == "-0.5000 + 0.5000 = 0.0000"
    assert added(-0.0, -0.0) == "-0.0000 + -0.0000 = 0.0000"
    assert in_sum(0.25) == "0.2500" and in_sum(-0.25) == "(-0.2500)"
    assert plain("`a` *b*\nc") == "a b c"


def test_a_ranking_says_every_name_with_its_number_and_bars_stay_inside():
    ranking = Ranking("king\ncosine", ("cat", "dog", "cow"), (1.5, 0.25, -0.5), 1.0)
    assert ranking.words == "king, cosine" and ranking.said == "cat 1.500, dog 0.250, cow -0.500."
    assert Scene(ranking, text="near").words == "near. cat 1.500, dog 0.250, cow minus 0.500. king, cosine."
    assert [share for _, share, _ in ranking.items()] == [1, 0.25, 0]
    other = Ranking("queen\ncosine", ("x", "y", "z"), (3, 2, 1), 3.0)
    assert ranking.layout_key == other.layout_key != Ranking("queen", ("x", "y"), (3, 2), 3.0).layout_key
