"""The one mechanism behind every explorer: controls, a function from their values to a Scene, and what follows."""

import asyncio
import html
import json
import math
import re

import ipywidgets as widgets
import numpy as np

from lessonlib.draw import draw, picture_html
from lessonlib.embeddings import real_array
from lessonlib.explore.controls import Control
from lessonlib.explore.page import bars_html, frame_html, page, panels_html
from lessonlib.scene import Bars, Cells, plain

REST = 0.15  # seconds without a move after which counting begins
BREATH = 0.001  # seconds between two pieces of it, in which all else is answered
CAPTION = "A still picture. To move it, run this cell in JupyterLab or Binder; after a restart, run it again."
_running = set()  # asyncio keeps no hold of its tasks


def soon(coroutine):
    """Run a coroutine beside all else, in whatever event loop answers the controls; returns whether there is one.

    Tasks take the place of threads: the same code runs in every kernel, in a Python in the browser, too.
    """
    try:
        task = asyncio.get_running_loop().create_task(coroutine)
    except RuntimeError:  # no loop runs, as in a plain script: `words` does what is needed
        coroutine.close()
        return False
    _running.add(task)
    task.add_done_callback(_running.discard)
    return True


class Explorer(widgets.VBox):
    """Controls above a picture that follows them. What goes wrong is said in words, and the last good picture stays.

    `name` says what is explored; `controls` is a dict from names to widgets, each with a `value`; `show` takes these
    values as keyword arguments and returns a Scene. Whatever `show` raises is shown as a message below the controls.
    """

    def __init__(self, name, controls, show):
        super().__init__()
        self.name, self.controls, self._show = name, controls, show
        self._first, self._moves, self._scene, self._found = self.values, 0, None, None
        reset = widgets.Button(description="Reset", tooltip="Back to the first picture")
        reset.on_click(lambda _button: self.reset())
        self._error, self._frame, self._cells = _part("ll-error"), _part("ll-frame"), _part("ll-cells")
        self._counted, self._numbers, self._rested = map(_part, ("ll-counted", "ll-numbers", "ll-rested"))
        stage = widgets.Box([self._frame, self._cells, self._counted])
        stage.add_class("ll-stage")
        box = widgets.Box([*controls.values(), reset])
        box.add_class("ll-controls")
        words = widgets.HTML('<div role="status" class="ll-words"></div>')
        self.children = [page(), box, self._error, stage, words, self._numbers, self._rested]
        self.add_class("ll-explorer")
        self._follow()
        for control in controls.values():
            control.observe(self._follow, "value")

    def __repr__(self):
        return f"Explorer({self.name!r}, controls: {', '.join(self.controls)})"

    def _repr_mimebundle_(self, **options):
        """Add a still picture, with its words, for pages without a kernel."""
        bundle = super()._repr_mimebundle_(**options)
        bundle["text/plain"] = repr(self)
        bundle["text/html"] = self.still_html()
        return bundle

    @property
    def values(self):
        """What the controls say now, a dict."""
        return {key: control.value for key, control in self.controls.items()}

    @property
    def words(self):
        """What a screen reader says: what went wrong if anything did, else what is seen and what was counted."""
        if not self._error.value and self._found is None:
            self._finish(self._counting(self._scene))
        if self._error.value:
            return _text(self._error.value)
        return _spoken(f"{plain(self._scene.text)} {_text(self._counted.value)}".strip())

    def still_html(self):
        """Draw what the controls say now as an HTML figure that needs no kernel."""
        try:
            scene = self._show(**self.values)
        except Exception as error:
            return f"<p>{html.escape(message(error))}</p>"
        picture = draw(scene)
        found = self.words.removeprefix(_spoken(plain(scene.text))).strip() if scene.later else ""
        picture.alt = f"{picture.alt} {found}".strip()
        return f"<figure>{picture_html(picture)}<figcaption>{CAPTION}</figcaption></figure>"

    def reset(self):
        """Set every control back to where it stood at first."""
        for key, control in self.controls.items():
            if isinstance(control, Control):
                control.reset(self._first[key])
            else:
                control.value = self._first[key]

    def _follow(self, _change=None):
        """Show what the controls say now. Cells and callbacks may run beside each other: the newest values win."""
        shown = None
        while shown != self.values:
            shown = self.values
            self._moves += 1
            try:
                scene = self._show(**shown)
                frames, panels = frame_html(scene), panels_html(scene)
            except Exception as error:  # whatever the learner's function raises
                self._refuse(error)
                continue
            self._scene, self._found = scene, None
            if self._frame.value != frames:
                self._frame.value = frames
            self._cells.value = f'{panels}<div class="ll-note" data-move="{self._moves}">{_note(scene.text)}</div>'
            self._error.value = ""
            if not scene.later:
                self._counted.value = ""
            soon(self._when_resting(scene, self._moves))

    def _refuse(self, error):
        still = "The picture still shows the last values that worked." if self._scene else "So there is no picture yet."
        text = html.escape(f"{message(error)} {still}")
        self._error.value = f'<div role="alert" data-move="{self._moves}">{text}</div>'

    async def _when_resting(self, scene, move):
        """Count, piece by piece, once the controls have rested, and send the numbers; a new move ends it."""
        await asyncio.sleep(REST)
        counting = self._counting(scene)
        while move == self._moves:
            try:
                next(counting)
            except StopIteration as end:
                self._show_found(end.value)
                self._numbers.value = f'<i data-cells="{_numbers(scene)}" hidden></i>'  # sent if it has changed
                self._rested.value = f'<i data-move="{move}" hidden></i>'
                return
            except Exception as error:
                self._refuse(error)
                return
            await asyncio.sleep(BREATH)

    def _counting(self, scene):
        """Yield between the pieces of what takes longer, and return what was found, as HTML."""
        if not scene.later:
            return ""
        found = yield from scene.later()
        return bars_html(found) if isinstance(found, Bars) else html.escape(found)

    def _finish(self, counting):
        """Count to the end at once."""
        try:
            while True:
                next(counting)
        except StopIteration as end:
            self._show_found(end.value)
        except Exception as error:
            self._refuse(error)

    def _show_found(self, found):
        self._found = found
        if self._counted.value != found:
            self._counted.value = found


def _part(css_class):
    """Make a piece of HTML with the class under which page.css knows it."""
    widget = widgets.HTML()
    widget.add_class(css_class)
    return widget


def _note(text):
    """Write a text as HTML: what stands between backticks as code, and a line for each line."""
    pieces = html.escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces)).replace("\n", "<br>")


def _numbers(scene):
    """Write the numbers of all heatmaps, in ten-thousandths, for the page, which says the one under the mouse."""
    cells = {}
    for i, part in enumerate(scene.parts):
        if isinstance(part, Cells):
            numbers = np.asarray(part.matrix if part.numbers is None else part.numbers, dtype=np.float64)
            if numbers.size:
                whole = [[round(1e4 * x) if math.isfinite(x) else None for x in row] for row in numbers.tolist()]
                cells[i] = [list(part.rows), whole]
    return html.escape(json.dumps(cells, separators=(",", ":")))


def message(error):
    """Say an error in words that a learner can use."""
    text = str(error).strip() if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _spoken(text):
    """Write minus signs as words: some screen readers skip them."""
    return re.sub(r"(?<![\w.])-(?=\d)", "minus ", text)


def _text(markup):
    """Return the words of a piece of HTML."""
    without_marks = re.sub(r"</?b>", "", markup)  # of wrong letters within a word
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", without_marks))).strip()


def checked(name, array, shape):
    """Return what a learner's function gave as an array of this shape, or say in words why it is none."""
    if array is None:
        raise ValueError(f"{name} is None: is `return` missing?")
    array = real_array(name, array)
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds nan or infinity")
    return array
