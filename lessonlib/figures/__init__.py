"""Arrays in, picture out. The only place with a colour, a size, a label; no pyplot, so nothing is left open."""

from lessonlib.figures.base import (
    COLOURS,
    INK,
    NARROW,
    POSITION,
    SUM,
    TOKEN,
    WIDE,
    Cells,
    Drawing,
    Flight,
    Picture,
    fill,
    picture_html,
    png,
    quick_png,
    signed_limit,
)
from lessonlib.figures.cards import draw_card
from lessonlib.figures.curves import draw_curves
from lessonlib.figures.evidence import draw_overlaps, draw_sources, draw_terms
from lessonlib.figures.lines import Lines, draw_lines
from lessonlib.figures.maps import draw_maps, map_limit, maps_svg
from lessonlib.figures.mixing import collision_frame, curve_cells, scale_frame, shift_frame, unmix_frame
from lessonlib.figures.pairs import pair_frame
from lessonlib.figures.spreads import draw_spreads
from lessonlib.figures.steps import steps_frame
from lessonlib.figures.sums import draw_sum, sum_frame
from lessonlib.figures.tables import draw_matrix, look_up_frame, look_up_frame_in_columns, table_frame
from lessonlib.figures.triangles import draw_triangles

__all__ = [
    "COLOURS",
    "INK",
    "NARROW",
    "POSITION",
    "SUM",
    "TOKEN",
    "WIDE",
    "Cells",
    "Drawing",
    "Flight",
    "Lines",
    "Picture",
    "collision_frame",
    "curve_cells",
    "draw_card",
    "draw_curves",
    "draw_lines",
    "draw_maps",
    "draw_matrix",
    "draw_overlaps",
    "draw_sources",
    "draw_spreads",
    "draw_sum",
    "draw_terms",
    "draw_triangles",
    "fill",
    "look_up_frame",
    "look_up_frame_in_columns",
    "map_limit",
    "maps_svg",
    "pair_frame",
    "picture_html",
    "png",
    "quick_png",
    "scale_frame",
    "shift_frame",
    "signed_limit",
    "steps_frame",
    "sum_frame",
    "table_frame",
    "unmix_frame",
]
