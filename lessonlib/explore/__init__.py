"""Controls above pictures that follow them. The only place with ipywidgets."""

from lessonlib.explore.explorer import Explorer
from lessonlib.explore.lesson_3 import look_up, table_in_training, triangles
from lessonlib.explore.lesson_4 import ablation_board, cosines, maps, sinusoids, window
from lessonlib.explore.lesson_5 import the_sum

__all__ = [
    "Explorer",
    "ablation_board",
    "cosines",
    "look_up",
    "maps",
    "sinusoids",
    "table_in_training",
    "the_sum",
    "triangles",
    "window",
]
