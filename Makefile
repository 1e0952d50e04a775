# What a newcomer types. Everything is installed into .venv; nothing else on the machine changes.
# The packages are found by glob: a new folder in adapters/ or plugins/ needs no line here.

PYTHON ?= python3
VENV ?= .venv
# More words for pytest, or for the benchmarks: make test ARGS="-k space"
ARGS ?=
# Processes that share the test files; 0 for none beside pytest's own: make test JOBS=0 ARGS="--pdb"
JOBS ?= 2

SETUPS := $(wildcard core/pyproject.toml adapters/*/pyproject.toml plugins/*/pyproject.toml)
PACKAGES := $(patsubst %/pyproject.toml,%,$(SETUPS))
SOURCES := $(addsuffix /src,$(PACKAGES) examples/third_party)
DEMO_PACKAGES := core adapters/pegbox-optuna

RUN := $(VENV)/bin/python -m
INSTALL := $(RUN) pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help demo test test-fast faults lint format bench bench-all bench-search clean

help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: $(VENV)/for-demo ## Tune a classifier of handwritten digits on all cores
	@$(VENV)/bin/python examples/digits.py

test: lint ## Check form and types, then run all tests
	@$(RUN) pytest -n $(JOBS) --dist loadfile $(ARGS)

test-fast: $(VENV)/for-tests ## Run the tests that start and install little
	@$(RUN) pytest -n $(JOBS) --dist loadfile -m "not slow" $(ARGS)

faults: $(VENV)/for-tests ## Run the fault tests at length: 200 kills of each kind, 200 moves of workers, cuts of 10 s
	@PEGBOX_FAULT_CUT_S=10 PEGBOX_FAULT_KILLS=200 PEGBOX_FAULT_MOVES=200 \
	  $(RUN) pytest -s tests/test_driver_kills.py \
	  tests/test_worker_kills.py tests/test_worker_moves.py tests/test_cut_connections.py \
	  core/tests/test_gpus.py::test_a_killed_worker_leaves_its_device_to_the_one_that_replaces_it $(ARGS)

lint: $(VENV)/for-tests ## Check form and strict types of all packages
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@MYPYPATH=$(subst $(eval ) ,:,$(SOURCES)) $(RUN) mypy $(SOURCES)

format: $(VENV)/for-tests ## Mend what can be mended without thought
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

bench: $(VENV)/for-tests ## Run the quick selection of the benchmarks
	@$(VENV)/bin/python benchmarks/run.py --quick $(ARGS)

bench-all: $(VENV)/for-tests ## Run all benchmarks three times; hours
	@$(VENV)/bin/python benchmarks/run.py $(ARGS)

bench-search: $(VENV)/for-tests ## Run each optimizer with pegbox and without; an hour or two, goes on where cut off
	@$(VENV)/bin/python benchmarks/search.py $(ARGS)

clean: ## Remove the environment and what tools left behind
	rm -rf $(VENV) .hypothesis .mypy_cache .pytest_cache .ruff_cache benchmarks/out
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "pegbox needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)." \
	    "Another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/for-demo: $(VENV)/made $(SETUPS) constraints.txt
	@echo "Installing into $(VENV); only the first time this takes a minute."
	@$(INSTALL) $(addprefix -e ./,$(DEMO_PACKAGES)) scikit-learn
	@touch $@

$(VENV)/for-tests: $(VENV)/made $(SETUPS) constraints.txt requirements-dev.txt
	@echo "Installing into $(VENV); only the first time this takes a minute."
	@$(INSTALL) $(addprefix -e ./,$(PACKAGES)) -r requirements-dev.txt
	@touch $@
