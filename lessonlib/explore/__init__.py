"""Controls above pictures that follow them. The only place with ipywidgets."""

from lessonlib.explore.dives import scale, shift, steps
from lessonlib.explore.explorer import Explorer
from lessonlib.explore.lesson_3 import look_up, neighbours, triangles
from lessonlib.explore.lesson_4 import ablation_board, cosines, maps, sinusoids, window
from lessonlib.explore.lesson_5 import blocks, card, collisions, the_sum, unmix
from lessonlib.explore.train_here import training
from lessonlib.explore.verdicts import verdicts
