"""Controls above pictures that follow them. The only place with ipywidgets."""

from lessonlib.explore.blocks import blocks
from lessonlib.explore.explorer import Explorer
from lessonlib.explore.lesson_5 import the_sum
from lessonlib.explore.training import training

__all__ = ["Explorer", "blocks", "the_sum", "training"]
