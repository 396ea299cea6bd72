#!/usr/bin/env bash
# Puts back what backup-monitoring.sh has copied:
#
#   deploy/scripts/restore-monitoring.sh [--yes] FOLDER
#
# What the folder holds a copy of takes the place of what is stored now; the rest stays. Every copy is read to its end
# before anything is touched. The stack is stopped meanwhile, and started at the end. On another host: put back .env and
# secrets/ first.
set -euo pipefail
yes='' folder=
for option in "$@"; do
  case $option in
    --help | -h) sed -n '2,/^set /{/^#/!d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    --yes) yes=1 ;;
    -*) echo "restore-monitoring.sh: unknown option $option; --help has the rest" >&2; exit 2 ;;
    *) folder=$(realpath -m "$option") ;;
  esac
done
[ -n "$folder" ] || { echo "restore-monitoring.sh: which folder? --help has the rest" >&2; exit 2; }
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/scripts/monitoring.sh
. deploy/scripts/monitoring.sh
need docker gzip tar
default_files
known=(relay-data alertmanager-data grafana-data exporter-data prometheus-data)
volumes=()
for name in "${known[@]}"; do
  copy=$folder/$name.tar.gz
  [ -e "$copy" ] || continue
  gzip -dc "$copy" | tar -tf - >/dev/null || fail "$copy is not whole; nothing was touched"
  volumes+=("$name")
done
[ "${#volumes[@]}" -gt 0 ] || fail "there is no backup in $folder"
[ -n "$yes" ] || confirm "This replaces what project $(project) has stored in: ${volumes[*]}."

# Makes volumes that are missing, with the owners that the images give them.
compose up --no-start >/dev/null
compose --profile '*' stop
for name in "${volumes[@]}"; do
  target=$(volume "$name")
  [ -n "$target" ] || { say "$name: no service of this stack has it; left out"; continue; }
  # Beside the old first, so that a disk that is full costs nothing.
  # shellcheck disable=SC2016 # For the shell in there.
  gzip -dc "$folder/$name.tar.gz" | as_root 'CHOWN DAC_OVERRIDE FOWNER' --interactive --volume "$target:/data" -- sh -euc '
    rm -rf /data/.restore
    mkdir /data/.restore
    trap "rm -rf /data/.restore" EXIT
    tar -C /data/.restore -xpf -
    find /data -mindepth 1 -maxdepth 1 ! -name .restore -exec rm -rf {} +
    find /data/.restore -mindepth 1 -maxdepth 1 -exec mv {} /data/ ";"' ||
    fail "$name could not be put back; everything is stopped, deploy/scripts/start-monitoring.sh starts it"
  say "$name: put back"
done
compose up --detach --wait --wait-timeout "${START_TIMEOUT:-300}" ||
  fail "not everything is healthy; \`docker compose ps\` and \`docker compose logs SERVICE\` say more"
