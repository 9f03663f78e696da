# make demo   set up, train on handwritten digits, write a picture
# make examples  set up, run the programs in examples/keras2, each of which writes a picture
# make example-grad_cam  one of them; the others are digits_convnet, digits_vae, text_gru
# make test   set up, run all tests
# make lint   set up, check style and types
# make coverage  set up, run all tests, show which lines of src/ none of them runs (three times as long)
# make test-keras2  set up, run the tests of Keras 2.3.1 itself, compare with what became of them on TensorFlow 1.15
# make bench  set up, measure kjax beside its peers (`make bench-quick`: in 3 minutes, once the peers are installed)
# make docs   set up, write the documentation into site/
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
# And `kjax run` compiled programs in the user's cache folder.
export KJAX_CACHE := $(CURDIR)/$(VENV)/compiled

.PHONY: help demo examples test test-keras2 coverage lint bench bench-quick docs clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: $(VENV)/examples.stamp
	$(BIN)/python examples/digits.py

EXAMPLES := $(patsubst examples/keras2/%.py,example-%,$(wildcard examples/keras2/*.py))

examples: $(EXAMPLES)

$(EXAMPLES): example-%: $(VENV)/keras2.stamp
	$(BIN)/kjax run examples/keras2/$*.py

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) -q $(TESTS)

test-keras2: $(VENV)/keras2-tests.stamp
	$(BIN)/python tests/clients/keras2_suite.py

coverage: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) -q --cov --cov-report=term $(TESTS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --quiet --check
	$(BIN)/mypy --no-error-summary

# The peers have environments of their own, in .venv-bench.
bench: $(VENV)/examples.stamp
	$(BIN)/python benchmarks/environments.py
	$(BIN)/python benchmarks/run.py

bench-quick: $(VENV)/examples.stamp
	$(BIN)/python benchmarks/environments.py
	$(BIN)/python benchmarks/run.py --quick

# Warnings are errors: a link that leads nowhere, a docstring that can't be read.
docs: $(VENV)/docs.stamp
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "the documentation is in site/index.html"

clean:
	rm -rf $(VENV) .venv-bench build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
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

$(VENV)/keras2.stamp: $(PACKAGE) | $(BIN)/python
	$(INSTALL) -e '.[examples,keras2]'
	@touch $@

$(VENV)/dev.stamp: $(PACKAGE) | $(BIN)/python
	$(INSTALL) -e '.[dev,examples]'
	$(BIN)/python tests/clients/keras2_suite.py --fetch
	@touch $@ $(VENV)/examples.stamp $(VENV)/keras2.stamp

$(VENV)/keras2-tests.stamp: $(VENV)/dev.stamp
	$(INSTALL) -e '.[dev,examples,keras2-tests]'
	@touch $@

$(VENV)/docs.stamp: $(PACKAGE) | $(BIN)/python
	$(INSTALL) -e '.[docs]'
	@touch $@
