# Every target sets up what it needs by itself; pass options on with ARGS="...".
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := server schemas certs
STAMP := $(VENV)/.ready
ORACLES := build/oracles/.ready
OPENLEADR := .venv-openleadr/.ready

.PHONY: demo test check conformance bench slow fuzz atheris ledger format lock clean

demo: $(STAMP)
	$(BIN)/gridherald demo $(ARGS)

test: $(STAMP) $(ORACLES) $(OPENLEADR)
	$(BIN)/python -m pytest -n 3 -m "not slow" --cov --cov-report= $(ARGS)
	$(BIN)/coverage report --include="schemas/*,server/core/*" --skip-covered --fail-under=100
	$(BIN)/coverage report --skip-covered --sort=cover | tail -n 40

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_architecture.py $(ARGS)

# Our requests beside a bare handler, our codec beside a bare parse and other libraries.
bench: $(STAMP) $(ORACLES)
	$(BIN)/python -m tests.bench.run $(ARGS)

slow: $(STAMP) $(ORACLES) $(OPENLEADR)
	$(BIN)/python -m pytest -m slow --timeout=1800 $(ARGS)

fuzz: $(STAMP) $(ORACLES)
	$(BIN)/python -m tests.fuzz.differential --count 100000 $(ARGS)

# Coverage-guided, five minutes for each decoder.
atheris: $(STAMP)
	$(BIN)/python tests/locked_env.py tests/atheris.lock .venv-atheris
	mkdir -p build/fuzz/sep2 build/fuzz/openadr
	.venv-atheris/bin/python -m tests.fuzz.atheris_sep2 build/fuzz/sep2 -artifact_prefix=build/fuzz/ -max_total_time=300 $(ARGS)
	.venv-atheris/bin/python -m tests.fuzz.atheris_openadr build/fuzz/openadr -artifact_prefix=build/fuzz/ -max_total_time=300 $(ARGS)

# A foreign client's procedures against a server of ours: ARGS=--fast, or ARGS="--only S-ALL-01".
conformance: $(STAMP)
	$(BIN)/python -m tests.conformance.cactus.run $(ARGS)

ledger: $(STAMP)
	$(BIN)/python -m tests.conformance.ledger

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Versions and hashes only: neither lock names a registry (see tool.pip-tools in pyproject.toml). The
# first is what runs, the second adds what tests.
LOCK := $(BIN)/pip-compile -q --all-build-deps

lock: $(STAMP)
	$(BIN)/python -m pip install --quiet pip-tools
	$(LOCK) --output-file requirements.lock pyproject.toml
	$(LOCK) --extra test --constraint requirements.lock --output-file requirements-test.lock pyproject.toml

$(STAMP): requirements-test.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Gridherald needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

$(ORACLES): tests/fetch_oracles.py tests/oracles.lock | $(STAMP)
	-$(BIN)/python tests/fetch_oracles.py build/oracles && touch $@

$(OPENLEADR): tests/locked_env.py tests/openleadr.lock | $(STAMP)
	-$(BIN)/python tests/locked_env.py tests/openleadr.lock .venv-openleadr && touch $@

clean:
	rm -rf $(VENV) .venv-* build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
