# What a person types in this checkout. Everything is installed into one folder (.venv) and nowhere else.
# Another Python: make demo PYTHON=python3.12. Another folder: make demo ICEBALL_VENV=/some/folder.

PYTHON ?= python3
ICEBALL_VENV ?= .venv
JOBS ?= 2

BIN := $(ICEBALL_VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off

.DEFAULT_GOAL := help
.PHONY: help demo test check docs page browser proof-live proof-inputs proof-sabotage proof-search proof-kill proof-bench proof-peers proof-gpu has-gpu setup-gpu setup-bench setup-demo setup-test setup-dev clean
.DELETE_ON_ERROR:

help:
	@echo "make demo    set up, then plan and simulate the bundled kidney case and write its report"
	@echo "make test    set up, then run the tests"
	@echo "make check   set up, then everything that CI runs: lint, types, import layers, docs, tests, validation"
	@echo "make docs    set up, then build the documentation into docs/_build/html"
	@echo "make page    build the workbench's page from frontend/ into the package (needs Node's npm)"
	@echo "make browser set up, then try the workbench in Chromium (about two minutes; needs Debian's chromium)"
	@echo "make proof-sabotage   set up, then see whether the tests notice deliberate faults of physics (goes on where it stopped)"
	@echo "make proof-search     set up, then search plans for 200 random bodies, and for the feasible ones with more time (hours; goes on where it stopped)"
	@echo "make proof-live       set up, then drag a needle in Chromium and measure how the page follows (a few minutes)"
	@echo "make proof-inputs     set up, then ask the workbench's server 3000 odd things (two minutes)"
	@echo "make proof-kill       set up, then kill the workbench's server 300 times and look whether anything was lost (about half an hour; goes on where it stopped)"
	@echo "make proof-bench  set up, then our own benchmarks into benchmarks/results (about a quarter of an hour)"
	@echo "make proof-peers  set up with the peers, then P1 beside all of them (about half an hour)"
	@echo "make proof-gpu    set up for an NVIDIA GPU, then P1 on it beside the CPU (a few minutes; needs the GPU)"
	@echo "make clean   remove .venv, the demo's folders and every cache"

demo: setup-demo
	@echo "== Running the main job on the bundled kidney case (iceball demo)"
	$(BIN)/iceball demo

test: setup-test
	@echo "== Running the tests ($(JOBS) at a time)"
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --durations=10

check: setup-dev
	ICEBALL_VENV=$(ICEBALL_VENV) .ci/run

docs: setup-dev
	@echo "== Building the documentation"
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

page:
	cd frontend && npm ci && npm run build

browser: setup-test
	@echo "== Trying the workbench in Chromium"
	ICEBALL_VENV=$(ICEBALL_VENV) .ci/browser

proof-sabotage: setup-test
	@echo "== Putting faults of physics into a copy of the package, one at a time"
	$(BIN)/python validation/sabotage/run.py

proof-search: setup-test
	@echo "== Searching plans for random bodies"
	$(BIN)/python validation/search_phantoms/run.py --bodies 200 --budget 10 --rules
	$(BIN)/python validation/search_phantoms/run.py --bodies 400 --feasible 40 --budget 40 --union --to validation/search_phantoms/feasible.jsonl

proof-inputs: setup-test
	@echo "== Asking the server whatever comes to mind, 3000 times"
	ICEBALL_INPUTS=3000 $(BIN)/python -m pytest tests/web/test_any_input.py

proof-live: setup-test
	@echo "== Dragging a needle in Chromium (needs Debian's chromium and a machine that does nothing else)"
	$(BIN)/python validation/run_all.py live_page preview_error

proof-kill: setup-test
	@echo "== Killing the workbench's server while it saves and works"
	$(BIN)/python validation/kill/run.py --times 300

proof-bench: setup-demo
	$(BIN)/iceball bench preview --rounds 21 --to benchmarks/results/preview.json
	$(BIN)/iceball bench p1 --peers none --to benchmarks/results/p1.json
	$(BIN)/iceball bench kidney --to benchmarks/results/kidney.json
	$(BIN)/iceball bench threads --busy --to benchmarks/results/threads.json
	$(BIN)/iceball bench scaling --to benchmarks/results/scaling.json

proof-peers: setup-bench
	$(BIN)/iceball bench p1 --peers all --to benchmarks/results/peers.json
	$(BIN)/iceball bench p1 --spacing-mm 2 --peers fipy,dolfinx --to benchmarks/results/peers-2mm.json

# Before some 700 MB are fetched for nothing.
has-gpu:
	@nvidia-smi -L >/dev/null 2>&1 || { echo "error: no NVIDIA GPU with a working driver is found (nvidia-smi -L must list one)" >&2; exit 1; }

proof-gpu: has-gpu setup-gpu
	$(BIN)/python benchmarks/gpu.py --to benchmarks/results/gpu.json

setup-demo: $(ICEBALL_VENV)/.ready-demo
setup-test: $(ICEBALL_VENV)/.ready-test
setup-dev: $(ICEBALL_VENV)/.ready-dev
setup-bench: $(ICEBALL_VENV)/.ready-bench
setup-gpu: $(ICEBALL_VENV)/.ready-gpu

# A folder without pip is what a Python without the venv package leaves behind: it is made anew.
$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { echo "error: no '$(PYTHON)' found. On Debian: apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "error: Iceball needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version). Try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "error: this Python cannot make a virtual environment. On Debian: apt install python3-venv" >&2; exit 1; }
	@echo "== Making a virtual environment in $(ICEBALL_VENV) with $$($(PYTHON) --version)"
	$(PYTHON) -m venv --clear $(ICEBALL_VENV)

$(ICEBALL_VENV)/.ready-demo: pyproject.toml | $(BIN)/pip
	@echo "== Installing Iceball and its libraries into $(ICEBALL_VENV) (a few minutes the first time)"
	$(PIP) -e .
	@touch $@

$(ICEBALL_VENV)/.ready-test: pyproject.toml | $(BIN)/pip
	@echo "== Installing Iceball, its libraries and the test tools into $(ICEBALL_VENV) (a few minutes the first time)"
	$(PIP) -e '.[test]'
	@echo "== Compiling the kernels once, before several tests at a time ask for them"
	$(BIN)/iceball prepare
	@touch $(ICEBALL_VENV)/.ready-demo $@

$(ICEBALL_VENV)/.ready-dev: pyproject.toml | $(BIN)/pip
	@echo "== Installing Iceball, its libraries and all tools of the checks into $(ICEBALL_VENV) (a few minutes the first time)"
	$(PIP) -e '.[dev]'
	@echo "== Compiling the kernels once, before several tests at a time ask for them"
	$(BIN)/iceball prepare
	@touch $(ICEBALL_VENV)/.ready-demo $(ICEBALL_VENV)/.ready-test $@

$(ICEBALL_VENV)/.ready-bench: pyproject.toml | $(BIN)/pip
	@echo "== Installing Iceball, its libraries and what it is compared with into $(ICEBALL_VENV) (a few minutes the first time)"
	$(PIP) -e '.[bench]'
	@touch $(ICEBALL_VENV)/.ready-demo $@

$(ICEBALL_VENV)/.ready-gpu: pyproject.toml | $(BIN)/pip
	@echo "== Installing Iceball, its libraries and what drives an NVIDIA GPU into $(ICEBALL_VENV) (a few minutes the first time)"
	$(PIP) -e '.[gpu]'
	@touch $(ICEBALL_VENV)/.ready-demo $@

clean:
	rm -rf $(ICEBALL_VENV) docs/_build dist iceball-demo iceball-demo-* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests validation -name __pycache__ -type d -prune -exec rm -rf {} +
