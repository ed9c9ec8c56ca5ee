"""A model that reads English: its three tables, its words, and which of them lie near each other.

all-MiniLM-L6-v2 turns sentences into vectors for search. BERT's shape: 384 channels, 512 slots, 6 layers in which every
slot sees all slots, [CLS] before the first word and [SEP] after the last; not a GPT. A model of 12 layers was trained
to imitate a larger one; every second layer of it was kept, and trained on a thousand million pairs of sentences. What
ships is the tables, for about 3,000 of 30,522 tokens, and rows of a few sentences; see data/ENGLISH_LICENCE.txt.
Source: https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2; Devlin et al. 2018, arXiv 1810.04805.
"""

import difflib
import functools
import unicodedata
from pathlib import Path

import numpy as np

from lessonlib import embeddings
from lessonlib.nano_gpt import layer_norm, read_arrays

DATA = Path(__file__).parent / "data" / "english.npz"
VERSION = 1
EPSILON = 1e-12  # of its layer norm
MEASURES = ("distance", "cosine", "centred cosine")
# V words; after 0 to 6 layers, 7 stages of every sentence.
SHAPES = {"wte": ("V", 384), "untrained": (98, 384), "special": (2, 384), "wpe": (512, 384), "wse": (2, 384)}
SHAPES |= {"ln_weight": (384,), "ln_bias": (384,)}
POSITIONS = ("trained", "zero")
SENTENCES = {"bank": (16, 7, 384), "cat_mat": (2, 7, 8, 384), "dog_man": (2, 7, 7, 384)}
SHAPES |= {f"{name}.{positions}": shape for name, shape in SENTENCES.items() for positions in POSITIONS}


def decimals(name):
    """Say with how many decimals an array of the file is kept: tables with 4, rows of sentences, up to 5, with 3."""
    return 3 if name.partition(".")[0] in SENTENCES else 4


@functools.cache
def load_english():
    """Load the `English` that ships, once. ValueError if the file is missing, damaged or of another version."""
    return English(DATA)


class English:
    """The tables of the model and what is known of its words, read from `path`; nothing in it can be changed. `words`,
    a tuple of V; the tables of tokens `wte` (V, 384), positions `wpe` (512, 384) and segments `wse` (2, 384);
    `ln_weight` and `ln_bias` (384,) of the layer norm that follows; `special` (2, 384), the token rows of [CLS] and
    [SEP]; `untrained` (98, 384), rows of tokens that no text contains, to compare with. And rows after 0 to 6 layers,
    dicts from "trained" and "zero", what the position rows were: `bank` (16, 7, 384), the word in each sentence of
    `english_words.BANK`; `cat_mat` (2, 7, 8, 384) and `dog_man` (2, 7, 7, 384), all tokens of two sentences each."""

    def __init__(self, path):
        path, again = Path(path), "get the file again"
        arrays = read_arrays(path)
        version = arrays.get("version", np.array(None)).tolist()
        if version != VERSION:
            raise ValueError(f"{path.name} is of version {version}, and version {VERSION} is needed: {again}")
        self.words = tuple(arrays["words"].tolist()) if "words" in arrays else ()
        self._ids = {word: i for i, word in enumerate(self.words)}
        for name, shape in SHAPES.items():
            shape, array = tuple(len(self.words) if size == "V" else size for size in shape), arrays.get(name)
            if array is None or array.dtype != np.uint8 or array.shape != (2, *shape):
                raise ValueError(f"{path.name} is not complete ({name} must have shape {shape}): {again}")
            low, high = array[0], array[1].view(np.int8)  # bytes of whole numbers: apart, they take a sixth less space
            arrays[name] = (high * np.float32(256) + low) / np.float32(10 ** decimals(name))
            arrays[name].flags.writeable = False
        self.wte, self.wpe, self.wse = arrays["wte"], arrays["wpe"], arrays["wse"]
        self.ln_weight, self.ln_bias = arrays["ln_weight"], arrays["ln_bias"]
        self.special, self.untrained = arrays["special"], arrays["untrained"]
        self.bank, self.cat_mat, self.dog_man = (
            {positions: arrays[f"{name}.{positions}"] for positions in POSITIONS} for name in SENTENCES
        )

    def __repr__(self):
        return f"English({len(self.words):,} words, {self.wte.shape[1]} channels, {len(self.wpe)} slots)"

    def ids(self, text):
        """Turn words with spaces between them into token ids, int64 (T,): the place of each in `words`. Upper case and
        accents do not count: the model does not see them. ValueError for an unknown word, with the closest ones."""
        if not isinstance(text, str) or not text.split():
            raise ValueError(f"give a word, or several with spaces between them, such as 'the cat sat'; got {text!r}")
        return np.array([self._id(word) for word in text.split()])

    def _id(self, word):
        plain = "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))
        if plain not in self._ids:
            close = difflib.get_close_matches(plain, self.words, n=3)
            hint = f"; close to it: {', '.join(close)}" if close else ""
            word = word if len(word) <= 30 else word[:30] + "…"
            raise ValueError(f"{word!r} is not one of the {len(self.words):,} words here{hint}")
        return self._ids[plain]

    def input_embedding(self, ids, start=0):
        """Compute what the first layer sees of words in the slots from `start` on, for `ids` (T,); float32 (T, 384).
        The sum of three rows, `wte[ids] + wpe[start:start + T] + wse[0]`, then a layer norm. The model itself has [CLS]
        in slot 0, so that the first word of a sentence stands in slot 1."""
        x = embeddings.input_embedding(ids, self.wte, self.wpe, start) + self.wse[0]
        return layer_norm(x, self.ln_weight, self.ln_bias, EPSILON)

    def nearest(self, word, minus=None, plus=None, n=10, by="centred cosine", leave_out=False):
        """Find the `n` words whose rows are nearest to that of `word`, or to `word - minus + plus`. Returns (word,
        value) pairs, the nearest first, for one of the MEASURES `by`; "centred cosine" takes the mean of each row away
        before the angle is measured. `leave_out` leaves out the words given. ValueError for an unknown word, or for a
        cosine with nothing left, as of king - king."""
        if by not in MEASURES:
            raise ValueError(f"by must be one of {', '.join(MEASURES)}, got {by!r}")
        n = embeddings.whole_number("n", n, at_least=1)
        signed = [(sign, text) for sign, text in ((-1, minus), (1, plus)) if text is not None]
        signs, given = zip(*((sign, self.one(text)) for sign, text in [(1, word), *signed]))
        target = np.array(signs, dtype=np.float32) @ self.wte[list(given)]
        if by == "distance":
            values = np.linalg.norm(self.wte - target, axis=1)
        elif not target.any():
            raise ValueError(f"{' - '.join(self.words[i] for i in given)} leaves a row of zeros: it has no direction")
        else:
            values = self._directions[by] @ _directions(target, by)
        nearest = np.argsort(values if by == "distance" else -values, kind="stable")
        nearest = nearest[~np.isin(nearest, given)] if leave_out else nearest
        return [(self.words[i], float(values[i])) for i in nearest[:n]]

    def one(self, text):
        """Turn one word into its token id, an int. ValueError for none, for several and for an unknown one."""
        if not isinstance(text, str) or len(text.split()) != 1:
            raise ValueError(f"give one word, such as 'king', got {text!r}")
        return int(self.ids(text)[0])

    @functools.cached_property
    def _directions(self):
        return {by: _directions(self.wte, by) for by in MEASURES[1:]}


def _directions(rows, by):
    rows = rows - rows.mean(axis=-1, keepdims=True) if by == "centred cosine" else rows
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)
