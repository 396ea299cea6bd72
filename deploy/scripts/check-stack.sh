#!/usr/bin/env bash
# What Prometheus, Alertmanager and Compose are given: is it valid, and does each alert do what it says?
set -euo pipefail
cd "$(dirname "$0")/../.."

promtool check config prometheus/prometheus.yml
promtool check config deploy/docker/swarm-prometheus.yml
promtool check config deploy/examples/fleet/central/prometheus.yml
promtool check rules --lint=all --lint-fatal prometheus/rules/*.yml
promtool test rules prometheus/rules/tests/*.yml
amtool check-config prometheus/alertmanager.yml
# What `seamark-relay print-config` writes; a test of the relay holds its output against this.
amtool check-config relay/tests/printed/alertmanager.yml
deploy/scripts/check-routes.sh
deploy/scripts/check-inhibitions.py
docker compose -f docker-compose.monitoring.yml --env-file .env.example --profile '*' config --quiet
FLEET_ADDRESS=10.77.0.1 docker compose -f docker-compose.monitoring.yml -f deploy/examples/fleet/door/compose.yml \
  --env-file .env.example config --quiet
FLEET_FILES=/etc/seamark SEAMARK_CENTRAL=10.77.0.1 docker compose -f deploy/docker/agent.yml \
  -f deploy/examples/fleet/agent/compose.yml --env-file .env.example config --quiet
docker compose -f docker-compose.monitoring.yml -f deploy/docker/direct-socket.yml --env-file .env.example config --quiet
docker compose -f deploy/docker/agent.yml --env-file .env.example config --quiet
GRAFANA_ADMIN_PASSWORD=secret docker stack config --compose-file deploy/docker/swarm.yml >/dev/null
deploy/scripts/check-compose.sh
deploy/scripts/check-workflows.py

# Each metric name in a rule or a panel is told by something.
deploy/scripts/check-names.py

# What the pages say of other places: links, quoted error texts, settings, translations.
deploy/scripts/check-docs.py

# Each alert is seen silent, waiting, firing and silent again, and has its page, which Prometheus can serve.
deploy/scripts/check-rule-tests.py
# At most 2.0 of 10; what it prints is long, and of interest only when it fails.
for unit in deploy/systemd/*.service; do
  exposure=$(systemd-analyze security --offline=true --threshold=20 "$unit" 2>&1) || { echo "$exposure" >&2; exit 1; }
done
shellcheck prometheus/*.sh deploy/examples/demo/*.sh deploy/examples/fleet/*.sh deploy/e2e/*/*.sh deploy/e2e/stand-ins/*/*.sh deploy/scripts/*.sh \
  deploy/systemd/install.sh deploy/packaging/deb/* .ci/run
echo "stack: rules, routes, runbooks, pages, compose file and scripts are fine"
