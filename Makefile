# `make help` lists what can be done. Every target sets up what it needs; nothing has to be run first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

PYENV_ROOT ?= $(HOME)/.pyenv
# Lambda's version first, wherever it is; then whatever this machine has. Each is run before it is believed:
# a pyenv shim may exist for a version that is not selected.
PYTHON_313 := python3.13 $(sort $(wildcard $(PYENV_ROOT)/versions/3.13.*/bin/python3.13))
PYTHONS := $(PYTHON) $(PYTHON_313) python3.12 python3.11 python3 python

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export SAM_CLI_TELEMETRY := 0
# Empty: where a machine forbids it, each of the many processes here would compile all that it imports again.
export PYTHONDONTWRITEBYTECODE :=

# What makes a Python usable. The Lambdas' own version must be exactly that and have pip, which sam calls.
USABLE := 'import sys, venv; from importlib.util import find_spec as f; sys.exit(sys.version_info < (3, 11) or not (f("pip") or f("ensurepip")))'
USABLE_313 := 'import sys, pip; sys.exit(sys.version_info[:2] != (3, 13))'

# $(call find_python,candidates,test,what is needed): sets $$py, or says in one line what is needed.
define find_python
py=; for p in $(1); do if "$$p" -c $(2) >/dev/null 2>&1; then py=$$p; break; fi; done; \
[ -n "$$py" ] || { echo "kizuna: no usable Python found: $(3)" >&2; exit 1; }
endef

# $(call make_venv,folder,requirements): an environment with what the lock names. Python's own pip serves it from
# outside (quicker than a second pip inside, and Debian's Python without python3-venv can do no other); where there
# is none, ensurepip puts one inside. --no-compile: Python compiles what is imported, when it is imported.
define make_venv
$(call find_python,$(PYTHONS),$(USABLE),needs Python 3.11 or newer with pip (or name one: make PYTHON=/path/to/python3)); \
if "$$py" -m pip --version >/dev/null 2>&1; \
then with=--without-pip pip="$$py -m pip --python $(1)/bin/python"; \
else with= pip="$(1)/bin/python -m pip"; fi; \
if ! $(1)/bin/python -c '' 2>/dev/null; then \
	echo "kizuna: making $(1) with $$("$$py" -V) (once; about half a minute)" >&2; \
	"$$py" -m venv --clear $$with $(1); \
fi; \
$$pip install -qq --no-compile --require-hashes -r $(2)
endef

.PHONY: help
help: ## List the targets.
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: setup
setup: .venv/.ready ## Make .venv: everything locked, and the program (demo and test do it by themselves).
	@echo "ready: .venv/bin/kizuna"

.venv/.ready: requirements.txt pyproject.toml
	@$(call make_venv,.venv,requirements.txt); \
	$$pip install -qq --no-compile --no-build-isolation --no-deps --no-index -e .
	@touch $@

.PHONY: demo
demo: .venv/.ready ## Run a whole day on the embedded platform and show it.
	@.venv/bin/kizuna demo $(ARGS)

# Three keep two cores busy: now and then one waits for the platform or the browser.
WORKERS ?= 3

.PHONY: test
test: .venv/.ready ## Pass the tests (ARGS='-m "not platform" tests/…' narrows them down).
	@.venv/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: faults
faults: .venv/.ready ## Try every fault at every call of a day, and pairs for five minutes; write docs/reliability.md.
	@.venv/bin/python -W ignore -m tests.faults.search --write $(ARGS)

.PHONY: soak
soak: .venv/.ready ## Try pairs of faults for an hour.
	@.venv/bin/python -W ignore -m tests.faults.search --pairs 3600 $(ARGS)

# The SDKs that the plain ways use are no part of this platform: only a bench needs them.
.venv/.bench-ready: .venv/.ready requirements-bench.txt
	@$(call make_venv,.venv,requirements-bench.txt)
	@touch $@

.PHONY: bench
bench: bench-counting bench-sending ## Measure what counting and sending cost, beside the plain ways.

.PHONY: bench-counting
bench-counting: .venv/.ready ## Measure what counting AU costs.
	@.venv/bin/python -m bench.census $(ARGS)

.PHONY: bench-sending
bench-sending: .venv/.bench-ready ## Measure what sending costs; keep it in bench/results/ (ARGS=--memory: a job of 100,000 too).
	@.venv/bin/python -m bench.sending $(ARGS)

.PHONY: lint
lint: .venv/.ready ## Ruff: rules and format.
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

.PHONY: format
format: .venv/.ready ## Let ruff format and mend what it can.
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

.PHONY: types
types: .venv/.ready ## Mypy, strict, on all that ships and on cli/ and local/.
	@.venv/bin/mypy

.PHONY: deploy-tools
deploy-tools: .venv-deploy/.ready ## Make .venv-deploy: sam, cfn-lint, uv, bandit, pip-audit (the targets below do it by themselves).

.venv-deploy/.ready: requirements-deploy.txt
	@$(call make_venv,.venv-deploy,requirements-deploy.txt)
	@touch $@

# sam reads samconfig.toml here (with -t it would look for one beside the template) and calls python3.13 and its pip.
SAM = $(call find_python,$(PYTHON_313),$(USABLE_313),the build needs Python 3.13 with pip, which the Lambdas run on); \
PATH="$$(dirname "$$("$$py" -c 'import sys; print(sys.executable)')"):$$PATH" $(CURDIR)/.venv-deploy/bin/sam
# $(call quietly,log): what a command said is shown only if it failed.
quietly = >$(1) 2>&1 || { cat $(1) >&2; exit 1; }

.PHONY: build
build: .venv-deploy/.ready ## Build the Lambdas and their layer for AWS into .aws-sam/build.
	@mkdir -p .aws-sam
	@$(SAM) build $(call quietly,.aws-sam/build.log)
	@echo "built: .aws-sam/build"

# What was built for another kind of processor can only be looked at: so the same sources are built for this one too.
# Its own working folder, because sam's cache there and here would else throw each other out.
MACHINE := $(subst aarch64,arm64,$(shell uname -m))
.PHONY: build-check
build-check: build ## Import every handler from its artefact and the layer alone; weigh them.
	@$(call find_python,$(PYTHON_313),$(USABLE_313),the check needs Python 3.13); \
	.venv-deploy/bin/python infra/build_check.py .aws-sam/build --architecture arm64 --python "$$py"
ifneq ($(MACHINE),arm64)
	@mkdir -p .aws-sam/check
	@cd .aws-sam/check; $(SAM) build -t $(CURDIR)/infra/template.yaml --cached --parallel \
		--parameter-overrides Architecture=$(MACHINE) $(call quietly,build.log)
	@$(call find_python,$(PYTHON_313),$(USABLE_313),the check needs Python 3.13); \
	.venv-deploy/bin/python infra/build_check.py .aws-sam/check/.aws-sam/build --architecture $(MACHINE) --python "$$py"
endif

.PHONY: validate
validate: .venv-deploy/.ready ## Check the template: sam validate --lint, cfn-lint.
	@.venv-deploy/bin/sam validate
	@.venv-deploy/bin/cfn-lint --regions ap-northeast-1 -- infra/template.yaml

# Where the package index tells no advisories, pip-audit says of each package that it could not be audited.
.PHONY: audit
audit: .venv-deploy/.ready ## Bandit on the sources; pip-audit on what is locked.
	@.venv-deploy/bin/bandit -q -c pyproject.toml -r functions shared cli local infra
	@.venv-deploy/bin/pip-audit --progress-spinner off --disable-pip --require-hashes -r requirements.txt

.PHONY: check
check: lint types audit test validate build-check ## Everything that must hold before a change goes in.

# Versions stay as they are unless asked: make lock UPGRADE=--upgrade (or UPGRADE='--upgrade-package pydantic').
# The Lambdas' locks follow requirements.txt and name only what has a wheel for Lambda. No index's name is written.
LOCK = .venv-deploy/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make lock' $(UPGRADE)
LAMBDA_LOCKS := $(patsubst %.in,%.txt,$(wildcard shared/requirements.in functions/*/requirements.in))
.PHONY: lock
lock: .venv-deploy/.ready ## Make all requirements*.txt from their .in files.
	@$(LOCK) --universal --python-version 3.11 requirements.in -o requirements.txt
	@$(LOCK) --universal --python-version 3.11 requirements-deploy.in -o requirements-deploy.txt
	@$(LOCK) --universal --python-version 3.11 requirements-bench.in -o requirements-bench.txt
	@for txt in $(LAMBDA_LOCKS); do \
		$(LOCK) --python-platform aarch64-manylinux2014 --python-version 3.13 --only-binary :all: \
			-c requirements.txt "$${txt%.txt}.in" -o "$$txt"; \
	done

TOKENS := 1.1.9

.PHONY: tokens
tokens: ## Fetch the Digital Agency's design tokens into the console's stylesheet.
	@folder=$$(mktemp -d) && npm pack --silent --pack-destination $$folder @digital-go-jp/design-tokens@$(TOKENS) >/dev/null && \
	tar xzf $$folder/*.tgz -C $$folder && cp $$folder/package/LICENSE functions/console/static/tokens.LICENSE && \
	{ sed -n '1,/\*\//p' functions/console/static/tokens.css; sed -n '/^:root/,$$p' $$folder/package/dist/tokens.css; } > $$folder/tokens.css && \
	mv $$folder/tokens.css functions/console/static/tokens.css && rm -r $$folder

.PHONY: clean
clean: ## Remove environments, builds and caches.
	@rm -rf .venv .venv-deploy .aws-sam build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
