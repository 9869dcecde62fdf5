# Zabota: `make` alone lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
DIST := src/zabota/ui/static/ui/dist
# Node comes from the environment, so that every machine builds with the same one.
NODE_PATH := PATH="$(abspath $(BIN)):$$PATH" NODE_USE_SYSTEM_CA=1
# Certificates of the machine are trusted, as a clinic's network may have its own; where uv fails, pip does the same slowly.
INSTALL := $(BIN)/uv pip install -q --system-certs -p $(PY) --require-hashes
PIP := python3 -m pip --python $(PY) install -q --disable-pip-version-check --require-hashes
FRONT_SOURCES := $(shell find front -path front/node_modules -prune -o -type f -print 2>/dev/null) src/zabota/analytics/templates/analytics/report.css

PORT ?= 8000
SEED ?= 7
PATIENTS ?= 4000
ifdef DATABASE_URL
export DATABASE_URL
endif

.PHONY: help run test check types lint demo bench screenshots lock clean assets chromium

help: ## List these targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.run $(DIST)/.done ## Set everything up and start Zabota with the demo clinic
	@$(BIN)/zabota run --port $(PORT)

test: $(VENV)/.dev $(DIST)/.done chromium ## Set everything up and run every check and test, browser included
	@sh scripts/test

check: $(VENV)/.dev $(DIST)/.done ## Lint, types, contracts: quick
	@sh scripts/check

demo: $(VENV)/.run ## Make the demo clinic anew: make demo SEED=7 PATIENTS=4000
	@$(BIN)/zabota manage migrate -v0
	@$(BIN)/zabota demo --fresh --seed $(SEED) --patients $(PATIENTS)

bench: $(VENV)/.dev ## Run every benchmark: make bench SMALL=1 for a minute each
	@sh scripts/bench $(if $(SMALL),--small)

screenshots: $(VENV)/.dev $(DIST)/.done chromium ## Make the pictures of the README from the demo clinic
	@$(PY) scripts/screenshots.py

assets: $(DIST)/.done ## Build styles and scripts of the pages

lock: $(VENV)/bin/uv ## Resolve requirements/*.in into locked files without host names
	for name in uv runtime build dev; do \
	  $(BIN)/uv pip compile -q requirements/$$name.in --python-version 3.11 --universal --generate-hashes --no-header -o requirements/$$name.txt || exit 1; \
	done

clean: ## Remove what was built (not your data in var/)
	rm -rf $(VENV) $(DIST) front/node_modules build

# A bare Debian has venv but perhaps no ensurepip: pip of the system installs into the new environment.
$(VENV)/bin/uv: requirements/uv.txt
	@test -x $(PY) || python3 -m venv --without-pip $(VENV)
	@python3 -m pip --python $(PY) install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.run: $(VENV)/bin/uv requirements/build.txt pyproject.toml
	@echo "Устанавливаю зависимости…"
	@$(INSTALL) -r requirements/build.txt || $(PIP) -r requirements/build.txt
	@$(BIN)/uv pip install -q --system-certs -p $(PY) --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@$(INSTALL) -r requirements/dev.txt || $(PIP) -r requirements/dev.txt
	@touch $@

$(DIST)/.done: $(VENV)/.run $(FRONT_SOURCES)
	@echo "Собираю стили и скрипты…"
	@cd front && $(NODE_PATH) npm ci --no-fund --no-audit --silent && $(NODE_PATH) npm run build --silent -- --logLevel warn
	@touch $@

chromium: $(VENV)/.run
	@sh scripts/ensure-chromium
