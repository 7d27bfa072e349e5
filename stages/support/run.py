"""How a stage starts and ends."""

import errno
import sys
from collections.abc import Callable

import absl.logging

from wsol.errors import InputError


def run(main: Callable[[], str]) -> None:
    """Run a stage and print what it ends with; a user's error is one sentence and exit status 1."""
    absl.logging.set_verbosity(absl.logging.ERROR)  # TFDS warns of its own code's age, thousands of times
    try:
        print(main())
    except InputError as error:
        sys.exit(f"Error: {error}")
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit("Error: Expected room on the disk, but it is full: make some, and the same command goes on from here.")
    except KeyboardInterrupt:
        sys.exit("Stopped: the same command goes on from here.")
