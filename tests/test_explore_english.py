"""The explorer of neighbours without a browser: what it shows is what the model's rows say, whatever is typed."""

import html
import re
import time

import pytest
from seen import assert_nothing_is_cut_off, note, set_to, titles

from lessonlib import explore
from lessonlib.english import MEASURES, load_english

english = load_english()


@pytest.fixture
def neighbours():
    return explore.neighbours(english)


def bars(explorer):
    """Names, lengths in per cent and numbers of the bars, as they are sent to the page."""
    found = re.findall(
        r'<div><span>([^<]*)</span><i style="[^"]*width:([\d.]+)%"></i>([^<]*)</div>', explorer._cells.value
    )
    return [(html.unescape(name), float(width), number) for name, width, number in found]


def type_in(explorer, **texts):
    for key, text in texts.items():
        explorer.controls[key].text.value = text


@pytest.mark.parametrize("by", MEASURES)
@pytest.mark.parametrize("leave_out", [False, True])
@pytest.mark.parametrize(
    "words", [("cat", "", ""), ("king", "man", "woman"), ("king", "", "woman"), ("three", "two", "")]
)
def test_the_bars_are_the_ten_nearest_with_their_numbers(neighbours, words, leave_out, by):
    type_in(neighbours, **dict(zip(("word", "minus", "plus"), words)))
    set_to(neighbours, leave_out=leave_out, by=by)
    word, minus, plus = (text or None for text in words)
    nearest = english.nearest(word, minus, plus, by=by, leave_out=leave_out)
    most = max(value for _, value in nearest) if by == "distance" else 1
    shown = bars(neighbours)
    assert [name.removesuffix(" (typed)") for name, _, _ in shown] == [name for name, _ in nearest]
    assert {name for name, _, _ in shown if name.endswith("(typed)")} == {
        f"{name} (typed)" for name, _ in nearest if name in words
    }
    for (_, width, number), (_, value) in zip(shown, nearest):
        assert number == f"{value:.3f}" and width == pytest.approx(100 * max(value, 0) / most, abs=0.006)
    assert titles(neighbours)[0].replace("\n", ", ") in neighbours._scene.words
    listed = ", ".join(f"{name} {number}" for name, _, number in shown)
    assert listed in neighbours._scene.words and listed in neighbours.words
    assert html.unescape(neighbours.still_html()).count(listed) == 1


@pytest.mark.parametrize(
    "texts, leave_out, said",
    [
        ({}, False, "Nearest to king: king itself; without it, queen."),
        ({}, True, "Nearest to king, without it: queen."),
        (
            {"minus": "man", "plus": "woman"},
            False,
            "Nearest to king minus man plus woman: king itself; without the three words, queen.",
        ),
        (
            {"minus": "man", "plus": "woman"},
            True,
            "Nearest to king minus man plus woman, without the three words: queen.",
        ),
        ({"plus": "woman"}, False, "Nearest to king plus woman: king itself; without both words, "),
        ({"word": "plus", "plus": "plus"}, True, "Nearest to plus plus plus, without it: "),
        ({"word": "good"}, True, "Nearest to good, without it: bad."),
    ],
)
def test_the_sentence_says_it_in_words(neighbours, texts, leave_out, said):
    type_in(neighbours, **texts)
    set_to(neighbours, leave_out=leave_out)
    assert said in note(neighbours) and said in neighbours.words


def test_the_same_word_three_times_is_that_word(neighbours):
    type_in(neighbours, word="dog", minus="dog", plus="dog")
    assert "Nearest to dog minus dog plus dog: dog itself; without it, dogs." in neighbours.words
    assert titles(neighbours) == ["dog − dog + dog\ncentred cosine: row means taken away"]


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "give one word, such as 'king', got ''"),
        ("   ", "give one word"),
        ("new york", "give one word, such as 'king', got 'new york'"),
        ("kittn", "'kittn' is not one of the 3,108 words here; close to it: kitten"),
        ("42", "'42' is not one of"),
        ("Bäckereien", "'Bäckereien' is not one of"),
        ("<b>", "'<b>' is not one of"),
        ("猫", "'猫' is not one of"),
    ],
)
def test_what_is_no_word_is_refused_in_words_and_the_picture_stays(neighbours, text, said):
    before, word = neighbours._cells.value, neighbours.controls["word"]
    type_in(neighbours, word=text)
    assert f"Not taken: {said}" in html.unescape(word.refusal.value) and 'role="alert"' in word.refusal.value
    assert "<b>" not in word.refusal.value
    assert word.value == "king" and word.text.value == text and neighbours._cells.value == before
    type_in(neighbours, word=" KING ")
    assert word.refusal.value == "" and word.text.value == word.value == "king"


def test_the_other_words_may_be_left_empty_again(neighbours):
    type_in(neighbours, minus="man", plus="woman")
    type_in(neighbours, minus=" ", plus="")
    assert [neighbours.controls[key].value for key in ("minus", "plus")] == ["", ""]
    assert "Nearest to king: king itself" in neighbours.words


def test_nothing_left_is_said_and_the_picture_stays(neighbours):
    before = neighbours._cells.value
    type_in(neighbours, minus="king")
    assert "king - king leaves a row of zeros: it has no direction." in neighbours.words
    assert neighbours._cells.value == before
    set_to(neighbours, by="distance")
    assert "Nearest to king minus king: " in neighbours.words


def test_reset_brings_back_the_first_words_and_ends_a_refusal(neighbours):
    first = neighbours._cells.value
    type_in(neighbours, word="cat", minus="dog", plus="nosuchword")
    set_to(neighbours, leave_out=True, by="cosine")
    neighbours.set_to()
    assert neighbours.values == {"word": "king", "minus": "", "plus": "", "leave_out": False, "by": "centred cosine"}
    assert all(neighbours.controls[key].refusal.value == "" for key in ("word", "minus", "plus"))
    assert neighbours.controls["plus"].text.value == ""
    assert neighbours._cells.value.partition("ll-note")[0] == first.partition("ll-note")[0]


def test_it_starts_with_the_words_that_it_is_given():
    explorer = explore.neighbours(english, "paris", "france", "italy")
    assert explorer.values["word"] == "paris" and "Nearest to paris minus france plus italy" in explorer.words


def test_the_still_picture_has_the_numbers_in_words_and_nothing_is_cut_off(neighbours):
    type_in(neighbours, word="international", minus="automobile", plus="championship")
    assert "automobile" in neighbours.words
    for leave_out in (False, True):
        set_to(neighbours, leave_out=leave_out)
        assert_nothing_is_cut_off(neighbours._scene)
    said = "Nearest to international minus automobile plus championship, without the three words: championships. "
    said += "championships 0."
    assert said in neighbours.still_html()


def test_another_word_needs_no_new_frame_and_less_than_40_ms(neighbours):
    type_in(neighbours, word="queen")
    frame, took = neighbours._frame.value, []
    for word in ("dog", "cat", "river", "money", "bank", "good", "bad"):
        start = time.perf_counter()
        type_in(neighbours, word=word)
        took.append(time.perf_counter() - start)
    assert neighbours._frame.value == frame and min(took) < 0.04
