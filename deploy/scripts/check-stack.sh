#!/usr/bin/env bash
# What Prometheus, Alertmanager and Compose are given: is it valid, and does each alert do what it says?
set -euo pipefail
cd "$(dirname "$0")/../.."

promtool check config prometheus/prometheus.yml
promtool check rules --lint=all --lint-fatal prometheus/rules/*.yml
promtool test rules prometheus/rules/tests/*.yml
amtool check-config prometheus/alertmanager.yml
# What `seamark-relay print-config` writes; a test of the relay holds its output against this.
amtool check-config relay/tests/printed/alertmanager.yml
deploy/scripts/check-routes.sh
deploy/scripts/check-inhibitions.py
docker compose -f docker-compose.monitoring.yml --env-file .env.example config --quiet

# Each alert is seen silent, waiting, firing and silent again, and has its page, which Prometheus can serve.
deploy/scripts/check-rule-tests.py
shellcheck prometheus/start.sh deploy/scripts/*.sh .ci/run
echo "stack: rules, routes, runbooks, compose file and scripts are fine"
