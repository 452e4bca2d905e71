# What there is to do in this checkout. `make` alone lists it.
.POSIX:

PYTHON = python3
BIN = .venv/bin

help:
	@echo 'make up          start Trellis on this machine, load the example and deploy it'
	@echo 'make down        stop what make up started; data stays'
	@echo 'make status      what of it runs'
	@echo 'make kubernetes  start a real Kubernetes control plane for make up to deploy to (the first time builds it)'
	@echo 'make test        run all tests, on real servers'
	@echo 'make lint        check style, types and docstrings'
	@echo 'make bench       measure, and write the figures to benchmarks/results/'
	@echo 'make coverage    run all tests and say which lines none of them ran'
	@echo 'make build       build the pages that the API serves'
	@echo 'make migrate     bring the graph named by TRELLIS_NEO4J_URI to the schema of this release'
	@echo 'make hooks       let git run make lint before each commit'
	@echo 'make lock        choose and pin the packages anew after a change of pyproject.toml'
	@echo 'make format      put the code in the form that make lint asks for'
	@echo 'make help        this list'
	@echo
	@echo 'Another Python than python3: make up PYTHON=python3.12. Settings and folders: docs/local.md'

python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo 'There is no $(PYTHON) here. Install Python 3.11 or newer, or name one: make up PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	    'Name another: make up PYTHON=python3.12' >&2; exit 1; }

runtime: python
	@$(PYTHON) deploy/environment.py runtime

dev: python
	@$(PYTHON) deploy/environment.py dev

up: runtime
	@$(BIN)/python -m app.local up

down: runtime
	@$(BIN)/python -m app.local down

status: runtime
	@$(BIN)/python -m app.local status

kubernetes: runtime
	@$(BIN)/python -m app.local.kubernetes up --state "$${TRELLIS_LOCAL_FOLDER:-.trellis}/kubernetes"

test: dev
	$(BIN)/python -m pytest -n 2

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --select D100,D101,D102,D103,D104,D106 app cypher graph_schema workers
	$(BIN)/mypy
	$(BIN)/mypy deploy/environment.py .ci/contained.py

format: dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: dev
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage report

build: runtime
	$(BIN)/python -m app.local.web

migrate: runtime
	$(BIN)/python -m app.main migrate

hooks:
	git config core.hooksPath deploy/hooks

LOCK = $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11

lock: dev
	$(LOCK) pyproject.toml -o deploy/requirements/runtime.txt
	$(LOCK) --extra dev pyproject.toml -o deploy/requirements/dev.txt

bench: dev
	$(BIN)/python -m benchmarks

.PHONY: help python runtime dev up down status kubernetes test lint format coverage build migrate hooks lock bench
