# Everything runs in .venv, with the versions of requirements.lock.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
SURVEY := data/werkonderzoek-2019.sav
NEXT := data/werkonderzoek-2022.sav
CODEBOOK := werkonderzoek-2019
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
.DELETE_ON_ERROR:
.PHONY: help install check fix test train explain score ui notebooks bench lock

help: ## list what can be made
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

install: $(VENV)/installed ## set up .venv from the lock file

$(VENV)/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(RUN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

check: install ## style, types
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

fix: install ## mend style
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

test: install ## run all tests
	$(RUN)/python -m pytest

$(SURVEY): | install
	$(RUN)/blijfwijzer synthesise --output $@ --truth data/truth-2019.parquet

$(NEXT): | install
	$(RUN)/blijfwijzer synthesise --wave 2022 --output $@

train: $(SURVEY) ## train both models on the built-in survey
	$(RUN)/blijfwijzer train $(SURVEY) --codebook $(CODEBOOK)
	@echo "Pictures and tables: models/*/review.html. Runs: make ui."

explain: $(NEXT) ## what drives leaving in the second wave; train first
	@test -n "$$(ls -d models/vertrekintentie-werkonderzoek-2019-* 2>/dev/null)" || { echo "Run make train first."; exit 1; }
	$(RUN)/blijfwijzer explain "$$(ls -td models/vertrekintentie-werkonderzoek-2019-* | head -n 1)" $(NEXT) --output out/drivers-2022

score: ## not in this version; see make explain
	@echo "Scoring groups is not in this version. 'make explain' shows drivers in a new wave."; exit 1

ui: install ## MLflow on the same store, on this machine only
	$(RUN)/mlflow ui --host 127.0.0.1 --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///$(CURDIR)/mlruns/mlflow.db}"

notebooks: install ## run the notebooks
	$(RUN)/python -m pytest tests/test_notebooks.py

bench: install ## measure beside other tools; writes docs/benchmarks.md
	$(RUN)/python -m pip install --quiet --require-hashes -r requirements-bench.lock
	$(RUN)/blijfwijzer bench

lock: ## renew the lock files; needs uv
	echo "setuptools>=77" | uv pip compile pyproject.toml - --extra test --extra notebooks --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --upgrade -o requirements.lock
	echo "setuptools>=77" | uv pip compile pyproject.toml - --all-extras -c requirements.lock --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --upgrade -o requirements-bench.lock
