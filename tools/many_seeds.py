"""Check the general sentences of the lessons on models of many seeds: `python tools/many_seeds.py`, some minutes.

The names of sections may follow, to run only those: `python tools/many_seeds.py positions`.
"""

import sys
from itertools import permutations

import numpy as np
from make_data import narrow_tables, random_tables, train_cases

from lessonlib.embeddings import sinusoidal_positions
from lessonlib.explore.dives import shifted_model
from lessonlib.explore.lesson_4 import broken_table
from lessonlib.measure import (
    chance_overlaps,
    cosines,
    decode_least_squares,
    decode_nearest,
    decoding_accuracy,
    decoding_accuracy_by_channels,
    distances,
    every_sum,
    exchanged,
    overlap,
    padded_tables,
    share_read_linearly,
    source_shares,
    stream,
    term_shares,
    variance_shares,
)
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.tasks import REVERSE, SORT, SYNONYMS, Task, answer_logits, score
from lessonlib.training import initial_weights, shared_out, train

PLACE = np.array([1, 0, 2])  # of A, B, C in the order B, A, C
BAC = Task("sort", lambda inputs: np.argsort(PLACE)[np.sort(PLACE[inputs], axis=-1)])
PAIRS = {"A-B": (0, 1), "A-C": (0, 2), "B-C": (1, 2)}


def letters():
    """Lesson 3: in all eight sorters A and C end furthest apart in the token table, and further than they began;
    taught the order B, A, C, it is B and C in four models of four; with a frozen random table, two models of two
    still learn all 729; the three distances of the reversers end nearly equal. In all eight models that read C as B,
    these two end nearer than they began, and A further from both; the rows of B and C can be exchanged in all, and in
    four of four whose table is random and frozen. And what all make of the 182 held-out inputs."""
    token_distances("sorters", SORT, range(8))
    token_distances("taught the order B, A, C", BAC, range(4))
    token_distances("sorters with a frozen random table", SORT, range(2), freeze=("wte",))
    token_distances("reversers", REVERSE, range(8))
    token_distances("C read as B", SYNONYMS, range(8))
    token_distances("C read as B with a frozen random table", SYNONYMS, range(4), freeze=("wte",))


def held_out(task, seed):
    """Say which of the task's inputs a training from this seed never sees: their numbers, int (182,)."""
    rng = np.random.default_rng(seed)
    initial_weights(rng)  # draws first, as training does
    return shared_out(task, rng)[0]


def token_distances(title, task, seeds, **options):
    columns = "   ".join(f"{name} before, after" for name in PAIRS)
    print(f"\n{title}\nseed  score   {columns}   furthest  longest/shortest  held out, B-C exchanged")
    for seed in seeds:
        first, *_, last = train(task, seed=seed, every=1000, **options)
        before, after = distances(first.wte), distances(last.wte)
        numbers = "        ".join(f"{before[pair]:.3f}, {after[pair]:.3f}" for pair in PAIRS.values())
        lengths = {name: after[pair] for name, pair in PAIRS.items()}
        furthest, ratio = max(lengths, key=lengths.get), max(lengths.values()) / min(lengths.values())
        unseen = held_out(task, seed)
        right = (answer_logits(last.model, task).argmax(axis=-1) == task.answers).all(axis=1)[unseen].sum()
        line = f"{seed:4}   {last.score:4}        {numbers}       {furthest}       {ratio:.2f}"
        exchanged_b_c = score(last.model.with_tables(wte=last.wte[[0, 2, 1]]), task)
        print(f"{line}             {right} of {len(unseen)}, {exchanged_b_c} of 729", flush=True)


def analogies():
    """Lesson 3: is A - a + b = B? Six tokens, three letters in two cases, and an answer for which both count apart: the
    letters sorted, the cases in reverse. In eight models of eight most fourth corners are the nearest of all six rows,
    none of the three given ones left out; before training, none is."""
    print("\nseed  right; before and after: fourth corner nearest, of 12; with three left out; cosine of steps")
    for seed in range(8):
        before, after, right = train_cases(seed)
        print(f"{seed:4}  {right} of 1000; {_fourth_corners(before)}; {_fourth_corners(after)}", flush=True)


def _fourth_corners(table):
    nearest, left_out, alike = [], [], []
    for one, other in permutations(range(len(table) // 2), 2):
        for case in (0, 1):
            given = [2 * one + 1 - case, 2 * one + case, 2 * other + case]
            wanted, step = 2 * other + 1 - case, table[given[0]] - table[given[1]]
            off = np.linalg.norm(table - (step + table[given[2]]), axis=1)
            nearest.append(off.argmin() == wanted)
            off[given] = np.inf
            left_out.append(off.argmin() == wanted)
            alike.append(cosines([step, table[wanted] - table[given[2]]])[0, 1])
    return f"{sum(nearest)}, {sum(left_out)}, {np.mean(alike):.2f}"


def positions():
    """Lesson 4: what is left of six sorters and six reversers whose position tables are broken.

    Rows 0 to 4 averaged leave the sorters 720 or more. Swapped rows that only write leave what counting says (one
    sorter 530 for 531); rows 5 and 6 leave about 260 to 390 of a sorter, where the obvious story says 158 and is right
    about 430 to 560 whole answers; every reverser then writes the second letter twice. With their random start put back
    the sorters keep fewer than 100, the reversers more than 600. Given letters from slot 1 on, every reverser writes
    the third letter of the answer first, from slot 2 on the fifth, 729 times of 729. Of the answers of a sorter without
    positions nine in ten are in order, fewer than a third hold the letters that were given, and one in five begins
    with a wrong letter."""
    no_rows = np.zeros((11, 48))
    *_, last = train(SORT, seed=0, n_steps=2000, every=1000, wpe=no_rows, freeze=("wpe",))
    written = last.model.generate(SORT.inputs)
    in_order = (np.diff(written, axis=1) >= 0).all(axis=1).sum()
    same_letters = (np.sort(written, axis=1) == SORT.answers).all(axis=1).sum()
    n_first = (written[:, 0] != SORT.answers[:, 0]).sum()
    print(f"\nwithout positions: {last.score} right, {in_order} in order, {same_letters} with the letters given")
    print(f"                   {n_first} of 729 begin with a wrong letter")
    for task in (SORT, REVERSE):
        print(f"\n{task.name}")
        for seed in range(6):
            first, *_, last = train(task, seed=seed, every=1000)
            model, wpe = last.model, np.asarray(last.wpe, dtype=float)
            damaged = model.with_tables(wpe=exchanged(wpe, 5, 6))
            swapped = damaged.generate(task.inputs)
            if task is SORT:
                told = story()
                n_told = (told == task.answers).all(axis=1).sum(), (told == swapped).all(axis=1).sum()
                print(f"seed {seed}: the story says {n_told[0]}, and {n_told[1]} whole answers as they are")
            else:
                twice = (swapped[:, :2] == task.answers[:, 1:2]).all(axis=1).sum()
                with_letter = (np.insert(task.inputs, 6, letter, axis=1) for letter in range(3))  # in slot 6
                copied = [(damaged.logits(ids)[:, -1].argmax(axis=-1) == ids[:, 6]).sum() for ids in with_letter]
                print(f"seed {seed}: second letter twice in {twice}; slot 6 copies A, B, C in {copied}")
            first_letters = [model.logits(task.inputs, start, n_last=1)[:, 0].argmax(axis=-1) for start in range(1, 6)]
            places = [(letters[:, np.newaxis] == task.answers).sum(axis=0).tolist() for letters in first_letters]
            print(f"        the first letter from starts 1 to 5, by its place in the answer: {places}")
            print(f"        random start put back {score(model.with_tables(wpe=first.wpe), task)}")
            n_right = {name: score(model.with_tables(wpe=table), task) for name, table in broken(wpe).items()}
            print(f"seed {seed}: {', '.join(f'{name} {n}' for name, n in n_right.items())}")
            apart = distances(wpe)
            far = np.sort(np.argsort(apart.mean(axis=1))[-5:])
            near = divmod(np.where(apart == 0, 9, apart).argmin(), len(wpe))
            order = np.argsort(-np.linalg.norm(wpe, axis=1))[:5]
            alike = cosines(wpe - wpe.mean(axis=0))
            print(
                f"        five rows furthest from the others {far}, five longest {np.sort(order)}, "
                f"nearest two {near}; mean distance within 0-4 {within(apart, range(5)):.3f}, "
                f"0-5 {within(apart, range(6)):.3f}, 6-10 {within(apart, range(6, 11)):.3f}; centred cosines: "
                f"neighbours in 6-10 {np.diag(alike, 1)[6:].mean():.2f}, all in 0-4 {within(alike, range(5), 1):.2f}",
                flush=True,
            )


def broken(wpe):
    """Break a position table in the ways that lesson 4 speaks of."""
    sines = sinusoidal_positions(*wpe.shape)
    tables = {
        "as trained": wpe,
        "rows 0-4 mean": broken_table(wpe, rows="MMMMMKKKKKK"),
        "rows 0-4 zero": broken_table(wpe, rows="00000KKKKKK"),
        "rows 0-5 mean": broken_table(wpe, rows="MMMMMMKKKKK"),
        "rows 6-10 mean": broken_table(wpe, rows="KKKKKKMMMMM"),
        "all zero": 0 * wpe,
        "next row": np.roll(wpe, -1, axis=0),
        "row before": np.roll(wpe, 1, axis=0),
        "half": wpe / 2,
        "double": 2 * wpe,
        "sinusoids": sines,
        "small sinusoids": sines * np.linalg.norm(wpe, axis=1).mean() / np.linalg.norm(sines[0]),
    }
    for one, other in [*((row, row + 1) for row in range(10)), (7, 9)]:
        tables[f"{one}<->{other}"] = exchanged(wpe, one, other)
    return tables


def story():
    """What a sorter answers with rows 5 and 6 swapped if a row says which letter to write, and whether to sort the
    letter in its slot: the second of the first five, sorted; then those five and it, sorted."""
    five = np.sort(SORT.inputs[:, :5])
    six = np.sort(np.column_stack([five, five[:, 1]]))
    return np.column_stack([five[:, 1], six[:, 0], six[:, 2:]])


def within(matrix, rows, on_diagonal=0):
    n = len(rows)
    return (matrix[np.ix_(rows, rows)].sum() - on_diagonal * n) / (n * (n - 1))


def sums():
    """Lesson 5: of eight sorters and eight reversers, what became of letter and slot in their sum: the letter's share
    of the spread, in the sum, after the layer norm and in the values; the overlap of both tables, and what share of
    random tables has less; the sums that can be un-mixed; and what decides where the first layer looks."""
    chance = {n_slots: chance_overlaps(3, n_slots, 48) for n_slots in (11, 6)}
    raw_chance = chance_overlaps(3, 11, 48, centred=False)
    for task in (SORT, REVERSE):
        for seed in range(8):
            first, *_, last = train(task, seed=seed, every=1000)
            print(f"\n{task.name}, seed {seed}: {last.score} of 729")
            for when, (_, _, _, wte, wpe, token_shares, model) in (("before", first), ("after", last)):
                shares = variance_shares(every_sum(wte, wpe[:6]))[0], *token_shares
                found = {n_slots: overlap(wte, wpe[:n_slots]) for n_slots in chance}
                apart = ", ".join(f"{n} slots {o:.3f} ({(chance[n] < o).mean():.0%})" for n, o in found.items())
                raw = overlap(wte, wpe, centred=False)
                apart += f", raw {raw:.3f} ({(raw_chance < raw).mean():.0%})"
                unmixed = decoding_accuracy(wte, wpe, decode=decode_least_squares).sum()
                terms = term_shares(model, task.teacher_forced)
                print(
                    f"{when:7} letter's share {', '.join(f'{share:.2f}' for share in shares)}; overlap {apart}; "
                    f"un-mixed {unmixed:.0f}; slot looks for letter {terms[1, 0]:.2f}, for slot {terms[1, 1]:.2f}",
                    flush=True,
                )


def streams():
    """Lesson 5: of eight sorters and eight reversers, what explains the spread of the stream at the six inputs (letter,
    slot, both, context), how large its numbers are, its cosine with the sum, and how often letter and slot can be read
    from it linearly, from the sum to the last block."""
    for task in (SORT, REVERSE):
        for seed in range(8):
            *_, last = train(task, seed=seed, every=1000)
            stages = stream(last.model, task.inputs).astype(float)
            print(f"\n{task.name}, seed {seed}: {last.score} of 729")
            for stage in stages:
                size, cosine = np.sqrt((stage**2).mean()), (stage * stages[0]).mean()
                cosine /= size * np.sqrt((stages[0] ** 2).mean())
                shares = ", ".join(f"{share:.2f}" for share in source_shares(stage, task.inputs))
                slots = np.broadcast_to(np.arange(6), task.inputs.shape)
                read = [share_read_linearly(stage, labels) for labels in (task.inputs, slots)]
                print(f"{shares}; size {size:.2f}, cosine with the sum {cosine:.2f}, read {read}", flush=True)


def shifts():
    """Lesson 5: how long a hidden shift may be before float32 no longer holds it, for twenty directions."""
    for task in (SORT, REVERSE):
        model = load_checkpoint(task.name)
        for length in (1e5, 3e5, 1e6, 2e6, 3e6, 1e7, 1e8):
            scores = [score(shifted_model(model, length, direction), task) for direction in range(20)]
            print(f"{task.name}, length {length:,.0f}: {min(scores)} to {max(scores)} of 729, {scores.count(729)} full")


def noise():
    """Lesson 5: letter and slot both read right, random tables of 48 channels, mean of a hundred; and adding against
    setting side by side, at equal width and noise of twice an entry's spread."""
    rng = np.random.default_rng(0)
    for level in (0, 0.5, 1, 2):
        for read in (decode_nearest, decode_least_squares):
            shares = np.zeros(48)
            for _ in range(100):
                wte, wpe = rng.standard_normal((3, 48)), rng.standard_normal((11, 48))
                shares += decoding_accuracy_by_channels(wte, wpe, level, read, n_draws=10).mean(axis=(1, 2)) / 100
            listed = ", ".join(f"{n}: {shares[n - 1]:.2f}" for n in (1, 2, 4, 8, 10, 11, 12, 13, 16, 24, 32, 48))
            print(f"noise {level}, {read.__name__}, by channels {listed}", flush=True)
    # Share read right with noise of the same size, 2, everywhere: entries of spread 1 added, and side by side with
    # `n` channels for the letter, of spread 1 or root 2.
    ways = {"added": (None, 1), **{f"{n} + {48 - n}": (n, 1) for n in (8, 12, 16, 20, 24)}}
    ways |= {f"{n} + {48 - n}, root 2 larger": (n, np.sqrt(2)) for n in (8, 12, 16, 20, 24)}
    for way, (n, size) in ways.items():
        found = []
        for _ in range(100):
            tables = size * rng.standard_normal((3, n or 48)), size * rng.standard_normal((11, 48 - (n or 0)))
            tables = tables if n is None else padded_tables(*tables)
            spread = np.concatenate(tables).std()
            found.append(decoding_accuracy(*tables, noise=2 / spread, n_draws=30).mean())
        print(f"{way}: {np.mean(found):.3f}", flush=True)


def frozen():
    """Deep dives: two sorters whose tables are random and frozen get 727 or more, and lose answers, one of them more
    than a hundred, when rows 0 to 4 of the position table become their mean; their three sides are about equal.
    Lesson 5: three reversers whose frozen tables use 4 directions get all 729 in 1000 steps."""
    for seed in range(2):
        *_, last = train(SORT, seed=seed, every=1000, freeze=("wte", "wpe"), **random_tables(seed))
        mean = broken_table(last.wpe, rows="MMMMMKKKKKK")
        left = score(last.model.with_tables(wpe=mean), SORT)
        apart = distances(last.wte)
        sides = ", ".join(f"{name} {apart[pair]:.2f}" for name, pair in PAIRS.items())
        print(f"frozen, seed {seed}: {last.score} of 729, rows 0-4 mean {left}; {sides}", flush=True)
    for seed in range(3):
        tables = narrow_tables(4)(seed)
        *_, last = train(REVERSE, seed=seed, n_steps=1000, every=1000, freeze=("wte", "wpe"), **tables)
        print(f"reverser, 4 directions, seed {seed}: {last.score} of 729 after 1000 steps", flush=True)


SECTIONS = {"letters": letters, "analogies": analogies, "positions": positions, "sums": sums}
SECTIONS |= {"streams": streams, "shifts": shifts, "noise": noise, "frozen": frozen}

if __name__ == "__main__":
    for name in sys.argv[1:] or SECTIONS:
        SECTIONS[name]()
