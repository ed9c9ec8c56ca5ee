"""How the tests are shared out among processes: `python3 run.py test` starts three."""

import pytest

# Begun in this order, since what takes longest must not be left over for the end; the rest follows as it stands.
LONGEST = (
    "tests/browser",
    "notebooks",
    "tests/test_returned.py",
    "tests/test_running.py",
    "tests/test_contributing.py",
    "tests/test_first",
    "tests/test_run.py",
    "tests/test_soak.py",
)

# Half of the browser's tests by time: a process has one server and one browser for its half.
FIRST_HALF = ("test_lesson_4.py", "test_lesson_5.py", "test_page.py", "test_training.py")


def place(nodeid):
    """Tests of one place run one after the other in one process: a file, or all that share a browser's server."""
    file = nodeid.split("::")[0]
    shared = file.startswith("tests/browser/") and not file.endswith("test_firefox.py")
    return f"browser {file.endswith(FIRST_HALF)}" if shared else file


def pytest_addoption(parser):
    parser.addoption("--browser", choices=["chromium", "firefox"], default="chromium", help="what tests/browser drives")


def pytest_collection_modifyitems(items):
    def rank(item):
        return next((i for i, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class Places(LoadFileScheduling):
        _split_scope = staticmethod(place)

    config.option.loadscopereorder = False  # it would begin with the files of most tests, which are quick ones
    return Places(config, log)
