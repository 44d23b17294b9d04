# argmin: `make help` lists what there is. The two commands of the README: `make demo`, `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
NODES ?= 1
CLUSTER ?= argmin
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
RUN_CLUSTER := $(BIN)/python -m tests.cluster
SOURCES := operator solvers tests examples charts
say = @printf '\033[1m==> %s\033[0m\n' "$(1)"

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##### set-up

.PHONY: venv
venv: $(READY) ## Create .venv with every dependency, pinned by hash

$(READY): requirements/dev.txt pyproject.toml
	$(call say,Installing the pinned Python dependencies into $(VENV) (a minute or two))
	$(PYTHON) -c 'import sys; sys.exit("argmin needs Python 3.11 or newer: run make PYTHON=python3.11 …") if sys.version_info < (3, 11) else None'
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.PHONY: lock
lock: $(READY) ## Pin the dependencies anew, with hashes
	for extra in operator solvers dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade pyproject.toml --extra $$extra --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate --python-version 3.11 -o requirements/$$extra.txt; \
	done
	$(BIN)/uv pip compile --quiet --upgrade tests/aws/requirements.in --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --python-version 3.11 -o tests/aws/requirements.txt

##### the cluster

.PHONY: cluster-up cluster-down cluster-status images
cluster-up: $(READY) ## Bring up a development cluster (NODES=1, CLUSTER=argmin)
	$(RUN_CLUSTER) up --name $(CLUSTER) --nodes $(NODES)
cluster-down: $(READY) ## Take the development cluster down, without a trace
	$(RUN_CLUSTER) down --name $(CLUSTER)
cluster-status: $(READY) ## Say what of the development cluster runs
	$(RUN_CLUSTER) status --name $(CLUSTER)
images: $(READY) ## Build the operator's and the solvers' images and load them into the cluster
	$(RUN_CLUSTER) images --name $(CLUSTER)

.PHONY: aws-up aws-down
aws-up: $(READY) ## Start AWS for laptops: S3 and SageMaker, beside the development cluster
	$(BIN)/python -m tests.aws up --name $(CLUSTER) --cluster $(CLUSTER)
aws-down: $(READY) ## Stop it, without a trace
	$(BIN)/python -m tests.aws down --name $(CLUSTER)

.PHONY: demo demo-sagemaker
demo: $(READY) ## Cluster, images, chart, American Steel: see it solved to 15005.0
	$(BIN)/python -m tests.demo --cluster $(CLUSTER)

demo-sagemaker: $(READY) ## The same on SageMaker, by an AWS on this machine
	$(BIN)/python -m tests.demo_sagemaker --cluster $(CLUSTER)

##### checks

.PHONY: lint format
lint: $(READY) ## Ruff, mypy --strict, the import laws, file lengths
	$(call say,Linting)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.house
format: $(READY) ## Format the code
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

.PHONY: api examples generate verify
api: $(READY) ## Generate the CRDs, the chart's copy and roles, and the reference from the models
	$(BIN)/python -m argmin.api.generate .
examples: $(READY) ## Generate the examples' YAML from their Python files
	$(BIN)/python examples/generate.py
generate: api examples ## Generate everything that is generated
verify: $(READY) ## Generate everything anew and fail on a difference
	$(call say,Verifying that generated files are up to date)
	$(BIN)/python -m tests.generated

##### tests

.PHONY: test programs test-unit test-solvers test-laptop test-aws test-kube test-e2e bench
# Quick answers first. Tests that wait more than they compute run several at a time.
test: programs lint verify test-unit test-solvers test-kube test-laptop test-aws test-e2e ## Everything that passes without a cloud account
programs: $(READY)
	$(call say,Building what is missing of the cluster's programs and the images in the background)
	nice $(BIN)/python -m tests.cluster prepare >/dev/null 2>&1 </dev/null &
test-unit: $(READY) ## Pure and fast: under a minute
	$(call say,Unit tests)
	$(BIN)/python -m tests.solver_programs
	$(BIN)/pytest tests/unit tests/contract --numprocesses=auto
test-solvers: $(READY) ## The runner with real solvers
	$(call say,Tests of the runner with real solvers)
	$(BIN)/python -m tests.solver_programs
	SOLVER_LIBRARY=highspy $(BIN)/pytest tests/solvers --numprocesses=auto
	SOLVER_LIBRARY=ortools $(BIN)/pytest tests/solvers --numprocesses=auto
test-laptop: $(READY) ## The examples, where nothing but pip brought the solvers
	$(call say,Tests of an installation by pip alone)
	$(BIN)/pytest tests/laptop -m laptop --timeout=900
test-aws: $(READY) ## Against the AWS of the tests: S3 and SageMaker over HTTP
	$(call say,Tests against the AWS of the tests)
	$(BIN)/pytest tests/aws -m aws --numprocesses=6 --dist=worksteal --timeout=900
test-kube: $(READY) ## Against a real API server
	$(call say,Tests against a real API server)
	$(BIN)/pytest tests/kube -m kube --numprocesses=6
test-e2e: $(READY) ## On a real cluster with real pods
	$(call say,End-to-end tests on a real cluster)
	$(BIN)/python -m tests.solver_programs
	$(BIN)/pytest tests/e2e -m e2e --numprocesses=5
bench: $(READY) ## Measure, and write docs/benchmarks.md
	$(call say,Benchmarks)
	$(BIN)/python -m tests.bench

HUNT_SECONDS ?= 600
HUNT_SEED ?= 1
HUNT_FOLDER ?= hunt
.PHONY: hunt
hunt: $(READY) ## Hunt for wrong answers (HUNT_SECONDS=600, HUNT_SEED=1, HUNT_FOLDER=hunt, to go on)
	$(call say,Hunting for wrong answers)
	$(BIN)/python -m tests.hunt --seconds $(HUNT_SECONDS) --seed $(HUNT_SEED) --resume $(HUNT_FOLDER)

.PHONY: clean
clean: ## Remove the virtual environment and caches of this checkout
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
