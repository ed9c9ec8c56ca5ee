"""What explorers are made of, looked at once, when they are made: what is something else is refused in words."""

import numpy as np

from lessonlib.embeddings import real_array, short
from lessonlib.nano_gpt import History, NanoGPT
from lessonlib.tasks import Task

KINDS = {NanoGPT: "a model, such as load_checkpoint gives", Task: "a task, such as SORT", History: "a History"}


def a_function(name, value):
    if not callable(value):
        raise ValueError(f"{name} must be a function, got {short(value)}")


def one_of(name, value, kind):
    if not isinstance(value, kind):
        raise ValueError(f"{name} must be {KINDS[kind]}, got {short(value)}")


def all_of(name, values, *kinds):
    """See that `values` maps names to one of the kind, or to a tuple with one of each."""
    if not isinstance(values, dict) or not values:
        raise ValueError(f"{name} must be a dict from names, such as 'sorter', got {short(values)}")
    for key, value in values.items():
        if len(kinds) > 1 and (not isinstance(value, tuple) or len(value) != len(kinds)):
            raise ValueError(f"{name}[{key!r}] must be {' with '.join(map(KINDS.get, kinds))}, got {short(value)}")
        for each, kind in zip(value if len(kinds) > 1 else (value,), kinds):
            one_of(f"{name}[{key!r}]", each, kind)


def table(name, values):
    """Return `values` as a table of finite numbers, (n_rows, C), C even: what sines and cosines are compared with."""
    values = real_array(name, values)
    if values.ndim != 2 or 0 in values.shape or values.shape[1] % 2:
        got = f"got shape {values.shape}"
        raise ValueError(f"{name} must be a table, shape (rows, channels), with an even number of channels, {got}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds {values[~np.isfinite(values)][0]}: every number must be finite")
    return values
