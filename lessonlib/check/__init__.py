"""Say whether a learner's answer is right, and which known mistake it is when it is not.

Every check takes an answer, which may be any object, and what the exercise is about; it returns a `Verdict`. No answer
raises. ValueError where another argument is not what it should be: that is a fault of the notebook, not of the learner.
"""

from lessonlib.check.lesson_3 import (
    cosines,
    identical_slots,
    look_up,
    lost_names,
    matmul,
    one_hot,
    opposite,
    parameter_count,
)
from lessonlib.check.lesson_4 import (
    averaged,
    deciding,
    equal_letters,
    exchanged,
    follows,
    most_alike,
    no_difference,
    positions,
    sinusoid_row,
)
from lessonlib.check.lesson_5 import (
    broadcasts,
    cell,
    colliding_tables,
    evidence,
    faults,
    folded,
    hidden_shift,
    input_embedding,
    nudge,
    pairs,
)
from lessonlib.check.verdict import Verdict
