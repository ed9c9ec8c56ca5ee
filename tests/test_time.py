"""How long a lesson takes: computed from what is in it, compared with what it states and with its budget."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
BUDGETS = {  # minutes before the exercises, and cells
    "03_token_embeddings.ipynb": (26, 46),
    "04_position_embeddings.ipynb": (32, 48),
    "05_combined_input_embedding.ipynb": (35, 46),
}
WORDS_A_MINUTE = 180  # of prose that has to be understood, and of what cells print
A_LINE, A_PREDICTION, AN_EXPLORER, A_PICTURE = 3, 15, 90, 20  # seconds
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
            seconds += A_PREDICTION * cell.source.count("*Predict*") + A_PICTURE * cell.source.count("![")
            continue
        if "setup" not in cell.metadata.get("tags", []):
            seconds += A_LINE * sum(bool(line.strip()) for line in cell.source.splitlines())
        for output in cell.outputs:
            plain = output.get("data", {}).get("text/plain", "")
            if "<img" in output.get("data", {}).get("text/html", ""):
                seconds += AN_EXPLORER if plain.startswith("Explorer(") else A_PICTURE
            else:
                words += n_words(output.get("text", plain))
    return words / WORDS_A_MINUTE + seconds / 60


@every_lesson
def test_it_takes_the_time_it_states_and_that_is_within_its_budget(name):
    cells = main_path(name)
    stated = int(re.search(r"\*\*Time\*\*: (\d+) minutes to read and run", cells[0].source + cells[1].source)[1])
    took = minutes(cells)
    assert stated == round(took), f"{took:.1f} minutes"
    assert took <= BUDGETS[name][0] + 0.5 and len(cells) <= BUDGETS[name][1], f"{took:.1f} minutes, {len(cells)} cells"


@every_lesson
def test_the_exercises_take_what_their_labels_add_up_to(name):
    cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
    labels = [re.match(r"### Exercise \d+ .*, (\d+) minutes?\)", cell.source) for cell in cells]
    total = sum(int(label[1]) for label in labels if label)
    stated = int(re.search(r"minutes to read and run, (\d+) for the exercises", cells[0].source + cells[1].source)[1])
    assert stated == total and 12 <= total <= 20
