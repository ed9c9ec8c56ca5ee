"""Curves of trainings, drawn."""

import numpy as np

from lessonlib.figures import draw_curves


def test_curves_say_their_last_scores_in_words_and_draw_every_seed():
    steps = np.array([0, 10, 20])
    curves = {"one": (steps, np.array([[0, 5, 729], [1, 5, 700]])), "two": (steps, np.array([[0, 2, 12]]))}
    picture = draw_curves(curves, "Two trainings")
    assert "one: 729 (700 or more from step 20), 700 (700 or more from step 20); two: 12." in picture.alt
    lines = [line.get_ydata() for line in picture.axes[0].lines if len(line.get_ydata()) == 3]
    np.testing.assert_array_equal(lines, [[0, 5, 729], [1, 5, 700], [0, 2, 12]])
    assert {text.get_text() for text in picture.axes[0].texts} == {"one", "two"}
