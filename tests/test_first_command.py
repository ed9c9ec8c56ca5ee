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
from pathlib import Path

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
def lab(folder, *more, **options):
    """Start `run.py lab`; gives what it said up to its address, and that address."""
    command = [sys.executable, str(folder / "run.py"), "lab", "--no-browser", "--port=0", *more]
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
    client.start_channels()
    said = []

    def note(message):
        said.append(message["content"].get("text") or message["content"].get("evalue") or "")

    try:
        client.wait_for_ready(60)
        client.execute_interactive(code, timeout=60, output_hook=note)
    finally:
        client.stop_channels()
    return "".join(said)
