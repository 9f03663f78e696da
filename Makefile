# make demo   set up, train on handwritten digits, write a picture
# make test   set up, run all tests
# make lint   set up, check style and types
# make coverage  set up, run all tests, show which lines of src/ none of them runs (three times as long)
# make clean  remove what the above made
#
# Everything stays in this folder. Needed: Python 3.11 to 3.13 with pip. Another one than the first found:
# `make test PYTHON=python3.12`.

VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto

supported := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c '$(supported)' 2>/dev/null && echo $$python && break; done)

# A stamp is younger than what it was made from, or is made again.
PACKAGE := pyproject.toml constraints.txt
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Matplotlib would otherwise keep its font list in the home folder.
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/matplotlib

.PHONY: help demo test coverage lint clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: $(VENV)/examples.stamp
	$(BIN)/python examples/digits.py

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) -q $(TESTS)

coverage: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) -q --cov --cov-report=term $(TESTS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --quiet --check
	$(BIN)/mypy --no-error-summary

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Where Python comes without `ensurepip`, its own pip fills the environment.
$(BIN)/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(supported)' || \
		{ echo "kjax needs Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { $(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }

$(VENV)/examples.stamp: $(PACKAGE) | $(BIN)/python
	$(INSTALL) -e '.[examples]'
	@touch $@

$(VENV)/dev.stamp: $(PACKAGE) | $(BIN)/python
	$(INSTALL) -e '.[dev,examples]'
	@touch $@ $(VENV)/examples.stamp
