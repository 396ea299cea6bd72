#!/usr/bin/env bash
# Copies what the stack has stored into a new folder and prints its name:
#
#   deploy/scripts/backup-monitoring.sh [--without-prometheus] [FOLDER]
#
# That is Prometheus' metrics, Alertmanager's silences, Grafana's users and changes, the relay's outbox and history, and
# the exporter's counts; by default in backups/TIME. Each part stands still while it is copied, one after the other: the
# databases of Prometheus, Grafana and the relay are frozen, as at a power cut, which they are made to outlive;
# Alertmanager writes its silences only when it ends, so it is stopped for a moment. Who sends to a part that stands still
# tries again. --without-prometheus leaves out the largest.
#
# What you have configured (.env, secrets/, files that .env names) is not in it.
set -euo pipefail
metrics=1 folder=
for option in "$@"; do
  case $option in
    --help | -h) sed -n '2,/^set /{/^#/!d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --without-prometheus) metrics= ;;
    -*) echo "backup-monitoring.sh: unknown option $option; --help has the rest" >&2; exit 2 ;;
    *) folder=$(realpath -m "$option") ;;
  esac
done
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/scripts/monitoring.sh
. deploy/scripts/monitoring.sh
need docker gzip
default_files
umask 077
folder=${folder:-$PWD/backups/$(date -u +%Y%m%dT%H%M%SZ)}
[ ! -e "$folder" ] || fail "$folder is there already; a backup is not written over"

running() { compose ps --services --status running | grep -qx "$1"; }

# The service that stands still, and how it goes on; also when this ends early.
held=
release() {
  case $held in
    paused:*) compose unpause "${held#*:}" >/dev/null 2>&1 ;;
    stopped:*) compose start "${held#*:}" >/dev/null 2>&1 ;;
  esac
  held=
}

hold() {
  running "$2" || return 0
  if [ "$1" = pause ]; then
    held=paused:$2
    compose pause "$2" >/dev/null 2>&1 || { held=; fail "$2 could not be frozen"; }
  else
    held=stopped:$2
    compose stop "$2" >/dev/null 2>&1 || fail "$2 could not be stopped"
  fi
}

# copy HOW SERVICE VOLUME
copy() {
  local name
  name=$(volume "$3")
  if [ -z "$name" ]; then
    say "$2: nothing stored"
    return
  fi
  hold "$1" "$2"
  as_root DAC_READ_SEARCH --volume "$name:/data:ro" -- tar -C /data -cf - . | gzip -3 >"$folder/$3.tar.gz"
  release
  say "$2: $(du -h "$folder/$3.tar.gz" | cut -f 1)"
}

mkdir -p "$folder"
# A backup that is not whole is none.
ended() {
  local status=$?
  release
  if [ "$status" != 0 ]; then
    rm -rf "$folder"
    say "nothing was kept of this backup"
  fi
}
trap ended EXIT
copy pause relay relay-data
copy stop alertmanager alertmanager-data
if has grafana; then copy pause grafana grafana-data; fi
copy none exporter exporter-data
if [ -n "$metrics" ]; then copy pause prometheus prometheus-data; fi
printf 'project %s\nmade %s\nrevision %s\n' "$(project)" "$(date -u +%FT%TZ)" \
  "$(git rev-parse HEAD 2>/dev/null || echo unknown)" >"$folder/about"
echo "$folder"
