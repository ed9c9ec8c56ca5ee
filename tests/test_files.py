"""Files that were cut short, changed or made wrong are refused; a full disk and a folder without leave lose nothing."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from lessonlib.files import read_arrays, write_arrays

from lessonlib import experiments, score_maps
from lessonlib.nano_gpt import CHECKPOINTS, load_checkpoint, read_checkpoint

SHIPPED = [*sorted(CHECKPOINTS.glob("*.npz")), experiments.FILE, score_maps.FILE]
every_file = pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)


@every_file
def test_a_file_cut_off_at_any_kilobyte_is_refused(path, tmp_path):
    data, cut = path.read_bytes(), tmp_path / "cut.npz"
    for n_bytes in [*range(0, len(data), 1024), len(data) - 1]:
        cut.write_bytes(data[:n_bytes])
        with pytest.raises(ValueError, match=r"^cut.npz is damaged .*: get the file again$"):
            read_arrays(cut)


@every_file
def test_a_byte_changed_anywhere_is_noticed_or_changes_no_number(path, tmp_path):
    data, good, changed = path.read_bytes(), read_arrays(path), tmp_path / "changed.npz"
    rng, n_refused = np.random.default_rng(0), 0
    for place in rng.integers(len(data), size=40):
        flipped = bytearray(data)
        flipped[place] ^= 1 << rng.integers(8)
        changed.write_bytes(flipped)
        try:
            arrays = read_arrays(changed)
        except ValueError as error:
            assert "damaged" in str(error)
            n_refused += 1
        else:
            same = [
                name for name in good if name in arrays and np.array_equal(arrays[name], good[name], equal_nan=True)
            ]
            assert len(same) >= len(good) - 1  # at most a name was hit: the number of tensors is checked by the model
    assert n_refused > 20


def test_what_was_written_is_read_back_bit_for_bit(tmp_path):
    arrays = {"a.b": np.array([np.nan, -0.0, 1e-45], dtype=np.float32), "text": np.array("ä"), "n": np.array(3)}
    write_arrays(tmp_path / "some.npz", arrays)
    back = read_arrays(tmp_path / "some.npz")
    assert back.keys() == arrays.keys()
    assert all(back[key].tobytes() == arrays[key].tobytes() and back[key].dtype == arrays[key].dtype for key in arrays)
    assert [path.name for path in tmp_path.iterdir()] == ["some.npz"]


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("tensor", ["transformer.wte.weight", "transformer.wpe.weight", "lm_head.weight"])
def test_a_table_with_a_number_that_is_none_is_named(tensor, wrong, tmp_path):
    arrays = read_checkpoint("sort")
    arrays[tensor][1, 2] = wrong
    write_arrays(tmp_path / "wrong.npz", arrays)
    with pytest.raises(ValueError, match=rf"{tensor} holds {wrong} at \(1, 2\): every number must be finite"):
        load_checkpoint(tmp_path / "wrong.npz")


def without_room(code, folder):
    """Run code in a process that may write no file of more than 20 kB."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
    command = [sys.executable, "-c", limit + code]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no file sizes")
def test_on_a_full_disk_a_checkpoint_stays_as_it_was(tmp_path):
    shutil.copy(CHECKPOINTS / "sort.npz", tmp_path / "model.npz")
    before = (tmp_path / "model.npz").read_bytes()
    code = "from pathlib import Path; from lessonlib.files import read_arrays, write_arrays\n"
    code += "write_arrays(Path('model.npz'), read_arrays(Path('model.npz')))"
    done = without_room(code, tmp_path)
    assert done.returncode == 1 and "OSError" in done.stderr.splitlines()[-1]
    assert (tmp_path / "model.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no file sizes")
def test_on_a_full_disk_a_lesson_stays_as_it_was(tmp_path):
    lesson = CHECKPOINTS.parent.parent / "notebooks/03_token_embeddings.ipynb"
    shutil.copy(lesson, tmp_path)
    code = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r}); import nbformat, refresh_notebooks as r\n"
    code += f"from pathlib import Path; r.write(nbformat.read({str(lesson)!r}, 4), Path({lesson.name!r}))"
    done = without_room(code, tmp_path)
    assert done.returncode == 1 and "OSError" in done.stderr.splitlines()[-1]
    assert (tmp_path / lesson.name).read_bytes() == lesson.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [lesson.name]


def test_where_nothing_can_be_written_the_reason_is_said_and_nothing_is_left(tmp_path):
    with pytest.raises(OSError, match="gone"):
        write_arrays(tmp_path / "gone" / "some.npz", {"a": np.zeros(3)})
    assert list(tmp_path.iterdir()) == []
