#!/usr/bin/env bash
# Has Prometheus, Alertmanager, the relay and the exporter read their files again:
#
#   deploy/scripts/reload-monitoring.sh
#
# All files are tried first, each by the program that is to read it; if one is refused, everything goes on with the old
# ones. A file that is mounted by itself and was replaced, as most editors do it, is still the old one inside the
# container: then that container is made anew. What is changed in .env or in the compose file is start-monitoring.sh's.
set -euo pipefail
case ${1:-} in
  '') ;;
  --help | -h) sed -n '2,/^set /{/^#/!d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
  *) echo "reload-monitoring.sh: unknown option $1; --help has the rest" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/scripts/monitoring.sh
. deploy/scripts/monitoring.sh
need docker cmp
default_files
services=(prometheus alertmanager relay exporter)
declare -A file=([alertmanager]=/etc/alertmanager/alertmanager.yml [relay]=/etc/seamark/relay.yml [exporter]=/etc/seamark/exporter.yml)
refused=()

container() { compose ps --quiet "$1"; }

# Another container with the same mounts, which sees the files as they are now.
try() {
  local said
  if said=$(compose run --rm --no-deps --no-TTY "${@:2}" 2>&1); then
    say "$1: the new files are good"
  else
    refused+=("$1")
    say "$1: refused:"
    while IFS= read -r line; do say "  $line"; done <<<"$said"
  fi
}

# seen SERVICE FILE: a file as the running container sees it. Its image may have no shell, and `docker cp` would show the
# host's: so a neighbour of the same user looks through its process.
seen() {
  docker run --rm --network none --read-only --cap-drop ALL --security-opt no-new-privileges:true \
    --pid "container:$(container "$1")" --user "$(docker inspect --format '{{.Config.User}}' "$(container "$1")")" \
    --entrypoint cat "$(tool_image)" "/proc/1/root$2"
}

# Whether the container sees another file than the host has. One that cannot be looked at counts as another.
replaced() {
  local path=${file[$1]:-} source
  [ -n "$path" ] || return 1
  source=$(docker inspect --format "{{range .Mounts}}{{if eq .Destination \"$path\"}}{{.Source}}{{end}}{{end}}" "$(container "$1")")
  [ -n "$source" ] || return 1
  ! seen "$1" "$path" | cmp -s - "$source"
}

# The answer of a program, asked from within the network.
ask() { compose exec --no-TTY prometheus wget -q -O - "$@"; }

reload() {
  if replaced "$1"; then
    compose up --detach --no-deps --force-recreate --wait --wait-timeout 120 "$1" >/dev/null 2>&1 ||
      fail "$1: made anew, and not healthy; \`docker compose logs $1\` says why"
    say "$1: its file was replaced; made anew with it"
    return
  fi
  case $1 in
    prometheus) ask --post-data= http://127.0.0.1:9090/-/reload >/dev/null ;;
    alertmanager) ask --post-data= http://alertmanager:9093/-/reload >/dev/null ;;
    exporter) ask --post-data= http://exporter:9877/-/reload >/dev/null ;;
    # With the token that Alertmanager shows it. Not by `docker kill --signal HUP`: after that the engine takes a container
    # without a stop signal of its own for one that somebody stopped, and starts it no more when it crashes.
    relay)
      # shellcheck disable=SC2016 # For the shell in there.
      compose exec --no-TTY alertmanager sh -c \
        'wget -q -O - --header "Authorization: Bearer $(cat /run/seamark/relay_token)" --post-data= http://relay:9878/-/reload' >/dev/null
      ;;
  esac || fail "$1: it refused to read its files again; \`docker compose logs $1\` says why"
  say "$1: read its files again"
}

for service in "${services[@]}"; do
  [ -n "$(container "$service")" ] || fail "$service does not run; deploy/scripts/start-monitoring.sh starts it"
done
try prometheus --entrypoint promtool prometheus check config /etc/prometheus/prometheus.yml
try alertmanager --entrypoint amtool alertmanager check-config /etc/alertmanager/alertmanager.yml
try relay relay check-config
try exporter exporter check-config
[ "${#refused[@]}" = 0 ] || fail "refused: ${refused[*]}; nothing was reloaded, and everything goes on with the old files"
for service in "${services[@]}"; do reload "$service"; done
