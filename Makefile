# `make demo` shows the product, `make test` checks it; both set up what they need.

PYTHON := $(shell for p in python3.11 python3 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PINS := pyproject.toml constraints.txt

.PHONY: demo test test-all bench lint clean

demo: $(VENV)/.use
	$(BIN)/clmil demo --overwrite

test: lint
	$(BIN)/python -m pytest -m "not slow"

test-all: lint
	$(BIN)/python -m pytest

bench: $(VENV)/.develop
	$(PIP) sentence-transformers
	for what in changes limit startup pairs memory labels predict peers; do \
		$(BIN)/python -m benchmarks.speed $$what || exit 1; done
	$(BIN)/python -m benchmarks.speed.tables

lint: $(VENV)/.develop
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

clean:
	rm -rf $(VENV) .venv-3.* build dist demo src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.use: $(PINS) | $(BIN)/python
	$(PIP) -e '.[train,offline]'
	@touch $@

$(VENV)/.develop: $(PINS) | $(BIN)/python
	$(PIP) -e '.[train,offline,dev]'
	@touch $@ $(VENV)/.use
