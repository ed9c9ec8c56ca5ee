"""How fast, how heavy: `python tools/benchmark.py` prints it all in one run; `... score` only what a score takes.

Ratios first, because they travel between machines; medians of runs that take turns, so that a busy moment hits both
sides. Nothing is asserted.
"""

import ast
import importlib.util
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from jupyter_client.manager import start_new_kernel

from lessonlib import tasks
from lessonlib.embeddings import input_embedding
from lessonlib.gradients import loss_and_gradients
from lessonlib.nano_gpt import load_checkpoint
from lessonlib.tasks import SORT, score
from lessonlib.training import BATCH_SIZE, DROPOUT, N_HEAD, AdamW

LESSONLIB = Path(importlib.util.find_spec("lessonlib").origin).parent
NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compared(function, bare, n_runs):
    """Time two functions in turns. Returns the medians of both, and of the ratio of neighbours."""
    seconds(function), seconds(bare)
    pairs = [(seconds(function), seconds(bare)) for _ in range(n_runs)]
    ratio = statistics.median(one / other for one, other in pairs)
    return statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs), ratio


def say(what, ratio, details):
    print(f"{what:<64} {ratio:>6}   {details}", flush=True)


# The mathematics


def products(model, n_batch, flat=True, n_tokens=11):
    """Return a function that does the matrix products of one forward pass, and nothing else.

    Flat: all rows of the batch in one matrix, as the model does it. Else one matrix for each sequence.
    """
    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    w = {name: tensor.T for name, tensor in model.layer_weights(0).items()}
    shape = (n_batch * n_tokens,) if flat else (n_batch, n_tokens)
    stream, hidden = normal(*shape, model.n_embd), normal(*shape, 4 * model.n_embd)
    head = model.weights["lm_head.weight"].T
    qkv = normal(n_batch, n_tokens, 3, model.n_head, model.n_embd // model.n_head)
    query, key, value = qkv.transpose(2, 0, 3, 1, 4)
    attention = normal(n_batch, model.n_head, n_tokens, n_tokens)

    def multiply():
        for _ in range(model.n_layer):
            stream @ w["attn.c_attn.weight"]
            key @ query.swapaxes(-1, -2)
            attention.swapaxes(-1, -2) @ value
            stream @ w["attn.c_proj.weight"]
            stream @ w["mlp.c_fc.weight"]
            hidden @ w["mlp.c_proj.weight"]
        stream @ head

    return multiply


def say_score(model, flat, how):
    passes, multiply = range(len(SORT.inputs) // tasks.CHUNK), products(model, tasks.CHUNK, flat)
    ours, bare, ratio = compared(lambda: score(model, SORT), lambda: [multiply() for _ in passes], 40)
    details = f"{1e3 * ours:.1f} ms, products {1e3 * bare:.1f} ms"
    say(f"score, over its bare products, {how}", f"{ratio:.2f}", details)


def say_training_step(model):
    weights = {name: tensor.copy() for name, tensor in model.weights.items()}
    optimiser, rng = AdamW(weights), np.random.default_rng(0)
    seen, answers = SORT.teacher_forced[:BATCH_SIZE], SORT.answers[:BATCH_SIZE]
    multiply = products(model, BATCH_SIZE)

    def step():
        _, gradients = loss_and_gradients(weights, seen, answers, N_HEAD, DROPOUT, rng)
        optimiser.step(weights, gradients, 1e-9)

    ours, bare, ratio = compared(step, lambda: [multiply() for _ in range(3)], 100)
    details = f"{1e3 * ours:.1f} ms, products {1e3 * bare:.1f} ms"
    say(f"training step at batch {BATCH_SIZE}, over three times its forward products", f"{ratio:.2f}", details)


def say_input_embedding():
    rng = np.random.default_rng(0)
    wte = rng.standard_normal((50257, 768), dtype=np.float32)
    wpe = rng.standard_normal((1024, 768), dtype=np.float32)
    token_ids = rng.integers(50257, size=1024)
    ours, raw, ratio = compared(
        lambda: input_embedding(token_ids, wte, wpe), lambda: wte[token_ids] + wpe[0 : 0 + len(token_ids)], 500
    )
    details = f"{1e3 * ours:.3f} ms, raw {1e3 * raw:.3f} ms; of the medians {ours / raw:.3f}"
    say("input_embedding at 50257 x 768, T = 1024, over the raw sum", f"{ratio:.3f}", details)


# Imports


def imports():
    """List the modules of lessonlib, and all that they import from elsewhere."""
    own, others = set(), set()
    for path in LESSONLIB.rglob("*.py"):
        parts = path.relative_to(LESSONLIB.parent).with_suffix("").parts
        own.add(".".join(parts).removesuffix(".__init__"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                others |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                others |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return sorted(own), sorted(name for name in others if name.partition(".")[0] != "lessonlib" and is_module(name))


def is_module(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:  # what is imported is a name within a module
        return False


def import_time(modules):
    code = (
        "import importlib, sys, time; start = time.perf_counter(); "
        "[importlib.import_module(name) for name in sys.argv[1:]]; print(time.perf_counter() - start)"
    )
    done = subprocess.run([sys.executable, "-c", code, *modules], capture_output=True, text=True, check=True)
    return float(done.stdout)


def say_import():
    own, others = imports()
    import_time(own)  # the first time, files are read and compiled
    pairs = [(import_time(own), import_time(others)) for _ in range(11)]
    ratio = statistics.median(one / other for one, other in pairs)
    all_of_it, dependencies = (statistics.median(side) for side in zip(*pairs, strict=True))
    details = f"{1e3 * all_of_it:.0f} ms, dependencies alone {1e3 * dependencies:.0f} ms"
    say("import of all lessonlib, over its dependencies alone", f"{ratio:.2f}", details)


# Memory of a kernel

DEPENDENCIES_AND_A_FIGURE = [
    "import io, numpy, matplotlib, ipywidgets\n"
    "from matplotlib.figure import Figure\n"
    "figure = Figure(figsize=(8.6, 4))\n"
    "axes = figure.add_subplot()\n"
    "axes.imshow(numpy.random.default_rng(0).normal(size=(6, 48)), cmap='RdBu_r')\n"
    "figure.savefig(io.BytesIO(), dpi=200)"
]


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def kernel_memory(cells):
    """Run cells in a fresh kernel. Returns its PSS and RSS in MB, and the error that a cell ended in, or None."""
    where = {"cwd": NOTEBOOKS if NOTEBOOKS.is_dir() else None, "stderr": subprocess.DEVNULL}
    manager, client = start_new_kernel(**where)
    error = None
    try:
        for cell in cells:
            reply = client.execute_interactive(cell, timeout=300, allow_stdin=False, output_hook=lambda message: None)
            if reply["content"]["status"] != "ok":
                error = f"{reply['content']['ename']}: {reply['content']['evalue']}"
                break
        asked = {"user_expressions": {"pid": "__import__('os').getpid()"}, "allow_stdin": False}
        reply = client.execute_interactive("", timeout=60, output_hook=lambda message: None, **asked)
        pid = int(reply["content"]["user_expressions"]["pid"]["data"]["text/plain"])
        report = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    pss, rss = (int(re.search(rf"^{kind}: +(\d+) kB", report, re.MULTILINE)[1]) / 1024 for kind in ("Pss", "Rss"))
    return pss, rss, error


def say_memory():
    if not Path("/proc/self/smaps_rollup").exists():
        print("memory of a kernel: measured on Linux only")
        return
    bare = [kernel_memory(DEPENDENCIES_AND_A_FIGURE) for _ in range(3)]
    pss, rss = (statistics.median(run[kind] for run in bare) for kind in (0, 1))
    details = f"PSS {pss:.0f} MB, RSS {rss:.0f} MB"
    say("kernel with numpy, matplotlib, ipywidgets and a figure", "1.00", details)
    lessons = sorted(NOTEBOOKS.glob("*.ipynb")) if NOTEBOOKS.is_dir() else []
    for path in lessons:
        runs = [kernel_memory(code_cells(path)) for _ in range(3)]
        its_pss, its_rss = (statistics.median(run[kind] for run in runs) for kind in (0, 1))
        details = f"PSS {its_pss:.0f} MB (+{its_pss - pss:.0f}), RSS {its_rss:.0f} MB (+{its_rss - rss:.0f})"
        say(f"kernel after {path.name}, over that", f"{its_pss / pss:.2f}", details)
        for error in {run[2] for run in runs if run[2]}:
            print(f"  stopped early: {error}")
    if not lessons:
        print("there are no notebooks to run yet")


def main():
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "as it likes")
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores, BLAS threads: {threads}"
    )
    model = load_checkpoint("sort")
    say_score(model, True, "all rows in one matrix")
    say_score(model, False, "a matrix for each sequence")
    if sys.argv[1:] == ["score"]:
        return
    say_training_step(model)
    say_input_embedding()
    say_import()
    say_memory()


if __name__ == "__main__":
    main()
