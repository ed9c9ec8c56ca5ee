"""What every lesson must be, besides right: run in order, tidy, readable without a kernel and without eyes."""

import ast
import copy
import itertools
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from make_data import smallest_margin
from nbconvert import HTMLExporter, ScriptExporter
from nbconvert.preprocessors import ExecutePreprocessor
from refresh_notebooks import NOTEBOOKS, tidy

from lessonlib import english_words
from lessonlib.embeddings import sinusoidal_positions
from lessonlib.english import load_english
from lessonlib.explore.dives import shifted_model
from lessonlib.explore.lesson_4 import SHUFFLE, broken_table
from lessonlib.measure import exchanged
from lessonlib.nano_gpt import load_checkpoint, load_history
from lessonlib.tasks import REVERSE, SORT, SYNONYMS

ROOT = NOTEBOOKS.parent
PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
every_lesson = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def cells(path, kind):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def outputs(path):
    return [output for cell in cells(path, "code") for output in cell.outputs]


def markdown(path):
    return "\n\n".join(cell.source for cell in cells(path, "markdown"))


def test_there_is_a_lesson():
    assert PATHS


@every_lesson
def test_the_notebook_is_valid_and_small(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    assert path.stat().st_size < 1_000_000


@every_lesson
def test_code_cells_were_run_from_top_to_bottom_in_one_go(path):
    counts = [cell.execution_count for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


@every_lesson
def test_no_output_is_an_error_or_names_a_place_on_somebodys_computer(path):
    for output in outputs(path):
        assert output.output_type != "error"
        text = str(output)
        assert not re.search(r"/tmp/|/home/|/Users/|ipykernel_|[A-Z]:\\\\|0x[0-9a-f]{6,}", text), text[:300]


@every_lesson
def test_refreshing_would_leave_it_as_tidy_as_it_is(path):
    notebook = nbformat.read(path, as_version=4)
    again = copy.deepcopy(notebook)
    tidy(again)
    assert again == notebook
    assert "widgets" not in notebook.metadata


@every_lesson
def test_a_converter_makes_a_python_script_of_it(path):
    script, resources = ScriptExporter().from_filename(str(path))
    assert resources["output_extension"] == ".py"
    ast.parse(script)
    assert "version" not in nbformat.read(path, as_version=4).metadata.language_info


@every_lesson
def test_every_picture_has_words(path):
    for output in outputs(path):
        assert "image/png" not in output.get("data", {}), "a picture without words: show it as lessonlib's Picture"
        for image in re.findall(r"<img[^>]*>", output.get("data", {}).get("text/html", "")):
            assert len(re.search(r'alt="([^"]*)"', image).group(1)) > 40, image[-200:]
    assert not re.findall(r"!\[\s*\]\(", markdown(path))


@every_lesson
def test_as_a_web_page_it_shows_every_picture_and_loads_no_widgets_from_elsewhere(path):
    page, _ = HTMLExporter(template_name="basic").from_filename(str(path))
    images = re.findall(r"<img[^>]*>", page)
    stored = sum(output.get("data", {}).get("text/html", "").count("<img") for output in outputs(path))
    assert len(images) == stored + len(re.findall(r"!\[[^]]+\]\(", markdown(path))) and stored > 0
    for image in images:  # a picture of the text lies in its cell: the notebook may lie alone in a folder
        assert re.search(r'src="data:image/png;base64,[^"]{1000,}"', image) and "alt=" in image, image[:300]
    assert "widget-state" not in page and "widget-view" not in page
    assert "run this cell in JupyterLab or Binder" in page


@pytest.mark.parametrize("kept", [True, False])
def test_a_page_of_a_notebook_run_anew_shows_the_stills_where_no_widget_state_is_kept(kept):
    """As `nbconvert --execute` and what saves widget state do, and as README says how to do it."""
    sources = ["from lessonlib import explore", "explore.card()"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    ExecutePreprocessor(store_widget_state=kept).preprocess(notebook)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert page.count("A still picture.") == (0 if kept else 1)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "`--execute --ExecutePreprocessor.store_widget_state=False`" in readme


@every_lesson
def test_headings_begin_at_one_and_step_down_one_at_a_time(path):
    prose = re.sub(r"```.*?```", "", markdown(path), flags=re.DOTALL)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", prose, flags=re.MULTILINE)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_readme_lists_every_lesson():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in PATHS if f"notebooks/{path.name}" not in readme] == []


@every_lesson
def test_learners_see_where_a_function_comes_from(path):
    for cell in cells(path, "code"):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom):
                assert all(name.name != "*" for name in node.names)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [node.module] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
                assert {Path(name.replace(".", "/")).parts[0] for name in names} <= {
                    "numpy", "lessonlib", "pathlib", "sys", "make_english",  # the last two: a dive on one's own file
                }  # fmt: skip


# The frame of a whole lesson: of each that has a number.

COMPLETE = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
LAST_SECTIONS = ["Exercises", "Quiz", "Key points", "Names and shapes", "In practice", "Glossary", "Sources"]
every_complete_lesson = pytest.mark.parametrize("path", COMPLETE, ids=lambda path: path.stem)


def tags(cell):
    return cell.metadata.get("tags", [])


@every_complete_lesson
def test_the_opening_says_what_for_how_long_and_for_whom(path):
    opening = "\n\n".join(cell.source for cell in cells(path, "markdown")[:2])
    for part in ("**Questions**", "**You will be able to**", "**Time**", "**You need**"):
        assert part in opening
    assert 3 <= len(re.findall(r"^\d\. ", opening, flags=re.MULTILINE)) <= 5


@every_complete_lesson
def test_the_closing_sections_are_there_in_order_and_lead_on(path):
    headings = re.findall(r"^## (.+)$", markdown(path), flags=re.MULTILINE)
    assert headings[-len(LAST_SECTIONS) :] == LAST_SECTIONS
    last = cells(path, "markdown")[-1].source
    assert "Previous:" in last and "Next" in last


@every_complete_lesson
def test_every_section_asks_for_a_prediction_before_its_first_cell(path):
    notebook = nbformat.read(path, as_version=4)
    prose, asked = "", {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = cell.source if re.search("^## ", cell.source, flags=re.MULTILINE) else f"{prose}\n{cell.source}"
        else:
            title = re.findall("^## (.+)$", prose, flags=re.MULTILINE)[-1]
            asked.setdefault(title, "Predict*" in prose or "exercise" in tags(cell))  # which asks to count, say
    del asked["Is everything in place?"]
    asked.pop("Exercises", None)
    assert len(asked) >= 4
    assert [title for title, was_asked in asked.items() if not was_asked] == []


@every_complete_lesson
def test_each_exercise_has_its_effort_two_hints_a_check_and_a_folded_solution_that_is_right(path):
    notebook = nbformat.read(path, as_version=4)
    exercises = [cell.source for cell in notebook.cells if cell.source.startswith("### Exercise")]
    assert len(exercises) >= 5
    for text in exercises:
        assert re.match(r"### Exercise \d+ · .+ \((easy|medium|hard), \d+ minutes?\)", text)
        assert text.count("<summary>Hint") == 2
    asked, solved = (
        {cell.id: cell for cell in cells(path, "code") if tag in tags(cell)} for tag in ("exercise", "solution")
    )
    assert len(asked) == len(solved) >= len(exercises)
    for name, exercise in asked.items():
        solution = solved[name.replace("exercise", "solution")]
        assert " = ...\n" in exercise.source and "Not answered yet." in str(exercise.outputs)
        assert solution.metadata.jupyter == {"outputs_hidden": True, "source_hidden": True}
        # JupyterLab shows the first line of what is folded, and Shift+Enter under a wrong answer runs it all the same:
        # neither code nor output may be taken for the learner's.
        assert solution.source.startswith("# The solution, not your answer: click")
        check, printed = exercise.source.splitlines()[-1], solution.source.splitlines()[-1]
        same_check = re.sub(r"(check\.\w+)\(\w+", r"\1(solution", check)
        assert printed == f'print("The solution, not your answer:", {same_check})'
        assert solution.outputs[-1].text.splitlines()[-1].startswith("The solution, not your answer: Right. ")
        assert not re.search(r"\banswer = ", solution.source)  # what the learner wrote stays


@every_lesson
def test_exercises_and_solutions_carry_ids_that_say_which_they_are_and_no_other_cell_does(path):
    number, expected, found = "", {"exercise": [], "solution": []}, {"exercise": [], "solution": []}
    for cell in nbformat.read(path, as_version=4).cells:
        heading = re.match(r"### Exercise (\d+)", cell.source)
        number = heading[1] if heading else number
        kinds = [tag for tag in found if tag in tags(cell)]
        assert bool(kinds) == bool(re.fullmatch(r"(exercise|solution)-\d+[a-z]?", cell.id)), cell.id
        for kind in kinds:
            expected[kind].append(number)
            found[kind].append(cell.id)
    for kind, numbers in expected.items():
        letters = {each: iter("abcdef") if numbers.count(each) > 1 else itertools.repeat("") for each in numbers}
        assert found[kind] == [f"{kind}-{each}{next(letters[each])}" for each in numbers]


@every_complete_lesson
def test_the_quiz_has_five_questions_and_answers_every_option(path):
    quiz = markdown(path).split("## Quiz")[1].split("\n## ")[0]
    questions = re.split(r"^\*\*\d\. ", quiz, flags=re.MULTILINE)[1:]
    assert len(questions) == 5
    for question in questions:
        answers = re.findall(r"<details><summary>.+?</summary>(.+?)</details>", question)
        assert len(answers) == 3
        assert sum(answer.startswith("Yes") for answer in answers) == 1
        assert all(answer.startswith(("Yes", "No", "Wrong")) and len(answer) > 25 for answer in answers)


@every_complete_lesson
def test_there_are_at_most_six_key_points(path):
    points = markdown(path).split("## Key points")[1].split("\n## ")[0]
    assert 3 <= len(re.findall(r"^- ", points, flags=re.MULTILINE)) <= 6


def test_numbers_printed_of_broken_models_do_not_hang_on_rounding():
    for name, task in (("sort", SORT), ("reverse", REVERSE)):
        model, made = load_checkpoint(name), load_history(name)
        wte, wpe = model.wte, model.wpe
        letters = [wte[[1, 0, 2]], wte[[2, 1, 0]], wte[[0, 2, 1]], made.wte[0], wte + 0.1]
        places = [np.where(np.arange(11)[:, np.newaxis] == row, wpe[:5].mean(axis=0), wpe) for row in range(11)]
        places.append(np.roll(wpe, -1, axis=0))
        places += [broken_table(wpe, rows=rows) for rows in ("MMMMMKKKKKK", "KKKKKKMMMMM", "00000KKKKKK", "0" * 11)]
        places += [broken_table(wpe, SHUFFLE), made.wpe[0], broken_table(wpe, rows="KMMMKKKKKKK")]
        places += [exchanged(wpe, row, row + 1) for row in range(5, 10)] + [exchanged(wpe, 6, 9), -wpe]
        places += [np.random.default_rng(1).normal(0, 0.02, wpe.shape)]
        if name == "sort":
            sines = sinusoidal_positions(11, 48)
            small = sines * np.linalg.norm(wpe, axis=1).mean() / np.sqrt(24)
            places += [sines, small]
        broken = [model.with_tables(wte=table) for table in letters if name == "sort"]
        broken += [model.with_tables(wpe=table) for table in places]
        assert min(smallest_margin(each, task) for each in broken) > 1e-4  # the noise of float32 is near 1e-5


def test_numbers_printed_of_lesson_3_do_not_hang_on_rounding():
    model, taught, english = load_checkpoint("sort"), load_checkpoint("synonyms"), load_english()
    swapped, letters = model.wte[[1, 0, 2]], SORT.inputs
    for table, order in ((swapped, 1), (model.wte, -1)):  # A and B swapped; the rows in reverse order
        for _ in range(6):
            logits = model.logits_from(table[letters][:, ::order] + model.wpe[: letters.shape[1]], n_last=1)
            assert np.diff(np.sort(logits)[..., -2:]).min() > 1e-4  # the noise of float32 is near 1e-5
            letters = np.concatenate([letters, logits.argmax(axis=-1)], axis=1)
        letters = SORT.inputs
    read = swapped[SORT.inputs]  # only the six letters swapped: it sorts what it reads
    story = np.sort(np.array([1, 0, 2])[SORT.inputs])
    x = np.concatenate([read, model.wte[story[:, :5]]], axis=1) + model.wpe
    assert (model.logits_from(x, n_last=6).argmax(axis=-1) == story).all()
    assert smallest_margin(taught.with_tables(wte=taught.wte[[0, 2, 1]]), SYNONYMS) > 1e-3
    for pairs in english_words.ANALOGIES.values():
        for (man, woman), (king, _) in zip(pairs, pairs[1:] + pairs[:1]):
            for more in ((man, woman), ()):
                values = [value for _, value in english.nearest(king, *more, n=5)]
                assert min(np.diff(values[::-1])) > 1e-6, (king, more)


def test_numbers_printed_of_shifted_and_scaled_models_do_not_hang_on_rounding():
    for name, task in (("sort", SORT), ("reverse", REVERSE)):
        model = load_checkpoint(name)
        factors = [(1, 1.1), (1, 1.25), (1, 0.5), (1, 2), (48**0.5, 1), (2, 2)]
        broken = [model.with_tables(tok * model.wte, pos * model.wpe) for tok, pos in factors]
        if name == "sort":
            broken.append(model.with_tables(wte=0 * model.wte))
            broken += [shifted_model(model, size, i) for size in (1e3, 1e5, 1e6, 1e7, 1e8) for i in range(10)]
        assert min(smallest_margin(each, task) for each in broken) > 1e-4  # the noise of float32 is near 1e-5
        for start in range(6):
            best_two = np.sort(model.logits(task.inputs, start, n_last=1), axis=-1)[..., -2:]
            assert np.diff(best_two).min() > 1e-3


def test_the_first_picture_of_lesson_5_says_the_numbers_that_are_framed_in_it():
    sorter = load_checkpoint("sort")
    token, position = sorter.wte[1, 0], sorter.wpe[3, 0]
    alt = re.search(
        r"!\[(.*?)\]\(attachment:input_embedding.png\)", markdown(NOTEBOOKS / "05_combined_input_embedding.ipynb")
    )[1]
    assert alt.endswith(f"In channel 0: {token:.4f} + (minus {-position:.4f}) = {token + position:.4f}")
