# Two commands: `make run` serves the demo city on http://localhost:8080,
# `make test` runs every test. Both fetch what is missing once; the second time
# they need no network.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: run build test bench lint fetch fetch-run fetch-all clean help

PACKAGES := ./...
TESTFLAGS ?=

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: build ## build, set up and serve the demo city
	@exec bin/huying serve --demo

build: fetch-run ## write bin/huying
	@go=$$(cmd/fetch/setup.sh run) && CGO_ENABLED=1 "$$go" build -trimpath -o bin/huying ./cmd/huying

fetch: fetch-all ## fetch once what building, running and testing need

fetch-run:
	@go=$$(cmd/fetch/setup.sh run) && "$$go" run ./cmd/fetch -what run && cmd/fetch/setup.sh mark run

fetch-all:
	@go=$$(cmd/fetch/setup.sh test) && "$$go" run ./cmd/fetch -what all && cmd/fetch/setup.sh mark run && cmd/fetch/setup.sh mark test

test: fetch-all ## every test, with the real PostgreSQL, model and browser
	@go=$$(cmd/fetch/setup.sh test) && CGO_ENABLED=1 "$$go" vet $(PACKAGES)
	@go=$$(cmd/fetch/setup.sh test) && CGO_ENABLED=1 "$$go" test -timeout 30m $(TESTFLAGS) $(PACKAGES)

bench: build ## speed, each figure a ratio within one run
	@bin/huying bench

lint: fetch-all ## vet and golangci-lint, if installed
	@go=$$(cmd/fetch/setup.sh test) && "$$go" vet $(PACKAGES) && { ! command -v golangci-lint >/dev/null || golangci-lint run; }

clean: ## remove what the build wrote; cache and data stay
	@rm -rf bin server/static/vendor
