"""Controls above pictures that follow them. The only place with ipywidgets."""

from lessonlib.explore.dives import scale, shift, steps
from lessonlib.explore.explorer import Explorer
from lessonlib.explore.lesson_5 import card, collisions, the_sum, unmix

__all__ = ["Explorer", "card", "collisions", "scale", "shift", "steps", "the_sum", "unmix"]
