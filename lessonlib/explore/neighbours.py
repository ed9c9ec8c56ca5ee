"""The explorer of words and their neighbours in a model that reads English."""

import ipywidgets as widgets

from lessonlib.explore.controls import SHORT_LABEL_STYLE, Word, dropdown
from lessonlib.explore.explorer import Explorer
from lessonlib.scene import Ranking, Scene

SAID = {
    "centred cosine": "cosine, row means taken away",
    "cosine": "cosine",
    "distance": "distance",
}


def neighbours(english, word="king", minus="", plus=""):
    """Make the explorer of neighbours: the ten words nearest to `word`, or to `word - minus + plus`, as bars. `english`
    is what `load_english` returns. The typed words may be left out, and the measure chosen."""

    def show(word, minus, plus, by, leave_out):
        found = english.nearest(word, minus or None, plus or None, by=by, leave_out=leave_out)
        names, values = zip(*found)
        typed = {word, minus, plus} - {""}
        asked, title = (
            word + "".join(f" {sign} {other}" for sign, other in zip(signs, (minus, plus)) if other)
            for signs in (("minus", "plus"), "−+")
        )
        title = title if len(title) < 28 else title.replace(" +", "\n+")  # long words, on a narrow page
        others = ("it", "both words", "the three words")[len(typed) - 1]
        text = f"Nearest to {asked}{f', without {others}' if leave_out else ''}: {names[0]}"
        if names[0] in typed:
            first = english.nearest(word, minus or None, plus or None, n=1, by=by, leave_out=True)[0][0]
            text += f" itself; without {others}, {first}"
        ranking = Ranking(
            f"{title}\n{SAID[by]}{', shorter is nearer' * (by == 'distance')}",
            tuple(f"{name} (typed)" if name in typed else name for name in names),
            values,
            most=max(values) if by == "distance" else 1.0,
        )

        return Scene(ranking, text=f"{text}.", left=150)

    def read(text):
        return english.words[english.one(text)]

    controls = {
        "word": Word("word", word, read),
        "minus": Word("minus", minus, lambda text: read(text) if text.strip() else ""),
        "plus": Word("plus", plus, lambda text: read(text) if text.strip() else ""),
        "by": dropdown("measure", [(text, by) for by, text in SAID.items()], "centred cosine"),
        "leave_out": widgets.Checkbox(description="leave out the words typed", indent=False),
    }
    controls["by"].style = SHORT_LABEL_STYLE
    return Explorer("words and their neighbours", controls, show)
