"""What takes too long for a lesson, computed in advance: models of many seeds, other trainings, and maps of scores.

tools/make_data.py computes all of it again.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from lessonlib.nano_gpt import read_arrays
from lessonlib.training import SIZES

DATA = Path(__file__).parent / "data"
CURVES, MAPS = DATA / "training_curves.npz", DATA / "score_maps.npz"
SEEDS, CASES = DATA / "many_seeds.npz", DATA / "two_cases.npz"
ROOT = float(np.sqrt(SIZES["n_embd"]))  # what the first Transformer multiplied its token embeddings by
FACTORS = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3, 4, 5, ROOT, 8)


class Seeds(NamedTuple):
    """What became of letter and slot in the sums of several models, one for each seed from 0, before and after."""

    scores: np.ndarray  # (n_seeds,), right answers of 729 after training
    overlaps: np.ndarray  # (n_seeds, 2), of the token table with the rows of the six input slots
    letter_shares: np.ndarray  # (n_seeds, 2, 3), of the variance: in the sum, after the first norm, in the first values


class Cases(NamedTuple):
    """The token tables of several models that sort letters and reverse cases, one for each seed from 0. Their six
    tokens are a A b B c C: token 2 k is the lower case of letter k, token 2 k + 1 its upper case."""

    before: np.ndarray  # (n_seeds, 6, C)
    after: np.ndarray  # (n_seeds, 6, C)
    right: np.ndarray  # (n_seeds,), right answers to 1000 random inputs, after training


def training_curve(name):
    """Return what a training scored on its way, steps (n,) and right answers of 729 (n_seeds, n). ValueError, with all
    names, for one that is not there: "sort", "reverse", or one of these with other positions or frozen tables, such as
    "sort, RoPE"."""
    return _named(CURVES, name, "training", ("steps", "scores"))


def many_seeds(name):
    """Return the `Seeds` of the models that are trained as "sort" or "reverse" is."""
    return Seeds(*_named(SEEDS, name, "set of models", Seeds._fields))


def two_cases():
    """Return the `Cases` of the models that learned letters in two cases."""
    return Cases(**read_arrays(CASES))


def score_map(name):
    """Return the scores, of 729, of the model "sort" or "reverse" with both tables scaled, (n, n) for n FACTORS. E_tok
    is multiplied by FACTORS[row], E_pos by FACTORS[column]. Where a broken model wavers between two letters, another
    machine may count one more or less."""
    return _named(MAPS, name, "map")[0].astype(np.int64)


def _named(path, name, what, fields=("",)):
    """Return the arrays that stand in a file under a name, one for each field, or say which names there are."""
    arrays = read_arrays(path)
    names = dict.fromkeys(key.partition(".")[0] for key in arrays)
    if name not in names:
        raise ValueError(f"there is no {what} {str(name)!r}: choose one of {', '.join(names)}")
    return tuple(arrays[f"{name}.{field}" if field else name] for field in fields)
