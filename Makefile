# make demo   set up, train on handwritten digits, write a picture
# make examples  set up, run the programs in examples/keras2, each of which writes a picture
# make example-grad_cam  one of them; the others are digits_convnet, digits_vae, text_gru
# make test   set up, run all tests
# make lint   set up, check style and types
# make coverage  set up, run all tests, show which lines of src/ none of them runs (three times as long)
# make sample   set up, run the part of the tests that CI repeats in other ways (`EVERY=8`: one in eight), which are:
# make sample-3.12  on another Python, if there is one (so 3.11 and 3.13); `COVER=1` counts lines, quickly from 3.12 on
# make sample-lowest  on Python 3.11 with the lowest versions that pyproject.toml allows
# make sample-plain  with the fast ways switched off (KJAX_PLAIN=1)
# make wheel    build source distribution and wheel, install the wheel into an environment of its own, try both
# make test-keras2  set up, run the tests of Keras 2.3.1 itself, compare with what became of them on TensorFlow 1.15
# make fuzz  set up, make 40,000 odd calls, in about half an hour (`CALLS=1000`, `SEED=1`)
# make memory  set up, measure the memory that 2,000 shapes and 500 models leave behind, in some minutes
# make processes  set up, train in two processes of four devices, kill one of them, and go on, in some minutes
# make bench  set up, measure kjax beside its peers (`make bench-quick`: in 3 minutes, once the peers are installed)
# make docs   set up, write the documentation into site/
# make docs-test  the same, then look at every page in a browser (Chromium, if there is one), and list what was looked at;
#                 `make docs-test SHOTS=site/shots` writes pictures of pages, too
# make gallery  set up, run the examples, keep their pictures and times for the documentation (some minutes)
# make clean  remove what the above made
#
# Everything stays in this folder. Needed: Python 3.11 to 3.13 with pip. Another one than the first found:
# `make test PYTHON=python3.12`.

VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto
EVERY ?= 1

supported := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c '$(supported)' 2>/dev/null && echo $$python && break; done)

# A stamp is younger than what it was made from, or is made again.
CONSTRAINTS := constraints.txt
KERAS3_PINS := constraints-keras3.txt
PACKAGE := pyproject.toml $(CONSTRAINTS)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS)
# Keras 3 has the name of Keras 2.3.1: it lies in a folder, which tests put onto the path of processes of their own.
INSTALL_KERAS3 = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
	--target $(VENV)/share/keras3 -r $(KERAS3_PINS)

# Matplotlib would otherwise keep its font list in the home folder.
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/matplotlib
# And `kjax run` compiled programs in the user's cache folder.
export KJAX_CACHE := $(CURDIR)/$(VENV)/compiled
# Hundreds of processes that tests start would each compile all of src/ anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: environment fuzz memory processes wide help demo examples test test-keras2 coverage \
	sample sample-3.11 sample-3.12 sample-3.13 sample-lowest sample-plain wheel lint bench bench-quick docs docs-test gallery clean

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

CALLS ?= 40000
SEED ?= 0

fuzz: $(VENV)/tests.stamp
	$(BIN)/python tests/robustness/fuzz.py --calls $(CALLS) --seed $(SEED)

memory: $(VENV)/tests.stamp
	$(BIN)/python tests/robustness/memory.py

processes: $(VENV)/tests.stamp
	$(BIN)/python tests/robustness/processes.py

test-keras2: $(VENV)/keras2-tests.stamp
	$(BIN)/python tests/clients/keras2_suite.py

coverage: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) -q --cov --cov-report=term $(TESTS)

# Of every file but those that take minutes, and of the recorded cases those that need no compiler, and `rnn`.
SAMPLE := --ignore=tests/clients --ignore=tests/properties --ignore=tests/test_benchmarks.py \
	-k 'not test_case or -eager] or ([recurrence and -graph])'

# From Python 3.12 on coverage has its lines counted by the interpreter, which costs little.
sample: $(VENV)/tests.stamp
	$(if $(COVER),COVERAGE_CORE=sysmon) $(BIN)/python -m pytest -n $(JOBS) -q --every $(EVERY) \
		$(if $(COVER),--cov --cov-report=term) $(SAMPLE)

# Without the kernels, which are the shortcuts that it switches off.
sample-plain: $(VENV)/tests.stamp
	KJAX_PLAIN=1 $(BIN)/python -m pytest -n $(JOBS) -q --every $(EVERY) --ignore=tests/kernels $(SAMPLE)

environment: $(VENV)/tests.stamp

# In an environment of its own (`GOAL=environment` only makes that):
# $(call elsewhere,version of Python,environment,further settings)
GOAL ?= sample
define elsewhere
@python="$$(.ci/python $(1))" || { echo "$@ is left out: there is no Python $(1)"; exit 0; }; \
	$(MAKE) --no-print-directory $(GOAL) PYTHON="$$python" VENV=$(2) $(3)
endef

sample-3.11 sample-3.12 sample-3.13: sample-%:
	$(call elsewhere,$*,.venv-$*)

# One of each kind of environment that is promised; lines are counted on the first.
wide:
	$(MAKE) --no-print-directory sample-3.12 COVER=1
	$(MAKE) --no-print-directory sample-3.13
	$(MAKE) --no-print-directory sample-lowest

sample-lowest:
	$(call elsewhere,3.11,.venv-lowest,CONSTRAINTS=constraints-lowest.txt KERAS3_PINS=constraints-keras3-lowest.txt)

# The wheel is made from the source distribution. Nothing of it is installed from this folder, and nothing is run in it:
# some tests run where the source distribution is unpacked. (`make wheel PYTHON=python3.13` tries it on another Python.)
wheel: $(VENV)/dev.stamp
	rm -rf build/wheel .venv-wheel
	$(BIN)/python -m build --quiet --outdir build/wheel .
	@$(MAKE) --no-print-directory .venv-wheel/bin/python VENV=.venv-wheel
	.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt build/wheel/*.whl
	.venv-wheel/bin/python -I .ci/try_installed.py
	tar -xzf build/wheel/*.tar.gz -C build/wheel
	cd build/wheel/kjax-*/ && PYTHONPATH=src $(abspath $(BIN))/python -m pytest -q -p no:cacheprovider tests/test_layout.py \
		tests/test_stairs.py tests/test_readme.py tests/test_versions.py tests/core/test_shape.py

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --quiet --check
	$(BIN)/mypy --no-error-summary

# The peers have environments of their own, in .venv-bench.
bench: $(VENV)/examples.stamp
	$(BIN)/python benchmarks/environments.py
	$(BIN)/python benchmarks/convolutions.py
	$(BIN)/python benchmarks/programs.py
	$(BIN)/python benchmarks/run.py

bench-quick: $(VENV)/examples.stamp
	$(BIN)/python benchmarks/environments.py
	$(BIN)/python benchmarks/run.py --quick

# Warnings are errors: a link that leads nowhere, a docstring that can't be read.
docs: $(VENV)/docs.stamp
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "the documentation is in site/index.html; a browser opens it from there, no server is needed"

docs-test: docs $(VENV)/docs-test.stamp
	SHOTS="$(SHOTS)" $(BIN)/python -m pytest -v -p no:cacheprovider docs/checks

gallery: $(VENV)/dev.stamp
	$(BIN)/python docs/make_gallery.py $(NAMES)

clean:
	rm -rf $(VENV) .venv-* build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
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

$(VENV)/tests.stamp: $(PACKAGE) $(KERAS3_PINS) | $(BIN)/python
	$(INSTALL) -e '.[tests]'
	$(INSTALL_KERAS3)
	@touch $@

$(VENV)/dev.stamp: $(PACKAGE) $(KERAS3_PINS) | $(BIN)/python
	$(INSTALL) -e '.[dev,examples]'
	$(INSTALL_KERAS3)
	$(BIN)/python tests/clients/keras2_suite.py --fetch
	@touch $@ $(VENV)/examples.stamp $(VENV)/keras2.stamp $(VENV)/tests.stamp

$(VENV)/keras2-tests.stamp: $(VENV)/dev.stamp
	$(INSTALL) -e '.[dev,examples,keras2-tests]'
	@touch $@

$(VENV)/docs.stamp: $(PACKAGE) | $(BIN)/python
	$(INSTALL) -e '.[docs]'
	@touch $@

$(VENV)/docs-test.stamp: $(PACKAGE) | $(BIN)/python
	$(INSTALL) -e '.[docs-test]'
	@touch $@
