# Two commands are enough: `make demo` to see it, `make test` to trust it. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

export DEMO_TOOL_PORT ?= 8000
export DEMO_LMS_PORT ?= 9080

RUNTIME_INPUTS := setup.py constraints/runtime.txt package.json package-lock.json tools/assets.py tools/codemirror.mjs
TEST_INPUTS := constraints/test.txt constraints/interop.txt tests/browser/package-lock.json

.PHONY: help setup setup-test demo demo-reset looks test check lint bench soak mutants evidence conformance data-sheet lock catalogues clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.setup  ## everything that running needs: .venv, locked packages, front-end assets

# Stamps: what has not changed is not installed again.
$(VENV)/.setup: $(RUNTIME_INPUTS)
	@command -v $(PYTHON) >/dev/null || { echo "setup: $(PYTHON) was not found; install python3 (3.11 or newer) and python3-venv."; exit 1; }
	@$(PYTHON) tools/install.py runtime
	@touch $@

setup-test: $(VENV)/.setup-test  ## what the tests need besides: packages, axe, a foreign platform, Chromium, PostgreSQL, a Chinese font

$(VENV)/.setup-test: $(VENV)/.setup $(TEST_INPUTS)
	@$(PYTHON) tools/install.py test
	@touch $@

demo: setup  ## the tool and a demo LMS on this machine (DEMO_TOOL_PORT, DEMO_LMS_PORT)
	@exec $(BIN)/dangke demo

demo-reset: setup  ## the same, starting over with the sample course
	@exec $(BIN)/dangke demo --reset

lint: setup-test  ## lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check: lint  ## lint, types, contracts and unit tests, in under two minutes
	DANGKE_PARTIAL_RUN=1 $(BIN)/python -m pytest -q -n 2 -m unit -p no:cacheprovider

test: setup-test  ## the whole suite, on SQLite and on PostgreSQL
	@$(BIN)/python -m tools.suite $(TESTS)

looks: setup-test  ## the browser tests in every combination of width, scheme and language
	DANGKE_ALL_LOOKS=1 DANGKE_PARTIAL_RUN=1 $(BIN)/python -m pytest -q -n 2 --dist loadgroup tests/browser -p no:cacheprovider

bench: setup-test  ## measured as ratios to floors; writes build/bench.json
	@$(BIN)/python -m benchmarks

soak: setup-test mutants  ## small faults in the verification of launches, then chaos, kill -9 and load (SOAK_MINUTES, CHAOS_SUBMISSIONS, CHAOS_KILLS)
	@$(BIN)/python -m benchmarks.soak

mutants: setup-test  ## every small fault in the verification of launches and registrations must be noticed (MODULES="token login" for some)
	@$(BIN)/python -m tools.mutation $(MODULES)

evidence:  ## each requirement of docs/requirements.toml with the tests and figures that show it
	@$(BIN)/python -m tools.evidence

conformance: setup-test  ## docs/conformance.md from the case list, the tests that carry its ids and the last `make test`
	@$(BIN)/python -m tools.conformance

data-sheet: setup-test  ## the table of docs/data.md from what the rooms say that they keep on persons
	@$(BIN)/python -m tools.data_sheet

lock:  ## resolve the ranges of setup.py into constraints/*.txt
	@$(BIN)/python -m tools.lock

catalogues: setup-test  ## list every text that a catalogue misses or no longer needs
	$(BIN)/python -m pytest -q tests/test_translations.py

clean:  ## remove what was built (not .venv, not the demo's data)
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage .coverage.* lti_tool/static/vendor
	rm -f $(VENV)/.setup $(VENV)/.setup-test
