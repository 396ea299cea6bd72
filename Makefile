# The index of what one can do here.
COMPOSE = docker compose -f docker-compose.monitoring.yml

.PHONY: help up down test lint rules e2e

help:
	@echo 'make up      start the stack (Prometheus, Alertmanager, Grafana, exporter, relay)'
	@echo 'make down    stop it; what it has stored stays'
	@echo 'make test    everything below, and all tests; installs what it needs where it may'
	@echo 'make lint    formatting, clippy, dependencies'
	@echo 'make rules   alert rules, routes and the compose file'
	@echo 'make e2e     the whole-stack story: real Docker, Prometheus and Alertmanager'

up:
	$(COMPOSE) up -d

down:
	$(COMPOSE) down

test:
	deploy/scripts/test.sh

lint:
	deploy/scripts/setup.sh tools
	deploy/scripts/lint.sh

rules:
	deploy/scripts/setup.sh tools engine
	deploy/scripts/check-stack.sh

e2e:
	deploy/scripts/setup.sh tools engine
	deploy/e2e/run
