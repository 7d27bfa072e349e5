"""How a stage starts and ends."""

import errno
import pathlib
import re
import sys
from collections.abc import Callable, Iterator

import absl.logging

from stages.support.lock import changed_inputs
from wsol.errors import InputError

NO_ROOM = "Expected room on the disk, but it is full: free some, and the same command resumes the work."


def run(main: Callable[[], str]) -> None:
    """Run a stage and print its result. An error that a user can mend is one sentence and exit status 1."""
    absl.logging.set_verbosity(absl.logging.ERROR)  # TFDS logs thousands of deprecation warnings
    try:
        print(main())
    except KeyboardInterrupt:
        sys.exit("Stopped: the same command resumes the work.")
    except Exception as error:
        sentence = explained(error) or explained_by_lock(error, pathlib.Path(sys.argv[0]).stem)
        if sentence is None:
            raise
        sys.exit(f"Error: {sentence}")


def explained(error: BaseException) -> str | None:
    """An error in one sentence, or None for a bug."""
    if isinstance(error, InputError):
        return str(error)
    if disk_is_full(error):
        return NO_ROOM
    if isinstance(error, OSError):
        return _explained_by_system(error)
    # TensorFlow's own, by name: not every stage imports TensorFlow
    if type(error).__name__ == "ResourceExhaustedError":
        return "Expected a batch to fit into the device's memory, but it does not: lower batch_size in params.yaml."
    if type(error).__name__ == "PermissionDeniedError":
        return f"Expected permission to read and write, but it was denied: {str(error).splitlines()[0]}."
    return None


def disk_is_full(error: BaseException) -> bool:
    """Whether an error arose from a full disk."""
    return any(_says_full(cause) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those from which it arose: TFDS wraps TensorFlow's errors, and Keras those of h5py."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _says_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    # h5py and TensorFlow give the system's words alone, and NumPy not even these
    message = str(error)
    return "No space left on device" in message or re.fullmatch(r"\d+ requested and \d+ written", message) is not None


def explained_by_lock(error: Exception, stage: str) -> str | None:
    """The sentence if an input of the stage has changed since DVC has seen it, or None."""
    changed = changed_inputs(stage)
    if not changed:
        return None
    text = (str(error).splitlines() or [""])[0]
    return (
        f"Expected {changed[0]} as `dvc repro` has left it, but it is missing, damaged or changed "
        f"({type(error).__name__}: {text}): restore it with `dvc repro`."
    )


def _explained_by_system(error: OSError) -> str | None:
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"Expected permission to read and write {error.filename or 'the project'}, but it was denied: change the "
            "file's or folder's permissions and run again."
        )
    if error.errno == errno.ENOENT and error.filename:
        return f"Expected a file or folder {error.filename}, but there is none: make it anew with `dvc repro`."
    return None
