SHELL := /bin/sh
# The Python of .venv; left out, the newest that runs here and is supported.
PYTHON ?=
RESPONDENTS ?= 40000
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
WAVE := data/werkonderzoek-2019.sav
NEXT := data/werkonderzoek-2022.sav
PEOPLE := data/werkonderzoek-2022-people.csv
TRUTH := data/werkonderzoek-2022-truth.parquet
STORE := sqlite:///$(CURDIR)/mlruns/mlflow.db
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: FORCE help install check fix test test-all fuzz train explain score govern climate claims validate ui notebooks bench bench-large bench-huge same shape docs profile

help: ## Say what each target does
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12
install: $(STAMP) ## Set up .venv from the lock file
$(STAMP): FORCE
	@sh .ci/environment $(VENV) "$(PYTHON)"
FORCE:
$(VENV)/installed-%: requirements-%.lock $(STAMP)
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $<
	@touch $@
check: $(STAMP) ## Check style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
fix: $(STAMP) ## Mend style and format where that can be done by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(STAMP) ## Run the tests that need no browser, kernel, server, wheel or whole survey
	$(BIN)/python -m pytest $(addprefix --ignore=tests/,browser notebook server survey wheel)
test-all: $(STAMP) ## Run all tests and measure which branches they reach
	$(BIN)/python -m pytest --cov --cov-report=term-missing:skip-covered
fuzz: $(STAMP) ## Read FILES=10000 changed exports of survey tools; no cell may change unseen
	$(BIN)/python tests/fuzz_exports.py $${FILES:-10000}
$(WAVE) $(WAVE:.sav=-margins.csv): | $(STAMP)
	$(BIN)/blijfwijzer synthesise --respondents $(RESPONDENTS) --seed 2019 --output $(WAVE) --margins $(WAVE:.sav=-margins.csv)

$(NEXT) $(NEXT:.sav=-margins.csv): | $(STAMP)
	$(BIN)/blijfwijzer synthesise --respondents $(RESPONDENTS) --seed 2019 --wave 2022 --output $(NEXT) \
	  --population $(PEOPLE) --margins $(NEXT:.sav=-margins.csv) --truth $(TRUTH)

train: $(STAMP) $(WAVE) ## Make the built-in survey, train and explain both models
	$(BIN)/blijfwijzer train $(WAVE) --codebook werkonderzoek-2019
	@echo "Open review.html in a folder under models/; 'make ui' shows the runs."
explain: $(STAMP) $(NEXT) ## Explain the model of vertrekintentie in use on the 2022 wave
	$(BIN)/blijfwijzer explain models $(NEXT) --target vertrekintentie --output out/drivers-2022
score: $(STAMP) $(NEXT) $(NEXT:.sav=-margins.csv) ## Score the built-in 2022 wave by group and divide vouchers
	@ls models/achterblijver-* >/dev/null 2>&1 || $(MAKE) train
	$(BIN)/blijfwijzer score $(NEXT) --models models --by organisatie,afdeling \
	  --and opleiding --population $(PEOPLE) --population $(NEXT:.sav=-margins.csv) --output out/2022
	$(BIN)/blijfwijzer vouchers out/2022 --survey $(NEXT) --population $(NEXT:.sav=-margins.csv) --budget 250000 --cost 1000 --truth $(TRUTH)
	$(BIN)/blijfwijzer disclosure audit out/2022 --survey $(NEXT) --codebook werkonderzoek-2019 \
	  --population $(NEXT:.sav=-margins.csv)
	@echo "Open out/2022/report.html."
govern: $(STAMP) ## Fill the forms of those who answer for it, and check each figure
	@ls models/achterblijver-* >/dev/null 2>&1 || $(MAKE) train
	$(BIN)/blijfwijzer govern pack --output out/accountability $$(ls -d out/2022 2>/dev/null | sed 's/^/--release /')
	$(BIN)/blijfwijzer govern verify out/accountability
climate: ## Measure the culture of the built-in 2022 wave against 2019
claims: ## Test the policy's claims on the built-in 2022 wave
climate claims: $(STAMP) $(WAVE) $(WAVE:.sav=-margins.csv) $(NEXT) $(NEXT:.sav=-margins.csv)
	@ls models/vertrekintentie-* models/achterblijver-* >/dev/null 2>&1 || $(MAKE) train
	$(BIN)/blijfwijzer $@ $(NEXT) --codebook werkonderzoek-2019 --previous $(WAVE) \
	  --population $(NEXT:.sav=-margins.csv) --previous-population $(WAVE:.sav=-margins.csv) --models models --output out/$@
same: $(STAMP) ## Hold every output against what it was
	$(BIN)/python tests/same.py
shape: $(STAMP) ## Print the shape of the house beside what it shall be
	$(BIN)/python tests/shape.py --outliers
docs: $(VENV)/installed-docs ## Build the documentation site in site/; a broken link fails
	$(BIN)/zensical build --strict --clean
validate: $(STAMP) ## Simulate what must hold; writes docs/validation.md
	$(BIN)/python -m studies validation --data $${SURVEYS:-../shared/data} --output docs/validation.md

ui: $(STAMP) ## Open MLflow on the runs
	@case "$${MLFLOW_TRACKING_URI:-}" in http*) echo "Open $$MLFLOW_TRACKING_URI"; exit 0;; esac; \
	host=$${UI_HOST:-127.0.0.2}; at=$$host:$${PORT:-5000}; $(BIN)/python -m blijfwijzer.records.view http://$$at; \
	exec env MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow server --host $$host --port $${at##*:} --allowed-hosts $$at \
	  --cors-allowed-origins http://$$at --backend-store-uri "$${MLFLOW_TRACKING_URI:-$(STORE)}"
notebooks: $(STAMP) ## Run the notebooks from top to bottom
	$(BIN)/python -m pytest --dist load tests/notebook
profile: $(STAMP) ## Print where COMMAND=score (climate, check, explain) spends its CPU time
	$(BIN)/python -m studies.costs $${COMMAND:-score} --respondents $(RESPONDENTS)
bench: ## Measure against other tools; writes docs/benchmarks.md
bench-large: ## Train and score up to a million (an hour); writes its section of docs/benchmarks.md
bench-huge: ## Train on ten million (once; up to three hours); writes its section of docs/benchmarks.md
bench bench-large bench-huge: $(VENV)/installed-bench
	$(BIN)/python -m studies $@ --data $${SURVEYS:-../shared/data} --output docs/benchmarks.md
