# `make demo` and `make test` set up everything they need in .venv; see the README.
# Anything pip should know goes into PIP_FLAGS. For example, torch without its gigabytes of CUDA libraries on Linux:
#   make demo PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu"

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
WORKERS := 2
PIP_FLAGS :=
DEVICE := cuda
GPU_FLAGS :=
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt $(PIP_FLAGS)
# Each test process computes on one core, so that the processes do not fight for them.
ONE_CORE := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: demo test test-fast lint check docs site gpu kill constraints lowest clean

demo: $(VENV)/.runtime ## Sample raws, calibration, training, results and a report, in DEMO
	$(BIN)/rcl demo $(DEMO) --overwrite

test: $(VENV)/.dev ## All tests, in a few minutes
	$(ONE_CORE) $(BIN)/pytest -n $(WORKERS) --dist loadgroup

test-fast: $(VENV)/.dev ## Those that take less than a third of a second each and install nothing: some of every package, in under a minute
	$(ONE_CORE) $(BIN)/pytest -n $(WORKERS) --dist loadgroup -m 'not slow'

lint: $(VENV)/.dev ## Style, types (of the tests too) and import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint site test ## Everything a change must pass; the tests also find generated docs that are out of date

docs: $(VENV)/.dev ## Write docs/cli.md anew
	$(BIN)/python docs/generate_cli.py

site: $(VENV)/.docs ## The documentation as a site in build/site, to be opened from there; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "Open build/site/index.html"

# The Python that has torch, with no environment of its own and no network. Wheels of what it lacks may lie in .whl.
gpu: GPU_PYTHON = $(firstword $(wildcard $(BIN)/python) $(PYTHON))
gpu: ## What a GPU does, in eight minutes at most: a page of checks and times; DEVICE=cpu rehearses it
	@test ! -d .whl || $(GPU_PYTHON) -m pip install --quiet --disable-pip-version-check --no-index --find-links .whl \
		--no-deps --upgrade --target build/gpu/site .whl/*.whl
	$(GPU_PYTHON) docs/benchmarks/gpu.py --device $(DEVICE) $(if $(OUT),--output $(OUT)) $(GPU_FLAGS)

kill: KILLS = 200
kill: $(VENV)/.dev ## Kill commands at random moments and compare what they leave: see docs/reliability.md
	$(ONE_CORE) $(BIN)/python -m tests.kill --kills $(KILLS)

constraints: ## Pin the newest versions that work together, from a clean environment
	$(PYTHON) -m venv --clear build/pins
	build/pins/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) '.[dev,docs,plots,benchmark]'
	build/pins/bin/python -m pip freeze --exclude rcl-cli | sed 's/+cpu$$//' > constraints.txt

lowest: ## The quick tests with the lowest versions that pyproject.toml allows, torch's excepted
	$(PYTHON) -m venv --clear build/lowest
	build/lowest/bin/python -c 'import tomllib; \
	needs = tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]; \
	print(*(n.replace(">=", "==") + ".*" for n in needs if not n.startswith("torch>")), sep="\n")' > build/lowest.txt
	grep ^torch== constraints.txt >> build/lowest.txt
	build/lowest/bin/python -m pip install --quiet --disable-pip-version-check --constraint build/lowest.txt $(PIP_FLAGS) --editable '.[dev]'
	$(ONE_CORE) build/lowest/bin/pytest -n $(WORKERS) --dist loadgroup -m 'not slow'

clean: ## Remove the environment, builds and the demo
	rm -rf $(VENV) build dist $(DEMO)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing rcl and what it needs into $(VENV) (a few minutes the first time) …"
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing rcl and the developers' tools into $(VENV) (a few minutes the first time) …"
	$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.runtime

$(VENV)/.docs: $(VENV)/.dev
	$(INSTALL) --editable '.[dev,docs]'
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "rcl needs Python 3.11 or newer: install it, or name one with make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian: apt install python3-venv)" >&2; exit 1; }
