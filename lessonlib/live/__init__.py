"""Controls above pictures that follow them. The only place with ipywidgets."""

from lessonlib.live.card_explorer import card_explorer
from lessonlib.live.dial_explorers import scale_explorer, shift_explorer
from lessonlib.live.map_explorers import cosine_explorer, map_explorer
from lessonlib.live.mixing_explorers import collision_explorer, unmix_explorer
from lessonlib.live.position_explorers import ablation_board, sinusoid_explorer, window_explorer
from lessonlib.live.steps_explorer import steps_explorer
from lessonlib.live.sum_explorer import sum_explorer
from lessonlib.live.table_explorers import look_up_explorer, table_training_explorer, triangles_explorer

__all__ = [
    "ablation_board",
    "card_explorer",
    "collision_explorer",
    "cosine_explorer",
    "look_up_explorer",
    "map_explorer",
    "scale_explorer",
    "shift_explorer",
    "sinusoid_explorer",
    "steps_explorer",
    "sum_explorer",
    "table_training_explorer",
    "triangles_explorer",
    "unmix_explorer",
    "window_explorer",
]
