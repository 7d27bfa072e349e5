"""The examples in the docstrings of wsol."""

import doctest
import importlib
import pkgutil

import pytest

import wsol

MODULES = sorted(module.name for module in pkgutil.walk_packages(wsol.__path__, "wsol.") if not module.ispkg)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0


def test_there_are_modules_with_examples() -> None:
    examples = [doctest.DocTestFinder().find(importlib.import_module(name)) for name in MODULES]
    assert sum(bool(test.examples) for tests in examples for test in tests) > 20
