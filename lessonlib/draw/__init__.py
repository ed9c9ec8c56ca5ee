"""Pictures on paper: a scene, or a few arrays, in; a matplotlib figure with its words out. No pyplot."""

from lessonlib.draw.paper import colours, draw
from lessonlib.draw.picture import Picture, picture_html, png, svg
from lessonlib.draw.pictures import curves, matrix, overlaps, parallelogram, sources, squares, the_sum, walk
from lessonlib.draw.table import Table
from lessonlib.palette import INK, POSITION, SUM, TOKEN
