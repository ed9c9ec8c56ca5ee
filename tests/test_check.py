"""The checks: what learners type, right, wrong and odd, and what the checks say to it.

Each line of a table is words that the verdict must hold, and answers, as learners would type them. They are evaluated
with the variables that the lessons have at hand.
"""

# ruff: noqa: F401 (answers use names that the tests do not)

import ast
import contextlib
import copy
import itertools
import math
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest

from lessonlib import check
from lessonlib.check import lesson_3
from lessonlib.check.exercise import judge
from lessonlib.check.verdict import not_answered, not_yet, right
from lessonlib.embeddings import (
    decode,
    encode,
    input_embedding,
    one_hot,
    position_embedding,
    sinusoidal_positions,
    token_embedding,
)
from lessonlib.english import load_english
from lessonlib.measure import anonymous_sums, cosines, decode_nearest, distances, exchanged, principal_axes
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.tasks import REVERSE, SORT, score

# A warning under a check would look like a mistake.
pytestmark = pytest.mark.filterwarnings(
    "error",
    "ignore:the matrix subclass",
    "ignore::ResourceWarning",  # what other tests of this process left behind is no warning of a check
    "ignore::pytest.PytestUnraisableExceptionWarning",
)

sorter, reverser = load_checkpoint("sort"), load_checkpoint("reverse")
E_tok, E_pos = sorter.wte, sorter.wpe
english = load_english()
words = [("AAB", "ABA"), ("AAAAAA", "AAA"), ("BACAC", "ABCAC"), ("BBBA", "BBA"), ("CCCC", "C")]
swap = [0, 1, 2, 3, 4, 5, 9, 7, 8, 6, 10]
stories = [[0, 2, 1, 3, 4, 5], [0, 1, 1, 3, 4, 5], [0, 2, 2, 3, 4, 5]]
damaged = reverser.with_tables(wpe=exchanged(reverser.wpe, 6, 7))
sinusoids = sinusoidal_positions(11, 48)
vectors = anonymous_sums(0.3 * E_tok, -2 * E_pos, n_sums=3, seed=40)[0]
both = np.vstack([E_tok, E_pos])
LESSON_5 = Path(__file__).parent.parent / "notebooks" / "05_combined_input_embedding.ipynb"
code = {cell.id: cell.source.rpartition("answer = ...")[0] for cell in nbformat.read(LESSON_5, 4).cells}
defined = {"np": np, "encode": encode, "input_embedding": input_embedding, "E_tok": E_tok, "E_pos": E_pos}
with contextlib.redirect_stdout(None):
    for name in ("exercise-3", "exercise-9"):
        exec(code[name], defined)
programs = defined["programs"]
SIDES = [[0.241, 0.204, 0.195], [0.138, 0.124, 0.134], [0.238, 0.141, 0.255]]  # of three other models
MODEL, WORD_3, WORD_5 = sorter, encode("ACBBAB"), encode("BACCAC")
CHECKS = {
    "look_up": lambda answer: check.look_up(answer, WORD_3, E_tok),
    "one_hot": lambda answer: check.one_hot(answer, WORD_3, 3),
    "matmul": lambda answer: check.matmul(answer, WORD_3, E_tok),
    "identical_slots": lambda answer: check.identical_slots(answer, "CABCCB", "C"),
    "cosines": lambda answer: check.cosines(answer, E_tok),
    "lost_names": lambda answer: check.lost_names(answer, SIDES),
    "opposite": lambda answer: check.opposite(answer, english),
    "parameter_count": lambda answer: check.parameter_count(answer, 50257, 768),
    "position_count": lambda answer: check.parameter_count(answer, 1024, 768),
    "positions": lambda answer: check.positions(answer, 6, E_pos, encode("CBABBC")),
    "most_alike": lambda answer: check.most_alike(answer, E_pos),
    "read_and_written": lambda answer: check.positions(answer, 9, E_pos, encode("CBABBCABB")),
    "no_difference": lambda answer: check.no_difference(answer, sorter, words),
    "averaged": lambda answer: check.averaged(answer, reverser.wpe, [1, 2, 3]),
    "exchanged": lambda answer: check.exchanged(answer, E_pos, 6, 9),
    "equal_letters": lambda answer: check.equal_letters(answer, SORT, 6, 9),
    "sinusoid_row": lambda answer: check.sinusoid_row(answer, 11, 48),
    "deciding": lambda answer: check.deciding(answer, damaged, REVERSE, stories),
    "follows": lambda answer: check.follows(answer),
    "cell": lambda answer: check.cell(answer, "BACCAC", 4, 7, E_tok, E_pos),
    "input_embedding": lambda answer: check.input_embedding(answer, WORD_5, E_tok, E_pos),
    "faults": lambda answer: check.faults(answer, programs, E_tok, E_pos),
    "pairs": lambda answer: check.pairs(answer, vectors, E_tok, E_pos),
    "hidden_shift": lambda answer: check.hidden_shift(answer, sorter, SORT),
    "colliding_tables": lambda answer: check.colliding_tables(answer),
    "nudge": lambda answer: check.nudge(answer, sorter, "BACCAC", 0.3),
    "folded": lambda answer: check.folded(answer, english, 8),
    "broadcasts": lambda answer: check.broadcasts(answer, defined["tries"], WORD_5, E_tok, E_pos),
    "evidence": lambda answer: check.evidence(answer),
}
TABLES = {  # several of each, where the numbers of one could hide a mistake
    "look_up": [check.look_up.exercise(WORD_3, E_tok)],
    "one_hot": [check.one_hot.exercise(WORD_3, 3)],
    "matmul": [check.matmul.exercise(WORD_3, E_tok)],
    "identical_slots": [check.identical_slots.exercise(*what) for what in (("CABCCB", "C"), ("AABB", "A"))],
    "cosines": [check.cosines.exercise(E_tok), check.cosines.exercise(load_checkpoint("synonyms").wte)],
    "parameter_count": [lesson_3.parameter_count_exercise(rows, 768) for rows in (50257, 1024)],
    "positions": [check.positions.exercise(len(w), E_pos, encode(w)) for w in ("CBABBC", "CBABBCABB")],
    "most_alike": [check.most_alike.exercise(table) for table in (E_pos, reverser.wpe)],
    "no_difference": [check.no_difference.exercise(sorter, words)],
    "averaged": [check.averaged.exercise(reverser.wpe, [1, 2, 3])],
    "exchanged": [check.exchanged.exercise(E_pos, 6, 9)],
    "equal_letters": [check.equal_letters.exercise(SORT, 6, 9)],
    "sinusoid_row": [check.sinusoid_row.exercise(position, 48) for position in (3, 11)],
    "cell": [check.cell.exercise(*what, E_tok, E_pos) for what in (("BACCAC", 4, 7), ("CBABBC", 1, 2))],
    "input_embedding": [check.input_embedding.exercise(WORD_5, E_tok, E_pos)],
    "pairs": [check.pairs.exercise(vectors, E_tok, E_pos)],
    "folded": [check.folded.exercise(english, 8)],
    "broadcasts": [check.broadcasts.exercise(defined["tries"], WORD_5, E_tok, E_pos)],
    "evidence": [check.evidence.exercise()],
}
AT_HAND = {
    **{name: value for name, value in globals().items() if not name.startswith("_")},
    "token_ids": encode("CBABBC"),
    "near": lambda table, vector: np.linalg.norm(table - vector, axis=1).argmin(),
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
    "on_the_map": divmod(int((distances(E_pos @ principal_axes(E_pos)[0][:2].T) + 9 * np.eye(11)).argmin()), 11),
    "apart": distances(E_pos) + 9 * np.eye(11),
    "w48": 10000.0 ** (-np.arange(24) / 24),
    "waves": lambda angles: np.stack([np.sin(angles), np.cos(angles)], axis=-1).ravel(),
    "sines_12": sinusoidal_positions(12, 48),
    "averaged": lambda value: np.vstack([reverser.wpe[:1], np.ones((3, 48)) * value, reverser.wpe[4:]]),
    "cut": lambda value, digits: np.trunc(np.asarray(value) * 10**digits) / 10**digits,
    "changed": lambda array, place, value: (lambda copy: (copy.__setitem__(place, value), copy)[1])(array.copy()),
}

WRONG = {  # what the verdict must say <- answers
    "look_up": """
        first difference is in row 0 <- -E_pos[:6]
        rows of ACBBAB in the exercise's token table minus rows 0 to 5 of the sorter's <- E_tok[w] - E_pos[:6]
        rows of CBABBC in the reverser's token table plus copies of row 4 of the <- reverser.wte[token_ids] + E_pos[4]
        position table <- reverser.wpe || E_pos
        rows of AAAAAA in the exercise's token table <- E_tok[[0] * 6]
        rows of BBBBBB in the exercise's token table <- [E_tok[1]] * 6
        rows of CABBCB in the exercise's token table <- E_tok[::-1][w]
        multiplied by its id <- E_tok[w] * np.array(w)[:, None]
        mixes up the rows <- E_tok[w].T.reshape(6, 48)
        rows of ABC in the exercise's token table <- E_tok || sorter.wte
        row of A in the exercise's token table <- E_tok[0]
        CBABBC <- E_tok[token_ids] || tok_emb || tok_emb.copy()
        rows of BACCBC in the exercise's token table <- E_tok[[1, 0, 2, 2, 1, 2]]
        rows of CBAACA in the exercise's token table <- E_tok[[i - 1 for i in w]]
        rows of ABCABC in the exercise's token table <- E_tok[[0, 1, 2, 0, 1, 2]] || np.vstack([E_tok, E_tok])
        AABBCC <- np.repeat(E_tok, 2, axis=0)
        row 5 <- E_tok[[0, 2, 1, 1, 0, 0]]
        row 3 <- E_tok[[0, 2, 1, 2, 0, 1]]
        (5, 48) <- E_tok[w][:5] || [E_tok[0], E_tok[2], E_tok[1], E_tok[1], E_tok[0]]
        (7, 48) <- E_tok[w + [1]]
        swapped <- E_tok[w].T || E_tok.T[:, w]
        columns <- E_tok[:, w]
        rows of BABBCA in the exercise's token table <- E_tok[w][::-1]
        rows of AABBBC in the exercise's token table <- E_tok[sorted(w)]
        rows 0 to 5 of the sorter's position table <- E_pos[:6] || pos_emb
        position table <- E_pos[w]
        rows of CBABBC in the exercise's token table plus rows 0 to 5 of the sorter's position table <- x
        rows of ACBBAB in the exercise's token table plus rows 0 to 5 of the sorter's position <- E_tok[w] + E_pos[:6]
        reverser <- reverser.wte[w] || reverser.wpe[:6]
        sines <- sinusoids[:6]
        same amount <- shifted[w]
        multiplied <- E_tok[w] * 2
        divided by its length <- unit[w]
        One number for each letter: an id <- w || encode("ACBBAB")
        letters <- "ACBBAB" || list("ACBBAB")
        one-hot <- one_hot(w, 3) || ones
        one long row <- E_tok[w].ravel()
        (48, 6) <- E_tok[w].reshape(48, 6)
        int <- E_tok[w].astype(int)
        All numbers are 0 <- np.zeros((6, 48)) || np.zeros((6, 48), int)
        filled with the ids <- np.repeat(np.array(w), 48).reshape(6, 48)
        close <- E_tok[w].round(2) || E_tok[w].round(3)
        cut off <- cut(E_tok[w], 2)
        single row <- E_tok[w].mean(axis=0)
        single number <- E_tok[w].sum() || E_tok.size || E_tok[0, 2]
        wrong way round <- -E_tok[w]
        sign is lost <- abs(E_tok[w])
        squared <- E_tok[w] ** 2
        columns are in reverse <- E_tok[w][:, ::-1]
        mean of each row <- E_tok[w] - E_tok[w].mean(axis=1, keepdims=True)
        normalised <- (E_tok[w] - E_tok[w].mean(1, keepdims=True)) / E_tok[w].std(1, keepdims=True)
        the mean row <- E_tok[w] - E_tok.mean(axis=0) || E_tok[w] - E_tok[w].mean(axis=0)
        row 2, channel 7 <- changed(E_tok[w], (2, 7), 9)
        row 0, channel 0 <- np.random.default_rng(0).normal(size=(6, 48))
        row 0, channel 0 <- np.random.default_rng(0).normal(0, 0.02, size=(6, 48))
        brackets too many <- E_tok[w][None] || [E_tok[w]] || E_tok[w][:, None]
        These are texts <- E_tok[w].astype(str)
        different lengths <- (E_tok[0], E_tok[2], E_tok[1], E_tok[1], E_tok[0], E_tok[0, 2])
        parentheses <- token_embedding || E_tok.copy
    """,
    "one_hot": """
        rows of ACBBAB in the sorter's token table <- E_tok[w]
        CBABBC <- chosen || one_hot(token_ids, 3) || ["001", "010", "100", "010", "010", "001"]
        rows of ABC in the one-hot matrix of the letters <- np.eye(3)
        one for each id from 0 on, and these have 6 <- np.eye(6) || np.eye(6)[w]
        and these have 48 <- np.eye(48)[w]
        and these have 4 <- np.eye(4)[w] || np.eye(4)[[1, 3, 2, 2, 1, 2]]
        swapped <- np.eye(3)[w].T || 1 - ones || ones.reshape(3, 6)
        rows of BACCBC in the one-hot matrix of the letters <- np.eye(3)[[1, 0, 2, 2, 1, 2]]
        rows of CBAACA in the one-hot matrix of the letters <- np.eye(3)[[2, 1, 0, 0, 2, 0]]
        rows of BABBCA in the one-hot matrix of the letters <- np.eye(3)[w[::-1]]
        rows of AABBBC in the one-hot matrix of the letters <- np.eye(3)[sorted(w)]
        rows of ABCABC in the one-hot matrix of the letters <- np.vstack([np.eye(3), np.eye(3)])
        row of A in the one-hot matrix of the letters <- np.eye(3)[[0, 2, 1, 1, 0, 0]]
        ids <- w || encode("ACBBAB")
        All numbers are 0 <- np.zeros((6, 3))
        All numbers are 1 <- np.ones((6, 3))
        multiplied by its id, or one more: ids say a place <- ones * np.array(w)[:, None]
        columns are in reverse order <- ones[:, ::-1]
        holds them exactly <- abs(ones - 1e-4)
        one long row <- ones.ravel() || "100001010010100010"
        row of A in the one-hot matrix of the letters <- ones[0]
        how often <- ones.sum(axis=0)
        other than zeros and ones <- ones / 2
        more than one 1 <- changed(ones, 1, [1, 1, 0])
        no 1 <- changed(ones, 3, 0)
        compares the letters <- np.equal.outer(np.array(w), np.array(w))
        (5, 3) <- ones[:5]
        and these have 2 <- np.eye(2)[[0, 1, 1, 1, 0, 1]]
        filled with the ids <- np.tile(np.array(w)[:, None], 3)
        letters <- "ACBBAB"
        parentheses <- one_hot || np.eye
    """,
    "matmul": """
        One number for each letter: an id <- w
        columns <- E_tok[:, w]
        rows of ABCABC in the exercise's token table <- np.vstack([np.eye(3)] * 2) @ E_tok
        All numbers are 0 <- np.zeros((6, 48))
        position table <- E_pos
        rows of CBAACA in the exercise's token table <- np.eye(3)[[2, 1, 0, 0, 2, 0]] @ E_tok
        rows of AAAAAA in the exercise's token table <- np.eye(3)[[0] * 6] @ E_tok
        rows of ACBBAB in the exercise's token table plus rows 0 to 5 of the sorter's <- ones @ E_tok + E_pos[:6]
        one-hot <- ones
        row of A in the exercise's token table <- ones[0] @ E_tok
        row of C in the exercise's token table <- ones[1] @ E_tok
        CBABBC <- chosen @ E_tok || product if False else chosen @ E_tok
        one sum <- ones.sum(axis=0) @ E_tok
        before they are added up <- ones[:, :, None] * E_tok
        (3, 48) <- ones.T @ E_tok[w]
        swapped <- (ones @ E_tok).T || E_tok.T @ ones.T
        rows of ABC in the exercise's token table <- E_tok || np.eye(3) @ E_tok
        sum of many rows <- np.ones((6, 3)) @ E_tok
        table times itself <- E_tok @ E_tok.T
        one-hot times one-hot <- ones @ ones.T
        ids were multiplied <- np.array(w) @ E_tok[w]
        multiplied by its id <- (ones * np.array(w)[:, None]) @ E_tok
        reverser <- ones @ reverser.wte
        position table <- ones @ E_pos[:3]
        Zeros and ones are swapped <- (1 - ones) @ E_tok
        channel 0 <- (ones @ E_tok).round(1)
        rows of ACBBA in the exercise's token table <- (ones @ E_tok)[:5]
        rows 0 to 5 of the sorter's position table <- np.eye(6) @ E_pos[:6]
        close <- (ones @ E_tok).round(3)
        rows of BABBCA in the exercise's token table <- ones[::-1] @ E_tok
        row 5 <- np.eye(3)[[0, 2, 1, 1, 0, 0]] @ E_tok
        rows of BACCBC in the exercise's token table <- np.eye(3)[[1, 0, 2, 2, 1, 2]] @ E_tok
        multiplied <- 2 * ones @ E_tok
        parentheses <- np.dot
        text <- "ones @ E_tok"
    """,
    "identical_slots": """
        counted from 1 <- [1, 4, 5]
        itself <- [3, 4] || {0: "A", 3: "C", 4: "C"}
        nothing else <- "not slots 0, 3, 4" || "all but 0, 3, 4"
        single slot <- [0] || 0 || 3
        not all are there <- [0, 3] || [0, 4] || {0: 0, 1: 3}
        3 of these 4 <- [0, 3, 4, 5]
        all slots <- [0, 1, 2, 3, 4, 5] || range(6)
        ids <- [2, 2, 2] || 2 || [2, 0, 1, 2, 2, 1] || encode("CABCCB")
        letter <- "C"
        letters <- "CCC" || ["C", "C", "C"] || [i for i in "CABCCB" if i == "C"]
        other letters <- [1, 2, 5] || [2, 5] || [1]
        1 of these 2 <- [0, 5]
        mask <- [True, False, False, True, True, False] || encode("CABCCB") == 2 || [1, 0, 0, 1, 1, 0] || True
        more than once <- [0, 3, 3, 4]
        from the end <- [-6, -3, -2]
        slot <- [0.5, 3, 4] || [0, 3, 4, 6] || E_tok[2]
        empty <- []
        table <- tok_emb || E_tok[[2, 2, 2]]
        parentheses <- np.where
    """,
    "lost_names": """
        Model 0: P is at one end <- "P?Q" || ["P", "?", "Q"] || "PPP"
        Model 0: Q is at one end <- "QQQ" || "Q?P"
        Model 2: P is at one end of the shortest side, so it is one of the two <- "R?P" || "RRP"
        Model 2: R is at one end of the shortest <- "R?R" || ["R", "P", "R"]
        Model 1: why P? <- "RPQ"
        Model 1: why R? <- "RRQ" || {0: "R", 1: "R", 2: "Q"}
        model 0 are evidence <- "??Q" || "???"
        model 2 are evidence <- "R??" || ["R", None, None]
        in reverse <- "Q?R"
        A set has no order <- {"R", "?", "Q"}
        Three are asked for <- "R" || "RQ" || ["R", "Q"] || "no idea" || []
        A, B and C are the names <- "BAC" || ["C", "?", "B"] || "B?A"
        Neither numbers nor sides <- SIDES || [2, 0, 1] || "P-Q" || ["P-Q", "?", "P-R"]
    """,
    "opposite": """
        pair: find another <- "good" || "bad" || ("good", "bad")
        nearest to hot is that of heat <- "hot" || ("hot", "cold") || "hot and cold"
        not of peace <- "battle peace"
        does not know the two as opposites <- "paris" || "dog"
        is not one of the <- "hott" || "xyzzy"
        close to it: <- "goood"
        this has 3 <- "up down right" || ["up", "down", "left"]
        this has none <- 7 || E_tok || "123"
        parentheses <- english.nearest
    """,
    "cosines": """
        squared <- cosines(E_tok)[[0, 0, 1], [1, 2, 2]] ** 2
        every row with every row <- E_tok @ E_tok.T || cosines(E_tok) || cosines(E_tok).ravel()
        with itself <- cosines(E_tok)[np.triu_indices(3)]
        dot products <- [E_tok[0] @ E_tok[1], E_tok[0] @ E_tok[2], E_tok[1] @ E_tok[2]]
        parentheses <- [E_tok[i] @ E_tok[j] / n[i] * n[j] for i, j in [(0, 1), (0, 2), (1, 2)]]
        parentheses <- cosines
        one length <- [E_tok[i] @ E_tok[j] / n[i] for i, j in [(0, 1), (0, 2), (1, 2)]]
        one length <- [E_tok[i] @ E_tok[j] / n[j] for i, j in [(0, 1), (0, 2), (1, 2)]]
        sum of both lengths <- [E_tok[i] @ E_tok[j] / (n[i] + n[j]) for i, j in [(0, 1), (0, 2), (1, 2)]]
        squares of both lengths <- [E_tok[i] @ E_tok[j] / (n[i] * n[j]) ** 2 for i, j in [(0, 1), (0, 2), (1, 2)]]
        roots of both lengths <- [E_tok[i] @ E_tok[j] / np.sqrt(n[i] * n[j]) for i, j in [(0, 1), (0, 2), (1, 2)]]
        axis=1 <- [E_tok[i] @ E_tok[j] / np.linalg.norm(E_tok) for i, j in [(0, 1), (0, 2), (1, 2)]]
        axis=1 <- [E_tok[i] @ E_tok[j] / np.linalg.norm(E_tok) ** 2 for i, j in [(0, 1), (0, 2), (1, 2)]]
        every channel <- [E_tok[i] * E_tok[j] for i, j in [(0, 1), (0, 2), (1, 2)]] || unit[0] * unit[1]
        distances <- distances(E_tok)[[0, 0, 1], [1, 2, 2]] || [0.22, 0.29, 0.24]
        distances <- 1 - cosines(E_tok)[[0, 0, 1], [1, 2, 2]]
        wrong order <- [-0.54, -0.16, 0.01] || [-0.16, 0.01, -0.54]
        sign is lost <- [0.16, 0.54, 0.01]
        wrong way round <- [0.16, 0.54, -0.01]
        cut off <- cut(cosines(E_tok)[[0, 0, 1], [1, 2, 2]], 2) || cut(cosines(E_tok)[[0, 0, 1], [1, 2, 2]], 1)
        two decimals <- [-0.2, -0.5, 0.0]
        mean was taken away <- np.corrcoef(E_tok)[[0, 0, 1], [1, 2, 2]].round(2)
        wrong order <- {"A-C": -0.16, "A-B": 0.01, "B-C": -0.54}
        angles <- np.arccos(cosines(E_tok)[[0, 0, 1], [1, 2, 2]])
        angles <- np.degrees(np.arccos(cosines(E_tok)[[0, 0, 1], [1, 2, 2]]))
        angles <- np.degrees(np.arccos(cosines(E_tok)[[0, 0, 1], [1, 2, 2]])).round(1)
        after 0.1 was added <- cosines(shifted)[[0, 0, 1], [1, 2, 2]]
        reverser <- cosines(reverser.wte)[[0, 0, 1], [1, 2, 2]]
        position rows <- cosines(E_pos[:3])[[0, 0, 1], [1, 2, 2]]
        mean was taken away <- np.corrcoef(E_tok)[[0, 0, 1], [1, 2, 2]]
        lengths of the three rows <- n
        single number <- cosines(E_tok)[0, 1]
        A-B <- cosines(E_tok)[0]
        itself <- [1, 1, 1]
        (2,) <- [-0.16, -0.54]
        B-C <- [-0.16, -0.54, 0.3]
        between -1 and 1 <- [2, 3, 4]
        sign of A-B <- [0.16, -0.54, 0.01]
        square of one length <- [E_tok[i] @ E_tok[j] / n[i] ** 2 for i, j in [(0, 1), (0, 2), (1, 2)]]
        square of one length <- [E_tok[i] @ E_tok[j] / n[j] ** 2 for i, j in [(0, 1), (0, 2), (1, 2)]]
        is no cosine <- [1.5, 0.3, 0.2]
        cosines of A-B, A-C and B-C <- 0.16 || [unit[0] @ unit[1]]
        text <- "I do not know"
    """,
    "parameter_count": """
        sum of rows and columns <- 50257 + 768
        rows only <- 50257
        one row <- 768
        shape of the table <- (50257, 768) || [50257, 768] || (768, 50257)
        row is missing <- 50256 * 768
        ids from 0 to 50256 <- 50258 * 768
        makes two numbers <- (50, 257 * 768)
        Without the quotes <- "50257 * 768" || "50,257 * 768"
        column too many or too few <- 50257 * 767 || 50257 * 769
        our own <- 144 || E_tok.size
        small model <- 50257 * 48 || 3 * 768
        position table <- 1024 * 768
        counted too <- 50257 * 768 + 1024 * 768
        itself <- 50257 ** 2 || 768 * 768
        far too large <- 50257 ** 768
        Dividing <- 50257 / 768
        bytes <- 4 * 50257 * 768
        2 times <- 2 * 50257 * 768
        exact <- 38.6e6 || 38_600_000 || 38_597_375 || (38, 597, 375)
        millions <- 38.597376
        thousands <- 38597.376
        whole model <- 124_439_808 || 85728
        text <- "fifty thousand"
        Without the quotes <- "50257 * 768"
        How many rows <- 12 || E_tok.shape
        The shape is (3, 48) <- E_tok
        parentheses <- len
    """,
    "position_count": """
        sum of rows and columns <- 1024 + 768
        row is missing <- 1023 * 768
        row too many <- 1025 * 768
        column <- 1024 * 767
        our own <- 528 || 11 * 48
        small model <- 11 * 768 || 1024 * 48
        token table <- 50257 * 768
        counted too <- (50257 + 1024) * 768
        rows only <- 1024
        one row <- 768
        shape of the table <- (1024, 768)
        exact <- (786, 431)
        thousands <- 786
        millions <- 0.786432
        itself <- 1024 ** 2
        4 times <- 3 * 1024 * 1024
    """,
    "positions": """
        rows 1 to 6 of the exercise's position table <- E_pos[1:7].round(3)
        slot number <- E_pos[:6] * np.arange(6)[:, None]
        mean row <- E_pos[:6] - E_pos[:6].mean(axis=0)
        mixes up the rows <- E_pos[:6].T.reshape(6, 48)
        rows 0 to 10 of the exercise's position table <- E_pos
        rows 6 to 10 of the exercise's position table <- E_pos[6:]
        rows 0 to 4 of the exercise's position table <- E_pos[:5] || E_pos[0:5]
        rows 1 to 5 of the exercise's position table <- E_pos[1:6]
        rows 0 to 6 of the exercise's position table <- E_pos[:7] || E_pos[0:7]
        rows 1 to 6 of the exercise's position table <- E_pos[1:7] || E_pos[[1, 2, 3, 4, 5, 6]]
        rows 5 to 10 of the exercise's position table <- E_pos[-6:] || E_pos[5:]
        rows 5, 4, 3, 2, 1, 0 of the exercise's position table <- E_pos[5::-1] || E_pos[:6][::-1]
        rows 10, 9, 8, 7, 6, 5 of the exercise's position table <- E_pos[::-1][:6]
        ids of the letters <- token_ids
        rows 2, 1, 0, 1, 1, 2 of the exercise's position table <- E_pos[token_ids] || E_pos[[2, 1, 0, 1, 1, 2]]
        row 6 of the exercise's position table <- E_pos[6]
        row 5 of the exercise's position table <- E_pos[5]
        row 0 of the exercise's position table <- E_pos[0]
        copies of row 3 of the exercise's position table <- E_pos[[3] * 6]
        rows 0, 2, 4, 6, 8, 10 of the exercise's position table <- E_pos[0:11:2]
        row 6 of the exercise's position table <- E_pos[[0, 1, 2, 3, 4, 6]]
        channels <- E_pos[:, :6]
        some of the channels <- E_pos[:6, :6]
        (6, 11) <- E_pos.T[:6]
        swapped <- E_pos[:6].T
        rows of CBABBC in the sorter's token table <- E_tok[token_ids] || tok_emb
        token table <- E_tok
        rows of CBABBC in the sorter's token table plus rows 0 to 5 of the exercise's <- x || tok_emb + E_pos[:6]
        channel 0 <- E_pos[:6] + token_ids[:, None]
        reverser <- reverser.wpe[:6]
        rows 0 to 10 of the reverser's position table <- reverser.wpe
        sines <- sinusoids[:6]
        (11, 48) <- sinusoids
        slot number says which row <- range(6) || [0, 1, 2, 3, 4, 5] || np.arange(6)
        All numbers are 0 <- np.zeros((6, 48))
        one long row <- E_pos[:6].ravel()
        close <- E_pos[:6].round(2)
        multiplied <- E_pos[:6] * 2
        single number <- 6
        letters <- "CBABBC"
        parentheses <- position_embedding
        filled with the slot numbers <- np.repeat(np.arange(6), 48).reshape(6, 48)
        single row <- E_pos[:6].mean(axis=0)
        row 3, channel 4 <- changed(E_pos[:6], (3, 4), 9)
    """,
    "most_alike": """
        furthest apart <- np.unravel_index(distances(E_pos).argmax(), (11, 11))
        diagonal <- divmod(distances(E_pos).argmin(), 11) || (0, 0) || 0
        number of a cell <- apart.argmin()
        how far apart <- apart.min()
        counted from 1 <- [r + 1 for r in divmod(int(apart.argmin()), 11)]
        other model <- divmod(int((distances(reverser.wpe) + 9 * np.eye(11)).argmin()), 11)
        on the map <- on_the_map
        cosine <- divmod(int((cosines(E_pos) - 9 * np.eye(11)).argmax()), 11)
        dot product <- divmod(int((E_pos @ E_pos.T - 9 * np.eye(11)).argmax()), 11)
        table of numbers <- distances(E_pos) || E_pos[:2]
        of these 2 rows <- [7, 9] || [3, 2]
        nearest of each row <- apart.argmin(axis=1)
        2 rows are asked for <- [0, 1, 2]
        Not every <- [11, 12]
        distances <- [0.05, 0.04] || apart[3] || apart.min(axis=1)
        from the end <- [-1, -2]
        single row <- 3
        all rows <- range(11)
        letters <- ["A", "B"]
        text <- "none"
        empty <- []
        parentheses <- distances
    """,
    "read_and_written": """
        rows 0 to 5 of the exercise's position table <- E_pos[:6]
        rows 6 to 8 of the exercise's position table <- E_pos[6:9]
        rows 6 to 10 of the exercise's position table <- E_pos[6:]
        rows 9, 10 of the exercise's position table <- E_pos[9:]
        rows 0 to 10 of the exercise's position table <- E_pos
        rows 1 to 9 of the exercise's position table <- E_pos[1:10]
        rows 1 to 8 of the exercise's position table <- E_pos[1:9]
        rows 0 to 9 of the exercise's position table <- E_pos[:10]
        rows 0 to 7 of the exercise's position table <- E_pos[:8]
        rows of CBABBCABB in the sorter's token table <- E_tok[encode("CBABBCABB")]
        rows of CBABBCABB in the sorter's token table plus rows 0 to 8 of the <- E_tok[encode("CBABBCABB")] + E_pos[:9]
        reverser <- reverser.wpe[:9]
        sines <- sinusoids[:9]
        rows 8, 7, 6, 5, 4, 3, 2, 1, 0 of the exercise's position table <- E_pos[:9][::-1]
        rows 2, 1, 0, 1, 1, 2, 0, 1, 1 of the exercise's position table <- E_pos[encode("CBABBCABB")]
    """,
    "no_difference": """
        come out different <- [0, 2, 3]
        one layer <- [1, 2, 4]
        same letters <- [0, 2]
        Pair 3 does not <- [1, 3, 4] || [3] || 3
        counted from 1 <- [2, 5]
        single pair <- 1
        all pairs <- range(5)
        Pair 0 does not <- [0, 1]
        It is empty. The <- []
        read only once <- iter([])
    """,
    "deciding": """
        decides nothing <- ("CBABBC", 0) || ("AAAAAA", 1) || "CBABBC 0" || ("CBABBC", 2)
        what the model writes <- ("ABCABC", 1) || ("ABCABC", 2) || {"word": "ABCABC", "story": 2}
        There is no number <- "ABCABC" || ["ABCABC"] || list("ABCABC")
        no letters <- 0 || (0, 1) || ("", 0)
        There are 5 letters <- ("ABCAB", 0)
        There are 12 letters <- ("ABCABC", "CBACBA")
        no such story <- ("ABCABC", 3) || ("ABCABC", -1)
        Name one story <- ("ABCABC", "0 or 1") || ("ABCABC", 0, 1) || ("ABCABC", [0, 1, 2])
        which is not <- ("ABCABC", "not 1") || "ABCABC, story 1 is wrong"
        letters A, B and C only <- ("ABDABC", 0) || ("banana", 0)
    """,
    "follows": """
        single statement <- [0] || 4
        Statement 1 does not follow: only their <- [0, 1, 4] || [1]
        Statement 2 does not follow: the sorter <- [0, 2, 4]
        Statement 3 does not follow: the score <- [0, 3, 4] || [3]
        Statement 5 does not follow: this is one <- [0, 4, 5]
        all statements <- range(6)
        counted from 1 <- [1, 5]
        mask <- [True, False, False, False, True, False]
        they go from 0 to 5 <- [0, 4, 6]
    """,
    "averaged": """
        Nothing <- reverser.wpe
        Zero <- averaged(0)
        another group <- averaged(reverser.wpe.mean(axis=0)) || averaged(reverser.wpe[:6].mean(axis=0))
        one number <- averaged(reverser.wpe[1:4].mean())
        along each row <- averaged(reverser.wpe[1:4].mean(axis=1)[:, None])
        sum of the rows <- averaged(reverser.wpe[1:4].sum(axis=0))
        rows 0, 2, 2, 2, 4, 5, 6, 7, 8, 9, 10 of the exercise's position table <- averaged(reverser.wpe[2])
        one and the same row <- averaged(reverser.wpe[1:4].max(axis=0)) || averaged(E_pos[1:4].mean(axis=0))
        still differ <- averaged(reverser.wpe[1:4] - reverser.wpe[1:4].mean())
        rows 0, 3, 1, 2, 4, 5, 6, 7, 8, 9, 10 of the exercise's position table <- averaged(reverser.wpe[[3, 1, 2]])
        Every row has changed <- reverser.wpe - reverser.wpe[1:4].mean(axis=0)
        row 1, row 3 <- changed(reverser.wpe, [1, 3], reverser.wpe[[1, 3]].mean(axis=0))
        differs from the table of the exercise: row 1. <- changed(reverser.wpe, 1, reverser.wpe[1:4].mean(axis=0))
        Are these the rows <- changed(reverser.wpe, slice(1, 3), reverser.wpe[1:3].mean(axis=0))
        Are these the rows <- changed(reverser.wpe, slice(2, 5), reverser.wpe[2:5].mean(axis=0))
        rows 0, 4, 5, 6, 7, 8, 9, 10 of the exercise's position table <- np.delete(reverser.wpe, [1, 2, 3], axis=0)
        only what is new <- reverser.wpe[1:4].mean(axis=0)
        rows 1 to 3 of the exercise's position table <- reverser.wpe[1:4]
        only what is new <- [reverser.wpe[1:4].mean(axis=0)] * 3
        sorter <- E_pos || changed(E_pos, slice(1, 4), E_pos[1:4].mean(axis=0))
        token table <- reverser.wte
        sines <- sinusoids
        round nothing <- averaged(reverser.wpe[1:4].mean(axis=0)).round(3)
    """,
    "exchanged": """
        No row <- E_pos
        overwritten <- changed(E_pos, 6, E_pos[9]) || changed(E_pos, 9, E_pos[6])
        rows 0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 7 of the exercise's position <- E_pos[[0, 1, 2, 3, 4, 5, 6, 10, 8, 9, 7]]
        rows 0, 1, 2, 3, 4, 5, 6, 9, 8, 7, 10 of the exercise's position <- E_pos[[0, 1, 2, 3, 4, 5, 6, 9, 8, 7, 10]]
        rows 0, 1, 2, 3, 4, 5, 9, 8, 7, 6, 10 of the exercise's position <- E_pos[[0, 1, 2, 3, 4, 5, 9, 8, 7, 6, 10]]
        rows are 0 now <- changed(E_pos, [6, 9], 0)
        or their mean <- changed(E_pos, [6, 9], E_pos[[6, 9]].mean(axis=0))
        each other's numbers <- changed(E_pos, [6, 9], E_pos[[9, 6]] * 2)
        Every row has changed <- E_pos + E_pos[swap]
        rows 1, 2, 3, 4, 5, 6, 10, 8, 9, 7, 10 of the exercise's position <- E_pos[[1, 2, 3, 4, 5, 6, 10, 8, 9, 7, 10]]
        row 3, row 6, row 9 <- changed(E_pos[swap], 3, 0)
        rows 0, 1, 2, 3, 4, 5, 9, 6, 7, 8, 10 of the exercise's position <- E_pos[[0, 1, 2, 3, 4, 5, 9, 6, 7, 8, 10]]
        rows 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 of the exercise's position table <- E_pos[::-1]
        rows 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 of the exercise's position table <- np.roll(E_pos, 1, axis=0)
        Two channels <- E_pos[:, [*range(6), 9, 7, 8, 6, *range(10, 48)]]
        row numbers <- swap || [6, 9] || [9, 6]
        rows 6, 9 of the exercise's position table <- E_pos[[6, 9]]
        rows 9, 6 of the exercise's position table <- E_pos[[9, 6]]
        rows 0, 1, 2, 3, 4, 5, 7, 8, 10 of the exercise's position table <- np.delete(E_pos, [6, 9], axis=0)
        reverser <- reverser.wpe || reverser.wpe[swap]
        rows 1, 0, 2, 3, 4, 5, 9, 7, 8, 6, 10 of the exercise's position <- E_pos[[1, 0, 2, 3, 4, 5, 9, 7, 8, 6, 10]]
        sines <- sinusoids
        token table <- E_tok
    """,
    "equal_letters": """
        different letters <- (SORT.answers[:, 1] != SORT.answers[:, 4]).sum()
        that were given <- (SORT.inputs[:, 1] == SORT.inputs[:, 4]).sum()
        share <- 69 / 729
        percentage <- 6900 / 729
        all inputs <- 729
        or their letters <- 6 * 729
        0 and 3 or 2 and 5 <- (SORT.answers[:, 2] == SORT.answers[:, 5]).sum() || "96 of 729"
        0 and 3 or <- (SORT.answers[:, 0] == SORT.answers[:, 3]).sum()
        in other places <- (SORT.answers[:, 0] != SORT.answers[:, 3]).sum()
        True or False <- SORT.answers[:, 1] == SORT.answers[:, 4]
        numbers of the answers <- np.flatnonzero(SORT.answers[:, 1] == SORT.answers[:, 4])
        answers themselves <- SORT.answers[SORT.answers[:, 1] == SORT.answers[:, 4]]
        Which places <- 100
        that were given <- 486
        Nearly <- 68 || 70
        So few <- (SORT.answers[1] == SORT.answers[4]).sum() || (SORT.answers[:, 1] == 4).sum()
        added up <- SORT.answers[:, 1].sum() || (SORT.answers[:, 1] - SORT.answers[:, 4]).sum()
        True or False <- SORT.answers[:, 1] == SORT.answers[:, 4].sum()
        more than one number <- SORT.answers[:, [1, 4]]
    """,
    "sinusoid_row": """
        swapped <- waves(11 * w48).reshape(24, 2)[:, ::-1].ravel()
        row 10 <- sines_12[10]
        row 0 <- [0, 1] * 24
        row 3 <- sines_12[3]
        sines only <- np.repeat(np.sin(11 * w48), 2)
        cosines only <- np.repeat(np.cos(11 * w48), 2)
        All sines, or all cosines, <- [*np.sin(11 * w48), *np.cos(11 * w48)]
        or all cosines, come first <- [*np.cos(11 * w48), *np.sin(11 * w48)]
        share one angle <- [(np.sin, np.cos)[c % 2](11 * 10000 ** (-c / 48)) for c in range(48)]
        still 0 <- np.zeros(48)
        still 0 <- [sines_12[11][c] * (c % 2) for c in range(48)] || [sines_12[11][c] * (1 - c % 2) for c in range(48)]
        to 1 are right <- waves(11 * 10000.0 ** (-np.arange(24) / 48)) || waves(11 * 10000.0 ** (-np.arange(24) / 12))
        power <- waves(11 / w48)
        10000 <- waves(11 * 1000.0 ** (-np.arange(24) / 24)) || waves(11 * 1e5 ** (-np.arange(24) / 24))
        to 23 are right <- np.tile(sines_12[11, :24], 2)
        of the slot itself <- waves(22 * w48) || waves(11 * w48[::-1])
        squares add up to 1 <- sines_12[11] + 1 || sines_12[11] / 2
        row 1 <- waves(w48)
        degrees <- waves(np.radians(11 * w48))
        numbers of the channels <- waves(np.arange(0, 48, 2)) || np.arange(48)
        values of w <- w48 || np.repeat(w48, 2)
        are the angles <- 11 * w48
        Half <- np.sin(11 * w48) || np.cos(11 * w48)
        first two channels <- sines_12[11, :2]
        twice as long <- [*sines_12[11], *sines_12[11]]
        pairs <- sines_12[11].reshape(24, 2)
        two rows <- [np.sin(11 * w48), np.cos(11 * w48)]
        rows 0 to 10 of the table of sines and cosines <- sinusoids
        row 10 of the sorter's position table <- E_pos[10]
        row 10 of the reverser's position table <- reverser.wpe[10]
        sign <- -sines_12[11] || waves(-11 * w48)
        reverse order <- sines_12[11, ::-1]
        too few decimals <- sines_12[11].round(1) || sines_12[11].round(2)
        (47,) <- sines_12[11, :47]
        Channels 0 to 46 are right, channel 47 <- [*sines_12[11, :47], 0]
        single number <- 0
        text <- "sin(0), cos(0)"
        parentheses <- np.sin
        (6, 48) <- E_pos[:6]
    """,
    "cell": """
        A comma <- (0, 51)
        where to look <- (4, 7) || (7, 4) || (0, 7)
        Which row of each table <- 0.031 || 0.09
        rounded <- -0.01 || -0.005
        scaled <- 48 ** 0.5 * E_tok[0, 7] + E_pos[4, 7]
        row of B in channel 7 of the token table <- E_tok[1, 7]
        row of C in channel 7 of the token table <- E_tok[2, 7]
        row of A in channel 7 of the token table <- E_tok[0, 7]
        row 4 of channel 7 of the position table <- E_pos[4, 7]
        the two <- (E_tok[0, 7], E_pos[4, 7]) || [E_tok[0, 7], E_pos[4, 7]]
        subtracted <- E_tok[0, 7] - E_pos[4, 7] || E_pos[4, 7] - E_tok[0, 7]
        multiplied <- E_tok[0, 7] * E_pos[4, 7]
        sign <- 0.0051 || -(E_tok[0, 7] + E_pos[4, 7])
        mean <- (E_tok[0, 7] + E_pos[4, 7]) / 2
        row of A in channel 7 of the token table plus row 0 of channel 7 of the position <- E_tok[0, 7] + E_pos[0, 7]
        row of C in channel 7 of the token table plus row 3 of channel 7 of the position <- E_tok[2, 7] + E_pos[3, 7]
        row of C in channel 7 of the token table plus row 5 of channel 7 of the position <- E_tok[2, 7] + E_pos[5, 7]
        row of A in channel 7 of the token table plus row 3 of channel 7 of the position <- E_tok[0, 7] + E_pos[3, 7]
        beside <- E_tok[0, 6] + E_pos[4, 6] || E_tok[0, 8] + E_pos[4, 8]
        row of A in channel 7 of the token table plus row 5 of channel 7 of the position <- E_tok[0, 7] + E_pos[5, 7]
        row of C in channel 7 of the token table plus row 3 of <- input_embedding(encode("BACCAC"), E_tok, E_pos)[3, 7]
        swapped <- E_tok[0, 4] + E_pos[7, 4] || E_pos[7, 4]
        added up <- E_tok[:, 7].sum() + E_pos[4, 7] || E_tok[0, 7] + E_pos[:, 7].sum() || (E_tok[0] + E_pos[4]).sum()
        letter <- E_tok[2, 7] + E_pos[4, 7] || "A"
        row of B in channel 7 of the token table plus row 4 of channel 7 of the <- E_tok[1, 7] + E_pos[4, 7] || x[4, 7]
        row of A in channel 7 of the token table plus row 10 of channel 7 of the position <- E_tok[0, 7] + E_pos[10, 7]
        reverser <- reverser.wte[0, 7] + reverser.wpe[4, 7] || E_tok[0, 7] + reverser.wpe[4, 7]
        whole row <- E_tok[0] + E_pos[4] || input_embedding(encode("BACCAC"), E_tok, E_pos)[4]
        column or matrix <- E_tok[ids] + E_pos[:6]
        column or matrix <- (E_tok[ids] + E_pos[:6])[:, 7]
        channel of a whole table <- E_tok[:, 7] || E_pos[:, 7]
        added to itself <- E_tok[0, 7] + E_tok[0, 7]
        close <- -0.00508
        where to look <- 4 || 7 || 0
        point has slipped <- -0.051 || "-0,51" || -0.00051
        Which row <- 5
        number <- ("A", 4)
        channel <- E_tok[0, 4] + E_pos[4, 7]
        row of B in channel 7 of the token table plus row 0 of channel 7 of the position <- E_tok[1, 7] + E_pos[0, 7]
        parentheses <- print
    """,
    "input_embedding": """
        sines <- sinusoids[:6]
        rows 0 to 10 of the exercise's position table <- E_pos
        rows of ABCABC in the exercise's token table plus rows 0 to 5 of the <- E_tok[[0, 1, 2] * 2] + E_pos[:6]
        ids are added <- np.array(ids)[:, None] + E_pos[:6]
        added to itself <- E_pos[:6] * 2 || E_tok[ids] + E_tok[ids]
        the sum of all positions <- E_tok[ids] + E_pos[:6].mean(axis=0) || E_tok[ids] + E_pos.mean(axis=0)
        rows of BACCA in the exercise's token table plus rows 0 to 4 of the exercise's <- (E_tok[ids] + E_pos[:6])[:5]
        rows of BACCACA in the exercise's token table plus rows 0 to 6 of <- E_tok[[1, 0, 2, 2, 0, 2, 0]] + E_pos[:7]
        A mean or the sum <- E_tok[ids] + E_pos.sum(axis=0)
        rows of BACCAC in the exercise's token table plus rows 0, 2, 4, 6, 8, 10 of the <- E_tok[ids] + E_pos[:12:2]
        rows of ACBBCB in the exercise's token table plus rows 0 to 5 of the <- E_tok[[0, 2, 1, 1, 2, 1]] + E_pos[:6]
        mixes up the rows <- (E_tok[ids] + E_pos[:6]).T.reshape(6, 48)
        row of B in the exercise's token table plus row 0 of the exercise's position table <- E_tok[1] + E_pos[0]
        rows of BACCAC in the exercise's token table <- E_tok[ids]
        rows 0 to 5 of the exercise's position table <- E_pos[:6]
        subtracted <- E_tok[ids] - E_pos[:6] || E_pos[:6] - E_tok[ids]
        multiplied <- E_tok[ids] * E_pos[:6] || 2 * (E_tok[ids] + E_pos[:6])
        mean of the two <- (E_tok[ids] + E_pos[:6]) / 2
        rows of BACCAC in the exercise's token table plus rows 1, 0, 2, 2, 0, 2 of the <- E_tok[ids] + E_pos[ids]
        rows of BACCAC in the exercise's token table plus rows 1 to 6 of the exercise's <- E_tok[ids] + E_pos[1:7]
        rows of BACCAC in the exercise's token table plus rows 5 to <- E_tok[ids] + E_pos[5:] || E_tok[ids] + E_pos[-6:]
        rows of BACCAC in the exercise's token table plus rows 5, 4, 3, 2, 1, 0 of the <- E_tok[ids] + E_pos[:6][::-1]
        rows of CACCAB in the exercise's token table plus rows 0 to 5 of the exercise's <- E_tok[ids][::-1] + E_pos[:6]
        rows of BACCAC in the exercise's token table plus copies of row 0 of the exercise's <- E_tok[ids] + E_pos[0]
        rows of BACCAC in the exercise's token table plus copies of row 5 of the exercise's <- E_tok[ids] + E_pos[5]
        rows of AAAAAA in the exercise's token table plus rows 0 to 5 of the exercise's position <- E_tok[0] + E_pos[:6]
        rows of AABCCC in the exercise's token table plus rows 0 to 5 of the <- E_tok[sorted(ids)] + E_pos[:6]
        CBABBC <- x || E_tok[token_ids] + E_pos[:6] || tok_emb + pos_emb
        ABCCBC <- E_tok[[0, 1, 2, 2, 1, 2]] + E_pos[:6]
        row 5 <- E_tok[[1, 0, 2, 2, 0, 1]] + E_pos[:6]
        rows of CBAABA in the exercise's token table plus rows 0 to 5 of the <- E_tok[[2, 1, 0, 0, 1, 0]] + E_pos[:6]
        reverser <- reverser.wte[ids] + reverser.wpe[:6] || E_tok[ids] + reverser.wpe[:6]
        reverser <- reverser.wte[ids] + E_pos[:6]
        sines <- E_tok[ids] + sinusoids[:6]
        scaled <- E_tok[ids] * np.sqrt(48) + E_pos[:6]
        twice <- E_tok[ids] + E_pos[:6] + E_pos[:6]
        the two beside <- np.hstack([E_tok[ids], E_pos[:6]])
        the two beside, below <- np.vstack([E_tok[ids], E_pos[:6]])
        the two beside, below or behind each other <- np.stack([E_tok[ids], E_pos[:6]]) || (E_tok[ids], E_pos[:6])
        every slot <- E_tok[ids][:, None] + E_pos[:6]
        added to every slot <- E_tok[:, None] + E_pos
        multiplied <- E_tok[ids] @ E_pos[:6].T
        rows of ABC in the exercise's token table plus rows 0 to 2 of the exercise's position table <- E_tok + E_pos[:3]
        rows of AAAAAAAAAAA in the exercise's token table plus rows 0 to 10 of the exercise's <- E_pos + E_tok[0]
        swapped <- (E_tok[ids] + E_pos[:6]).T
        one long row <- (E_tok[ids] + E_pos[:6]).ravel()
        (5, 48) <- (E_tok[ids] + E_pos[:6])[:5]
        row of A in the exercise's token table plus row 4 of the exercise's position <- (E_tok[ids] + E_pos[:6])[4]
        added up <- (E_tok[ids] + E_pos[:6]).sum(axis=0)
        close <- (E_tok[ids] + E_pos[:6]).round(2)
        same amount <- (E_tok[ids] + E_pos[:6]) + 1
        an id or a slot number <- ids
        letters <- "BACCAC"
        slot numbers are added <- E_tok[ids] + np.arange(6)[:, None]
        row of C in the exercise's token table plus row 6 of the exercise's <- E_tok[ids] + E_pos[[0, 1, 2, 3, 4, 6]]
        All numbers are 0 <- np.zeros((6, 48))
        row 3, channel 4 <- changed(E_tok[ids] + E_pos[:6], (3, 4), 9)
        parentheses <- input_embedding || lambda ids: E_tok[ids] + E_pos[:6]
    """,
    "faults": """
        nothing about program_1 <- ["ABC"] * 5 || ["A", "AB", "ABC", "AB", "A"]
        nothing about program_3 <- ["B", "BA", "AB", "B", "AAAA"]
        nothing about program_5 <- ["B", "BA", "AA", "B", "ABC"]
        one to 6 letters, as many as the model reads, not 0 <- ["B", "BA", "AA", "B", ""]
        swapped <- ["B", "AA", "BA", "B", "AAAA"]
        program_5 and program_3 are swapped <- ["B", "BA", "AAAA", "B", "AA"]
        program_2 and program_5 are swapped <- ["B", "AAAA", "AA", "B", "BA"]
        not that of program_5 <- ["B", "BA", "AA", "B", "BBB"]
        not that of program_4 <- ["B", "BA", "AA", "AA", "AAAA"] || ["B", "BA", "AA", "ABCA", "AAAA"]
        for program_2. <- ["B", "BAB", "AA", "B", "AAAA"]
        for program_1, program_3, program_4. <- ["CBABBC", "BA", "AAB", "CB", "AAAA"]
        5 words are asked for, one for each program, and this is 1. <- "B" || 7 || ["CACACA"]
        and this is 48 <- programs[0]("A")
        and this is 4 <- ["B", "BA", "AA", "B"] || "B BA AA B"
        and this is 6 <- ["B", "BA", "AA", "B", "AAAA", "A"]
        letters A, B and C <- ["B", "BA", "AA", "D", "AAAA"] || ["yes"] * 5
        one to 6 <- ["B", "BA", "AA", "B", "CBABBCA"]
        only looks like <- ["В", "ВА", "AA", "В", "AAAA"]
        0, 1 and 2 <- [3, 3, 3, 3, 3] || [1, 2, 3, 4, 5]
        parentheses <- programs || programs[3]
    """,
    "nudge": """
        slot 0, channel 1 does not change it <- (0, 1, 0.3)
        so small a nudge <- (5, 3, 0) || (0, 0, -0.05)
        still answers AABCCC <- (0, 0, 0.3)
        the nudge comes last <- (0.3, 4, 7) || (4, 7.5, 0.3)
        this holds 2 <- (4, 7)
        large nudge <- (0, 0, -5) || (0, 0, 0.31) || (0, 0, 1e300)
        no cell <- (6, 0, 0.3) || (-1, 0, 0.3) || (0, 48, 0.3)
        three numbers <- (0, 0) || 0.3 || [(0, 0, -0.3)] * 2 || "no" || ("A", 0, 0.3) || x
    """,
    "pairs": """
        slots 0 to 10. <- [("A", 11)] * 3
        nearest <- [(near(E_tok, vector), near(E_pos, vector)) for vector in vectors]
        below 0 <- largest
        that of vector 0 <- [solved[0]] * 3
        whole rows <- vectors.tolist() || vectors
        two things <- ["A", "B", "C"] || [0, 1, 2] || [t for t, s in solved] || [s for t, s in solved]
        single pair <- ("A", 0)
        vector 0 <- [("A", 0)] * 3
        vector <- [("A", 0), ("B", 1), ("C", 2)]
        swapped <- [(s, t) for t, s in solved]
        counted from 1 <- [(t, s + 1) for t, s in solved]
        amounts <- [(t, s + 3) for t, s in solved] || np.linalg.lstsq(both.T, vectors.T, rcond=None)[0]
        amounts <- np.linalg.lstsq(both.T, vectors[0], rcond=None)[0]
        ids are counted from 1 <- [(t + 1, s) for t, s in solved]
        Both <- [(t + 1, s + 1) for t, s in solved]
        wrong order <- solved[::-1]
        3 vectors <- solved[:2] || solved + solved[:1]
        together <- list(zip(*solved)) || ([t for t, s in solved], [s for t, s in solved])
        single pair <- solved[0]
        letters A, B and C <- [("X", s) for t, s in solved] || "no idea"
        no letter with a slot <- [("A", 11), ("A", 12), ("A", 13)] || [("A", -1), ("A", -2), ("A", -3)]
        none of the slots <- [(t, (s + 5) % 11) for t, s in solved]
        none of the letters <- [((t + 1) % 3, s) for t, s in solved]
        vector 2 <- [*solved[:2], (solved[2][0], 10 - solved[2][1])]
        shape is (3, 3) <- [(t, s, 1) for t, s in solved]
        neither <- [((t + 1) % 3, (s + 5) % 11) for t, s in solved]
        asks for <- vectors[0]
        single number <- 5
        parentheses <- zip
    """,
    "hidden_shift": """
        still -0.88: all must be below -0.9 <- (E_tok + 0.07 * v, E_pos - 0.07 * v)
        nothing has moved <- (E_tok, E_pos) || sorter
        lose exactly <- (E_tok + v, E_pos - v - 0.001 * np.eye(48)[3]) || (E_tok + v + 1e-3 * np.eye(48)[0], E_pos - v)
        position table is multiplied by -1 <- (E_tok, -E_pos)
        token table is multiplied by -1 <- (-E_tok, E_pos) || (-E_tok, -E_pos)
        Only one table <- (E_tok + v, E_pos) || (E_tok, E_pos - v)
        same way <- (E_tok + v, E_pos + v) || (E_tok - v, E_pos - v)
        do not cancel <- (E_tok + v, E_pos - 2 * v) || (E_tok + v, E_pos - v / 2)
        multiplied by 2: <- (E_tok * 2, E_pos) || (E_tok * 2, E_pos * 2) || (E_tok * 2, E_pos / 2)
        swapped <- (E_pos - v, E_tok + v)
        cosine is still <- (E_tok + 0.01 * v, E_pos - 0.01 * v) || (E_tok + 0.01, E_pos - 0.01)
        cosine is still <- (E_tok + 5, E_pos + 5) || (E_tok + 5, E_pos)
        last digits <- (E_tok + 1e7 * v, E_pos - 1e7 * v)
        token table <- (E_tok + np.random.default_rng(0).normal(size=(3, 48)), E_pos - v)
        position table <- (E_tok + v, E_pos - np.random.default_rng(0).normal(size=(11, 48)))
        moved <- (np.ones((3, 48)), -np.ones((11, 48))) || (reverser.wte, reverser.wpe)
        all zeros <- (0 * E_tok, 0 * E_pos)
        pair <- E_tok + v || v || (E_tok + v,) || np.vstack([E_tok + v, E_pos - v]) || (E_tok + v, E_pos - v, 1)
        pair <- 729 || "E_tok + v, E_pos - v" || score(sorter, SORT)
        has 48 rows, and 3 are needed <- (v, -v) || (E_tok[0] + v, E_pos[0] - v) || (E_tok.T + 1, E_pos.T - 1)
        three dots <- (E_tok + v, ...)
        nan <- (E_tok + np.nan, E_pos)
        too large <- (np.float64(E_tok) + 1e300, np.float64(E_pos) - 1e300)
    """,
    "colliding_tables": """
        closest two sums are 1 apart <- ([0, 11, 22], range(11))
        a single table <- E_tok || []
        without the quotes <- "E_tok, E_pos"
        sum of its own <- (E_tok, E_pos) || ([0, 11, 22], range(11))
        near, but not equal <- ([0, 10.001, 30], range(11)) || ([0, 10 + 1e-6, 30], range(11))
        token table are equal <- ([0, 0, 1], range(11))
        position table are equal <- ([0, 1, 2], [0] * 11)
        all 0 <- (np.zeros((3, 1)), np.zeros((11, 1)))
        10 rows, and 11 <- ([0, 1, 2], range(10))
        2 rows, and 3 <- ([0, 1], range(11))
        swapped <- (range(11), [0, 1, 2])
        2 and 3 channels <- (np.zeros((3, 2)), np.zeros((11, 3)))
        Rows and columns <- (np.ones((2, 3)), np.ones((2, 11)))
        12 rows, and 11 <- ([0, 1, 2], range(12))
        pair <- [0, 1, 2] || ([0, 1, 2],) || ([0, 1, 2], range(11), 3) || E_tok || "no"
        letters <- ("ABC", range(11))
        two axes <- (3, 11) || (np.zeros((3, 2, 2)), np.zeros((11, 2, 2)))
        three dots <- ([0, 1, ...], range(11))
        different lengths <- ([[0], [1, 2], [3]], range(11))
        near <- ([0, 1e-3, 2], np.arange(11) * 5)
        parentheses <- len
    """,
    "folded": """
        rows 0 to 7 of english.wpe <- english.wpe[:8]
        copies of row 1 of the segment table plus rows 0 to 7 of english.wpe <- english.wpe[:8] + english.wse[1]
        or the wrong one <- english.wpe[:8] + english.wse.sum(axis=0) || english.wpe[:8] + english.wte[0]
        subtracted <- english.wpe[:8] - english.wse[0]
        or the wrong one <- english.wpe[:8] + 1
        added twice <- english.wpe[:8] + 2 * english.wse[0]
        multiplied <- english.wpe[:8] * english.wse[0]
        below the table <- np.vstack([english.wpe[:8], english.wse[0]]) || np.vstack([english.wpe[:8], english.wse])
        Slot 1 is the first <- changed(english.wpe[:8], 0, english.wpe[0] + english.wse[0])
        rows 0, 1 of the segment table <- english.wse
        row 0 of the segment table <- english.wse[0]
        copies of row 0 of the segment table <- np.tile(english.wse[0], (8, 1))
        swapped <- (english.wpe[:8] + english.wse[0]).T
        close <- (english.wpe[:8] + english.wse[0]).round(2)
        copies of row 0 of the segment table plus rows 7, 6, 5, 4, 3, 2, 1, <- (english.wpe[:8] + english.wse[0])[::-1]
        copies of row 0 of the segment table plus rows 1 to 8 of english.wpe <- english.wpe[1:9] + english.wse[0]
        copies of row 0 of the segment table plus rows 504 to 511 of english.wpe <- english.wpe[-8:] + english.wse[0]
        rows 1 to 8 of english.wpe <- english.wpe[1:9]
        rows of words <- english.wte[:8] + english.wpe[:8]
        copies of row 0 of the segment table plus rows 0 to 7 of english.wte <- english.wte[:8] + english.wse[0]
        rows 0 to 7 of english.wte <- english.wte[:8]
        copies of row 0 of the segment table plus rows 0 to 5 of english.wpe <- english.wpe[:6] + english.wse[0]
        the two beside <- np.hstack([english.wpe[:8], np.tile(english.wse[0], (8, 1))])
        own number <- english.wpe[:8] + english.wse[0].mean()
        row 0 of the segment table plus row 0 of english.wpe <- english.wpe[0] + english.wse[0]
        far more numbers <- english.wpe + english.wse[0]
        copies of row 0 of the segment table plus copies of row 0 of <- english.wpe[[0] * 8] + english.wse[0]
    """,
    "broadcasts": """
        stops with an error <- [2] || [1, 2, 3, 5] || [1, 2, 3, 4, 5] || 4 || [4, 1, 3, 5]
        order of adding <- [0, 1, 3, 5] || 0
        not all are there <- [1, 3] || [5, 3]
        is asked for <- [1] || 3
        all lines <- range(6)
        counted from 1 <- [2, 4, 6]
        more than once <- [1, 1, 3, 5]
        from 0 to 5 <- [1, 3, 7]
        mask <- [False, True, False, True, False, True]
        text <- "the second and the fourth"
        nothing else <- "1, 3, 5, not 4" || "1, 3 and 5 but not 4" || {1: "yes", 3: "yes", 5: "yes", 4: "no"}
    """,
    "evidence": """
        hidden shift <- [0, 2, 4] || [0] || [0, 1, 2, 3, 4, 5]
        expect if the claim is true <- [1, 2, 4] || [3, 4] || [2, 5] || 5
        can be distinct <- [2, 4, 6] || 6
        single finding <- 2 || [2] || [4]
        counted from 1 <- [3, 5]
        all findings <- range(7)
        from 0 to 6 <- [2, 8]
        text <- "the overlap"
        nothing else <- "2 but not 4" || "not 2, 4"
    """,
}
RIGHT = {
    "look_up": """
        E_tok[w] || E_tok[w].tolist() || tuple(map(tuple, E_tok[w].tolist()))
        [E_tok["ABC".index(letter)] for letter in "ACBBAB"] || (E_tok[i] for i in w) || map(lambda i: E_tok[i], w)
        E_tok[w].astype(np.float16) || E_tok[w].astype(str).tolist() || E_tok[w].round(5)
        E_tok[w].astype(object) || E_tok[w].astype(np.float64) || np.matrix(E_tok[w]) || np.ma.masked_array(E_tok[w])
        E_tok[w] + 0j || dict(enumerate(E_tok[w])) || dict(enumerate(E_tok[w])).values() || iter(E_tok[w])
        np.take(E_tok, w, axis=0) || token_embedding(encode("ACBBAB"), E_tok)
        [[f"{number:.4f}" for number in row] for row in E_tok[w]] || E_tok.round(4)[w]
    """,
    "one_hot": """
        ones || ones.astype(bool) || ones.astype(int).tolist() || ones.astype(int).astype(str) || ones[None]
        [[1 if i == j else 0 for j in range(3)] for i in w] || (np.eye(3)[i] for i in w)
        ["1 0 0", "0 0 1", "0 1 0", "0 1 0", "1 0 0", "0 1 0"] || np.array(w)[:, None] == np.arange(3)
        np.matrix(ones) || ["100", "001", "010", "010", "100", "010"] || "100 001 010 010 100 010"
        np.array(["100", "001", "010", "010", "100", "010"]) || "100, 001, 010, 010, 100, 010"
    """,
    "matmul": """
        ones @ E_tok || (ones @ E_tok).tolist() || [row @ E_tok for row in ones] || (ones @ E_tok).astype(np.float16)
        (E_tok.T @ ones.T).T || np.einsum("ij,jk->ik", ones, E_tok) || (row @ E_tok for row in ones)
        ones.astype(np.float32) @ E_tok
    """,
    "identical_slots": """
        [0, 3, 4] || (0, 3, 4) || {0, 3, 4} || [4, 0, 3] || [0.0, 3.0, 4.0] || ["0", "3", "4"] || "0, 3, 4" || "0 3 4"
        "034" || "slots 0, 3 and 4" || np.where(encode("CABCCB") == 2) || np.argwhere(encode("CABCCB") == 2)
        np.flatnonzero(encode("CABCCB") == 2) || [[0, 3, 4]] || ([0, 3, 4],) || [[0], [3], [4]] || {"C": [0, 3, 4]}
        {0: "C", 3: "C", 4: "C"} || (slot for slot, letter in enumerate("CABCCB") if letter == "C")
        filter(lambda slot: "CABCCB"[slot] == "C", range(6)) || {0: None, 3: None, 4: None}.keys()
        frozenset([0, 3, 4]) || np.array(["0", "3", "4"]) || dict(enumerate("CABCCB")) || np.float16([0, 3, 4])
    """,
    "lost_names": """
        "R?Q" || "r?q" || ["R", "?", "Q"] || ("R", None, "Q") || "R ? Q" || "R, ?, Q" || list("R?Q") || b"R?Q"
        {0: "R", 1: "?", 2: "Q"} || {"model 2": "Q", "model 0": "R", "model 1": "?"} || np.array(["R", "?", "Q"])
        ["R", "unknown", "Q"] || "R/?/Q" || [["R"], ["?"], ["Q"]] || (name for name in "R?Q") || ["R", "None", "Q"]
        "model 0: R, model 1: ?, model 2: Q"
    """,
    "opposite": """
        "up" || "Down" || " left " || ["weak"] || ("peace", "war") || ("war", "peace") || "peace - war"
        "hate, love" || np.array("true") || {"low": "high"} || english.nearest("up", n=1, leave_out=True) || b"black"
        {"wet"} || "'off'" || "hate and love"
    """,
    "cosines": """
        [-0.16, -0.54, 0.01] || (-0.16, -0.54, 0.01) || ["-0.16", "-0.54", "0.01"] || "-0.16, -0.54, 0.01"
        "[-0.16 -0.54 0.01]" || [unit[0] @ unit[1], unit[0] @ unit[2], unit[1] @ unit[2]]
        cosines(E_tok)[np.triu_indices(3, 1)] || cosines(E_tok)[np.triu_indices(3, 1)].reshape(3, 1)
        [[-0.16, -0.54, 0.01]] || (unit[i] @ unit[j] for i, j in [(0, 1), (0, 2), (1, 2)])
        {"A-B": -0.16, "A-C": -0.54, "B-C": 0.01} || {-0.16, -0.54, 0.01}
        ["\N{MINUS SIGN}0.16", "\N{MINUS SIGN}0.54", "0.01"]
        [np.array([-0.16]), np.array([-0.54]), np.array([0.01])] || {"B-C": 0.01, "A-B": -0.16, "A-C": -0.54}
        "A-B: -0.16, A-C: -0.54, B-C: 0.01" || {("B", "A"): -0.16, ("C", "A"): -0.54, ("C", "B"): 0.01}
        np.float16(cosines(E_tok)[[0, 0, 1], [1, 2, 2]]) || cosines(E_tok)[[0, 0, 1], [1, 2, 2]].round(3)
    """,
    "parameter_count": """
        50257 * 768 || 38597376 || 38_597_376 || 38597376.0 || np.int64(38597376) || "38597376" || "38,597,376"
        "38_597_376" || "38.597.376" || " 38 597 376 " || (38, 597, 376) || [38597376] || (38597376,) || {38597376}
        np.array([[38597376]]) || 3.8597376e7 || {"token table": 38597376} || (n for n in [38597376])
        np.zeros((50257, 768), bool).size
    """,
    "position_count": """
        1024 * 768 || 786_432 || "786,432" || (786, 432) || [786432] || 768 * 2 ** 10
    """,
    "positions": """
        E_pos[:6] || E_pos[0:6] || E_pos[range(6)] || E_pos[np.arange(6)] || [E_pos[slot] for slot in range(6)]
        (E_pos[slot] for slot in range(6)) || E_pos[:6].tolist() || E_pos[:6][np.newaxis] || E_pos[:-5]
        position_embedding(6, E_pos) || np.eye(11)[:6] @ E_pos || E_pos[:6].astype(str)
        [row for row, letter in zip(E_pos, "CBABBC")] || np.matrix(E_pos)[:6]
    """,
    "most_alike": """
        divmod(apart.argmin(), 11) || divmod(apart.argmin(), 11)[::-1] || list(divmod(int(apart.argmin()), 11))
        set(divmod(int(apart.argmin()), 11)) || np.unravel_index(apart.argmin(), apart.shape)
        [str(row) for row in divmod(int(apart.argmin()), 11)] || "%d and %d" % divmod(int(apart.argmin()), 11)
        "{},{}".format(*divmod(int(apart.argmin()), 11)) || [divmod(int(apart.argmin()), 11)]
        np.argwhere(apart == apart.min())[0] || np.argwhere(apart == apart.min())
    """,
    "read_and_written": """
        E_pos[:9] || E_pos[range(9)] || position_embedding(9, E_pos) || E_pos[:9].tolist() || E_pos[:-2]
    """,
    "no_difference": """
        [1, 4] || (4, 1) || {1, 4} || "1, 4" || "1 and 4" || np.array([1, 4])
    """,
    "averaged": """
        averaged(reverser.wpe[1:4].mean(axis=0)).round(5) || averaged(reverser.wpe[1:4].mean(axis=0)).astype(np.float16)
        averaged(reverser.wpe[1:4].mean(axis=0)) || averaged(np.mean(reverser.wpe[1:4], 0)).tolist()
    """,
    "exchanged": """
        E_pos[swap] || np.eye(11)[swap] @ E_pos || [E_pos[row] for row in swap] || E_pos[swap].tolist()
        E_pos[swap].astype(np.float16) || np.matrix(E_pos)[swap] || {slot: E_pos[row] for slot, row in enumerate(swap)}
    """,
    "equal_letters": """
        (SORT.answers[:, 1] == SORT.answers[:, 4]).sum() || 69 || "69" || sum(a[1] == a[4] for a in SORT.answers)
        "69 of 729" || "69 out of 729" || "69/729" || [69] || 69.0
    """,
    "deciding": """
        ("ABCABC", 0) || (0, "ABCABC") || ["ABCABC", "0"] || "ABCABC 0" || "abcabc, 0" || {"word": "ABCABC", "story": 0}
        ([0, 1, 2, 0, 1, 2], 0) || (list("ABCABC"), 0) || {0: "ABCABC"} || {"ABCABC": 0} || "A B C A B C: story 0"
        ("CCCABC", 0) || (encode("ABCABC"), np.int64(0)) || [("ABCABC", 0)] || (("ABCABC"), (0,)) || 'story 0, "ABCABC"'
    """,
    "follows": """
        [0, 4] || (4, 0) || {0, 4} || "0, 4" || "0 and 4" || np.array([4, 0]) || [0.0, 4.0] || ["0", "4"] || [[0], [4]]
    """,
    "sinusoid_row": """
        sines_12[11] || sines_12[11:] || waves(11 * w48) || sines_12[11].round(4) || sines_12[11].tolist()
        sines_12[11].astype(np.float16) || [f"{n:.5f}" for n in sines_12[11]] || (n for n in sines_12[11])
        [(np.sin, np.cos)[c % 2](11 / 10000 ** (c // 2 * 2 / 48)) for c in range(48)]
    """,
    "cell": """
        E_tok[0, 7] + E_pos[4, 7] || -0.0051 || "-0.0051" || "-0,0051" || "\N{MINUS SIGN}0.0051" || [-0.0051]
        (-0.0051,) || -0.0032 + -0.0019 || (E_tok[ids] + E_pos[:6])[4, 7] || sum([E_tok[0, 7], E_pos[4, 7]])
        np.float64(-0.0051) || E_tok[0, 7:8] + E_pos[4, 7:8] || -51e-4
    """,
    "input_embedding": """
        E_tok[ids] + E_pos[:6] || E_pos[:6] + E_tok[ids]
        [E_tok[token] + E_pos[slot] for slot, token in enumerate(ids)]
        (E_tok[token] + E_pos[slot] for slot, token in enumerate(ids)) || (E_tok[ids] + E_pos[:6]).tolist()
        (E_tok[ids] + E_pos[:6])[None] || input_embedding(encode("BACCAC"), E_tok, E_pos)
        np.add(E_tok[ids], E_pos[:6]) || np.eye(3)[ids] @ E_tok + E_pos[:6] || sum([E_tok[ids], E_pos[:6]])
        (E_tok[ids] + E_pos[:6]).astype(str) || np.matrix(E_tok[ids] + E_pos[:6]) || map(np.add, E_tok[ids], E_pos)
        E_tok[ids].astype(float) + E_pos[:6]
    """,
    "faults": """
        ["B", "BA", "AA", "B", "AAAA"] || ("C", "CB", "CC", "C", "BCBA") || ["b", "ba", "aa", "c", "abca"]
        {1: "B", 2: "BA", 3: "AA", 4: "B", 5: "AAAA"} || {2: "BA", 1: "B", 3: "AA", 5: "AAAA", 4: "B"}
        {"program_1": "B", "program_2": "BA", "program_3": "AA", "program_4": "B", "program_5": "AAAA"}
        {program: word for program, word in zip("12345", ["B", "BA", "AA", "B", "AAAA"])}
        [(1, "B"), (2, "BA"), (3, "AA"), (4, "B"), (5, "AAAA")] || list(enumerate(["B", "BA", "AA", "B", "AAAA"]))
        [(2, "BA"), (1, "B"), (3, "AA"), (4, "B"), (5, "AAAA")]
        "B BA AA B AAAA" || "B, BA, AA, B, AAAA" || "b/ba/aa/b/aaaa" || "['B', 'BA', 'AA', 'B', 'AAAA']"
        [["B"], ["B", "A"], ["A", "A"], ["B"], ["A", "A", "A", "A"]] || [list(w) for w in "B BA AA B AAAA".split()]
        [[1], [1, 0], [0, 0], [1], [0, 0, 0, 0]] || [encode(w) for w in ["B", "BA", "AA", "B", "AAAA"]]
        ["B", "B A", "A,A", "'B'", "A-A-A-A"] || np.array(["B", "BA", "AA", "B", "AAAA"])
        (word for word in ["B", "BA", "AA", "B", "AAAA"]) || [["B", "BA", "AA", "B", "AAAA"]]
        map(str, "C CA BB B CCCC".split())
        [1, [1, 0], "AA", "B", "AAAA"]
    """,
    "nudge": """
        (0, 0, -0.3) || [0, 0, -0.3] || (4, 2, -0.3) || (4, 7, 0.3) || ("0", "0", "-0.3") || "0, 0, -0.3"
        ((0, 0), -0.3) || {(0, 0): -0.3} || "slot 0, channel 0, nudge -0.3" || {"nudge": -0.3, "slot": 0, "channel": 0}
        np.array([0, 0, -0.3]) || {"slot": 0, "channel": 0, "nudge": -0.3} || [[0, 0, -0.3]]
        (0.0, 0, np.float32(-0.3)) || np.float16([0, 0, -0.3])
    """,
    "folded": """
        english.wpe[:8] + english.wse[0] || (english.wpe[:8] + english.wse[0]).tolist()
        english.wse[0] + english.wpe[:8] || english.wse[0][None] + english.wpe[:8]
        [row + english.wse[0] for row in english.wpe[:8]] || (english.wpe + english.wse[0])[:8]
        english.wpe[:8].astype(float) + english.wse[:1] || [english.wpe[:8] + english.wse[0]]
    """,
    "broadcasts": """
        [1, 3, 5] || (5, 3, 1) || {1, 3, 5} || "1, 3, 5" || np.array([1, 3, 5]) || ["1", "3", "5"] || "lines 1, 3 and 5"
        [[1], [3], [5]] || (i for i in (1, 3, 5)) || [1.0, 3.0, 5.0]
    """,
    "evidence": """
        [2, 4] || (4, 2) || {2, 4} || "2 and 4" || np.array([4, 2]) || ["2", "4"] || range(2, 5, 2) || "2, 4"
    """,
    "pairs": """
        solved || tuple(solved) || [("ABC"[t], s) for t, s in solved] || [("abc"[t], s) for t, s in solved]
        [["ABC"[t], str(s)] for t, s in solved] || np.array([["ABC"[t], str(s)] for t, s in solved])
        ", ".join(f"{'ABC'[t]}{s}" for t, s in solved) || "; ".join(f"{'abc'[t]} in slot {s}" for t, s in solved)
        np.array(solved) || zip(["ABC"[t] for t, s in solved], [s for t, s in solved]) || zip(*zip(*solved))
        [f"{'ABC'[t]}{s}" for t, s in solved] || [f"{'ABC'[t]} {s}" for t, s in solved]
        [f"({'ABC'[t]}, {s})" for t, s in solved] || ", ".join(f"({'ABC'[t]}, {s})" for t, s in solved)
        [thing for t, s in solved for thing in ("ABC"[t], s)] || {i: ("ABC"[t], s) for i, (t, s) in enumerate(solved)}
        {i: ("ABC"[t], s) for i, (t, s) in enumerate(solved)}.values() || {(t, s) for t, s in solved} || [solved]
        [f"{'ABC'[t]}, slot {s}" for t, s in solved] || [("ABC"[t], f"slot {s}") for t, s in solved]
        (pair for pair in solved) || [(float(t), float(s)) for t, s in solved]
        [(str(t), str(s)) for t, s in solved] || [({"ABC"[t]: s}.popitem()) for t, s in solved]
        list(zip(np.linalg.lstsq(both.T, vectors.T, rcond=None)[0][:3].argmax(0), [s for t, s in solved]))
    """,
    "hidden_shift": """
        (E_tok + v, E_pos - v) || [E_tok + v, E_pos - v] || (E_tok - v, E_pos + v) || (E_tok + 5, E_pos - 7)
        (E_tok + 1, E_pos - 1) || (E_tok - 3, E_pos + 4) || (E_tok + 100 * v, E_pos - 100 * v)
        ((E_tok + v).tolist(), (E_pos - v).tolist()) || {"wte": E_tok + v, "wpe": E_pos - v}
        sorter.with_tables(E_tok + v, E_pos - v) || ((E_tok + v, E_pos - v),)
        (table for table in (E_tok + v, E_pos - v)) || (E_tok + v + 0.2, E_pos - v - 0.3)
        (np.matrix(E_tok + v), np.matrix(E_pos - v)) || ((E_tok + v).astype(np.float16), (E_pos - v).astype(np.float16))
    """,
    "colliding_tables": """
        ([0, 1, 2], range(11)) || ([0, 1, 2], list(range(11))) || (np.arange(3), np.arange(11))
        (np.arange(3)[:, None], np.arange(11)[:, None]) || ([[0], [1], [2]], [[slot] for slot in range(11)])
        ([[0, 1, 2]], [range(11)]) || {"tokens": [0, 1, 2], "positions": range(11)} || (["0", "1", "2"], range(11))
        ("0 1 2", "0 1 2 3 4 5 6 7 8 9 10") || ((0, 1, 2), (slot for slot in range(11)))
        ([0, 0.1, 0.2], np.arange(11) / 10)
        (np.ones((3, 48)) * np.arange(3)[:, None], np.ones((11, 48)) * np.arange(11)[:, None])
        [[0, 10, 5], range(11)] || (changed(E_tok, 1, E_tok[0] + E_pos[1] - E_pos[0]), E_pos)
    """,
}
ODD = """
    ... || None || [] || () || {} || set() || "" || " " || "..." || True || False || 1j || b"cba" || float("nan")
    -np.inf || [...] || [None, None] || [1, ...] || [[1, 2], [3]] || [[], []] || [[[[[[[[1]]]]]]]] || 10**400
    [10**400, 1] || 2**63 || -0.0 || print || len || np.ndarray || np || math || sorter || SORT || object()
    Exception("no") || SimpleNamespace(a=1) || type || int || lambda: 3 || E_tok.sum || E_tok.shape || E_tok[:0]
    np.zeros((0, 48)) || np.zeros(()) || np.zeros((1,) * 9) || np.zeros((6, 48, 2))
    np.array([1, "a", None], dtype=object) || np.array(["no", "words"]) || np.array([[1, 2], [3, 4]], dtype="i4,f4")
    slice(6) || np.datetime64("2026-01-01") || np.zeros(3, "M8[s]") || np.ma.masked_all((6, 48))
    np.ma.masked_all(3) || np.full((6, 48), np.nan) || itertools.count() || itertools.repeat("A")
    (1 / 0 for _ in range(3)) || (E_tok[i] for i in [5]) || iter([]) || zip() || map(len, [1]) || "yes"
    "I do not know" || "A" || "5 5 5 5" || ["words", "words"] || {"a": {"b": 1}} || {1: None} || [{1, 2}, {3}]
    "1e999" || "-" || (1, "AAA", ...) || ("A", None) || [("A", 0), ("B",), 3] || [print, print] || np.eye(3) * 1e300
    np.eye(200) || "\\n" || "\N{SNOWMAN}" || (E_tok, E_pos, None) || (None, E_pos) || (E_tok, print)
    (E_tok, "E_pos") || ([], []) || (1, 2) || (np.nan, np.inf) || ("", "") || range(10**9) || (E_tok.T, E_pos.T)
    [np.zeros((3, 48)), np.zeros((11, 48))] || (np.zeros((3, 0)), np.zeros((11, 0))) || "4" * 5000
    check.look_up(..., WORD_3, E_tok) || decode || open || [sorter] || (sorter, sorter) || ((1, 2), (3, 4), (5, 6))
    "0x10" || "None" || "٣" || (E_tok, "E_pos", 3)
"""


AT_HAND["solved"] = [(int(t), int(s)) for t, s in zip(*anonymous_sums(E_tok, E_pos, n_sums=3, seed=40)[1:])]
AMOUNTS = np.split(np.linalg.lstsq(both.T, vectors.T, rcond=None)[0], [3])  # (3, 3), (11, 3)
AT_HAND["largest"] = list(zip(*(each.argmax(axis=0) for each in AMOUNTS)))
NAMED = [
    (name, code, words)
    for name, text in WRONG.items()
    for line in text.strip().splitlines()
    for words, codes in [line.strip().split(" <- ")]
    for code in codes.split(" || ")
]
LITERAL = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|[-+]?\d[\d_]*(?:\.\d+)?|\"[^\"]*\"|'[^']*'")


def typed(code):
    """What a learner gets who types this behind `answer = `."""
    return eval(code.strip(), AT_HAND)


def separate(text):
    return [code for line in text.strip().splitlines() for code in line.split(" || ")]


def judged(name, answer):
    """Judge an answer that is wrong. No verdict may hold anything that would be right."""
    verdict = CHECKS[name](answer)
    assert verdict.right in (False, None) and not verdict, verdict
    assert verdict.message.startswith("Not yet. " if verdict.right is False else "Not answered yet. ")
    assert verdict.message[-1] in ".?)", verdict.message
    for said in LITERAL.findall(verdict.message):
        with contextlib.suppress(ValueError, SyntaxError):
            assert not CHECKS[name](ast.literal_eval(said)), (said, verdict)
    return verdict.message


def test_a_cell_shows_the_message_and_only_a_right_answer_counts_as_true():
    verdicts = [check.look_up(answer, WORD_3, E_tok) for answer in (E_tok[WORD_3], 3, ...)]
    assert [repr(verdict).partition(".")[0] for verdict in verdicts] == ["Right", "Not yet", "Not answered yet"]
    assert [str(verdict) for verdict in verdicts] == [verdict.message for verdict in verdicts]
    assert [bool(verdict) for verdict in verdicts] == [True, False, False]


@pytest.mark.parametrize(("name", "code", "words"), NAMED)
def test_a_wrong_answer_is_named(name, code, words):
    assert words in judged(name, typed(code))


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_in_plain_disguise_is_right(name):
    for code in separate(RIGHT[name]):
        verdict = CHECKS[name](typed(code))
        assert verdict.right is True and verdict.message.startswith("Right. "), (code, verdict)


@pytest.mark.parametrize("name", CHECKS)
def test_no_odd_answer_raises_or_passes(name):
    for code in separate(ODD):
        judged(name, typed(code))


@pytest.mark.parametrize("name", CHECKS)
def test_dots_and_none_are_no_answer_and_no_mistake(name):
    for answer in (..., None, [...], [1, None], (E_tok, ...)):
        assert CHECKS[name](answer).right is None


def test_each_sentence_of_a_table_is_reached_and_hidden_by_no_other():
    """By one of its arrays at least: two mistakes can happen to be the same numbers in one table, not in all."""
    hidden = set()
    for name, tables in TABLES.items():
        for table in tables:
            assert judge(np.asarray(table.solution).tolist(), table).message == f"Right. {table.praise}"
        mistakes = [(table, wrong, said) for table in tables for *arrays, said in table.mistakes for wrong in arrays]
        reached = {
            said for table, wrong, said in mistakes if judge(np.asarray(wrong).tolist(), table)[1].endswith(said)
        }
        hidden |= {(name, said) for *_, said in mistakes if said not in reached}
    assert hidden == set()


def test_the_checks_follow_other_letters_and_tables():
    for word in ("A", "CCCCCC", "BCA", "CBABBC"):
        ids = encode(word)
        assert check.look_up(reverser.wte[ids], ids, reverser.wte)
        assert check.one_hot(one_hot(ids, 3), ids, 3)
        assert check.positions(reverser.wpe[: len(ids)], len(ids), reverser.wpe, ids)
        assert check.input_embedding(reverser.wte[ids] + reverser.wpe[: len(ids)], ids, reverser.wte, reverser.wpe)
        assert check.identical_slots(np.flatnonzero(ids == ids[0]), word, word[0])
    assert check.identical_slots(2, "AAB", "B") and not check.identical_slots(1, "AAB", "B")
    assert check.cosines(cosines(reverser.wte)[np.triu_indices(3, 1)], reverser.wte)
    assert check.most_alike(divmod((distances(reverser.wpe) + 9 * np.eye(11)).argmin(), 11), reverser.wpe)
    assert check.sinusoid_row(sinusoids[0], 0, 48) and check.sinusoid_row(sinusoids[10].round(4), 10, 48)
    v = AT_HAND["v"]
    assert check.hidden_shift((reverser.wte + v, reverser.wpe - v), reverser, REVERSE)
    assert not check.hidden_shift((reverser.wte + v, reverser.wpe - 2 * v), reverser, REVERSE)


def test_nearness_does_not_find_the_hidden_pairs():
    right = list(zip(*anonymous_sums(E_tok, E_pos, n_sums=3, seed=40)[1:]))
    assert check.pairs(right, vectors, E_tok, E_pos)
    for wte, wpe in ((E_tok, E_pos), (0.3 * E_tok, -2 * E_pos)):
        for nearness in (near, nearest_direction):
            assert not set(right) & {(nearness(wte, vector), nearness(wpe, vector)) for vector in vectors}
    assert not check.pairs(zip(*decode_nearest(vectors, E_tok, E_pos)), vectors, E_tok, E_pos)


def near(table, vector):
    return np.linalg.norm(table - vector, axis=1).argmin()


def nearest_direction(table, vector):
    return (table @ vector / np.linalg.norm(table, axis=1)).argmax()


def test_a_nudge_is_judged_by_what_the_model_writes_letter_by_letter():
    rng, n_right = np.random.default_rng(0), 0
    for slot, channel, size in zip(rng.integers(6, size=60), rng.integers(48, size=60), rng.choice([-0.5, 0.5], 60)):
        written, nudge = encode("BACCAC"), np.zeros((11, 48), dtype=np.float32)
        nudge[slot, channel] = size
        for _ in range(6):
            x = E_tok[written] + E_pos[: len(written)] + nudge[: len(written)]
            written = np.append(written, sorter.logits_from(x)[-1].argmax())
        verdict = check.nudge((slot, channel, size), sorter, "BACCAC", 0.5)
        assert bool(verdict) == (written[6:] != np.sort(written[:6])).any()
        n_right += bool(verdict)
    assert 0 < n_right < 60
    assert "that can do it is 0.20." in check.nudge((0, 0, -0.3), sorter, "BACCAC", 0.3).message


def test_an_answer_is_left_as_it_was():
    for answer in (E_tok[WORD_3] * 2, [[1.0, "2"], ["A", 3]], {"A": [1, 2]}, {3, 1}):
        before = copy.deepcopy(answer)
        for judge_it in CHECKS.values():
            judge_it(answer)
        assert repr(answer) == repr(before)


def test_a_program_that_a_learner_has_changed_is_said_to_be_changed():
    words = ["B", "BA", "AA", "B", "AAAA"]
    for program, said in ((lambda letters: E_pos[99], "stops with an error"), (right_sum, "up to 6 letters: was it")):
        program.__name__ = "program_4"
        verdict = check.faults(words, [*programs[:3], program, programs[4]], E_tok, E_pos)
        assert "program_4" in verdict.message and (said in verdict.message)


def test_only_sums_that_are_near_each_other_are_called_near():
    assert "near" not in check.colliding_tables(([0, 11, 22], range(11))).message


def right_sum(letters):
    return E_tok[encode(letters)] + E_pos[: len(letters)]


@pytest.mark.parametrize(
    "wrongly_called",
    [
        lambda: check.look_up(0, [3], E_tok),
        lambda: check.one_hot(0, [3], 3),
        lambda: check.identical_slots(0, "XYZ", "X"),
        lambda: check.positions(0, 12, E_pos, WORD_3),
        lambda: check.most_alike(0, E_pos[0]),
        lambda: check.sinusoid_row(0, -1, 48),
        lambda: check.averaged(0, E_pos[0], [1]),
        lambda: check.exchanged(0, E_pos[0], 0, 1),
        lambda: check.cell(0, "ABC", 3, 0, E_tok, E_pos),
        lambda: check.input_embedding(0, WORD_3, E_tok, E_pos[:5]),
        lambda: check.pairs(0, vectors + 0.01, E_tok, E_pos),
    ],
)
def test_a_check_that_is_itself_called_wrongly_says_so(wrongly_called):
    with pytest.raises(ValueError):
        wrongly_called()


def test_what_follows_from_the_averaged_rows_is_true_of_the_model_that_ships():
    averaged = reverser.wpe.copy()
    averaged[1:4] = averaged[1:4].mean(axis=0)
    assert 0 < score(reverser.with_tables(wpe=averaged), REVERSE) < 729 / 2  # statements 4 and 0


def test_a_swap_is_told_with_what_the_model_makes_of_it():
    right = check.exchanged(E_pos[swap], E_pos, 6, 9).message
    assert f"the sorter gets {score(sorter.with_tables(wpe=E_pos[swap]), SORT)} of 729 right" in right
    changed = E_pos[swap]  # by one who wrote into E_pos itself
    assert "E_pos itself was changed" in check.exchanged(changed, changed, 6, 9).message


def test_a_verdict_is_shown_in_body_type_beside_a_bar_of_its_colour():
    said = [right("1 < 2."), not_yet("Look."), not_answered("Fill it in.")]
    shown = [each._repr_html_() for each in said]
    assert len({text.partition(";")[0] for text in shown}) == 3 and all("border-left" in text for text in shown)
    assert "<b>Right.</b> 1 &lt; 2." in shown[0] and "<b>Not answered yet.</b> Fill it in." in shown[2]
    assert [repr(each) for each in said] == ["Right. 1 < 2.", "Not yet. Look.", "Not answered yet. Fill it in."]


def test_a_single_slot_is_an_answer_too():
    """Of NumPy 2.0, `np.float64` makes a plain number of an array that holds one."""
    assert check.identical_slots([0], "CAB", "C").right and not check.identical_slots([1], "CAB", "C").right
