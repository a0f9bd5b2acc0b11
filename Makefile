# Two commands: `make run` serves the product, `make test` proves it.
SHELL := /bin/bash
PYTHON ?= python3
# Compiled code is kept, whatever the machine says: without it every start takes seconds longer.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# The lists are whole, so nothing is resolved here: pip before 23.3 would look at newer releases of
# what is asked for with extras, and refuse them for their missing hash.
INSTALL := $(PIP) install --quiet --require-hashes --only-binary :all: --no-deps
NEED := PYTHON=$(PYTHON) requirements/debian.sh

.PHONY: run test programs format lint types layers suite suite-sqlite suite-postgresql journeys
.PHONY: install uninstall bench faults looks lighthouse audio lock clean

run: .venv/run.stamp
	@exec $(BIN)/python wsgi.py

test: programs .venv/dev.stamp format lint types layers suite

# An environment whose Python has gone is made anew; one that works is only brought up to date.
# Only what is really imported gets compiled, at the first start: that is quicker than all of it.
.venv/run.stamp: requirements/run.txt
	@$(NEED) python
	@$(NEED) pdf || echo "Không bắt buộc: thiếu thì báo cáo chỉ in từ trình duyệt / Optional"
	@$(BIN)/python -c pass 2>/dev/null || { rm -rf .venv && $(PYTHON) -m venv .venv; }
	@echo "Đang cài thư viện / Installing libraries: $<"
	@$(INSTALL) --no-compile -r $<
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	@echo "Đang cài thư viện / Installing libraries: $<"
	@$(INSTALL) -r $<
	@$(PIP) check
	@touch $@

programs:
	@$(NEED) python chromium postgresql pdf proxy compiler sealing

format: .venv/dev.stamp
	$(BIN)/ruff format --check .

lint: .venv/dev.stamp
	$(BIN)/ruff check .

types: .venv/dev.stamp
	$(BIN)/mypy

layers: .venv/dev.stamp
	$(BIN)/lint-imports

suite: suite-sqlite suite-postgresql journeys

# What opens the database is asked on both engines, the rest once, and so are the journeys in a browser.
SIDE_BY_SIDE ?= -n 2 --dist worksteal
suite-sqlite: programs .venv/dev.stamp
	$(BIN)/pytest -q $(SIDE_BY_SIDE) --engine=sqlite -m "not journey"

# They wait as a person does, so four on two cores take two thirds of the time of two. They measure as
# a person does, too: what failed beside others is asked again alone, and that answer stands.
JOURNEYS_BESIDE ?= -n 4 --dist worksteal
journeys: programs .venv/dev.stamp
	$(BIN)/pytest -q $(JOURNEYS_BESIDE) --engine=sqlite -m journey || $(BIN)/pytest -q --engine=sqlite \
		-m journey --last-failed --last-failed-no-failures none

suite-postgresql: programs .venv/dev.stamp
	$(BIN)/pytest -q $(SIDE_BY_SIDE) --engine=postgresql -m "not journey"

# QUICK=1 measures less, in under two minutes.
bench: programs .venv/dev.stamp
	$(BIN)/python -m bench $(if $(QUICK),--quick)

# The long form of the faults: 200 devices with 10 000 ratings, on both engines.
faults: programs .venv/dev.stamp
	@$(NEED) mail
	FAULTS=long $(BIN)/pytest -q -s --engine=sqlite tests/faults
	FAULTS=long $(BIN)/pytest -q -s --engine=postgresql tests/faults

# Every screen at every size, in both languages and with every helper, looked at and asked by axe.
looks: programs .venv/dev.stamp
	FAULTS=long $(BIN)/pytest -q --engine=sqlite tests/journeys/test_kiosk_looks.py \
		tests/journeys/test_kiosk_access.py tests/journeys/test_phone_looks.py \
		tests/journeys/test_public_access.py tests/journeys/test_admin_rooms.py

# Needs Node and, once, the network.
lighthouse: programs .venv/dev.stamp
	@[ -e build/lighthouse/node_modules/lighthouse ] || npm install --no-audit --no-fund \
		--ignore-scripts --prefix build/lighthouse lighthouse@12.8.2
	$(BIN)/python -m tests.lighthouse

audio:
	$(PYTHON) -B static/audio/make_speech.py

# Needs uv; the lists carry hashes and no address of any registry.
lock:
	uv pip compile pyproject.toml --extra postgres --extra pdf --extra oidc \
		-o requirements/run.txt
	uv pip compile pyproject.toml --extra postgres --extra pdf --extra oidc --group dev \
		-c requirements/run.txt -o requirements/dev.txt

# As root, on Debian 12 and 13: services of systemd. DESTDIR and PREFIX as usual; installing again
# upgrades; uninstalling keeps the data. See docs/operations.md.
install:
	@[ -n "$(DESTDIR)" ] || $(NEED) python
	@[ -n "$(DESTDIR)" ] || $(NEED) pdf || echo "Vẫn cài tiếp; thư tháng chưa kèm được PDF / \
	Installing goes on; monthly letters go without their PDF"
	@PYTHON=$(PYTHON) DESTDIR=$(DESTDIR) systemd/install.sh install

uninstall:
	@DESTDIR=$(DESTDIR) systemd/install.sh uninstall

clean:
	rm -rf .venv build dist
