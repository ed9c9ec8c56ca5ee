"""run.py works here in a folder of its own, with stand-ins for pip and uv: no network, no change to this checkout."""

import ast
import contextlib
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
import venv
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no exec, no signals and no shell scripts")


def load(folder):
    """Import the run.py of this folder, which is then the folder that it works in."""
    spec = importlib.util.spec_from_file_location("run", folder / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Computer:
    """Stands in for venv, pip and uv: notes what is called, and fails where told to."""

    def __init__(self, run, monkeypatch):
        self.run, self.monkeypatch = run, monkeypatch
        self.calls = []
        self.codes = {}
        monkeypatch.setattr(subprocess, "call", self.call)
        monkeypatch.setattr(run, "call", lambda command, settings: (self.call(command), self.complaints))
        monkeypatch.setattr(run, "pip_settings", dict)
        self.complaints = ""
        self.put_on_path(uv=None)

    def call(self, command, **options):
        kind = "venv" if "venv" in command else "install" if "install" in command else command[-1]
        self.calls.append((kind, command))
        code = self.codes.get(kind, 0)
        if isinstance(code, BaseException):
            raise code
        return code

    def put_on_path(self, uv):
        self.monkeypatch.setattr(shutil, "which", lambda name: uv)

    def prepare(self, lists):
        """Run `prepare` and return what it called, without the checks of the interpreter."""
        self.calls = []
        self.run.prepare(lists)
        return [command for kind, command in self.calls if kind in ("venv", "install")]

    def kinds(self, lists):
        return ["venv" if "venv" in command else "install" for command in self.prepare(lists)]


@pytest.fixture
def folder(tmp_path):
    """A project of nothing but run.py and its lists, at a path that is not easy to quote."""
    folder = tmp_path / "mein Ordner für 'Übungen'"
    folder.mkdir()
    for name in ("run.py", "requirements.txt", "requirements-test.txt", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def run(folder, monkeypatch):
    monkeypatch.chdir(folder)
    # run.py changes these for the program that it becomes; here that is pytest, which wants them back.
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(os, "execv", lambda program, arguments: pytest.fail("run.py would have handed over"))
    return load(folder)


@pytest.fixture
def computer(run, monkeypatch):
    return Computer(run, monkeypatch)


# The lists and the style


def requirements(name):
    return [line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def pins(name, python):
    """Read the versions that a list pins for a Python, such as "3.13", on Linux."""
    marked = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "os_name": "posix",
    }
    wanted = [Requirement(line) for line in requirements(name) if not line.startswith("-")]
    return {each.name: str(each.specifier) for each in wanted if not each.marker or each.marker.evaluate(marked)}


def test_every_requirement_is_pinned_exactly():
    lines = requirements("requirements.txt") + requirements("requirements-test.txt")
    assert [line for line in lines if "==" not in line] == ["-c constraints.txt"]


def test_what_lessonlib_is_built_with_is_fetched_with_the_rest():
    built_with = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert built_with == [line for line in requirements("requirements.txt") if line.startswith("setuptools")]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_what_the_requirements_bring_is_pinned_too_and_to_the_same_versions(python):
    every = pins("constraints.txt", python)
    assert all(version.startswith("==") and "*" not in version for version in every.values())
    asked = pins("requirements.txt", python) | pins("requirements-test.txt", python)
    assert asked.items() <= every.items()
    if python == "{}.{}".format(*sys.version_info):
        for name, version in asked.items():  # what is installed here needs nothing that is not pinned
            if version != f"=={metadata.version(name)}":  # tried with other versions, older or newer
                continue
            needed = [Requirement(line) for line in metadata.requires(name) or []]
            missing = [each.name for each in needed if not each.marker or each.marker.evaluate({"extra": ""})]
            assert {canonicalize_name(each) for each in missing} <= {canonicalize_name(each) for each in every}


def test_the_oldest_versions_that_are_claimed_are_the_ones_that_are_tested():
    claimed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tested = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    for each in map(Requirement, claimed["dependencies"]):
        assert f" {each.name}=={str(each.specifier).removeprefix('>=')}." in tested
    assert f'"{claimed["requires-python"].removeprefix(">=")}"' in tested


def test_no_list_names_an_address():
    for name in ("requirements.txt", "requirements-test.txt", "constraints.txt", ".binder/requirements.txt"):
        assert not re.search(r"://| @ |--(extra-)?index|--find-links|--hash", (ROOT / name).read_text("utf-8"))


def test_binder_adds_to_its_base_only_what_that_lacks_in_the_versions_of_everyone():
    python = (ROOT / ".binder/runtime.txt").read_text().strip().removeprefix("python-")
    added = pins(".binder/requirements.txt", python)
    assert {"numpy", "matplotlib"} <= added.keys()
    assert added.items() <= pins("constraints.txt", python).items()
    assert not [name for name in added if name.startswith(("jupyter", "notebook", "ipy"))]


@pytest.mark.parametrize("check", [["check"], ["format", "--check"]], ids=["ruff check", "ruff format"])
def test_ruff_finds_nothing_in_code_and_notebooks(check):
    done = subprocess.run([sys.executable, "-m", "ruff", *check], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


# Which Python, which command


def test_old_pythons_can_read_run_py():
    ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_named_in_one_line(run, monkeypatch):
    monkeypatch.setattr(run, "sys", SimpleNamespace(version_info=(3, 8, 18), exit=sys.exit))
    with pytest.raises(SystemExit, match=r"^run.py: .*Python 3.11 or newer, and this is 3.8[^\n]*$"):
        run.main(["lab"])


@pytest.mark.parametrize("arguments", [[], ["--help"], ["help"]])
def test_without_a_command_the_help_is_shown(run, computer, capsys, arguments):
    run.main(arguments)
    assert "python3 run.py lab" in capsys.readouterr().out


def test_an_unknown_command_gets_one_line_that_names_those_there_are(run, computer):
    with pytest.raises(SystemExit, match=r"^run.py: there is no command 'lob'. These are: lab, test, [^\n]*$"):
        run.main(["lob"])


@pytest.mark.parametrize(
    ("command", "encoding"),
    [
        ("run.py", "ascii"),
        ("run.py", "cp1252"),
        ("tools/hand_out.py", "ascii"),
        ("tools/returned.py", "cp1252"),
        ("tools/lite.py", "ascii"),
        ("tools/address.py", "cp1252"),
    ],
)
def test_what_a_terminal_cannot_write_stops_no_tool(tmp_path, command, encoding):
    (tmp_path / "日本").write_text("no folder")
    done = subprocess.run(
        [sys.executable, ROOT / command, tmp_path / "日本"],
        env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, text=True, encoding=encoding, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("command", "lists", "program"),
    [
        ("lab", "LEARNER", ["-m", "jupyterlab"]),
        ("test", "DEVELOPER", ["-m", "pytest"]),
        ("refresh", "DEVELOPER", ["tools/refresh_notebooks.py"]),
    ],
)
def test_each_command_prepares_its_lists_and_hands_its_arguments_on(run, monkeypatch, command, lists, program):
    prepared, handed = [], []
    run.VENV.mkdir()
    run.INSTALLED.write_text("{}")
    monkeypatch.setattr(run, "prepare", prepared.append)
    monkeypatch.setattr(run, "hand_over", handed.append)
    run.main([command, "-x", "--more"])
    assert Path(os.environ["IPYTHONDIR"]).is_relative_to(run.VENV)
    assert prepared == [getattr(run, lists)]
    arguments = [argument.replace(str(run.ROOT) + os.sep, "").replace(os.sep, "/") for argument in handed[0]]
    assert arguments[: len(program)] == program
    assert arguments[-2:] == ["-x", "--more"]


def test_all_tests_run_in_three_processes_and_chosen_ones_as_they_are_asked_for(run, monkeypatch):
    handed = []
    monkeypatch.setattr(run, "prepare", lambda lists: None)
    monkeypatch.setattr(run, "use_own_settings", lambda more: None)
    monkeypatch.setattr(run, "hand_over", handed.append)
    for arguments in ([], ["-k", "encode"]):
        run.main(["test", *arguments])
    assert handed == [["-m", "pytest", "-n", "3"], ["-m", "pytest", "-k", "encode"]]


# .venv: made once, healed when it is broken


def test_the_first_time_makes_venv_and_installs_only_the_learners_list(computer, run):
    make, install = computer.prepare(run.LEARNER)
    assert make == [sys.executable, "-m", "venv", str(run.VENV)]
    assert install == [str(run.PYTHON), "-m", "pip", "install", "--no-compile", "-r", "requirements.txt", "-e", "."]


def test_the_second_time_installs_nothing(computer, run):
    computer.prepare(run.DEVELOPER)
    assert computer.prepare(run.DEVELOPER) == []
    assert computer.prepare(run.LEARNER) == []


def test_the_tests_add_their_list_to_the_learners(computer, run):
    computer.prepare(run.LEARNER)
    (install,) = computer.prepare(run.DEVELOPER)
    assert install[-6:] == ["-r", "requirements.txt", "-r", "requirements-test.txt", "-e", "."]


def test_a_folder_of_wheels_is_all_that_is_asked(computer, run):
    run.WHEELS.mkdir()
    _, install = computer.prepare(run.LEARNER)
    assert install[5:8] == ["--no-index", "--find-links", str(run.WHEELS)]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt", "constraints.txt", "pyproject.toml"])
def test_a_changed_list_is_installed_again_into_the_same_venv(computer, run, name):
    computer.prepare(run.DEVELOPER)
    (run.ROOT / name).write_text("# changed")
    assert computer.kinds(run.DEVELOPER) == ["install"]


def test_a_moved_folder_gets_a_new_venv(computer, run, folder, monkeypatch):
    computer.prepare(run.LEARNER)
    monkeypatch.chdir(folder.parent)
    moved = load(folder.rename(folder.parent / "moved"))
    assert Computer(moved, monkeypatch).kinds(moved.LEARNER) == ["venv", "install"]


def test_another_python_gets_a_new_venv(computer, run, monkeypatch):
    computer.prepare(run.LEARNER)
    monkeypatch.setattr(run, "python_version", lambda: "3.99")
    assert computer.kinds(run.LEARNER) == ["venv", "install"]


@pytest.mark.parametrize("trouble", [1, FileNotFoundError("no such file")])
def test_a_venv_whose_python_does_not_answer_is_made_anew(computer, run, trouble):
    computer.prepare(run.LEARNER)
    computer.codes = {"": trouble, "import pip": trouble}
    assert computer.kinds(run.LEARNER) == ["venv", "install"]


def test_an_interrupted_install_starts_afresh_the_next_time(computer, run):
    computer.codes = {"install": KeyboardInterrupt()}
    with pytest.raises(SystemExit, match=r"^run.py: stopped\. Run the same command again"):
        run.main(["lab"])
    computer.codes = {}
    assert computer.kinds(run.LEARNER) == ["venv", "install"]


def test_an_unreadable_note_of_what_is_installed_starts_afresh(computer, run):
    computer.prepare(run.LEARNER)
    run.INSTALLED.write_text('{"python": ')
    assert computer.kinds(run.LEARNER) == ["venv", "install"]


def test_what_was_left_in_our_own_venv_is_cleared_and_what_a_link_in_it_leads_to_stays(computer, run, tmp_path):
    computer.prepare(run.LEARNER)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    (run.VENV / "lib/old").mkdir(parents=True)
    (run.VENV / "pyvenv.cfg").write_text("old")
    with contextlib.suppress(OSError):  # Windows may refuse links
        (run.VENV / "link").symlink_to(tmp_path / "mine", target_is_directory=True)
    run.INSTALLED.write_text("{}")
    assert computer.kinds(run.LEARNER) == ["venv", "install"]
    assert [path.name for path in run.VENV.iterdir()] == ["installed.json"]
    assert (tmp_path / "mine/thesis.txt").exists()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda venv, other: venv.symlink_to(other, target_is_directory=True), "is a link to .*other"),
        (lambda venv, other: venv.symlink_to(other / "gone", target_is_directory=True), "is a link to .*gone"),
        (lambda venv, other: venv.write_text("mine"), "is a file"),
        (lambda venv, other: shutil.copytree(other, venv), "made by another program"),
    ],
    ids=["a link", "a link to nothing", "a file", "another environment"],
)
def test_a_venv_that_is_not_ours_is_refused_and_not_touched(computer, run, tmp_path, make, said):
    (tmp_path / "other/bin").mkdir(parents=True)
    (tmp_path / "other/bin/python").write_text("not ours")
    try:
        make(run.VENV, tmp_path / "other")
    except OSError as error:
        pytest.skip(f"no links on this computer: {error}")
    before = sorted((path, path.is_file() and path.read_bytes()) for path in tmp_path.rglob("*"))
    with pytest.raises(SystemExit, match=rf"^run.py: [^\n]*{said}[^\n]* Nothing was changed\.[^\n]*$"):
        run.main(["lab"])
    assert computer.calls == []
    assert before == sorted((path, path.is_file() and path.read_bytes()) for path in tmp_path.rglob("*"))


def test_an_empty_venv_is_nobodys(computer, run):
    run.VENV.mkdir()
    run.refuse_what_is_not_ours()
    assert computer.kinds(run.LEARNER) == ["venv", "install"]


# What goes wrong is said in one line


@pytest.mark.parametrize(
    ("complaint", "word"),
    [
        ("NewConnectionError: [Errno -3] Temporary failure in name resolution\nNo matching distribution", "network"),
        ("error: Failed to fetch: client error (Connect)\n  Caused by: dns error", "network"),
        ("error: error sending request for url (https://example.org)", "network"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk"),
        ("error: failed to write to file: No space left on device (os error 28)", "disk"),
        ("There is not enough space on the disk. (os error 112)", "disk"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'",
            "may not be written",
        ),
        ("error: failed to create directory: Read-only file system (os error 30)", "may not be written"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "index"),
        ("  x No solution found when resolving dependencies", "index"),
        ("ERROR: Can not perform a '--user' install.", "settings"),
    ],
)
def test_a_failed_install_says_why_and_keeps_what_was_there(computer, run, complaint, word):
    computer.prepare(run.LEARNER)
    computer.codes, computer.complaints = {"install": 1}, complaint
    with pytest.raises(SystemExit, match=rf"^run.py: could not install[^\n]*{word}[^\n]*$") as stop:
        run.main(["test"])
    others = {"network", "disk", "may not be written"} - {word}
    assert not [other for other in others if other in str(stop.value)]
    assert computer.kinds(run.LEARNER) == []
    computer.codes = {}
    assert computer.kinds(run.DEVELOPER) == ["install"]


def test_packages_that_went_elsewhere_are_noticed(computer, run):
    computer.codes = {"import lessonlib": 1}
    with pytest.raises(SystemExit, match=r"^run.py: could not install[^\n]*uv.toml[^\n]*$"):
        run.main(["lab"])


def test_a_python_without_its_venv_module_names_the_debian_package(computer, run, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name))
    with pytest.raises(SystemExit, match=r"^run.py: .*sudo apt install python3-venv$"):
        run.main(["lab"])
    assert not run.VENV.exists()


def test_a_venv_that_cannot_be_made_is_said_in_one_line(computer, run):
    computer.codes = {"venv": 1}
    with pytest.raises(SystemExit, match=r"^run.py: could not make .venv in [^\n]*$"):
        run.main(["lab"])


def test_a_missing_file_is_said_in_one_line(computer, run):
    (run.ROOT / "requirements.txt").unlink()
    with pytest.raises(SystemExit, match=r"^run.py: this folder cannot be used: [^\n]*requirements.txt[^\n]*$"):
        run.main(["lab"])


def test_the_venv_that_is_in_use_is_never_cleared(computer, run, monkeypatch):
    inside = SimpleNamespace(version_info=sys.version_info, prefix=str(run.VENV), exit=sys.exit)
    monkeypatch.setattr(run, "sys", inside)
    with pytest.raises(SystemExit, match="deactivate"):
        run.main(["lab"])
    assert "venv" not in [kind for kind, _ in computer.calls]


# uv


def test_uv_installs_where_it_is_on_path(computer, run):
    computer.put_on_path(uv="/somewhere/uv")
    make, install = computer.prepare(run.LEARNER)
    assert make[-1] == "--without-pip"
    into = ["--python", str(run.PYTHON)]
    assert install == ["/somewhere/uv", "pip", "install", *into, "-r", "requirements.txt", "-e", "."]


def test_uv_needs_no_ensurepip(computer, run, monkeypatch):
    computer.put_on_path(uv="uv")
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name))
    assert computer.kinds(run.LEARNER) == ["venv", "install"]


def test_what_uv_installed_works_on_without_uv_until_there_is_more_to_install(computer, run):
    computer.put_on_path(uv="uv")
    computer.prepare(run.LEARNER)
    computer.put_on_path(uv=None)
    computer.codes = {"import pip": 1}
    assert computer.kinds(run.LEARNER) == []
    assert computer.kinds(run.DEVELOPER) == ["venv", "install"]


# JupyterLab


def settings(run, name):
    run.VENV.mkdir(exist_ok=True)
    run.use_own_settings([])
    return json.loads(Path(os.environ["JUPYTER_CONFIG_DIR"], name).read_text("utf-8"))


def test_lab_opens_the_first_lesson_there_is_on_localhost(run):
    assert settings(run, "jupyter_lab_config.json") == {"LabApp": {"default_url": "/lab"}}
    (run.ROOT / "notebooks").mkdir()
    for name in ("10_next.ipynb", "05_sum.ipynb", "03_first.ipynb"):
        (run.ROOT / "notebooks" / name).touch()
        page = settings(run, "jupyter_lab_config.json")["LabApp"]["default_url"]
        assert page == f"/lab/tree/notebooks/{name}"
    for more in (["--ServerApp.root_dir", "x"], ["--notebook-dir=x"], [str(run.ROOT)]):  # where that page may not be
        run.use_own_settings(more)
        assert '"/lab"' in Path(os.environ["JUPYTER_CONFIG_DIR"], "jupyter_lab_config.json").read_text("utf-8")
    server = settings(run, "jupyter_server_config.json")["ServerApp"]
    assert server["ip"] == "localhost" and server["root_dir"] == str(run.ROOT)


def test_jupyter_and_ipython_read_no_settings_of_others_and_show_no_news(run):
    page = settings(run, "labconfig/page_config.json")
    assert page["disabledExtensions"] == {"@jupyterlab/apputils-extension:announcements": True}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        assert Path(os.environ[name]).is_relative_to(run.VENV)


@pytest.mark.parametrize(("own", "used"), [(None, "1"), ("4", "4")])
def test_numpy_computes_in_one_thread_unless_the_learner_wants_more(run, monkeypatch, own, used):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if own:
        os.environ["OPENBLAS_NUM_THREADS"] = own
    settings(run, "labconfig/page_config.json")
    assert os.environ["OPENBLAS_NUM_THREADS"] == used


@pytest.mark.skipif(sys.platform == "win32", reason="a script of Binder's, which is a Linux")
def test_binder_starts_the_server_with_one_thread_too():
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [
        str(ROOT / ".binder/start"),
        sys.executable,
        "-c",
        "import os; print(os.environ['OPENBLAS_NUM_THREADS'])",
    ]
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "1\n"


def test_where_venv_may_not_be_written_the_settings_go_elsewhere(run, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert settings(run, "labconfig/page_config.json") and list(run.VENV.iterdir()) == []
    shutil.rmtree(Path(os.environ["JUPYTER_CONFIG_DIR"]).parent)


def test_root_is_told_so_in_one_line_and_needs_no_flag(run, monkeypatch, capsys):
    run.VENV.mkdir()
    run.INSTALLED.write_text("{}")
    monkeypatch.setattr(run, "prepare", lambda lists: None)
    monkeypatch.setattr(run, "hand_over", lambda arguments: None)
    for root in (True, False):
        monkeypatch.setattr(run, "is_root", lambda root=root: root)
        run.main(["lab"])
        assert settings(run, "jupyter_server_config.json")["ServerApp"]["allow_root"] is root
        assert ["root" in line for line in capsys.readouterr().out.splitlines()] == [True] * root


def test_only_what_says_where_packages_come_from_reaches_the_installer(run):
    kept = {"PYTHONUTF8", "PYTHONUNBUFFERED", "JUPYTER_TOKEN", "PATH", "HTTPS_PROXY", "PIP_INDEX_URL", "PIP_CERT"}
    kept |= {
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_NO_INDEX",
        "PIP_PROXY",
        "PIP_TRUSTED_HOST",
        "PIP_CLIENT_CERT",
    }
    kept |= {"PIP_DEFAULT_TIMEOUT", "PIP_RETRIES", "PIP_CACHE_DIR", "PIP_CONFIG_FILE", "UV_INDEX", "UV_INDEX_URL"}
    kept |= {"UV_DEFAULT_INDEX", "UV_INDEX_MY_PASSWORD", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_INSECURE_HOST"}
    kept |= {"UV_HTTP_TIMEOUT", "UV_CACHE_DIR", "UV_OFFLINE"}
    lost = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONINSPECT", "PYTHONOPTIMIZE"}
    lost |= {"JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH", "JUPYTERLAB_DIR", "JUPYTER_RUNTIME_DIR"}
    lost |= {"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_NO_DEPS", "PIP_DRY_RUN"}
    lost |= {"PIP_REQUIRE_HASHES", "UV_SYSTEM_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_PYTHON", "UV_NO_EDITABLE"}
    os.environ.clear()
    os.environ.update(dict.fromkeys(kept | lost, "x"))
    run.leave_settings_behind()
    assert os.environ.keys() == kept


def test_of_pips_files_the_index_and_the_proxy_stay_and_the_strongest_place_wins(run, monkeypatch):
    listed = """global.index-url='https://example.org/a'
global.extra-index-url='https://example.org/b\\nhttps://example.org/c'
global.proxy='http://example.org:80'
global.target='/elsewhere'
global.user='true'
install.index-url='https://example.org/of-install'
install.prefix='/elsewhere'
download.index-url='https://example.org/of-download'
:env:.cert='/a.pem'
"""
    monkeypatch.setattr(subprocess, "run", lambda command, **options: SimpleNamespace(stdout=listed))
    assert run.pip_settings() == {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": "https://example.org/of-install",
        "PIP_EXTRA_INDEX_URL": "https://example.org/b\nhttps://example.org/c",
        "PIP_PROXY": "http://example.org:80",
        "PIP_CERT": "/a.pem",
    }


def answer_of(address):
    """Ask a server that may not listen yet, though it has said its address."""
    for _ in range(100):
        try:
            return urllib.request.urlopen(address, timeout=30)
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:
            time.sleep(0.2)
    raise AssertionError(f"nothing listens at {address}")


def test_the_server_listens_on_this_computer_only_and_asks_for_its_token(run):
    run.VENV.mkdir()
    run.use_own_settings([])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    more = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    command = [sys.executable, "-m", "jupyterlab", *more]
    server = subprocess.Popen(command, env=os.environ, stderr=subprocess.PIPE, encoding="utf-8", errors="replace")
    try:
        token = next(found[1] for found in (re.search(r"token=(\w{40,})", line) for line in server.stderr) if found)
        reader = threading.Thread(target=server.stderr.read, daemon=True)  # or the pipe may fill up
        reader.start()
        with answer_of(f"http://localhost:{port}/api/status?token={token}") as reply:
            assert reply.status == 200
        for wrong in ("", "?token=", f"?token={token[:-1]}"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://localhost:{port}/api/status{wrong}", timeout=30)
            assert refused.value.code == 403
        every = psutil.Process(server.pid).net_connections("inet")
        listening = {each.laddr.ip for each in every if each.status == psutil.CONN_LISTEN}
        assert listening and listening <= {"127.0.0.1", "::1"}
    finally:
        server.terminate()
        server.wait(20)


# The hand-over, for real: a .venv without packages, and a jupyterlab or pytest of a few lines


def start(folder, arguments, program, **options):
    """Start run.py from another folder, with `program` in the place of jupyterlab and pytest."""
    run = load(folder)
    venv.create(run.VENV, with_pip=False)
    run.INSTALLED.write_text(json.dumps(run.wanted(run.DEVELOPER)))
    for name in ("jupyterlab.py", "pytest.py"):
        (folder / name).write_text(program)
    command = [sys.executable, str(folder / "run.py"), *arguments]
    return subprocess.Popen(command, cwd=folder.parent, stdout=subprocess.PIPE, encoding="utf-8", **options)


def test_arguments_and_exit_code_go_through(folder):
    child = start(folder, ["test", "-k", "two words"], "import sys; print(sys.argv[1:]); sys.exit(3)")
    said, _ = child.communicate(timeout=30)
    assert (said.splitlines(), child.returncode) == (["['-k', 'two words']"], 3)


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_jupyter_itself(folder, number):
    program = "import os, signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL);"
    program += "print(os.getpid(), flush=True); time.sleep(30)"
    child = start(folder, ["lab"], program, stderr=subprocess.DEVNULL)
    said = child.stdout.readline()
    assert int(child.stdout.readline() if "root" in said else said) == child.pid
    child.send_signal(number)
    child.communicate(timeout=10)
    assert child.returncode == -number


def test_on_windows_run_waits_for_jupyter_and_leaves_ctrl_c_to_it(run, monkeypatch):
    waits = iter([KeyboardInterrupt(), KeyboardInterrupt(), 5])

    def wait():
        result = next(waits)
        if isinstance(result, BaseException):
            raise result
        return result

    monkeypatch.setattr(run, "WINDOWS", True)
    monkeypatch.setattr(subprocess, "Popen", lambda command: SimpleNamespace(wait=wait))
    with pytest.raises(SystemExit) as stop:
        run.hand_over(["-m", "jupyterlab"])
    assert stop.value.code == 5


# An installer that fails, and one that is cut off, for real


def start_with_uv(folder, script):
    """Start `run.py lab` where uv is this shell script."""
    tools = folder.parent / "tools"
    tools.mkdir()
    (tools / "uv").write_text("#!/bin/sh\n" + script)
    (tools / "uv").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PIP_NO_INDEX": "1"}  # no network, should pip ever be called instead
    command = [sys.executable, str(folder / "run.py"), "lab"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")


@posix_only
def test_without_network_the_last_word_is_one_line_and_no_traceback(folder):
    child = start_with_uv(folder, "echo 'error: dns error' >&2; exit 2")
    said, errors = child.communicate(timeout=30)
    assert child.returncode == 1
    assert [line.split(":")[0] for line in errors.splitlines()] == ["error", "run.py"]
    assert said.startswith("Making .venv")


@posix_only
def test_kill_ends_the_installer_too(folder):
    # The second before gives run.py the time to begin waiting for uv, however busy the computer is.
    child = start_with_uv(folder, "sleep 1; echo installing; exec sleep 60")
    assert "installing\n" in child.stdout
    child.terminate()
    _, errors = child.communicate(timeout=10)  # comes back only when sleep has let go of the pipe
    assert errors.startswith("run.py: stopped.")
    assert load(folder).installed() == {}
