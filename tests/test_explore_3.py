"""Lesson 3's explorers: what they show equals the pure function, and every score one counted apart."""

import re
from itertools import product

import numpy as np
import pytest
from seen import (
    assert_nothing_is_cut_off,
    counted_of,
    discs,
    faded,
    images,
    marks,
    note,
    outlines,
    page,
    paths,
    score_aloud,
    set_to,
    signed,
    titles,
)

from lessonlib import explore
from lessonlib.embeddings import encode
from lessonlib.explore.lesson_3 import SWAPS
from lessonlib.nano_gpt import load_checkpoint, load_history
from lessonlib.palette import TOKEN
from lessonlib.scene import NARROW, WIDE, lay_out
from lessonlib.tasks import SORT, score

MODEL = load_checkpoint("sort")
HISTORIES = {
    "sorter": load_history("sort"),
    "reverser": load_history("reverse"),
    "synonym model": load_history("synonyms"),
}
PAIRS = {"A-B": (0, 1), "A-C": (0, 2), "B-C": (1, 2)}


def look_up(letters, table):
    return table[encode(letters)]


@pytest.fixture
def explorer():
    return explore.look_up(look_up, MODEL, SORT)


# Looking up


@pytest.mark.parametrize("swap", SWAPS)
def test_every_control_at_every_extreme_shows_the_product_of_matrices(explorer, swap):
    set_to(explorer, swap=swap)
    for letters, slot, channel in product(("AAAAAA", "CCCCCC", "CBABBC"), (0, 5), (0, 47)):
        set_to(explorer, letters=letters, slot=slot, channel=channel)
        ids, table = encode(letters), MODEL.wte[list(SWAPS[swap])]
        limit, unused = abs(MODEL.wte).max(), {0, 1, 2} - set(ids)
        expected = [faded(signed(table, limit), unused), signed(table[ids], limit)]
        parts = images(explorer)
        of_ones = parts.pop(2)
        for found, wanted in zip(parts.values(), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(of_ones[..., 0] < 128, ids[:, np.newaxis] == np.arange(3))
        numbers = [f"({row[channel]:.4f})" if row[channel] < 0 else f"{row[channel]:.4f}" for row in table]
        terms = " + ".join(f"{int(i == ids[slot])} × {number}" for i, number in enumerate(numbers))
        start = f"slot {slot} holds {letters[slot]}, id {ids[slot]}; channel {channel}: "
        assert note(explorer).strip().startswith(f"{start}{terms} = {table[ids[slot], channel]:.4f} ")


def test_marks_frame_the_row_of_the_letter_all_its_copies_and_the_cell(explorer):
    set_to(explorer, letters="CBABBC", slot=5, channel=47)
    places = [(round(top, 3), round(left, 3)) for top, left in marks(explorer)]
    assert places == [(0.667, 0), (0.667, 0.979), (0.833, 0), (0, 0), (0.833, 0), (0.833, 0.979)]


def threads(explorer):
    """Which rows of the table threads lead from, to which, and whether they are those of the inspected letter."""
    (cells,) = [part for part in explorer._scene.parts if getattr(part, "threads", ())]
    drawn = re.findall(r'<path d="M[^"]*" stroke="([^"]+)"', page(explorer))
    assert drawn == 2 * [colour for *_, colour in cells.threads]  # for wide and for narrow pages
    return [(its_row, row, colour == TOKEN) for row, _, its_row, colour in cells.threads]


def test_a_thread_leads_from_each_row_of_the_table_to_each_of_its_copies(explorer):
    set_to(explorer, letters="CBABBC", slot=3)
    assert threads(explorer) == [(2, 0, 0), (1, 1, 1), (0, 2, 0), (1, 3, 1), (1, 4, 1), (2, 5, 0)]
    backwards = explore.look_up(lambda letters, table: table[encode(letters)][::-1], MODEL, SORT)
    set_to(backwards, letters="AABBBB", slot=0)  # what it gives is seen, not what it should give
    assert threads(backwards) == [(1, 0, 0), (1, 1, 0), (1, 2, 0), (1, 3, 0), (0, 4, 1), (0, 5, 1)]
    assert_nothing_is_cut_off(explorer._scene)


@pytest.mark.parametrize(
    ("letters", "slot", "words"),
    [
        ("CBABBC", 3, "Slots 1, 3 and 4 hold B: the same row, 3 times."),
        ("CBABBC", 0, "Slots 0 and 5 hold C: the same row, 2 times."),
        ("CBABBC", 2, "No other slot holds A."),
        ("AAAAAA", 2, "Slots 0, 1, 2, 3, 4 and 5 hold A: the same row, 6 times."),
    ],
)
def test_the_words_say_where_else_the_letter_stands(explorer, letters, slot, words):
    set_to(explorer, letters=letters, slot=slot)
    assert note(explorer).strip().endswith(words) and words in explorer.words


def test_every_swap_shows_the_models_answer_and_its_score_of_729(explorer):
    scores = set()
    for swap, rows in SWAPS.items():
        set_to(explorer, swap=swap)
        swapped = MODEL.with_tables(wte=MODEL.wte[list(rows)])
        assert explorer.words.startswith(score_aloud("the model", swapped, SORT))
        scores.add(score(swapped, SORT))
    assert len(scores) == 4


def test_the_model_answers_with_what_a_learners_function_looks_up():
    other = explore.look_up(lambda letters, table: table[(encode(letters) + 1) % 3], MODEL, SORT)
    shifted = MODEL.with_tables(wte=MODEL.wte[[1, 2, 0]])
    assert other.words.startswith(score_aloud("the model", shifted, SORT))
    assert f"but look_up gives {MODEL.wte[2, 0]:.4f}" in note(other)


def shuffled(seed):
    """A function whose row i may hang on every letter, those after it too, and on how many there are."""

    def look_up(letters, table):
        rng = np.random.default_rng([seed, *map(ord, letters)])
        return table[encode(letters)][rng.permutation(len(letters)) if rng.random() < 0.5 else slice(None)]

    return look_up


LEARNERS = {
    "as it is": look_up,
    "reversed": lambda letters, table: table[encode(letters)][::-1],
    "rolled": lambda letters, table: np.roll(table[encode(letters)], 1, axis=0),
    "sorted": lambda letters, table: table[np.sort(encode(letters))],
    "the first": lambda letters, table: table[encode(letters[:1] * len(letters))],
    "by length": lambda letters, table: table[(encode(letters) + len(letters)) % 3],
    "noisy": lambda letters, table: table[encode(letters)] + 0.3 * np.sin(np.arange(48) * len(set(letters))),
    "shuffled": shuffled(0),
}


def right_by_hand(learners):
    """Which of the 729 inputs are answered right, if each letter is written after looking up all before it."""
    written = ["".join(letters) for letters in product("ABC", repeat=6)]
    for _ in range(6):
        x = np.array([learners(letters, MODEL.wte) for letters in written]) + MODEL.wpe[: len(written[0])]
        favoured = MODEL.logits_from(x)[:, -1].argmax(axis=-1)
        written = [letters + "ABC"[token_id] for letters, token_id in zip(written, favoured)]
    return [letters[6:] == "".join(sorted(letters[:6])) for letters in written]


@pytest.mark.parametrize("name", LEARNERS)
def test_the_score_of_any_function_is_the_number_of_inputs_that_it_answers_right(name):
    explorer, right = explore.look_up(LEARNERS[name], MODEL, SORT), right_by_hand(LEARNERS[name])
    assert f": {sum(right)} of 729 right. " in explorer.words
    for i in (100, 555):  # and the answer on the same line is made in the same way
        set_to(explorer, letters="".join(list(product("ABC", repeat=6))[i]))
        explorer._count_now()
        assert ("(right)" in counted_of(explorer)) == right[i]


@pytest.mark.parametrize(("name", "score"), [("as it is", 729), ("reversed", 123), ("rolled", 380)])
def test_the_scores_of_what_the_lesson_suggests(name, score):
    assert sum(right_by_hand(LEARNERS[name])) == score


@pytest.mark.parametrize(
    ("name", "letters", "slot", "words"),
    [
        ("reversed", "CBABBC", 1, "Slots 1, 3 and 4 hold B, but the row of slot 1 stands in slots 1, 2 and 4."),
        ("reversed", "CBABBC", 3, "Slots 1, 3 and 4 hold B, but no other slot has the row that stands in slot 3."),
        ("reversed", "CBABBC", 2, "No other slot holds A, but the row of slot 2 stands in slots 1, 2 and 4."),
        ("reversed", "CBABBC", 0, "Slots 0 and 5 hold C: the same row, 2 times."),
        ("sorted", "CCCCCA", 0, "Slots 0, 1, 2, 3 and 4 hold C, but no other slot has the row that stands in slot 0."),
    ],
)
def test_what_is_said_of_rows_is_read_from_the_rows_shown(name, letters, slot, words):
    explorer = explore.look_up(LEARNERS[name], MODEL, SORT)
    set_to(explorer, letters=letters, slot=slot)
    assert note(explorer).strip().endswith(words)


def test_what_a_function_prints_is_printed_once_for_each_picture(capsys):
    def look_up(letters, table):
        print("looking up")
        return table[encode(letters)]

    explorer = explore.look_up(look_up, MODEL, SORT)
    assert explorer.words and explorer.still_html()
    assert capsys.readouterr().out == "looking up\n"
    set_to(explorer, slot=2)
    assert explorer.words and capsys.readouterr().out == "looking up\n"


@pytest.mark.parametrize("mistake", [SystemExit(3), KeyboardInterrupt(), StopIteration("over"), ValueError()])
@pytest.mark.parametrize("when", ["AAAAAA", "AAAAAAA"])
def test_whatever_a_function_raises_stays_in_the_explorer(mistake, when):
    def look_up(letters, table):
        if letters.startswith(when):
            raise mistake
        return table[encode(letters)]

    explorer = explore.look_up(look_up, MODEL, SORT)
    set_to(explorer, letters="AAAAAA")
    name = type(mistake).__name__
    if when == "AAAAAA":
        assert f"{name}{': ' if str(mistake) else ''}{mistake}. The picture still shows" in explorer.words
    else:
        assert "There is no score. " in explorer.words and "slot 3 holds A" in explorer.words
    set_to(explorer, letters="BBBBBB", slot=0)
    assert "slot 0 holds B" in explorer.words


def test_numbers_too_large_to_read_are_said_of_an_x_that_is_explained():
    explorer = explore.look_up(lambda letters, table: table[encode(letters)] * 1e30, MODEL, SORT)
    why = "x holds -1.59e+28 at (0, 0, 0): too large for float32"
    assert f"The model reads x, the rows of look_up plus those of E_pos, and {why}" in explorer.words


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: explore.look_up(None, MODEL, SORT), "look_up must be a function, got None (NoneType)"),
        (
            lambda: explore.look_up(look_up, SORT, SORT),
            "model must be a model, such as load_checkpoint gives, got",
        ),
        (lambda: explore.look_up(look_up, MODEL, "sort"), "task must be a task, such as SORT, got 'sort' (str)"),
        (lambda: explore.triangles({}), "histories must be a dict from names, such as 'sorter', got {} (dict)"),
        (lambda: explore.triangles({"sorter": MODEL}), "histories['sorter'] must be a History, got NanoGPT"),
    ],
)
def test_what_no_explorer_can_be_made_of_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make()


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (lambda letters, table: None, "look_up's result is None: is `return` missing?"),
        (lambda letters, table: table, "look_up's result must have shape (6, 48), got (3, 48)."),
        (lambda letters, table: list(letters), "look_up's result must hold real numbers, got type <U1."),
        (lambda letters, table: [[1], [1, 2]], "look_up's result has rows of different lengths"),
        (lambda letters, table: np.full((6, 48), np.nan), "look_up's result holds nan at (0, 0): every number must be"),
        (lambda letters, table: table[letters], "IndexError"),
    ],
)
def test_a_function_that_fails_from_the_start_is_told_so_and_there_is_no_picture(result, words):
    explorer = explore.look_up(result, MODEL, SORT)
    assert words in explorer.words and "So there is no picture yet." in explorer.words
    assert words.removesuffix(".") in explorer.still_html().replace("&#x27;", "'").replace("&lt;", "<")
    assert explorer._frame.value == explorer._cells.value == ""


def test_a_function_that_takes_only_six_letters_is_told_so_when_the_model_writes_more():
    explorer = explore.look_up(lambda letters, table: table[["ABC".index(letters[i]) for i in range(6)]], MODEL, SORT)
    assert (
        "There is no score. look_up's result must have shape (7, 48)" in explorer.words
    )  # six rows whatever the number of letters


def test_a_function_that_fails_later_keeps_the_last_good_picture():
    explorer = explore.look_up(lambda letters, table: table[[letters.index("B")] * len(letters)], MODEL, SORT)
    good = explorer._cells.value
    set_to(explorer, letters="AAAAAA")
    assert "substring not found. The picture still shows the last values that worked." in explorer.words
    assert explorer._cells.value == good
    set_to(explorer, letters="ABAAAA")
    assert "slot 3 holds A" in note(explorer) and explorer._error.value == ""


def test_reset_brings_the_first_picture_back(explorer):
    first = page(explorer)
    set_to(explorer, letters="AAAAAA", slot=0, channel=47, swap="A and B swapped")
    explorer.set_to()
    assert page(explorer) == first


# In training


def sides_of(table):
    return [np.linalg.norm(table[a] - table[b]) for a, b in PAIRS.values()]


def sizes_on_the_page(explorer, width, n_models):
    """The distances between the discs of every triangle, in CSS pixels, (n, 3)."""
    _, boxes = lay_out(explorer._scene, width)
    at = [points * [box.width, box.height] for points, box in zip(discs(explorer)[:n_models], boxes)]
    return np.array([[np.linalg.norm(xy[a] - xy[b]) for a, b in PAIRS.values()] for xy in at])


@pytest.mark.parametrize("i", [0, 6, 20, 40])
@pytest.mark.parametrize("names", [("sorter", "reverser"), ("sorter", "reverser", "synonym model")])
def test_triangles_have_the_distances_of_the_rows_as_sides_all_on_one_scale(i, names):
    histories = {name: HISTORIES[name] for name in names}
    explorer = explore.triangles(histories)
    assert explorer.values == {"snapshot": 0}
    set_to(explorer, snapshot=i)
    sides = np.array([sides_of(history.wte[i]) for history in histories.values()])
    for width in (WIDE, NARROW):
        zoom = sizes_on_the_page(explorer, width, len(names)) / sides
        np.testing.assert_allclose(zoom, zoom[0, 0], rtol=0.005)
    for (name, history), three, title in zip(histories.items(), sides, titles(explorer)):
        assert title == f"{name}\nstep {history.steps[i]}\n{history.scores[i]} of 729 right"
        first = sides_of(history.wte[0])
        assert f"{name}: A-B {three[0]:.3f}, A-C {three[1]:.3f}, B-C {three[2]:.3f}." in explorer.words
        began = f" (at first {max(first) / min(first):.2f})" if i else ""
        assert f"{name} {max(three) / min(three):.2f}{began}" in note(explorer)
        assert all(f">{side:.3f}</span>" in page(explorer) for side in three)


@pytest.mark.parametrize("i", [0, 5, 6, 7, 40])
def test_below_the_triangles_every_score_has_its_place_on_its_curve(i):
    explorer = explore.triangles(HISTORIES)
    set_to(explorer, snapshot=i)
    places = [[i / 40, 1 - history.scores[i] / 729] for history in HISTORIES.values()]
    np.testing.assert_allclose(discs(explorer)[-1], places, atol=1e-4)
    assert [len(course) for course in paths(explorer)[3:]] == [41, 41, 41]  # after three triangles
    assert HISTORIES["sorter"].scores[5:8].tolist() == [710, 413, 708]


@pytest.mark.parametrize("i", [0, 40])
def test_no_words_of_the_triangles_meet_or_are_cut_off(i):
    explorer = explore.triangles(HISTORIES)
    set_to(explorer, snapshot=i)
    assert_nothing_is_cut_off(explorer._scene)
    assert lay_out(explorer._scene, WIDE)[0] < 500


def test_the_outline_shows_where_a_triangle_began():
    explorer = explore.triangles(HISTORIES)
    set_to(explorer, snapshot=0)
    began = outlines(explorer)
    for corners, corners_now in zip(began, discs(explorer)[:3], strict=True):
        np.testing.assert_allclose(corners, corners_now, atol=2e-4)
    set_to(explorer, snapshot=40)
    np.testing.assert_array_equal(outlines(explorer), began)


def test_trainings_with_other_numbers_of_snapshots_are_refused():
    short = HISTORIES["sorter"]._replace(steps=HISTORIES["sorter"].steps[:5])
    with pytest.raises(ValueError, match=r"equally many snapshots, at least 2, got \{'one': 5, 'two': 41\}"):
        explore.triangles({"one": short, "two": HISTORIES["reverser"]})


def test_every_lesson_3_explorer_has_a_still_picture_with_words(explorer):
    for each in (explorer, explore.triangles(HISTORIES)):
        alt = re.search(r'alt="([^"]+)"', each.still_html()).group(1)
        assert 80 < len(alt) <= 300 and ("729" in alt or "A-B 0.202" in alt)
