# Everything lives in .venv; Python 3.11 is all that must be there beforehand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_ARGS ?=
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test lint bench clean

help:
	@echo "make demo   set up and show an invented district on http://127.0.0.1:8000"
	@echo "make test   set up and run every test"
	@echo "make serve  web and worker on your own data (XUEQU_HOME)"
	@echo "make lint   style, types and layers only"
	@echo "make bench  speed figures beside the peers installed here"

# A stamp is newer than what it was made from, so a second call costs nothing.
$(BIN)/uv: requirements/uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	@touch $@

$(VENV)/.server: $(BIN)/uv requirements/server.txt pyproject.toml
	@if [ ! -e $(VENV)/.dev ]; then $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/server.txt; fi
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(BIN)/uv requirements/dev.txt pyproject.toml
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.server

# Node and npm come from the build requirements; the result is what the wheel ships.
FRONTEND := $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)
CATALOGUES := $(wildcard src/xuequ/locale/*/LC_MESSAGES/django.po)
$(VENV)/.frontend: $(VENV)/.server tools/build_frontend.py $(FRONTEND) $(CATALOGUES)
	$(BIN)/python tools/build_frontend.py
	@touch $@

setup: $(VENV)/.server $(VENV)/.frontend

demo: setup
	$(BIN)/xuequ demo $(DEMO_ARGS)

serve: setup
	$(BIN)/xuequ serve

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	$(BIN)/python -m tools.check_migrations

# What Debian has to offer is installed when we are root and named when it is missing (tools/debian.py).
test: $(VENV)/.dev $(VENV)/.frontend
	$(BIN)/python tools/debian.py
	$(MAKE) --no-print-directory lint
	$(BIN)/python tools/run_tests.py

bench: $(VENV)/.dev $(VENV)/.frontend
	$(BIN)/python bench/growth.py
