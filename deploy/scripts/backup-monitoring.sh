#!/usr/bin/env bash
# Copies what the stack has stored into a new folder and prints its name:
#
#   deploy/scripts/backup-monitoring.sh [--without-prometheus] [FOLDER]
#
# That is Prometheus' metrics, Alertmanager's silences, Grafana's users and changes, the relay's outbox and history, and
# the exporter's counts; by default in backups/TIME. One part after the other is stopped, copied and started again, so that
# each copy is whole (Alertmanager writes its silences down only when it ends), and what is sent to a part meanwhile is sent
# again. The relay says so in the chats, where `notices` is on. Prometheus is the longest: --without-prometheus leaves it
# out.
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

running() { compose ps --services --status running | grep -x "$1" >/dev/null; }

# The service that is stopped, to be started whatever happens.
stopped=
start_again() {
  [ -n "$stopped" ] || return 0
  compose start "$stopped" >/dev/null 2>&1 || say "$stopped could not be started again: deploy/scripts/start-monitoring.sh"
  stopped=
}

# copy SERVICE VOLUME
copy() {
  local name
  name=$(volume "$2")
  if [ -z "$name" ]; then
    say "$1: nothing stored"
    return
  fi
  if running "$1"; then
    stopped=$1
    compose stop "$1" >/dev/null 2>&1 || fail "$1 could not be stopped"
  fi
  as_root DAC_READ_SEARCH --volume "$name:/data:ro" -- tar -C /data -cf - . | gzip -3 >"$folder/$2.tar.gz"
  start_again
  say "$1: $(du -h "$folder/$2.tar.gz" | cut -f 1)"
}

mkdir -p "$folder"
# A backup that is not whole is none.
ended() {
  local status=$?
  start_again
  if [ "$status" != 0 ]; then
    rm -rf "$folder"
    say "nothing was kept of this backup"
  fi
}
trap ended EXIT
copy relay relay-data
copy alertmanager alertmanager-data
if has grafana; then copy grafana grafana-data; fi
copy exporter exporter-data
if [ -n "$metrics" ]; then copy prometheus prometheus-data; fi
printf 'project %s\nmade %s\nrevision %s\n' "$(project)" "$(date -u +%FT%TZ)" \
  "$(git rev-parse HEAD 2>/dev/null || echo unknown)" >"$folder/about"
echo "$folder"
