"""An exercise is a table, and one walk judges it."""

from functools import cache, wraps
from inspect import Parameter, signature
from typing import NamedTuple

import numpy as np

from lessonlib.check.reading import MASK, as_float64, numbers, row_numbers
from lessonlib.check.verdict import Stop, not_yet, right
from lessonlib.embeddings import sinusoidal_positions
from lessonlib.measure import every_sum
from lessonlib.nano_gpt import load_checkpoint

SMALL = 1e-5  # by how much a known wrong number may be off, as a share of the largest


class Exercise(NamedTuple):
    """What is right, what is known to be wrong, and what to say. `expected` completes "The exercise asks for ...".
    Each of `mistakes` is one or more wrong arrays, of any shape, and a sentence, each of `shapes` wrong shapes and a
    sentence: the first that fits is named. `difference` takes the values and the place of the first difference, and
    says what there is to say where nothing better is known. `rounding` and `order` are said of the right numbers,
    rounded, and of the right rows in another order; they are empty where that is no mistake. `tolerance` is how far off
    a right number may be. `read` turns an answer into an array; if an answer is not `sized`, `difference` talks about
    its length."""

    solution: np.ndarray
    expected: str
    praise: str
    difference: object
    mistakes: list = ()
    shapes: list = ()
    rounding: str = ""
    order: str = ""
    tolerance: float = 1e-6
    read: object = numbers
    sized: bool = True


def checks(table):
    """Make a check of a function that makes an `Exercise`: it takes the answer, then what the function takes."""

    @wraps(table)
    def check(answer, *about):
        return judge(answer, table(*about))

    own = signature(table)
    answer = Parameter("answer", Parameter.POSITIONAL_OR_KEYWORD)
    check.__signature__ = own.replace(parameters=[answer, *own.parameters.values()])
    check.exercise = table
    return check


def judges(check):
    """Make a check of a function that judges the answer itself: it may raise `Stop` at any point."""

    @wraps(check)
    @np.errstate(all="ignore")  # an answer may hold numbers too large to square
    def judged(answer, *about):
        try:
            return check(answer, *about)
        except Stop as stop:
            return stop.verdict

    return judged


@judges
def judge(answer, exercise):
    """Judge an answer: is it right, a known mistake, of another shape, rounded, in another order, or just different?"""
    values = exercise.read(answer, exercise)
    solution, tolerance, about_shape = as_float64(exercise.solution), exercise.tolerance, _about_shape(values, exercise)
    if getattr(answer, "dtype", None) == np.float16:  # eleven bits of each number
        tolerance = max(tolerance, 1e-3 * _largest(solution))
    if _near(values, solution, tolerance):
        return right(exercise.praise)
    mistakes = [(as_float64(wrong), sentence) for *arrays, sentence in exercise.mistakes for wrong in arrays]
    for wrong, sentence in mistakes:
        if _near(values, wrong, SMALL * _largest(wrong)):
            return not_yet(about_shape + sentence)
    if about_shape:
        known = next((said for *shapes, said in exercise.shapes if values.shape in shapes), None)
        return not_yet(
            f"{about_shape}{known}" if known else f"{_found(values)}. The exercise asks for {exercise.expected}."
        )
    if exercise.rounding and (said := _about_rounding(values, solution, exercise.rounding)):
        return not_yet(said)
    for wrong, sentence in mistakes:
        if _is_rounded(values, wrong):
            return not_yet(sentence)
    if exercise.order and _near(_sorted_rows(values), _sorted_rows(solution), max(tolerance, SMALL)):
        return right(exercise.praise) if isinstance(answer, (set, frozenset)) else not_yet(exercise.order)
    place = np.argwhere(abs(values - solution) > tolerance)[0] if values.shape == solution.shape else ()
    return not_yet(exercise.difference(values, place))


def matrix_exercise(
    solution, each, mistakes, shapes=(), about_rows=lambda values: None, column="channel", unknown="", **more
):
    """Make the table of an exercise on a matrix (T, C), one row for each letter or slot: `each` says which, `column`
    what a column is. What can go wrong with any matrix is added. `about_rows` takes an answer of the right shape and
    says what its rows are, or returns None; `unknown` is said where nothing else is known."""
    (n_rows, n_columns), swapped = solution.shape, f"Rows and columns are swapped: every {each} has a row."
    unknown = unknown or "The first difference is in row {}, channel {}, counted from 0."
    return Exercise(
        solution,
        expected=f"an array of shape {solution.shape}: one row for each {each}, one column for each {column}",
        difference=lambda values, place: (
            about_rows(values) or _about_all(values, solution) or _about_tables(values) or unknown.format(*place)
        ),
        mistakes=[
            *mistakes,
            (solution.T, swapped),
            (solution.ravel(), f"All rows have become one long row: every {each} has its own."),
            (solution.T.reshape(solution.shape), "The numbers were put into another shape, which mixes up the rows."),
            (np.zeros(solution.shape), "All numbers are 0: nothing was filled in, or int lost what follows the point."),
        ],
        shapes=[
            *shapes,
            ((n_columns, n_rows), swapped),
            (
                (n_rows,),
                f"One number for each {each}: an id or a slot number says which row to take, and rows are whole.",
            ),
            ((n_columns,), f"This is a single row: every {each} has one."),
            *(((n, n_columns), f"There are {n_rows} {each}s, and these are {n} rows.") for n in range(2, 99)),
            *(((n_rows, n), f"A row has {n_columns} numbers, and these have {n}.") for n in range(1, 99)),
        ],
        order=f"These are the right rows in the wrong order: row 0 is for the first {each}, row 1 for the next.",
        **more,
    )


def rows_exercise(wanted, n_rows, praise, mistakes=(), what="row", reasons=None):
    """Make the table of an exercise that asks which rows (or slots) of `n_rows` they are, in any order. `reasons` is a
    dict that says, for each number that is not one of them, why."""
    wanted = np.sort(as_float64(wanted))
    n_wanted, mask = len(wanted), np.isin(np.arange(n_rows), wanted)

    def difference(values, _):
        named = set(values.tolist())
        hits = len(named & set(wanted.tolist()))
        if values.size == n_rows > len(named) and named <= {0, 1}:
            return MASK
        if named <= set(range(-n_rows, 0)):
            return f"These count from the end: give the numbers of the {what}s counted from 0."
        if not named <= set(range(n_rows)):
            apart = what == "row" and (values % 1 > 0).any()
            hint = "do you have distances there?" if apart else f"they go from 0 to {n_rows - 1}."
            return f"Not every number in it is the number of a {what}: {hint}"
        if len(named) < values.size:
            return f"A {what} is named more than once."
        if len(named) == n_rows:
            return f"These are all {what}s: not all of them are asked for."
        if reasons and (others := named - set(wanted)):
            return reasons[min(others)]
        if len(named) == 1:
            return f"This is a single {what}: more than one is asked for, in a list."
        if what == "row" and len(named) != n_wanted:
            return f"{n_wanted} rows are asked for, and these are {len(named)}."
        if hits == len(named):
            return "All of these are right, but not all are there."
        return f"{hits or 'None'} of these {len(named)} {what}s {'are' if hits > 1 else 'is'} right."

    return Exercise(
        wanted,
        expected=f"a list of {what} numbers, counted from 0",
        praise=praise,
        difference=difference,
        mistakes=[
            (wanted + 1, f"These {what}s are counted from 1: the first is {what} 0."),
            *each_through(lambda wrong: np.sort(np.ravel(wrong)), mistakes),
            (np.sort(mask), np.sort(~mask), MASK),
            ([n_wanted], f"More than one {what} is asked for, in a list: their numbers, not how many they are."),
        ],
        read=row_numbers,
        sized=False,
    )


def each_through(function, mistakes):
    """Put each array of some mistakes through a function."""
    return [(*map(function, arrays), sentence) for *arrays, sentence in mistakes]


@cache
def models():
    """The models that the lessons load, by name: their tables are what a learner has at hand."""
    names = {"sorter": "sort", "reverser": "reverse", "synonym model": "synonyms"}
    return {name: load_checkpoint(file) for name, file in names.items()}


def arrays_at_hand(asked, token_ids, wte=None, wpe=None):
    """Yield arrays (T, C) that a learner has at hand in place of the "token", "position" or "sum" embedding asked for.
    With each comes a sentence. A table that is not given is the sorter's."""
    wte, wpe = (as_float64(given) if given is not None else own for given, own in zip((wte, wpe), _tables("sorter")))
    tok, pos = wte[token_ids], wpe[: len(token_ids)]
    sines = sinusoidal_positions(*tok.shape)
    tail = {
        "token": "The exercise asks for the rows of the letters, and nothing else.",
        "position": "The exercise asks for the rows of the slots, and nothing else.",
        "sum": "The exercise asks for the sum of both.",
    }[asked]
    if asked != "token":
        yield tok, f"This is the token embedding, the rows of the letters. {tail}"
    if asked != "position":
        yield pos, f"This is the position embedding, the rows of the slots. {tail}"
    if asked != "sum":
        yield tok + pos, f"This is the sum of token and position embedding. {tail}"
    else:
        yield tok - pos, pos - tok, f"One embedding is subtracted from the other. {tail}"
        yield tok * pos, f"The two are multiplied. {tail}"
        yield tok + sines, "The positions in it are sines and cosines, not the model's own table."
    yield sines, f"These are the fixed sines and cosines, not the model's own table. {tail}"
    for name in models():
        other_tok, other_pos = _tables(name)[0][token_ids], _tables(name)[1][: len(token_ids)]
        if asked == "sum" and other_tok.shape == tok.shape and not np.array_equal(other_tok, tok):
            mixed = f"There are rows of the {name} in it, another model: use the tables of the exercise."
            yield other_tok + pos, tok + other_pos, mixed


def _tables(name):
    return as_float64(models()[name].wte), as_float64(models()[name].wpe)


def which_rows(values, table):
    """Return the row of `table` (n, C) that each row of `values` (T, C) is a copy of, or None if one is no copy."""
    off = abs(values[:, np.newaxis] - as_float64(table)).max(axis=-1)  # (T, n)
    return off.argmin(axis=1) if (off.min(axis=1) <= SMALL).all() else None


def _about_shape(values, exercise):
    found, wanted = values.shape, np.shape(exercise.solution)
    if found == wanted or not exercise.sized:
        return ""
    return f"{_found(values)}, and it should be {wanted or 'one number'}. "


def _found(values):
    return f"The shape is {values.shape}" if values.ndim else "This is a single number"


def _about_rounding(values, solution, rounding):
    for digits in (0, 1, 2, 3):
        cut, step = np.trunc(solution * 10.0**digits) / 10.0**digits, 10.0**-digits
        if not values.any() or _largest(solution) < step:
            continue
        if _near(values, cut, 1e-6) and not _near(cut, solution.round(digits), 1e-6):
            return f"The digits that follow were cut off, not rounded. {rounding}"
        # rounded before or after adding, and 0.5 either up or down
        if _near(values, values.round(digits), 1e-6) and _near(values, solution, (1.01 if digits else 0.51) * step):
            return rounding
    return rounding if _near(values, solution, 0.01 * _largest(solution)) else None


def _about_all(values, solution):
    """Say what has happened to all numbers alike, or None."""
    small = SMALL * max(_largest(values), _largest(solution))
    if np.ptp(values - solution) <= small:
        return "Every number is off by the same amount: something was added to all of them."
    if np.ptp(values - solution, axis=0).max() <= small and len(values) > 1:
        return "One and the same row was added to every row, or taken away: the mean row, or the wrong one?"
    factor = np.vdot(values, solution) / (np.vdot(solution, solution) or 1)
    if _near(values, factor * solution, small):
        return "Every sign is the wrong way round." if abs(factor + 1) < SMALL else "All numbers have been multiplied."
    for wrong, sentence in (
        (abs(solution), "Every sign is lost: negative numbers stay negative."),
        (solution**2, "All numbers are squared."),
        (solution[:, ::-1], "The channels are in reverse order."),
        (solution - solution.mean(axis=1, keepdims=True), "The mean of each row has been taken away."),
    ):
        if _near(values, wrong, SMALL * _largest(wrong)):
            return sentence
    if _near(values * np.linalg.norm(solution, axis=-1, keepdims=True), solution, SMALL):
        return "Every row has been divided by its length: leave the rows as they are."
    centred = solution - solution.mean(axis=-1, keepdims=True)
    if _near(values * solution.std(axis=-1, keepdims=True), centred, 1e-3 * _largest(solution)):
        return "This looks normalised: layer norm comes later, inside the model."
    return None


def _about_tables(values):
    """Say which table the rows are from, where they are other rows than any known mistake has; or None."""
    for name in models():
        (wte, wpe), whose = _tables(name), f"of the {name}'s"
        if values.shape[1] != wte.shape[1]:
            continue
        if which_rows(values, wte) is not None:
            return f"These are rows {whose} token table, and not those that are asked for."
        if which_rows(values, wpe) is not None:
            return f"These are rows {whose} position table, and not those that are asked for."
        if which_rows(values, every_sum(wte, wpe).reshape(-1, wte.shape[1])) is not None:
            return f"Each row is the sum of a token row and a position row {whose}, and not the one asked for."
    return None


def _is_rounded(values, wrong):
    """Say whether values are those known wrong ones, rounded to as many decimals as leave them recognisable."""
    digits = [each for each in range(5) if _largest(wrong) > 5 * 10.0**-each]
    return any(_near(values, wrong.round(each), 1e-6) for each in digits)


def _near(values, others, tolerance):
    return values.shape == others.shape and bool((abs(values - others) <= tolerance).all())


def _largest(values):
    return float(np.abs(values).max(initial=0))


def _sorted_rows(values):
    rows = values.reshape(len(np.atleast_1d(values)), -1)
    return rows[np.lexsort(rows.round(5).T)]
