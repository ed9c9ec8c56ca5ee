"""The statements of an article, on each of which the learner gives a verdict before ours is shown."""

import html

import ipywidgets as widgets
from traitlets import Tuple

from lessonlib.explore.controls import Control, classed
from lessonlib.explore.explorer import Explorer
from lessonlib.scene import Scene

VERDICTS = ("right", "right, but", "wrong")
STILL = "The verdicts, as they were worked out. To give yours first, run this cell in JupyterLab or Binder."


def verdicts(statements):
    """Make the table in which a learner judges statements, and then sees how the lesson judges each, and why.

    `statements` is a list of (statement, verdict, because), three texts each: what an article says, one of "right",
    "right, but" and "wrong", and the number that decided. Without a kernel all of it stands there as a table.
    ValueError if there is none, if a text is empty, or if a verdict is another word.
    """
    statements = tuple(map(tuple, statements))
    if not statements:
        raise ValueError("there must be at least one statement, got none")
    for row in statements:
        if len(row) != 3 or not all(isinstance(text, str) and text.strip() for text in row) or row[1] not in VERDICTS:
            raise ValueError(f"each must be (statement, verdict, because), the verdict one of {VERDICTS}, got {row!r}")
    return Verdicts(statements)


class Verdicts(Explorer):
    """An explorer with a row of buttons for each statement, and a table in place of its picture."""

    def __init__(self, statements):
        self.statements = statements

        def show(choices):
            if not choices:
                return Scene(text="Judge a statement, and ours appears.")
            i, chosen = choices[-1]
            _, verdict, because = statements[i]
            n_agreed = sum(chosen == statements[i][1] for i, chosen in choices)
            return Scene(
                text=f"Statement {i + 1}: you say {chosen}, we say {verdict}: {because.rstrip('.')}.\n"
                f"You agreed in {n_agreed} of {len(choices)}; {len(statements) - len(choices)} are left."
            )

        super().__init__("your verdicts", {"choices": Judging(statements)}, show)

    def still_html(self):
        """Write all statements with their verdicts as a table."""
        rows = "".join(
            f"<tr><td>{i}</td><td>{html.escape(statement)}</td><td><b>{verdict}</b></td>"
            f"<td>{html.escape(because)}</td></tr>"
            for i, (statement, verdict, because) in enumerate(self.statements, 1)
        )
        head = "".join(f'<th scope="col">{name}</th>' for name in ("", "the article says", "verdict", "because"))
        return (
            f'<figure><table class="ll-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
            f"<figcaption>{STILL}</figcaption></figure>"
        )


class Judging(Control):
    """Three buttons for each statement; the first one pressed counts, and uncovers our verdict.

    `value` is a tuple with a pair for each statement that was judged, in this order: its number and what was pressed.
    """

    value = Tuple()

    def __init__(self, statements):
        self._statements = statements
        self.buttons, self._ours, rows = [], [], []
        for i, (statement, _, _) in enumerate(statements):
            words = classed(widgets.HTML(f"<b>{i + 1}</b> {html.escape(statement)}"), "ll-says")
            buttons = [
                widgets.Button(description=verdict, tooltip=f"Statement {i + 1} is {verdict}") for verdict in VERDICTS
            ]
            for button in buttons:
                button.on_click(lambda button, i=i: self._judge(i, VERDICTS[self.buttons[i].index(button)]))
            self.buttons.append(buttons)
            self._ours.append(classed(widgets.HTML(), "ll-ours"))
            rows += [words, classed(widgets.Box(buttons), "ll-choice"), self._ours[i]]
        super().__init__(rows)
        classed(self, "ll-verdicts ll-whole")
        self.observe(self._show_value, "value")

    def _judge(self, i, verdict):
        if i not in dict(self.value):
            self.value = (*self.value, (i, verdict))

    def _show_value(self, _change):
        chosen = dict(self.value)
        for i, (_, verdict, because) in enumerate(self._statements):
            for name, button in zip(VERDICTS, self.buttons[i]):
                is_chosen = chosen.get(i) == name
                button.description, button.button_style = (f"✓ {name}", "primary") if is_chosen else (name, "")
            css_class = verdict.replace(", ", "-")
            text = f'<b class="ll-verdict ll-{css_class}">{verdict}</b> {html.escape(because)}'
            self._ours[i].value = text if i in chosen else ""
