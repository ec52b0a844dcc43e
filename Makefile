# demo and test are the two commands of the README; both need nothing but Python 3.11.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
ARGS ?=
EXTRAS ?= dev
# One more than cores, as tests also wait for servers and pages.
PROCESSES ?= $(shell $(PYTHON) -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')

.PHONY: demo test check bench install screenshots clean

demo: $(INSTALLED)
	@exec $(BIN)/smartregion demo $(ARGS)

test: $(INSTALLED)
	$(BIN)/python -m pytest -q --numprocesses $(PROCESSES) --dist loadscope --no-loadscope-reorder $(ARGS)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,peers]'
	$(BIN)/python tests/benchmarks/all.py $(ARGS)

install: $(INSTALLED)

$(INSTALLED): pyproject.toml deploy/vendor_browser_libraries.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, this is %d.%d" % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV): a few minutes at the first time"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch $@

clean:
	rm -rf $(VENV) artifacts .mypy_cache .ruff_cache .pytest_cache dashboards/static/vendor
