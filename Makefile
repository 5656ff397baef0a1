# One command each, from a fresh clone: make demo | test | lint | bench. All of them prepare .venv first (make setup).
VENV ?= .venv
BIN := $(VENV)/bin
UV := sh scripts/uv.sh $(VENV)
KERNELS := $(wildcard src/huoshui/adapters/*/*.[ch])
TESTS ?= tests
BENCH ?=

DEMO := demo
REGISTERS := $(DEMO)/registers
LISTS := $(DEMO)/screening
RATING := $(DEMO)/rating
FIRMS := 50000
DAY := 2025-06-30
BEFORE := 2023-12-31
COUNTY := 350203
PORT ?= 8000
SERVE ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench lock terms clean

help:
	@echo "make setup   prepare $(VENV): locked packages, the C kernels, the huoshui command"
	@echo "make demo    make 50,000 synthetic firms of one county, screen them, train a model, rate the list, plan a book,"
	@echo "             and start the site with a synthetic county   (SERVE=0 does all but stay up, PORT=8000)"
	@echo "make test    all tests                     (TESTS=tests/rules runs a part)"
	@echo "make lint    ruff, mypy --strict, import-linter"
	@echo "make bench   the benchmarks                (BENCH=screening runs one)"
	@echo "make lock    resolve requirements/*.txt again"
	@echo "make terms   write docs/terms.md from terms/"
	@echo "make clean   remove $(VENV), builds and the demo's output"

setup: $(VENV)/.installed $(VENV)/.kit
	@echo "== setup: $(VENV) is ready"

$(VENV)/.locked: requirements/lock.txt requirements/uv.txt scripts/setup.sh
	@sh scripts/setup.sh $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml setup.py $(KERNELS)
	@echo "== setup: compiling the C kernels, installing huoshui itself"
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --reinstall-package huoshui --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/.kit: $(VENV)/.locked package.json package-lock.json scripts/web_kit.sh
	@sh scripts/web_kit.sh $(VENV)
	@if [ -d src/huoshui/web/static/kit ]; then touch $@; fi

demo: setup
	@echo "== demo 1/7: making $(FIRMS) synthetic firms of county $(COUNTY), their past, and what became of their loans"
	@rm -rf $(DEMO)
	@$(BIN)/huoshui generate --firms $(FIRMS) --seed 1 --region $(COUNTY) --on $(DAY) --outcomes --out $(REGISTERS)
	@echo "== demo 2/7: screening them for active small firms that never had a loan"
	@$(BIN)/huoshui screen --registry $(REGISTERS) --tax $(REGISTERS) --loans $(REGISTERS) --invoices $(REGISTERS) \
	    --exclusions $(REGISTERS) --rule never_borrowed --region $(COUNTY) --on $(DAY) --engine duckdb \
	    --truth $(REGISTERS)/truth.parquet --out $(LISTS)
	@mkdir -p $(RATING)
	@for on in $(BEFORE) $(DAY); do \
	    echo "== demo 3/7: features of all firms as known on $$on"; \
	    $(BIN)/huoshui features --invoices $(REGISTERS) $(REGISTERS)/history --tax $(REGISTERS) $(REGISTERS)/history \
	        --registry $(REGISTERS) --loans $(REGISTERS) --on $$on --out $(RATING)/features_$$on.parquet || exit; done
	@echo "== demo 4/7: training on synthetic loans decided after $(BEFORE), some of which were not paid"
	@$(BIN)/huoshui model train --features $(RATING)/features_$(BEFORE).parquet --outcomes $(REGISTERS)/outcomes.parquet \
	    --outcome default --config examples/demo_model.yaml --folds 4 --repeats 1 --on $(DAY) --out $(RATING)/model
	@$(BIN)/huoshui model card $(RATING)/model --out $(RATING)/card
	@echo "== demo 5/7: rating the firms of the visit list"
	@$(BIN)/huoshui rate --model $(RATING)/model --features $(RATING)/features_$(DAY).parquet \
	    --firms $(LISTS)/visit_list.parquet --product default --region $(COUNTY) --out $(RATING)/ratings.parquet
	@echo "== demo 6/7: planning a book of 50 million yuan, as if the evidence that is still open had come in"
	@$(BIN)/huoshui book --ratings $(RATING)/ratings.parquet --indicative --churn $(REGISTERS)/churn.csv --budget 50000000 \
	    --limit 10000:1000000 --rate 0.04:0.15 --region $(COUNTY) --on $(DAY) --out $(RATING)/plan
	@echo "== demo: done; all of it is synthetic (合成数据), no real firm is in it. Open"
	@echo "   the screening     $(LISTS)/summary.html, visit lists beside it"
	@echo "   the model         $(RATING)/card/card.html, $(RATING)/card/card.pdf"
	@echo "   the book          $(RATING)/plan/plan.html, ratings in $(RATING)/ratings.parquet"
	@echo "== demo 7/7: the site, with synthetic firms, visits and demands$(if $(filter 0,$(SERVE)),, at port $(PORT); Ctrl-C stops it)"
	@HUOSHUI_DATA=$(DEMO)/site $(BIN)/huoshui serve --demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-stay)

test: setup
	@sh scripts/system-packages.sh java
	@sh scripts/system-packages.sh chromium
	@sh scripts/system-packages.sh poppler
	@sh scripts/system-packages.sh openmp
	@echo "== test: $(TESTS)"
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(TESTS)
	@echo "== test: the tests of the site once more, on a PostgreSQL that the tests bring"
	@HUOSHUI_TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 2 --dist loadgroup -m django_db --ignore tests/e2e $(TESTS) \
	    || [ $$? -eq 5 ]

lint: setup
	@echo "== lint: ruff"
	@$(BIN)/ruff check
	@echo "== lint: mypy --strict"
	@$(BIN)/mypy
	@echo "== lint: import-linter"
	@$(BIN)/lint-imports

bench: setup
	@sh scripts/system-packages.sh java
	@sh scripts/system-packages.sh openmp
	@echo "== bench: installing the peers that only benchmarks need (requirements/bench.txt)"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements/bench.txt
	@echo "== bench"
	@$(BIN)/python -m tests.bench $(BENCH)

lock: setup
	@echo "== lock: resolving"
	@$(UV) pip compile --quiet requirements/uv.in --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --no-header --output-file requirements/uv.txt
	@$(UV) pip compile --quiet pyproject.toml --universal --python-version 3.11 --extra ocr --extra risk --extra spark --extra web --group dev \
	    --generate-hashes --no-annotate --no-header --output-file requirements/lock.txt
	@$(UV) pip compile --quiet --group bench --constraint requirements/lock.txt --universal --python-version 3.11 \
	    --generate-hashes --no-annotate --no-header --output-file requirements/bench.txt

terms: setup
	@$(BIN)/python scripts/terms_page.py docs/terms.md

clean:
	rm -rf $(VENV) $(DEMO) build dist node_modules src/huoshui/web/static/kit src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
