# Two commands: `make run` serves the demo city on http://localhost:8080,
# `make test` runs every test. Both fetch what is missing once; the second time
# they need no network.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: help run build fetch fetch-run fetch-all test bench golden lint clean

PACKAGES := ./...
TESTFLAGS ?=
export CGO_ENABLED := 1

# Each line below asks cmd/fetch/setup.sh for the go command first: it installs
# or names missing system packages.
go_for = go=$$(cmd/fetch/setup.sh $(1)); export PATH="$$(dirname "$$go"):$$PATH"

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: build ## build, set up and serve the demo city
	@exec bin/huying serve --demo

# A tree that git will not read (another user's) is built without its commit.
build: fetch-run ## write bin/huying
	@$(call go_for,run); vcs=auto; git rev-parse HEAD >/dev/null 2>&1 || vcs=false; \
	go build -trimpath -buildvcs=$$vcs -o bin/huying ./cmd/huying

fetch: fetch-all ## fetch once what building, running and testing need

fetch-run:
	@$(call go_for,run); go run ./cmd/fetch -what run && cmd/fetch/setup.sh mark run

fetch-all:
	@$(call go_for,test); go run ./cmd/fetch -what all && cmd/fetch/setup.sh mark run && cmd/fetch/setup.sh mark test

test: fetch-all ## every test, with the real PostgreSQL, model and browser
	@$(call go_for,test); go vet $(PACKAGES); go test -timeout 30m $(TESTFLAGS) $(PACKAGES)

bench: build ## speed, each figure a ratio within one run
	@bin/huying bench $(addprefix --texts ,$(wildcard ../shared/data/text/dongguan.jsonl))

# Speed is left out: it tells of the machine. PARTS=labels measures and
# replaces only what that part has.
PARTS ?= catalogue,labels,units,urgency,answers,extract
golden: build ## measure anew and write eval/golden.json, for review (half an hour)
	@bin/huying eval ../shared/data --only $(PARTS) --golden eval/golden.json

lint: fetch-all ## vet and golangci-lint, if installed
	@$(call go_for,test); go vet $(PACKAGES); ! command -v golangci-lint >/dev/null || golangci-lint run

clean: ## remove what the build wrote; cache and data stay
	@rm -rf bin server/static/vendor
