"""The table in which a learner judges the statements of an article before ours is uncovered."""

import re

import pytest

from lessonlib import explore

STATEMENTS = [("ids pick rows", "right", "id 2 picks 48 numbers"), ("<b> is near", "right, but", "0.174 & 0.144"),
              ("order is gone", "wrong", "213 of 729")]  # fmt: skip


@pytest.fixture
def table():
    return explore.verdicts(STATEMENTS)


def ours(table):
    return [part.value for part in table.controls["choices"]._ours]


def press(table, statement, verdict):
    buttons = table.controls["choices"].buttons[statement]
    buttons[["right", "right, but", "wrong"].index(verdict)].click()


def test_nothing_of_ours_is_on_the_page_before_a_verdict_is_given(table):
    assert ours(table) == ["", "", ""]
    said = [child.value for child in table.controls["choices"].children if hasattr(child, "value")] + [table.words]
    assert not any(because in text for text in said for _, _, because in STATEMENTS)
    assert "&lt;b&gt; is near" in said[2]


def test_a_verdict_uncovers_ours_and_is_counted(table):
    press(table, 1, "right")
    assert [bool(text) for text in ours(table)] == [False, True, False]
    assert "right, but" in ours(table)[1] and "0.174 &amp; 0.144" in ours(table)[1]
    assert table.words.endswith("You agreed in 0 of 1; 2 are left.")
    assert table.words.startswith("Statement 2: you say right, we say right, but: 0.174 & 0.144. ")
    press(table, 0, "right")
    press(table, 2, "wrong")
    assert table.words.endswith("You agreed in 2 of 3; 0 are left.")


def test_the_first_verdict_counts_and_its_button_says_so(table):
    press(table, 0, "wrong")
    press(table, 0, "right")
    assert table.values["choices"] == ((0, "wrong"),)
    assert [button.description for button in table.controls["choices"].buttons[0]] == ["right", "right, but", "✓ wrong"]


def test_reset_covers_all_again(table):
    press(table, 0, "wrong")
    table.set_to()
    assert ours(table) == ["", "", ""] and table.words == "Judge a statement, and ours appears."
    assert [button.description for button in table.controls["choices"].buttons[0]] == ["right", "right, but", "wrong"]


def test_without_a_kernel_all_of_it_is_a_table(table):
    still = table._repr_mimebundle_()["text/html"]
    assert re.findall("<td>(.*?)</td>", still) == [
        "1", "ids pick rows", "<b>right</b>", "id 2 picks 48 numbers", "2", "&lt;b&gt; is near", "<b>right, but</b>",
        "0.174 &amp; 0.144", "3", "order is gone", "<b>wrong</b>", "213 of 729",
    ]  # fmt: skip
    assert "run this cell in JupyterLab or Binder" in still


@pytest.mark.parametrize(
    "rows", [[], [("a", "right")], [("a", "maybe", "b")], [("", "right", "b")], [("a", "right", 3)]]
)
def test_what_is_no_statement_is_refused_in_words(rows):
    with pytest.raises(ValueError, match="statement"):
        explore.verdicts(rows)
