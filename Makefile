VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(if \
    $(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))
export REPO ?= .
# The tests of one file share what they start.
PARALLEL := --numprocesses=auto --maxprocesses=8 --dist=loadfile
# What has to hold on Debian 12's Prometheus and Alertmanager and on Debian's newest.
BOTH_PAIRS := tests/rules tests/test_rendering.py tests/test_notification_delivery.py tests/end_to_end/test_night_shift.py

PIP_INSTALL := $(BIN)/pip install --quiet --retries 10 --timeout 60

# What a target had begun when it failed is no target.
.DELETE_ON_ERROR:
.PHONY: help up test bench docs dashboards-shot clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 17

up: $(BIN)/alignwatch ## watch REPO=/path/to/repository (default: this one) until Ctrl-C; ARGS="--help" shows more
	@exec $(BIN)/alignwatch up $(ARGS) -- "$$REPO"

test: $(BIN)/pytest ## run every check that CI runs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tests/support/get_browser.py
	servers=$$($(BIN)/python tests/support/get_servers.py) && \
	PATH="$$PATH:$$servers" $(BIN)/pytest $(PARALLEL) --cov --cov-report=term-missing
	newest=$$($(BIN)/python tests/support/get_servers.py --newest) && \
	PATH="$$newest:$$PATH" $(BIN)/pytest $(PARALLEL) $(BOTH_PAIRS)

bench: $(BIN)/pytest ## measure speed against the promised bounds
	@set -e; for bench in tests/benchmarks/bench_*.py; do echo "$$bench"; $(BIN)/python "$$bench"; done

docs: $(BIN)/pytest ## write the generated files anew
	$(BIN)/python docs/generate.py
	$(BIN)/python tests/support/verdicts.py

dashboards-shot: $(BIN)/pytest ## draw the dashboards into dist/dashboards, to look at; ARGS="--help" shows more
	$(BIN)/python tests/support/get_browser.py
	servers=$$($(BIN)/python tests/support/get_servers.py) && \
	PATH="$$PATH:$$servers" $(BIN)/python tests/grafana/preview/shoot.py $(ARGS)

clean: ## remove what can be made again
	rm -rf $(VENV) .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache dist

$(BIN)/alignwatch: pyproject.toml | $(BIN)/pip
	$(PIP_INSTALL) --editable .
	@touch $@

$(BIN)/pytest: pyproject.toml | $(BIN)/pip
	$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

$(BIN)/pip:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed; if it has another name: make PYTHON=NAME' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo 'run: sudo apt-get install python3-venv' >&2; exit 1; }
