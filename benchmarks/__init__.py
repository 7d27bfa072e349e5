"""How fast, and beside whom: one script a question, run by `make bench`."""

import stages  # noqa: F401  it sets what TensorFlow reads at its import: the same for every contestant
