# The index of what one can do here.
COMPOSE = docker compose -f docker-compose.monitoring.yml

.PHONY: help up down test lint advisories rules dashboards reference e2e e2e-queries e2e-engine bench fuzz release sbom stage deb rpm

help:
	@echo 'make up      start the stack (Prometheus, Alertmanager, Grafana, exporter, relay)'
	@echo 'make down    stop it; what it has stored stays'
	@echo 'make test    everything below, and all tests; installs what it needs where it may'
	@echo 'make lint    formatting, clippy, dependencies'
	@echo 'make advisories  known faults of dependencies; asks their database, and needs cargo-deny (deploy/scripts/setup.sh deny)'
	@echo 'make rules   alert rules, routes and the compose file'
	@echo 'make dashboards  write the JSON in grafana/dashboards anew'
	@echo 'make reference  write the references in deploy/reference anew'
	@echo 'make e2e     the whole-stack stories: real Docker, Prometheus, Alertmanager, databases, mail'
	@echo 'make e2e-queries  every query of every dashboard and rule, put to a Prometheus that scrapes the whole stack'
	@echo 'make e2e-engine  an engine stopped, killed, hung and upgraded under load'
	@echo 'make bench   the costs beside their goals, and beside those of NODE_EXPORTER and CADVISOR'
	@echo 'make release  both programs as they are released; deploy/scripts/check-reproducible.sh builds them twice and compares'
	@echo 'make sbom    what both are made of, as CycloneDX JSON, in target/sbom'
	@echo 'make stage   what a package installs, in target/stage; deploy/systemd/install.sh takes it from there'
	@echo 'make deb     Debian packages of both programs, in target/packages'
	@echo 'make rpm     RPM packages of both, likewise; needs rpmbuild'
	@echo 'make fuzz    noise into all that reads, a minute each; needs cargo-fuzz and a nightly compiler'

up:
	$(COMPOSE) up -d

down:
	$(COMPOSE) down

test:
	deploy/scripts/test.sh

lint:
	deploy/scripts/setup.sh tools
	deploy/scripts/lint.sh

advisories:
	PATH=$$PATH:$(CACHE)/bin cargo-deny --locked check advisories

rules:
	deploy/scripts/setup.sh tools engine
	deploy/scripts/check-stack.sh

dashboards:
	cargo run --locked --quiet --package seamark-grafana -- write

reference:
	UPDATE=1 cargo test --locked --quiet --package seamark-kit --package seamark-exporter --package seamark-relay --test reference --test metrics

e2e:
	deploy/scripts/setup.sh tools engine
	deploy/e2e/run
	deploy/e2e/operations
	deploy/e2e/readme
	deploy/e2e/services

e2e-queries:
	deploy/scripts/setup.sh tools engine
	deploy/e2e/queries --build

# Where cargo builds, whatever CARGO_TARGET_DIR says.
TARGET = $(shell cargo metadata --offline --no-deps --format-version 1 | jq -r .target_directory)
CACHE = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/seamark

# The programs that the costs are held to. cAdvisor is not brought: name one.
PEER = $(CACHE)/bin/node_exporter
NODE_EXPORTER ?= $(PEER)
CADVISOR ?=

# Without engines of other versions nothing is upgraded: RELEASES="DIR DIR", folders with their packages unpacked, the
# oldest first.
e2e-engine:
	deploy/scripts/setup.sh tools
	cargo build --locked --package seamark-exporter
	deploy/e2e/engine $(TARGET)/debug/seamark-exporter $(foreach each,$(RELEASES),--release $(each))

bench:
	deploy/scripts/setup.sh tools $(if $(filter $(PEER),$(NODE_EXPORTER)),peer)
	cargo build --locked --release
	cargo build --locked --release --package seamark-relay --example load
	NODE_EXPORTER=$(NODE_EXPORTER) CADVISOR=$(CADVISOR) deploy/bench/table.py $(TARGET)/release

fuzz:
	cd exporter && cargo +nightly fuzz run parsers fuzz/corpus fuzz/seeds -- -max_total_time=60
	cd relay && cargo +nightly fuzz run feed fuzz/corpus fuzz/seeds -- -max_total_time=60

release:
	deploy/scripts/release.sh

sbom:
	deploy/scripts/sbom.py --output target/sbom seamark-exporter seamark-relay

# STAGE_BINARIES names a directory with binaries that are there already.
STAGE_BINARIES ?= $(TARGET)/release

$(TARGET)/release/seamark-%: FORCE
	cargo build --locked --release --package seamark-$*

FORCE:

stage: $(if $(filter $(TARGET)/release,$(STAGE_BINARIES)),$(TARGET)/release/seamark-exporter $(TARGET)/release/seamark-relay)
	deploy/scripts/stage.sh exporter $(STAGE_BINARIES)/seamark-exporter target/stage/exporter
	deploy/scripts/stage.sh relay $(STAGE_BINARIES)/seamark-relay target/stage/relay

deb rpm: stage
	deploy/scripts/package.sh $@ exporter target/stage/exporter target/packages
	deploy/scripts/package.sh $@ relay target/stage/relay target/packages
