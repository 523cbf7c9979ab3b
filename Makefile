# `make` alone lists the verbs. All of them work in a fresh clone: whatever they need is installed first.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# A new service, organisation or tool is found here by its pyproject.toml.
DISTRIBUTIONS := $(wildcard services/*/pyproject.toml gateway/pyproject.toml plugins/*/pyproject.toml)
PACKAGES := $(wildcard services/*/helsami_* gateway/helsami_* plugins/*/helsami_*)
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14 python
USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --quiet --constraint constraints.txt
QUICK := not bench and not fault_long and not system_long

.venv/made:
	@for python in $(PYTHONS); do \
	    if $$python -c '$(USABLE)' 2>/dev/null; then $$python -m venv .venv && touch $@ && exit 0; fi; \
	done; \
	echo 'HelsaMi needs Python 3.11 or newer with its venv module on the PATH (Debian: apt-get install python3 python3-venv)' >&2; exit 2

# flit_core goes in first because the distributions are built without isolation: nothing is fetched twice, and all of it is pinned.
# Our own modules are compiled as pip compiles those of others: else the first start does it, which is waited for.
.venv/run-installed: .venv/made constraints.txt $(DISTRIBUTIONS)
	@echo 'Installing HelsaMi into .venv (once; about a minute)' >&2
	@$(PIP) flit_core
	@$(PIP) --no-build-isolation $(patsubst %/pyproject.toml,--editable %,$(DISTRIBUTIONS))
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

.venv/test-installed: .venv/run-installed requirements-dev.txt
	@$(PIP) --requirement requirements-dev.txt
	@touch $@

.PHONY: help
help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r verb what; do printf '  make %-12s %s\n' "$$verb" "$$what"; done

.PHONY: run
# One process on its own machine looks up no names: eventlet's resolver would be a third of a second of every start.
run: .venv/run-installed ## all services and the gateway in one process, with a demo population
	@exec env EVENTLET_NO_GREENDNS=yes $(BIN)/helsami run

.PHONY: test
test: .venv/test-installed servers ## every test but the long ones, a process per processor, each with a broker and a database of its own
	@PYTHONPATH=tests $(BIN)/python -m harness.parallel $(if $(WORKERS),--workers $(WORKERS)) -m '$(QUICK)'

.PHONY: check
check: lint types contracts plugins ## lint, types, contracts and organisations

.PHONY: lint
lint: .venv/test-installed ## ruff, with every rule but a few
	@$(BIN)/ruff check

.PHONY: types
types: .venv/test-installed ## mypy, strict
	@$(BIN)/mypy $(PACKAGES) tests/bench tests/harness

.PHONY: contracts
contracts: .venv/test-installed ## who may import whom
	@$(BIN)/lint-imports --no-logo

.PHONY: plugins
plugins: .venv/run-installed ## the twelve points of every organisation's folder
	@$(BIN)/helsami-plugin check $(dir $(wildcard plugins/*/helsami_plugin_*))

.PHONY: bench
bench: .venv/test-installed servers ## the composed home view against its alternatives
	@PYTHONPATH=tests $(BIN)/python -m bench $(BENCH)

.PHONY: fault
fault: .venv/test-installed servers ## every failure of the fault matrix, or one: make fault F=07
	@$(BIN)/pytest -m 'fault or fault_long' $(if $(F),-k 'f$(F)')

.PHONY: system
system: .venv/test-installed servers ## a process per service, with a real broker and database
	@PYTHONPATH=tests $(BIN)/python -m harness.parallel $(if $(WORKERS),--workers $(WORKERS)) -m 'system or system_long'

.PHONY: demo-data
demo-data: .venv/run-installed ## write the demo population as FHIR bundles to a folder
	@$(BIN)/python -m helsami_gateway.demo

.PHONY: reference
reference: .venv/run-installed ## write the pages that are made from the code
	@$(BIN)/python -m helsami_kernel.describe > .venv/services.md && mv .venv/services.md services/README.md
	@$(BIN)/python -m helsami_sdk.reference plugins/README.md

.PHONY: migrate
migrate: .venv/run-installed ## bring every service's database up to date
	@$(BIN)/helsami migrate

.PHONY: clean
clean: ## remove what was installed and built; data in .helsami stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: servers
servers: .venv/test-installed
	@PYTHONPATH=tests $(BIN)/python -m harness.install
