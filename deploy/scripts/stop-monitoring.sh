#!/usr/bin/env bash
# Stops the stack, its profiles included. What it has stored stays, and start-monitoring.sh goes on with it:
#
#   deploy/scripts/stop-monitoring.sh [--delete-data [--yes]]
#
# --delete-data also removes the volumes: metrics, silences, Grafana's users and the relay's outbox. It asks first, unless
# --yes is given; backup-monitoring.sh keeps a copy.
set -euo pipefail
delete=() yes=
for option in "$@"; do
  case $option in
    --help | -h) sed -n '2,/^set /{/^#/!d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --delete-data) delete=(--volumes) ;;
    --yes) yes=1 ;;
    *) echo "stop-monitoring.sh: unknown option $option; --help has the rest" >&2; exit 2 ;;
  esac
done
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/scripts/monitoring.sh
. deploy/scripts/monitoring.sh
need docker
default_files
if [ "${#delete[@]}" -gt 0 ] && [ -z "$yes" ]; then
  confirm "This removes all that project $(project) has stored."
fi
compose --profile '*' down --remove-orphans "${delete[@]}"
