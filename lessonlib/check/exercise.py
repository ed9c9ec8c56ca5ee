"""An exercise is a table, and one walk judges it."""

from functools import cache, wraps
from inspect import Parameter, signature
from itertools import product
from typing import NamedTuple

import numpy as np

from lessonlib.check.reading import MASK, as_float64, numbers, row_numbers
from lessonlib.check.verdict import Stop, not_yet, right
from lessonlib.embeddings import decode, sinusoidal_positions
from lessonlib.measure import every_sum
from lessonlib.nano_gpt import N_INPUTS, load_checkpoint

N_SLOTS = 2 * N_INPUTS - 1  # of the lessons' models: the last letter that is written is not read
SMALL = 1e-5  # by how much a known wrong number may be off, as a share of the largest


class Exercise(NamedTuple):
    """What is right, what is known to be wrong, and what to say. `expected` completes "The exercise asks for ...".
    Each of `mistakes` is one or more wrong arrays, of any shape, and a sentence, each of `shapes` wrong shapes and a
    sentence: the first that fits is named. `parts` are tables whose rows, or sums of two of them, an answer may hold
    (see `tables_at_hand`), and `tail` is said of one that does. `difference` takes the values and the place of the
    first difference, and says what there is to say where nothing better is known. `rounding` and `order` are said of
    the right numbers, rounded, and of the right rows in another order; they are empty where that is no mistake.
    `tolerance` is how far off a right number may be. `read` turns an answer into an array; if an answer is not `sized`,
    `difference` talks about its length."""

    solution: np.ndarray
    expected: str
    praise: str
    difference: object
    mistakes: list = ()
    shapes: list = ()
    parts: list = ()
    tail: str = ""
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
    """Judge an answer: is it right, a known mistake, rounded, rows of a table, of another shape, in another order, or
    just different?"""
    values = exercise.read(answer, exercise)
    solution, tolerance, about_shape = as_float64(exercise.solution), exercise.tolerance, _about_shape(values, exercise)
    if getattr(answer, "dtype", None) == np.float16:  # eleven bits of each number
        tolerance = max(tolerance, 1e-3 * _largest(solution))
    if _near(values, solution, tolerance):
        return right(exercise.praise)
    mistakes = [(as_float64(wrong), said) for *arrays, said in exercise.mistakes for wrong in arrays]
    if exercise.sized:
        mistakes += [each for each in _distorted(solution) if not _near(each[0], solution, SMALL * _largest(solution))]
    for wrong, said in mistakes:
        if _near(values, wrong, SMALL * _largest(wrong)):
            return not_yet(about_shape + said)
    if exercise.rounding and not about_shape and (said := _about_rounding(values, solution, exercise.rounding)):
        return not_yet(said)
    for wrong, said in mistakes:
        if _is_rounded(values, wrong):
            return not_yet(about_shape + said)
    if said := _about_origin(values, exercise):
        return not_yet(about_shape + said)
    if about_shape:
        asks = f"The exercise asks for {exercise.expected}."
        return not_yet(about_shape + next((said for *shapes, said in exercise.shapes if values.shape in shapes), asks))
    if exercise.order and _near(_sorted_rows(values), _sorted_rows(solution), max(tolerance, SMALL)):
        return right(exercise.praise) if isinstance(answer, (set, frozenset)) else not_yet(exercise.order)
    place = np.argwhere(abs(values - solution) > tolerance)[0] if values.shape == solution.shape else ()
    return not_yet(exercise.difference(values, place))


def matrix_exercise(
    solution, each, mistakes, shapes=(), ids=None, about_rows=lambda values: None, column="channel", unknown="", **more
):
    """Make the table of an exercise on a matrix (T, C), one row for each letter or slot: `each` says which, `column`
    what a column is, and `ids` (T,) which letters they are. What can go wrong with any matrix is added. `about_rows`
    takes an answer of the right shape and says what its rows are, or returns None; `unknown` is said where nothing else
    is known."""
    (n_rows, n_columns), swapped = solution.shape, f"Rows and columns are swapped: every {each} has a row."
    numbers, number = (np.arange(n_rows), "slot number") if ids is None else (np.asarray(ids), "id")
    numbers, which = numbers[:, np.newaxis], f"{number}s say a place, and are no values."
    unknown = unknown or "The first difference is in row {}, channel {}, counted from 0."
    return Exercise(
        solution,
        expected=f"an array of shape {solution.shape}: one row for each {each}, one column for each {column}",
        difference=lambda values, place: about_rows(values) or _about_all(values, solution) or unknown.format(*place),
        mistakes=[
            *mistakes,
            (np.broadcast_to(numbers, solution.shape), f"It is filled with the {number}s: {which}"),
            (
                numbers * solution,
                (numbers + 1) * solution,
                f"Every row is multiplied by its {number}, or one more: {which}",
            ),
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
            *(
                ((n_rows, n), f"A row has {n_columns} numbers, one for each {column}, and these have {n}.")
                for n in range(1, 99)
            ),
        ],
        rounding="The numbers are close, but not the same: take what is in the tables, and round nothing.",
        order=f"These are the right rows in the wrong order: row 0 is for the first {each}, row 1 for the next.",
        **more,
    )


def rows_exercise(wanted, n_rows, praise, mistakes=(), what="row", reasons=None, rest=""):
    """Make the table of an exercise that asks which rows (or slots) of `n_rows` they are, in any order. `reasons` is a
    dict that says, for numbers that are not one of them, why; `rest` says it of the others."""
    wanted = np.sort(as_float64(wanted))
    n_wanted = len(wanted)
    how_many = f"More than one {what} is asked for, in a list: their numbers, not how many they are."

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
            return f"{what.capitalize()} {min(others):g} {reasons.get(min(others), rest)}."
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
            *((*(np.sort(np.ravel(wrong)) for wrong in arrays), said) for *arrays, said in mistakes),
            *([] if n_wanted in wanted else [([n_wanted], how_many)]),
        ],
        read=row_numbers,
        sized=False,
    )


def sum_mistakes(one, other, n_embd):
    """Yield what may be made of two numbers or arrays that are to be added, and what to say of it."""
    scaled = "One of the two is added twice, or scaled by the root of C: add both as they are."
    yield one - other, other - one, "One is subtracted from the other: add them, each with its own sign."
    yield one * other, np.dot(one, np.transpose(other)), "The two are multiplied: add them."
    yield (one + other) / 2, "This is the mean of the two: add them, without halving."
    yield 2 * one, 2 * other, "The same is added to itself: one is needed from each table."
    yield 2 * one + other, one + 2 * other, np.sqrt(n_embd) * one + other, scaled
    side_by_side = [np.concatenate([one, other], axis) for axis in range(np.ndim(one))]
    yield [one, other], [other, one], *side_by_side, "These are the two beside, below or behind each other: add them."


@cache
def models():
    """The models that the lessons load, by name: their tables are what a learner has at hand."""
    names = {"sorter": "sort", "reverser": "reverse", "synonym model": "synonyms"}
    return {name: load_checkpoint(file) for name, file in names.items()}


def tables_at_hand(wte=None, wpe=None, n_rows=N_SLOTS):
    """Return the token tables and the position tables that a learner has at hand, those of the exercise first: for each
    kind a dict from names to tables, and a function that names rows of them."""
    own = {"the exercise's token table": wte}, {"the exercise's position table": wpe}
    tokens = {f"the {name}'s token table": model.wte for name, model in models().items()}
    positions = {f"the {name}'s position table": model.wpe for name, model in models().items()}
    positions["the table of sines and cosines"] = sinusoidal_positions(n_rows, models()["sorter"].n_embd)
    given = [{} if table is None else each for table, each in zip((wte, wpe), own)]
    return (given[0] | tokens, letter_rows), (given[1] | positions, numbered_rows)


def letter_rows(rows):
    return f"the {'rows' if len(rows) > 1 else 'row'} of {decode(rows)} in"


def numbered_rows(rows):
    first, last = rows[0], rows[-1]
    if (rows == first).all():
        return f"{'copies of ' if len(rows) > 1 else ''}row {first} of"
    in_turn = len(rows) > 2 and list(rows) == list(range(first, last + 1))
    return f"rows {f'{first} to {last}' if in_turn else ', '.join(map(str, rows))} of"


def _about_origin(values, exercise):
    """Say of which rows of which tables an answer is made, or return None."""
    rows, wanted = np.atleast_2d(values), np.atleast_2d(exercise.solution)
    if rows.ndim > 2 or not exercise.parts:
        return None
    these = "These are" if len(rows) > 1 else "This is"
    if rows.shape == wanted.shape and np.sum(off := (abs(rows - wanted) > SMALL).any(axis=1)) == 1 < len(rows):
        these, rows = f"Only row {off.argmax()}, counted from 0, is wrong: it is", rows[off]
    none = {"": np.zeros((1, rows.shape[1]))}  # no row of this part
    choices = list(product(*((none | tables).items() for tables, _ in exercise.parts)))
    several = rows.shape[1] > 1  # a single rounded number fits many sums
    rounded = [step for step in (1e-3, 1e-2) if several and _near(rows, (rows / step).round() * step, 1e-6)]
    steps = [step for step in rounded if _largest(rows) > 5 * step]
    tolerances = [SMALL, *(0.51 * step for step in steps)]  # of numbers as they are, then of rounded ones
    for tolerance, (sign, word) in product(tolerances, ((1, " plus "), (-1, " minus "))):
        for names, tables in (zip(*choice) for choice in choices):
            if any(table.shape[1] != rows.shape[1] for table in tables) or not any(names) or (sign < 0 and "" in names):
                continue
            sums = every_sum(as_float64(tables[0]), sign * as_float64(tables[1]))
            if (found := _which_rows(rows, sums.reshape(-1, rows.shape[1]), tolerance)) is not None:
                picked = np.unravel_index(found, sums.shape[:2])
                parts = zip(names, picked, exercise.parts)
                said = word.join(f"{words(each)} {name}" for name, each, (_, words) in parts if name)
                return f"{these} {said}. {exercise.tail}"
    return None


def _which_rows(values, table, tolerance):
    """Return the row of `table` (n, C) that each row of `values` (T, C) is a copy of, or None if one is no copy."""
    found = []
    for row in values:
        off = abs(table - row).max(axis=1)  # (n,)
        if off.min() > tolerance:
            return None
        found.append(off.argmin())
    return np.array(found)


def _about_shape(values, exercise):
    found, wanted = values.shape, np.shape(exercise.solution)
    if found == wanted or not exercise.sized:
        return ""
    this = f"The shape is {found}" if found else "This is a single number"
    return f"{this}, and it should be {wanted or 'one number'}. "


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


def _distorted(solution):
    """Yield what may have happened to all numbers of a solution, and what to say of it."""
    yield -solution, "The sign is the wrong way round."
    yield abs(solution), "The sign is lost: negative numbers stay negative."
    yield solution**2, "All numbers are squared."
    if solution.ndim == 2:
        yield solution[:, ::-1], "The columns are in reverse order."
        centred, std = solution - solution.mean(axis=1, keepdims=True), solution.std(axis=1, keepdims=True)
        yield centred, "The mean of each row has been taken away."
        yield centred / np.where(std, std, 1), "This looks normalised: layer norm comes later, inside the model."
        lengths = np.linalg.norm(solution, axis=-1, keepdims=True)
        yield solution / np.where(lengths, lengths, 1), "Every row has been divided by its length: leave it as it is."


def _about_all(values, solution):
    """Say what has happened to all numbers alike, or None."""
    small = SMALL * max(_largest(values), _largest(solution))
    if np.ptp(values - solution) <= small:
        return "Every number is off by the same amount: something was added to all of them."
    if np.ptp(values - solution, axis=0).max() <= small and len(values) > 1:
        return "One and the same row was added to every row, or taken away: the mean row, or the wrong one?"
    factor = np.vdot(values, solution) / (np.vdot(solution, solution) or 1)
    if _near(values, factor * solution, small):
        return "All numbers have been multiplied."
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
