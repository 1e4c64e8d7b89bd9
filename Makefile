# Everything is run from here; `make` alone lists it.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# What `make test` runs: all. And what installs: uv if it is there, `make UV=` for pip.
TESTS :=
UV := $(shell command -v uv)

BIN := .venv/bin
RUN_LOCK := requirements.txt
DEV_LOCK := requirements-dev.txt
LOCKED := $(shell cat $(RUN_LOCK) $(DEV_LOCK) | sha256sum | cut -c 1-16)
CAN_RUN := .venv/run-$(LOCKED)
CAN_TEST := .venv/test-$(LOCKED)

# The locks name every file: nothing is resolved, so no release made later changes what is installed.
PINNED := --quiet --no-deps --require-hashes --only-binary :all:
ifneq ($(UV),)
MAKE_VENV_AT = $(UV) venv --quiet --no-project --python "$(PYTHON)" $(1)
INSTALL_IN = $(UV) pip install --python $(1)/bin/python $(PINNED)
INSTALL = $(call INSTALL_IN,.venv)
CONSISTENT := $(UV) pip check --quiet --python $(BIN)/python
else
PIP := $(BIN)/python -m pip
MAKE_VENV_AT = $(PYTHON) -m venv $(1)
INSTALL_IN = $(1)/bin/python -m pip --disable-pip-version-check install $(PINNED)
INSTALL := $(PIP) --disable-pip-version-check install $(PINNED)
CONSISTENT := $(PIP) --disable-pip-version-check check >/dev/null
endif

MAKE_VENV = $(call MAKE_VENV_AT,.venv)

# What a developer's shell may set must not change what the checks and tests see.
CLEAN_ENV := env -u DEBUG -u HTTPS_ONLY -u SECRET_KEY -u ALLOWED_HOSTS
CHECKED := $(CLEAN_ENV) RECORDS_ENV=test DATABASE_URL=sqlite://:memory:
# One more than there are cores: many tests wait for servers that they start.
AT_ONCE := $(shell $(PYTHON) -c 'import os; print(min(len(os.sched_getaffinity(0)) + 1, 5))' 2>/dev/null || echo 3)
# What has commands of its own.
APART := --ignore tests/e2e --ignore tests/deployment --ignore tests/clients
PYTEST := RECORDS_ENV=test $(BIN)/pytest -n $(AT_ONCE) --dist worksteal

# Where it is set, each process that tests start compiles all of its modules anew, for three seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo serve test test-postgres mutate e2e deployment clients check format bench lock vendor clean

help: ## list these commands
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

install: $(CAN_TEST) ## create .venv with everything in it [PYTHON=python3]

# What an older lock installed goes first: a leftover may not fit.
$(CAN_RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Records needs Python 3.11 or newer.")'
	@rm -rf .venv
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || [ -n "$(UV)" ] || \
		{ echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Installing what Records runs on into .venv ..."
	@$(MAKE_VENV)
	@$(INSTALL) -r $(RUN_LOCK)
	@$(CONSISTENT)
	@touch $@

$(CAN_TEST): | $(CAN_RUN)
	@echo "Installing the tools of developers into .venv ..."
	@$(INSTALL) -r $(DEV_LOCK)
	@$(CONSISTENT)
	@touch $@

demo: $(CAN_RUN) ## set up a demo workspace with real data and serve it [PORT=8000]
	RECORDS_ENV=demo $(BIN)/python manage.py demo --host $(HOST) --port $(PORT)

serve: $(CAN_RUN) ## migrate and serve what the environment names [HOST=127.0.0.1 PORT=8000]
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py serve --host $(HOST) --port $(PORT)

test: $(CAN_TEST) ## run the tests on SQLite [TESTS=tests/api: some] [COVERAGE=1: see that they reach enough of the code]
	$(CLEAN_ENV) -u DATABASE_URL $(PYTEST) $(APART) $(if $(COVERAGE),--cov --cov-report term) $(TESTS)

test-postgres: $(CAN_TEST) ## run the tests on PostgreSQL [DATABASE_URL=postgres://...]
	$(CLEAN_ENV) DATABASE_URL=$${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/test} $(PYTEST) $(APART)

mutate: $(CAN_TEST) ## see which small faults in the write path and access no test notices [ONLY=module] [EVERY=10: a sample]
	$(CLEAN_ENV) -u DATABASE_URL RECORDS_ENV=test PYTHONHASHSEED=0 $(BIN)/python -m tests.mutation $(if $(EVERY),--every $(EVERY)) $(ONLY)

e2e: $(CAN_TEST) ## run the browser tests (needs Chromium)
	$(CLEAN_ENV) -u DATABASE_URL RECORDS_ENV=test $(BIN)/pytest tests/e2e

deployment: $(CAN_TEST) ## run docs/deployment.md (needs nginx, caddy, openssl and systemd-analyze)
	$(CLEAN_ENV) RECORDS_ENV=test $(BIN)/pytest tests/deployment

# Generators in an environment of their own, and those of npm beside them.
CLIENTS := tests/clients
CAN_GENERATE := $(CLIENTS)/build/tools-$(shell cat requirements-clients.txt $(CLIENTS)/package-lock.json 2>/dev/null | sha256sum | cut -c 1-16)
$(CAN_GENERATE): | $(CAN_TEST)
	@echo "Installing the generators of clients into $(CLIENTS) ..."
	@rm -rf $(CLIENTS)/build
	@$(call MAKE_VENV_AT,$(CLIENTS)/build/venv)
	@$(call INSTALL_IN,$(CLIENTS)/build/venv) -r requirements-clients.txt
	@cd $(CLIENTS) && npm ci --silent
	@touch $@

clients: $(CAN_GENERATE) ## generate clients from the OpenAPI documents and make every call with them (needs Node.js) [EXAMPLES=500]
	$(CLEAN_ENV) -u DATABASE_URL RECORDS_ENV=test EXAMPLES=$(EXAMPLES) $(BIN)/pytest -n $(AT_ONCE) --dist worksteal tests/clients

check: $(CAN_TEST) ## run every check but the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(CHECKED) $(BIN)/mypy
	$(BIN)/djlint templates --lint --quiet
	$(CHECKED) $(BIN)/python manage.py check --fail-level WARNING
	$(CHECKED) $(BIN)/python manage.py makemigrations --check --dry-run
	$(CHECKED) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(CHECKED) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null \
		--generator-class records.api.openapi.WorkspaceGenerator
	$(CHECKED) RECORDS_ENV=production ALLOWED_HOSTS=records.example.com TRUST_PROXY_HEADERS=true \
		SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

format: $(CAN_TEST) ## fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(CAN_TEST) ## measure the server against the limit of bare Django
	$(BIN)/python -m tests.bench $(ARGS)

# Universal: one lock for every Python, platform and processor. What is pinned stays unless `make lock UPGRADE=--upgrade`.
COMPILE = $(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--custom-compile-command "make lock" --no-emit-index-url
lock: $(CAN_TEST) ## pin the requirements [UPGRADE=--upgrade: to their newest releases]
	$(COMPILE) --output-file requirements.txt requirements.in
	$(COMPILE) --constraint requirements.txt --output-file requirements-s3.txt requirements-s3.in
	$(COMPILE) --constraint requirements.txt --output-file requirements-redis.txt requirements-redis.in
	$(COMPILE) --constraint requirements.txt --output-file requirements-dev.txt requirements-dev.in
	$(COMPILE) --output-file requirements-clients.txt requirements-clients.in
	cd $(CLIENTS) && npm install --package-lock-only --silent

# The build of Alpine that evaluates no code, instead of the one that comes with the theme; licence beside it.
ALPINE := 3.17.4
ALPINE_SHA256 := 4c4cd80495f4bbfac3cc026a191b84f341df885d175d757cba7675bcc7b87ec4
ALPINE_FOLDER := records/vendored/unfold/js/alpine
# The table of the grid, with its licence.
TABULATOR := 6.5.3
TABULATOR_SHA256 := a3aeb833e5cf924c8a686fa6748c1070c5fde8e605e0b1734000c35b78571a9b
TABULATOR_FOLDER := records/vendored/records/tabulator
# What the browser tests look for obstacles with.
AXE := 4.14.1
AXE_SHA256 := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
AXE_FOLDER := tests/e2e/axe
vendor: ## get the files of others that the pages use (needs npm and sha256sum)
	@packed=$$(mktemp -d) && trap 'rm -rf "$$packed"' EXIT && \
		npm pack --silent --pack-destination "$$packed" @alpinejs/csp@$(ALPINE) tabulator-tables@$(TABULATOR) \
			axe-core@$(AXE) >/dev/null && \
		echo "$(ALPINE_SHA256)  $$packed/alpinejs-csp-$(ALPINE).tgz" | sha256sum --check --quiet && \
		echo "$(TABULATOR_SHA256)  $$packed/tabulator-tables-$(TABULATOR).tgz" | sha256sum --check --quiet && \
		echo "$(AXE_SHA256)  $$packed/axe-core-$(AXE).tgz" | sha256sum --check --quiet && \
		tar -xzOf "$$packed/alpinejs-csp-$(ALPINE).tgz" package/dist/cdn.min.js > $(ALPINE_FOLDER)/alpine.js && \
		mkdir -p $(TABULATOR_FOLDER) $(AXE_FOLDER) && \
		for file in axe.min.js LICENSE; do \
			tar -xzOf "$$packed/axe-core-$(AXE).tgz" package/$$file > $(AXE_FOLDER)/$$file || exit 1; \
		done && \
		for file in dist/js/tabulator_esm.min.js dist/css/tabulator_simple.min.css LICENSE; do \
			tar -xzOf "$$packed/tabulator-tables-$(TABULATOR).tgz" package/$$file | sed '/sourceMappingURL=/d' \
				> $(TABULATOR_FOLDER)/$$(basename $$file) || exit 1; \
		done

clean: ## remove what was built, but not the data in .data
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
