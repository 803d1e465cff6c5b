# Two commands for a fresh machine with Python 3.11 or later: `make baseline` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: baseline test lint verify lock clean

baseline: $(READY)
	$(BIN)/python -m scenarios run baseline

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Longer statistical checks, left out of `make test`.
verify: $(READY)
	$(BIN)/python -m pytest -m verify

# The environment is set up once, and again only if the lock file or the project's own metadata change.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

# Pin the newest releases that pyproject.toml allows, for every Python and platform.
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --output-file requirements.lock

clean:
	rm -rf $(VENV) output build *.egg-info
