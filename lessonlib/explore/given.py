"""What explorers are made of, looked at once, when they are made: what is something else is refused in words."""

from collections.abc import Callable

from lessonlib.embeddings import short
from lessonlib.nano_gpt import History, NanoGPT
from lessonlib.tasks import Task

KINDS = {
    Callable: "a function",
    NanoGPT: "a model, such as load_checkpoint gives",
    Task: "a task, such as SORT",
    History: "a History",
}


def are(**arguments):
    """See that each argument, given as (value, kind), is one of its kind."""
    for name, (value, kind) in arguments.items():
        if not isinstance(value, kind):
            raise ValueError(f"{name} must be {KINDS[kind]}, got {short(value)}")


def all_of(name, values, *kinds):
    """See that `values` maps names to one of the kind, or to a tuple with one of each."""
    if not isinstance(values, dict) or not values:
        raise ValueError(f"{name} must be a dict from names, such as 'sorter', got {short(values)}")
    for key, value in values.items():
        if len(kinds) > 1 and (not isinstance(value, tuple) or len(value) != len(kinds)):
            raise ValueError(f"{name}[{key!r}] must be {' with '.join(map(KINDS.get, kinds))}, got {short(value)}")
        for each in zip(value if len(kinds) > 1 else (value,), kinds):
            are(**{f"{name}[{key!r}]": each})
