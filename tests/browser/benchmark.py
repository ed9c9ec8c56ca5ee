"""How fast explorers follow the hand, in real JupyterLab: `python tests/browser/benchmark.py` in the project's .venv.

Floor is a slider whose callback only sets a Label, naive is the usual `interact` with `plt.show()`. All take turns in
one page of one browser, in rounds of 60 steps of the keyboard; each step counts from the key until the new picture is
on the screen, as the browser says (Element Timing). Then a key comes every 100 to 300 ms, whether or not the picture
has followed; and, to see what a step costs once all has followed, every second. Absolute times depend on the machine;
the ratios are what to look at.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.jupyter import Page, driven, find_browser, launch, running_server

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
N_ROUNDS, N_STEPS = 4, 60
PACES, N_KEYS, N_SETTLED = (100, 150, 200, 300), 40, 20  # milliseconds between two keys; how many keys
PACED = ("floor", "ours", "scoring")  # whose number can be read in what they show
SETUP = """
import os
from pathlib import Path
Path("kernel").write_text(str(os.getpid()))
import ipywidgets as widgets
import numpy as np
from lessonlib import explore
from lessonlib.embeddings import encode
from lessonlib.nano_gpt import load_checkpoint, load_history
from lessonlib.tasks import SORT
model = load_checkpoint("sort")
def add(letters, start):
    tok_emb, pos_emb = model.wte[encode(letters)], model.wpe[start:start + len(letters)]
    return tok_emb, pos_emb, tok_emb + pos_emb
"""
CELLS = {
    "floor": """
slider, label = widgets.IntSlider(0, 0, 47), widgets.Label()
slider.observe(lambda change: setattr(label, "value", f"= {change.new}"), "value")
box = widgets.VBox([slider, label]); box.add_class("bench-floor"); box
""",
    "ours": """
ours = explore.the_sum(add, model); ours.add_class("bench-ours"); ours
""",
    "scoring": """
scoring = explore.look_up(lambda letters, table: table[encode(letters)], model, SORT)
scoring.add_class("bench-scoring"); scoring
""",
    "triangles": """
triangles = explore.triangles({"sorter": load_history("sort"), "reverser": load_history("reverse")})
triangles.add_class("bench-triangles"); triangles
""",
    "card": """
card = explore.card(); card.add_class("bench-card"); card
""",
    "maps": """
maps = explore.maps({"sorter": load_history("sort"), "reverser": load_history("reverse")})
maps.add_class("bench-maps"); maps
""",
    "dial": """
dial = explore.collisions(model); dial.add_class("bench-dial"); dial
""",
    "naive": """
import matplotlib.pyplot as plt
def draw(channel):
    figure, axes = plt.subplots(3, 1, figsize=(8.6, 5.2))
    for each, matrix in zip(axes, add("CBABBC", 0)):
        image = each.imshow(matrix, cmap="RdBu_r", vmin=-0.11, vmax=0.11, aspect="auto")
        each.add_patch(plt.Rectangle((channel - 0.5, 2.5), 1, 1, fill=False))
    figure.colorbar(image, ax=axes)
    plt.show()
naive = widgets.interactive(draw, channel=widgets.IntSlider(0, 0, 47))
box = widgets.VBox([naive]); box.add_class("bench-naive"); box
""",
}
SLIDERS = {
    "ours": "[aria-label='inspect channel']",
    "scoring": "[aria-label='inspect channel']",
    "dial": "[aria-label='channels']",
    "card": "[aria-label='value']",
}
SHOWN = {"floor": ".widget-label:last-child", "naive": ".jp-OutputArea, .widget-output, .jupyter-widgets-output-area"}
# A map moves without a word of its text changing: all that stands over the frame is what an explorer shows.
STATE = """(root.querySelector('.ll-cells')?.innerHTML ??
    [...root.querySelectorAll('img')].map(i => i.src.length + i.src.slice(-200)).join() + root.textContent)"""
# When what is in the page now came onto the screen. The browser says so of images that it is asked about: of the first
# one shown, and of a mark of one pixel that enters the page with what changed, be it text alone.
ON_SCREEN = """
  const waiting = new Map();
  const onScreen = () => {
    const mark = new Image(1, 1);
    mark.src = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAAAAACH5BAAAAAAALAAAAAABAAEAAAIBAAA=';
    mark.style.cssText = 'position: fixed; left: 0; top: 0';
    document.body.append(mark);
    const shown = root.querySelector(root.querySelector('.ll-cells') ? '.ll-cells .ll-panel > img' : 'img');
    return Promise.all([mark, shown].filter(Boolean).map(image => new Promise(done => {
      const name = String(window.asked = (window.asked ?? 0) + 1);
      image.setAttribute('elementtiming', name);
      waiting.set(name, done);
    }))).then(times => { mark.remove(); return Math.max(...times); });
  };
  const screen = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) waiting.get(entry.identifier)?.(entry.renderTime);
  });
  screen.observe({type: 'element'});"""
ARM = """([handle, root]) => {
  window.took = null;
  const state = () => STATE;
  const before = state();
  let start = null;ON_SCREEN
  handle.addEventListener('keydown', event => { start = event.timeStamp; }, {once: true, capture: true});
  const watcher = new MutationObserver(async () => {
    if (start === null || state() === before || (root.dataset.picture && !root.querySelector('img'))) return;
    watcher.disconnect();
    window.took = await onScreen() - start;
    screen.disconnect();
  });
  watcher.observe(root, {subtree: true, childList: true, attributes: true, characterData: true});
}""".replace("STATE", STATE).replace("ON_SCREEN", ON_SCREEN)
# Notes when each key came, and which number the slider then had; and when a picture with another number was painted.
FOLLOW = """([handle, root]) => {
  const seen = window.followed = {keys: [], pictures: []};ON_SCREEN
  const number = () => Number(/(?:channel|=) (\\d+)/.exec(root.textContent)?.[1]);
  const key = event => setTimeout(() => seen.keys.push([Number(handle.ariaValueNow), event.timeStamp]));
  let last = number();
  const watcher = new MutationObserver(async () => {
    const now = number();
    if (now === last) return;
    last = now;
    seen.pictures.push([now, await onScreen()]);
  });
  handle.addEventListener('keydown', key, {capture: true});
  watcher.observe(root, {subtree: true, childList: true, characterData: true});
  window.unfollow = () => {
    for (const each of [watcher, screen]) each.disconnect();
    handle.removeEventListener('keydown', key, {capture: true});
  };
}""".replace("ON_SCREEN", ON_SCREEN)
DRAG = """([handle, root, distance]) => new Promise(done => {
  const box = handle.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
  const fire = (to, kind, at) => to.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true, view: window,
    clientX: at, clientY: y, button: 0, buttons: 1}));
  const seen = {frames: 0, blank: 0, pictures: new Set(), heights: new Set(), last: 0};
  let going = true, sent = 0;
  const look = () => {
    const images = [...root.querySelectorAll('img')];
    const now = STATE;
    seen.frames += 1;
    if (root.dataset.picture && (!images.length || images.some(i => !i.complete || !i.naturalWidth))) seen.blank += 1;
    if (!seen.pictures.has(now)) { seen.pictures.add(now); seen.last = performance.now(); }
    seen.heights.add(Math.round(root.getBoundingClientRect().height));
    if (going) requestAnimationFrame(look);
  };
  look();
  fire(handle, 'mousedown', x);
  const start = performance.now();
  const go = () => {
    const due = Math.min(60, Math.floor((performance.now() - start) / 10));
    while (sent < due) { sent += 1; fire(handle, 'mousemove', x + distance * sent / 60); }
    if (sent < 60) return setTimeout(go, 4);
    fire(handle, 'mouseup', x + distance);
    const end = performance.now();
    setTimeout(() => { going = false; done({frames: seen.frames, blank: seen.blank, pictures: seen.pictures.size,
      heights: seen.heights.size, settle: Math.max(0, seen.last - end)}); }, 2500);
  };
  go();
})""".replace("STATE", STATE)


def main():
    with tempfile.TemporaryDirectory() as folder, driven() as driver:
        cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, *CELLS.values())]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), Path(folder) / "bench.ipynb")
        browser = launch(driver, "chromium", find_browser("chromium"))
        with running_server(folder) as (port, token):
            page = Page(browser, port, token, "bench.ipynb")
            page.run_all()
            page.page.wait_for_selector(".bench-naive img")
            measure(page)
            kernel = psutil.Process(int((Path(folder) / "kernel").read_text()))
            report_paces([paces(page) for _ in range(N_ROUNDS)], [settled(page, kernel) for _ in range(N_ROUNDS)])
        browser.close()


def measure(page):
    parts = {name: find(page.page, name) for name in CELLS}
    times, sizes, counts = {name: [] for name in CELLS}, {name: [] for name in CELLS}, []
    for _ in range(N_ROUNDS):
        for name, (handle, shown) in parts.items():
            before = page.n_bytes
            times[name].append([step(page.page, handle, shown, i) for i in range(N_STEPS)])
            page.page.wait_for_timeout(1500)
            sizes[name].append((page.n_bytes - before) / N_STEPS / 1000)
    for i in range(20):
        counts.append(count(page.page, i))
    drags = {name: [drag(page.page, *parts[name], way) for way in (300, -300) * 2] for name in CELLS}
    report(times, sizes, drags, counts)


def find(page, name):
    box = page.locator(f".bench-{name}")
    handle = box.locator(f".noUi-handle{SLIDERS.get(name, '')}")
    shown = box.locator(SHOWN.get(name, ".ll-stage")).first
    if name != "floor":
        shown.evaluate("root => { root.dataset.picture = 'yes' }")
    return handle, shown


def step(page, handle, shown, i):
    """Return the milliseconds from a key to the new picture; a pause of random length comes first."""
    shown.evaluate("root => root.scrollIntoView({block: 'center'})")
    handle.focus()
    page.wait_for_timeout(random.uniform(60, 140))
    page.evaluate(ARM, [handle.element_handle(), shown.element_handle()])
    now, most = (float(handle.get_attribute(f"aria-{name}")) for name in ("valuenow", "valuemax"))
    backwards = now >= most or (i % 20 >= 10 and now > float(handle.get_attribute("aria-valuemin")))
    page.keyboard.press("ArrowLeft" if backwards else "ArrowRight")
    page.wait_for_function("window.took !== null", timeout=20_000)
    return page.evaluate("window.took")


def press_at_a_pace(page, name, pace, n_keys):
    """Go through the first numbers of a slider, a key every `pace` ms; return the keys' latencies in ms, NaN if none.

    A key has none whose number was never painted, because the next one was there first.
    """
    handle, shown = find(page.page, name)
    shown.evaluate("root => root.scrollIntoView({block: 'center'})")
    handle.focus()
    page.page.keyboard.press("Home")
    page.page.wait_for_timeout(1000)
    page.page.evaluate(FOLLOW, [handle.element_handle(), shown.element_handle()])
    start = time.perf_counter()
    for i in range(n_keys):
        time.sleep(max(0.0, start + i * pace / 1000 - time.perf_counter()))
        page.page.keyboard.press("ArrowRight")
    page.page.wait_for_timeout(1000)
    page.page.evaluate("window.unfollow()")
    seen = page.page.evaluate("window.followed")
    painted = {int(number): when for number, when in seen["pictures"]}
    return [painted.get(int(number), np.nan) - when for number, when in seen["keys"]]


def paces(page):
    """Return the latencies of one round, by pace and by name."""
    return {pace: {name: press_at_a_pace(page, name, pace, N_KEYS) for name in PACED} for pace in PACES}


def settled(page, kernel):
    """Return for each name how many kB a step sends, and how many ms of the kernel it takes, all that follows too."""
    costs = {}
    for name in PACED:
        n_bytes, cpu = page.n_bytes, kernel.cpu_times()
        press_at_a_pace(page, name, 1000, N_SETTLED)
        n_steps, now = N_SETTLED + 1, kernel.cpu_times()  # the first was to the start
        took = now.user + now.system - cpu.user - cpu.system
        costs[name] = (page.n_bytes - n_bytes) / n_steps / 1000, 1000 * took / n_steps
    return costs


def report_paces(rounds, costs):
    print("\na key every   median ms: " + "   ".join(PACED) + "   x floor, lowest and highest round; never painted")
    for pace in PACES:
        medians = {name: [np.nanmedian(each[pace][name]) for each in rounds] for name in PACED}
        line = f"{pace:5} ms     " + "  ".join(f"{np.median(medians[name]):6.0f}" for name in PACED)
        for name in PACED[1:]:
            ratios = np.divide(medians[name], medians["floor"])
            lost = sum(np.isnan(each[pace][name]).sum() for each in rounds)
            line += f"   {np.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f}; {lost})"
        print(line)
    for name in PACED:
        n_kb, took = np.median([each[name] for each in costs], axis=0)
        print(f"a settled step of {name}: {n_kb:.1f} kB, {took:.1f} ms of the kernel")


def count(page, i):
    """Return the milliseconds from a new letter to the new score."""
    handle = page.locator(".bench-scoring .noUi-handle[aria-label='letter 5']")
    return step(page, handle, page.locator(".bench-scoring .ll-counted"), 0 if i % 2 else 30)


def drag(page, handle, shown, distance):
    handle.scroll_into_view_if_needed()
    return page.evaluate(DRAG, [handle.element_handle(), shown.element_handle(), distance])


def report(times, sizes, drags, counts):
    medians = {name: [np.median(each) for each in rounds] for name, rounds in times.items()}
    print(f"{N_ROUNDS} rounds of {N_STEPS} steps; ratios of medians, lowest and highest round in brackets")
    print(
        "         median    p95   x floor             x naive             kB/step  drag: pictures blank heights settle"
    )
    for name, rounds in times.items():
        ratios = []
        for other in ("floor", "naive"):
            each = [a / b for a, b in zip(medians[name], medians[other])]
            ratios.append(f"{np.median(each):5.2f} ({min(each):.2f} to {max(each):.2f})")
        moved = {key: [each[key] for each in drags[name]] for key in drags[name][0]}
        print(
            f"{name:8} {np.median(rounds):5.0f}  {np.percentile(rounds, 95):5.0f} {ratios[0]:>19} {ratios[1]:>19} "
            f"{np.median(sizes[name]):8.1f}  {np.median(moved['pictures']):14.0f} {sum(moved['blank']):5} "
            f"{max(moved['heights']):7} {np.median(moved['settle']):6.0f}"
        )
    print(f"a new score of 729 after a new letter: median {np.median(counts):.0f} ms, slowest {max(counts):.0f} ms")


if __name__ == "__main__":
    main()
