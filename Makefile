# Everything is run from here; `make` alone lists it.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000

BIN := .venv/bin
LOCKED := requirements.txt requirements-dev.txt
INSTALLED := .venv/installed-$(shell cat $(LOCKED) | sha256sum | cut -c 1-16)

# What a developer's shell may set must not change what the checks and tests see.
CLEAN_ENV := env -u DEBUG -u HTTPS_ONLY -u SECRET_KEY -u ALLOWED_HOSTS
CHECKED := $(CLEAN_ENV) RECORDS_ENV=test DATABASE_URL=sqlite://:memory:
PYTEST := RECORDS_ENV=test $(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal

.PHONY: help install demo serve test test-postgres e2e deployment check format bench lock clean

help: ## list these commands
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

install: $(INSTALLED) ## make .venv with everything in it

$(INSTALLED): | $(LOCKED)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Records needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes $(LOCKED:%=-r %)
	@rm -f .venv/installed-* && touch $@

demo: install ## set up a demo workspace with real data and serve it [PORT=8000]
	RECORDS_ENV=demo $(BIN)/python manage.py demo --host $(HOST) --port $(PORT)

serve: install ## migrate and serve what the environment names [HOST=127.0.0.1 PORT=8000]
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py serve --host $(HOST) --port $(PORT)

test: install ## run the tests on SQLite [COVERAGE=1: and see that they reach enough of the code]
	$(CLEAN_ENV) -u DATABASE_URL $(PYTEST) --ignore tests/e2e --ignore tests/deployment $(if $(COVERAGE),--cov --cov-report term)

test-postgres: install ## run the tests on PostgreSQL [DATABASE_URL=postgres://...]
	$(CLEAN_ENV) DATABASE_URL=$${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/test} $(PYTEST) --ignore tests/e2e --ignore tests/deployment

e2e: install ## run the browser tests (needs Chromium)
	$(CLEAN_ENV) -u DATABASE_URL RECORDS_ENV=test $(BIN)/pytest tests/e2e

deployment: install ## run docs/deployment.md (needs nginx, caddy, openssl and systemd-analyze)
	$(CLEAN_ENV) RECORDS_ENV=test $(BIN)/pytest tests/deployment

check: install ## run every check but the tests
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

format: install ## mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install ## measure the server against the limit of bare Django
	$(BIN)/python -m tests.bench $(ARGS)

lock: $(BIN)/pip-compile ## pin the requirements anew
	for name in requirements requirements-dev requirements-s3; do \
		CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe \
			--strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
			--output-file $$name.txt $$name.in || exit 1; \
	done

clean: ## remove what was built, but not the data in .data
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
