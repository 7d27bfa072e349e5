"""How a stage ends: errors that a user can mend are one sentence."""

import errno
import hashlib
import json
import pathlib

import pytest
import tensorflow as tf

from stages.support import run as run_module
from stages.support.run import run
from wsol.errors import InputError


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


FULL = OSError(errno.ENOSPC, "No space left on device")


def ended(error: BaseException) -> str:
    def fail() -> str:
        raise error

    with pytest.raises(SystemExit) as raised:
        run(fail)
    assert isinstance(raised.value.code, str)  # a string: exit status 1
    return raised.value.code


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InputError("Expected this; got that."), "Error: Expected this; got that."),
        (KeyboardInterrupt(), "Stopped: the same command resumes the work."),
        (OSError(errno.ENOSPC, "No space left on device"), "Error: Expected room on the disk, but it is full"),
        (caused(RuntimeError("while generating the split"), FULL), "Error: Expected room on the disk, but it is full"),
        (OSError("Can't write data (error message = 'No space left on device')"), "room on the disk"),  # of h5py
        (OSError("1024 requested and 0 written"), "room on the disk"),  # of NumPy
        (FileNotFoundError(errno.ENOENT, "No such file", "data/a.txt"), "data/a.txt, but there is none: make it anew"),
        (PermissionError(errno.EACCES, "Permission denied", "data/boxes"), "permission to read and write data/boxes"),
        (OSError(errno.EROFS, "Read-only file system", "plots/a.csv"), "permission to read and write plots/a.csv"),
        (OSError(errno.EROFS, "Read-only file system"), "permission to read and write the project"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM when allocating"), "lower batch_size in params.yaml"),
        (tf.errors.ResourceExhaustedError(None, None, "x; No space left on device"), "room on the disk"),
        (tf.errors.PermissionDeniedError(None, None, "data/toy_dogs; Permission denied"), "data/toy_dogs"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_error_that_a_user_can_mend_is_a_sentence(error: BaseException, sentence: str) -> None:
    assert sentence in ended(error)
    assert "\n" not in ended(error)


def test_a_bug_keeps_its_traceback() -> None:
    def bug() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(bug)


# ---------------------------------------------------------------- inputs that have changed


def project(folder: pathlib.Path) -> None:
    """A stage `report`, which reads a folder, a file and a module, as DVC leaves it."""
    for name, content in {
        "data/boxes/b.npy": "b",
        "data/boxes/a.npy": "a",
        "data/x": "x",
        "stages/report.py": "1",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    md5 = {name: hashlib.md5(name.encode()).hexdigest() for name in "abx1"}
    # DVC's digest of a folder is that of the list of its files, by name
    listed = f'[{{"md5": "{md5["a"]}", "relpath": "a.npy"}}, {{"md5": "{md5["b"]}", "relpath": "b.npy"}}]'
    boxes = hashlib.md5(listed.encode()).hexdigest()
    deps = {"data/boxes": f"{boxes}.dir", "data/x": md5["x"], "stages/report.py": md5["1"]}
    entries = [{"path": path, "hash": "md5", "md5": digest} for path, digest in deps.items()]
    (folder / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": {"report": {"deps": entries}}}))


def sentence(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> str | None:
    monkeypatch.chdir(folder)
    return run_module.explained_by_lock(KeyError("split"), "report")


def test_inputs_that_are_as_dvc_has_left_them_explain_nothing(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path)
    assert sentence(tmp_path, monkeypatch) is None


@pytest.mark.parametrize(
    ("path", "content", "named"),
    [
        ("data/boxes/a.npy", "c", "data/boxes"),
        ("data/boxes/c.npy", "", "data/boxes"),
        ("data/boxes/b.npy", None, "data/boxes"),
        ("data/x", "y", "data/x"),
        ("data/x", None, "data/x"),
    ],
)
def test_an_input_that_has_changed_is_named(
    path: str, content: str | None, named: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path)
    (tmp_path / path).unlink(missing_ok=True)
    if content is not None:
        (tmp_path / path).write_text(content)
    assert sentence(tmp_path, monkeypatch) == (
        f"Expected {named} as `dvc repro` has left it, but it is missing, damaged or changed (KeyError: 'split'): "
        "restore it with `dvc repro`."
    )


@pytest.mark.parametrize("change", ["the code", "no lock", "a damaged lock"])
def test_what_may_be_a_bug_is_not_explained(
    change: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(tmp_path)
    (tmp_path / "data/x").write_text("y")
    if change == "the code":
        (tmp_path / "stages/report.py").write_text("2")
    else:
        (tmp_path / "dvc.lock").write_text("" if change == "no lock" else "stages: [1")
    assert sentence(tmp_path, monkeypatch) is None
