"""Start the lessons, or check them. Needs nothing but Python 3.11 or newer.

    python3 run.py lab                 open the first lesson in JupyterLab
    python3 run.py test                run every check that CI runs
    python3 run.py refresh             run all notebooks anew and tidy them

    python3 run.py hand-out FOLDER     write copies of the lessons without solutions
    python3 run.py returned FOLDER     run returned copies and show who passed which exercise (--csv FILE: also a file)
    python3 run.py lite FOLDER         build a website of the lessons that needs no server
    python3 run.py address OWNER/NAME  make every link lead to this place on GitHub

On Windows write `py` for `python3`. The first time takes a minute: it makes the folder .venv and
installs there what the lessons need, and nothing anywhere else. Delete .venv to start afresh.
Where a folder `wheels` lies beside this file, all comes from there and the network is not asked.

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
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from ast import literal_eval
from pathlib import Path

OLDEST_PYTHON = (3, 11)
WINDOWS = os.name == "nt"
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
INSTALLED = VENV / "installed.json"  # says what is in .venv; without it, somebody else made that
WHEELS = ROOT / "wheels"  # packages that were fetched on another computer
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
ALL_TESTS = ["-n", "3"]  # processes: one of them often waits; tests/conftest.py shares the tests out
# What reaches .venv of the settings that this computer has for Python, Jupyter, pip and uv: how text and files are
# written, what a server asks for, where packages come from and how to get there. The rest belongs to other projects.
KEPT = re.compile(
    "PYTHON(UTF8|IOENCODING|UNBUFFERED|DONTWRITEBYTECODE|PYCACHEPREFIX)|JUPYTER(HUB_.*|_TOKEN|_PORT.*)|"
    "(PIP|UV)_(.*INDEX.*|FIND_LINKS|OFFLINE|.*PROXY|.*CERTS?|.*TLS|.*HOST|.*TIMEOUT|.*RETRIES|.*CACHE.*|KEYRING.*)"
)
# Why an installation fails: what pip and uv say (on Windows too), and what to do.
REASONS = [
    (
        r"no space left|disk quota|not enough space|errno 28|os error (28|112|122)\b",
        "the disk is full: .venv needs about 450 MB, the installer as much again",
    ),
    (
        r"permission denied|access is denied|read-only file|errno (13|30)\b|os error (5|13|30)\b",
        "this folder may not be written to: copy it to a place that is yours",
    ),
    (
        r"connection|dns|timed? ?out|network|proxy|certificate|ssl|name resolution|error sending request",
        "the network was not reached: connect, or set your proxy, and run the same again",
    ),
    (
        r"no matching distribution|no solution found|not found in the|unsatisfiable",
        "what is wanted is not where pip and uv look for it: in the folder `wheels` if there is one, else in the "
        "index that your settings name",
    ),
]
OTHERWISE = "your settings (pip.conf, uv.toml) are the reason: look through them"


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
        more = [os.path.abspath(word) if word.strip() and not word.startswith("-") else word for word in more]
    elif command == "lab":
        more = [os.path.abspath(word) if os.path.exists(word) else word for word in more]
    os.chdir(str(ROOT))
    leave_settings_behind()
    # A plain kill would leave the installer running behind our back; Ctrl-C's way ends it with us.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        refuse_what_is_not_ours()
        prepare(lists)
        use_own_settings(more)
    except KeyboardInterrupt:
        fail("stopped. Run the same command again: it cleans up by itself.")
    except OSError as error:
        fail(f"this folder cannot be used: {error}. If it is not yours, copy it to a place that is.")
    if command == "lab":
        if is_root():
            say("You are root: what runs in a notebook may change every file of this computer.")
        hand_over(["-m", "jupyterlab"] + more)
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


def is_root():
    return not WINDOWS and os.geteuid() == 0


def leave_settings_behind():
    for name in list(os.environ):
        if re.match("(PYTHON|JUPYTER|PIP_|UV_)", name) and name != "PIP_CONFIG_FILE" and not KEPT.fullmatch(name):
            del os.environ[name]


def refuse_what_is_not_ours():
    """Touch no .venv but one that this program made: what a link leads to, or an environment of the learner's."""
    if os.path.realpath(str(VENV)) != str(VENV):
        fail(f"{VENV} is a link to {os.path.realpath(str(VENV))}. Nothing was changed. Delete the link, and run again.")
    if VENV.exists() and not VENV.is_dir():
        fail(f"{VENV} is a file. Nothing was changed. Give it another name, and run the same again.")
    if VENV.is_dir() and not INSTALLED.exists() and any(VENV.iterdir()):
        fail(f"{VENV} was made by another program. Nothing was changed. Move it away or delete it, and run again.")


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
    """Say whether the Python in .venv runs this one-line program, from what is installed in .venv alone."""
    try:
        return (
            subprocess.call([str(PYTHON), "-I", "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            == 0
        )
    except OSError:
        return False


def make_venv(uv):
    needed = ["venv"] if uv else ["venv", "ensurepip"]
    if any(importlib.util.find_spec(name) is None for name in needed):
        fail("this Python lacks its venv module. On Debian and Ubuntu: sudo apt install python3-venv")
    if Path(sys.prefix).resolve() == VENV.resolve():
        fail("the .venv that you are in must be made anew: leave it with `deactivate`, then run the same again.")
    say(f"Making .venv for Python {python_version()} ...")
    VENV.mkdir(exist_ok=True)
    INSTALLED.write_text("{}")  # first: what lies here from now on is ours to delete
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(str(path))
        elif path != INSTALLED:
            path.unlink()
    command = [sys.executable, "-m", "venv", str(VENV)] + (["--without-pip"] if uv else [])
    if subprocess.call(command) != 0:
        fail(f"could not make .venv in {ROOT}: the reason stands above.")
    INSTALLED.write_text(json.dumps(wanted([])))


def install(lists, uv):
    # pip would compile all there is, for half of its time, and the lessons use a quarter of it: Python does that as it
    # comes to it, and keeps it. uv leaves it to Python, too.
    pip = [str(PYTHON), "-m", "pip", "install", "--no-compile"]
    installer = [uv, "pip", "install", "--python", str(PYTHON)] if uv else pip
    source = ["--no-index", "--find-links", str(WHEELS)] if WHEELS.is_dir() else []
    files = [argument for name in lists for argument in ("-r", name)]
    before = installed()
    say(f"Installing {' and '.join(lists)} into .venv: about a minute, and only this once ...")
    INSTALLED.write_text("{}")
    code, complaints = call(installer + source + files + ["-e", "."], {} if uv else pip_settings())
    if code != 0 or not answers("import lessonlib"):  # uv.toml can send it elsewhere
        # The installer was not cut off but gave up: what .venv had before, it still has.
        INSTALLED.write_text(json.dumps(before))
        reasons = [reason for words, reason in REASONS if re.search(words, complaints, re.IGNORECASE)] + [OTHERWISE]
        fail(f"could not install, as it says above. Most likely {reasons[0]}.")
    before.update(wanted(lists))
    INSTALLED.write_text(json.dumps(before))


def pip_settings():
    """Take what is kept from pip's configuration, whose files could send everything elsewhere: pip reads none then."""
    command = [str(PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", errors="replace").stdout.splitlines()
    settings = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    for section in ("global", "install", ":env:"):  # the later, the stronger
        for line in listed:
            name, _, value = line.partition("=")
            variable = "PIP_" + name[len(section) + 1 :].upper().replace("-", "_")
            if name.startswith(section + ".") and KEPT.fullmatch(variable):
                settings[variable] = literal_eval(value)
    return settings


def call(command, settings):
    """Run the installer in sight. Returns its exit code and what it complained of."""
    complaints = []
    with subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.PIPE) as process:
        try:
            for line in process.stderr:
                complaints.append(line.decode("utf-8", "replace"))
                sys.stderr.write(complaints[-1])
        except BaseException:
            process.kill()
            raise
    return process.returncode, "".join(complaints)


def use_own_settings(more):
    """Keep the settings of Jupyter and IPython in .venv; the learner's options are stronger than ours."""
    # Settings of another Jupyter on this computer could open ours to the network or switch off its token.
    place = VENV if os.access(str(VENV), os.W_OK) else Path(tempfile.mkdtemp(prefix="lessons-"))
    for name, folder in (("JUPYTER_CONFIG_DIR", "jupyter"), ("JUPYTER_DATA_DIR", "data"), ("IPYTHONDIR", "ipython")):
        os.environ[name] = str(place / folder)
    # NumPy's threads wait by spinning: beside a busy browser, on two cores, a training took three times as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    lessons = sorted(path.name for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
    elsewhere = any("root_dir" in word or "notebook-dir" in word or os.path.isdir(word) for word in more)
    page = f"/lab/tree/notebooks/{lessons[0]}" if lessons and not elsewhere else "/lab"
    server = {"ip": "localhost", "root_dir": str(ROOT), "allow_root": is_root()}
    no_news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    for name, settings in (
        ("jupyter_server_config.json", {"ServerApp": server}),
        ("jupyter_lab_config.json", {"LabApp": {"default_url": page}}),
        ("labconfig/page_config.json", no_news),
    ):
        path = place / "jupyter" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))


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
