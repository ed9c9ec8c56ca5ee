"""A small table of words and numbers, aligned, as a web page and as text."""

import html


class Table:
    """Rows of cells under the names of their columns: `rows` are tuples; what is a number stands at the right."""

    def __init__(self, columns, rows):
        self.columns = tuple(columns)
        self.rows = [tuple(f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row) for row in rows]

    def __repr__(self):
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in (self.columns, *self.rows))
        return "\n".join(lines)

    def _repr_html_(self):
        head, *body = (
            "".join(f"<{kind}>{html.escape(cell)}</{kind}>" for cell in row)
            for row, kind in [(self.columns, "th"), *((row, "td") for row in self.rows)]
        )
        rows = "".join(f"<tr>{row}</tr>" for row in body)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
