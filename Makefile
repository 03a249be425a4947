# SPDX-License-Identifier: AGPL-3.0-or-later
#
# make            builds bin/satis and bin/plugins
# make demo       builds and starts a demo network; ARGS="--listen 127.0.0.1:9000" are passed on
# make test       builds and runs all tests, with a real PostgreSQL and a real browser
# make test-node  builds the example plugin in Node and runs its tests; fetches its packages from npm
# make check      vet, staticcheck, format, generated files and modules up to date
# make bench      the measurements of docs/performance.md; BENCH=name PKGS=./core/policy COUNT=5 narrow them
# make bench-policies  five ways to a decision compared (docs/policy-performance.md); fetches cedar-go and OPA
# make clean      removes what was built

SHELL := /bin/sh
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.PHONY: build ui demo test test-node check vet lint format generated modules bench bench-policies clean need-go need-postgres need-chromium hint-postgres

UI      := core/web/ui
# hello is there to be copied.
PLUGINS := $(filter-out hello,$(patsubst plugins/%/plugin.yaml,%,$(wildcard plugins/*/plugin.yaml)))
PKGS    ?= ./...
BENCH   ?= .
COUNT   ?= 5
ARGS    ?=

# Plugins are static: in their jail there is no library to load.
# Paths and the state of the work tree stay out of the binaries: the same source gives the same bytes.
GOBUILD := go build -trimpath -buildvcs=false

build: need-go ui
	@mkdir -p bin/plugins
	$(GOBUILD) -o bin/satis ./cmd/satis
	@set -e; for name in $(PLUGINS); do \
		echo "CGO_ENABLED=0 $(GOBUILD) -o bin/plugins/$$name ./plugins/$$name"; \
		CGO_ENABLED=0 $(GOBUILD) -o bin/plugins/$$name ./plugins/$$name; \
		if [ -f plugins/$$name/plugin.yaml ]; then cp plugins/$$name/plugin.yaml bin/plugins/$$name.yaml; fi; \
	done

# The style sheet is cut down to what templates and Go code use: both are inputs.
UI_INPUTS := $(wildcard $(UI)/package.json $(UI)/package-lock.json $(UI)/*.mjs) \
	$(shell find $(UI)/src core/web/templates core/web/texts -type f 2>/dev/null) $(filter-out %_test.go,$(wildcard core/web/*.go))

ifneq ($(shell command -v npm 2>/dev/null),)
ui: $(UI)/dist/manifest.json

$(UI)/node_modules/.package-lock.json: $(UI)/package-lock.json $(UI)/package.json
	cd $(UI) && npm ci --no-audit --no-fund
	@touch $@

$(UI)/dist/manifest.json: $(UI_INPUTS) $(UI)/node_modules/.package-lock.json
	cd $(UI) && npm run --silent build
	@touch $@
else
ui:
	@[ -f $(UI)/dist/manifest.json ] || echo "warning: npm is missing, so the pages get a plain style sheet only; install it for the full look: apt-get install npm (macOS: brew install node)" >&2
endif

demo: build hint-postgres
	@exec bin/satis demo $(ARGS)

test: need-postgres need-chromium build
	go test -timeout 20m $(PKGS)

# Behind a build tag: who writes Go only needs no Node for it.
test-node: need-go
	@command -v npm >/dev/null 2>&1 || { echo "Node 20 or newer with npm is needed: apt-get install npm (macOS: brew install node)" >&2; exit 1; }
	go vet -tags node ./sdk/examples/node
	go test -tags node -count 1 -timeout 15m ./sdk/examples/node

check: vet lint format generated modules

vet: need-go
	go vet ./...

lint: need-go
	go tool staticcheck ./...

format: need-go
	@bad=$$(find . \( -name node_modules -o -name .git -o -name bin \) -prune -o -name '*.go' -print | xargs gofmt -l); \
	if [ -n "$$bad" ]; then echo "not formatted, run gofmt -w on:"; echo "$$bad"; exit 1; fi

# Generates anew and compares; it works outside a git work tree too.
SUMS = find . \( -name node_modules -o -name dist -o -name .git -o -name bin -o -name .satis -o -name .screens \) -prune -o -type f -print | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cksum
generated: need-go
	@set -e; tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	$(SUMS) > "$$tmp/before"; go generate ./...; $(SUMS) > "$$tmp/after"; \
	if ! diff "$$tmp/before" "$$tmp/after" > "$$tmp/diff"; then \
		echo "generated files were out of date and are written anew, commit them:"; \
		sed -n 's/^> [0-9]* [0-9]* /  /p' "$$tmp/diff"; exit 1; \
	fi

modules: need-go
	go mod verify
	go mod tidy -diff

# One package after the other: two at once would measure each other.
bench: need-postgres build
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) -p 1 -timeout 2h $(PKGS)

# A module of its own: what it compares with is no dependency of the product.
bench-policies: need-go
	cd core/policy/compare && go run .

clean:
	rm -rf bin
	find $(UI)/dist -mindepth 1 ! -name .keep -delete

need-go:
	@command -v go >/dev/null 2>&1 || { echo "Go 1.26 or newer is needed: https://go.dev/dl" >&2; exit 1; }

HAVE_POSTGRES = command -v initdb >/dev/null 2>&1 || \
	ls /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb /usr/local/pgsql/bin/initdb /usr/libexec/postgresql*/initdb \
	/opt/homebrew/opt/postgresql*/bin/initdb /usr/local/opt/postgresql*/bin/initdb \
	/Applications/Postgres.app/Contents/Versions/*/bin/initdb 2>/dev/null | grep -q .

need-postgres:
	@$(HAVE_POSTGRES) || { echo "PostgreSQL 15 or newer is needed: apt-get install postgresql (macOS: brew install postgresql@17)" >&2; exit 1; }

# The demo fetches a PostgreSQL where it can: no reason to stop.
hint-postgres:
	@$(HAVE_POSTGRES) || echo "note: no PostgreSQL is installed, the demo tries to fetch one; if that fails: apt-get install postgresql (macOS: brew install postgresql@17)" >&2

need-chromium:
	@for name in chromium chromium-browser google-chrome google-chrome-stable chrome headless-shell; do \
		command -v $$name >/dev/null 2>&1 && exit 0; done; \
	[ -d "/Applications/Google Chrome.app" ] || [ -d "/Applications/Chromium.app" ] || \
	{ echo "Chromium is needed by the browser tests: apt-get install chromium (macOS: brew install --cask chromium)" >&2; exit 1; }
