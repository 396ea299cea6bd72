#!/bin/sh
# announce.sh JOB ADDRESS INSTANCE: a target of Prometheus for as long as this runs.
#
# Compose starts it with the exporter of a profile and stops it with that. So what is not up by choice is no target and
# raises no alert, while an exporter that has died stays a target and does.
set -eu
# shellcheck source=prometheus/target.sh
. /etc/prometheus/target.sh
file=/run/targets/$1.yml
trap 'rm -f "$file"; exit 0' INT TERM
write_target "$file" "$2" "$3"
echo "Prometheus scrapes $2 as job $1, instance $3"
while :; do
  sleep 86400 &
  # The shell hears a signal while it waits, not while it runs a command.
  wait $!
done
