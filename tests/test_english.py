"""A model that reads English: what ships, what a word box may hold, and the tool that made it."""

import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from lessonlib import english_words
from lessonlib.english import DATA, MEASURES, English, load_english

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import make_english  # noqa: E402

english = load_english()
MODEL = os.environ.get("ENGLISH_MODEL", "")  # the folder with the published files
published = pytest.mark.skipif(not MODEL, reason="ENGLISH_MODEL does not name a folder with the published model")


def lists():
    """Every text of english_words."""
    pairs = (*english_words.SYNONYMS, *english_words.OPPOSITES, *sum(english_words.ANALOGIES.values(), ()))
    texts = (*english_words.BANK, *english_words.CAT_MAT, *english_words.DOG_MAN, make_english.EVERYDAY)
    return [" ".join(pair) for pair in pairs] + list(texts)


# What ships


def test_the_file_is_small_and_its_licence_lies_beside_it():
    assert DATA.stat().st_size <= 2_500_000
    licence = (DATA.parent / "ENGLISH_LICENCE.txt").read_text("utf-8")
    assert "Apache License" in licence and "Version 2.0, January 2004" in licence and "END OF TERMS" in licence
    assert "all-MiniLM-L6-v2" in licence and "What was changed" in licence


def test_every_word_that_is_asked_about_ships_and_none_ships_twice():
    for text in lists():
        assert [english.words[i] for i in english.ids(text)] == text.split()
    assert len(set(english.words)) == len(english.words) == len(english.wte) > 3000
    assert all(word.isascii() and word.isalpha() and word.islower() for word in english.words)


def test_the_lists_are_as_long_as_they_say():
    assert len(english_words.SYNONYMS) == 40 and len(english_words.OPPOSITES) == 20
    families = english_words.ANALOGIES.values()
    assert len(families) == 7 and sum(map(len, families)) == 53
    assert all(len(set(pair)) == 2 for pairs in (english_words.SYNONYMS, *families) for pair in pairs)
    assert len(set(english_words.BANK)) == 16 and all(text.split().count("bank") == 1 for text in english_words.BANK)


def test_nothing_in_it_can_be_changed_and_it_is_loaded_once():
    assert load_english() is english
    tables = [english.wte, english.wpe, english.wse, english.untrained, english.special]
    for array in (*tables, english.ln_weight, english.ln_bias, *english.bank.values(), *english.cat_mat.values()):
        assert array.dtype == np.float32 and not array.flags.writeable


def test_what_the_model_saw_first_is_the_sum_of_three_rows_and_a_layer_norm():
    """Of every sentence, against the rows that the model itself computed."""
    for name, texts in (("cat_mat", english_words.CAT_MAT), ("dog_man", english_words.DOG_MAN)):
        for text, rows in zip(texts, getattr(english, name)["trained"]):
            ids = english.ids(text)
            np.testing.assert_allclose(english.input_embedding(ids, start=1), rows[0, 1:-1], atol=0.002)
            bare = english.wte[ids] + english.wpe[1 : len(ids) + 1] + english.wse[0]
            bare = np.concatenate(
                [
                    [english.special[0] + english.wpe[0] + english.wse[0]],
                    bare,
                    [english.special[1] + english.wpe[len(ids) + 1] + english.wse[0]],
                ]
            )
            bare = bare - bare.mean(axis=1, keepdims=True)
            normed = bare / bare.std(axis=1, keepdims=True) * english.ln_weight + english.ln_bias
            np.testing.assert_allclose(normed, rows[0], atol=0.002)
    for text, rows in zip(english_words.BANK, english.bank["trained"]):
        slot = text.split().index("bank")
        np.testing.assert_allclose(english.input_embedding(english.ids(text), start=1)[slot], rows[0], atol=0.002)
        first = english.bank["zero"][0, 0]
        np.testing.assert_array_equal(english.bank["zero"][:, 0], np.tile(first, (16, 1)))


def test_without_positions_a_word_has_one_row_in_both_sentences_after_every_layer():
    for name, order in (("cat_mat", [0, 1, 6, 3, 4, 5, 2, 7]), ("dog_man", [0, 1, 5, 3, 4, 2, 6])):
        one, other = getattr(english, name)["zero"]
        np.testing.assert_allclose(one[:, order], other, atol=0.0011)  # kept with 3 decimals
        one, other = getattr(english, name)["trained"]
        assert np.abs(one[:, order] - other).max() > 0.1


# Words


def test_words_are_read_as_the_model_reads_them():
    np.testing.assert_array_equal(english.ids("The  CAT sat\n"), english.ids("the cat sat"))
    np.testing.assert_array_equal(english.ids("kitten"), english.ids("KÍTTEN"))
    assert english.ids("cat").dtype == np.int64 and english.ids("cat").shape == (1,)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "give a word"),
        ("  ", "give a word"),
        (None, "give a word"),
        (7, "give a word"),
        ("kittn", "close to it: kitten"),
        ("Königg", "'Königg' is not one of"),
        ("42", "'42' is not one of the"),
        ("猫", "'猫' is not one of the"),
        ("cat-mat", "is not one of"),
        ("[CLS]", "is not one of"),
        ("x" * 5000, "x…' is not one of"),
    ],
)
def test_what_is_no_word_here_is_said_with_the_closest_ones(text, said):
    with pytest.raises(ValueError, match=said.replace("[", r"\[")) as error:
        english.ids(text)
    assert len(str(error.value)) < 200


def test_a_sentence_longer_than_the_position_table_is_refused():
    with pytest.raises(ValueError, match="512 slots"):
        english.input_embedding(english.ids("cat " * 513))
    assert english.input_embedding(english.ids("cat " * 512)).shape == (512, 384)


# Neighbours


def test_the_nearest_are_those_that_a_plain_search_finds():
    king, man, woman = english.wte[english.ids("king man woman")].astype(float)
    table, target = english.wte.astype(float), king - man + woman
    centred, middle = table - table.mean(axis=1, keepdims=True), target - target.mean()
    expected = {
        "distance": ((table - target) ** 2).sum(axis=1) ** 0.5,
        "cosine": table @ target / (table**2).sum(axis=1) ** 0.5 / (target @ target) ** 0.5,
        "centred cosine": centred @ middle / (centred**2).sum(axis=1) ** 0.5 / (middle @ middle) ** 0.5,
    }
    for by, values in expected.items():
        order = values.argsort() if by == "distance" else values.argsort()[::-1]
        found = english.nearest("king", minus="man", plus="woman", n=20, by=by)
        assert [word for word, _ in found] == [english.words[i] for i in order[:20]]
        np.testing.assert_allclose([value for _, value in found], values[order[:20]], rtol=1e-4)
        left = english.nearest("king", minus="man", plus="woman", n=20, by=by, leave_out=True)
        kept = [pair for pair in found if pair[0] not in ("king", "man", "woman")]
        assert kept == left[: len(kept)]
        assert not {"king", "man", "woman"} & {word for word, _ in left} and len(left) == 20


@pytest.mark.parametrize("by", MEASURES)
def test_a_word_is_nearest_to_itself_whatever_is_taken_away_and_given_back(by):
    assert english.nearest("king", by=by, n=1)[0][0] == "king"
    assert english.nearest("king", minus="king", plus="king", by=by) == english.nearest("king", by=by)
    assert english.nearest("king", minus="man", plus="man", by=by, n=1)[0][0] == "king"
    assert len(english.nearest("king", by=by, n=10**6)) == len(english.words)
    assert [word for word, _ in english.nearest("king", by=by, n=4)[1:]] == [
        word for word, _ in english.nearest("king", by=by, n=3, leave_out=True)
    ]


def test_one_sign_alone_is_read_too():
    step = english.nearest("king", minus="man", by="distance", n=1)[0][1]
    rows = english.wte[english.ids("king man")]
    assert step <= np.linalg.norm(rows[0] - rows[1] - english.wte, axis=1).min() + 1e-4
    assert english.nearest("king", plus="woman", leave_out=True, n=1)[0][0] == "queen"


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"word": ""}, "give one word"),
        ({"word": None}, "give one word"),
        ({"word": "two words"}, "give one word.*'two words'"),
        ({"word": "king", "minus": ""}, "give one word"),
        ({"word": "king", "plus": "womam"}, "close to it: woman"),
        ({"word": "king", "minus": "king"}, "king - king leaves a row of zeros"),
        ({"word": "king", "by": "angle"}, "by must be one of distance, cosine, centred cosine, got 'angle'"),
        ({"word": "king", "n": 0}, "n must be a whole number of at least 1, got 0"),
        ({"word": "king", "n": True}, "n must be"),
        ({"word": "king", "n": 2.0}, "n must be"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_words(asked, said):
    with pytest.raises(ValueError, match=said):
        english.nearest(**asked)
    if asked.get("minus") == "king":
        assert english.nearest("king", minus="king", by="distance")


# Files that are not what they should be


def changed(path, **changes):
    with np.load(DATA) as file:
        arrays = dict(file) | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"version": np.array(99)}, "is of version 99, and version 1 is needed: get the file again"),
        ({"version": None}, "is of version None"),
        ({"wpe": None}, "is not complete .wpe must have"),
        ({"wse": np.zeros((2, 3, 384), np.uint8)}, "is not complete .wse must have shape .2, 384"),
        ({"wse": np.zeros((2, 2, 384))}, "is not complete .wse"),
        ({"words": None}, "is not complete .wte"),
        ({"words": np.array(["cat"])}, "is not complete .wte"),
        ({"bank.zero": None}, "is not complete .bank.zero"),
        ({"version": np.array([{}], dtype=object)}, "is damaged"),
    ],
)
def test_another_file_is_refused_in_words(changes, said, tmp_path):
    changed(tmp_path / "english.npz", **changes)
    with pytest.raises(ValueError, match=f"^english.npz {said}"):
        English(tmp_path / "english.npz")


def test_a_missing_or_cut_file_is_refused_in_words(tmp_path):
    path = tmp_path / "english.npz"
    with pytest.raises(ValueError, match=r"english.npz is not in .*: get the file again"):
        English(path)
    content = DATA.read_bytes()
    for cut in (b"", content[:1000], content[: len(content) // 2], b"version https://git-lfs"):
        path.write_bytes(cut)
        with pytest.raises(ValueError, match=r"english.npz is damaged .*: get the file again"):
            English(path)


# The tool that made it


def small_model(n_embd=384, hidden=8, seed=0):
    """A model of random weights whose vocabulary is what ships; ids are where the tool looks for them."""
    rng = np.random.default_rng(seed)
    tokens = ["[CLS]", "[SEP]", *(f"[unused{i}]" for i in range(99))]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    vocabulary |= {word: make_english.FIRST_WORD + i for i, word in enumerate(english.words)}
    sizes = {"embeddings.word_embeddings": (make_english.FIRST_WORD + len(english.words), n_embd)}
    sizes |= {"embeddings.position_embeddings": (512, n_embd), "embeddings.token_type_embeddings": (2, n_embd)}
    weights = {f"{name}.weight": 0.1 * rng.standard_normal(size) for name, size in sizes.items()}
    norms, linears = ["embeddings.LayerNorm"], {}
    for layer in range(make_english.N_LAYER):
        name = f"encoder.layer.{layer}"
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
        linears |= {f"{name}.attention.self.{part}": (n_embd, n_embd) for part in ("query", "key", "value")}
        linears |= {f"{name}.attention.output.dense": (n_embd, n_embd)}
        linears |= {f"{name}.intermediate.dense": (hidden, n_embd), f"{name}.output.dense": (n_embd, hidden)}
    for name in norms:
        weights |= {f"{name}.weight": rng.uniform(0.5, 1.5, n_embd), f"{name}.bias": 0.1 * rng.standard_normal(n_embd)}
    for name, size in linears.items():
        weights |= {f"{name}.weight": rng.standard_normal(size) / 4, f"{name}.bias": rng.standard_normal(size[0]) / 4}
    return weights, vocabulary


def slow_run(w, token_ids, n_head):
    """The first layer of BERT, number by number."""

    def linear(row, name):
        return [
            math.fsum(a * b for a, b in zip(row, line)) + c for line, c in zip(w[f"{name}.weight"], w[f"{name}.bias"])
        ]

    def norm(row, name):
        mean = sum(row) / len(row)
        std = math.sqrt(sum((value - mean) ** 2 for value in row) / len(row) + 1e-12)
        return [(v - mean) / std * a + b for v, a, b in zip(row, w[f"{name}.weight"], w[f"{name}.bias"])]

    tables = [w[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")]
    x = [[a + b + c for a, b, c in zip(tables[0][i], tables[1][t], tables[2][0])] for t, i in enumerate(token_ids)]
    x = [norm(row, "embeddings.LayerNorm") for row in x]
    at = "encoder.layer.0.attention"
    query, key, value = ([linear(row, f"{at}.self.{part}") for row in x] for part in ("query", "key", "value"))
    size, after = len(x[0]) // n_head, []
    for t, row in enumerate(x):
        looked = []
        for head in range(n_head):
            part = slice(head * size, (head + 1) * size)
            powers = [math.exp(sum(a * b for a, b in zip(query[t][part], k[part])) / math.sqrt(size)) for k in key]
            for channel in range(size):
                found = sum(p * v[part][channel] for p, v in zip(powers, value))
                looked.append(found / sum(powers))
        row = norm([a + b for a, b in zip(row, linear(looked, f"{at}.output.dense"))], f"{at}.output.LayerNorm")
        hidden = [h / 2 * (1 + math.erf(h / math.sqrt(2))) for h in linear(row, "encoder.layer.0.intermediate.dense")]
        row = [a + b for a, b in zip(row, linear(hidden, "encoder.layer.0.output.dense"))]
        after.append(norm(row, "encoder.layer.0.output.LayerNorm"))
    return [x, after]


def test_the_forward_pass_is_that_of_bert(monkeypatch):
    monkeypatch.setattr(make_english, "N_HEAD", 2)
    monkeypatch.setattr(make_english, "N_LAYER", 1)
    weights, _ = small_model(n_embd=8)
    token_ids = [0, 5, 7, 5, 1]
    np.testing.assert_allclose(make_english.run(weights, token_ids), slow_run(weights, token_ids, 2), atol=1e-12)
    blank = weights | {"embeddings.position_embeddings.weight": np.zeros((512, 8))}
    np.testing.assert_allclose(
        make_english.run(weights, token_ids, positions=False), slow_run(blank, token_ids, 2), atol=1e-12
    )


def test_a_word_is_split_into_the_longest_pieces():
    vocabulary = {"[CLS]": 1, "[SEP]": 2, "[UNK]": 3, "cat": 4, "##s": 5, "c": 6, "un": 7, "##cat": 8, "##at": 9}
    assert make_english.word_pieces("Cats uncat  c dog cat", vocabulary).tolist() == [1, 4, 5, 7, 8, 6, 3, 4, 2]


def test_the_tool_writes_the_same_bytes_each_time_and_what_is_read_is_what_was_rounded(tmp_path, monkeypatch):
    weights, vocabulary = small_model()
    monkeypatch.setattr(make_english, "read_model", lambda folder: (weights, vocabulary))
    one, other = tmp_path / "one.npz", tmp_path / "other.npz"
    make_english.make_english(None, one)
    make_english.make_english(None, other)
    assert one.read_bytes() == other.read_bytes()
    read = English(one)
    assert set(read.words) == set(english.words)
    rows = weights["embeddings.word_embeddings.weight"][[vocabulary[word] for word in read.words]]
    assert 0 < np.abs(read.wte - rows).max() < 0.5001e-4
    assert np.abs(read.wpe - weights["embeddings.position_embeddings.weight"]).max() < 0.5001e-4
    whole = make_english.run(weights, make_english.word_pieces(english_words.DOG_MAN[1], vocabulary), positions=False)
    assert np.abs(read.dog_man["zero"][1] - whole).max() < 0.5001e-3


def test_the_tool_refuses_what_is_not_the_published_file(tmp_path):
    with pytest.raises(ValueError, match=r"model.safetensors is not there: see make_english.py"):
        make_english.read_model(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(ValueError, match=r"is cut, or another file \(3 bytes, sha256 .*53aa51172d142c89.* is needed"):
        make_english.read_model(tmp_path)


@published
def test_what_ships_is_what_the_published_model_gives(tmp_path):
    make_english.make_english(MODEL, tmp_path / "english.npz")
    assert (tmp_path / "english.npz").read_bytes() == DATA.read_bytes()
