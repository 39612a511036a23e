# Python 3.11 or later and make are all that the machine needs: `make demo` and `make test` fetch the rest into .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed
DEMO := out/demo

export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1

.PHONY: help setup demo test test-slow check format bench lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED) ## the virtual environment .venv, from the hash-pinned requirements.lock

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name it like this: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## agreement sentences, analysed with the bundled model: a table, results and figures in out/demo
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash docs/demo.sh $(DEMO)

test: check ## everything that CI runs: check, then the tests
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

test-slow: setup ## the tests that take minutes
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m slow

check: setup ## style, types and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: setup ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## speed and memory, as ratios measured in one run
	$(BIN)/python -m tests.benchmarks

lock: setup ## pin again, after a change of the dependencies in pyproject.toml (needs uv: pip install uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev -o requirements.lock pyproject.toml

clean: ## remove what was made here
	rm -rf .venv out .pytest_cache .ruff_cache .import_linter_cache .hypothesis
