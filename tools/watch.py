"""Watch a returned notebook from within its kernel: what its checks say goes into a file, a line for each.

Executed before the first cell in a namespace of its own, out of reach of whatever a learner calls her variables, with
SAID, the name of the file, and CHECKS, the names of the checks. It also closes Python's ways to the network and to
other programs, and keeps the kernel alive. All this guards against accidents, not against malice: see TEACHING.md.
"""

import contextlib
import functools
import hashlib
import importlib
import inspect
import json
import sys
from collections.abc import Mapping

import numpy as np
from IPython import get_ipython
from IPython.utils.text import SList

from lessonlib import check

CLOSED = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostby", "urllib.", "subprocess.",
          "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "pty.")  # fmt: skip
SCRIPTS = ("script", "bash", "sh", "cmd", "powershell")  # cells for other programs


def guard(event, arguments):  # once set, it cannot be taken away
    local = event == "socket.connect" and arguments[1][0] in ("127.0.0.1", "::1")  # on Windows, Python talks to itself
    if event.startswith(CLOSED) and not local:
        raise PermissionError(f"{event}: no network and no other programs while this notebook is checked")


def watched(name, function):
    """Wrap a check so that what it says is written down, with a mark of all its arguments but the answer."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def ask(*args, **kwargs):
        verdict = function(*args, **kwargs)  # once: an answer may be an iterator
        with contextlib.suppress(Exception):
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            tell(name, mark([*bound.arguments.values()][1:]), verdict.right)
        return verdict

    return ask


def mark(value, depth=0):
    """Mark a value: equal values have equal marks in every kernel, be they lists or arrays, of any type of number."""
    if depth > 6 or isinstance(value, (str, bytes, type(None))):
        return repr(value) if depth <= 6 else ""
    if hasattr(value, "__code__"):
        value = value.__code__
    if hasattr(value, "co_code"):
        return f"code {value.co_code.hex()} {value.co_names} {[mark(each, depth + 1) for each in value.co_consts]}"
    with contextlib.suppress(Exception), np.errstate(all="ignore"):
        array = np.asarray(value)
        if array.dtype.kind in "biuf":
            return f"{array.shape} {hashlib.sha256((np.asarray(array, np.float32) + 0).tobytes()).hexdigest()}"
    if isinstance(value, Mapping):
        return sorted([str(key), mark(each, depth + 1)] for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return [mark(each, depth + 1) for each in value]
    fields = {key: each for key, each in getattr(value, "__dict__", {}).items() if not key.startswith("_")}
    return [type(value).__name__, mark(fields, depth + 1) if fields else ""]


def tell(*what):
    said.write(json.dumps(what) + "\n")
    said.flush()


said, shell = open(SAID, "a", encoding="utf-8"), get_ipython()  # noqa: F821 (given; stays open)
for each in CHECKS:  # noqa: F821
    setattr(check, each, watched(each, getattr(check, each)))
shell.ask_exit = lambda: tell("exit()")
shell.reset = lambda *_, **__: tell("%reset")
shell.InteractiveTB.set_mode(mode="Minimal")  # nobody reads what is said of an error, and of a recursion it is long
importlib.reload = lambda module: module  # the checks stay watched
shell.system = lambda *_, **__: None  # !ls and %pip do nothing
shell.getoutput = lambda *_, **__: SList()
for each in SCRIPTS:
    shell.register_magic_function(lambda line, cell=None: None, "cell", each)
sys.addaudithook(guard)
