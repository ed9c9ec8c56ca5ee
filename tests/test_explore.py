"""The mechanism of every explorer, without a browser: what is shown equals the function of the controls."""

import asyncio
import gc
import html
import re

import ipywidgets as widgets
import numpy as np
import pytest
import seen
from seen import counted_of

from lessonlib.draw.paper import colours
from lessonlib.explore.controls import Control, Letters, Places, Steps, choice_slider, int_slider
from lessonlib.explore.explorer import REST, Explorer, checked
from lessonlib.explore.page import layout, page, panels_html, tiny
from lessonlib.palette import INK
from lessonlib.scene import Cells, Disc, Flight, Gap, Lines, Path, Points, Scene, Strip


def panels(explorer):
    """What lies over the frame, without the number of the move."""
    return re.sub(r' data-move="\d+"', "", explorer._cells.value)


def rows_of(n, **more):
    """An explorer of a matrix that is filled with what its slider says."""

    def show(row):
        strips = [Strip()] * ("later" in more)
        cells = Cells("matrix", np.full((2, 3), float(row)), ("0", "1"), limit=9.0)
        return Scene(*strips, cells, text=f"row {row}", **more)

    return Explorer("rows", {"row": int_slider("row", 0, n - 1, 0)}, show)


def in_a_loop(steps):
    """Run a coroutine function in an event loop, as a kernel has one."""
    return asyncio.run(steps())


# The page


def test_a_heatmap_is_a_tiny_image_of_its_exact_colours_with_its_marks_labels_and_texts():
    cells = Cells(
        "x", np.array([[1.0, -1.0], [0.0, np.nan]]), ("first", "<b>"), limit=1.0,
        marks=((1, None, "#123456"), (0, 1, INK)), faded=((1, 0),), texts=((0, 0, "a&b"),),
    )  # fmt: skip
    written = panels_html(Scene(cells))
    assert tiny(cells) in written
    assert "<span>first</span><span>&lt;b&gt;</span>" in written and "a&amp;b" in written
    assert "top:50.000%;height:50.000%;left:0;width:100%;border-color:#123456" in written
    assert "top:0.000%;height:50.000%;left:50.000%;width:50.000%;border-color:#1f2933" in written
    pale = colours(cells)[1, 0].astype(int)
    assert (pale >= colours(cells, cells.matrix)[1, 0]).all() and tiny(cells) != tiny(cells, cells.matrix)


def test_a_panel_lies_where_the_layout_says_on_wide_and_narrow_pages():
    written = panels_html(Scene(Cells("x", np.zeros((6, 48)), limit=1.0), left=43))
    assert "--wide:860 / 150;--narrow:460 / 120" in written
    assert f"--wide:{30 / 150:.3%} {20 / 860:.3%} {12 / 150:.3%} {43 / 860:.3%}" in written


def test_a_row_that_flies_is_not_at_its_place_before_it_has_landed():
    table, bench = Cells("table", np.eye(3), limit=1.0), Cells("bench", np.ones((2, 3)), limit=1.0)
    flight = Flight(1, 0, 2, np.ones(3), "#00805a", start=0.5)
    written = panels_html(Scene(table, bench._replace(flights=(flight,))))
    assert written.count("ll-flight") == 1 and "animation-delay:0.5s" in written
    assert 'class="ll-landed" style="top:50.000%;height:50.000%;left:0;width:100%;animation-delay:1.2s"' in written
    resting = np.array([[1.0] * 3, [np.nan] * 3])
    assert tiny(bench, resting) in written and tiny(bench, np.ones((1, 3))) in written


def test_curves_and_points_are_written_with_their_words():
    lines = Lines("step <2>", {"a": (np.array([0, 1, 2]), np.array([0, 0.5, 1]))}, 2, at=1)
    discs = Disc(0, 0, "A", ring=True), Disc(1, 1, "B")
    points = Points("map\nsecond", (0, 1, 0, 1), discs, (Path(np.eye(2), "#00805a"),))
    written = panels_html(Scene(lines, Gap(3), points))
    assert 'points="0,1 0.5,0.5 1,0"' in written and "0.50  a" in written and "step &lt;2&gt;" in written
    assert "left:50.00%;top:50.00%" in written  # the marked point
    assert "map<br><small>second</small>" in written and written.count("ll-ring") == 1


def test_frames_are_drawn_once_for_each_shape_and_hold_both_widths():
    scenes = [Scene(Cells("x", np.full((2, 3), number), limit=1.0)) for number in (0.0, 1.0)]
    one, other = (layout(scene).frames for scene in scenes)
    assert one is other and one.count("<img") == 2 and one.count("data:image/svg+xml;base64,") == 2
    assert layout(Scene(Cells("y", np.zeros((2, 3)), limit=1.0))).frames != one


def test_style_and_script_are_one_widget_for_all_explorers_and_are_made_again_if_somebody_closed_it():
    one, other = rows_of(2), rows_of(2)
    assert one.children[0] is other.children[0] is page()
    assert "<style onload=" in page().value and "may be taken as commands" in page().value
    size = len(one._cells.value) + len(one._frame.value) + len(one._error.value)
    assert size < 12_000  # what every explorer sends of its own
    page().close()
    assert rows_of(2).children[0] is page() is not one.children[0]


def test_script_and_style_say_only_what_older_safaris_read():
    script, style = page().value, page().value
    assert "(?&lt;=" not in script and "(?&lt;!" not in script  # a lookbehind is a syntax error before Safari 16.4
    assert style.count("-webkit-user-select: none;") == 1 == style.count("\n  user-select: none;")


# Explorers


def test_what_is_shown_is_what_the_function_says_after_any_move():
    explorer = rows_of(9)
    for row in (8, 0, 3):
        explorer.controls["row"].value = row
        assert tiny(Cells("", np.zeros((1, 1)), limit=9.0), np.full((2, 3), float(row))) in explorer._cells.value
        assert explorer.words == f"row {row}"


def test_reset_brings_the_first_picture_back():
    explorer = rows_of(9)
    first = panels(explorer)
    explorer.controls["row"].value = 5
    assert panels(explorer) != first
    explorer.set_to()
    assert panels(explorer) == first


def test_a_scene_of_another_shape_brings_its_own_frame():
    def show(n):
        return Scene(Cells(f"{n} columns", np.zeros((1, n)), limit=1.0))

    explorer = Explorer("n", {"n": int_slider("n", 1, 3, 1)}, show)
    first = explorer._frame.value
    explorer.controls["n"].value = 2
    assert explorer._frame.value != first
    explorer.controls["n"].value = 1
    assert explorer._frame.value == first


def failing(at):
    def show(row):
        if row == at:
            return undefined_name  # noqa: F821
        return Scene(Cells("x", np.zeros((1, 1)), limit=1.0), text=f"row {row}")

    return Explorer("failing", {"row": int_slider("row", 0, 3, 0)}, show)


def test_what_a_learners_function_raises_is_said_and_the_last_good_picture_stays():
    explorer = failing(at=2)
    good = explorer._cells.value
    explorer.controls["row"].value = 2
    assert "NameError: name 'undefined_name' is not defined. The picture still shows" in explorer.words
    assert explorer._cells.value == good and 'role="alert"' in explorer._error.value
    explorer.controls["row"].value = 3
    assert explorer.words == "row 3" and explorer._error.value == ""


def test_what_fails_at_once_leaves_no_empty_frames_and_speaks_of_no_last_values():
    explorer = failing(at=0)
    assert "undefined_name" in explorer.words and "no picture yet" in explorer.words
    assert explorer._frame.value == explorer._cells.value == ""
    assert "undefined_name" in explorer.still_html()
    explorer.controls["row"].value = 1
    assert explorer.words == "row 1" and explorer._frame.value


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, "x is None: is `return` missing?"),
        (np.zeros((2, 2)), "x must have shape (2, 3), got (2, 2)"),
        ([[1, 2, 3], [1, 2]], "rows of different lengths"),
        (np.full((2, 3), "a"), "must hold real numbers"),
        (np.full((2, 3), np.nan), "holds nan"),
    ],
)
def test_what_a_learner_returns_instead_is_named(returned, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        checked("x", returned, (2, 3))


def test_a_still_for_pages_without_a_kernel_has_picture_words_and_what_to_do():
    bundle = rows_of(3, later=counted("12 right"))._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
    assert bundle["text/plain"] == "Explorer('rows', controls: row)"
    alt = re.search(r'alt="([^"]+)"', bundle["text/html"]).group(1)
    assert "2 rows by 3 columns" in alt and alt.startswith("12 right. row 0. ")
    assert "run this cell" in bundle["text/html"]


def test_words_say_minus_and_are_one_with_the_line_below():
    show = lambda row: Scene(text=f"`x = -0.5` and 3-4, a-1 <{row}>\n-2")  # noqa: E731
    explorer = Explorer("words", {"row": int_slider("row", 0, 1, 0)}, show)
    assert explorer.words == "minus 2. x = minus 0.5 and 3-4, a-1 <0>"
    assert "<code>x = -0.5</code> and 3-4, a-1 &lt;0&gt;<br>−2" in explorer._cells.value


def test_two_explorers_do_not_disturb_each_other():
    one, other = rows_of(3), rows_of(3)
    before = other._cells.value
    one.controls["row"].value = 2
    assert other._cells.value == before


# What takes longer


def counted(result, log=None, pieces=3):
    def later():
        for piece in range(pieces):
            if log is not None:
                log.append(piece)
            yield
        return [Strip("model", "AB", "BA", said=result)]

    return later


def test_without_a_loop_counting_waits_until_it_is_asked_for():
    log = []
    explorer = rows_of(3, later=counted("12 right", log))
    assert log == [] and explorer._counted.value == ""
    assert explorer.words == "12 right. row 0" and log == [0, 1, 2]
    assert explorer.words and log == [0, 1, 2]  # once for each move
    explorer.controls["row"].value = 1
    assert explorer.words == "12 right. row 1" and len(log) == 6


def test_in_a_loop_counting_follows_after_a_rest_and_only_for_the_newest_move():
    log = []

    async def steps():
        explorer = rows_of(9, later=counted("12 right", log))
        for row in range(1, 6):
            explorer.controls["row"].value = row
            await asyncio.sleep(REST / 10)
        assert log == []  # not yet rested
        while not explorer._counted.value:
            await asyncio.sleep(0.01)
        assert log == [0, 1, 2] and "12 right" in counted_of(explorer)

    in_a_loop(steps)


def test_a_move_of_what_counts_nothing_sends_one_message_and_no_other_follows():
    async def steps():
        explorer = rows_of(9)
        sent = messages_of(explorer)
        explorer.controls["row"].value = 5
        await asyncio.sleep(2 * REST)
        return sent

    assert len(in_a_loop(steps)) == 1


def test_what_counts_sends_one_message_more_when_it_has_counted():
    async def steps():
        explorer = rows_of(9, later=counted("12 right"))
        assert explorer.words == "12 right. row 0"
        sent = messages_of(explorer)
        explorer.controls["row"].value = 5
        await asyncio.sleep(REST / 2)
        assert len(sent) == 1
        await asyncio.sleep(REST)
        return sent

    assert len(in_a_loop(steps)) == 2


def messages_of(explorer):
    """Note every piece of HTML that an explorer sends from now on."""
    sent = []
    for part in (explorer._error, explorer._frame, explorer._cells, explorer._counted):
        part.observe(lambda change: sent.append(change.new), "value")
    return sent


@pytest.mark.parametrize(
    "matrix", [[[5.0, -0.1234, np.nan]], [[0.00004, -3.19, 0.0]], [[1e8, -0.5, np.nan]], [[3.3, 0.25, 1e-9]]]
)
def test_the_page_is_told_all_numbers_to_four_decimals(matrix):
    written = panels_html(Scene(Cells("x", np.array(matrix), limit=1.0)))
    np.testing.assert_allclose(seen.numbers(written)[0], matrix[0], atol=5.1e-5, rtol=1e-7)
    assert seen.numbers(panels_html(Scene(Cells("x", np.array(matrix), limit=1.0, told=False)))) == {}


def test_a_move_while_counting_ends_the_old_count_and_begins_anew():
    log = []

    async def steps():
        explorer = rows_of(9, later=counted("done", log, pieces=1000))
        while not log:
            await asyncio.sleep(0.01)
        assert len(log) < 1000  # it breathes between pieces
        explorer.controls["row"].value = 4
        so_far = len(log)
        await asyncio.sleep(REST / 2)
        assert len(log) <= so_far + 1 and explorer._counted.value == ""
        assert explorer.words == "done. row 4"

    in_a_loop(steps)


def test_what_counting_raises_is_said():
    def later():
        yield
        raise KeyError("lost")

    explorer = rows_of(3, later=later)
    assert "KeyError: 'lost'" in explorer.words

    async def steps():
        explorer.controls["row"].value = 1
        while 'data-move="2"' not in explorer._counted.value:
            await asyncio.sleep(0.01)
        assert "There is no score. KeyError: 'lost'." in html.unescape(counted_of(explorer))

    in_a_loop(steps)
    assert explorer._error.value == "" and "row 1" in explorer.words  # the picture is that of the values


def test_a_thousand_moves_leave_nothing_behind():
    explorer = rows_of(100)
    for row in range(200):
        explorer.controls["row"].value = row % 100
    gc.collect()
    before = len(gc.get_objects())
    for row in range(1000):
        explorer.controls["row"].value = row % 100
    gc.collect()
    assert len(gc.get_objects()) - before < 50


# Controls


def test_moving_one_letter_slider_moves_the_text_box_and_the_text_box_takes_letters_in_any_case():
    letters = Letters()
    letters.choices[2].value = "C"
    assert letters.value == letters.text.value == "CBCBBC"
    letters.text.value = " abcabc "
    assert letters.value == "ABCABC" == letters.text.value
    assert [slider.value for slider in letters.choices] == list("ABCABC")


@pytest.mark.parametrize(("typed", "word"), [("CBABBX", "'X'"), ("CBA", "got 3"), ("", "empty"), ("CBABBCA", "got 7")])
def test_other_letters_are_refused_in_words_until_right_ones_are_typed(typed, word):
    letters = Letters()
    letters.text.value = typed
    assert word in html.unescape(letters.refusal.value) and 'role="alert"' in letters.refusal.value
    assert letters.value == "CBABBC"
    letters.text.value = "CBABBC"  # the same as before
    assert letters.refusal.value == "" and letters.value == "CBABBC"


def test_places_say_which_symbols_there_are_and_reset_takes_a_refusal_away():
    places = Places("KK", {"K": "keep", "0": "zero"}, "slot", "all rows")
    places.text.value = "KX"
    assert "not one of K (keep), 0 (zero)" in html.unescape(places.refusal.value)
    places.reset("KK")
    assert places.refusal.value == "" and places.text.value == "KK"
    places.text.value = "k0"
    assert places.value == "K0"


def test_steps_follow_their_slider_and_stop_playing_on_reset():
    steps = Steps(int_slider("step", 0, 10, 0), 11, 100)
    steps.slider.value = 7
    assert steps.value == 7 and isinstance(steps, Control)
    steps.player.playing = True
    explorer = Explorer("steps", {"step": steps}, lambda step: Scene(text=f"{step}"))
    explorer.controls["step"].slider.value = 3
    explorer.set_to()
    assert steps.value == 7 and steps.player.playing is False and explorer.words == "7"


def test_steps_that_are_read_can_be_played_slowly_and_quick_ones_need_no_pace():
    steps = Steps(int_slider("step", 0, 10, 0), 11, 2000)
    pace = steps.children[2]
    assert pace.value == 2000 == steps.player.interval and pace.description == "pace"
    pace.value = dict(pace.options)["slow"]
    assert steps.player.interval == 10000
    assert len(Steps(int_slider("step", 0, 10, 0), 11, 300).children) == 2


def test_every_control_has_a_name():
    made = [int_slider("a name", 0, 1, 0), choice_slider("a name", [1, 2], 1)]
    assert all(each.description == each.tooltip == "a name" for each in made)
    assert all(isinstance(each, widgets.Widget) for each in made)


def test_colours_are_the_same_on_paper_and_on_the_page():
    cells = Cells("x", np.array([[0.5, -0.5]]), limit=1.0)
    np.testing.assert_array_equal(colours(cells), colours(cells, cells.matrix))
