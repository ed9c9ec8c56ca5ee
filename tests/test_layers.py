"""The layers point one way: numpy at the ground, scenes and drawing beside it, widgets on top."""

import ast
import sys
from pathlib import Path

import pytest

LESSONLIB = Path(__file__).parent.parent / "lessonlib"
FILES = {path.relative_to(LESSONLIB).as_posix(): path for path in sorted(LESSONLIB.rglob("*.py"))}
# What a module may import besides Python's own. PIL comes with matplotlib, traitlets with ipywidgets.
ALLOWED = {
    "__init__": [],
    "embeddings": ["numpy"],
    "measure": ["numpy", "lessonlib.embeddings", "lessonlib.gradients"],
    "nano_gpt": ["numpy", "lessonlib.embeddings"],
    "english": ["numpy", "lessonlib.embeddings", "lessonlib.nano_gpt"],
    "english_words": [],
    "tasks": ["numpy", "lessonlib.embeddings", "lessonlib.nano_gpt"],
    "gradients": ["numpy", "lessonlib.embeddings", "lessonlib.nano_gpt"],
    "rope": ["numpy"],
    "training": [
        "numpy",
        *(f"lessonlib.{name}" for name in ("embeddings", "gradients", "measure", "nano_gpt", "tasks")),
    ],
    "precomputed": ["numpy", "lessonlib.nano_gpt", "lessonlib.training"],
    "palette": [],
    "scene": ["numpy", "lessonlib.palette"],
    "draw": [
        "numpy",
        "matplotlib",
        "PIL",
        "lessonlib.palette",
        "lessonlib.scene",
        "lessonlib.tasks.N_ALL",
        "lessonlib.draw",
    ],
    "explore": ["numpy", "ipywidgets", "traitlets", "PIL", "lessonlib"],
    "check": ["numpy", *(f"lessonlib.{name}" for name in ("check", "embeddings", "measure", "nano_gpt", "tasks"))],
}
# Whatever is allowed: nothing unpickles, calls out, starts a program or draws on a global figure.
FORBIDDEN = {"pickle", "shelve", "marshal", "socket", "ssl", "urllib", "http", "ftplib", "requests", "webbrowser"}
FORBIDDEN |= {"subprocess", "importlib", "ctypes", "pyplot", "pylab"}
# Nor has it a thread: tasks of the event loop do the same in every kernel, in a Python in the browser, too.
FORBIDDEN |= {"threading", "multiprocessing", "contextvars"}


def imports(tree):
    """List every module that a file imports, anywhere in it, in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", FILES)
def test_a_module_imports_only_what_its_layer_may(file):
    tree = ast.parse(FILES[file].read_text(encoding="utf-8"))
    layer = file.removesuffix(".py").partition("/")[0]
    assert layer in ALLOWED, "a new module: say in ALLOWED what it may import"
    for module in imports(tree):
        own = module.partition(".")[0] in sys.stdlib_module_names
        assert own or any(f"{module}.".startswith(f"{allowed}.") for allowed in ALLOWED[layer]), module
        assert not FORBIDDEN & set(module.split(".")), module
    assert not FORBIDDEN & {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_the_modules_that_the_lessons_stand_on_are_there():
    assert {f"{name}.py" for name in ALLOWED} >= {file for file in FILES if "/" not in file}
    assert {"embeddings.py", "measure.py", "nano_gpt.py", "tasks.py", "training.py", "precomputed.py"} <= FILES.keys()
