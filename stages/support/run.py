"""How a stage starts and ends."""

import errno
import sys
from collections.abc import Callable

import absl.logging

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
        sentence = explained(error)
        if sentence is None:
            raise
        sys.exit(f"Error: {sentence}")


def explained(error: Exception) -> str | None:
    """An error in one sentence, or None for a bug."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, OSError):
        return _explained_by_system(error)
    # TensorFlow's own, by name: not every stage imports TensorFlow
    if type(error).__name__ == "ResourceExhaustedError":
        if "No space left" in str(error):
            return NO_ROOM
        return "Expected a batch to fit into the device's memory, but it does not: lower batch_size in params.yaml."
    if type(error).__name__ == "PermissionDeniedError":
        return f"Expected permission to read and write, but it was denied: {str(error).splitlines()[0]}."
    return None


def _explained_by_system(error: OSError) -> str | None:
    if error.errno == errno.ENOSPC:
        return NO_ROOM
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"Expected permission to read and write {error.filename}, but it was denied: change the file's or folder's "
            "permissions and run again."
        )
    return None
