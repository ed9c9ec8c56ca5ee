"""What a check says."""

import html
from typing import NamedTuple

BARS = {True: "#0b6fb8", False: "#b3261e", None: "#8a94a0"}  # not those of token, position and sum


class Verdict(NamedTuple):
    """What a check says of an answer: a cell shows the message; in an `if`, only a right answer counts as true.

    `right` is True, False, or None where there is no answer yet; the message begins with "Right.", "Not yet." or
    "Not answered yet."
    """

    right: object
    message: str

    def __repr__(self):
        return self.message

    def _repr_html_(self):
        """Write the message in body type beside a coloured bar, its first sentence bold."""
        first, stop, rest = self.message.partition(".")
        look = f"border-left: 5px solid {BARS[self.right]}; padding: 2px 12px; max-width: 860px; white-space: pre-wrap"
        return f'<div style="{look}"><b>{html.escape(first)}{stop}</b>{html.escape(rest)}</div>'

    def __bool__(self):
        return self.right is True


def right(sentence):
    return Verdict(True, f"Right. {sentence}")


def not_yet(sentence):
    return Verdict(False, f"Not yet. {sentence}")


def not_answered(sentence):
    return Verdict(None, f"Not answered yet. {sentence}")


class Stop(Exception):
    """The answer cannot be read any further; `verdict` says why."""

    def __init__(self, sentence, verdict=not_yet):
        super().__init__(sentence)
        self.verdict = verdict(sentence)
