# make demo | test | serve: each sets up what it needs and needs nothing but Python 3.11 or later.
# Another Python than python3: make test PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# Empty files that say when something was done; they live in the environment, so removing it forgets them too.
CREATED := $(VENV)/.created
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
BENCH := $(VENV)/.bench
PIP := $(RUN) -m pip install --quiet --quiet --disable-pip-version-check --no-input
UV := uv==0.13.9
# uv installs in seconds what takes pip a minute. It knows nothing of pip's configuration: where that names another index,
# or uv fails, pip does it.
define install
if $(RUN) -m pip config list | grep -q '\.index-url='; then $(PIP) --requirement $(1); \
	elif ! { $(PIP) $(UV) && $(VENV)/bin/uv pip install --quiet --python $(RUN) --requirement $(1); }; then \
	echo "uv could not; going on with pip, about a minute"; $(PIP) --requirement $(1); fi
endef
# Set, it would make each process of the product compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-fast lint types check format bench bench-pages bench-cache bench-registry faults reference setup clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(RUNTIME) ## run the document analysis pipeline on the example documents
	@$(RUN) manage.py demo

serve: $(RUNTIME) ## start the web pages, the workers and the ticker
	@$(RUN) manage.py migrate --verbosity 0
	@$(RUN) manage.py serve

test: $(DEV) ## everything CI checks: lint, types, Django's checks, tests on SQLite and PostgreSQL
	@$(RUN) -m tests.suite

test-fast: $(DEV) ## the tests on SQLite only
	@$(RUN) -m tests.suite browser sqlite

check: $(DEV) ## everything but the tests
	@$(RUN) -m tests.suite lint format types deployment migrations

lint: $(DEV) ## ruff: mistakes and layout
	@$(RUN) -m tests.suite lint format

types: $(DEV) ## mypy, strict
	@$(RUN) -m tests.suite types

format: $(DEV) ## let ruff mend layout and imports
	@$(RUN) -m ruff check --select I --fix --quiet
	@$(RUN) -m ruff format

bench: $(BENCH) ## what a durable step costs, beside other engines (ARGS="--only W1,W3 --rounds 3")
	@$(RUN) -m benchmarks $(ARGS)

bench-pages: $(DEV) ## every page and REST address with 10,000 executions in the tables; fails above 100 ms (ARGS="--only SQLite")
	@$(RUN) -m benchmarks.pages $(ARGS)

bench-registry: $(DEV) ## registering a model beside sha256sum and cp
	@$(RUN) -m benchmarks.registry $(ARGS)

bench-cache: $(BENCH) ## hit ratios of the cache's strategies, and what a hit costs
	@$(RUN) -m benchmarks.cache $(ARGS)

faults: $(DEV) ## an hour of faults over real processes, nothing may be lost (ARGS="--minutes 10 --profile sqlite --seed 7")
	@$(RUN) -m tests.faults.storm $(ARGS)

reference: $(DEV) ## write docs/reference from the code
	@$(RUN) -m docs.make_reference

setup: $(DEV) ## the virtual environment with everything in it
	@echo "ready: $(VENV)"

clean: ## remove the virtual environment and the tools' caches (not your data in var/)
	@rm -rf $(VENV) .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(CREATED):
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) not found: install Python 3.11 or later, or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1); name another: make PYTHON=python3.12"; exit 1; }
	@echo "creating the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make virtual environments here; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

$(RUNTIME): requirements.txt $(CREATED)
	@echo "installing the requirements"
	@$(call install,requirements.txt)
	@touch $@

$(DEV): requirements-dev.txt requirements-train.txt requirements-s3.txt requirements-tracing.txt $(RUNTIME)
	@echo "installing the test requirements"
	@$(call install,requirements-dev.txt)
	@touch $@

# Other engines are welcome, not needed: without them the rest is measured.
$(BENCH): requirements-bench.txt $(DEV)
	@echo "installing the engines to compare with"
	@{ $(call install,requirements-bench.txt); } && touch $@ || echo "they could not be installed; going on without them"
