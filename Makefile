# make run   set up and print the summary of Table 1
# make test  set up and pass the tests
VENV := .venv
BIN  := $(VENV)/bin
UV   := $(shell command -v uv 2>/dev/null)
# Bytecode is wanted here even where the environment forbids it: the first start is 3 times faster.
PYTHON := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python
# A worker to each core; a server or a browser is started by one of them for all its tests.
TEST   := $(PYTHON) -m pytest -q -n auto --maxprocesses 8 --dist loadgroup

.PHONY: run test test-spark check format docs bench clean

run: $(VENV)/.run
	@$(BIN)/hlhcli summarize --format table

test: $(VENV)/.test
	$(TEST)

test-spark: $(VENV)/.spark
	$(PYTHON) -m pytest -q tests/test_spark.py tests/test_spark_command.py tests/test_spark_cluster.py

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTHON) -m tests.documents --check
	$(TEST)

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.test
	$(PYTHON) -m tests.documents

bench: $(VENV)/.bench
	$(PYTHON) benchmarks/startup.py
	$(PYTHON) benchmarks/scale/run.py --rows 1e5

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

ifdef UV
INSTALL = uv pip install --quiet --python $(BIN)/python
$(BIN)/python:
	uv venv --quiet $(VENV)
else
INSTALL = $(PYTHON) -m pip install --quiet --disable-pip-version-check
$(BIN)/python:
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
endif

# The browser that the report is looked at with in tests, which are skipped where there is none.
BROWSER = command -v chromedriver >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get && apt-get -qq update && \
	DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium chromium-driver fonts-dejavu-core; \
	} >/dev/null 2>&1 || true

# Importing once writes the bytecode and the font list that every later start needs.
$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable .
	@$(PYTHON) -c "import hlhcli.cli, hlhcli.commands.plot, hlhcli.commands.summarize, hlhcli.renderers.table"
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(INSTALL) --group test
	@$(BROWSER)
	@touch $@

$(VENV)/.spark: $(VENV)/.run
	$(INSTALL) --group spark
	@touch $@

$(VENV)/.bench: $(VENV)/.run
	$(INSTALL) --group bench
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	$(INSTALL) --group dev
	@touch $@
