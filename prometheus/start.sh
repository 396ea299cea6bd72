#!/bin/sh
# Starts Prometheus in its container, after writing down the host that the stack runs on as a target.
#
# A file that is shipped cannot know the host's name, and Prometheus expands no variables in target files. The exporter
# labels the alerts it pushes with the same name: SEAMARK_INSTANCE, or else the node name (both containers see the
# host's, `uts: host`).
set -eu
name=${SEAMARK_INSTANCE:-$(uname -n)}
quoted=$(printf '%s' "$name" | sed "s/'/''/g")
mkdir -p /prometheus/targets
printf -- "- targets: ['%s']\n  labels: {instance: '%s'}\n" exporter:9877 "$quoted" >/prometheus/targets/this-host.yml
exec /bin/prometheus "$@"
