# What it takes to build, test and check decore. `make help` lists the targets.
SHELL := /bin/bash
.DELETE_ON_ERROR:

GO ?= go
LINT_VERSION := v2.15.0
TOOLS := $(shell $(GO) env GOPATH)/bin
LINT := $(TOOLS)/golangci-lint-$(LINT_VERSION)
TEST_TIMEOUT ?= 20m
HISTORIES_TIMEOUT ?= 40m

.PHONY: help test histories lint fuzz bench demo

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

test: ## run all tests with the race detector
	@command -v gcc >/dev/null || { apt-get update -qq && apt-get install -y -qq gcc libc6-dev; }
	CGO_ENABLED=1 $(GO) test -race -timeout $(TEST_TIMEOUT) ./...

lint: $(LINT) ## vet, formatting, golangci-lint
	@files=$$(gofmt -l chaincode gateway adapters fixtures network); test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; }
	$(GO) vet ./...
	$(LINT) run ./...

$(LINT):
	GOBIN=$(TOOLS)/.lint-$(LINT_VERSION) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv $(TOOLS)/.lint-$(LINT_VERSION)/golangci-lint $(LINT) && rmdir $(TOOLS)/.lint-$(LINT_VERSION)

histories: ## HISTORIES random histories of goods and receivables (default 10000) against independent books, from seed SEED on
	DECORE_HISTORIES=$${HISTORIES:-10000} DECORE_SEED=$${SEED:-1} $(GO) test -timeout $(HISTORIES_TIMEOUT) -v -run '^TestAnyHistoryConserves' ./chaincode/contract | grep -vE '^ *(=== |--- PASS)'; test $${PIPESTATUS[0]} -eq 0

fuzz: ## every fuzz target for FUZZTIME each (default 20s)
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $${FUZZTIME:-20s} $$pkg; done; done

bench: ## the benchmarks behind the figures of the documents
	$(GO) test -run '^$$' -bench . -benchtime $${BENCHTIME:-2s} ./...

demo: ## play the story on the embedded ledger and stop
	$(GO) run ./gateway demo --exit
