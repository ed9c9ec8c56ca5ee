"""Film lesson 5's explorer for the README, in real JupyterLab: `python tests/browser/picture.py` in the .venv."""

import io
import sys
import tempfile
from pathlib import Path

import nbformat
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.jupyter import NOTEBOOKS, Page, driven, find_browser, launch, running_server, write_notebook

NEEDED = ("E_tok, E_pos", "def add(")  # the cells that it needs, as they stand in the lesson
KEYS = [
    *[("letter 3", key) for key in ("ArrowRight", "Home", "ArrowRight")],
    ("inspect row", "End"),
    *[("inspect channel", "ArrowRight")] * 3,
    *[("nudge", "ArrowRight")] * 6,
]
EACH, LAST = 450, 2500  # milliseconds


def main():
    cells = nbformat.read(NOTEBOOKS / "05_combined_input_embedding.ipynb", as_version=4).cells
    sources = [next(c.source for c in cells if c.cell_type == "code" and text in c.source) for text in NEEDED]
    with tempfile.TemporaryDirectory() as folder, driven() as driver, running_server(folder) as (port, token):
        write_notebook(Path(folder) / "film.ipynb", sources)
        browser = launch(driver, "chromium", find_browser("chromium"))
        page = Page(browser, port, token, "film.ipynb")
        page.run_all(1)
        (explorer,) = page.explorers()
        pictures = [picture(explorer)]
        for name, key in KEYS:
            explorer.press(name, key)
            pictures.append(picture(explorer))
        browser.close()
    size = (min(each.width for each in pictures), max(each.height for each in pictures))
    frames = [onto(each, size) for each in pictures]
    path = NOTEBOOKS.parent / ".github" / "explorer.webp"  # without loss: the palette of a GIF would tint white cells
    durations = [EACH] * (len(frames) - 1) + [LAST]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=durations, loop=0, lossless=True, method=6)
    print(f"written: {path.name}, {len(frames)} pictures, {path.stat().st_size // 1000} kB")


def picture(explorer):
    data = explorer.box.screenshot(animations="disabled")
    return Image.open(io.BytesIO(data)).convert("RGB")


def onto(picture, size):
    page = Image.new("RGB", size, "white")
    page.paste(picture)
    return page


if __name__ == "__main__":
    main()
