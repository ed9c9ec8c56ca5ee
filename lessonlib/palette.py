"""Colours, each with one meaning, in notebooks and on pages."""

TOKEN, POSITION, SUM = "#00805a", "#6a3d9a", "#b35900"  # these three things and nothing else; told apart by every eye
INK, FAINT, PALE = "#1f2933", "#8a94a0", "#c9ced6"
WRONG = "#b3261e"  # letters of an answer
# Curves of models: colour and dashes, so that they are told apart without colours, too.
CURVES = (("#1f2933", ()), ("#0b6fb8", (6, 3)), ("#b0216b", (1.5, 3)), ("#7a828c", (7, 3, 1.5, 3)))
ORDERED = tuple((colour, ()) for colour in ("#7d93aa", "#5f7f9f", "#3b6086", "#12304f"))  # less to more
