"""The exercises of lesson 3: look up a token embedding."""

import re
from collections.abc import Mapping
from itertools import product

import numpy as np

from lessonlib import measure
from lessonlib.check.exercise import (
    Exercise,
    checks,
    judge,
    judges,
    matrix_exercise,
    models,
    rows_exercise,
    tables_at_hand,
)
from lessonlib.check.reading import as_array, as_float64, atoms, in_order, numbers, plain, row_numbers
from lessonlib.check.verdict import Stop, Verdict, not_yet, right
from lessonlib.embeddings import decode, encode, token_embedding
from lessonlib.embeddings import one_hot as one_hot_rows

FIRST, SECOND = [0, 0, 1], [1, 2, 2]  # the rows of the pairs A-B, A-C, B-C
OPPOSITES = """
    able unable, above below, after before, alive dead, always never, apart together, aunt uncle, back front,
    beautiful ugly, behind front, black white, bottom top, broad narrow, clever stupid, cold warm, common rare,
    complex simple, conservative liberal, dangerous safe, daughter son, deep shallow, defeat victory,
    democratic republican, died survived, down up, dry wet, earlier later, early late, empty filled,
    everything nothing, extended limited, false true, forget remember, former latter, front rear, guest host,
    hard soft, hate love, high low, husband wife, inside outside, installed removed, junior senior, king queen,
    known unknown, larger smaller, left right, less more, like unlike, long short, loud quiet, lower upper,
    major minor, narrow wide, negative positive, noise quiet, northeast southwest, northern southern, now then,
    off on, older younger, over under, pain pleasure, peace war, poor rich, primary secondary, prince princess,
    private public, right wrong, sleep wake, smart stupid, strong weak, summer winter, thick thin
"""  # of which one is the nearest row to the other


def parameter_count(answer, n_rows, n_columns):
    """Check how many numbers a table of `n_rows` and `n_columns` holds."""
    exercise = parameter_count_exercise(n_rows, n_columns)
    if not isinstance(answer, tuple) or not re.fullmatch(r"\([1-9]\d{0,2}(, \d{1,3})+\)", str(answer)):
        return judge(answer, exercise)
    verdict = judge("".join(f"{part:03}" for part in answer), exercise)  # 38,597,376 without quotes
    commas = "(To Python, commas make several numbers of it: write 1_000 or 1000 for a thousand.)"
    return Verdict(verdict.right, f"{verdict.message} {commas}")


@checks
def look_up(token_ids, wte):
    """Check the look-up: for each id in `token_ids` (T,) its row of `wte` (vocab_size, C), so an array (T, C)."""
    tok_emb, ids = token_embedding(token_ids, wte), np.asarray(token_ids)  # (T, C), (T,)
    return matrix_exercise(
        tok_emb,
        each="letter",
        praise="Every row is a copy of the table's row for its letter, so equal letters have equal rows.",
        mistakes=[
            (wte[:, ids], "The ids picked columns: they should pick rows."),
            (one_hot_rows(ids, len(wte)), "These are one-hot rows: they only say which row of the table to take."),
        ],
        ids=ids,
        parts=tables_at_hand(wte),
        tail=f"The letters are {decode(ids)}: each takes the row of its id in the token table, and ids count from 0.",
        tolerance=4e-5,  # as float16 has them; the table has four decimals
        read=_of_this_shape,
    )


def _of_this_shape(answer, exercise):
    """Read an answer whose shape is what the exercise is about: an array, in no more brackets than asked for."""
    values, wanted = as_array(plain(answer), exercise.expected), exercise.solution.shape
    if getattr(getattr(answer, "dtype", None), "kind", "") in ("U", "S"):
        raise Stop("These are texts, though they look like numbers: a row holds numbers.")
    if values.shape != wanted and [n for n in values.shape if n != 1] == [n for n in wanted if n != 1]:
        raise Stop(f"The shape is {values.shape}, and {wanted} is asked for: there are brackets too many.")
    return values


@checks
def matmul(token_ids, wte):
    """Check the look-up written as a product of matrices, one-hot times table: the same array (T, C)."""
    base, ids, ones = look_up.exercise(token_ids, wte), np.asarray(token_ids), one_hot_rows(token_ids, len(wte))
    one_sum = "Every row is a sum of many rows: the single 1 of a one-hot row lets a single row through."
    sums = [np.broadcast_to(np.sum(rows, axis=0), base.solution.shape) for rows in (wte, base.solution)]
    return base._replace(
        praise="Each 1 picks a row of the table and each 0 drops one: the product is the look-up.",
        mistakes=[
            (ones[:, :, np.newaxis] * wte, "These are the products before they are added up: `@` multiplies and adds."),
            (ones @ ones.T, "This is one-hot times one-hot, which compares letters: multiply by the table."),
            (wte @ wte.T, "This is the table times itself: multiply the one-hot rows by the table."),
            (ones.sum(axis=0) @ wte, "This is one sum for all letters together: every letter has a row."),
            ((1 - ones) @ wte, "Zeros and ones are swapped: every one-hot row has a single 1."),
            (ids @ base.solution, "The ids were multiplied in place of the one-hot rows."),
            (*sums, one_sum),
            *base.mistakes,
        ],
    )


@checks
def one_hot(token_ids, vocab_size):
    """Check one-hot rows, (T, vocab_size): zeros, and a 1 in the column of the token's id; int, float or bool."""
    rows, ids = one_hot_rows(token_ids, vocab_size), np.asarray(token_ids)  # (T, vocab_size), (T,)
    (tokens, names), positions = tables_at_hand()
    return matrix_exercise(
        rows,
        each="letter",
        column="id from 0 on",
        praise="Every row has a single 1, in the column of its letter's id.",
        mistakes=[
            (np.ones(rows.shape), "All numbers are 1: every row needs a single 1, and zeros beside it."),
            (1 - rows, "Zeros and ones are swapped: every row has a single 1."),
            (rows.sum(axis=0), "This counts how often each letter is there: every letter has a row of its own."),
            (
                ids[:, np.newaxis] == ids,
                "This compares the letters with each other: compare them with the ids 0, 1, 2.",
            ),
        ],
        ids=ids,
        shapes=[((len(rows),), "One number for each letter is what ids are: write each as zeros and a single 1.")],
        about_rows=lambda values: _about_one_hot(values, rows),
        parts=(({"the one-hot matrix of the letters": np.eye(vocab_size)} | tokens, names), positions),
        tail=f"The letters are {decode(ids)}: each row has a single 1, in the column of the id, and ids count from 0.",
        read=_read_one_hot,
    )._replace(rounding="Nearly 0 and 1: a one-hot row holds them exactly.")


def _read_one_hot(answer, exercise):
    """Read rows, of which each may be written as one text, such as "100"."""
    rows = re.findall(r"\w+", answer) if isinstance(answer, str) else answer
    rows = rows.tolist() if isinstance(rows, np.ndarray) else rows
    if isinstance(rows, (list, tuple)):
        digits = [list(row) for row in rows if isinstance(row, str) and re.fullmatch("[01]{2,}", row)]
        if digits and len(digits) == len(rows):
            answer = digits if len(digits) > 1 else digits[0]
    return numbers(answer, exercise)


def _about_one_hot(values, rows):
    row = np.flatnonzero((values != rows).any(axis=1))[0]
    named, ones = f"Row {row}, counted from 0,", values[row].sum()
    if not np.isin(values[row], (0, 1)).all():
        return f"{named} holds something other than zeros and ones."
    if ones != 1:
        return f"{named} has {'more than one' if ones else 'no'} 1: every row has a single 1."
    return f"{named} is the first that is different: its 1 is in another column."


@checks
def identical_slots(letters, letter):
    """Check which slots of `letters` hold `letter`, and so the same vector: slot numbers in any order, each once."""
    ids, (token_id,) = encode(letters), encode(letter)
    wanted = np.flatnonzero(ids == token_id)
    others = [np.flatnonzero(ids == other) for other in set(ids.tolist()) - {token_id}]
    are_ids = "These are ids, which say what letter a slot holds: the question is which slots."
    table = rows_exercise(
        wanted,
        len(ids),
        praise="These slots hold the same vector, number for number, and no other slot holds it.",
        mistakes=[
            (wanted[1:], "The others are right, but the slot itself is one of them."),
            (ids, np.full(len(wanted), token_id), token_id, are_ids),
            (*others, np.flatnonzero(ids != token_id), "These are slots of other letters."),
        ],
        what="slot",
    )
    return table._replace(read=lambda answer, exercise: _slots(answer, exercise, letter))


def _slots(answer, exercise, letter):
    """Read slots; of a dict from slots to their letters only those of the letter asked for."""
    if isinstance(answer, Mapping) and letter in answer:
        answer = answer[letter]
    elif isinstance(answer, Mapping) and answer and all(isinstance(name, str) for name in answer.values()):
        answer = [slot for slot, name in answer.items() if name.upper() == letter]
    return row_numbers(answer, exercise)


@checks
def cosines(wte):
    """Check the cosines A-B, A-C, B-C between the first three rows of `wte`, to two decimals or more."""
    rows = token_embedding([0, 1, 2], wte).astype(np.float64)  # (3, C)
    every_pair = "This compares every row with every row: take the three pairs above its diagonal, row by row."
    channels = "This has a number for every channel: a dot product adds them up."
    return Exercise(
        _cosines(rows),
        expected="three numbers, shape (3,): the cosines of A-B, A-C and B-C",
        praise="They compare directions only: the lengths of the rows are divided out.",
        difference=lambda values, place: _about_cosine(values, place[0], rows),
        mistakes=list(_cosine_mistakes(rows)),
        shapes=[
            ((3, 3), (48, 48), (9,), every_pair),
            ((6,), "Leave out the cosine of each row with itself: three pairs remain."),
            (rows.shape, rows[0].shape, channels),
        ],
        order="These are the right cosines in the wrong order: A-B first, then A-C, then B-C.",
        tolerance=0.005 + 1e-9,
        read=_read_cosines,
    )


def _read_cosines(answer, exercise):
    """Read three numbers, in the order of their labels where they have any, such as "A-B"."""
    if isinstance(answer, str):
        answer = re.sub(r"([ABCabc])\s+(?=[-\u2212\d.])", r"\1: ", answer)  # AB -0.16, AC ...
    return numbers(in_order(answer, ("AB", "AC", "BC")), exercise)


def _cosines(rows):
    return measure.cosines(rows)[FIRST, SECOND]  # (3,)


def _cosine_mistakes(rows):
    """Yield numbers that are no cosines of these rows, and what to say of them."""
    right, norms, whole = _cosines(rows), np.linalg.norm(rows, axis=1), np.linalg.norm(rows)
    first, second, apart = norms[FIRST], norms[SECOND], np.linalg.norm(rows[FIRST] - rows[SECOND], axis=1)
    dots, angles = right * first * second, np.arccos(right)
    yield right.round(1), "Give two decimals, or more."
    yield np.trunc(right * 10) / 10, np.trunc(right * 100) / 100, "The digits that follow were cut off, not rounded."
    yield dots, "These are the dot products: divide each by the lengths of both rows."
    for divisors, what in (
        ((first, second), "one length only"),
        ((first**2, second**2), "the square of one length"),
        ((whole, whole**2), "the length of the whole table (`axis=1` gives one for each row)"),
        (((first * second) ** 2,), "the squares of both lengths (a length is the square root of the sum of squares)"),
        ((np.sqrt(first * second),), "the roots of both lengths (a length has its root in it already)"),
        ((first + second,), "the sum of both lengths"),
        ((first / second, second / first), "one length, then multiplied by the other"),
    ):
        by_both = "divide by the product of the lengths of both rows, in parentheses."
        yield *(dots / divisor for divisor in divisors), f"Each dot product is divided by {what}: {by_both}"
    yield apart, apart**2, 1 - right, "These are distances, small where rows are alike: a cosine is large there."
    yield angles, np.degrees(angles), np.pi - angles, "These are angles: the quotient itself is the cosine."
    centred = (_cosines(rows - rows.mean(axis=axis, keepdims=True)) for axis in (1, 0))
    yield *centred, "A mean was taken away first, as for correlations: take the rows as they are."
    yield _cosines(rows + 0.1), "These are the cosines after 0.1 was added: first those of the rows as they are."
    for name, model in models().items():
        if not np.array_equal(as_float64(model.wte), rows):
            yield _cosines(model.wte), f"These are the cosines of the {name}, another model."
        yield _cosines(model.wpe[:3]), "These are cosines of position rows: take the token table."
    yield norms, "These are the lengths of the three rows: divide the dot products by them."
    yield np.ones(3), "All three are 1, which is the cosine of a row with itself."


def _about_cosine(values, pair, rows):
    if abs(values).max() > 1:
        return "One of these is no cosine: a cosine lies between -1 and 1."
    sign = abs(abs(values) - abs(_cosines(rows))).max() < 0.006
    said = "The size of all three is right, but the sign of {} is not." if sign else "The first difference is in {}."
    return said.format(("A-B", "A-C", "B-C")[pair])


@judges
def lost_names(answer, sides):
    """Check three letters of P, Q and R, or "?" where nothing shows it: which is B in a model that sorts, B in one that
    reverses, A in one that reads C as B, by the `sides` of each, (3, 3): P-Q, P-R, Q-R."""
    said = _three_names(answer)
    across, order = "RQP", np.argsort(sides, axis=1)  # the corner that is not on a side; sides from short to long
    middle, apart = across[order[0, 2]], across[order[2, 0]]
    if said == f"{middle}?{apart}":
        return right("All eight models of these two kinds agree on that; a reverser's shape is one that chance makes.")
    for model in (0, 2):
        if said[model] == "?":
            return not_yet(f"The sides of model {model} are evidence: all eight models of its kind agree on something.")
    if said == f"{apart}?{middle}":
        return not_yet("These are in reverse: write the letter of model 0 first.")
    if said[0] != middle:
        return not_yet(f"Model 0: {said[0]} is at one end of the longest side, and B is at neither end of the order.")
    if said[2] != apart:
        return not_yet(f"Model 2: {said[2]} is at one end of the shortest side, so it is one of the two synonyms.")
    return not_yet(f"Model 1: why {said[1]}? Its sides are nearly equal, as they often are by chance.")


def _three_names(answer):
    """Read three letters of P, Q, R or question marks out of an answer, one for each model."""
    if isinstance(answer, (set, frozenset)):
        raise Stop("A set has no order: write a text, the letter of model 0 first.")
    answer = in_order(answer, "012")  # {0: "P", 1: "?", 2: "Q"}
    if isinstance(answer, (list, tuple)) and len(answer) == 3:
        answer = ["?" if name is None or (isinstance(name, str) and not name.strip()) else name for name in answer]
    text = re.sub("UNKNOWN|NONE", "?", " ".join(str(cell) for cell in atoms(plain(answer))).upper())
    if re.search(r"\d|[PQR]\s*-\s*[PQR]", text):
        raise Stop("Neither numbers nor sides are asked for: write three letters of P, Q, R, or ?, such as PQ?.")
    if re.fullmatch(r"[ABC?,; ]+", text) and re.search("[ABC]", text):
        raise Stop("A, B and C are the names that were lost: say which of P, Q and R it is, or ?.")
    names = re.sub(r"[^\w?]", "", text)
    if not re.fullmatch("[PQR?]{3}", names):
        found = f"{names[:20]!r}" if names else "none"
        raise Stop(f"Three are asked for, one for each model, each P, Q, R or ?, such as PQ?; found {found}.")
    return names


@judges
def opposite(answer, english):
    """Check a word whose nearest row in `english`, its own left out, is that of its opposite; both may be given."""
    cells = atoms(plain(list(answer.items()) if isinstance(answer, Mapping) else answer))
    given = re.findall(r"[^\W\d_]+", " ".join(cell for cell in cells if isinstance(cell, str)))
    given = [word for word in given if word not in ("and", "or")] if len(given) == 3 else given
    if len(given) not in (1, 2):
        return not_yet(f'A word is asked for, in quotes, such as "good"; this has {len(given) or "none"}.')
    try:
        words = [english.words[english.ids(word)[0]] for word in given]
    except ValueError as error:  # not one of the words
        return not_yet(f"{error}.")
    nearest = {word: english.nearest(word, n=1, leave_out=True)[0][0] for word in words}
    word = next((word for word in words if nearest[word] in words), words[0])  # of a pair, either may be meant
    if {word, nearest[word]} == {"good", "bad"}:
        return not_yet("You know that good and bad are such a pair: find another.")
    said = f"The row nearest to {word} is that of {nearest[word]}"
    if len(set(words)) == 2 and nearest[word] not in words:
        return not_yet(f"{said}, not of {words[1]}.")
    if any({word, nearest[word]} == set(pair.split()) for pair in OPPOSITES.split(",")):
        return right(f"{said}: near is not the same in meaning.")
    return not_yet(f"{said}, and this check does not know the two as opposites.")


def parameter_count_exercise(n_rows, n_columns):
    count, name, others = n_rows * n_columns, *(("token", 50257) if n_rows == 1024 else ("position", 1024))
    itself, small = "a size is multiplied by itself", "one of them is a size of our own small model"
    rows = {
        n_rows: "",
        n_rows - 1: "a row is missing, as rows count from 0, so that the last has a number that is one less",
        n_rows + 1: f"there is a row too many, as ids from 0 to {n_rows - 1} are {n_rows} rows",
        n_columns: itself,
        others: f"GPT-2's {name} table has that size",
        **dict.fromkeys((3, 11, 14), small),
    }
    channels = "there is a column too many or too few, as there is one for each channel"
    columns = {n_columns: "", n_columns - 1: channels, n_columns + 1: channels, n_rows: itself, 48: small}
    sizes = product(rows.items(), columns.items())
    products = {one * other: f"This is {one} times {other}: {why or too}." for (one, why), (other, too) in sizes}
    return Exercise(
        np.asarray(count),
        expected="one whole number",
        praise="Every row has one number for each channel.",
        difference=lambda *_: "How many rows does the table have, and how many numbers are in each row?",
        mistakes=[
            (n_rows + n_columns, "This is the sum of rows and columns: every row has a number in every column."),
            (
                [n_rows // 1000, n_rows % 1000 * n_columns],
                [n_rows // 1000 * n_columns, n_rows % 1000],
                f"To Python, a comma in a number makes two numbers of it: write {n_rows} without one.",
            ),
            (n_rows, "This counts the rows only: every row has many numbers."),
            (n_columns, "This counts the numbers of one row: there are many rows."),
            ([n_rows, n_columns], [n_columns, n_rows], "This is the shape of the table: how many numbers are in it?"),
            *((wrong, said) for wrong, said in products.items() if wrong != count),
            (count + others * 768, f"GPT-2's {name} table is counted too: the exercise asks for one table."),
            (n_rows / n_columns, "Dividing does not count: every row has a number for every channel."),
            (count / 1e3, count / 1e6, "Is that in thousands or millions, or has a comma become a point?"),
            (85_728, 124_439_808, "This is the count for a whole model: the exercise asks for one table of GPT-2."),
            *((n * count, f"This is {n} times too much: are these bytes?") for n in (2, 4)),
        ],
        rounding="This is close, but a count is exact: nothing is rounded or left out.",
    )
