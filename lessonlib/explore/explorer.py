"""The one mechanism behind every explorer: controls, a function from their values to a Scene, and what follows."""

import asyncio
import contextlib
import html
import io
import re

import ipywidgets as widgets
import numpy as np

from lessonlib.draw import draw, picture_html
from lessonlib.embeddings import finite_array
from lessonlib.explore.controls import Control, Switches, classed
from lessonlib.explore.page import layout, page, panels_html
from lessonlib.scene import Strip, brief, shown

REST = 0.4  # seconds without a move after which counting begins: no hand that goes on moves so slowly
BREATH = 0.001  # seconds between two pieces of it, in which all else is answered
CAPTION = "A still picture. To move it, run this cell in JupyterLab or Binder; after a restart, run it again."
# What a learner's function may raise. `sys.exit` and an interrupt in it are mistakes like others: the explorer stays.
MISTAKES = (Exception, SystemExit, KeyboardInterrupt)
_running = set()  # asyncio keeps no hold of its tasks


def soon(coroutine):
    """Run a coroutine beside all else, in whatever event loop answers the controls; returns whether there is one. Tasks
    take the place of threads: the same code runs in every kernel, in a Python in the browser, too."""
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
    values as keyword arguments and returns a Scene. `chips` maps the words on a button to the values that it sets; all
    others go back to where they stood at first. Whatever `show` raises is shown as a message below the controls."""

    def __init__(self, name, controls, show, chips=()):
        super().__init__()
        self.name, self.controls, self._show, self._is_set = name, controls, show, False
        self._first, self._moves, self._scene, self._counting = self.values, 0, None, None
        reset = widgets.Button(description="Reset", tooltip="Back to the first picture")
        reset.on_click(lambda _button: self.set_to())
        self._error, self._frame, self._cells, self._counted = (
            classed(widgets.HTML(), css_class) for css_class in ("ll-error", "ll-frame", "ll-cells", "ll-counted")
        )
        at_rows = [control.grid for control in controls.values() if isinstance(control, Switches)]
        stage = classed(widgets.Box([self._frame, self._cells, self._counted, *at_rows]), "ll-stage")
        chosen = list(controls.values())
        box = widgets.Box([self._chips(dict(chips), reset), *chosen] if chips else [*chosen, reset])
        words = widgets.HTML('<div role="status" class="ll-words"></div>')
        self.children = [page(), classed(box, "ll-controls"), self._error, stage, words]
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
        if self._error.value:
            return _text(self._error.value)
        self._count_now()
        return f"{self._scene.said} {_text(self._uncounted)}".strip()

    def still_html(self):
        """Draw what the controls say now as an HTML figure that needs no kernel."""
        if self._error.value:
            return f"<p>{html.escape(self._refused)}</p>"
        self._count_now()
        picture = draw(self._scene)
        picture.alt = brief([_text(self._uncounted), picture.alt])
        return f"<figure>{picture_html(picture)}<figcaption>{CAPTION}</figcaption></figure>"

    def _chips(self, chips, reset):
        """Make a button for each of the chips, all in one line that ends with Reset."""
        buttons = [widgets.Button(description=text) for text in chips]
        for button, values in zip(buttons, chips.values()):
            button.on_click(lambda _button, values=values: self.set_to(**values))
        return classed(widgets.Box([*buttons, reset]), "ll-chips ll-whole")

    def set_to(self, **values):
        """Set some controls, and all others back to where they stood at first; then one picture follows."""
        before, self._is_set = self.values, True
        for key, control in self.controls.items():
            value = values.get(key, self._first[key])
            if isinstance(control, Control):
                control.reset(value)
            else:
                control.value = value
        self._is_set = False
        if self.values != before:
            self._follow()

    def _follow(self, _change=None):
        """Show what the controls say now. Cells and callbacks may run beside each other: the newest values win."""
        shown = self.values if self._is_set else None
        while shown != self.values:
            shown = self.values
            self._moves += 1
            try:
                scene = self._show(**shown)
                frames, panels = layout(scene).frames, panels_html(scene)
            except MISTAKES as error:
                self._refuse(error)
                continue
            self._scene, self._counting, self._uncounted = scene, scene.later and scene.later(), ""
            if self._frame.value != frames:
                self._frame.value = frames
            mark = f'data-move="{self._moves}"{" data-more" * bool(self._counting)}'  # more: a count will follow
            self._cells.value = f'{panels}<div class="ll-note" {mark}>{_note(scene.text)}</div>'
            self._error.value = ""
            if self._counting:
                soon(self._count_when_resting(self._moves))
            else:
                self._counted.value = ""

    def _refuse(self, error):
        self._counting, self._refused = None, message(error)
        still = "The picture still shows the last values that worked." if self._scene else "So there is no picture yet."
        text = html.escape(f"{self._refused} {still}")
        self._error.value = f'<div role="alert" data-move="{self._moves}">{text}</div>'

    async def _count_when_resting(self, move):
        """Count, piece by piece, once the controls have rested; a new move ends it."""
        await asyncio.sleep(REST)
        while move == self._moves and self._counting:
            self._count_a_piece()
            await asyncio.sleep(BREATH)

    def _count_now(self):
        while self._counting:
            self._count_a_piece()

    def _count_a_piece(self):
        """Count on, and show what was found, or what went wrong, when that is the end."""
        try:
            quietly(next, self._counting)
            return
        except StopIteration as end:
            self._scene = self._scene.with_strips(end.value)
            found = panels_html(self._scene, (Strip,))
        except MISTAKES as error:
            found = self._uncounted = f'<div role="alert">There is no score. {html.escape(message(error))}</div>'
        self._counting = None
        self._counted.value = f'<div data-move="{self._moves}">{found}</div>'


def _note(text):
    """Write a text as HTML: what stands between backticks as code, and a line for each line."""
    pieces = enumerate(html.escape(text).split("`"))
    return "".join(f"<code>{piece}</code>" if i % 2 else shown(piece) for i, piece in pieces).replace("\n", "<br>")


def quietly(function, *arguments):
    """Call what calls a learner's function again and again: what it prints was printed when the picture was made."""
    with contextlib.redirect_stdout(io.StringIO()):
        return function(*arguments)


def message(error):
    """Say an error in words that a learner can use."""
    text = str(error).strip()
    if not isinstance(error, ValueError) or not text:
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _text(markup):
    """Return the words of a piece of HTML."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", markup))).strip()


def checked(name, array, shape):
    """Return what a learner's function gave as an array of this shape, or say in words why it is none."""
    if array is None:
        raise ValueError(f"{name} is None: is `return` missing?")
    return finite_array(name, array, str(shape))


def nearly(one, other):
    """Say which numbers are equal but for rounding, that of float16 if one of the arrays holds such."""
    rtol = 2e-3 if np.float16 in (np.asarray(one).dtype, np.asarray(other).dtype) else 1e-5
    return np.isclose(np.asarray(one, np.float64), np.asarray(other, np.float64), rtol, 1e-6)


def told_apart(number, other):
    """Write a number with four decimals, or as many as it takes to tell it from another."""
    return next((text for n in range(4, 9) if (text := f"{number:.{n}f}") != f"{other:.{n}f}"), f"{number:.4f}")
