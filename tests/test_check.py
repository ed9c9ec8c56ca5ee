"""The checks: what learners type, right, wrong and odd, and what the checks say to it.

Each line of a table is an answer as a learner would type it, a bar, and words that the verdict must hold. The answers
are evaluated with the variables that the lesson has at hand.
"""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest

from lessonlib import check
from lessonlib.check import lesson_3, lesson_4, lesson_5, lesson_5_sums
from lessonlib.check.exercise import judge
from lessonlib.embeddings import decode, encode, input_embedding, one_hot, position_embedding, sinusoidal_positions
from lessonlib.embeddings import token_embedding
from lessonlib.evidence import cosines, distances
from lessonlib.mixing import anonymous_sums
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.tasks import REVERSE, SORT, score

sorter, reverser = load_checkpoint("sort"), load_checkpoint("reverse")
E_tok, E_pos = sorter.wte, sorter.wpe
order = np.random.default_rng(4).permutation(11)
shuffled = reverser.wpe[order]
sinusoids = sinusoidal_positions(11, 48)
vectors = anonymous_sums(E_tok, E_pos, n_sums=3, seed=4)[0]
both = np.vstack([E_tok, E_pos])
formulas = {
    1: lambda ids: E_pos[: len(ids)] + E_tok[ids],
    2: lambda ids: np.array([E_tok[token] + E_pos[slot] for slot, token in enumerate(ids)]),
    3: lambda ids: np.eye(3)[ids] @ E_tok + np.eye(11)[: len(ids)] @ E_pos,
    4: lambda ids: (E_tok + E_pos[:3])[ids],
    5: lambda ids: both[ids] + both[3 : 3 + len(ids)],
}
MODEL, WORD_3, WORD_5 = sorter, encode("ACBBAB"), encode("BACCAC")
CHECKS = {
    "look_up": lambda answer: check.look_up(answer, WORD_3, E_tok),
    "one_hot": lambda answer: check.one_hot(answer, WORD_3, 3),
    "matmul": lambda answer: check.matmul(answer, WORD_3, E_tok),
    "identical_slots": lambda answer: check.identical_slots(answer, "CABCCB", "C"),
    "cosines": lambda answer: check.cosines(answer, E_tok),
    "parameter_count": lambda answer: check.parameter_count(answer, 50257, 768),
    "position_count": lambda answer: check.parameter_count(answer, 1024, 768),
    "positions": lambda answer: check.positions(answer, 6, E_pos, encode("CBABBC")),
    "most_alike": lambda answer: check.most_alike(answer, E_pos),
    "furthest_rows": lambda answer: check.furthest_rows(answer, E_pos, 5),
    "fed_back": lambda answer: check.fed_back(answer, order),
    "sinusoid_row": lambda answer: check.sinusoid_row(answer, 0, 48),
    "norm": lambda answer: check.norm(answer, sinusoids[0]),
    "cell": lambda answer: check.cell(answer, "BACCAC", 4, 7, E_tok, E_pos),
    "input_embedding": lambda answer: check.input_embedding(answer, WORD_5, E_tok, E_pos),
    "wrong_formula": lambda answer: check.wrong_formula(answer, formulas, E_tok, E_pos),
    "pairs": lambda answer: check.pairs(answer, vectors, E_tok, E_pos),
    "hidden_shift": lambda answer: check.hidden_shift(answer, sorter, SORT),
    "colliding_tables": lambda answer: check.colliding_tables(answer),
}
TABLES = {
    "look_up": lesson_3.look_up_exercise(WORD_3, E_tok),
    "one_hot": lesson_3.one_hot_exercise(WORD_3, 3),
    "matmul": lesson_3.matmul_exercise(WORD_3, E_tok),
    "identical_slots": lesson_3.identical_slots_exercise("CABCCB", "C"),
    "cosines": lesson_3.cosines_exercise(E_tok),
    "parameter_count": lesson_3.parameter_count_exercise(50257, 768),
    "position_count": lesson_3.parameter_count_exercise(1024, 768),
    "positions": lesson_4.positions_exercise(6, E_pos, encode("CBABBC")),
    "most_alike": lesson_4.most_alike_exercise(E_pos),
    "furthest_rows": lesson_4.furthest_rows_exercise(E_pos, 5),
    "fed_back": lesson_4.fed_back_exercise(order),
    "sinusoid_row": lesson_4.sinusoid_row_exercise(0, 48),
    "a later sinusoid_row": lesson_4.sinusoid_row_exercise(3, 48),
    "norm": lesson_4.norm_exercise(sinusoids[0]),
    "another norm": lesson_4.norm_exercise(E_pos[3] * 20),
    "cell": lesson_5.cell_exercise("BACCAC", 4, 7, E_tok, E_pos),
    "input_embedding": lesson_5.input_embedding_exercise(WORD_5, E_tok, E_pos),
    "pairs": lesson_5_sums.pairs_exercise(vectors, E_tok, E_pos),
}
AT_HAND = {
    **{name: value for name, value in globals().items() if not name.startswith(("_", "test_", "CHECKS", "TABLES"))},
    "token_ids": encode("CBABBC"),
    "tok_emb": E_tok[encode("CBABBC")],
    "pos_emb": E_pos[:6],
    "x": E_tok[encode("CBABBC")] + E_pos[:6],
    "chosen": one_hot(encode("CBABBC"), 3),
    "ids": [1, 0, 2, 2, 0, 2],  # lesson 5
    "w": [0, 2, 1, 1, 0, 1],  # ACBBAB
    "ones": np.eye(3)[[0, 2, 1, 1, 0, 1]],
    "n": np.linalg.norm(E_tok, axis=1),
    "unit": E_tok / np.linalg.norm(E_tok, axis=1, keepdims=True),
    "v": 2 * np.cos(np.arange(48)),
    "shifted": E_tok + 0.1,
    "mean": distances(E_pos).mean(axis=1),
    "apart": distances(E_pos) + 9 * np.eye(11),
    "cut": lambda value, digits: np.trunc(np.asarray(value) * 10**digits) / 10**digits,
    "changed": lambda array, place, value: (lambda copy: (copy.__setitem__(place, value), copy)[1])(array.copy()),
}

WRONG = {
    "look_up": """
        E_tok | whole table
        E_tok[0] | first letter only
        E_tok[token_ids] | CBABBC
        tok_emb | CBABBC
        tok_emb.copy() | CBABBC
        E_tok[[1, 0, 2, 2, 1, 2]] | one too far down
        E_tok[[i - 1 for i in w]] | one too far up
        E_tok[[0, 1, 2, 0, 1, 2]] | follow the slots
        np.vstack([E_tok, E_tok]) | follow the slots
        np.repeat(E_tok, 2, axis=0) | AABBCC
        E_tok[[0, 2, 1, 1, 0, 0]] | row 5
        E_tok[[0, 2, 1, 2, 0, 1]] | row 3
        E_tok[w][:5] | (5, 48)
        E_tok[w + [1]] | (7, 48)
        E_tok[w].T | swapped
        E_tok.T[:, w] | swapped
        E_tok[:, w] | columns
        E_tok[w][::-1] | wrong order
        E_tok[sorted(w)] | wrong order
        E_pos[:6] | position embedding
        pos_emb | position embedding
        E_pos[w] | channel 0
        x | channel 0
        E_tok[w] + E_pos[:6] | sum
        reverser.wte[w] | reverser
        reverser.wpe[:6] | reverser
        sinusoids[:6] | sines
        shifted[w] | same amount
        E_tok[w] * 2 | multiplied
        unit[w] | divided by its length
        w | ids
        encode("ACBBAB") | ids
        "ACBBAB" | letters
        list("ACBBAB") | letters
        one_hot(w, 3) | one-hot
        ones | one-hot
        E_tok[w].ravel() | one long row
        E_tok[w].reshape(48, 6) | (48, 6)
        E_tok[w].astype(int) | int
        np.zeros((6, 48)) | All numbers are 0
        np.zeros((6, 48), int) | All numbers are 0
        np.repeat(np.array(w), 48).reshape(6, 48) | filled with the ids
        E_tok[w].round(2) | close
        E_tok[w].round(3) | close
        cut(E_tok[w], 2) | cut off
        E_tok[w].mean(axis=0) | single row
        E_tok[w].sum() | single number
        E_tok.size | single number
        sorter.wte | whole table
        -E_tok[w] | wrong way round
        changed(E_tok[w], (2, 7), 9) | row 2, channel 7
        [E_tok[0], E_tok[2], E_tok[1], E_tok[1], E_tok[0]] | (5, 48)
        np.random.default_rng(0).normal(size=(6, 48)) | row 0, channel 0
        np.random.default_rng(0).normal(0, 0.02, size=(6, 48)) | row 0, channel 0
        E_tok[0, 2] | single number
        (E_tok[0], E_tok[2], E_tok[1], E_tok[1], E_tok[0], E_tok[0, 2]) | different lengths
        token_embedding | parentheses
        E_tok.copy | parentheses
    """,
    "one_hot": """
        E_tok[w] | rows of the table
        chosen | CBABBC
        one_hot(token_ids, 3) | CBABBC
        np.eye(3) | row for each id
        np.eye(6) | column for each slot
        np.eye(4)[w] | column too many
        np.eye(3)[w].T | swapped
        np.eye(6)[w] | column for each slot
        np.eye(3)[[1, 0, 2, 2, 1, 2]] | too far to the right
        np.eye(4)[[1, 3, 2, 2, 1, 2]] | column too many
        np.eye(3)[[2, 1, 0, 0, 2, 0]] | too far to the left
        np.eye(3)[w[::-1]] | wrong order
        np.eye(3)[sorted(w)] | wrong order
        np.vstack([np.eye(3), np.eye(3)]) | follow the slots
        np.eye(3)[[0, 2, 1, 1, 0, 0]] | row 5
        w | ids
        encode("ACBBAB") | ids
        np.zeros((6, 3)) | All numbers are 0
        np.ones((6, 3)) | All numbers are 1
        1 - ones | swapped
        ones * np.array(w)[:, None] | ids are where
        ones[:, ::-1] | reverse order
        ones.ravel() | one long row
        ones[0] | first letter only
        ones.sum(axis=0) | how often
        ones.reshape(3, 6) | swapped
        ones / 2 | other than zeros and ones
        changed(ones, 1, [1, 1, 0]) | more than one 1
        changed(ones, 3, 0) | no 1
        np.equal.outer(np.array(w), np.array(w)) | compares the letters
        ones[:5] | (5, 3)
        np.eye(2)[[0, 1, 1, 1, 0, 1]] | column is missing
        np.tile(np.array(w)[:, None], 3) | filled with its id
        "ACBBAB" | letters
        one_hot | parentheses
        np.eye | parentheses
    """,
    "matmul": """
        ones | one-hot
        ones[0] @ E_tok | first one-hot row
        ones[1] @ E_tok | single row
        chosen @ E_tok | CBABBC
        product if False else chosen @ E_tok | CBABBC
        ones.sum(axis=0) @ E_tok | one sum
        ones[:, :, None] * E_tok | before they are added up
        ones.T @ E_tok[w] | (3, 48)
        (ones @ E_tok).T | swapped
        E_tok.T @ ones.T | swapped
        E_tok | whole table
        np.eye(3) @ E_tok | whole table
        np.ones((6, 3)) @ E_tok | sum of many rows
        E_tok @ E_tok.T | table times itself
        ones @ ones.T | one-hot times one-hot
        np.array(w) @ E_tok[w] | ids were multiplied
        (ones * np.array(w)[:, None]) @ E_tok | multiplied by its id
        ones @ reverser.wte | reverser
        ones @ E_pos[:3] | channel 0
        np.eye(6) @ E_pos[:6] | position embedding
        (ones @ E_tok).round(3) | close
        ones[::-1] @ E_tok | wrong order
        np.eye(3)[[0, 2, 1, 1, 0, 0]] @ E_tok | row 5
        np.eye(3)[[1, 0, 2, 2, 1, 2]] @ E_tok | one too far down
        2 * ones @ E_tok | multiplied
        (1 - ones) @ E_tok | channel 0
        np.dot | parentheses
        "ones @ E_tok" | text
    """,
    "identical_slots": """
        [1, 4, 5] | counted from 1
        [3, 4] | itself
        [0] | single slot
        [0, 3] | not all are there
        [0, 4] | not all are there
        [0, 3, 4, 5] | 3 of these 4
        [0, 1, 2, 3, 4, 5] | all slots
        range(6) | all slots
        range(1, 7) | all slots
        3 | how many
        [2, 2, 2] | ids
        2 | ids
        [2, 0, 1, 2, 2, 1] | ids
        encode("CABCCB") | ids
        "C" | letter
        "CCC" | letters
        ["C", "C", "C"] | letters
        [2, 5] | another letter
        [1] | another letter
        [1, 2, 5] | other letters
        [0, 5] | 1 of these 2
        [True, False, False, True, True, False] | mask
        encode("CABCCB") == 2 | mask
        [1, 0, 0, 1, 1, 0] | mask
        [0, 3, 3, 4] | more than once
        [-6, -3, -2] | from the end
        [0.5, 3, 4] | slot
        [0, 3, 4, 6] | slot
        [] | empty
        E_tok[2] | slot
        tok_emb | table
        E_tok[[2, 2, 2]] | table
        True | mask
        0 | single slot
        np.where | parentheses
        [i for i in "CABCCB" if i == "C"] | letters
        {0: 0, 1: 3} | not all are there
    """,
    "cosines": """
        E_tok @ E_tok.T | every row with every row
        cosines(E_tok) | every row with every row
        cosines(E_tok).ravel() | every row with every row
        cosines(E_tok)[np.triu_indices(3)] | with itself
        [E_tok[0] @ E_tok[1], E_tok[0] @ E_tok[2], E_tok[1] @ E_tok[2]] | dot products
        [E_tok[0] @ E_tok[1] / n[0] * n[1], E_tok[0] @ E_tok[2] / n[0] * n[2], E_tok[1] @ E_tok[2] / n[1] * n[2]] | parentheses
        [E_tok[i] @ E_tok[j] / n[i] for i, j in [(0, 1), (0, 2), (1, 2)]] | one length
        [E_tok[i] @ E_tok[j] / n[j] for i, j in [(0, 1), (0, 2), (1, 2)]] | one length
        [E_tok[i] @ E_tok[j] / (n[i] + n[j]) for i, j in [(0, 1), (0, 2), (1, 2)]] | added
        [E_tok[i] @ E_tok[j] / (n[i] * n[j]) ** 2 for i, j in [(0, 1), (0, 2), (1, 2)]] | squared
        [E_tok[i] @ E_tok[j] / np.sqrt(n[i] * n[j]) for i, j in [(0, 1), (0, 2), (1, 2)]] | root
        [E_tok[i] @ E_tok[j] / np.linalg.norm(E_tok) for i, j in [(0, 1), (0, 2), (1, 2)]] | axis=1
        [E_tok[i] @ E_tok[j] / np.linalg.norm(E_tok) ** 2 for i, j in [(0, 1), (0, 2), (1, 2)]] | axis=1
        [E_tok[i] * E_tok[j] for i, j in [(0, 1), (0, 2), (1, 2)]] | every channel
        unit[0] * unit[1] | every channel
        distances(E_tok)[[0, 0, 1], [1, 2, 2]] | distances
        [0.22, 0.29, 0.24] | distances
        [-0.54, -0.16, 0.01] | wrong order
        [-0.16, 0.01, -0.54] | wrong order
        [0.16, 0.54, 0.01] | sign is lost
        [0.16, 0.54, -0.01] | wrong way round
        cut(cosines(E_tok)[[0, 0, 1], [1, 2, 2]], 2) | cut off
        cut(cosines(E_tok)[[0, 0, 1], [1, 2, 2]], 1) | cut off
        [-0.2, -0.5, 0.0] | two decimals
        np.arccos(cosines(E_tok)[[0, 0, 1], [1, 2, 2]]) | angles
        np.degrees(np.arccos(cosines(E_tok)[[0, 0, 1], [1, 2, 2]])) | angles
        np.degrees(np.arccos(cosines(E_tok)[[0, 0, 1], [1, 2, 2]])).round(1) | angles
        cosines(shifted)[[0, 0, 1], [1, 2, 2]] | difference is in A-B
        cosines(reverser.wte)[[0, 0, 1], [1, 2, 2]] | reverser
        cosines(E_pos[:3])[[0, 0, 1], [1, 2, 2]] | position rows
        np.corrcoef(E_tok)[[0, 0, 1], [1, 2, 2]] | mean was taken away
        1 - cosines(E_tok)[[0, 0, 1], [1, 2, 2]] | distances
        n | lengths of the three rows
        cosines(E_tok)[0, 1] | first of them
        cosines(E_tok)[0] | A-B
        [1, 1, 1] | itself
        [-0.16, -0.54] | (2,)
        [-0.16, -0.54, 0.3] | B-C
        [2, 3, 4] | between -1 and 1
        "I do not know" | text
        cosines | parentheses
    """,
    "parameter_count": """
        50257 + 768 | sum of rows and columns
        50257 | rows only
        768 | one row
        (50257, 768) | shape of the table
        [50257, 768] | shape of the table
        (768, 50257) | shape of the table
        50256 * 768 | row is missing
        50258 * 768 | row too many
        50257 * 767 | column too many or too few
        50257 * 769 | column too many or too few
        144 | our own
        E_tok.size | our own
        85728 | our own
        50257 * 48 | small model
        3 * 768 | small model
        1024 * 768 | position table
        50257 * 768 + 1024 * 768 | counted too
        50257 ** 2 | itself
        768 * 768 | itself
        50257 ** 768 | far too large
        50257 / 768 | Dividing
        4 * 50257 * 768 | bytes
        2 * 50257 * 768 | 2 times
        38.6e6 | exact
        38_600_000 | exact
        38_597_375 | exact
        (38, 597, 375) | exact
        38.597376 | millions
        38597.376 | thousands
        124_439_808 | whole GPT-2
        "fifty thousand" | text
        "50257 * 768" | Without the quotes
        12 | How many rows
        E_tok | 144 numbers
        E_tok.shape | How many rows
        len | parentheses
    """,
    "position_count": """
        1024 + 768 | sum of rows and columns
        1023 * 768 | row is missing
        1025 * 768 | row too many
        1024 * 767 | column
        528 | our own
        11 * 48 | our own
        11 * 768 | small model
        1024 * 48 | small model
        50257 * 768 | token table
        (50257 + 1024) * 768 | counted too
        1024 | rows only
        768 | one row
        (1024, 768) | shape of the table
        (786, 431) | exact
        786 | thousands
        0.786432 | millions
        1024 ** 2 | itself
        3 * 1024 * 1024 | 4 times
    """,
    "positions": """
        E_pos | whole table
        E_pos[6:] | from slot 6 on
        E_pos[:5] | row is missing
        E_pos[0:5] | row is missing
        E_pos[1:6] | first row is missing
        E_pos[:7] | row too many
        E_pos[0:7] | row too many
        E_pos[1:7] | counted from 1
        E_pos[[1, 2, 3, 4, 5, 6]] | counted from 1
        E_pos[-6:] | last of the table
        E_pos[5:] | last of the table
        E_pos[5::-1] | reverse
        E_pos[:6][::-1] | reverse
        E_pos[::-1][:6] | reverse
        E_pos[token_ids] | ids of the letters
        E_pos[[2, 1, 0, 1, 1, 2]] | ids of the letters
        E_pos[6] | row 6 alone
        E_pos[5] | last slot alone
        E_pos[0] | slot 0 alone
        E_pos[[3] * 6] | same position
        E_pos[0:11:2] | Every second
        E_pos[[0, 1, 2, 3, 4, 6]] | slot 6
        E_pos[:, :6] | channels
        E_pos[:6, :6] | some of the channels
        E_pos.T[:6] | (6, 11)
        E_pos[:6].T | swapped
        E_tok[token_ids] | token embedding
        tok_emb | token embedding
        E_tok | token table
        x | sum
        tok_emb + E_pos[:6] | sum
        E_pos[:6] + token_ids[:, None] | channel 0
        reverser.wpe[:6] | reverser
        reverser.wpe | every slot of the table
        sinusoids[:6] | sines
        sinusoids | (11, 48)
        range(6) | slot numbers
        [0, 1, 2, 3, 4, 5] | slot numbers
        np.arange(6) | slot numbers
        token_ids | ids of the letters
        np.zeros((6, 48)) | All numbers are 0
        E_pos[:6].ravel() | one long row
        E_pos[:6].round(2) | close
        E_pos[:6] * 2 | multiplied
        6 | single number
        "CBABBC" | letters
        position_embedding | parentheses
        np.repeat(np.arange(6), 48).reshape(6, 48) | filled with slot numbers
        E_pos[:6].mean(axis=0) | single row
        changed(E_pos[:6], (3, 4), 9) | row 3, channel 4
    """,
    "most_alike": """
        np.unravel_index(distances(E_pos).argmax(), (11, 11)) | furthest apart
        divmod(distances(E_pos).argmin(), 11) | diagonal
        (0, 0) | diagonal
        0 | diagonal
        apart.argmin() | number of a cell
        apart.min() | how far apart
        [r + 1 for r in divmod(int(apart.argmin()), 11)] | counted from 1
        divmod(int((distances(reverser.wpe) + 9 * np.eye(11)).argmin()), 11) | reverser
        divmod(int((cosines(E_pos) - 9 * np.eye(11)).argmax()), 11) | cosine
        divmod(int((E_pos @ E_pos.T - 9 * np.eye(11)).argmax()), 11) | dot product
        distances(E_pos) | table of numbers
        E_pos[:2] | table of numbers
        [7, 9] | None of these
        [0, 1, 2] | 2 rows are asked for
        [11, 12] | Not every
        [0.05, 0.04] | distances
        [-1, -2] | from the end
        3 | single row
        range(11) | all rows
        ["A", "B"] | letters
        "none" | text
        [] | empty
        distances | parentheses
    """,
    "furthest_rows": """
        np.argsort(mean)[:5] | nearest to the others
        [6, 7, 8, 9, 10] | last rows
        range(6, 11) | last rows
        range(5) | first rows
        np.argsort(mean) | in order
        np.argsort(mean)[-4:] | missing
        np.argsort(mean)[-6:] | too many
        np.argsort(mean)[-5:-1] | missing
        np.argsort(mean)[-6:-1] | missing
        np.sort(mean)[-5:] | means
        mean | means
        mean[-5:] | means
        mean.argmax() | only the row
        mean.argmin() | nearest
        np.argsort(distances(reverser.wpe).mean(axis=1))[-5:] | reverser
        np.argsort(mean)[-5:] + 1 | counted from 1
        mean > 0.4 | mask
        (mean > 0.4).astype(int) | mask
        [5, 6, 7, 8, 99] | Not every
        [5, 5, 6, 7, 8] | more than once
        distances(E_pos) | table of numbers
        "yes" | text
        True | mask
        [] | empty
        np.argsort | parentheses
    """,
    "fed_back": """
        [6, 7, 8, 9, 10] | slot numbers
        range(6, 11) | slot numbers
        order[6:] | backwards
        order[[6, 7, 8, 9, 10]] | backwards
        np.flatnonzero(order < 6) | letters that are read
        np.argsort(distances(shuffled).mean(axis=1))[:5] | nearest
        np.argsort(distances(reverser.wpe).mean(axis=1))[-5:] | slot numbers
        np.argsort(distances(E_pos).mean(axis=1))[-5:] | sorter
        np.argsort(distances(E_pos[order]).mean(axis=1))[-5:] | sorter
        order >= 6 | mask
        np.flatnonzero(order >= 6) + 1 | counted from 1
        np.flatnonzero(order >= 6)[:4] | 5 rows are asked for
        order | all rows
        range(5) | first rows
        shuffled | table of numbers
        7 | single row
        "6 to 10" | 5 rows
        [] | empty
        np.flatnonzero | parentheses
    """,
    "sinusoid_row": """
        [1, 0] * 24 | swapped
        [0] * 48 | sines only
        np.zeros(48) | sines only
        np.ones(48) | cosines only
        [0] * 24 + [1] * 24 | All sines
        [1] * 24 + [0] * 24 | All cosines
        [0, 1] * 12 | Half
        [0, 1] | first two channels
        [0, 1] * 48 | twice as long
        [[0, 1]] * 24 | pairs
        sinusoids | whole table
        sinusoids[1] | next position
        sinusoids[:, 0] | column
        E_pos[0] | learned
        reverser.wpe[0] | learned
        np.arange(48) | numbers of the channels
        np.sin(np.arange(48)) | channel numbers
        np.cos(np.arange(48)) | channel numbers
        [0, -1] * 24 | sign
        [0, 1] * 23 + [0] | (47,)
        [0, 1] * 23 + [0, 0] | channel 47
        0 | single number
        "sin(0), cos(0)" | text
        np.sin | parentheses
        E_pos[:6] | (6, 48)
        10000 ** (-np.repeat(np.arange(24), 2) / 24) | frequencies
    """,
    "norm": """
        24 | root
        48 | how many numbers
        np.sqrt(48) | root of the number of channels
        6.93 | root of the number of channels
        1 | largest
        0.5 | mean
        np.sqrt(0.5) | mean square
        12 | Half
        576 | squared once more
        sinusoids[0].mean() | mean
        np.linalg.norm(sinusoids) | all rows together
        np.linalg.norm(sinusoids, axis=1) | all rows
        np.linalg.norm(E_pos[0]) | learned row
        np.linalg.norm(reverser.wpe[0]) | learned row
        sinusoids[0] | row itself
        sinusoids[0] ** 2 | row itself
        len(sinusoids[0]) | how many numbers
        5 | two decimals
        4.8 | cut off
        4.89 | cut off
        -np.sqrt(24) | negative
        9 | Square every number
        0 | Square every number
        "sqrt(24)" | Without the quotes
        math.sqrt | parentheses
        np.sqrt(np.sqrt(24)) | twice
    """,
    "cell": """
        E_tok[0, 7] | letter alone
        E_pos[4, 7] | slot alone
        (E_tok[0, 7], E_pos[4, 7]) | two numbers
        [E_tok[0, 7], E_pos[4, 7]] | two numbers
        E_tok[0, 7] - E_pos[4, 7] | taken away
        E_pos[4, 7] - E_tok[0, 7] | taken away
        E_tok[0, 7] * E_pos[4, 7] | multiplied
        0.0051 | sign
        -(E_tok[0, 7] + E_pos[4, 7]) | sign
        (E_tok[0, 7] + E_pos[4, 7]) / 2 | mean
        E_tok[0, 7] + E_pos[0, 7] | id picks the position
        E_tok[2, 7] + E_pos[3, 7] | beside
        E_tok[2, 7] + E_pos[5, 7] | beside
        E_tok[0, 7] + E_pos[3, 7] | beside
        E_tok[0, 7] + E_pos[5, 7] | beside
        E_tok[2, 7] + E_pos[4, 7] | letter
        E_tok[1, 7] + E_pos[4, 7] | another letter
        x[4, 7] | another letter
        E_tok[0, 6] + E_pos[4, 6] | beside
        E_tok[0, 8] + E_pos[4, 8] | beside
        E_tok[0, 7] + E_pos[10, 7] | another slot
        reverser.wte[0, 7] + reverser.wpe[4, 7] | reverser
        E_tok[0, 7] + reverser.wpe[4, 7] | reverser
        E_tok[0] + E_pos[4] | whole row
        E_tok[ids] + E_pos[:6] | whole matrix
        (E_tok[ids] + E_pos[:6])[:, 7] | whole column
        E_tok[:, 7] | token table
        E_pos[:, 7] | position table
        E_tok[0, 7] + E_tok[0, 7] | twice
        -0.005 | close
        -0.01 | another slot
        4 | Which row
        0 | Which row
        "A" | letter
        ("A", 4) | number
        E_tok[0, 4] + E_pos[4, 7] | channel
        E_tok[1, 7] + E_pos[0, 7] | other rows
        print | parentheses
        input_embedding(encode("BACCAC"), E_tok, E_pos)[3, 7] | beside
        input_embedding(encode("BACCAC"), E_tok, E_pos)[4] | whole row
    """,
    "input_embedding": """
        E_tok[ids] | token embedding
        E_pos[:6] | position embedding
        E_tok[ids] - E_pos[:6] | taken away
        E_pos[:6] - E_tok[ids] | taken away
        E_tok[ids] * E_pos[:6] | multiplied
        (E_tok[ids] + E_pos[:6]) / 2 | mean of the two
        E_tok[ids] + E_pos[ids] | ids of the letters
        E_tok[ids] + E_pos[1:7] | counted from 1
        E_tok[ids] + E_pos[5:] | last of the table
        E_tok[ids] + E_pos[-6:] | last of the table
        E_tok[ids] + E_pos[:6][::-1] | reverse
        E_tok[ids] + E_pos[0] | same position
        E_tok[ids] + E_pos[5] | same position
        E_tok[0] + E_pos[:6] | same row
        E_tok[ids][::-1] + E_pos[:6] | reverse
        E_tok[sorted(ids)] + E_pos[:6] | sorted
        x | CBABBC
        E_tok[token_ids] + E_pos[:6] | CBABBC
        tok_emb + pos_emb | CBABBC
        E_tok[[0, 1, 2, 2, 1, 2]] + E_pos[:6] | ABCCBC
        E_tok[[1, 0, 2, 2, 0, 1]] + E_pos[:6] | row 5
        E_tok[[2, 1, 0, 0, 1, 0]] + E_pos[:6] | too far
        reverser.wte[ids] + reverser.wpe[:6] | reverser
        E_tok[ids] + reverser.wpe[:6] | reverser
        reverser.wte[ids] + E_pos[:6] | reverser
        E_tok[ids] + sinusoids[:6] | sines
        E_tok[ids] * np.sqrt(48) + E_pos[:6] | scaled
        E_tok[ids] + E_pos[:6] + E_pos[:6] | twice
        2 * (E_tok[ids] + E_pos[:6]) | multiplied
        np.hstack([E_tok[ids], E_pos[:6]]) | side by side
        np.vstack([E_tok[ids], E_pos[:6]]) | one below the other
        np.stack([E_tok[ids], E_pos[:6]]) | two layers
        (E_tok[ids], E_pos[:6]) | two layers
        E_tok[ids][:, None] + E_pos[:6] | every slot
        E_tok[:, None] + E_pos | all sums
        E_tok[ids] @ E_pos[:6].T | product of matrices
        E_tok + E_pos[:3] | row for every id
        E_pos + E_tok[0] | every slot of the table
        (E_tok[ids] + E_pos[:6]).T | swapped
        (E_tok[ids] + E_pos[:6]).ravel() | one long row
        (E_tok[ids] + E_pos[:6])[:5] | (5, 48)
        (E_tok[ids] + E_pos[:6])[4] | single row
        (E_tok[ids] + E_pos[:6]).sum(axis=0) | added up
        (E_tok[ids] + E_pos[:6]).round(2) | close
        (E_tok[ids] + E_pos[:6]) + 1 | same amount
        ids | ids
        "BACCAC" | letters
        E_tok[ids] + np.arange(6)[:, None] | slot numbers are added
        E_tok[ids] + E_pos[[0, 1, 2, 3, 4, 6]] | slot 6
        np.zeros((6, 48)) | All numbers are 0
        changed(E_tok[ids] + E_pos[:6], (3, 4), 9) | row 3, channel 4
        input_embedding | parentheses
        lambda ids: E_tok[ids] + E_pos[:6] | parentheses
    """,
    "wrong_formula": """
        4 | letters
        (4,) | letters
        "CBA" | number
        (4, "ABC") | prove nothing
        (1, "ABC") | prove nothing
        (5, "ABC") | prove nothing
        (1, "CBA") | another one does not
        (5, "AAA") | another one does not
        (6, "CBA") | no formula
        (0, "CBA") | no formula
        (3.5, "CBA") | no formula
        (4, "") | letters
        (4, "XYZ") | letters A, B and C
        (4, "hello") | letters A, B and C
        (4, "CBABBCA") | one to 6
        (4, "СВА") | only looks like
        ("four", "CBA") | number of a formula
        (4, 3, "CBA") | more than one number
        formulas[4] | parentheses
        (formulas[4], "CBA") | parentheses
        (4, [3, 4, 5]) | letters
        (4, 2) | letters
        formulas | parentheses
        encode("CBA") | letters
        (2, [2, 1, 0]) | another one does not
        [] | letters
    """,
    "pairs": """
        ["A", "B", "C"] | two things
        [0, 1, 2] | two things
        ("A", 0) | single pair
        [("A", 0)] * 3 | vector 0
        [("A", 0), ("B", 1), ("C", 2)] | vector
        [(s, t) for t, s in solved] | swapped
        [(t, s + 1) for t, s in solved] | counted from 1
        [(t, s + 3) for t, s in solved] | amounts
        [(t + 1, s) for t, s in solved] | ids are counted from 1
        [(t + 1, s + 1) for t, s in solved] | Both
        solved[::-1] | wrong order
        solved[:2] | 3 vectors
        solved + solved[:1] | 3 vectors
        list(zip(*solved)) | together
        ([t for t, s in solved], [s for t, s in solved]) | together
        [t for t, s in solved] | two things
        [s for t, s in solved] | two things
        solved[0] | pair of vector 0
        vectors | vectors themselves
        np.linalg.lstsq(both.T, vectors.T, rcond=None)[0] | amounts
        np.linalg.lstsq(both.T, vectors[0], rcond=None)[0] | amounts
        [("X", s) for t, s in solved] | letters A, B and C
        [("A", 11), ("A", 12), ("A", 13)] | no letter with a slot
        [("A", -1), ("A", -2), ("A", -3)] | no letter with a slot
        [(t, (s + 5) % 11) for t, s in solved] | none of the slots
        [((t + 1) % 3, s) for t, s in solved] | none of the letters
        [*solved[:2], (solved[2][0], 10 - solved[2][1])] | vector 2
        [(t, s, 1) for t, s in solved] | three things
        "no idea" | letters A, B and C
        [((t + 1) % 3, (s + 5) % 11) for t, s in solved] | neither
        vectors[0] | asks for
        5 | single number
        zip | parentheses
    """,
    "hidden_shift": """
        (E_tok, E_pos) | nothing has moved
        sorter | nothing has moved
        (E_tok + v, E_pos) | Only one table
        (E_tok, E_pos - v) | Only one table
        (E_tok + v, E_pos + v) | same way
        (E_tok - v, E_pos - v) | same way
        (E_tok + v, E_pos - 2 * v) | do not cancel
        (E_tok + v, E_pos - v / 2) | do not cancel
        (E_tok * 2, E_pos * 2) | multiplied
        (E_tok * 2, E_pos / 2) | multiplied
        (-E_tok, -E_pos) | multiplied
        (E_tok * 2, E_pos) | Only one table
        (E_pos - v, E_tok + v) | swapped
        (E_tok + 0.01 * v, E_pos - 0.01 * v) | cosine is still
        (E_tok + 0.01, E_pos - 0.01) | cosine is still
        (E_tok + 5, E_pos + 5) | cosine is still
        (E_tok + 5, E_pos) | cosine is still
        (E_tok + 1e7 * v, E_pos - 1e7 * v) | last digits
        (E_tok + np.random.default_rng(0).normal(size=(3, 48)), E_pos - v) | token table
        (E_tok + v, E_pos - np.random.default_rng(0).normal(size=(11, 48))) | position table
        (np.ones((3, 48)), -np.ones((11, 48))) | moved
        (0 * E_tok, 0 * E_pos) | all zeros
        E_tok + v | pair
        v | pair
        (v, -v) | shape (3, 48)
        (E_tok + v,) | pair
        np.vstack([E_tok + v, E_pos - v]) | pair
        (E_tok + v, E_pos - v, 1) | pair
        (E_tok[0] + v, E_pos[0] - v) | shape (3, 48)
        (E_tok.T + 1, E_pos.T - 1) | shape (3, 48)
        (E_tok + v, ...) | three dots
        (E_tok + np.nan, E_pos) | nan
        (E_tok + 1e300, E_pos - 1e300) | too large
        (reverser.wte, reverser.wpe) | moved
        729 | pair
        "E_tok + v, E_pos - v" | pair
        score(sorter, SORT) | pair
    """,
    "colliding_tables": """
        (E_tok, E_pos) | sum of its own
        ([0, 11, 22], range(11)) | sum of its own
        ([0, 0, 1], range(11)) | token table are equal
        ([0, 1, 2], [0] * 11) | position table are equal
        (np.zeros((3, 1)), np.zeros((11, 1))) | all 0
        ([0, 1, 2], range(10)) | 10 rows, and 11
        ([0, 1], range(11)) | 2 rows, and 3
        (range(11), [0, 1, 2]) | swapped
        (np.zeros((3, 2)), np.zeros((11, 3))) | 2 and 3 channels
        (np.ones((2, 3)), np.ones((2, 11))) | Rows and columns
        ([0, 1, 2], range(12)) | 12 rows, and 11
        [0, 1, 2] | pair
        ([0, 1, 2],) | pair
        ([0, 1, 2], range(11), 3) | pair
        ("ABC", range(11)) | letters
        (3, 11) | two axes
        E_tok | pair
        ([0, 1, ...], range(11)) | three dots
        ([[0], [1, 2], [3]], range(11)) | different lengths
        ([0, 1e-3, 2], np.arange(11) * 5) | near
        (np.zeros((3, 2, 2)), np.zeros((11, 2, 2))) | two axes
        "no" | pair
        len | parentheses
    """,
}

RIGHT = {
    "look_up": """
        E_tok[w]
        E_tok[w].tolist()
        tuple(map(tuple, E_tok[w].tolist()))
        [E_tok["ABC".index(letter)] for letter in "ACBBAB"]
        (E_tok[i] for i in w)
        map(lambda i: E_tok[i], w)
        E_tok[w][None]
        [E_tok[w]]
        (E_tok[w],)
        E_tok[w][:, None]
        E_tok[w].astype(str)
        E_tok[w].astype(object)
        E_tok[w].astype(np.float64)
        np.matrix(E_tok[w])
        np.ma.masked_array(E_tok[w])
        E_tok[w] + 0j
        dict(enumerate(E_tok[w]))
        dict(enumerate(E_tok[w])).values()
        iter(E_tok[w])
        np.take(E_tok, w, axis=0)
        token_embedding(encode("ACBBAB"), E_tok)
        [[f"{number:.4f}" for number in row] for row in E_tok[w]]
        E_tok.round(4)[w]
    """,
    "one_hot": """
        ones
        ones.astype(bool)
        ones.astype(int).tolist()
        ones.astype(int).astype(str)
        ones[None]
        [[1 if i == j else 0 for j in range(3)] for i in w]
        (np.eye(3)[i] for i in w)
        ["1 0 0", "0 0 1", "0 1 0", "0 1 0", "1 0 0", "0 1 0"]
        np.array(w)[:, None] == np.arange(3)
        np.matrix(ones)
    """,
    "matmul": """
        ones @ E_tok
        (ones @ E_tok).tolist()
        [row @ E_tok for row in ones]
        (ones @ E_tok)[None]
        (E_tok.T @ ones.T).T
        np.einsum("ij,jk->ik", ones, E_tok)
        (row @ E_tok for row in ones)
        ones.astype(np.float32) @ E_tok
    """,
    "identical_slots": """
        [0, 3, 4]
        (0, 3, 4)
        {0, 3, 4}
        [4, 0, 3]
        [0.0, 3.0, 4.0]
        ["0", "3", "4"]
        "0, 3, 4"
        "0 3 4"
        "034"
        "slots 0, 3 and 4"
        np.where(encode("CABCCB") == 2)
        np.argwhere(encode("CABCCB") == 2)
        np.flatnonzero(encode("CABCCB") == 2)
        [[0, 3, 4]]
        ([0, 3, 4],)
        [[0], [3], [4]]
        {"C": [0, 3, 4]}
        {0: "C", 3: "C", 4: "C"}
        (slot for slot, letter in enumerate("CABCCB") if letter == "C")
        filter(lambda slot: "CABCCB"[slot] == "C", range(6))
        {0: None, 3: None, 4: None}.keys()
        frozenset([0, 3, 4])
        np.array(["0", "3", "4"])
    """,
    "cosines": """
        [-0.16, -0.54, 0.01]
        (-0.16, -0.54, 0.01)
        ["-0.16", "-0.54", "0.01"]
        "-0.16, -0.54, 0.01"
        "[-0.16 -0.54 0.01]"
        [unit[0] @ unit[1], unit[0] @ unit[2], unit[1] @ unit[2]]
        cosines(E_tok)[np.triu_indices(3, 1)]
        cosines(E_tok)[np.triu_indices(3, 1)].reshape(3, 1)
        [[-0.16, -0.54, 0.01]]
        (unit[i] @ unit[j] for i, j in [(0, 1), (0, 2), (1, 2)])
        {"A-B": -0.16, "A-C": -0.54, "B-C": 0.01}
        {-0.16, -0.54, 0.01}
        ["\N{MINUS SIGN}0.16", "\N{MINUS SIGN}0.54", "0.01"]
        [np.array([-0.16]), np.array([-0.54]), np.array([0.01])]
    """,
    "parameter_count": """
        50257 * 768
        38597376
        38_597_376
        38597376.0
        np.int64(38597376)
        "38597376"
        "38,597,376"
        "38_597_376"
        "38.597.376"
        " 38 597 376 "
        (38, 597, 376)
        [38597376]
        (38597376,)
        {38597376}
        np.array([[38597376]])
        3.8597376e7
        {"token table": 38597376}
        (n for n in [38597376])
        np.zeros((50257, 768), bool).size
    """,
    "position_count": """
        1024 * 768
        786_432
        "786,432"
        (786, 432)
        [786432]
        768 * 2 ** 10
    """,
    "positions": """
        E_pos[:6]
        E_pos[0:6]
        E_pos[range(6)]
        E_pos[np.arange(6)]
        [E_pos[slot] for slot in range(6)]
        (E_pos[slot] for slot in range(6))
        E_pos[:6].tolist()
        E_pos[:6][np.newaxis]
        E_pos[:-5]
        position_embedding(6, E_pos)
        np.eye(11)[:6] @ E_pos
        E_pos[:6].astype(str)
        [row for row, letter in zip(E_pos, "CBABBC")]
        np.matrix(E_pos)[:6]
    """,
    "most_alike": """
        divmod(apart.argmin(), 11)
        divmod(apart.argmin(), 11)[::-1]
        list(divmod(int(apart.argmin()), 11))
        set(divmod(int(apart.argmin()), 11))
        np.unravel_index(apart.argmin(), apart.shape)
        [str(row) for row in divmod(int(apart.argmin()), 11)]
        "%d and %d" % divmod(int(apart.argmin()), 11)
        "{},{}".format(*divmod(int(apart.argmin()), 11))
        [divmod(int(apart.argmin()), 11)]
        np.argwhere(apart == apart.min())[0]
    """,
    "furthest_rows": """
        np.argsort(mean)[-5:]
        np.argsort(-mean)[:5]
        set(np.argsort(mean)[-5:].tolist())
        sorted(range(11), key=lambda row: mean[row])[6:]
        np.flatnonzero(mean >= np.sort(mean)[-5])
        np.where(mean >= np.sort(mean)[-5])
        ", ".join(map(str, np.argsort(mean)[-5:]))
        map(int, np.argsort(mean)[-5:])
        dict.fromkeys(np.argsort(mean)[-5:].tolist(), "fed back")
        np.argpartition(mean, -5)[-5:]
    """,
    "fed_back": """
        np.argsort(distances(shuffled).mean(axis=1))[-5:]
        np.flatnonzero(order >= 6)
        np.where(order >= 6)
        [row for row, slot in enumerate(order) if slot > 5]
        {row for row, slot in enumerate(order) if slot > 5}
        ", ".join(map(str, np.flatnonzero(order >= 6)))
        [[row] for row in np.flatnonzero(order >= 6)]
    """,
    "sinusoid_row": """
        [0, 1] * 24
        sinusoids[0]
        sinusoids[:1]
        np.tile([0, 1], 24)
        "0, 1, " * 24
        ["0", "1"] * 24
        (channel % 2 for channel in range(48))
        [channel % 2 == 1 for channel in range(48)]
        [[0, 1] * 24]
        [np.sin(0), np.cos(0)] * 24
        np.array([[0, 1] * 24]).T
    """,
    "norm": """
        np.sqrt(24)
        4.9 - 0.001
        4.90
        "4.899"
        "4,899"
        [4.899]
        (4.899,)
        24 ** 0.5
        np.linalg.norm(sinusoids, axis=1)[0]
        np.linalg.norm(sinusoids[:1], axis=1)
        np.array("4.899")
        2 * math.sqrt(6)
        {4.899}
    """,
    "cell": """
        E_tok[0, 7] + E_pos[4, 7]
        -0.0051
        "-0.0051"
        "-0,0051"
        "\N{MINUS SIGN}0.0051"
        [-0.0051]
        (-0.0051,)
        -0.0032 + -0.0019
        (E_tok[ids] + E_pos[:6])[4, 7]
        sum([E_tok[0, 7], E_pos[4, 7]])
        np.float64(-0.0051)
        E_tok[0, 7:8] + E_pos[4, 7:8]
        -51e-4
    """,
    "input_embedding": """
        E_tok[ids] + E_pos[:6]
        E_pos[:6] + E_tok[ids]
        [E_tok[token] + E_pos[slot] for slot, token in enumerate(ids)]
        (E_tok[token] + E_pos[slot] for slot, token in enumerate(ids))
        (E_tok[ids] + E_pos[:6]).tolist()
        (E_tok[ids] + E_pos[:6])[None]
        input_embedding(encode("BACCAC"), E_tok, E_pos)
        np.add(E_tok[ids], E_pos[:6])
        np.eye(3)[ids] @ E_tok + E_pos[:6]
        sum([E_tok[ids], E_pos[:6]])
        (E_tok[ids] + E_pos[:6]).astype(str)
        np.matrix(E_tok[ids] + E_pos[:6])
        map(np.add, E_tok[ids], E_pos)
        E_tok[ids].astype(float) + E_pos[:6]
    """,
    "wrong_formula": """
        (4, "CBA")
        [4, "CBA"]
        ("CBA", 4)
        (4, "cba")
        ("4", "CBA")
        (4.0, "CBA")
        (4, "AAA")
        (4, "B")
        (4, "C, B, A")
        (4, "C B A")
        (4, ["C", "B", "A"])
        (4, ("c", "b", "a"))
        (4, list("CBA"))
        (4, "C", "B", "A")
        (4, [2, 1, 0])
        (4, encode("CBA"))
        (encode("CBA"), 4)
        (4, 2, 1, 0)
        {4: "CBA"}
        {"number": 4, "letters": "CBA"}
        "4, CBA"
        "(4, CBA)"
        "formula 4, letters CBA"
        [(4, "CBA")]
        np.array([4, "CBA"])
        (np.int64(4), np.str_("CBA"))
        ((4,), ("CBA",))
        (4, "CBABBC")
        (4, np.array(["C", "B", "A"]))
        (thing for thing in (4, "CBA"))
    """,
    "pairs": """
        solved
        tuple(solved)
        [("ABC"[t], s) for t, s in solved]
        [("abc"[t], s) for t, s in solved]
        [["ABC"[t], str(s)] for t, s in solved]
        np.array([["ABC"[t], str(s)] for t, s in solved])
        np.array(solved)
        zip(["ABC"[t] for t, s in solved], [s for t, s in solved])
        zip(*zip(*solved))
        [f"{'ABC'[t]}{s}" for t, s in solved]
        [f"{'ABC'[t]} {s}" for t, s in solved]
        [f"({'ABC'[t]}, {s})" for t, s in solved]
        ", ".join(f"({'ABC'[t]}, {s})" for t, s in solved)
        [thing for t, s in solved for thing in ("ABC"[t], s)]
        {i: ("ABC"[t], s) for i, (t, s) in enumerate(solved)}
        {i: ("ABC"[t], s) for i, (t, s) in enumerate(solved)}.values()
        {(t, s) for t, s in solved}
        [solved]
        (pair for pair in solved)
        [(float(t), float(s)) for t, s in solved]
        [(str(t), str(s)) for t, s in solved]
        [({"ABC"[t]: s}.popitem()) for t, s in solved]
        list(zip(np.linalg.lstsq(both.T, vectors.T, rcond=None)[0][:3].argmax(0), [s for t, s in solved]))
    """,
    "hidden_shift": """
        (E_tok + v, E_pos - v)
        [E_tok + v, E_pos - v]
        (E_tok - v, E_pos + v)
        (E_tok + 5, E_pos - 7)
        (E_tok + 1, E_pos - 1)
        (E_tok - 3, E_pos + 4)
        (E_tok + 100 * v, E_pos - 100 * v)
        ((E_tok + v).tolist(), (E_pos - v).tolist())
        {"wte": E_tok + v, "wpe": E_pos - v}
        sorter.with_tables(E_tok + v, E_pos - v)
        ((E_tok + v, E_pos - v),)
        (table for table in (E_tok + v, E_pos - v))
        (E_tok + v + 0.2, E_pos - v - 0.3)
        (np.matrix(E_tok + v), np.matrix(E_pos - v))
    """,
    "colliding_tables": """
        ([0, 1, 2], range(11))
        ([0, 1, 2], list(range(11)))
        (np.arange(3), np.arange(11))
        (np.arange(3)[:, None], np.arange(11)[:, None])
        ([[0], [1], [2]], [[slot] for slot in range(11)])
        ([[0, 1, 2]], [range(11)])
        {"tokens": [0, 1, 2], "positions": range(11)}
        (["0", "1", "2"], range(11))
        ("0 1 2", "0 1 2 3 4 5 6 7 8 9 10")
        ((0, 1, 2), (slot for slot in range(11)))
        ([0, 0.1, 0.2], np.arange(11) / 10)
        (np.ones((3, 48)) * np.arange(3)[:, None], np.ones((11, 48)) * np.arange(11)[:, None])
        [[0, 10, 5], range(11)]
        (changed(E_tok, 1, E_tok[0] + E_pos[1] - E_pos[0]), E_pos)
    """,
}
ODD = """
    ... || None || [] || () || {} || set() || "" || " " || "..." || True || False || 1j || b"cba" || float("nan") || -np.inf
    [...] || [None, None] || [1, ...] || [[1, 2], [3]] || [[], []] || [[[[[[[[1]]]]]]]] || 10**400 || [10**400, 1] || 2**63 || -0.0
    print || len || np.ndarray || np || math || sorter || SORT || object() || Exception("no") || SimpleNamespace(a=1) || type || int
    lambda: 3 || E_tok.sum || E_tok.shape || E_tok[:0] || np.zeros((0, 48)) || np.zeros(()) || np.zeros((1,) * 9) || np.zeros((6, 48, 2))
    np.array([1, "a", None], dtype=object) || np.array(["no", "words"]) || np.array([[1, 2], [3, 4]], dtype="i4,f4") || slice(6)
    np.datetime64("2026-01-01") || np.zeros(3, "M8[s]") || np.ma.masked_all((6, 48)) || np.ma.masked_all(3) || np.full((6, 48), np.nan)
    itertools.count() || itertools.repeat("A") || (1 / 0 for _ in range(3)) || (E_tok[i] for i in [5]) || iter([]) || zip() || map(len, [1])
    "yes" || "I do not know" || "A" || "5 5 5 5" || ["words", "words"] || {"a": {"b": 1}} || {1: None} || [{1, 2}, {3}] || "1e999" || "-"
    (1, "AAA", ...) || ("A", None) || [("A", 0), ("B",), 3] || [print, print] || np.eye(3) * 1e300 || np.eye(200) || "\\n" || "\N{SNOWMAN}"
    (E_tok, E_pos, None) || (None, E_pos) || (E_tok, print) || (E_tok, "E_pos") || ([], []) || (1, 2) || (np.nan, np.inf) || ("", "")
    range(10**9) || (E_tok.T, E_pos.T) || [np.zeros((3, 48)), np.zeros((11, 48))] || (np.zeros((3, 0)), np.zeros((11, 0))) || "4" * 5000
    check.look_up(..., WORD_3, E_tok) || decode || open || [sorter] || (sorter, sorter) || ((1, 2), (3, 4), (5, 6)) || "0x10" || "None" || "٣"
"""


def lines(table):
    return [(name, *line.strip().split(" | ")) for name, text in table.items() for line in text.strip().splitlines()]


def typed(code):
    """What a learner gets who types this after `answer = `."""
    pairs = [(vector_off.argmin() // 11, vector_off.argmin() % 11) for vector_off in SUMS_OFF]
    return eval(code.strip(), {**AT_HAND, "solved": [(int(token), int(slot)) for token, slot in pairs]})


SUMS_OFF = abs(vectors[:, None, None] - (E_tok[:, None] + E_pos)).max(axis=-1)  # (3, 3, 11)


@pytest.mark.parametrize(("name", "code", "words"), lines(WRONG))
def test_a_wrong_answer_is_named(name, code, words):
    verdict = CHECKS[name](typed(code))
    assert not verdict and verdict.right in (False, None)
    assert words in verdict.message, verdict.message
    assert verdict.message.startswith("Not ") and verdict.message[-1] in ".?)"


@pytest.mark.parametrize(("name", "code"), lines(RIGHT))
def test_a_right_answer_in_plain_disguise_is_right(name, code):
    verdict = CHECKS[name](typed(code))
    assert verdict.right is True and verdict.message.startswith("Right. "), verdict.message


@pytest.mark.parametrize("name", CHECKS)
def test_no_odd_answer_raises_or_passes(name):
    for code in ODD.replace("\n", "||").split("||"):
        if code.strip():
            verdict = CHECKS[name](typed(code))
            assert verdict.right in (False, None) and verdict.message.startswith("Not "), (code, verdict)


@pytest.mark.parametrize("name", TABLES)
def test_each_mistake_of_a_table_is_reached_and_hides_no_other(name):
    """Two mistakes may be the same numbers only if they are said in the same words."""
    table = TABLES[name]
    assert judge(np.asarray(table.solution).tolist(), table).message == f"Right. {table.praise}"
    for wrong, sentence in table.mistakes:
        message = judge(np.asarray(wrong).tolist(), table).message
        assert message.endswith(sentence) or message.startswith("Right."), (sentence, message)
