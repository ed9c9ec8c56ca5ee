"""Lesson 5's explorers without a browser: what they show and say equals what is computed apart."""

import itertools
import re

import numpy as np
import pytest
from seen import aloud, assert_nothing_is_cut_off, images, marks, note, page, set_to, shares, signed, titles

from lessonlib import explore, measure
from lessonlib.embeddings import encode
from lessonlib.explore.lesson_5 import COLLIDING, COUNTING, N_DRAWS, RANDOM, TRAINED
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.palette import SUM

MODEL = load_checkpoint("sort")
TOK, POS = MODEL.wte, MODEL.wpe
LIMIT = max(np.abs(TOK).max(), np.abs(POS).max(), np.abs(TOK[:, None] + POS).max())


def add(letters, start):
    tok_emb, pos_emb = TOK[encode(letters)], POS[start : start + len(letters)]
    return tok_emb, pos_emb, tok_emb + pos_emb


def changed(change):
    """A learner's `add` whose x is something else."""
    return lambda letters, start: (*add(letters, start)[:2], change(*add(letters, start)[:2]))


def answer_by_hand(letters, x_of, start=0):
    """Write six letters, each with the model's largest logit for the x of all before it that fit into its slots."""
    written = letters
    for _ in range(6):
        window = written[-(11 - start) :]
        written += "ABC"[MODEL.logits_from(x_of(window))[-1].argmax()]
    return written[6:]


@pytest.fixture
def explorer():
    return explore.the_sum(add, MODEL)


# The sum


@pytest.mark.parametrize("letters", ["CBABBC", "AAAAAA", "CCCCCC"])
@pytest.mark.parametrize("start", [0, 5])
def test_every_control_at_every_extreme_shows_and_says_what_the_pure_functions_say(explorer, letters, start):
    set_to(explorer, letters=letters, start=start)
    for slot, channel, nudge in itertools.product((0, 5), (0, 47), (-0.5, 0, 0.5)):
        set_to(explorer, slot=slot, channel=channel, nudge=nudge)
        tok_emb, pos_emb, x = add(letters, start)
        a, b, c = tok_emb[slot, channel], pos_emb[slot, channel], x[slot, channel]
        x[slot, channel] += nudge
        for part, matrix in enumerate((tok_emb, pos_emb, x)):
            np.testing.assert_array_equal(images(explorer)[part], signed(matrix, LIMIT))

        def nudged(window, slot=slot, channel=channel, nudge=nudge):
            x = add(window, start)[2]
            x[slot, channel] += nudge
            return x

        other = f"({b:.4f})" if b < 0 else f"{b:.4f}"
        line = f"E_tok[{letters[slot]}, {channel}] + E_pos[{start + slot}, {channel}] = {a:.4f} + {other} = {c + 0:.4f}"
        assert f"slot {start + slot}, channel {channel}: {line}" in note(explorer)
        assert (f"nudged by {nudge:.2f}: {c + nudge:.4f}" in note(explorer)) == bool(nudge)
        own = "".join("ABC"[i] for i in MODEL.generate(encode(letters), start))
        answer = answer_by_hand(letters, nudged, start)
        said = (
            f"The model answers {answer} to {letters}"
            + f", started in slot {start}, as it never was in training" * bool(start)
        )
        said += f"; to the unchanged sum, {own}." if answer != own else ", as to" if nudge else "."
        assert said in note(explorer)
        assert explorer.words.startswith(aloud(said)) and "-" not in explorer.words


def test_the_answer_is_the_models_to_what_add_returns_for_the_letters_it_writes_too():
    rng = np.random.default_rng(0)
    constant = rng.normal(size=48)
    for change in (
        lambda tok, pos: tok - pos,
        lambda tok, pos: tok * pos,
        lambda tok, pos: tok[::-1] + pos,
        lambda tok, pos: 0 * tok + constant,
        lambda tok, pos: np.ones((len(tok), 48), dtype=int),
        lambda tok, pos: tok,
        lambda tok, pos: tok + pos + 0.5 * (len(tok) > 6) * constant,  # only what is fed back is another
        lambda tok, pos: (tok + pos).tolist(),
    ):
        learners = changed(change)
        explorer = explore.the_sum(learners, MODEL)
        for letters in ("CBABBC", "AABBCA"):
            set_to(explorer, letters=letters)
            answer = answer_by_hand(letters, lambda window, learners=learners: learners(window, 0)[2])
            assert f"answers {answer} to {letters}" in note(explorer)
            right = MODEL.answer(letters)
            assert (f"unchanged sum, {right}" in note(explorer)) == (answer != right)


def test_small_bars_are_the_chances_of_all_letters_at_every_step(explorer):
    set_to(explorer, nudge=0.3)
    found = re.findall(r'<u style="--of-0:([\d.]+)%;--of-1:([\d.]+)%;--of-2:([\d.]+)%"', page(explorer))
    written, wanted = "CBABBC", []
    for _ in range(6):
        x = add(written, 0)[2]
        x[3, 0] += 0.3
        odds = np.exp(MODEL.logits_from(x)[-1].astype(float))
        wanted.append(100 * odds / odds.sum())
        written += "ABC"[wanted[-1].argmax()]
    np.testing.assert_allclose(np.array(found, dtype=float), wanted, atol=0.06)


def test_the_model_reads_nothing_anew_where_only_the_inspected_cell_moves(explorer, monkeypatch):
    def refused(*_, **__):
        raise AssertionError

    set_to(explorer, letters="BACCAB", nudge=0.3)
    monkeypatch.setattr(type(MODEL), "logits_from", refused)
    set_to(explorer, nudge=0.0, letters="CBABBC")
    first = note(explorer)
    set_to(explorer, slot=1, channel=7)
    assert note(explorer).split("\n")[1:] == first.split("\n")[1:] and note(explorer) != first
    set_to(explorer, nudge=0.05)
    assert "AssertionError" in explorer.words  # else it proves nothing


def test_headings_and_line_make_no_sum_of_what_is_none(explorer):
    assert titles(explorer) == [
        f"{name}  (6, 48)" for name in ("token embedding", "+  position embedding", "=  input embedding")
    ]
    set_to(explorer, nudge=0.5)
    assert titles(explorer)[2].startswith("=")  # nudged, as the line says
    minus = explore.the_sum(changed(lambda tok, pos: tok - pos), MODEL)
    assert titles(minus) == ["tok_emb  (6, 48)", "pos_emb  (6, 48)", "x, as add returns it: not their sum  (6, 48)"]
    difference = TOK[1, 0] - POS[3, 0]
    assert f"= {TOK[1, 0] + POS[3, 0]:.4f}, but x holds {difference:.4f}" in note(minus)
    set_to(minus, nudge=-0.5)
    assert f"but x holds {difference:.4f}; nudged by -0.50: {difference - 0.5:.4f}" in note(minus)


def test_rows_that_are_not_those_of_the_tables_are_not_called_so():
    def doubled(letters, start):
        tok_emb, pos_emb, _ = add(letters, start)
        return 2 * tok_emb, pos_emb, 2 * tok_emb + pos_emb

    line = note(explore.the_sum(doubled, MODEL))
    assert "tok_emb[3, 0] + pos_emb[3, 0]" in line and "E_tok" not in line


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_sum_is_no_other_number_because_it_is_rounded(dtype):
    def rounded(letters, start):
        tok_emb, pos_emb, _ = add(letters, start)
        return tok_emb, pos_emb, (tok_emb + pos_emb).astype(dtype)

    explorer = explore.the_sum(rounded, MODEL)
    for slot, channel in itertools.product(range(6), range(0, 48, 5)):
        set_to(explorer, slot=slot, channel=channel)
        assert "but x holds" not in note(explorer) and titles(explorer)[2].startswith("=  input embedding")
    assert note(explorer).strip().endswith("answers ABBBCC to CBABBC.")


def test_a_number_that_is_another_is_written_so_that_it_is_seen():
    explorer = explore.the_sum(changed(lambda tok, pos: tok + pos + 2e-5), MODEL)
    total = TOK[1, 0] + POS[3, 0]
    assert f"= {total:.4f}, but x holds {total + 2e-5:.6f}"[:-1] in note(explorer)


def test_what_add_prints_is_printed_once_and_what_it_raises_stays_in_the_explorer(capsys):
    def talks(letters, start):
        print(letters)
        if letters == "AAAAAAA":
            raise SystemExit
        return add(letters, start)

    explorer = explore.the_sum(talks, MODEL)
    assert explorer.words and explorer.still_html() and capsys.readouterr().out == "CBABBC\n"
    set_to(explorer, letters="AAAAAA")
    assert "For the 7 letters A, A, A, A, A, A, A it says: SystemExit." in explorer.words


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: explore.the_sum(5, MODEL), "add must be a function, got 5 (int)"),
        (lambda: explore.the_sum(add, None), "model must be a model, such as load_checkpoint gives, got None"),
        (lambda: explore.blocks(MODEL, add), "add must be a function, got NanoGPT("),
        (lambda: explore.blocks(add, add), "model must be a model, such as load_checkpoint gives, got <function"),
        (lambda: explore.collisions("sort"), "model must be a model, such as load_checkpoint gives, got 'sort' (str)"),
        (lambda: explore.unmix(TOK), "model must be a model, such as load_checkpoint gives, got array("),
    ],
)
def test_what_no_explorer_can_be_made_of_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make()


def test_a_nudge_changes_no_array_of_the_learner():
    kept = [np.array(each) for each in add("CBABBC", 0)]
    explorer = explore.the_sum(lambda letters, start: kept if len(letters) == 6 else add(letters, start), MODEL)
    set_to(explorer, nudge=0.5, slot=5)
    for array, fresh in zip(kept, add("CBABBC", 0)):
        np.testing.assert_array_equal(array, fresh)


@pytest.mark.parametrize("start", [0, 5])
def test_a_function_for_six_letters_only_is_told_so_and_its_picture_stands(start):
    def six(letters, start):
        tok_emb, pos_emb = TOK[encode(letters)], POS[start : start + 6]
        return tok_emb, pos_emb, tok_emb + pos_emb

    explorer = explore.the_sum(six, MODEL)
    set_to(explorer, start=start)
    np.testing.assert_array_equal(images(explorer)[2], signed(six("CBABBC", start)[2], LIMIT))
    if start == 5:  # six slots are left, so the window never is longer
        assert " to CBABBC, started in slot 5" in note(explorer)
    else:
        said = "`add` must take up to 11 letters. For the 7 letters CBABBCA it says: operands could not be broadcast"
        assert aloud(said.replace("`", "")) in explorer.words
    assert not explorer._error.value


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, "returned None: is `return` missing?"),
        (np.zeros((6, 48)), "three arrays, tok_emb, pos_emb and x, got ndarray"),
        ((np.zeros((6, 48)),) * 2, "three arrays"),
        ((np.zeros((6, 48)), np.zeros((6, 48)), np.zeros((48, 6))), "x must have shape (6, 48), got (48, 6)"),
        ((np.zeros((6, 48)), np.zeros((6, 48)), np.zeros((6, 6, 48))), "x must have shape (6, 48), got (6, 6, 48)"),
        ((np.zeros((6, 48)), np.zeros(48), np.zeros((6, 48))), "pos_emb must have shape (6, 48), got (48,)"),
        ((np.zeros((6, 48)), np.zeros((6, 48)), 5), "x must have shape (6, 48), got ()"),
        ((np.zeros((6, 48)), np.zeros((6, 48)), np.full((6, 48), np.nan)), "x holds nan"),
        ((np.zeros((6, 48)), np.zeros((6, 48)), np.full((6, 48), 1e30)), "x"),
        ((np.zeros((6, 48)), np.zeros((6, 48)), np.full((6, 48), "x")), "x must hold real numbers"),
    ],
)
def test_what_the_model_cannot_take_is_refused_in_words(returned, words):
    explorer = explore.the_sum(lambda letters, start: returned, MODEL)
    assert words in explorer.words and "So there is no picture yet." in explorer.words
    assert "Traceback" not in explorer.words and words in explorer.still_html().replace("&#x27;", "'")


def test_what_a_learners_function_raises_is_said_and_the_last_good_picture_stays():
    def fails(letters, start):
        return add(letters, start) if start < 5 else mistake  # noqa: F821

    explorer = explore.the_sum(fails, MODEL)
    set_to(explorer, start=5)
    assert "NameError: name 'mistake' is not defined. The picture still shows the last values" in explorer.words
    assert "slot 3, channel 0" in note(explorer)
    set_to(explorer, start=4)
    assert "E_pos[7, 0]" in explorer.words


def test_reset_brings_everything_back(explorer):
    first = explorer.values
    set_to(explorer, letters="AAAAAA", start=3, slot=0, channel=9, nudge=0.3)
    explorer.set_to()
    assert explorer.values == first and "nudged" not in note(explorer) and "answers ABBBCC to CBABBC." in note(explorer)


def tipped(nudge):
    """Say which single numbers of x, changed by so much in every pass, change the answer to CBABBC; bool (6, 48)."""
    ids = np.tile(encode("CBABBC"), (6, 48, 1))
    for _ in range(6):
        x = TOK[ids] + POS[: ids.shape[-1]]  # (6, 48, T, C)
        for slot, channel in np.ndindex(6, 48):
            x[slot, channel, slot, channel] += nudge
        ids = np.concatenate([ids, MODEL.logits_from(x)[..., -1:, :].argmax(axis=-1)], axis=-1)
    return (ids[..., 6:] != encode("ABBBCC")).any(axis=-1)


def test_no_number_of_x_tips_the_answer_by_fifteen_hundredths_and_forty_by_thirty():
    assert 0.02 < np.abs(add("CBABBC", 0)[2]).mean() < 0.04
    assert not (tipped(0.15) | tipped(-0.15)).any()
    by_slot = (tipped(0.3) | tipped(-0.3)).sum(axis=1)
    assert abs(by_slot.sum() - 42) <= 2 and abs(by_slot[5] - 26) <= 2  # a hair's breadth on other machines


# The card


def cards_by_hand(step):
    """From every sum to the cards that have it."""
    found = {}
    for number, suit in enumerate(["clubs", "diamonds", "hearts", "spades"]):
        for value, rank in enumerate("A 2 3 4 5 6 7 8 9 10 J Q K".split(), start=1):
            found.setdefault(value + step * number, []).append(f"{rank} of {suit}")
    return found


@pytest.mark.parametrize("step", [1, 4, 12, 13])
@pytest.mark.parametrize(("rank", "suit"), [("A", "clubs"), ("K", "spades"), ("7", "hearts"), ("10", "diamonds")])
def test_every_card_at_every_extreme_shows_and_says_the_cards_with_its_sum(rank, suit, step):
    explorer = explore.card()
    set_to(explorer, rank=rank, suit=suit, step=step)
    value = "A 2 3 4 5 6 7 8 9 10 J Q K".split().index(rank) + 1
    number = ["clubs", "diamonds", "hearts", "spades"].index(suit)
    total = value + step * number
    front, fields, one, strip = explorer._scene.parts
    assert [text[2] for text in fields.texts] == [str(value), "value", str(number), "suit"]
    assert [text[2:] for text in one.texts] == [(str(total), 30, SUM), ("sum", 13, SUM)]
    assert front.title == f"{rank} of {suit}" and [text for _, _, text, *_ in front.texts].count(rank) == 2
    assert {text for _, _, text, *_ in front.texts} == {rank, "♣♦♥♠"[number]}
    same, chosen = cards_by_hand(step), 13 * number + value - 1
    assert [disc.x for disc in strip.discs] == [v + step * n for n in range(4) for v in range(1, 14)]
    ringed = [disc.x for disc in strip.discs if disc.ring]
    assert len(ringed) == len(same[total]) and set(ringed) == {total}
    assert strip.discs[chosen].ring and [disc for disc in strip.discs if not disc.hollow] == [strip.discs[chosen]]
    assert f"the sums of all 52 cards: {len(same)} different ones" == strip.title
    said = note(explorer)
    assert f"{value} + {step} × {number} = {total}." in said
    assert f"The 52 cards have {len(same)} different sums." in said
    if len(same[total]) == 1:
        assert "No other card has this sum" in said
    else:
        assert f"{len(same[total])} cards have this sum ({', '.join(same[total])})" in said


def test_the_card_starts_where_cards_collide_and_all_13_values_can_be_chosen():
    explorer = explore.card()
    assert explorer.values["step"] == 1 and "4 cards have this sum" in explorer.words
    assert len(explorer.controls["rank"].options) == 13
    assert [part.title for part in explorer._scene.parts[:3]] == ["7 of hearts", "side by side", "added"]


def test_suits_stand_upright_and_inside_the_card():
    front = explore.card()._scene.parts[0]
    left, right, bottom, top = front.reach
    for x, y, *_ in (*front.texts, *front.paths[0].xy):
        assert left < x < right and bottom < y < top


# Collisions

TABLES = {
    TRAINED: (TOK, POS),
    RANDOM: tuple(np.split(np.random.default_rng(0).standard_normal((14, 48)), [3])),
    COLLIDING: (np.outer([0, 1, 2], np.ones(48)), np.outer(range(11), np.ones(48))),
    COUNTING: (np.outer([0, 11, 22], np.ones(48)), np.outer(range(11), np.ones(48))),
}


@pytest.fixture(scope="module")
def dial():
    return explore.collisions(MODEL)


@pytest.mark.parametrize("chosen", TABLES)
@pytest.mark.parametrize("channels", [1, 12, 48])
@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_the_dial_shows_what_is_read_right(dial, chosen, channels, noise):
    set_to(dial, chosen=chosen, channels=channels, noise=noise)
    tables, (lines, _) = TABLES[chosen], dial._scene.parts
    nearest = measure.decoding_accuracy(*tables, channels, noise, n_draws=N_DRAWS)
    solved = measure.decoding_accuracy(*tables, channels, noise, measure.decode_least_squares, N_DRAWS).mean()
    np.testing.assert_array_equal(images(dial)[1], shares(nearest))
    said = f"read right {nearest.mean():.2f} of the time by the nearest sum, {solved:.2f} by least squares"
    assert said in note(dial) and f"noise {noise:.1f}" in note(dial)
    for name, share in (("nearest sum", nearest.mean()), ("least squares", solved)):
        x, y = lines.curves[name]
        assert x[lines.at] == channels and y[lines.at] == pytest.approx(share)
        assert f"{share:.2f}  {name}" in page(dial)


def test_the_dial_opens_where_some_pairs_are_read_and_others_not():
    nearest = explore.collisions(MODEL)._scene.parts[1].matrix
    assert 0.2 < nearest.mean() < 0.8 and nearest.min() < 0.3 and nearest.max() > 0.7


def test_the_dial_counts_different_sums_and_names_the_closest(dial):
    set_to(dial, chosen=COLLIDING, channels=48, noise=0.0)
    assert "13 of 33 sums are different; A in slot 1 and B in slot 0 have the same sum." in note(dial)
    assert len(marks(dial)) == 2
    set_to(dial, chosen=COUNTING, channels=1)
    assert "33 of 33 sums are different; closest are" in note(dial) and "1 channel, noise 0.0" in note(dial)
    set_to(dial, chosen=TRAINED, channels=48)
    sums = (TOK[:, None] + POS).reshape(33, 48).astype(float)
    distances = sorted(np.linalg.norm(a - b) for a, b in itertools.combinations(sums, 2))
    assert f"{distances[0]:.3g} apart" in note(dial)


# Un-mixing


@pytest.fixture
def game():
    return explore.unmix(MODEL)


def test_all_33_sums_are_solved_and_right_guesses_counted(game):
    control = game.controls["guess"]
    sums, token_ids, slots = measure.anonymous_sums(TOK, POS, 33)
    limit = np.abs(TOK[:, None] + POS).max()
    for i in range(33):
        assert f"Sum {i + 1} of 33" in note(game)
        control.letter.value, control.slot.value = "ABC"[token_ids[i]], int(slots[i])
        cells = images(game)
        np.testing.assert_array_equal(cells[0], signed(sums[[i]], limit))
        np.testing.assert_array_equal(cells[1], cells[0])
        np.testing.assert_array_equal(cells[2], shares(np.zeros((1, 3))))  # nothing is given away
        np.testing.assert_array_equal(cells[3], shares(np.zeros((1, 11))))
        control.solve.click()
        cells = images(game)
        np.testing.assert_array_equal(cells[2], shares(np.eye(3)[[token_ids[i]]]))
        np.testing.assert_array_equal(cells[3], shares(np.eye(11)[[slots[i]]]))
        assert f"It is {'ABC'[token_ids[i]]} in slot {slots[i]}, as your guess says." in note(game)
        assert f"slot {slots[i]} 1.00, every other slot 0.00" in note(game)
        assert f"Guessed so far: both {i + 1} of {i + 1}, letters {i + 1}, slots {i + 1}." in note(game)
        control.another.click()
    assert "Sum 1 of 33" in note(game)  # from the beginning


def test_a_wrong_guess_is_said_and_counts_once(game):
    control = game.controls["guess"]
    _, token_ids, slots = measure.anonymous_sums(TOK, POS, 33)
    letter, wrong = "ABC"[token_ids[0]], (int(slots[0]) + 1) % 11
    control.letter.value, control.slot.value = letter, wrong
    control.solve.click()
    control.solve.click()
    assert f"It is {letter} in slot {slots[0]}, not {letter} in slot {wrong}." in note(game)
    assert "both 0 of 1, letters 1, slots 0." in note(game)
    control.slot.value = int(slots[0])  # too late
    control.solve.click()
    assert "both 0 of 1, letters 1, slots 0." in note(game)


def test_reset_forgets_the_guesses(game):
    control = game.controls["guess"]
    control.slot.value = 5
    control.solve.click()
    control.another.click()
    game.set_to()
    assert "Sum 1 of 33" in note(game) and (control.letter.value, control.slot.value) == ("A", 0)
    control.solve.click()
    assert "of 1," in note(game)


def test_before_it_is_solved_the_words_let_one_guess_without_seeing(game):
    sums, _, _ = measure.anonymous_sums(TOK, POS, 33)
    guessed = TOK[0] + POS[0]
    words = game.words.replace("minus ", "-")
    assert f"The two are {np.linalg.norm(sums[0] - guessed):.3f} apart" in words
    for vector in (sums[0], guessed):
        assert ", ".join(f"{number:.3f}" for number in vector[:3]) in words


# Room


@pytest.mark.parametrize(
    "values", [{}, {"letters": "BBBBBB", "start": 5, "nudge": -0.5}], ids=["at first", "at other ends"]
)
def test_no_word_of_the_sum_is_cut_off(explorer, values):
    set_to(explorer, **values)
    assert_nothing_is_cut_off(explorer._scene)
    assert_nothing_is_cut_off(explore.the_sum(changed(lambda tok, pos: tok), MODEL)._scene)


@pytest.mark.parametrize("rank", ["A", "10", "K"])
@pytest.mark.parametrize("step", [1, 13])
def test_no_word_of_a_card_is_cut_off(rank, step):
    explorer = explore.card()
    set_to(explorer, rank=rank, suit="diamonds", step=step)
    assert_nothing_is_cut_off(explorer._scene)


def test_no_word_of_the_dial_and_of_the_game_is_cut_off(dial, game):
    for noise in (0.0, 2.0):
        set_to(dial, channels=48, noise=noise)
        assert_nothing_is_cut_off(dial._scene)
    game.controls["guess"].slot.value = 10
    game.controls["guess"].solve.click()
    assert_nothing_is_cut_off(game._scene)
