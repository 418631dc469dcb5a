# The commands of everyday work. What they install goes to .tools/.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT)

.PHONY: help demo build test lint bench soak fuzz clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

demo: ## build sluice and watch it work on 60 files, in a folder of its own
	@go run ./cmd/sluice demo

build: ## build bin/sluice
	@go build -ldflags '$(LDFLAGS)' -o bin/sluice ./cmd/sluice

test: ## install what the tests need and is missing, and run every test
	@scripts/test

lint: ## run the linters of .golangci.yml
	@scripts/tools golangci-lint
	@.tools/bin/golangci-lint run ./...

bench: build ## measure against the I/O floor and other tools; CASE=name for one case
	@scripts/tools s3sim bench-python postgres mariadb pgloader
	@go run ./bench $(CASE)

fuzz: ## run every fuzz target for 30 seconds
	@scripts/fuzz 30s

soak: ## hours of fuzzing and of kill -9 at random moments
	@SLUICE_SOAK=1 scripts/test -count=1 -timeout 6h ./...
	@scripts/fuzz 10m

clean: ## remove what was built and measured; tools stay
	@rm -rf bin bench/data bench/out
