#!/bin/sh
# Starts Prometheus in its container, after writing down the host that the stack runs on as a target.
#
# A file that is shipped cannot know the host's name, and Prometheus expands no variables in target files. The exporter
# labels the alerts it pushes with the same name: SEAMARK_INSTANCE, or else the node name (both containers see the
# host's, `uts: host`).
set -eu
# shellcheck source=prometheus/target.sh
. /etc/prometheus/target.sh
mkdir -p /prometheus/targets
rm -f /prometheus/targets/*
write_target /prometheus/targets/seamark.yml exporter:9877 "${SEAMARK_INSTANCE:-$(uname -n)}"
exec /bin/prometheus "$@"
