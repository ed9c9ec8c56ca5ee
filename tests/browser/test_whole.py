"""Every notebook, whole, as it opens in a wide window and beside a file browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from browser.jupyter import NOTEBOOKS

NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
HIGHEST = 700  # CSS pixels: a window of 1440 x 900 shows 779 of a notebook
SMALLEST = 11  # CSS pixels, of a letter
CONTROLS = (
    ":is(.noUi-handle, .widget-readout, button, input, select, .ll-note, .ll-panels, .ll-row-labels, img):visible"
)
# From where to where each of them reaches; what a readout says may run out of its box.
ENDS = """parts => parts.map(part => {
  const {left, width} = part.getBoundingClientRect();
  const text = part.matches("[class*='readout']") ? part.scrollWidth : 0;
  return [left, left + Math.max(width, text), part.outerHTML.slice(0, 300)];
})"""
# What stands in lists, where it is longer than the room before their arrow.
CUT = """box => [...box.querySelectorAll('select')].filter(list => {
  const pen = document.createElement('canvas').getContext('2d'), {font, paddingLeft} = getComputedStyle(list);
  pen.font = font;
  const words = [...list.options].map(option => pen.measureText(option.text).width);
  return list.clientWidth && Math.max(...words) + parseFloat(paddingLeft) + 16 > list.clientWidth;
}).map(list => list.innerText)"""
# The smallest letters of what the page writes itself, and of the frames as they are shown: SVG, scaled with its image.
LETTERS = """box => {
  const sizes = [...box.querySelectorAll('.ll-stage *')]
    .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .filter(each => each.getClientRects().length && !each.closest('style'))
    .map(each => parseFloat(getComputedStyle(each).fontSize));
  for (const image of box.querySelectorAll('.ll-frame img')) {
    if (!image.getClientRects().length) continue;
    const svg = new DOMParser().parseFromString(atob(image.src.split(',')[1]), 'image/svg+xml').documentElement;
    const scale = image.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    for (const text of svg.querySelectorAll('text')) {
      const size = text.getAttribute('style').match(/font(?:-size)?:[^;]*?([\\d.]+)px/);
      if (size) sizes.push(parseFloat(size[1]) * scale);
    }
  }
  return Math.min(...sizes);
}"""


@pytest.mark.parametrize("width", [1440, 900])
@pytest.mark.parametrize("name", NAMES)
def test_it_runs_without_a_complaint_fits_the_screen_and_axe_finds_no_barrier(page_of, name, width):
    page = page_of(name, width=width)
    explorers = page.explorers()
    assert explorers
    for explorer in explorers:
        what = (explorer.names(), explorer.words()[:60])
        assert explorer.error() == "" and len(explorer.words()) > 20, what
        room = explorer.box.bounding_box()
        assert room["height"] <= HIGHEST, (room["height"], what)
        for left, right, part in explorer.box.locator(CONTROLS).evaluate_all(ENDS):
            assert left >= room["x"] - 12 and right <= room["x"] + room["width"] + 2, part
        assert explorer.box.evaluate(LETTERS) >= SMALLEST - 0.05, what
        assert explorer.box.evaluate(CUT) == [], what
    results = Axe().run(page.page, context=".ll-explorer")
    assert [(found["id"], found["nodes"][0]["html"]) for found in results.response["violations"]] == []
    results = Axe().run(page.page, context=".jp-RenderedHTMLCommon img")
    assert [found["id"] for found in results.response["violations"]] == []
