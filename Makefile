# The README's two set-up commands. Both make .venv first, and both can be run again.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: repro test bench

repro: .venv/installed
	PATH="$(CURDIR)/$(BIN):$$PATH" dvc repro
	@$(BIN)/python -m stages.recommendation  # dvc repro skips it where the tables are those of the last commit

test: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q --numprocesses auto --maxprocesses 2

bench: .venv-bench/installed
	for question in agreement boxes maps ingredients memory full_scale; do .venv-bench/bin/python -m benchmarks.$$question || exit 1; done

# These marks are written once an install is complete, so an interrupted one is repeated.
.venv/installed: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else "Error: expected Python 3.11 to 3.13, got %d.%d: run make PYTHON=python3.12, or the one you have." % sys.version_info[:2])'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --requirement requirements.txt --constraint constraints.txt
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt constraints.txt
	$(BIN)/pip install --quiet --requirement requirements-dev.txt --constraint constraints.txt
	touch $@

# the peers need a TensorFlow of their own choice
.venv-bench/installed: requirements.txt benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --requirement benchmarks/requirements.txt
	touch $@
