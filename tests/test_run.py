"""How a stage ends: errors that a user can mend are one sentence."""

import errno

import pytest
import tensorflow as tf

from stages.support.run import run
from wsol.errors import InputError


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
        (PermissionError(errno.EACCES, "Permission denied", "data/boxes"), "permission to read and write data/boxes"),
        (OSError(errno.EROFS, "Read-only file system", "plots/a.csv"), "permission to read and write plots/a.csv"),
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
