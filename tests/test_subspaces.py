"""How tables lie to each other: cosines, principal angles, chance."""

import itertools

import numpy as np
import pytest

from lessonlib.measure import chance_overlaps, cosines, overlap, principal_cosines, share_below

RNG = np.random.default_rng(0)
ONE, OTHER = RNG.standard_normal((3, 48)), RNG.standard_normal((11, 48))


def test_cosines_between_rows_are_those_of_a_loop():
    found = cosines(ONE, OTHER)
    for i, j in itertools.product(range(3), range(11)):
        assert found[i, j] == pytest.approx(ONE[i] @ OTHER[j] / np.sqrt((ONE[i] @ ONE[i]) * (OTHER[j] @ OTHER[j])))


def test_a_hidden_shift_moves_raw_cosines_and_leaves_centred_angles():
    shift = RNG.standard_normal(48)
    moved = ONE + shift, OTHER - shift
    assert np.abs(cosines(*moved) - cosines(ONE, OTHER)).max() > 0.3
    assert abs(overlap(*moved, centred=False) - overlap(ONE, OTHER, centred=False)) > 0.02
    np.testing.assert_allclose(principal_cosines(*moved), principal_cosines(ONE, OTHER))


def test_the_angle_between_two_planes_is_the_one_built_in():
    angle = 0.3
    floor = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0]])
    tilted = np.array([[1.0, 0, 0, 0], [0, np.cos(angle), np.sin(angle), 0]])
    mixed = tilted[[0, 0, 1]] * [[3.0], [-1.0], [2.0]] + tilted[[1, 1, 0]]  # other rows with the same span
    np.testing.assert_allclose(principal_cosines(floor, mixed, centred=False), [1, np.cos(angle)])
    assert overlap(floor, mixed, centred=False) == pytest.approx((1 + np.cos(angle) ** 2) / 2)


def test_the_largest_cosine_is_found_by_a_search_too():
    one, other = ONE[:2, :3], OTHER[:1, :3]  # a plane and a line: the angle to the projection
    projection = np.linalg.lstsq(one.T, other[0], rcond=None)[0] @ one
    cosine = projection @ other[0] / np.linalg.norm(projection) / np.linalg.norm(other[0])
    np.testing.assert_allclose(principal_cosines(one, other, centred=False), [abs(cosine)])


def test_centring_leaves_one_direction_less_and_its_own_rows_the_whole_span():
    assert len(principal_cosines(ONE, OTHER)) == 2 and len(principal_cosines(ONE, OTHER, centred=False)) == 3
    inside = RNG.standard_normal((3, 11)) @ OTHER
    assert overlap(inside, OTHER, centred=False) == pytest.approx(1)
    differences = OTHER[1:4] - OTHER[0]
    assert overlap(differences, OTHER) == pytest.approx(1)


def test_spans_at_right_angles_have_no_overlap():
    padded = np.pad(ONE, ((0, 0), (0, 48))), np.pad(OTHER, ((0, 0), (48, 0)))
    assert overlap(*padded) < 1e-25 and overlap(*padded, centred=False) < 1e-25


@pytest.mark.parametrize(
    ("n_others", "centred", "mean"), [(11, True, 10 / 48), (6, True, 5 / 48), (11, False, 11 / 48)]
)
def test_chance_overlap_is_on_average_the_share_of_directions_that_the_wider_table_spans(n_others, centred, mean):
    chance = chance_overlaps(3, n_others, 48, centred)
    assert chance.mean() == pytest.approx(mean, abs=0.004)
    assert (np.diff(chance) >= 0).all() and len(chance) == 2000
    np.testing.assert_array_equal(chance, chance_overlaps(3, n_others, 48, centred))


def test_the_share_of_chance_below_a_value():
    assert [share_below(value, np.array([1.0, 2, 3, 4])) for value in (0, 2.5, 5)] == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cosines(ONE, OTHER[:, :4]), "of one width"),
        (lambda: cosines(ONE[0], OTHER), "of one width"),
        (lambda: cosines(ONE, OTHER * 0), "no direction"),
        (lambda: principal_cosines(np.ones((3, 4)), OTHER[:, :4]), "span nothing"),
        (lambda: principal_cosines(np.zeros((3, 4)), OTHER[:, :4], centred=False), "span nothing"),
    ],
)
def test_what_cannot_be_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
