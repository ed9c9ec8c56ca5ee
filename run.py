"""Start the lessons, or check them. Needs nothing but Python 3.11 or newer.

    python3 run.py lab                 open the first lesson in JupyterLab
    python3 run.py test                run every check that CI runs
    python3 run.py refresh             run all notebooks anew and tidy them

    python3 run.py hand-out FOLDER     write copies of the lessons without solutions
    python3 run.py returned FOLDER     run returned copies and show who passed which exercise
    python3 run.py lite FOLDER         build a website of the lessons that needs no server
    python3 run.py address OWNER/NAME  make every link lead to this place on GitHub

On Windows write `py` for `python3`. The first time takes a minute: it makes the folder .venv and
installs there what the lessons need, and nothing anywhere else. Delete .venv to start afresh.

More arguments are handed on:
    lab --no-browser --port 9999          to JupyterLab
    test -k encode tests                  to pytest: runs only these tests, in one process. Style is checked
                                          by two tests that call ruff, so a choice of tests may leave them out.
"""

# Old Pythons must be able to read this file, or they could not say that they are too old: nothing newer than 3.6 here.

import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
WINDOWS = os.name == "nt"
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
INSTALLED = VENV / "installed.json"  # written last: a .venv without it is half-finished
LEARNER = ["requirements.txt"]
DEVELOPER = ["requirements.txt", "requirements-test.txt"]
LITE = ["requirements.txt", "tools/requirements-lite.txt"]
COMMANDS = {  # the lists that each needs, and the script that it runs
    "lab": (LEARNER, None),
    "test": (DEVELOPER, None),
    "refresh": (DEVELOPER, "tools/refresh_notebooks.py"),
    "hand-out": (LEARNER, "tools/hand_out.py"),
    "returned": (LEARNER, "tools/returned.py"),
    "lite": (LITE, "tools/lite.py"),
    "address": (LEARNER, "tools/address.py"),
}
ALL_TESTS = ["-n", "2"]  # in two processes; tests/conftest.py shares the tests out
LESSONS = ["03_token_embeddings.ipynb", "04_position_embeddings.ipynb", "05_combined_input_embedding.ipynb"]


def main(arguments):
    if sys.version_info < OLDEST_PYTHON:
        fail(f"the lessons need Python 3.11 or newer, and this is {python_version()}: start run.py with a newer one.")
    command, more = (arguments[0] if arguments else "help"), arguments[1:]
    if command in ("help", "-h", "--help"):
        print(__doc__)
        return
    if command not in COMMANDS:
        fail(f"there is no command {command!r}. These are: {', '.join(COMMANDS)}, help.")
    lists, script = COMMANDS[command]
    if command in ("hand-out", "returned", "lite"):
        more = [word if word.startswith("-") else os.path.abspath(word) for word in more]
    os.chdir(str(ROOT))
    # A plain kill would leave the installer running behind our back; Ctrl-C's way ends it with us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        prepare(lists)
        if command == "lab":
            use_own_settings()
    except KeyboardInterrupt:
        fail("stopped. Run the same command again: it cleans up by itself.")
    except OSError as error:
        fail(f"this folder cannot be used: {error}")
    if command == "lab":
        hand_over(lab_arguments(more))
    elif command == "test":
        hand_over(["-m", "pytest"] + (more or ALL_TESTS))
    else:
        hand_over([str(ROOT / script)] + more)


def fail(message):
    sys.exit("run.py: " + message)


def python_version():
    return "{}.{}".format(*sys.version_info)


def say(message):
    print(message, flush=True)


def prepare(lists):
    """Make .venv and install the lists of requirements in it, unless that is done already."""
    if wanted(lists).items() <= installed().items() and answers(""):
        return
    uv = shutil.which("uv")
    # A .venv that uv filled has no pip; a .venv that was moved or belongs to another Python has the wrong paths in it.
    if not (wanted([]).items() <= installed().items() and answers("" if uv else "import pip")):
        make_venv(uv)
    install(lists, uv)


def wanted(lists):
    """What installed.json says when all is well: for which Python, in which folder, from which lists."""
    state = {"python": python_version(), "folder": str(ROOT)}
    for name in lists:
        content = b"".join((ROOT / file).read_bytes() for file in (name, "constraints.txt", "pyproject.toml"))
        state[name] = hashlib.sha256(content).hexdigest()
    return state


def installed():
    try:
        return json.loads(INSTALLED.read_text())
    except (OSError, ValueError):
        return {}


def answers(program):
    """Say whether the Python in .venv runs this one-line program."""
    try:
        return subprocess.call([str(PYTHON), "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv(uv):
    needed = ["venv"] if uv else ["venv", "ensurepip"]
    if any(importlib.util.find_spec(name) is None for name in needed):
        fail("this Python lacks its venv module. On Debian and Ubuntu: sudo apt install python3-venv")
    if Path(sys.prefix).resolve() == VENV.resolve():
        fail("the .venv that you are in must be made anew: leave it with `deactivate`, then run the same again.")
    say(f"Making .venv for Python {python_version()} ...")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.call(command + (["--without-pip"] if uv else [])) != 0:
        fail(f"could not make .venv in {ROOT}: the reason stands above. Is the folder yours, and not in use?")
    INSTALLED.write_text(json.dumps(wanted([])))


def install(lists, uv):
    installer = [uv, "pip", "install", "--python", str(PYTHON)] if uv else [str(PYTHON), "-m", "pip", "install"]
    files = [argument for name in lists for argument in ("-r", name)]
    before = installed()
    say(f"Installing {' and '.join(lists)} into .venv: about a minute, and only this once ...")
    INSTALLED.unlink()
    code = subprocess.call(installer + files)
    if code != 0:  # the installer was not cut off but gave up: what .venv had before, it still has
        INSTALLED.write_text(json.dumps(before))
        fail("could not install: the reason stands above. If the network was missing, connect and run the same again.")
    before.update(wanted(lists))
    INSTALLED.write_text(json.dumps(before))


def lab_arguments(more):
    lessons = [name for name in LESSONS if (ROOT / "notebooks" / name).exists()]
    page = f"/lab/tree/notebooks/{lessons[0]}" if lessons else "/lab"
    here = ["--ServerApp.ip=localhost", f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url={page}"]
    return ["-m", "jupyterlab"] + here + more


def use_own_settings():
    """Keep JupyterLab's settings in .venv, and its pop-up about news and newer versions away."""
    # Settings of another Jupyter on this computer could open ours to the network or switch off its token.
    os.environ["JUPYTER_CONFIG_DIR"] = str(VENV / "jupyter")
    folder = VENV / "jupyter" / "labconfig"
    folder.mkdir(parents=True, exist_ok=True)
    no_news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (folder / "page_config.json").write_text(json.dumps(no_news))


def hand_over(arguments):
    """Become the given program, so that Ctrl-C and kill reach it directly."""
    command = [str(PYTHON)] + arguments
    if not WINDOWS:
        os.execv(command[0], command)
    child = subprocess.Popen(command)
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            pass  # Windows sends Ctrl-C to the child too, and the child decides what to do


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot write the name of a folder shows ? in it
            stream.reconfigure(errors="replace")
    main(sys.argv[1:])
