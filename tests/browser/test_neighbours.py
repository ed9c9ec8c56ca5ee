"""The explorer of neighbours as a learner meets it: by keyboard, with what is no word, and on a narrow page."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from lessonlib.english import load_english

NOTEBOOK = (
    "neighbours.ipynb",
    1,
    ("from lessonlib import explore\nfrom lessonlib.english import load_english\nexplore.neighbours(load_english())",),
)
ENGLISH = load_english()


@pytest.fixture
def explorer(page_of):
    (explorer,) = page_of(*NOTEBOOK).explorers()
    return explorer


def bars(explorer):
    """The names and the numbers of the bars, and how wide the bars are in the page."""
    lines = [
        line.replace("(typed)", "").split() for line in explorer.box.locator(".ll-ranking > div").all_inner_texts()
    ]
    widths = [bar.bounding_box()["width"] for bar in explorer.box.locator(".ll-ranking i").all()]
    return [(name, number) for name, number in lines], widths


def type_word(explorer, text):
    explorer.box.get_by_label("word", exact=True).fill(text)
    explorer.page.page.keyboard.press("Enter")
    explorer.settle()


def assert_shows(explorer, nearest):
    found, widths = bars(explorer)
    assert found == [(word, f"{value:.3f}") for word, value in nearest]
    for width, (_, value) in zip(widths, nearest):
        assert width / widths[0] == pytest.approx(value / nearest[0][1], abs=0.02)
    assert all(f"{word} {number}" in explorer.words().replace(" (typed)", "") for word, number in found)


def test_words_by_keyboard(explorer):
    page = explorer.page.page
    explorer.box.get_by_label("word", exact=True).focus()
    for key in ("Tab", "m", "a", "n", "Tab", "w", "o", "m", "a", "n", "Tab"):
        page.keyboard.press(key)
    explorer.settle()
    assert_shows(explorer, ENGLISH.nearest("king", "man", "woman"))
    assert explorer.words().startswith(
        "Nearest to king minus man plus woman: king itself; without the three words, queen."
    )
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    explorer.settle()
    assert_shows(explorer, ENGLISH.nearest("king", "man", "woman", leave_out=True))
    explorer.choose("measure", "distance")
    assert_shows(explorer, ENGLISH.nearest("king", "man", "woman", by="distance", leave_out=True))


def test_what_is_no_word_is_refused_beside_its_box_and_the_picture_stays(explorer):
    before = bars(explorer)
    type_word(explorer, "kittn")
    assert "Not taken: 'kittn' is not one of" in explorer.error() and "close to it: kitten" in explorer.error()
    assert bars(explorer) == before
    type_word(explorer, "kitten")
    assert not explorer.error() and explorer.note().startswith("Nearest to kitten: kitten itself")


def test_a_box_keeps_its_keys(explorer):
    n_cells = explorer.page.n_cells()
    explorer.box.get_by_label("plus", exact=True).focus()
    for key in "ddax":
        explorer.page.page.keyboard.press(key)
    assert explorer.page.n_cells() == n_cells
    assert explorer.box.get_by_label("plus", exact=True).input_value() == "ddax"


@pytest.mark.parametrize("width", [1440, 900])
def test_it_fits_a_window_names_stand_inside_and_axe_finds_no_barrier(page_of, width):
    (explorer,) = page_of(*NOTEBOOK, width=width).explorers()
    type_word(explorer, "international")
    box = explorer.box.bounding_box()
    assert box["height"] <= 700
    inside = [*explorer.box.locator(".ll-ranking span, .ll-ranking > b, .ll-controls input[type=text]").all()]
    for each in inside:
        its = each.bounding_box()
        assert its["x"] >= box["x"] - 1 and its["x"] + its["width"] <= box["x"] + box["width"] + 1
    results = Axe().run(explorer.page.page, context=".ll-explorer")
    assert [(found["id"], found["nodes"][0]["html"]) for found in results.response["violations"]] == []
