"""The controls that a learner moves. Each has a name that is read aloud, a range, and a `value`."""

import contextlib
import html
import unicodedata

import ipywidgets as widgets
from traitlets import Int, Unicode, link

from lessonlib.embeddings import LOOK_ALIKES, VOCABULARY, encode
from lessonlib.explore import given
from lessonlib.nano_gpt import N_INPUTS, History

EXAMPLE = "CBABBC"  # the letters that every explorer starts with
READ_AS = LOOK_ALIKES | str.maketrans("КΚМΜОΟO", "KKMM000")  # Cyrillic, Greek, and the letter O for a zero
LABEL_STYLE = {"description_width": "8em"}  # one width for all names, so that sliders stand in line
SHORT_LABEL_STYLE = {"description_width": "4.2em"}
SNAPSHOT = 300  # milliseconds: of training that plays


def classed(widget, css_classes):
    """Give a widget the classes under which page.css knows it, such as "ll-steps ll-whole", and return it."""
    for css_class in css_classes.split():
        widget.add_class(css_class)
    return widget


def int_slider(name, lowest, highest, value):
    """Make a slider over whole numbers, with a number beside it that can be typed."""
    return widgets.IntSlider(value, lowest, highest, description=name, style=LABEL_STYLE, tooltip=name)


def float_slider(name, lowest, highest, value, step):
    """Make a slider over numbers in steps of hundredths or more, with a number beside it that can be typed."""
    look = {"readout_format": ".2f", "style": LABEL_STYLE, "tooltip": name}
    return widgets.FloatSlider(value, min=lowest, max=highest, step=step, description=name, **look)


def choice_slider(name, options, value):
    """Make a slider over any values: a list of them, or of (text, value)."""
    slider = widgets.SelectionSlider(options=options, value=value, description=name, style=LABEL_STYLE, tooltip=name)
    longest = max(len(option[0] if isinstance(option, tuple) else str(option)) for option in options)
    if longest > 5:  # room for the longest, so that the slider keeps its length while it moves
        slider.add_class("ll-long" if longest < 9 else "ll-longest")
    return slider


def dropdown(name, options, value=None):
    """Make a list to choose from; at first the first, or `value`."""
    value = options[0] if value is None else value
    return widgets.Dropdown(options=options, value=value, description=name, style=LABEL_STYLE)


class Control(widgets.Box):
    """A control that is made of several. It has a `value`, and `reset` brings back a value and ends what goes on. What
    sets its parts so that they show the value does so in `with self.following():`, and is not heard by them."""

    is_following = False

    @contextlib.contextmanager
    def following(self):
        self.is_following = True
        try:
            yield
        finally:
            self.is_following = False

    def reset(self, value):
        self.value = value


class Steps(Control):
    """A slider over the steps 0 to n_steps - 1, with buttons that play them, pause, and go back to the start. The page
    itself moves the slider while it plays, whatever the kernel does, a step every `interval` milliseconds. Playing from
    the last step starts anew. `value` is an int in [0, n_steps)."""

    value = Int()

    def __init__(self, slider, n_steps, interval):
        self.slider, value = slider, slider.value
        self.player = widgets.Play(value=value, min=0, max=n_steps - 1, interval=interval, show_repeat=False)
        super().__init__([self.player, self.slider], value=value)
        classed(self, "ll-steps ll-whole")
        widgets.jslink((self.player, "value"), (self.slider, "index" if hasattr(slider, "index") else "value"))
        link((self.slider, "value"), (self, "value"))
        if interval > 1000:  # steps that are read: aloud, that takes longer
            pace = dropdown("pace", [("normal", interval), ("slow", 5 * interval)], interval)
            pace.style = SHORT_LABEL_STYLE
            link((pace, "value"), (self.player, "interval"))
            self.children = [*self.children, pace]

    def reset(self, value):
        self.player.playing = False
        self.value = value


class Typed(Control):
    """A text box, with other widgets `more` below it or none. What is typed counts once Enter is pressed or the box is
    left; what `_read` refuses, with a ValueError, is said in words below the box, and the value stays."""

    value = Unicode()

    def __init__(self, name, value, style, more=()):
        self.text = widgets.Text(value, description=name, style=style, continuous_update=False)
        self.refusal = classed(widgets.HTML(), "ll-refusal")
        super().__init__([self.text, self.refusal, *more], value=value)
        self.layout.flex_flow = "column"
        self.text.observe(self._typed, "value")
        self.observe(self._show_value, "value")

    def _typed(self, _change):
        if self.is_following:
            return
        try:
            self.value = self._read(self.text.value)
        except ValueError as error:
            self.refusal.value = f'<div role="alert">Not taken: {html.escape(str(error))}.</div>'
        else:
            self._show_value()

    def _show_value(self, _change=None):
        """Make the box show the value."""
        with self.following():
            self.text.value = self.value
        self.refusal.value = ""

    def reset(self, value):
        self.value = value
        self._show_value()


class Word(Typed):
    """A text box for one word; `read` returns it as it is known, or raises ValueError."""

    def __init__(self, name, value, read):
        self._read = read
        super().__init__(name, value, SHORT_LABEL_STYLE)
        self.add_class("ll-word")


class Places(Typed):
    """A choice for each of several places, and a text box for all at once: each follows the other. `value` is a str
    with one symbol for each place; `symbols` maps every symbol that there is, an upper-case letter or a digit, to what
    it means, and `kind` is the widget that chooses among them, all of them in the box `grid`."""

    def __init__(self, value, symbols, name, text_name, kind=widgets.SelectionSlider):
        self._symbols = symbols
        look = {"options": [(shown, symbol) for symbol, shown in symbols.items()], "style": SHORT_LABEL_STYLE}
        named = [(f"{name} {i}", symbol) for i, symbol in enumerate(value)]
        self.choices = [kind(value=symbol, description=name, tooltip=name, **look) for name, symbol in named]
        self.grid = widgets.Box(self.choices)
        super().__init__(text_name, value, LABEL_STYLE, [self.grid] if kind is widgets.SelectionSlider else ())
        for choice in self.choices:
            choice.observe(self._chosen, "value")

    def _chosen(self, _change):
        if not self.is_following:
            self.value = "".join(choice.value for choice in self.choices)

    def _read(self, text):
        value = unicodedata.normalize("NFKC", text).replace(" ", "").upper()
        value = "".join(read if (read := each.translate(READ_AS)) in self._symbols else each for each in value)
        self._check(value)
        return value

    def _check(self, value):
        unknown = [symbol for symbol in value if symbol not in self._symbols]
        if unknown:
            meanings = ", ".join(f"{symbol} ({shown})" for symbol, shown in self._symbols.items())
            raise ValueError(f"{unknown[0]!r} is not one of {meanings}")
        if len(value) != len(self.choices):
            raise ValueError(f"there are {len(self.choices)} places, got {len(value)}")

    def _show_value(self, _change=None):
        with self.following():
            for choice, symbol in zip(self.choices, self.value):
                choice.value = symbol
        super()._show_value()


class Letters(Places):
    """Six letters of A, B and C, one for each slot."""

    def __init__(self):
        super().__init__(EXAMPLE, {letter: letter for letter in VOCABULARY}, "letter", "six letters")
        classed(self.grid, "ll-controls")
        classed(self, "ll-places ll-whole")

    def _check(self, value):
        encode(value)
        if len(value) != N_INPUTS:
            raise ValueError(f"the model takes {N_INPUTS} letters, got {len(value)}")


class Switches(Places):
    """A switch for each row of a table, a column of radio buttons that an explorer puts beside the rows."""

    def __init__(self, n_rows, symbols):
        options = {symbol: f"{symbol} {meaning}" for symbol, meaning in symbols.items()}  # the page shows the symbol
        super().__init__(next(iter(symbols)) * n_rows, options, "slot", "all rows", widgets.RadioButtons)
        self._symbols = symbols
        self.grid.add_class("ll-switches")
        self.add_class("ll-word")


def training_slider(histories, at_start=False):
    """Make a slider over the snapshots of trainings, at the last one; it plays; `value` is the number of the snapshot.
    `histories` maps names to Histories; their trainings may take different numbers of steps, in as many snapshots."""
    given.all_of("histories", histories, History)
    lengths = {name: len(history.steps) for name, history in histories.items()}
    n_snapshots = min(lengths.values())
    if n_snapshots < 2 or set(lengths.values()) != {n_snapshots}:
        raise ValueError(f"the trainings must have equally many snapshots, at least 2, got {lengths}")
    percents = [(f"{100 * i / (n_snapshots - 1):.3g}", i) for i in range(n_snapshots)]
    slider = choice_slider("% of training", percents, 0 if at_start else n_snapshots - 1)
    return Steps(slider, n_snapshots, SNAPSHOT)
