"""What a screen reader says of the explorers, held against what it must say. On demand, as it needs Orca and a screen:

    apt install orca speech-dispatcher espeak-ng at-spi2-core dbus-x11 xdotool openbox xvfb xauth python3-pyatspi \
        libatk-adaptor gsettings-desktop-schemas dconf-gsettings-backend firefox-esr
    .venv/bin/python tools/hear.py

Real keys go to explorers of lessons 3, 4, 5 and of a deep dive, in JupyterLab in Firefox, on a screen and a bus of
their own. All that is said is printed; ends with an error if something was not said. Where Orca is missing, it says so.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

NEEDED = ("orca", "speech-dispatcher", "espeak-ng", "openbox", "xdotool", "xvfb-run", "xauth", "dbus-run-session")
CELLS = (
    """
from lessonlib import explore
from lessonlib.embeddings import encode
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.tasks import REVERSE, SORT
model, reverser = load_checkpoint("sort"), load_checkpoint("reverse")
def look_up(letters, table):
    return table[encode(letters)]
def add(letters, start):
    tok_emb, pos_emb = model.wte[encode(letters)], model.wpe[start:start + len(letters)]
    return tok_emb, pos_emb, tok_emb + pos_emb
""",
    "explore.look_up(look_up, model, SORT)",
    "explore.ablation_board({'sorter': (model, SORT), 'reverser': (reverser, REVERSE)})",
    "explore.the_sum(add, model)",
    "explore.blocks(add, model)",
    "explore.training()",
    "explore.verdicts([('Adding loses the letter.', 'wrong', 'all 18 sums differ')])",
    "explore.steps(model)",
)
LOOK_UP, BOARD, SUM, BLOCKS, TRAINING, VERDICTS, STEPS = range(len(CELLS) - 1)
QUIET, LONG = 2, 12  # seconds without a word after which nothing more will come; and what a slow computer may need
LINE = re.compile(r"^[\d:.]+ - SPEECH OUTPUT: '(.*?)'(?: voice=\w+)?(?:{.*)?$", re.M)


class Ear:
    """Orca on this screen, what it has said, and the keys that are pressed."""

    def __init__(self, log):
        self.log, self.at, self.missed = log, 0, []

    def new(self):
        """Return what was said since last asked, a list of texts."""
        with open(self.log, "rb") as log:
            log.seek(self.at)
            whole, end, _ = log.read().rpartition(b"\n")  # the last line may not be there to its end
        self.at += len(whole + end)
        return [said.strip() for said in LINE.findall(whole.decode(errors="replace")) if re.search(r"\w", said)]

    def listen(self, quiet=QUIET, say=()):
        """Wait until it is quiet and all that must be said was said, or for long; return what was said."""
        said, began = [], time.monotonic()
        since = began
        while (now := time.monotonic()) - since < quiet or (now - began < LONG and missing(say, said)):
            time.sleep(0.1)
            if new := self.new():
                said, since = said + new, time.monotonic()
        return said

    def press(self, where, *keys, say=(), never=(), patience=QUIET, answer=None):
        """Press keys, print what was said, and see that each of these patterns is in it, and none of those."""
        self.listen(0.6)
        for key in keys:
            subprocess.run(["xdotool", "key", "--clearmodifiers", key], check=True)
            time.sleep(0.1)
        said = self.listen(patience, say)
        self.hold(f"{where}, {' '.join(keys)}", said, say, never)
        if answer and (found := re.search(answer, text := "; ".join(said))):
            print(f"    the answer ends {seconds(text[: found.end()]):.1f} s after the first sound", flush=True)

    def hold(self, where, said, say, never=()):
        text = "; ".join(said)
        print(f"{where}: {text or '(silence)'}", flush=True)
        for pattern in missing(say, said):
            self.missed.append(f"{where}: {pattern!r} was not said")
            print(f"    NOT SAID: {pattern}")
        for pattern in set(never) - set(missing(never, said)):
            self.missed.append(f"{where}: {pattern!r} was said")
            print(f"    SAID, and should not be: {pattern}")


def missing(patterns, said):
    """List the patterns that are not in what was said."""
    return [pattern for pattern in patterns if not re.search(pattern, "; ".join(said))]


def seconds(text):
    """Say how long a voice takes for a text, at its usual speed."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "said.wav")
        subprocess.run(["espeak-ng", "-w", str(path), "--stdin"], input=text, text=True, check=True)
        with wave.open(str(path)) as sound:
            return sound.getnframes() / sound.getframerate()


ANSWER = r"answers (?:[ABC], ){5}[ABC]\b"  # letter by letter


def hear(ear, page):
    """Press keys, and hold what is said against what must be said."""
    boxes = page.explorers()

    def focus(i, selector, say=()):
        part = boxes[i].box.locator(selector).first
        part.scroll_into_view_if_needed()
        ear.listen(0.6)
        part.focus()
        ear.hold(f"focus on {selector}", ear.listen(say=say), say)

    def slider(i, name, say=()):
        focus(i, f".noUi-handle[aria-label='{name}']", say)

    print("# Lesson 3, looking up")
    slider(LOOK_UP, "letter 1", ["letter 1 horizontal slider B"])
    ear.press("letter 1", "Right", say=["(^|; )C", ANSWER], answer=ANSWER)
    slider(LOOK_UP, "inspect channel")
    ear.press("inspect channel", "Right", say=["(^|; )1(;|$)", "channel 1: "])
    focus(LOOK_UP, ".ll-places .widget-readout", ["letter 0: the next one push button"])
    ear.press("tile of letter 0", "Return", say=[ANSWER])
    print("# Lesson 4, breaking the table")
    focus(BOARD, ".ll-switches input", ["slot 0", "K keep", "selected radio button"])
    focus(BOARD, ".ll-switches label:nth-child(3) input", ["0 zero", "not selected radio button"])
    ear.press("slot 0: zero", "space", say=["Row 0: all numbers 0", ANSWER], answer=ANSWER)
    focus(BOARD, ".ll-chips button", ["rows 0–4 → mean push button"])
    ear.press("the first chip", "space", say=[ANSWER], answer=ANSWER)
    print("# Lesson 5, the sum")
    slider(SUM, "nudge", ["nudge horizontal slider 0.00"])
    for value in ("0.05", "0.10", "0.15", "0.20"):
        ear.press("nudge", "Right", say=[rf"(^|; ){value}", ANSWER], answer=ANSWER)
    ear.press("nudge", "Tab", say=["nudge, typed"])
    ear.press("its readout", "shift+Tab", say=["nudge"])
    for value in ("0.25", "0.30", "0.35"):
        ear.press("nudge, after its readout", "Right", say=[rf"(^|; ){value}"])
    ear.press("nudge", "Home", say=[r"minus 0\.50"], never=["−"])
    focus(SUM, "input[type=text]", ["six letters"])
    ear.press("six letters", "ctrl+a", "x", "y", "Return", say=["Not taken"])
    print("# Lesson 5, blocks in space")
    focus(BLOCKS, ".ll-stage", ["Blocks in space: arrow keys turn them"])
    ear.press("the blocks", "Insert+a", say=["Focus mode"])
    ear.press("the blocks", "Right", say=["Seen from 15 degrees around, 20 degrees above"])
    print("# Lesson 5, a training")
    focus(TRAINING, "input[type=number]", ["seed"])
    ear.press("seed", "Tab", say=["Train"])
    ear.press("Train", "space", say=["training sort, seed 4: step 0 of 400"], patience=6)
    ear.press("Train", "Tab", "space", say=[r"Stopped at step \d+ of 400|Trained in"])
    ear.press("Stop", "space", say=["Nothing is being trained"])
    print("# Lesson 5, verdicts")
    focus(VERDICTS, ".ll-choice button", ["Statement 1 is right"])
    ear.press("right", "space", say=["you say right, we say wrong: all 18 sums differ"], never=["✓", "check mark"])
    print("# Deep dives, step by step")
    focus(STEPS, ".widget-play button", ["Play"])
    ear.press("Play", "space", say=[r"step \d+ of 10"], patience=1)
    ear.press("Pause", "space", say=[r"step \d+ of 10"])


def ring(port, token, log):
    """Start all that is heard and what hears it, and press keys."""
    from browser.jupyter import PATIENCE, Page, driven, find_browser

    env = {**os.environ, "GNOME_ACCESSIBILITY": "1"}
    log.touch()
    helpers = [subprocess.Popen(["openbox"], stderr=subprocess.DEVNULL)]
    subprocess.run(["gsettings", "set", "org.gnome.desktop.interface", "toolkit-accessibility", "true"], check=False)
    try:
        with open(log.with_suffix(".err"), "w") as err:
            helpers.append(subprocess.Popen(["orca", "--debug-file", str(log)], env=env, stdout=err, stderr=err))
        ear = Ear(log)
        ear.listen(4, say=["Screen reader on"])
        with driven() as playwright:
            options = {"executable_path": find_browser("firefox"), "env": env, "headless": False, "timeout": PATIENCE}
            browser = playwright.firefox.launch(channel="moz-firefox", **options)
            page = Page(browser, port, token, "heard.ipynb")
            page.run_all(len(CELLS) - 1)
            ear.listen(5)
            hear(ear, page)
            page.close()
            browser.close()
    finally:
        for helper in reversed(helpers):
            helper.terminate()
            helper.wait()
    return ear.missed


def main(arguments):
    lacks = [name for name in NEEDED if not shutil.which(name)]
    lacks += [] if shutil.which("firefox-esr") or shutil.which("firefox") else ["firefox-esr"]
    lacks += [] if importlib.util.find_spec("playwright") else ["playwright: run it by .venv/bin/python"]
    if lacks:
        print(f"skipped: not installed: {', '.join(lacks)}")
        return 0
    if arguments != ["--inside"]:
        with tempfile.TemporaryDirectory() as home:
            Path(home, "run").mkdir(mode=0o700)
            env = {**os.environ, "HOME": home, "XDG_RUNTIME_DIR": f"{home}/run"}
            for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "WAYLAND_DISPLAY"):
                env.pop(name, None)
            screen = ["xvfb-run", "--auto-servernum", "--server-args=-screen 0 1440x1100x24"]
            return subprocess.run(
                ["dbus-run-session", "--", *screen, sys.executable, __file__, "--inside"], env=env
            ).returncode
    from browser.jupyter import running_server, write_notebook

    with tempfile.TemporaryDirectory() as folder:
        write_notebook(Path(folder, "heard.ipynb"), CELLS)
        with running_server(folder) as (port, token):
            missed = ring(port, token, Path(folder, "orca.log"))
    print("\n".join(missed) or "all that must be said was said")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
