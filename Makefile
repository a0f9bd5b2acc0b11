# Two commands: `make run` serves the product, `make test` proves it.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint types layers suite bench lock audio clean

.venv/run.stamp: requirements/run.txt
	@$(PYTHON) -m venv .venv || { echo "Needed once: apt-get install -y python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet --require-hashes -r requirements/run.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	@$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

test: .venv/dev.stamp lint types layers suite

lint: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/dev.stamp
	$(BIN)/mypy

layers: .venv/dev.stamp
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

suite: .venv/dev.stamp
	$(BIN)/pytest -q --engine=sqlite
	$(BIN)/pytest -q --engine=postgresql

audio:
	$(PYTHON) -B static/audio/make_speech.py

clean:
	rm -rf .venv build dist
