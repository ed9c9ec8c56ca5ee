"""How long a lesson takes: computed from what is in it, compared with what it states and with its budget."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
BUDGETS = {  # minutes before the exercises
    "03_token_embeddings.ipynb": 40,
    "04_position_embeddings.ipynb": 45,
    "05_combined_input_embedding.ipynb": 50,
}
EXERCISES, AFTER_THEM = 20, 5  # minutes: at most for the exercises; for the quiz and the key points
WORDS_A_MINUTE = 180  # of prose that has to be understood, and of what cells print
A_LINE, A_QUESTION, AN_EXPLORER, A_PICTURE = 6, 25, 120, 20  # seconds; questions are those of predictions
TIME = r"\*\*Time\*\*: (\d+) minutes to read and run, (\d+) for the exercises, (\d+) for the quiz and the key points\."
PREDICTION = re.compile(r"\*{1,2}Predict\*{1,2}.*?(?=\n\n|\n>?\s*\n|\Z)", re.DOTALL)
every_lesson = pytest.mark.parametrize("name", BUDGETS)


def main_path(name):
    """The cells before the exercises, and without an exercise that stands among them: its label says its minutes."""
    cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
    (end,) = [i for i, cell in enumerate(cells) if cell.source.startswith("## Exercises")]
    return [cell for cell in cells[:end] if not is_of_an_exercise(cell)]


def is_of_an_exercise(cell):
    tags = cell.metadata.get("tags", [])
    return cell.source.startswith("### Exercise") or "exercise" in tags or "solution" in tags


def n_words(text):
    text = re.sub(r"\]\([^)]*\)|<[^>]*>|https?://\S+", " ", text)
    return sum(bool(re.search(r"\w", word)) for word in text.split())


def minutes(cells):
    words = seconds = 0
    for cell in cells:
        if cell.cell_type == "markdown":
            words += n_words(cell.source)
            seconds += A_PICTURE * cell.source.count("![")
            seconds += A_QUESTION * sum(max(1, asked.count("?")) for asked in PREDICTION.findall(cell.source))
            continue
        if "setup" not in cell.metadata.get("tags", []):
            seconds += A_LINE * sum(bool(line.strip()) for line in cell.source.splitlines())
        for output in cell.outputs:
            plain = output.get("data", {}).get("text/plain", "")
            if plain.startswith("Explorer("):
                seconds += AN_EXPLORER
            elif "<img" in output.get("data", {}).get("text/html", ""):
                seconds += A_PICTURE
            else:
                words += n_words(output.get("text", plain))
    return words / WORDS_A_MINUTE + seconds / 60


def stated(name):
    """The minutes that a lesson states, of its main path, its exercises, and what comes after them."""
    cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
    return tuple(map(int, re.search(TIME, cells[0].source + cells[1].source).groups()))


@every_lesson
def test_it_takes_the_time_it_states_and_that_is_within_its_budget(name):
    took = minutes(main_path(name))
    assert stated(name)[0] == round(took) and took <= BUDGETS[name] + 0.5, f"{took:.1f} minutes"


@every_lesson
def test_the_exercises_take_what_their_labels_add_up_to_and_the_quiz_is_said_apart(name):
    cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
    labels = [re.match(r"### Exercise \d+ .*, (\d+) minutes?\)", cell.source) for cell in cells]
    total = sum(int(label[1]) for label in labels if label)
    assert stated(name)[1:] == (total, AFTER_THEM) and total <= EXERCISES


@every_lesson
def test_readme_and_the_words_to_teachers_state_the_same_minutes(name):
    read, exercises, _ = stated(name)
    line = rf"\| \[[^]]*\]\(notebooks/{re.escape(name)}\) \| "
    readme, teaching = ((NOTEBOOKS.parent / page).read_text("utf-8") for page in ("README.md", "TEACHING.md"))
    assert re.search(rf"{line}{read} \+ {exercises} \|", readme)
    assert re.search(rf"{line}{read} minutes \| {exercises} minutes \|", teaching)
