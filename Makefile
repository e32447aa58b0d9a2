# Stafett's commands. Each takes ARGS="…", which is handed on to the tool behind it.
.DEFAULT_GOAL := help
.PHONY: help setup servers demo test bench lint format rules contracts lock
MAKEFLAGS += --no-print-directory
export PYTHON

BIN := .venv/bin
WORKERS ?= 2
# Folders that come later are left out until they are there.
CHECKED := $(wildcard libs services benchmarks tests)
SCRIPTS := tools/setup tools/lock .ci/run $(wildcard tools/*.sh deploy/*.sh deploy/*/*.sh tests/*.sh)

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

lint: setup  ## style, types, scripts and who may import whom
	@bad=0; \
	$(BIN)/ruff check . || bad=1; \
	$(BIN)/ruff format --check --output-format concise . || bad=1; \
	$(BIN)/mypy $(CHECKED) || bad=1; \
	$(BIN)/shellcheck $(SCRIPTS) || bad=1; \
	imports=$$($(BIN)/lint-imports --no-logo 2>&1) || { printf '%s\n' "$$imports"; bad=1; }; \
	exit $$bad

format: setup  ## put the code in the one layout
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

rules: setup  ## which rules a passing test proves (ARGS="PLN-045 SGN", ARGS=--json)
	@$(BIN)/python -m stafett_testing.rules $(ARGS)

contracts: setup  ## write the event documents (ARGS=--check: only look)
	@$(BIN)/python -m stafett_contracts.generate $(ARGS)

lock:  ## resolve the dependencies (ARGS=--upgrade: to the newest) and install them
	@[ -x $(BIN)/uv ] || tools/setup
	@tools/lock $(ARGS)
	@tools/setup
