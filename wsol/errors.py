"""The one error a user can cause: its text is shown to them, without a traceback."""


class InputError(ValueError):
    """One sentence: what was expected, what came, what to do."""
