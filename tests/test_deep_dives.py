"""The deep dives: each stands alone, in its parts, in its time, and in what it runs; and the lessons lead to it."""

import json
import re

import matplotlib as mpl
import nbformat
import pytest
from test_nano_gpt import as_llm_viz
from test_time import NOTEBOOKS, minutes

from lessonlib.nano_gpt import load_checkpoint

LESSONS = {3: "03_token_embeddings", 4: "04_position_embeddings", 5: "05_combined_input_embedding"}
CELLS = nbformat.read(NOTEBOOKS / "deep_dives.ipynb", as_version=4).cells
(SETUP,) = [cell.source for cell in CELLS if "setup" in cell.metadata.get("tags", [])]
FRAME = ("Is everything in place?", "Sources")
TO_READ = "What goes into a model in 2026"  # no run, no picture
SECTIONS, title = {}, ""
for cell in CELLS:
    heading = re.match(r"## (.+)", cell.source)
    title = heading[1] if heading else title
    SECTIONS.setdefault(title, []).append(cell)
DIVES = [title for title in SECTIONS if title and title not in FRAME]
ROWS = re.findall(r"^\| \[(.+?)\]\(#(.+?)\) \| (.+?) \| (.+?) \| (\d+) \|$", CELLS[0].source, flags=re.MULTILINE)
every_dive = pytest.mark.parametrize("title", DIVES)
every_run = pytest.mark.parametrize("title", [title for title in DIVES if title != TO_READ])


def run(title):
    """Run the setup cell and one dive, in a namespace of their own, which is returned."""
    namespace = {"__name__": "__main__"}
    with mpl.rc_context():
        for source in (SETUP, *(cell.source for cell in SECTIONS[title] if cell.cell_type == "code")):
            exec(compile(source, title, "exec"), namespace)
    return namespace


@every_run
def test_it_has_a_question_a_prediction_before_each_run_a_picture_and_a_verdict(title):
    prose = ""
    for cell in SECTIONS[title]:
        if cell.cell_type == "markdown":
            prose = cell.source
        else:
            assert "> **Predict**" in prose, cell.source[:80]
    text = "\n".join(cell.source for cell in SECTIONS[title] if cell.cell_type == "markdown")
    assert text.count("**Question**") == text.count("**Verdict**") == text.count("\n> **Verdict**") == 1
    assert text.count("Predict*") == len(re.findall(r"^> \*\*Predict\*\*", text, flags=re.MULTILINE))
    assert text.index("**Question**") < text.index("**Predict**") < text.index("**Verdict**")
    assert any(
        "<img" in output.get("data", {}).get("text/html", "")
        for c in SECTIONS[title]
        for output in c.get("outputs", [])
    )


@every_dive
def test_it_states_the_minutes_it_takes_at_most_ten(title):
    took = round(minutes(SECTIONS[title]))
    stated = re.search(r"^\*From .+ · (\d+) minutes?\*$", SECTIONS[title][0].source, flags=re.MULTILINE)[1]
    assert int(stated) == took <= 10


def test_the_table_names_every_dive_its_place_its_lessons_and_its_minutes():
    assert [row[0] for row in ROWS] == DIVES
    for name, anchor, question, lessons, stated in ROWS:
        assert anchor == name.replace(" ", "-") and question.endswith("?")
        assert int(stated) == round(minutes(SECTIONS[name]))
        for number in re.findall(r"\[(\d)\]", lessons):
            assert (
                f"({LESSONS[int(number)]}.ipynb)" in lessons
                and f"({LESSONS[int(number)]}.ipynb)" in SECTIONS[name][0].source
            )


@pytest.mark.parametrize("number", LESSONS)
def test_its_lessons_lead_to_it(number):
    lesson = nbformat.read(NOTEBOOKS / f"{LESSONS[number]}.ipynb", as_version=4)
    targets = set(re.findall(r"\(deep_dives\.ipynb(#[^)]+)?\)", "\n".join(cell.source for cell in lesson.cells)))
    anchors = {"", *(f"#{anchor}" for _, anchor, *_ in ROWS)}
    own = {f"#{anchor}" for _, anchor, _, lessons, _ in ROWS if f"[{number}]" in lessons}
    assert own <= targets <= anchors


def test_the_page_says_how_it_is_used_and_leads_back():
    assert CELLS[0].source.startswith("# Deep dives") and "**Each dive stands on its own.**" in CELLS[0].source
    assert len(SETUP.strip().splitlines()) <= 12
    assert all(f"({file}.ipynb)" in CELLS[-1].source for file in LESSONS.values())


def test_weights_that_nobody_here_trained_are_tried_where_the_file_is(tmp_path, capsys, monkeypatch):
    model = load_checkpoint("sort")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gpt-nano-sort-model.json").write_text(json.dumps(as_llm_viz(model.weights, model.n_head)))
    said = {name: rest for name, *rest in run("Weights that nobody here trained")["rows"]}
    assert said.keys() == {"sorter", "reverser", "untrained", "llm-viz"}
    assert said["llm-viz"] == said["sorter"] == [729, 729, "33", "A-C, 0.29", 3] != said["reverser"]
    assert "not beside" not in capsys.readouterr().out
