# Python 3.11 under whatever name it goes by here; `make PYTHON=/path/to/python3.11` names another.
PYTHON ?= $(shell for name in python3.11 python3 python; do \
    $$name -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
    && echo $$name && break; done)

RUN := .venv/bin/python -m
LINT := .venv-lint/bin/python -m
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header --no-strip-extras

.PHONY: help demo test soak lint bench lock clean
.DEFAULT_GOAL := help

help:  ## say what each target does
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 8

demo: .venv/installed  ## simulate a care provider, match, show the dashboard (DASHBOARD=0: no dashboard)
	@echo "== demo: a world of its own in .counterfoil/demo, its platforms served on this machine"
	@COUNTERFOIL_HOME=.counterfoil/demo .venv/bin/counterfoil demo $(if $(filter 0,$(DASHBOARD)),--no-dashboard)

test: check  ## check the Python code, then run every test but the long campaigns
	@.ci/chromium
	@echo "== pytest: conventions, connectors, pipelines, models, dashboard, browser"
	@$(RUN) pytest -m "not soak"

.PHONY: check
check: .venv/installed
	@echo "== ruff: errors and style"
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@echo "== mypy --strict: pipelines and dashboard"
	@$(RUN) mypy
	@echo "== import-linter: who may import whom"
	@.venv/bin/lint-imports --no-cache

lint: check .venv-lint/installed  ## check the Python code and the layout of the SQL
	@echo "== sqlfluff: every model and data test, as dbt renders it (some minutes)"
	@COUNTERFOIL_WAREHOUSE=.venv-lint/empty.duckdb $(LINT) sqlfluff lint --processes 2 models tests/data

soak: .venv/installed  ## run the long campaigns: kills, faults, many runs
	@echo "== pytest: soak"
	@$(RUN) pytest -m soak -o timeout=0

bench: .venv/installed .venv-bench/installed  ## measure speed and memory, beside Splink, pandas, SQL (BENCH="--sizes 10000 --write")
	@echo "== bench.load_throughput: rows from an API into raw tables"
	@$(RUN) bench.load_throughput
	@.ci/chromium
	@echo "== bench.matching: from a folder to published marts, and what others make of it"
	@$(RUN) bench.matching $(BENCH)

lock: .venv/installed  ## write the lock files anew from pyproject.toml
	@echo "== uv pip compile: requirements.lock and .ci/requirements-*.lock"
	@$(COMPILE) pyproject.toml --group dev --output-file requirements.lock
	@$(COMPILE) --group bench --output-file .ci/requirements-bench.lock
	@$(COMPILE) --group lint --output-file .ci/requirements-lint.lock
	@echo uv | $(COMPILE) - --output-file .ci/requirements-uv.lock

clean:  ## remove what the other targets made, the demo's home included
	@echo "== remove environments, caches, dbt's output and the demo's home"
	@rm -rf .venv .venv-bench .venv-lint target logs .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	@find .counterfoil/demo -mindepth 1 -maxdepth 1 ! -name .gitignore -exec rm -rf {} +
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: requirements.lock .ci/requirements-uv.lock pyproject.toml
	$(call environment,.venv,requirements.lock)
	@.venv/bin/uv pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
	@touch $@

.venv-lint/installed: .ci/requirements-lint.lock .ci/requirements-uv.lock
	$(call environment,.venv-lint,.ci/requirements-lint.lock)
	@touch $@

.venv-bench/installed: .ci/requirements-bench.lock .ci/requirements-uv.lock
	$(call environment,.venv-bench,.ci/requirements-bench.lock)
	@touch $@

# $(1): the environment; $(2): the lock it is brought in line with.
define environment
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed and was not found: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "== $(1): bring it in line with $(2)"
	@test -x $(1)/bin/python || "$(PYTHON)" -m venv $(1)
	@$(1)/bin/python -m pip install --quiet --require-hashes --requirement .ci/requirements-uv.lock
	@$(1)/bin/uv pip sync --quiet --python $(1) --require-hashes --compile-bytecode $(2)
endef
