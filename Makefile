# One command a habit. `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
TESTS  ?= tests

.DEFAULT_GOAL := help
.PHONY: help dev up components lint fmt test bench bench-quick faults faults-quick docs lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/run.stamp: requirements/run.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

dev: $(VENV)/dev.stamp ## install everything for development into .venv; starts nothing

up: $(VENV)/run.stamp ## run the whole system on this machine (options: make up ARGS="--port 0")
	$(BIN)/tenure up $(ARGS)

components: ## install the real components that some tests need (Debian, Ubuntu; as root or with sudo)
	./.ci/components

lint: dev ## ruff (all rules), format check, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: dev ## format and repair what ruff can repair
	$(BIN)/ruff check --fix-only --quiet . || true
	$(BIN)/ruff format .

# On every core, a file at a time: what a module sets up is set up once, and the long tests of e2e/ begin first. Hundreds
# of short processes import the same modules: the compiled ones are kept, whatever the environment says of that.
test: dev ## every test, with branch coverage (one folder: make test TESTS=tests/unit)
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --cov --cov-report=term \
	  --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(TESTS) $(ARGS)

bench-quick: dev ## the ratios of the request path to this machine's limits, in a minute
	$(BIN)/python bench/quick.py $(ARGS)

bench: dev ## measure everything (half an hour, PostgreSQL is needed): rates, latencies, storm, plots
	$(BIN)/python bench/run.py $(ARGS)

faults: dev ## break a real site in every known way, 1,000 times kill -9 included, and count what is lost (root)
	PYTHONPATH=bench:tests $(BIN)/python -m faults $(ARGS)

faults-quick: ## the same briefly, in a minute and a half
	@$(MAKE) --no-print-directory faults ARGS="--quick $(ARGS)"

docs: dev ## build the documentation into docs/_build, warnings as errors
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

lock: ## renew requirements/*.txt from pyproject.toml, hash-locked
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-strip-extras --all-extras --group build pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-strip-extras --all-extras --group build --group lint --group test --group docs --group bench --group tools -c requirements/run.txt pyproject.toml -o requirements/dev.txt

clean: ## remove what the commands above made
	rm -rf $(VENV) build dist docs/_build .coverage* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
