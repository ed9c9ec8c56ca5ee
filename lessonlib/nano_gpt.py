"""The model behind the sum: minGPT's `gpt-nano` in NumPy, from the input embedding to the answer.

ValueError, naming the value and what is allowed, for all that the model cannot read; `start` is the slot of the first
token, and the model was trained with 0.
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from lessonlib.embeddings import TABLE, decode, encode, finite_array, input_embedding, real_array, whole_number

CHECKPOINTS = Path(__file__).parent / "data" / "checkpoints"
N_INPUTS = 6  # letters that go in; the model writes as many more
EPSILON = 1e-5  # of layer_norm, as in PyTorch


class NanoGPT:
    """A GPT with its weights, ready to answer. Nothing in it can be changed: `with_tables` makes a new one. `weights`
    is a dict from minGPT's names to float arrays (`expected_shapes` lists names and shapes), `n_head` the number of
    attention heads, the only size that the weights do not tell. The model knows its `n_layer`, `n_head`, `n_embd`,
    `block_size` and `vocab_size`, its tables `wte` (vocab_size, C) and `wpe` (block_size, C), and all `weights`.
    ValueError for a tensor that is missing, unknown, of the wrong shape or type, or not finite.
    Source: karpathy/minGPT, mingpt/model.py: the same layers in the same order (layer norm first, GELU in its tanh
    form, output head not tied to the token table)."""

    epsilon = EPSILON
    rotary = None  # what is done to queries and keys, see lessonlib.rope

    def __init__(self, weights, n_head):
        if not isinstance(weights, Mapping):
            raise ValueError(f"weights must be a dict from names to arrays, got {type(weights).__name__}")
        weights = {str(name): np.array(tensor) for name, tensor in weights.items()}
        sizes = _sizes(weights)
        self.n_head = whole_number("n_head", n_head, at_least=1)
        if sizes["n_embd"] % self.n_head:
            raise ValueError(f"n_head must be a whole number that divides n_embd = {sizes['n_embd']}, got {n_head}")
        shapes = expected_shapes(**sizes)
        for name, tensor in weights.items():
            if name not in shapes:
                raise ValueError(f"tensor {name} is not one of this model")
            if tensor.dtype.kind in "iu":
                raise ValueError(f"{name} must hold floats, got type {tensor.dtype}")
            finite_array(name, tensor, str(shapes[name])).flags.writeable = False
        for name in shapes.keys() - weights.keys():
            raise ValueError(f"tensor {name} is missing")
        self.weights = MappingProxyType(weights)
        self.n_layer, self.n_embd = sizes["n_layer"], sizes["n_embd"]
        self.block_size, self.vocab_size = sizes["block_size"], sizes["vocab_size"]
        self.wte, self.wpe = weights["transformer.wte.weight"], weights["transformer.wpe.weight"]
        self._layers = [  # looked up at every step of every answer
            MappingProxyType({name.removeprefix(start): w for name, w in weights.items() if name.startswith(start)})
            for start in (f"transformer.h.{layer}." for layer in range(self.n_layer))
        ]

    def __repr__(self):
        n_parameters = sum(tensor.size for tensor in self.weights.values())
        return (
            f"NanoGPT({self.n_layer} layers, {self.n_head} heads, {self.n_embd} channels, "
            f"{self.vocab_size} tokens, {self.block_size} slots, {n_parameters:,} parameters)"
        )

    def logits(self, token_ids, start=0, n_last=None):
        """Compute the unnormalised log-probability of each letter as the next, after each slot of `token_ids` (..., T).
        Returns (..., T, vocab_size), whose softmax is the probabilities; with `n_last` only what stands after the last
        `n_last` slots, in less time."""
        return self.logits_from(input_embedding(token_ids, self.wte, self.wpe, start), n_last)

    def logits_from(self, x, n_last=None):
        """Do what `logits` does from an input embedding `x` (..., T, C), so that one can be handed in that was changed.
        Computed in the model's own type. ValueError for another shape, NaN, infinity or numbers too large to square."""
        below = np.sqrt(np.finfo(self.wte.dtype).max) / 16  # layer_norm squares what it gets, and sums a row of squares
        x = finite_array("x", x, f"(..., T, {self.n_embd})", self.wte.dtype, below)
        if x.shape[-2] > self.block_size:
            raise ValueError(f"x must have at most {self.block_size} rows, one for each slot, got shape {x.shape}")
        for layer in range(self.n_layer):
            x = self.block(x, layer, n_last=n_last if layer == self.n_layer - 1 else None)
        x = layer_norm(x, self.weights["transformer.ln_f.weight"], self.weights["transformer.ln_f.bias"])
        return _linear(x, self.weights["lm_head.weight"])

    def block(self, x, layer, n_last=None):
        """Run one transformer block: what attention and the MLP find is added to the stream `x` (..., T, C). A slot
        sees only itself and those before it. With `n_last`, only the last slots are returned, (..., n_last, C): they
        see all, but those before them need no answer of their own."""
        w, n_last = self.layer_weights(layer), n_last or x.shape[-2]
        normed = layer_norm(x, w["ln_1.weight"], w["ln_1.bias"])
        x = x[..., -n_last:, :] + _attention(normed, w, self.n_head, n_last, self.rotary)
        normed = layer_norm(x, w["ln_2.weight"], w["ln_2.bias"])
        # The two largest arrays of the model in one piece: the memory allocator keeps it for the next layer, where it
        # would give two back to the system each time.
        hidden, activated = np.empty((2, *x.shape[:-1], 4 * self.n_embd), dtype=x.dtype)  # (..., n_last, 4 C)
        _linear(normed, w["mlp.c_fc.weight"], w["mlp.c_fc.bias"], out=hidden)
        x += _linear(gelu(hidden, out=activated), w["mlp.c_proj.weight"], w["mlp.c_proj.bias"])
        return x

    def layer_weights(self, layer):
        """Return the tensors of one block under their names within it, such as "ln_1.weight"."""
        return self._layers[whole_number("layer", layer, 0, self.n_layer - 1)]

    def with_tables(self, wte=None, wpe=None):
        """Return a new model with another token or position table or both, of the same shapes; all else is kept."""
        weights = dict(self.weights)
        for name, table in (("wte", wte), ("wpe", wpe)):
            if table is not None:
                old = weights[f"transformer.{name}.weight"]
                weights[f"transformer.{name}.weight"] = finite_array(name, table, str(old.shape), old.dtype)
        return type(self)(weights, self.n_head)

    def answer(self, letters):
        """Write six letters in answer to six, A, B or C, each time the one with the largest logit."""
        token_ids = encode(letters)
        if len(token_ids) != N_INPUTS:
            raise ValueError(f"the model takes {N_INPUTS} letters, got {len(token_ids)}: {letters!r}")
        return decode(self.generate(token_ids))

    def generate(self, token_ids, start=0):
        """Write as many tokens as there are in `token_ids` (..., T), each time the one with the largest logit. When no
        slot is left, the window slides: the first token is seen no more, and each other one in the slot before."""
        input_embedding(token_ids, self.wte, self.wpe, start)  # refuses what cannot be read
        token_ids = np.asarray(token_ids, dtype=np.int64)
        n_tokens = token_ids.shape[-1]
        for _ in range(n_tokens):
            window = token_ids[..., -(self.block_size - start) :]
            next_ids = self.logits(window, start, n_last=1).argmax(axis=-1)
            token_ids = np.concatenate([token_ids, next_ids], axis=-1)
        return token_ids[..., n_tokens:]


def layer_norm(x, weight, bias, epsilon=EPSILON):
    """Give every row of `x` (..., C) mean 0 and variance 1, then scale and shift each channel by `weight` and `bias`.
    `epsilon` is added to the variance. Source: Ba, Kiros and Hinton 2016, "Layer Normalization"."""
    n = x.dtype.type(x.shape[-1])
    y = x - np.einsum("...c->...", x)[..., np.newaxis] / n  # for rows as short as these, einsum is faster than .mean
    variance = np.einsum("...c,...c->...", y, y)[..., np.newaxis] / n
    y /= np.sqrt(variance + y.dtype.type(epsilon))
    y *= weight
    y += bias
    return y


def gelu(x, out=None):
    """Bend each number: large ones pass, very negative ones become 0. The tanh form that GPT-2 uses.
    Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units"; minGPT, `NewGELU`."""
    scale = x.dtype.type(np.sqrt(2 / np.pi))
    y = np.multiply(x, x, out=out)  # written in place from here on: this is the largest array of the model
    y *= x.dtype.type(0.044715) * scale
    y += scale
    y *= x
    np.tanh(y, out=y)
    y += 1
    y *= x
    y *= x.dtype.type(0.5)
    return y


def _attention(x, w, n_head, n_last, rotary=None):
    """Let the last slots gather from all, or from themselves and those before. (..., T, C) -> (..., n_last, C) How much
    is the softmax of the scores: their exponentials, divided by the sum of those that the slot sees."""
    *batch, n_tokens, n_embd = x.shape
    head_size = n_embd // n_head
    qkv = _linear(x, w["attn.c_attn.weight"], w["attn.c_attn.bias"])  # (..., T, 3 C)
    qkv = np.moveaxis(qkv.reshape(*batch, n_tokens, 3, n_head, head_size), (-3, -2), (0, -3))
    query, key, value = qkv  # each (..., n_head, T, head_size)
    if rotary:
        query, key = rotary(query), rotary(key)
    query = query[..., -n_last:, :] * qkv.dtype.type(1 / np.sqrt(head_size))
    scores = query @ key.swapaxes(-1, -2)  # (..., n_head, n_last, T)
    visible = np.tri(n_tokens)[-n_last:]  # no slot sees a later one
    if max(scores.max(), -scores.min()) > 60:  # exp overflows at 88, and a row of small scores alone would vanish
        scores = np.where(visible, scores, -np.inf)
        scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores *= visible.astype(scores.dtype)
    gathered = scores @ value  # (..., n_head, n_last, head_size)
    gathered /= scores @ np.ones((n_tokens, 1), dtype=scores.dtype)  # the sum of each row: faster than .sum
    gathered = np.moveaxis(gathered, -3, -2).reshape(*batch, n_last, n_embd)
    return _linear(gathered, w["attn.c_proj.weight"], w["attn.c_proj.bias"])


def _linear(x, weight, bias=None, out=None):
    """Multiply every row of `x` by `weight`, shape (n_out, n_in) as in PyTorch, and add `bias`."""
    # one product of two matrices: twice as fast as one for each sequence
    y = np.matmul(x.reshape(-1, x.shape[-1]), weight.T, out=None if out is None else out.reshape(-1, len(weight)))
    if bias is not None:
        y += bias
    return y.reshape(*x.shape[:-1], len(weight))


def expected_shapes(n_layer, n_embd, vocab_size, block_size):
    """Return the name and the shape of every tensor of the model, in minGPT's names and order."""
    shapes = {"transformer.wte.weight": (vocab_size, n_embd), "transformer.wpe.weight": (block_size, n_embd)}
    of_layer = {
        "ln_1": (n_embd,),
        "attn.c_attn": (3 * n_embd, n_embd),
        "attn.c_proj": (n_embd, n_embd),
        "ln_2": (n_embd,),
        "mlp.c_fc": (4 * n_embd, n_embd),
        "mlp.c_proj": (n_embd, 4 * n_embd),
    }
    for layer in range(n_layer):
        for name, shape in of_layer.items():
            shapes[f"transformer.h.{layer}.{name}.weight"] = shape
            shapes[f"transformer.h.{layer}.{name}.bias"] = shape[:1]
    shapes["transformer.ln_f.weight"] = shapes["transformer.ln_f.bias"] = (n_embd,)
    shapes["lm_head.weight"] = (vocab_size, n_embd)
    return shapes


def _sizes(weights):
    """Read the sizes of the model off its tables and the names of its layers."""
    for name in ("transformer.wte.weight", "transformer.wpe.weight"):
        if name not in weights:
            raise ValueError(f"tensor {name} is missing")
        real_array(f"tensor {name}", weights[name], TABLE)
    (vocab_size, n_embd), block_size = weights["transformer.wte.weight"].shape, len(weights["transformer.wpe.weight"])
    n_layer = len({name.split(".")[2] for name in weights if name.startswith("transformer.h.")})
    whole_number("n_layer", n_layer, at_least=1)
    return {"n_layer": n_layer, "n_embd": n_embd, "vocab_size": vocab_size, "block_size": block_size}


# Files


class History(NamedTuple):
    """How a model that ships came about: n snapshots of its training, the first before it."""

    steps: np.ndarray  # (n,)
    losses: np.ndarray  # (n,), mean cross-entropy of the batch of the step, in nats
    scores: np.ndarray  # (n,), right answers of 729
    wte: np.ndarray  # (n, vocab_size, C)
    wpe: np.ndarray  # (n, block_size, C)
    token_shares: np.ndarray  # (n, 2), see `training.token_shares`
    seed: int
    how: str  # the command, the version of NumPy, how the seed was chosen


def load_checkpoint(name):
    """Load a model that ships with the lessons, "sort", "reverse" or "synonyms", or one from a path to an .npz file."""
    weights, made = _read_checkpoint(name, ["n_head"])
    return NanoGPT(weights, made["n_head"][()])


def load_history(name):
    """Load the History of the training of such a model."""
    _, made = _read_checkpoint(name, History._fields)
    made |= {"seed": int(made["seed"]), "how": str(made["how"])}
    return History(*(made[field] for field in History._fields))


def _read_checkpoint(name, needed):
    """Return the weights in a checkpoint, and what stands there under "made." about how they came about."""
    path = Path(name) if str(name).endswith(".npz") else CHECKPOINTS / f"{name}.npz"
    if not path.is_file():
        shipped = ", ".join(sorted(file.stem for file in CHECKPOINTS.glob("*.npz")))
        raise ValueError(f"there is no checkpoint {str(name)!r}: choose one of {shipped}")
    arrays = read_arrays(path)
    made = {key.removeprefix("made."): array for key, array in arrays.items() if key.startswith("made.")}
    for key in needed:
        if key not in made:
            raise ValueError(f"checkpoint {str(name)!r} does not say its {key}: get the file again")
    return {key: array for key, array in arrays.items() if not key.startswith("made.")}, made


def read_arrays(path):
    """Read every array of an .npz file. ValueError if it is not there, or damaged, or holds Python objects, which stay
    packed."""
    if not path.is_file():
        raise ValueError(f"{path.name} is not in {path.parent}: get the file again")
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except Exception as error:  # numpy and zipfile raise a dozen kinds for a file that is not what it should be
        raise ValueError(f"{path.name} is damaged ({error}): get the file again") from None


def load_llm_viz(path):
    """Load the model that bbycroft.net/llm shows, from the JSON file that its repository publishes. The file is an
    object whose key "config" gives n_head and whose other keys are tensors, `{"shape": [...], "data": base64 of
    little-endian float32}`. ValueError if it is not there, not such JSON, cut short, or if a tensor is missing or
    wrong.
    Source: bbycroft/llm-viz on GitHub, public/gpt-nano-sort-model.json."""
    if not isinstance(path, (str, Path)):
        raise ValueError(f"path must be the name of a file, got {path!r}")
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:  # JSON and text errors are both ValueErrors
        raise ValueError(f"{path} is not a JSON file, or was cut short: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("config"), dict):
        raise ValueError(f'{path} is not a model of llm-viz: it has no "config"')
    config, weights = content.pop("config"), {}
    for name, tensor in content.items():
        if name.endswith(".attn.bias"):  # the mask of a layer, which is the same in all
            continue
        try:
            numbers = np.frombuffer(base64.b64decode(tensor["data"], validate=True), dtype="<f4")
            weights[name] = numbers.astype(np.float32).reshape(tensor["shape"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"tensor {name} is not a shape with as many float32 in base64: {error!r}") from None
    return NanoGPT(weights, config.get("n_head"))
