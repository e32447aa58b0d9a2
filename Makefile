# Stafett's commands. Each takes ARGS="…", which is handed on to the tool behind it.
.DEFAULT_GOAL := help
.PHONY: help setup servers demo test bench lint format rules contracts lock
MAKEFLAGS += --no-print-directory
export PYTHON

BIN := .venv/bin
WORKERS ?= 2
# Folders that come later are left out until they are there.
CHECKED := $(wildcard libs services benchmarks tests)

help:  ## this list
	@printf 'make …\n'
	@sed -n 's/^\([a-z]*\):[^#]*## /  \1|/p' Makefile | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

setup:  ## make .venv and install what the lock names (the others do it when needed)
	@tools/setup

servers: setup
	@tools/setup --servers

demo: setup  ## a whole site in one process, with its own database
	@$(BIN)/stafett demo $(ARGS)

test: servers  ## all tests, on real servers
	@$(BIN)/pytest -n $(WORKERS) $(ARGS)

bench: setup  ## speed and scale, each against a limit measured in the same run
	@$(BIN)/python -m benchmarks $(ARGS)

lint: setup  ## style, types and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(CHECKED)
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { printf '%s\n' "$$out"; exit 1; }; printf '%s\n' "$$out" | tail -n 1

format: setup  ## put the code in the one layout
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

rules: setup  ## which rules a passing test proves (ARGS="PLN-045 SGN", ARGS=--json)
	@$(BIN)/python -m stafett_testing.rules $(ARGS)

contracts: setup  ## write the event documents (ARGS=--check: only look)
	@$(BIN)/python -m stafett_contracts.generate $(ARGS)

lock: setup  ## resolve the dependencies (ARGS=--upgrade: to the newest) and install them
	@tools/lock $(ARGS)
	@tools/setup
