# Each target first makes .venv through bootstrap.sh, or finds it up to date in a moment.
#   PYTHON=/path/to/python3.12   the interpreter to make .venv from
#   ARGS="..."                   further words for pytest, jupyter lab or the benchmarks
#   JOBS=4                       processes for the tests and `make validate` (default 2)

BIN := .venv/bin
JOBS ?= 2
# a machine that forbids .pyc files makes every kernel and test process compile its code again
unexport PYTHONDONTWRITEBYTECODE
REPORT := results/demo/report/index.html

.DEFAULT_GOAL := help
.PHONY: help env study test test-spark lab report check bench validate lock clean

help:
	@echo 'make study     simulate the demo country and run every notebook on it'
	@echo 'make report    say where its report is (runs the study if there is none)'
	@echo 'make lab       open the notebooks in JupyterLab on the demo country'
	@echo 'make test      run the tests; ARGS="-k word" or ARGS="-m \"not slow and not validate\""'
	@echo 'make test-spark  parity of DuckDB and Spark (Java 17; its own .venv-spark, 2 GB)'
	@echo 'make check     lint, format and types'
	@echo 'make validate  check the estimators on many synthetic countries (long)'
	@echo 'make bench     time and memory against other tools (long)'
	@echo 'make lock      resolve requirements.lock again; UPGRADE=1 for newest versions'
	@echo 'make clean     remove .venv, .tools and caches; data and results stay'

env:
	@sh bootstrap.sh

study: env
	$(BIN)/infiltrate simulate demo --out data/demo
	$(BIN)/infiltrate run params/demo.yaml --data data/demo --out results/demo

# tests already run side by side: threads of one that wait for a core would only spin
test: env
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

# pyspark is no part of the everyday lock: 478 MB, and built from source
SPARK := .venv-spark
$(SPARK)/.stamp: requirements.lock pyproject.toml
	@uv=$$(sh bootstrap.sh uv) && set -x && \
	"$$uv" venv -q --allow-existing --python "$${PYTHON:-python3}" $(SPARK) && \
	"$$uv" pip install -q --python $(SPARK)/bin/python -r requirements.lock && \
	"$$uv" pip install -q --python $(SPARK)/bin/python -e '.[spark]' && touch $@

test-spark: $(SPARK)/.stamp
	$(SPARK)/bin/python -m pytest -n0 tests/engines tests/health/test_sql.py $(ARGS)

# the notebooks open on the demo country, so it must have been run; of several kernels called
# python3 that of .venv counts, wherever JupyterLab is started from
lab: env
	@test -f results/demo/manifest.json || $(MAKE) --no-print-directory study
	@$(BIN)/python -m ipykernel install --sys-prefix --name python3 --display-name 'Python 3 (infiltrate)' >/dev/null
	JUPYTER_PREFER_ENV_PATH=1 $(BIN)/jupyter lab notebooks $(ARGS)

report: env
	@test -f $(REPORT) || $(MAKE) --no-print-directory study
	@echo $(CURDIR)/$(REPORT)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		$(BIN)/python -m webbrowser "file://$(CURDIR)/$(REPORT)" >/dev/null; fi

check: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src

# goes on where it stopped; the tables in docs/validation.md are written again
VALIDATION := results/validation
RANKED := base,hard,adversarial,no_effect
PLANTED := base,high,no_impact
MISTAKES := base:wrong-entries-x0,base:wrong-entries-x3,base:flipped-exposure
DATE ?= $(shell date +%F)

# pytest says 5 when it found nothing to run
validate: env
	$(BIN)/infiltrate validate --scenarios all,$(MISTAKES) --countries 40 --firms 20000 \
		--seed 1000 --jobs $(JOBS) --out $(VALIDATION)
	$(BIN)/infiltrate validate --what ranking --scenarios $(RANKED) --countries 20 --firms 20000 \
		--seed 1000 --jobs $(JOBS) --out $(VALIDATION)
	$(BIN)/infiltrate validate --what impact --scenarios $(PLANTED) --countries 100 --firms 20000 \
		--seed 1000 --jobs $(JOBS) --out $(VALIDATION)
	$(BIN)/infiltrate validate --what drivers --scenarios high --countries 48 --firms 8000 \
		--seed 1 --jobs $(JOBS) --out $(VALIDATION)
	$(BIN)/python -m infiltrate.validation.document $(VALIDATION) docs/validation.md --date $(DATE)
	@$(BIN)/python -m pytest -m validate -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS); status=$$?; \
	if [ $$status = 5 ]; then echo 'There is no validation test yet.'; else exit $$status; fi

bench: env
	@if [ -f benchmarks/__main__.py ]; then $(BIN)/python -m benchmarks $(ARGS); \
	else echo 'There is no benchmark yet.'; fi

# Pins already in the files stay unless UPGRADE is set.
COMPILE := pip compile -q --universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock'
lock:
	@uv=$$(sh bootstrap.sh uv) && set -x && \
	"$$uv" $(COMPILE) $(if $(UPGRADE),--upgrade) --fork-strategy fewest --group dev pyproject.toml -o requirements.lock && \
	echo uv | "$$uv" $(COMPILE) $(if $(UPGRADE),--upgrade) - -o requirements-uv.lock

clean:
	rm -rf .venv .venv-spark .venv.lock .tools .mypy_cache .pytest_cache .ruff_cache .hypothesis .pytask build dist
	find src tests notebooks benchmarks docs -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
