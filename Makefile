# Two commands for a fresh machine with Python 3.11 or later: `make baseline` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: baseline test lint verify coverage lock clean

baseline: $(READY)
	$(BIN)/python -m scenarios run baseline

test: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Longer checks, left out of `make test`: statistics, every question in --quick, the baseline whole, coverage, a million
# spoilt tokens and some spoilt measurement reports.
verify: $(READY) baseline coverage
	$(BIN)/python -m pytest -m "verify or questions"
	$(BIN)/python -m attestation fuzz --mutants 1300000 --seconds 3600
	$(BIN)/python -m attestation fuzz --reports --mutants 20000 --seconds 600

# Every line and branch of the package that verifies evidence is run by its tests.
coverage: $(READY)
	$(BIN)/python -m coverage run -m pytest -q tests/attestation
	$(BIN)/python -m coverage report

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
