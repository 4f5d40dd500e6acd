# Everything a maintainer runs. `make` lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := go run golang.org/x/vuln/cmd/govulncheck@v1.9.0
OAPI_CODEGEN  := github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
# A count, because go test of Go 1.26 can fail at the end of a duration (golang/go#75804).
FUZZTIME      ?= 20000x

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: demo
demo: ## the nine calls and one signed delivery, offline
	go run ./cmd/docspace-webhooks demo

.PHONY: portal
portal: ## the embedded portal on 127.0.0.1:8092
	go run ./cmd/docspace-webhooks portal --addr 127.0.0.1:8092

.PHONY: generate
generate: ## make gen/ from openapi/webhooks.yaml
	go generate ./...

.PHONY: generate-check
generate-check: ## prove that gen/ is what the contract generates; the tree stays as it is
	@out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; \
	go build -o "$$out/oapi-codegen" $(OAPI_CODEGEN); cp -r openapi "$$out"; mkdir "$$out/gen"; \
	(cd "$$out" && ./oapi-codegen -config openapi/oapi-codegen.yaml openapi/webhooks.yaml); \
	diff -r "$$out/gen" gen && echo "gen/ is what openapi/webhooks.yaml generates"

.PHONY: fmt
fmt: ## format the code
	$(GOLANGCI_LINT) fmt ./...

.PHONY: fmt-check
fmt-check: ## is the code formatted?
	$(GOLANGCI_LINT) fmt --diff ./...

.PHONY: vet
vet: ## go vet
	go vet ./...

.PHONY: lint
lint: ## golangci-lint, pinned
	$(GOLANGCI_LINT) run ./...

.PHONY: tidy-check
tidy-check: ## are go.mod and go.sum tidy?
	go mod tidy -diff

.PHONY: test
test: ## all tests
	go test ./...

.PHONY: race
race: ## all tests under the race detector
	go test -race ./...

.PHONY: jsonv2
jsonv2: ## the tests on a toolchain with encoding/json/v2, which api reads answers by
	GOTOOLCHAIN=go1.27.1 go vet ./...
	GOTOOLCHAIN=go1.27.1 go test ./...

.PHONY: cover
cover: ## coverage by package, of all tests together
	go test -coverpkg=./... -coverprofile=coverage.out ./... >/dev/null && go tool cover -func=coverage.out | tail -1

.PHONY: conformance
conformance: ## the contract against the fixtures, with the figures
	go test -count=1 -v -run Conformance . ./openapi/...

.PHONY: services
services: ## start what the adapters' tests speak to and does not answer yet, from Debian's packages
	@.ci/services

.PHONY: adapters
adapters: ## the nested module: tidy, vet, lint, tests under the race detector (see services)
	cd adapters && go mod tidy -diff && go vet ./...
	cd adapters && $(GOLANGCI_LINT) fmt --config ../.golangci.yml --diff ./...
	cd adapters && $(GOLANGCI_LINT) run --config ../.golangci.yml ./...
	cd adapters && go test -race ./...

.PHONY: replay
replay: ## the transcripts played to the portal, with the figures
	go test -count=1 -v -run Replay . | grep -E 'replayed|asked|excused|^(ok|FAIL|---)'

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (20000x)
	@.ci/fuzz $(FUZZTIME)

.PHONY: vuln
vuln: ## known vulnerabilities, where their database can be reached
	@.ci/vuln $(GOVULNCHECK)
	@cd adapters && ../.ci/vuln $(GOVULNCHECK)

.PHONY: bench
bench: ## the benchmarks of the client and the receiver
	go test -run '^$$' -bench . ./api ./receiver

.PHONY: load
load: ## the load tests of the receiver, in memory and on Redis, with their tables
	go test -count=1 -v -run Load ./receiver
	cd adapters && go test -count=1 -v -run Load ./redisdedup

.PHONY: deps-check
deps-check: ## what users of api and receiver link besides the standard library, against .ci/deps.txt
	@diff .ci/deps.txt <(.ci/deps) && echo "api and receiver link what .ci/deps.txt says"

.PHONY: size
size: ## what api costs: packages, size of a binary, size of the module's zip
	@.ci/size

.PHONY: readme-check
readme-check: ## do README's code, tables and commands match the module?
	go test -count=1 -run README .

.PHONY: ci
ci: fmt-check vet lint generate-check tidy-check race jsonv2 services adapters fuzz vuln readme-check deps-check size ## all checks
