"""The first command, for real and from nothing: with foreign settings, without network, as root and as others.

All in one test: the packages are fetched once and installed once, which takes minutes.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

import pytest
from jupyter_client import BlockingKernelClient

ROOT = Path(__file__).resolve().parent.parent
NOBODY = 65534
ASK = """
import os, sys, numpy, traitlets, lessonlib
assert numpy.arange(3).sum() == 3
print([os.path.dirname(os.path.dirname(each.__file__)) for each in (numpy, traitlets, lessonlib)])
print("profile" in globals(), "PYTHONPATH" in os.environ, os.getuid())
"""


def is_root():
    return os.name != "nt" and os.geteuid() == 0


def project(folder):
    """Copy what a learner downloads into a folder."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def foreign(place):
    """Make a home whose settings would send everything astray, and return the variables that point to them."""
    for name in ("numpy", "traitlets", "lessonlib", "jupyterlab", "pip"):
        path = place / "foreign" / name / "__init__.py"
        path.parent.mkdir(parents=True)
        path.write_text("raise ImportError('the foreign one')")
    startup = place / "home/.ipython/profile_default/startup/00.py"
    kernel = place / "home/.local/share/jupyter/kernels/python3/kernel.json"
    for path in (startup, kernel, place / "home/.config/pip/pip.conf"):
        path.parent.mkdir(parents=True)
    startup.write_text("profile = 'the foreign one'")
    kernel.write_text(json.dumps({"argv": ["false"], "display_name": "foreign", "language": "python"}))
    (place / "home/.config/pip/pip.conf").write_text(f"[global]\nuser = true\n[install]\nprefix = {place}/foreign\n")
    wrong = {"PIP_USER": "1", "PIP_TARGET": str(place / "foreign"), "PIP_REQUIRE_HASHES": "1", "UV_SYSTEM_PYTHON": "1"}
    wrong["PYTHONPATH"] = str(place / "foreign")
    wrong["PYTHONSTARTUP"] = str(startup)
    wrong["JUPYTER_PATH"] = str(place / "home/.local/share/jupyter")
    return wrong


def environment(place, **more):
    """The variables of a fresh account, where no uv is found."""
    path = os.pathsep.join(each for each in os.environ["PATH"].split(os.pathsep) if not shutil.which("uv", path=each))
    kept = {name: value for name, value in os.environ.items() if re.match("PIP_|SSL_|https?_proxy|LANG|LC_", name)}
    return {**kept, "PATH": path, "HOME": str(place / "home"), "TMPDIR": str(place / "home"), **more}


def run(folder, *arguments, network=True, **options):
    """Type one command, and return its exit code and all that it says."""
    command = [sys.executable, str(folder / "run.py"), *arguments]
    if not network and shutil.which("unshare"):
        command = ["unshare", *(["--net"] if is_root() else ["--net", "--map-root-user"]), *command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", **options)
    return done.returncode, done.stdout


@contextlib.contextmanager
def lab(folder, *more, before=(), **options):
    """Start `run.py lab`; gives what it said up to its address, and that address."""
    command = [*before, sys.executable, str(folder / "run.py"), "lab", "--no-browser", "--port=0", *more]
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", **options
    )
    said, address = [], None
    try:
        for line in server.stdout:
            said.append(line)
            if found := re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)/.*token=(\w{40,})", line):
                address = "http://localhost:{}/%s?token={}".format(*found.groups())
                break
        threading.Thread(target=server.stdout.read, daemon=True).start()
        yield "".join(said), address
    finally:
        server.terminate()
        server.wait(30)


def fetch(request):
    """Ask a server that may not listen yet, though it has said its address."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.read()
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            time.sleep(0.2)
    raise AssertionError("nothing listens there")


def answer(address, folder, code):
    """Run code in a kernel of this server, as a notebook does, and return what it prints."""
    request = urllib.request.Request(address % "api/kernels", data=b'{"name": "python3"}', method="POST")
    kernel = json.loads(fetch(request))["id"]
    (file,) = folder.rglob(f"kernel-{kernel}.json")
    client = BlockingKernelClient(connection_file=str(file))
    client.load_connection_file()
    client.start_channels(hb=False)  # a busy computer misses heartbeats
    said = []

    def note(message):
        said.append(message["content"].get("text") or message["content"].get("evalue") or "")

    try:
        client.wait_for_ready(120)
        client.execute_interactive(code, timeout=120, output_hook=note)
    finally:
        client.stop_channels()
    return "".join(said)


@pytest.mark.skipif(os.name == "nt", reason="written for the shells and permissions of Unix")
def test_the_first_command_from_nothing(tmp_path):
    """Packages come from a folder, as TEACHING says; those that the lessons need, beside lessonlib, are this test's."""
    place = tmp_path / "with space, 100% %20 and ü"
    folder = project(place / "lessons")
    (command,) = re.findall(r"python3 (-m pip download .*?)`", (ROOT / "TEACHING.md").read_text("utf-8"))
    setuptools = [line for line in (folder / "requirements.txt").read_text().splitlines() if "setuptools" in line]
    (folder / "requirements.txt").write_text("-c constraints.txt\n" + "\n".join(setuptools) + "\n")
    text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(re.sub("dependencies = .*", "dependencies = []", text), encoding="utf-8")
    venv.create(place / "fetch", with_pip=True)
    done = subprocess.run([place / "fetch/bin/python", *command.split()], cwd=folder, capture_output=True, text=True)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"nothing can be fetched here: {done.stderr[-200:]}")
    assert "setuptools" in str(os.listdir(folder / "wheels"))

    (place / "home").mkdir()
    mine = environment(place, **foreign(place))
    _, said = run(folder, "lab", "--version", network=False, env=mine)
    assert "Successfully installed lessonlib" in said and "foreign" not in said.replace(str(place), ""), said
    assert {path.name for path in (place / "foreign").iterdir()} == {
        "numpy",
        "traitlets",
        "lessonlib",
        "jupyterlab",
        "pip",
    }

    # What is not lessonlib: this test's own packages stand in for 450 MB.
    (site,) = (folder / ".venv").rglob("site-packages")
    (site / "rest.pth").write_text(os.pathsep.join(each for each in sys.path if each.endswith("site-packages")))
    for name in ("share", "etc"):
        if (Path(sys.prefix) / name).exists():
            (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    with lab(folder, env=mine) as (said, address):
        assert ("root" in said.splitlines()[0]) == is_root()
        assert "/lab/tree/notebooks/03_token_embeddings.ipynb?token=" in said
        places, others = answer(address, folder, ASK).splitlines()
        assert str(place / "foreign") not in places and str(folder) in places and others.startswith("False False")
    notebooks = folder / "notebooks"
    options = [
        "--ip",
        "0.0.0.0",
        f"--ServerApp.root_dir={notebooks}",
        "--LabApp.default_url",
        "/lab/tree/deep_dives.ipynb",
    ]
    with lab(folder, *options, "--allow-root", env=mine) as (said, address):
        assert "http://0.0.0.0:" in said and "/lab/tree/deep_dives.ipynb?token=" in said
        contents = json.loads(fetch(address % "api/contents"))["content"]
        assert "deep_dives.ipynb" in {each["name"] for each in contents}

    # From another folder, as TEACHING says of hubs.
    (command,) = re.findall(r"python3 (-m pip install -r LESSONS.*?)`", (ROOT / "TEACHING.md").read_text("utf-8"))
    words = [word.replace("LESSONS", str(folder)) for word in command.split()]
    offline = ["--no-index", f"--find-links={folder / 'wheels'}"]
    subprocess.run([place / "fetch/bin/python", *words, *offline], cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(
        [place / "fetch/bin/python", "-c", "import lessonlib; print(lessonlib.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(place / "fetch") in done.stdout

    # Read-only, for root too.
    subprocess.run(["chmod", "-R", "a-w", folder], check=True)
    try:
        weak = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if is_root() else []
        with lab(folder, before=weak, env=mine) as (said, address):
            assert address, said
            assert str(folder) in answer(address, place, ASK)
    finally:
        subprocess.run(["chmod", "-R", "u+w", folder], check=True)
