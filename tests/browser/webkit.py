"""WebKit, the engine of Safari: the list of test_firefox.py, shortened. On demand, as it needs a screen:

    apt install webkit2gtk-driver xvfb, .venv/bin/python -m pip install selenium
    xvfb-run .venv/bin/python tests/browser/webkit.py [PICTURE.png]

Ends with an error at the first thing that is not as it should be.
"""

import sys
import tempfile
import time
from pathlib import Path

from axe_playwright_python.base import AXE_FILE_PATH
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.jupyter import IDLE, SAID, running_server, write_notebook
from browser.test_firefox import BLOCKS, CARD, CELLS, COLLISIONS, STEPS, SUM, TRAINING, TURNED

BROWSERS = "lib/*/webkit2gtk-4.*/MiniBrowser"
NOTE = "box => box.querySelector('.ll-note').innerText"
WORDS = "box => box.querySelector('.ll-words').textContent"
NAMES = "box => [...box.querySelectorAll('.noUi-handle')].map(each => each.getAttribute('aria-label'))"
N_CELLS = "() => window.jupyterapp.shell.currentWidget.content.model.cells.length"
STATUS = "box => box.querySelector('.ll-status').innerText"


class Page:
    def __init__(self, driver):
        self.driver = driver

    def ask(self, function, box=None):
        return self.driver.execute_script(f"return ({function})(arguments[0])", box)

    def wait(self, function, box=None, patience=120):
        """Wait until a function of the page, or of Python, is true."""
        end = time.monotonic() + patience
        while not (function() if callable(function) else self.ask(function, box)):
            assert time.monotonic() < end, f"waited in vain for {function}"
            time.sleep(0.05)

    def boxes(self):
        return self.driver.find_elements("css selector", ".ll-explorer")

    def handle(self, box, name):
        return box.find_element("css selector", f".noUi-handle[aria-label='{name}']")

    def click(self, box, text):
        (button,) = [each for each in box.find_elements("css selector", "button") if text in each.accessible_name]
        button.click()


def look(page):
    page.wait("() => window.jupyterapp && document.querySelector('.jp-Notebook .jp-Cell')")
    page.wait(IDLE)
    page.ask("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.wait(f"() => document.querySelectorAll('.ll-explorer .ll-note').length === {len(CELLS) - 1}")
    page.wait(IDLE)
    boxes = page.boxes()
    for box in boxes:
        page.wait(SAID, box)
        names = page.ask(NAMES, box)
        assert names and all(names) and page.ask(WORDS, box).strip()
    print("every explorer is there, its sliders have names and its picture words")
    n_cells = page.ask(N_CELLS)
    for i, name in ((SUM, "nudge"), (BLOCKS, "slot"), (COLLISIONS, "noise"), (CARD, "suit"), (STEPS, "step")):
        before = page.ask(NOTE, boxes[i]), page.ask(WORDS, boxes[i])
        page.handle(boxes[i], name).send_keys(Keys.END)
        page.wait(lambda i=i, before=before: page.ask(NOTE, boxes[i]) != before[0])
        page.wait(lambda i=i, before=before: page.ask(WORDS, boxes[i]) != before[1])
    print("a slider of each moves by keys, and picture and words follow")
    for key in "abxddjkmz":
        page.handle(boxes[SUM], "nudge").send_keys(key)
    time.sleep(0.3)
    assert page.ask(N_CELLS) == n_cells
    print("single keys on a slider, `d d` among them, leave the notebook as it is")
    space = boxes[BLOCKS].find_element("css selector", ".ll-space")
    page.ask("space => space.scrollIntoView({block: 'center'})", space)
    webdriver.ActionChains(page.driver).click_and_hold(space).move_by_offset(80, 0).release().perform()
    page.wait(lambda: float(page.ask(TURNED, boxes[BLOCKS]) or 0) < 0)
    assert page.ask("() => getSelection().toString()") == ""
    print("the mouse turns the blocks and selects no label")
    page.click(boxes[TRAINING], "Train")
    page.wait("box => Number(box.querySelector('progress')?.value) > 0", boxes[TRAINING])
    page.click(boxes[TRAINING], "Stop")
    page.wait("box => !box.querySelector('progress')", boxes[TRAINING])
    print("a training starts and stops:", page.ask(STATUS, boxes[TRAINING]).strip())
    page.driver.execute_script(Path(AXE_FILE_PATH).read_text())
    page.driver.set_script_timeout(120)
    found = page.driver.execute_async_script(
        "const done = arguments[0]; axe.run('.ll-explorer').then(r => done(r.violations.map(each => each.id)))"
    )
    assert found == [], found
    print("axe finds no barrier")


def main(arguments):
    (browser, *_) = sorted(map(str, Path("/usr").glob(BROWSERS))) or sys.exit(
        "no MiniBrowser: apt install webkit2gtk-driver"
    )
    options = webdriver.WebKitGTKOptions()
    options.binary_location = browser
    options.add_argument("--automation")
    with tempfile.TemporaryDirectory() as folder:
        write_notebook(Path(folder, "webkit.ipynb"), CELLS)
        with running_server(folder) as (port, token):
            driver = webdriver.WebKitGTK(
                options=options, service=webdriver.WebKitGTKService("/usr/bin/WebKitWebDriver")
            )
            try:
                print("WebKit", driver.capabilities["browserVersion"])
                driver.set_window_size(1440, 1000)
                driver.get(f"http://127.0.0.1:{port}/lab/tree/webkit.ipynb?token={token}")
                look(Page(driver))
            finally:
                if arguments:
                    driver.save_screenshot(arguments[0])
                driver.quit()


if __name__ == "__main__":
    main(sys.argv[1:])
