"""Read an answer generously: a number in quotes, a pair of brackets too many or a generator are no mistakes.

What cannot be read raises `Stop`, whose verdict says why in a sentence.
"""

import re
from collections.abc import Mapping
from itertools import islice
from numbers import Number

import numpy as np

from lessonlib.check.verdict import Stop, Verdict, not_answered
from lessonlib.embeddings import LOOK_ALIKES, VOCABULARY

LONGEST, DEEPEST = 20_000, 6  # a generator without end must end somewhere
THOUSANDS = r"[-+]?\d{1,3}([,_' ]\d{3})+|[-+]?\d{1,3}(\.\d{3}){2,}"  # 38,597,376 or 38.597.376
MASK = "This is a mask, True or False for each: what are the numbers of those that are marked?"
NONE = "This is None: a function that prints its result, and does not return it, gives None."
NEGATION = r"\b(not?|nor|except|without|but)\b|n't"  # a number after it may be one that is not meant
PART_IS_MISSING = "Part of it is still three dots, or None."


def numbers(answer, exercise):
    """Read an answer as a float64 array, without the brackets that `exercise.solution` does not have either."""
    wanted = np.shape(exercise.solution)
    comma = wanted == () and abs(exercise.solution) < 1000  # in 4,899: is it a decimal comma?
    values = as_array(plain(answer, comma), exercise.expected)
    if [n for n in values.shape if n != 1] == [n for n in wanted if n != 1]:
        return values.reshape(wanted)  # (1, 6, 48) and (6, 1, 48) can mean only (6, 48)
    return values


def row_numbers(answer, exercise):
    """Read an answer that names rows or slots, in any collection: float64 array (n,), sorted."""
    by_number = isinstance(answer, Mapping) and all(isinstance(value, str) for value in answer.values())
    if isinstance(answer, str) or by_number:
        said = answer if isinstance(answer, str) else " ".join(answer.values())
        if re.search(NEGATION, said.lower()):
            raise Stop(f"The exercise asks for {exercise.expected}: write those that are right, and nothing else.")
    if by_number:
        answer = list(answer)  # {0: "C", 3: "C"}
    if isinstance(answer, str) and re.search(r"\d", answer):
        answer = list(answer) if re.fullmatch(r"0\d+", answer) else re.findall(r"-?\d+(?:\.\d+)?", answer)
    cells = plain(answer)
    values = as_array(cells, exercise.expected)
    if all(isinstance(cell, bool) for cell in atoms(cells)):
        raise Stop(MASK)
    if values.ndim == 2 and (np.sort(values) == np.sort(values)[0]).all():  # np.argwhere says of two rows both ways
        values = values[0] if len(values) == 2 else values
    if values.size != max(values.shape, default=1):  # np.where gives (1, n), np.argwhere (n, 1)
        raise Stop(f"This is a whole table of numbers. The exercise asks for {exercise.expected}.")
    return np.sort(values.ravel())


def in_order(answer, labels):
    """Return what is labelled in an answer, a dict or a text such as "A-B: 0.1, A-C: 0.2", in the order of `labels`. Of
    what it calls them, the letters and digits that labels have count, in any order; another answer stays as it is."""
    found = re.findall(r"([^:=),;]+)[:=)]\s*([^\s:=),;]+)", answer) if isinstance(answer, str) else ()
    if not isinstance(answer, Mapping) and not found:
        return answer
    known = set("".join(labels).upper())
    named = {"".join(sorted(set(str(key).upper()) & known)): value for key, value in dict(found or answer).items()}
    wanted = ["".join(sorted(set(label.upper()))) for label in labels]
    return [named[label] for label in wanted] if set(named) == set(wanted) else answer


def plain(value, decimal_comma=False, depth=0):
    """Turn whatever an answer is made of into lists in lists of numbers and text; numbers in quotes are numbers."""
    this = "It holds" if depth else "This is"
    if value is ...:
        raise Stop(PART_IS_MISSING if depth else "Write your answer in place of the three dots.", not_answered)
    if value is None:
        raise Stop(PART_IS_MISSING if depth else NONE, not_answered)
    if isinstance(value, Verdict):
        raise Stop("This is what a check said. Give it the answer itself.")
    if isinstance(value, (str, bytes)):
        return _read_text(value if isinstance(value, str) else value.decode(errors="replace"), decimal_comma)
    if isinstance(value, Number):
        return value.item() if isinstance(value, np.generic) else value
    if callable(value):
        raise Stop(f"{this} a function or class that has not been called: put parentheses after its name.")
    if np.ma.is_masked(value):
        raise Stop("Some of its cells are masked, so they hold no number.")
    if depth == DEEPEST:
        raise Stop("It holds lists in lists in lists, deeper than any answer needs.")
    if hasattr(value, "__array__"):
        value = np.asarray(value)
        if value.size > LONGEST:
            raise Stop(f"This has shape {value.shape}, far more numbers than any answer needs.")
        return plain(value.tolist(), decimal_comma, depth + (value.ndim == 0))
    if not hasattr(value, "__iter__"):
        raise Stop(f"{this} something of type {type(value).__name__}, not numbers.")
    try:
        items = list(islice(value.values() if isinstance(value, Mapping) else value, LONGEST + 1))
    except Exception as error:  # a generator runs the learner's own code only now
        raise Stop(f"Reading it stops with an error, {type(error).__name__}: {error}.") from None
    if len(items) > LONGEST:
        raise Stop("It goes on and on: no answer is that long.")
    if not items and hasattr(value, "__next__"):
        raise Stop("It is empty: a generator, a map or a zip can be read only once.")
    return [plain(item, decimal_comma, depth + 1) for item in items]


def unwrapped(cells):
    """Take away lists around one list, or around one text."""
    while isinstance(cells, list) and len(cells) == 1:
        cells = cells[0]
    return cells


def atoms(cells):
    """Yield the numbers and texts in lists in lists."""
    for cell in cells if isinstance(cells, list) else [cells]:
        yield from atoms(cell) if isinstance(cell, list) else [cell]


def as_array(cells, expected):
    """Turn what `plain` returns into a float64 array of finite numbers; `expected` completes "asks for"."""
    asks = f"The exercise asks for {expected}."
    text = next((cell for cell in atoms(cells) if isinstance(cell, str)), None)
    if text is not None:
        letters = text != "" and all(letter in VOCABULARY for letter in text.upper())
        kind, this = ("letters", "These are") if letters else ("text", "This is")
        quotes = " Without the quotes, Python computes it." if re.search(r"\d\W*[*+/-]|\w\(|\w\[", text) else ""
        raise Stop(f"{'It holds' if isinstance(cells, list) else this} {kind}, not numbers.{quotes} {asks}")
    try:
        values = np.asarray(cells)
        values = values.real if values.dtype.kind == "c" and not values.imag.any() else values
        values = values if values.dtype.kind == "c" else values.astype(np.float64)
    except OverflowError:  # an int of more than 308 digits
        raise Stop(f"It holds a number far too large. {asks}") from None
    except (TypeError, ValueError) as error:
        ragged = "inhomogeneous" in str(error) or "sequence" in str(error)
        what = "Its rows have different lengths" if ragged else "It holds something other than numbers"
        raise Stop(f"{what}. {asks}") from None
    if values.size == 0:
        raise Stop(f"It is empty. {asks}")
    if values.dtype.kind == "c" or not np.isfinite(values).all():
        what = "complex numbers" if values.dtype.kind == "c" else "nan, infinity or a number far too large"
        raise Stop(f"It holds {what}. {asks}")
    return values


def as_float64(values):
    """Return an array of floats, where `np.float64` of NumPy 2.0 makes a plain number of an array that holds one."""
    return np.asarray(values, np.float64)


def letters_in(text):
    """Return the letters of a text in upper case, or stop at one that the model does not know."""
    for letter in text:
        if (meant := letter.upper().translate(LOOK_ALIKES)) != letter.upper():
            raise Stop(f"The {letter!r} only looks like {meant}: it is a letter of another alphabet.")
    if not set(text.upper()) <= set(VOCABULARY):
        raise Stop(f"The model knows the letters A, B and C only, and this is {text[:20]!r}.")
    return text.upper()


def _read_text(text, decimal_comma):
    """Return the number or the list that a text writes out; any other text as it is."""
    text = text.strip().replace("\N{MINUS SIGN}", "-")
    if decimal_comma and re.fullmatch(r"[-+]?\d+,\d+", text):
        text = text.replace(",", ".")
    if re.fullmatch(THOUSANDS, text):
        text = re.sub(r"[^\d+-]", "", text)
    try:
        return float(text)
    except ValueError:
        parts = re.findall(r"[^\s,;\[\](){}'\"]+", text)
    plain_parts = all(re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?|[A-Za-z]", part) for part in parts)
    return [_read_text(part, False) for part in parts] if len(parts) > 1 and plain_parts else text
