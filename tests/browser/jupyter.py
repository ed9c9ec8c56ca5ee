"""A real JupyterLab server and a real browser without a window, driven as a learner would."""

import contextlib
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from unittest import mock

import nbformat
import numpy as np
from PIL import Image

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
ADD = """
from lessonlib import explore
from lessonlib.embeddings import encode
from lessonlib.nano_gpt import load_checkpoint
model = load_checkpoint("sort")
def add(letters, start):
    tok_emb, pos_emb = model.wte[encode(letters)], model.wpe[start:start + len(letters)]
    return tok_emb, pos_emb, tok_emb + pos_emb
"""  # what explorers of the sum need, as a cell
NAMES = {
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"),
    "firefox": ("firefox-esr", "firefox"),
}
PATIENCE = 180_000  # milliseconds: on a busy computer a browser may need that to start
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--disable-features=LocalNetworkAccessChecks",  # a page whose policy a test adds counts as foreign
]
# Playwright speaks WebDriver BiDi with Firefox as it comes, but asks at once for a dark or light page, and the Firefox
# of Debian does not know that command. Another one, which changes nothing, takes its place.
BIDI = """const stringify = JSON.stringify;
JSON.stringify = (value, ...more) => stringify(value?.method === "emulation.setMediaFeaturesOverride"
  ? {id: value.id, method: "session.status", params: {}} : value, ...more);
"""
# No news, no saving behind our back, and every cell in the page even where it is out of view.
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
SESSION = (
    "(window.jupyterapp.shell.currentWidget.context ?? "
    "window.jupyterapp.shell.currentWidget.content.context).sessionContext"
)
# Whether the words are those of the picture: they follow once the controls have rested. Or what went wrong.
SAID = """box => {
  const move = where => box.querySelector(where + '[data-move]')?.dataset.move;
  return Boolean(box.querySelector('.ll-error [role=alert]')) || move('.ll-note') === move('.ll-words');
}"""
MOVE = "(box.querySelector('.ll-note[data-move]')?.dataset.move ?? '')"  # of the controls, that the picture is of
ALERTS = ":is(.ll-error, .ll-refusal) [role=alert]"  # what went wrong, or was typed wrong
ERROR = f"[...box.querySelectorAll('{ALERTS}')].map(alert => alert.innerText).join('')"
IS_IDLE = f"{SESSION}.session?.kernel?.status === 'idle'"
IDLE = f"() => {IS_IDLE}"
# Each of these asks the page once: a question takes longer than what is asked for. They say what came in the end.
WAIT = """const wait = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const until = async condition => {
  for (let i = 0; i < 1200; i++, await wait(50)) if (condition()) return true;
  return false;
};
const calm = state => {  // until what it says, if anything, has been the same for a while
  let before, n = 0;
  return until(() => {
    const now = state();
    n = now !== undefined && now === before ? n + 1 : 0;
    before = now;
    return n === 3;
  });
};"""
# Focuses a slider; says the move of the picture, and the slider's value.
FOCUSED = f"""(box, name) => {{
  const handle = box.querySelector(`.noUi-handle[aria-label='${{name}}']`);
  handle.focus();
  return [{MOVE}, handle.getAttribute('aria-valuetext')];
}}"""
# Waits until the picture is no longer that of a move and the words are there, or for a message, unless the slider of
# this name still has its value; says whether it came, and what the message is.
FOLLOWED = f"""async (box, [move, name, value]) => {{
  {WAIT}
  const said = {SAID}, handle = name ? box.querySelector(`.noUi-handle[aria-label='${{name}}']`) : null;
  if (handle?.getAttribute('aria-valuetext') === value) return [true, ''];
  return [await until(() => {ERROR} || ({MOVE} !== move && said(box))), {ERROR}];
}}"""
# Waits until the words are those of the picture, and stay so.
SETTLED = f"""async box => {{
  {WAIT}
  const said = {SAID};
  await wait(150);
  await until(() => {IS_IDLE});
  return calm(() => said(box) ? [{MOVE}, {ERROR}].join() : undefined);
}}"""
# Waits until every explorer's words are those of its picture, and stay so; says for each what is wrong, and what its
# controls say. Where this is given as it was at first, Reset is clicked in each, and waited until it is so again.
RESTED = f"""async first => {{
  {WAIT}
  const boxes = [...document.querySelectorAll('.ll-explorer')], said = {SAID}, move = box => {MOVE};
  const controls = box => Array.from(box.querySelectorAll('.noUi-handle, input, select'),
    control => control.getAttribute('aria-valuenow') ?? [control.value, control.checked]).join();
  const rests = () => {IS_IDLE} && boxes.every((box, i) => said(box) && (!first || controls(box) === first[i][1]));
  document.activeElement.blur();  // as a mouse does that goes to Reset: what was typed counts
  for (const box of first ? boxes : [])
    [...box.querySelectorAll('button')].find(button => button.textContent.trim() === 'Reset').click();
  await wait(100);
  const done = await calm(() => rests() ? boxes.map(move).join() : undefined);
  return done ? boxes.map(box => [{ERROR}, controls(box)]) : null;
}}"""
# Ends the kernel of the notebook, closes it without a question, and opens another one.
OPENED = f"""async path => {{
  {WAIT}
  const {{commands, shell}} = window.jupyterapp, notebook = shell.currentWidget;
  await {SESSION}.shutdown();
  notebook.context.model.dirty = false;
  notebook.close();
  await until(() => notebook.isDisposed);
  await commands.execute('docmanager:open', {{path, factory: 'Notebook'}});
}}"""
# Where some parts of an explorer lie, once its pictures are drawn and nothing moves any more: a busy computer is late.
PLACES = """async (box, parts) => {
  const panels = parts.map(part => box.querySelector(`.ll-panel[data-part='${part}']`));
  for (const panel of [panels.at(-1), panels[0]]) panel.scrollIntoView({block: 'nearest'});
  const places = () => panels.map(panel => panel.getBoundingClientRect()).map(at => [at.x, at.y, at.width, at.height]);
  for (let before = '', now; before !== (now = JSON.stringify(places())); before = now) {
    await Promise.all(Array.from(box.querySelectorAll('img'), image => image.decode().catch(() => null)));
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  }
  return places();
}"""
# The rest of page.js before it speaks, shortened: most tests would do nothing but wait for it.
HASTY = """const wait = window.setTimeout, animate = Element.prototype.animate;
window.setTimeout = (work, delay, ...more) => wait(work, delay === 400 ? 40 : delay, ...more);
Element.prototype.animate = function (frames, time) { return animate.call(this, frames, time === 250 ? 1 : time); };"""


def find_browser(name):
    """Return the path of a Chromium or its kin, or of a Firefox; None where there is none."""
    found = [os.environ.get(name.upper()), *map(shutil.which, NAMES[name])]
    return next((path for path in found if path), None)


@contextlib.contextmanager
def driven():
    """Start Playwright; gives what `launch` needs."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place:
        script = Path(place, "bidi.cjs")
        script.write_text(BIDI)
        with mock.patch.dict(os.environ, NODE_OPTIONS=f'--require "{script.as_posix()}"'):
            playwright = sync_playwright().start()
        try:
            yield playwright
        finally:
            playwright.stop()


def launch(playwright, name, path, home=None):
    """Start a browser, "chromium" or "firefox"; this needs a home of its own, or root may not start it in another's."""
    if name == "firefox":
        env = {**os.environ, "HOME": str(home)}
        return playwright.firefox.launch(channel="moz-firefox", executable_path=path, env=env, timeout=PATIENCE)
    return playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=PATIENCE)


def write_notebook(path, cells):
    """Write a notebook of these sources of code."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


def n_stored_explorers(path):
    """Count the explorers among a notebook's stored outputs."""
    cells = nbformat.read(path, as_version=4).cells
    texts = [str(each.get("data", {}).get("text/plain")) for cell in cells for each in cell.get("outputs", [])]
    return sum(text.startswith("Explorer(") for text in texts)


def write_explorers(path, lesson):
    """Write a notebook of a lesson's setup cell and its explorers, each of which stands alone after that cell."""
    notebook = nbformat.read(lesson, as_version=4)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if "setup" in cell.metadata.get("tags", ()) or "Explorer(" in str(cell.get("outputs"))
    ]
    nbformat.write(notebook, path)


@contextlib.contextmanager
def running_server(folder, settings=None):
    """Serve a folder with JupyterLab, its settings kept apart from everyone's; gives the address and the token."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        place = Path(place)
        for name, value in {**SETTINGS, **(settings or {})}.items():
            package, plugin = name.rsplit("/", 1)
            (place / "settings" / package).mkdir(parents=True, exist_ok=True)
            (place / "settings" / package / f"{plugin}.jupyterlab-settings").write_text(json.dumps(value))
        token = secrets.token_hex(8)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(place / "config"),
            "JUPYTER_DATA_DIR": str(place / "data"),
            "JUPYTER_RUNTIME_DIR": str(place / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(place / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(place / "workspaces"),
            "IPYTHONDIR": str(place / "ipython"),
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
        command += [f"--ServerApp.port={port}", f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}"]
        command += ["--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"]
        with open(place / "log", "w+") as log:
            server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
            try:
                _wait_for(f"http://127.0.0.1:{port}/api?token={token}", server, place / "log")
                yield port, token
            finally:
                os.killpg(server.pid, signal.SIGTERM)
                try:
                    server.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(server.pid, signal.SIGKILL)


def _wait_for(address, server, log):
    for _ in range(600):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, timeout=2).read()
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


class Page:
    """One notebook open in the browser.

    `problems` collects what the browser's console calls errors; `n_bytes` came over the kernel's connection, and
    `n_sent` messages went there. In a `hasty` page the words follow the picture after less rest than a learner's.
    """

    def __init__(
        self,
        browser,
        port,
        token,
        name,
        app="lab",
        kernel=True,
        width=1440,
        height=1000,
        ratio=1,
        policy=None,
        hasty=False,
    ):
        self.context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=ratio)
        self.ratio, self.problems, self.n_bytes, self.n_sent = ratio, [], 0, 0
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self._note(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("websocket", self._count_messages)
        if hasty:
            self.context.add_init_script(HASTY)
        if policy:  # a Content-Security-Policy, as hardened servers send it
            self.page.route("**/lab/tree/**", lambda route: self._with_policy(route, policy))
        path = {
            "lab": f"lab/tree/{name}?reset&",
            "notebook": f"notebooks/{name}?",
            "lite": f"lab/index.html?path={name}&",
        }
        self.page.goto(f"http://127.0.0.1:{port}/{path[app]}token={token}")
        self._wait_until_open(kernel)

    def _wait_until_open(self, kernel=True):
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.page.wait_for_function("window.jupyterapp")
        if kernel:
            self.page.wait_for_function(IDLE)

    def turn_to(self, name, width):
        """End the kernel of the notebook and open another one in its place, in the same JupyterLab."""
        self._begin(width)
        self.page.evaluate(OPENED, name)
        self._wait_until_open()
        self.problems.clear()

    def _begin(self, width):
        self.page.mouse.move(0, 0)
        self.page.set_viewport_size({"width": width, "height": 1000})

    def _with_policy(self, route, policy):
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    def _note(self, text):
        if "ERR_UNKNOWN_URL_SCHEME" not in text:  # JupyterLab asks for an attachment before it knows it as one
            self.problems.append(text)

    def _count_messages(self, link):
        link.on("framereceived", self._count)
        link.on("framesent", self._count_sent)

    def _count(self, data):
        self.n_bytes += len(data)

    def _count_sent(self, _data):
        self.n_sent += 1

    def close(self):
        """Close the page, and end the kernel behind it."""
        self.page.evaluate(f"(async () => {SESSION}.shutdown())().catch(() => null)")
        self.context.close()

    def reset(self, width=1440):
        """Bring every explorer back to how it began, in a window of this width; return whether that is so."""
        self._begin(width)
        return self.page.evaluate(RESTED, self.first) == self.first

    def command(self, name, arguments=None):
        self.page.evaluate(
            "([name, more]) => window.jupyterapp.commands.execute(name, more ?? {}).then(() => null)", [name, arguments]
        )

    def run_all(self, n_explorers=None):
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(IDLE, timeout=300_000)
        if n_explorers is not None:
            self.page.wait_for_function(f"document.querySelectorAll('.ll-explorer').length === {n_explorers}")
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(IDLE, timeout=300_000)
        self.first = self.page.evaluate(RESTED, None)
        assert self.first is not None, "the explorers do not come to rest"

    def n_cells(self):
        return self.page.evaluate("window.jupyterapp.shell.currentWidget.content.model.cells.length")

    def errors(self):
        """The tracebacks and warnings that stand in the notebook."""
        return self.page.locator(
            "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']"
        ).all_inner_texts()

    def explorers(self):
        return [OnPage(self, each) for each in self.page.locator(".ll-explorer").all()]


class OnPage:
    """One explorer in the page."""

    def __init__(self, page, box):
        self.page, self.box = page, box

    def names(self):
        return [each.get_attribute("aria-label") for each in self.box.locator(".noUi-handle").all()]

    def handle(self, name):
        return self.box.locator(f".noUi-handle[aria-label='{name}']")

    def value(self, name):
        return self.handle(name).get_attribute("aria-valuetext").replace("minus ", "−")

    def press(self, name, key):
        """Focus a slider and press a key, and wait until picture and words have followed."""
        move, value = self.box.evaluate(FOCUSED, name)
        self.page.page.keyboard.press(key)
        self._follow(move, name, value)

    def choose(self, name, option):
        """Choose another one of a list, and wait until picture and words have followed."""
        choice, move = self.box.get_by_label(name, exact=True), self._move()
        value = choice.input_value()
        choice.select_option(option)
        if choice.input_value() != value:
            self._follow(move)

    def type(self, name, text):
        """Write something else into a box and press Enter, and wait until picture and words, or a message, follow."""
        move = self._move()
        self.box.get_by_label(name).select_text()  # `fill` is no change to Firefox
        self.page.page.keyboard.type(text)
        self.page.page.keyboard.press("Enter")
        self._follow(move)

    def _move(self):
        return self.box.evaluate(f"box => {MOVE}")

    def _follow(self, move, slider="", value=""):
        """Wait until the picture is no longer that of this move and the words are there, or for a message."""
        rests, message = self.box.evaluate(FOLLOWED, [move, slider, value])
        assert rests, "the explorer does not come to rest"
        if message:
            self.settle()

    def settle(self):
        """Wait until the words are those of the picture, and stay so."""
        assert self.box.evaluate(SETTLED), "the explorer does not come to rest"

    def _wait(self, condition):
        for _ in range(600):
            if condition():
                return
            self.page.page.wait_for_timeout(50)
        raise AssertionError("the explorer does not come to rest")

    def note(self):
        return self.box.locator(".ll-note").inner_text().replace("−", "-")  # a true minus sign is seen

    def words(self):
        return self.box.locator(".ll-words").text_content().strip()

    def told(self):
        """The few words beside them, as of a training that begins."""
        return self.box.locator(".ll-brief[role=status]").text_content().strip()

    def error(self):
        """What went wrong, or was typed wrong."""
        return self.box.evaluate(f"box => {ERROR}")

    def colours(self, label, shape):
        """Read the colour at the middle of every cell of a heatmap (by its part, strips not counted), (*shape, 3)."""
        return self.all_colours({label: shape})[label]

    def all_colours(self, shapes):
        """The same for several heatmaps: takes and returns a dict by their numbers."""
        first = self.box.locator(".ll-strip").count()
        places = np.array(self.box.evaluate(PLACES, [first + label for label in shapes]))  # (n, 4)
        left, top = places[:, :2].min(axis=0).astype(int).tolist()
        right, bottom = (places[:, :2] + places[:, 2:]).max(axis=0).astype(int).tolist()
        clip = {"x": left, "y": top, "width": right - left + 2, "height": bottom - top + 2}
        picture = self.page.page.screenshot(animations="disabled", clip=clip)
        pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
        found = {}
        for (label, (n_rows, n_columns)), (x, y, width, height) in zip(shapes.items(), places):
            rows = (y - top + (np.arange(n_rows) + 0.5) / n_rows * height) * self.page.ratio
            columns = (x - left + (np.arange(n_columns) + 0.5) / n_columns * width) * self.page.ratio
            found[label] = pixels[np.ix_(rows.astype(int), columns.astype(int))]
        return found


class SlowNetwork:
    """A door to a server on this computer behind which everything takes longer, each way.

    Parameters
    ----------
    port : int
        Of the server.
    delay : float
        Seconds, each way.
    """

    def __init__(self, port, delay):
        self.target, self.delay = port, delay
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source, sink):
        """Hand on what comes, each piece `delay` seconds after it came; later pieces do not wait for earlier ones."""
        waiting, more = [], threading.Condition()

        def send():
            with contextlib.suppress(OSError):
                while True:
                    with more:
                        more.wait_for(lambda: waiting)
                        due, data = waiting.pop(0)
                    time.sleep(max(0.0, due - time.monotonic()))
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    sink.sendall(data)

        threading.Thread(target=send, daemon=True).start()
        data = b" "
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            with more:
                waiting.append((time.monotonic() + self.delay, data))
                more.notify()

    def close(self):
        self.listener.close()
