"""What is measured about tables and their sums: distances, angles, spread, and what can be read back from a sum.

Every function takes arrays or nested lists of real numbers, measures in float64 and changes nothing. ValueError for
what cannot be measured: another shape, text, NaN, infinity, or numbers so large that their squares are infinite.
`wte` (vocab_size, C) and `wpe` (block_size, C) are the token table and the position table.
"""

import numpy as np

from lessonlib.embeddings import TABLE, finite_array, input_embedding, token_embedding, whole_number

PARTS = ("letter", "slot", "bias")  # of every query and key, in the first layer
SOURCES = ("letter", "slot", "both", "context")  # of the spread after a block
N_CHANCE = 2000  # pairs of random tables
AT_ONCE = 2**21  # distances that are held in memory


# Rows of a table


def distances(table):
    """Measure how far each row of `table` (n, C) lies from each other row: Euclidean, (n, n), 0 on the diagonal. Adding
    one vector to all rows changes none of them."""
    table = _numbers("table", table)
    return np.stack([np.linalg.norm(table - row, axis=-1) for row in table])  # all at once takes n times the memory


def closest_rows(table):
    """Find the two rows of `table` (n, C) that lie nearest to each other; returns their numbers and their distance."""
    apart = distances(table)
    apart[np.tril_indices(len(apart))] = np.inf  # each two rows once, and none with itself
    one, other = (int(i) for i in np.unravel_index(apart.argmin(), apart.shape))
    return one, other, float(apart[one, other])


def sides(table):
    """Measure the sides of the triangle of the first three rows of `table` (n, C), A-B, A-C and B-C; returns (3,)."""
    return distances(table)[[0, 0, 1], [1, 2, 2]]


def cosines(one, other=None):
    """Measure the cosine of the angle between each row of `one` (n, C) and each row of `other` (m, C); returns (n, m).
    Without `other`, between each two rows of `one`. From -1 to 1; adding one vector to all rows changes them.
    ValueError for a row of zeros: it has no direction."""
    one, other = _two_tables(one=one, other=one if other is None else other)
    return np.clip(_directions(one) @ _directions(other).T, -1, 1)


def _directions(rows):
    largest = np.abs(rows).max(axis=1, keepdims=True)
    if not largest.all():
        raise ValueError(f"row {int(largest.argmin())} is all zeros: it has no direction")
    rows = rows / largest  # else the squares of tiny numbers would be 0
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def principal_axes(table):
    """Find the directions in which the rows of `table` (n, C) differ most, wherever all of them lie together. Returns
    `axes` (k, C), k the smaller of n and C: of length 1, at right angles, the one with most spread first, the largest
    number of each positive, so that one table always gives the same axes; and `shares` (k,), the share of the rows'
    squared distances from their mean along each axis. ValueError if all rows are equal.
    Source: Pearson 1901, "On lines and planes of closest fit to systems of points in space"."""
    _, sizes, axes = np.linalg.svd(_from_their_mean(_numbers("table", table)), full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    return axes * signs[:, np.newaxis], sizes**2 / (sizes**2).sum()


def _from_their_mean(rows):
    if (rows == rows[0]).all():
        raise ValueError("all rows are equal: there is nothing in which they differ")
    return rows - rows.mean(axis=0)


def nearer_to_own(one, other, n_known):
    """Say of each row of two groups (n, C) but the first `n_known` of each whether it lies nearer to the mean of its
    own group's known rows than to that of the other's; returns bools, those of `one` first."""
    groups = _two_tables(one=one, other=other)
    means = [group[:n_known].mean(axis=0) for group in groups]
    apart = [[np.linalg.norm(group[n_known:] - mean, axis=1) for mean in means] for group in groups]
    return np.concatenate([apart[0][0] < apart[0][1], apart[1][1] < apart[1][0]])


def right_analogies(english, pairs):
    """Count what `english` answers right, (3,), of the questions that lead from each of `pairs` to the next, the last
    to the first, as king - man + woman = queen does: by the nearest word; by the nearest but these three; and by the
    one nearest to king, again but these three. Source: Linzen 2016, arXiv 1606.07736."""
    right = [0, 0, 0]
    for (man, woman), (king, queen) in zip(pairs, [*pairs[1:], pairs[0]]):
        by_sum = [word for word, _ in english.nearest(king, minus=man, plus=woman, n=4)]
        by_itself = [word for word, _ in english.nearest(king, n=4)]
        left_out = ([word for word in words if word not in (king, man, woman)] for words in (by_sum, by_itself))
        right = [n + (words[0] == queen) for n, words in zip(right, (by_sum, *left_out))]
    return right


def share_along(table, axes):
    """Measure how much of what differs between the rows of `table` (n, C) lies along `axes` (k, C), a float. The axes
    have length 1 and are at right angles; by chance, k of C directions hold k / C. Adding one vector to all rows
    changes nothing. ValueError if all rows are equal."""
    table, axes = _two_tables(table=table, axes=axes)
    table = _from_their_mean(table)
    return float(((table @ axes.T) ** 2).sum() / (table**2).sum())


# Directions that two tables share


def overlap(one, other, centred=True):
    """Measure how much the rows of `one` (n, C) and `other` (m, C) share directions, a float from 0 to 1. It is the
    mean square of the cosines of the principal angles between what the rows span: 0 at right angles, 1 where one span
    lies inside the other. For random rows it is, on average, the share of all C directions that the wider of the two
    spans. `centred` takes each table's mean row away first: then adding a vector to all rows changes nothing.
    ValueError if the rows of one span nothing.
    Source: Björck and Golub 1973, "Numerical Methods for Computing Angles Between Linear Subspaces"."""
    bases = []
    for rows in _two_tables(one=one, other=other):
        rows = rows - rows.mean(axis=0) if centred else rows
        _, sizes, directions = np.linalg.svd(rows, full_matrices=False)
        bases.append(directions[sizes > 1e-9 * sizes.max()])  # (rank, C)
        if not len(bases[-1]):
            raise ValueError("all rows are equal, or zero: they span nothing")
    cosines_of_angles = np.clip(np.linalg.svd(bases[0] @ bases[1].T, compute_uv=False), 0, 1)
    return float((cosines_of_angles**2).mean())


def chance_overlaps(n_rows, n_others, n_embd, centred=True):
    """Measure `overlap` on 2,000 pairs of random tables, to compare with; returns them rising, (2000,)."""
    tables = np.random.default_rng(0).standard_normal((N_CHANCE, n_rows + n_others, n_embd))
    return np.sort([overlap(table[:n_rows], table[n_rows:], centred) for table in tables])


# What letter and slot explain: two-way analysis of variance, summed over channels


def variance_shares(vectors):
    """Split the spread of `vectors` (n_letters, n_slots, C) into what the letter explains, what the slot, and the rest.
    A letter's share is the variance of the letters' mean vectors. The three floats add up to 1; the rest is 0 exactly
    where letter and slot are simply added. ValueError if all vectors are equal.
    Source: Fisher 1925, "Statistical Methods for Research Workers", chapter VII."""
    grid, total = _centred(_numbers("vectors", vectors, "(n_letters, n_slots, C)"))
    letter, slot = _main_shares(grid, total)
    return letter, slot, max(0.0, 1 - letter - slot)  # rounding may leave a little less than nothing


def source_shares(vectors, token_ids):
    """Split the spread of `vectors` (n, T, C), one at each slot of n inputs, by what explains it; returns (4,), sum 1.
    In the order of `SOURCES`: the letter, the slot, both together (what a letter does in one slot and not in another),
    and the context: what differs between inputs that have the same letter in the same slot. ValueError unless every
    letter of `token_ids` (n, T) stands equally often in each slot, as in all 729 inputs."""
    vectors, token_ids = _numbers("vectors", vectors, "(n, T, C)"), _numbers("token_ids", token_ids, "(n, T)")
    if vectors.shape[:2] != token_ids.shape:
        raise ValueError(f"each of {token_ids.shape} letters needs a vector, got vectors of shape {vectors.shape}")
    chosen = token_ids == np.unique(token_ids)[:, np.newaxis, np.newaxis]  # (n_letters, n, T)
    counts = chosen.sum(axis=1)  # (n_letters, T)
    if (counts != counts[0, 0]).any():
        raise ValueError(f"every letter must stand equally often in every slot, got the counts {counts.tolist()}")
    vectors, total = _centred(vectors)
    means = np.einsum("ant,ntc->atc", chosen / counts[0, 0], vectors)  # (n_letters, T, C)
    letter, slot = _main_shares(means, total)
    explained = float((means**2).sum(axis=-1).mean() / total)
    return np.array([letter, slot, max(0.0, explained - letter - slot), max(0.0, 1 - explained)])


def _centred(vectors):
    """Take the mean of all vectors away; return what is left and its mean squared length."""
    centred = vectors - vectors.mean(axis=(0, 1))
    total = (centred**2).sum(axis=-1).mean()
    if (vectors == vectors[0, 0]).all() or not 0 < total < np.inf:
        raise ValueError("all vectors are equal, or too small or too large: there is no spread to share out")
    return centred, total


def _main_shares(grid, total):
    """Return the shares of letter and slot in a centred grid (n_letters, n_slots, C)."""
    return [float((grid.mean(axis=axis) ** 2).sum(axis=-1).mean() / total) for axis in (1, 0)]


# Sums, and what can be read back from them


def every_sum(wte, wpe):
    """Add every row of `wte` to every row of `wpe`, in the tables' own type; returns (vocab_size, block_size, C)."""
    _two_tables(wte=wte, wpe=wpe)
    return np.asarray(wte)[:, np.newaxis] + np.asarray(wpe)


def closest_sums(wte, wpe):
    """Find the two pairs (id, slot) whose sums lie nearest to each other; returns both and their distance, 0 where they
    collide."""
    sums = every_sum(*_two_tables(wte=wte, wpe=wpe))  # (vocab_size, block_size, C)
    one, other, apart = closest_rows(sums.reshape(-1, sums.shape[-1]))
    return divmod(one, sums.shape[1]), divmod(other, sums.shape[1]), apart


def n_distinct_sums(wte, wpe):
    """Count the different vectors among all sums; what differs by less than a millionth of the largest is equal."""
    sums = every_sum(*_two_tables(wte=wte, wpe=wpe))
    sums = sums.reshape(-1, sums.shape[-1])
    equal = np.abs(sums[:, np.newaxis] - sums).max(axis=-1) <= 1e-6 * np.abs(sums).max()
    return int((~np.tril(equal, -1).any(axis=1)).sum())  # those that equal none before them


def anonymous_sums(wte, wpe, n_sums, seed=0):
    """Draw `n_sums` of all sums at random, no pair twice; returns sums (n_sums, C), token ids and slots (n_sums,)."""
    wte, wpe = (np.asarray(table) for table in (wte, wpe))
    _two_tables(wte=wte, wpe=wpe)
    n_pairs = len(wte) * len(wpe)
    n_sums = whole_number("n_sums", n_sums, 1, n_pairs)
    drawn = np.random.default_rng(seed).permutation(n_pairs)[:n_sums]
    token_ids, slots = np.divmod(drawn, len(wpe))
    return wte[token_ids] + wpe[slots], token_ids, slots


def unmix(vectors, wte, wpe):
    """Find how much of every letter and of every slot is in each of `vectors` (..., C), by least squares. Returns
    amounts of letters (..., vocab_size) and of slots (..., block_size). What is known: a sum holds one letter and one
    slot, so each kind of amount adds up to 1. For a sum of two rows they are 1 for its letter and its slot and 0 for
    the others, up to rounding, if the differences between rows are independent: they can only be with C at least
    (vocab_size - 1) + (block_size - 1). Where several answers fit equally well, it is the most even one."""
    wte, wpe = _two_tables(wte=wte, wpe=wpe)
    vectors = _numbers("vectors", vectors, f"(..., {wte.shape[1]})")
    # Seen from the middle of all sums, amounts add up to 0: what least squares returns by itself, being the shortest.
    rows = np.concatenate([wte - wte.mean(axis=0), wpe - wpe.mean(axis=0)])  # (vocab_size + block_size, C)
    middle = wte.mean(axis=0) + wpe.mean(axis=0)
    amounts = (vectors - middle) @ np.linalg.pinv(rows, rcond=1e-10)  # (..., vocab_size + block_size)
    return amounts[..., : len(wte)] + 1 / len(wte), amounts[..., len(wte) :] + 1 / len(wpe)


def decode_nearest(vectors, wte, wpe):
    """Read letter and slot off each of `vectors` (..., C): those whose sum lies nearest. Returns token ids and slots,
    each (...); of equal sums, the first. If the noise is even, no reader does better."""
    wte, wpe = _two_tables(wte=wte, wpe=wpe)
    vectors = _numbers("vectors", vectors, f"(..., {wte.shape[1]})")
    # |vector - sum|^2 without the |vector|^2, which is the same for all, from products of rows: there may be many sums
    lengths = (wte**2).sum(axis=1)[:, np.newaxis] + (wpe**2).sum(axis=1) + 2 * wte @ wpe.T  # (vocab_size, block_size)
    flat = vectors.reshape(-1, wte.shape[1])
    pieces = np.array_split(flat, max(1, flat.shape[0] * lengths.size // AT_ONCE))
    nearest = []
    for piece in pieces:
        far = lengths - 2 * (piece @ wpe.T)[:, np.newaxis]  # (n, vocab_size, block_size)
        far -= 2 * (piece @ wte.T)[:, :, np.newaxis]
        nearest.append(far.reshape(len(piece), -1).argmin(axis=1))
    return np.divmod(np.concatenate(nearest).reshape(vectors.shape[:-1]), len(wpe))


def decode_least_squares(vectors, wte, wpe):
    """Read letter and slot off each of `vectors` (..., C): those of which plain least squares finds most. It writes a
    vector as a mixture of all rows of both tables, and knows nothing else of them. Like `decode_nearest`."""
    wte, wpe = _two_tables(wte=wte, wpe=wpe)
    vectors = _numbers("vectors", vectors, f"(..., {wte.shape[1]})")
    amounts = vectors @ np.linalg.pinv(np.concatenate([wte, wpe]), rcond=1e-10)  # (..., vocab_size + block_size)
    return amounts[..., : len(wte)].argmax(axis=-1), amounts[..., len(wte) :].argmax(axis=-1)


def decoding_accuracy(wte, wpe, n_channels=None, noise=0.0, decode=decode_nearest, n_draws=100, seed=0):
    """Measure how often letter and slot are both read right from a noisy sum that shows only its first channels.
    Returns shares (vocab_size, block_size) from 0 to 1, one for each pair; guessing gets 1 of all pairs. `noise` is the
    standard deviation of what is added to every number, in units of that of all entries of both tables. Of each sum
    there are `n_draws` noisy copies, one without noise; a channel's noise is the same whatever `n_channels`, from 1 to
    C or None for all. `decode` is `decode_nearest` or `decode_least_squares`."""
    width = every_sum(wte, wpe).shape[-1]
    n_channels = width if n_channels is None else whole_number("n_channels", n_channels, 1, width)
    return _accuracy(wte, wpe, _noisy_sums(wte, wpe, noise, n_draws, seed), n_channels, decode)


def decoding_accuracy_by_channels(wte, wpe, noise=0.0, decode=decode_nearest, n_draws=100):
    """Measure `decoding_accuracy` for every number of channels; returns (C, vocab_size, block_size), row 0 for 1."""
    sums = _noisy_sums(wte, wpe, noise, n_draws, seed=0)
    return np.array([_accuracy(wte, wpe, sums, n, decode) for n in range(1, sums.shape[-1] + 1)])


def _noisy_sums(wte, wpe, noise, n_draws, seed):
    """Return noisy copies of every sum. (n_draws, vocab_size, block_size, C)"""
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be a finite number, 0 or more, got {noise}")
    tables = _two_tables(wte=wte, wpe=wpe)
    sums = every_sum(*tables)[np.newaxis]
    if not noise:
        return sums
    std = noise * np.concatenate(tables).std()
    return sums + std * np.random.default_rng(seed).standard_normal((n_draws, *sums.shape[1:]))


def _accuracy(wte, wpe, sums, n_channels, decode):
    """Read noisy sums by their first channels and count the right readings. (vocab_size, block_size)"""
    wte, wpe = np.asarray(wte)[:, :n_channels], np.asarray(wpe)[:, :n_channels]
    token_ids, slots = decode(sums[..., :n_channels], wte, wpe)
    return ((token_ids == np.arange(len(wte))[:, np.newaxis]) & (slots == np.arange(len(wpe)))).mean(axis=0)


def counting_tables(vocab_size, block_size, n_embd, step):
    """Make tables of whole numbers: every channel of token t holds step * t, every channel of slot p holds p. A `step`
    of 1 makes many sums collide; `block_size` makes all of them different."""
    ones = np.ones(n_embd)
    return step * np.outer(np.arange(vocab_size), ones), np.outer(np.arange(block_size), ones)


def exchanged(table, one, other):
    """Let the rows `one` and `other` of `table` (n_rows, C) change places; returns a new array."""
    order = np.arange(len(table))
    order[[one, other]] = other, one
    return table[order]


def padded_tables(wte, wpe):
    """Pad `wte` (vocab_size, A) and `wpe` (block_size, B) with zeros to width A + B: adding sets rows side by side."""
    wte, wpe = _numbers("wte", wte), _numbers("wpe", wpe)
    return np.pad(wte, ((0, 0), (0, wpe.shape[1]))), np.pad(wpe, ((0, 0), (wte.shape[1], 0)))


# What the layers make of the sum


def attention_terms(model, token_ids):
    """Write every attention score of the first layer as a sum of nine: three parts of the query times three of the key.
    Returns (3, 3, ..., n_head, T, T) for `token_ids` (..., T): part of the query, part of the key (in the order of
    `PARTS`), head, slot that asks, slot that is asked. Layer norm divides by the standard deviation of the whole row;
    given that number, all else is a sum over the parts of the row: what the letter gives, what the slot gives, and the
    biases. So the sum over the first two axes is the score exactly, before the mask and the softmax.
    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1, for the scale of scores."""
    weights = {name: tensor.astype(np.float64) for name, tensor in model.layer_weights(0).items()}
    input_embedding(token_ids, model.wte, model.wpe)  # refuses what cannot be read
    tok_emb = token_embedding(token_ids, model.wte.astype(np.float64))  # (..., T, C)
    pos_emb = np.broadcast_to(model.wpe.astype(np.float64)[: tok_emb.shape[-2]], tok_emb.shape)
    std = np.sqrt((tok_emb + pos_emb).var(axis=-1, keepdims=True) + model.epsilon)  # (..., T, 1)
    scaled = [(part - part.mean(axis=-1, keepdims=True)) / std * weights["ln_1.weight"] for part in (tok_emb, pos_emb)]
    parts = np.stack([*scaled, np.broadcast_to(weights["ln_1.bias"], tok_emb.shape)])  # (3, ..., T, C)
    query, key = (
        _heads(parts, weights["attn.c_attn.weight"][rows], weights["attn.c_attn.bias"][rows], model.n_head)
        for rows in (slice(0, model.n_embd), slice(model.n_embd, 2 * model.n_embd))
    )
    return query[:, np.newaxis] @ key[np.newaxis].swapaxes(-1, -2) / np.sqrt(query.shape[-1])


def _heads(parts, weight, bias, n_head):
    """Project the three parts, the bias going to the last, and split into heads. (3, ..., n_head, T, head_size)"""
    projected = parts @ weight.T
    projected[-1] += bias
    return np.moveaxis(projected.reshape(*projected.shape[:-1], n_head, -1), -2, -3)


def term_shares(model, token_ids):
    """Measure how much each of the nine `attention_terms` does to where the first layer looks; (3, 3), sum 1. Where a
    slot looks depends on the differences between the scores that it gives to the slots up to itself. So every score is
    taken relative to the mean of its row, and a term's share is its covariance with the whole score. One below 0 works
    against the others. The key's bias has 0: it adds the same to a whole row."""
    terms = attention_terms(model, token_ids)  # (3, 3, ..., n_head, T, T)
    shares = np.zeros((3, 3))
    for slot in range(1, terms.shape[-1]):  # slot 0 sees only itself
        row = terms[..., slot, : slot + 1]
        row = row - row.mean(axis=-1, keepdims=True)
        shares += (row * row.sum(axis=(0, 1))).reshape(3, 3, -1).sum(axis=-1)
    return shares / shares.sum()


def stream(model, token_ids):
    """Run the blocks on `token_ids` (..., T) and keep the sum and what each block returns, (n_layer + 1, ..., T, C)."""
    stages = [input_embedding(token_ids, model.wte, model.wpe)]
    for layer in range(model.n_layer):
        stages.append(model.block(stages[-1], layer))
    return np.stack(stages)


def share_read_linearly(vectors, labels):
    """Fit a linear reader on half of the inputs, by least squares; return the share it reads right in the other half.
    `vectors` (n, T, C) hold one at each slot of n inputs, `labels` (n, T) what is to be read from each, such as its
    letter or its slot, as small numbers from 0. The halves are random, the same at each call."""
    labels = np.asarray(labels)
    vectors = _numbers("vectors", vectors, "(n, T, C)")
    vectors = np.concatenate([vectors, np.ones((*labels.shape, 1))], axis=-1)  # (n, T, C + 1)
    order = np.random.default_rng(0).permutation(len(labels))
    fitted, tested = np.split(order, [len(order) // 2])
    wanted = np.eye(labels.max() + 1)[labels[fitted].ravel()]
    reader = np.linalg.lstsq(vectors[fitted].reshape(len(wanted), -1), wanted, rcond=None)[0]  # (C + 1, n_labels)
    return float(((vectors[tested] @ reader).argmax(axis=-1) == labels[tested]).mean())


def tips(model, token_ids, size):
    """Say which numbers of x tip the model's answer to `token_ids` (T,) once `size` is added to one; bool (T, C)."""
    shape = len(token_ids), model.n_embd
    one_each = size * np.eye(shape[0] * shape[1], dtype=np.float32).reshape(-1, *shape)
    return tipped_by(model, token_ids, one_each).reshape(shape)


def tipped_by(model, token_ids, nudges):
    """Say of each of `nudges` (n, T, C) whether the model's answer to `token_ids` (T,) changes if x is moved by it. The
    model is shown its own answer: up to the first letter that differs, it sees what it would have written."""
    own = model.generate(token_ids)
    x = input_embedding(np.concatenate([token_ids, own[:-1]]), model.wte, model.wpe)  # (2 T - 1, C)
    x = np.repeat(x[np.newaxis], len(nudges), axis=0)
    x[:, : len(token_ids)] += nudges
    return (model.logits_from(x, n_last=len(token_ids)).argmax(axis=-1) != own).any(axis=1)


# Is it something that can be measured?


def _numbers(name, values, shape=TABLE):
    """Return `values` as a float64 array of that shape whose squares are finite, or say what is wrong."""
    return finite_array(name, values, shape, np.float64, 1e150)


def _two_tables(**tables):
    """Return two tables of one width as float64 arrays, or say by their names why they are none."""
    one, other = (_numbers(name, table) for name, table in tables.items())
    if one.shape[1] != other.shape[1]:
        sizes = ", ".join(f"{name} has shape {np.shape(table)}" for name, table in tables.items())
        raise ValueError(f"two tables of one width are needed: {sizes}")
    return one, other
