# Needs Python 3.11 or newer and make; everything else goes into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DEMO := demo/northwind
# Two files of tests at a time, each whole: tests of one file may share a book.
TOGETHER := --numprocesses 2 --dist loadfile

.PHONY: help demo test soak bench clean

help:
	@echo "make demo    set up, close a sample month, show what came out"
	@echo "make test    set up, then style, types and every test"
	@echo "make soak    many more drawn examples, and a thousand killed runs"
	@echo "make bench   speed, as ratios to a bare aggregation of the same file"
	@echo "make clean   remove the environment, caches and the demo"

# The download of November comes after October is closed, and brings a late row.
LATE := usage/openai/completions_usage_2025-10-31_2025-11-30.csv

demo: $(VENV)/package.stamp
	@rm -rf $(DEMO)
	@mkdir -p $(dir $(DEMO))
	@cp -R samples/northwind $(DEMO)
	@rm $(DEMO)/$(LATE)
	@$(BIN)/tokenbooks --book $(DEMO) -q close -p 2025-10 --write > /dev/null
	@cp samples/northwind/$(LATE) $(DEMO)/$(LATE)
	@echo "== The close of November 2025 in $(DEMO); October is written"
	@$(BIN)/tokenbooks --book $(DEMO) close -p 2025-11 --write
	@echo
	@echo "== The credits at the end of November"
	@$(BIN)/tokenbooks --book $(DEMO) credits --as-of 2025-11-30

test: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(TOGETHER)

soak: $(VENV)/dev.stamp
	HYPOTHESIS_PROFILE=soak TOKENBOOKS_KILLS=1000 $(BIN)/pytest $(TOGETHER)

bench: $(VENV)/package.stamp
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=..., this is $$($(PYTHON) -V)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The package is installed where it stands, so only pyproject.toml can outdate it.
$(VENV)/package.stamp: pyproject.toml | $(BIN)/python
	$(PIP) install --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	$(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/package.stamp
