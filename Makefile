# `make demo` and `make test` set up whatever they need; nothing has to be run before them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

BIN := .venv/bin
PORT ?= 8000
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- what a visitor or a user sees

.PHONY: demo
demo: .venv/demo.stamp  ## serve the example site on http://127.0.0.1:8000 (PORT=… for another port)
	@CONSENT_SECRET_KEY="$${CONSENT_SECRET_KEY:-$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(32))')}" \
	exec $(BIN)/python -m uvicorn app:app --app-dir examples/publication --host 127.0.0.1 --port $(PORT)

.PHONY: test
test: .venv/dev.stamp test-tools  ## run every test, in random order, with branch coverage
	$(BIN)/python -m pytest --cov --cov-report=term-missing:skip-covered

.PHONY: bench
bench: .venv/dev.stamp  ## print the cost of a request beside Starlette's SessionMiddleware, and the first paint beside other tools
	$(BIN)/python tests/benchmarks/run.py
	$(BIN)/python tests/benchmarks/first_paint.py

# ---- checks that run no tests of the package

.PHONY: check
check: check-format check-lint check-types check-layers check-js check-docs  ## all checks below

.PHONY: check-format
check-format: .venv/dev.stamp  ## ruff format
	$(BIN)/ruff format --check .

.PHONY: check-lint
check-lint: .venv/dev.stamp  ## ruff rules
	$(BIN)/ruff check .

.PHONY: check-types
check-types: .venv/dev.stamp  ## mypy, strict
	$(BIN)/mypy

.PHONY: check-layers
check-layers: .venv/dev.stamp  ## imports between layers
	$(BIN)/lint-imports --no-logo

.PHONY: check-js
check-js:  ## types of the client scripts
	@scripts/check-js

.PHONY: check-docs
check-docs: .venv/dev.stamp  ## links, code and tables in the documentation
	@if [ -d tests/docs ]; then $(BIN)/python -m pytest -q tests/docs; \
	else echo "check-docs: no tests/docs, nothing to do"; fi

# ---- upkeep

.PHONY: fmt
fmt: .venv/dev.stamp  ## format, and apply the safe fixes of ruff
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

# dev.txt is the constraint of the others, so that one machine never sees two versions of a package.
.PHONY: lock
lock: .venv/lock.stamp  ## renew requirements/*.txt and package-lock.json from pyproject.toml and package.json
	$(COMPILE) --upgrade pyproject.toml --all-extras --group dev --output-file requirements/dev.txt
	$(COMPILE) --upgrade pyproject.toml --group demo --constraint requirements/dev.txt --output-file requirements/demo.txt
	$(COMPILE) --upgrade --group lock --output-file requirements/lock.txt
	npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund
	@! grep --line-number --extended-regexp '"resolved"|--(extra-)?index-url|--find-links|://' \
		requirements/*.txt package-lock.json || { echo "lock: an address got into a lock file" >&2; exit 1; }

.PHONY: generate
generate: .venv/dev.stamp  ## renew what is made from the code: tables in docs/, the schema, the list of public names
	$(BIN)/python scripts/doc_tables.py
	$(BIN)/python scripts/write-schema
	$(BIN)/python tests/test_public_api.py

.PHONY: clean
clean:  ## remove everything that make has made
	rm -rf .venv node_modules build dist htmlcov .coverage .hypothesis .import_linter_cache .mypy_cache \
		.pytest_cache .ruff_cache

# ---- set-up

.venv/bin/python:
	@scripts/create-venv

.venv/%.stamp: requirements/%.txt pyproject.toml | .venv/bin/python
	@echo "installing requirements/$*.txt"
	@$(INSTALL) --require-hashes --no-deps --requirement $<
	@$(if $(filter lock,$*),true,$(INSTALL) --no-deps --no-build-isolation --editable .)
	@touch $@

.PHONY: test-tools
test-tools:
	@scripts/test-tools
