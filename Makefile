# Everything a newcomer types. Nothing has to be done before any of these but `git clone`.
#
#   make demo    a real retailer's year as regulars, on http://127.0.0.1:8000
#   make test    everything on SQLite, and on PostgreSQL what is about databases
#   make check   format, lint, types, layers, house rules: under a minute
#   make bench   the numbers of docs/benchmarks.md
#   make soak    the tests' laws at full size (hours)
#   make docs    write docs/reference anew
#
# ONLY=sqlite (or postgres) tests on that database alone, there pages and commands too.
# PYTHON=/path/to/python3.13 chooses the interpreter (3.11 or newer), VENV=folder where its packages go.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak docs format clean

FITTING := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$each -c '$(FITTING)' 2>/dev/null; then echo $$each; exit; fi; done)

VENV ?= .venv
BIN := $(VENV)/bin
# A development environment has all that the demo needs.
DEMO := $(if $(wildcard $(VENV)/dev.stamp),$(VENV)/dev.stamp,$(VENV)/demo.stamp)
DEV := $(VENV)/dev.stamp

help:
	@sed -n '3,11s/^# \{0,1\}//p' Makefile

demo: $(DEMO)
	@$(BIN)/dangol demo --home demo-shop

test: $(DEV)
	@$(BIN)/python -m tests $(if $(ONLY),--only $(ONLY))

soak: $(DEV)
	@DANGOL_SOAK=1 $(BIN)/python -m tests

check: $(DEV)
	@$(BIN)/ruff format --check --quiet . || { echo 'Run `make format`.'; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@$(BIN)/pytest -q tests/test_house.py tests/test_tidy.py tests/test_docs.py
	@echo 'All checks passed.'

bench: $(DEV)
	@$(BIN)/python -m bench

docs: $(DEV)
	@$(BIN)/python -m docs.generate

format: $(DEV)
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

clean:
	rm -rf $(VENV) build src/dangol.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'Dangol needs Python 3.11 or newer with venv (Debian: apt install python3-venv).'; exit 1; }
	@echo 'Making $(VENV) with $(PYTHON) …'
	@$(PYTHON) -c '$(FITTING)' || { echo '$(PYTHON) is not Python 3.11 or newer with venv.'; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# uv is three times as quick, but reads no pip configuration; where it does not get through, pip does.
$(VENV)/%.stamp: requirements/%.lock requirements/installer.lock pyproject.toml | $(BIN)/python
	@echo 'Installing requirements/$*.lock …'
	@{ $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/installer.lock \
	   && UV_COMPILE_BYTECODE=1 $(BIN)/uv pip install -q --no-config --python $(BIN)/python --require-hashes -r requirements/$*.lock; } \
	 2>$(VENV)/uv.log \
	 || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/$*.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-index --no-build-isolation -e .
	@touch $@
