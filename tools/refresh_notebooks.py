"""Run every notebook from a fresh kernel and write it back tidy: `python3 run.py refresh` twice gives equal bytes.

Names of notebooks may follow, to refresh only those.
"""

import base64
import re
import sys
from pathlib import Path

import nbformat
import stills
from nbclient import NotebookClient

from lessonlib import draw
from lessonlib.embeddings import encode, position_embedding, token_embedding
from lessonlib.measure import every_sum
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.scene import signed_limit

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
# What converters and editors want to know before any kernel runs. No version: that is another one each year.
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"  # means nothing without its kernel, and its id is random


def refresh(path):
    """Run one notebook and write it back."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", store_widget_state=False)
    client.execute(cwd=str(path.parent))
    tidy(notebook)
    attach_pictures(notebook)
    write(notebook, path)


def write(notebook, path):
    """Write a notebook. Where that fails, as on a full disk, the old one stays as it was."""
    unfinished = path.with_suffix(".unfinished")
    try:
        nbformat.write(notebook, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def tidy(notebook):
    """Take out what differs from run to run and from machine to machine, and set the ids."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": LANGUAGE})
    set_ids(notebook)
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in ("tags", "jupyter") if key in cell.metadata}
        if "exercise" in kept.get("tags", []):
            kept["as_shipped"] = cell.source  # `hand-out` writes it again, whatever a teacher types into the cell
        if "solution" in kept.get("tags", []):  # its "Right." would stand beside "Not answered yet."
            kept["jupyter"] = {"outputs_hidden": True, "source_hidden": True}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            cell.outputs = joined(cell.outputs)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)


def set_ids(notebook):
    """Number the cells; those of exercises after the heading above them, so that tools find them in any version."""
    exercise, parts = "", {}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02}"
        heading = re.match(r"### Exercise (\d+)", cell.source)
        exercise = heading[1] if heading else exercise
        for kind in {"exercise", "solution"} & set(cell.metadata.get("tags", [])):
            parts.setdefault(f"{kind}-{exercise}", []).append(cell)
    for name, cells in parts.items():
        for letter, cell in zip("abcdef" if len(cells) > 1 else [""], cells):
            cell.id = name + letter


def joined(outputs):
    """Join what a cell printed: a kernel sends it in pieces, and where one ends is a matter of time."""
    kept = []
    for output in outputs:
        if output.output_type == "stream" and kept and kept[-1].get("name") == output.name:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def attach_pictures(notebook):
    """Draw the pictures of the running example, CBABBC, into the cells that show them: a notebook may lie alone."""
    model, letters = load_checkpoint("sort"), "CBABBC"
    tok_emb, pos_emb = token_embedding(encode(letters), model.wte), position_embedding(len(letters), model.wpe)
    limit = signed_limit(model.wte, model.wpe, every_sum(model.wte, model.wpe))  # the explorer's
    pictures = {
        "look_up.png": lambda: stills.look_up(letters, model.wte, "ABC", followed="B"),
        "fed_back.png": lambda: stills.fed_back(letters, model.answer(letters)),
        "input_embedding.png": lambda: stills.the_sum(
            tok_emb, pos_emb, tok_emb + pos_emb, letters, cell=(3, 0), limit=limit
        ),
    }
    for cell in notebook.cells:
        for name, make in pictures.items():
            if f"(attachment:{name})" in cell.source:
                image = base64.b64encode(draw.png(make())).decode()
                cell.attachments = nbformat.from_dict({name: {"image/png": image}})


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb")):
        print(f"running {path.name} ...", flush=True)
        refresh(path)
