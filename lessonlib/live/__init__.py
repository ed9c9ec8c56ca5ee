"""Controls above pictures that follow them. The only place with ipywidgets."""

from lessonlib.live.blocks_explorer import blocks_explorer
from lessonlib.live.card_explorer import card_explorer
from lessonlib.live.dial_explorers import scale_explorer, shift_explorer
from lessonlib.live.mixing_explorers import collision_explorer, unmix_explorer
from lessonlib.live.steps_explorer import steps_explorer
from lessonlib.live.sum_explorer import sum_explorer
from lessonlib.live.training_explorer import training_explorer

__all__ = [
    "blocks_explorer",
    "card_explorer",
    "collision_explorer",
    "scale_explorer",
    "shift_explorer",
    "steps_explorer",
    "sum_explorer",
    "training_explorer",
    "unmix_explorer",
]
