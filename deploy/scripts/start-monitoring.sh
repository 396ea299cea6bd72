#!/usr/bin/env bash
# Starts the stack, hardened, and says where to log in:
#
#   deploy/scripts/start-monitoring.sh [SERVICE...]
#
# It makes .env out of .env.example and a folder secrets/ that only you can enter, gives Grafana a random password instead
# of admin/admin, hands the files in secrets/ to the containers that need them, and writes an Alertmanager file with an
# e-mail address for what the relay cannot tell, if .env has SEAMARK_SMTP_…. What is there already stays. Then it starts
# everything and waits until it is healthy. It can be run again at any time, as after a change of .env or an update.
#
# Files it looks for, besides those it makes: secrets/discord-webhook-url, secrets/wecom-webhook-url,
# secrets/telegram-bot-token and secrets/smtp-password, with one line each.
set -euo pipefail
if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  sed -n '2,/^set /{/^#/!d;s/^# \{0,1\}//;p}' "$0"
  exit 0
fi
case ${1:-} in -*) echo "start-monitoring.sh: unknown option $1; --help has the rest" >&2; exit 2 ;; esac
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/scripts/monitoring.sh
. deploy/scripts/monitoring.sh
need docker curl awk
default_files
password=secrets/grafana-admin-password
made=

# hand FILE GROUP: to a container whose group that is. Neither the folder nor the file is open to others.
hand() {
  [ -L "$1" ] && fail "$1 is a link, which Docker would follow; put the file itself there"
  chmod 640 "$1"
  [ "$(stat -c %g "$1")" = "$2" ] || as_root CHOWN --volume "$PWD/$1:/file" -- chgrp "$2" /file
}

prepare() {
  umask 077
  if ! [ -e .env ]; then
    cp .env.example .env
    chmod 600 .env
    say "made .env; it explains what can be set"
  elif [ -n "$(find .env -perm /007)" ]; then
    chmod o= .env
    say "others could read .env, and cannot any more"
  fi
  mkdir -p secrets
  chmod 700 secrets
}

grafana_password() {
  local given
  given=$(setting GRAFANA_ADMIN_PASSWORD)
  if [ -n "$given" ] && [ "$given" != admin ]; then
    [ -z "$(setting GRAFANA_ADMIN_PASSWORD_FILE)" ] ||
      fail "GRAFANA_ADMIN_PASSWORD and GRAFANA_ADMIN_PASSWORD_FILE are both set, which Grafana refuses; keep one"
    return
  fi
  if [ -n "$given" ]; then put GRAFANA_ADMIN_PASSWORD ""; fi
  [ -z "$(setting GRAFANA_ADMIN_PASSWORD)" ] || fail "GRAFANA_ADMIN_PASSWORD=admin stands in the environment; take it away"
  if [ -z "$(setting GRAFANA_ADMIN_PASSWORD_FILE)" ]; then put GRAFANA_ADMIN_PASSWORD_FILE "./$password"; fi
  if [ "$(setting GRAFANA_ADMIN_PASSWORD_FILE)" = "./$password" ]; then
    if ! [ -s "$password" ]; then
      head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$password"
      made=$password
    fi
    # Grafana's user is in group 0.
    hand "$password" 0
  fi
}

# What lies in secrets/ is used, unless .env says otherwise.
chats() {
  local name variable
  for name in discord-webhook-url wecom-webhook-url telegram-bot-token; do
    [ -s "secrets/$name" ] || continue
    variable=$(tr '[:lower:]-' '[:upper:]_' <<<"$name")_FILE
    hand "secrets/$name" 65532
    if [ -z "$(setting "$variable")" ]; then put "$variable" "./secrets/$name"; fi
  done
}

mail() {
  if [ -s secrets/smtp-password ]; then
    hand secrets/smtp-password 65534
    if [ -z "$(setting SMTP_PASSWORD_FILE)" ]; then put SMTP_PASSWORD_FILE ./secrets/smtp-password; fi
  fi
  local config own=./secrets/alertmanager.yml login=() name option new
  config=$(setting ALERTMANAGER_CONFIG)
  if [ -n "$config" ] && [ "$config" != "$own" ]; then return; fi
  if [ -z "$(setting SEAMARK_SMTP_SMARTHOST)" ]; then
    say "nobody would hear of the relay's own death: SEAMARK_SMTP_SMARTHOST, …_FROM and …_TO in .env change that"
    return
  fi
  for name in SMARTHOST FROM TO USERNAME; do
    option=$(setting "SEAMARK_SMTP_$name")
    [ -z "$option" ] || login+=("--smtp-$(tr '[:upper:]' '[:lower:]' <<<"$name")" "$option")
  done
  if [ -n "$(setting SEAMARK_SMTP_USERNAME)" ]; then login+=(--smtp-password-file /run/secrets/smtp-password); fi
  new=$(mktemp secrets/alertmanager.XXXXXX)
  compose run --rm --no-deps --no-TTY relay print-config alertmanager "${login[@]}" >"$new" ||
    { rm "$new"; fail "no Alertmanager file could be made"; }
  # Into the same file: it is mounted by itself.
  if ! [ -e "$own" ]; then : >"$own"; fi
  cat "$new" >"$own"
  rm "$new"
  hand "$own" 65534
  if [ -z "$config" ]; then put ALERTMANAGER_CONFIG "$own"; fi
}

# The address of a published port, as this host reaches it; "" for what is not up.
address() {
  { compose port "$1" "$2" 2>/dev/null || true; } | sed 's/^0\.0\.0\.0:/127.0.0.1:/; s/^\[::\]:/[::1]:/'
}

# An earlier start may have let Grafana make its database with admin/admin; variables do not change it then.
replace_default_login() {
  local at file wanted
  has grafana || return 0
  at=$(address grafana 3000)
  [ -n "$at" ] || return 0
  curl --silent --fail --output /dev/null --max-time 10 --user admin:admin "http://$at/api/org" || return 0
  file=$(setting GRAFANA_ADMIN_PASSWORD_FILE)
  if [ -n "$file" ]; then wanted=$(cat "$file"); else wanted=$(setting GRAFANA_ADMIN_PASSWORD); fi
  # As JSON writes them.
  wanted=${wanted//\\/\\\\}
  wanted=${wanted//\"/\\\"}
  printf '{"oldPassword": "admin", "newPassword": "%s", "confirmNew": "%s"}' "$wanted" "$wanted" |
    curl --silent --fail --output /dev/null --max-time 10 --user admin:admin --request PUT \
      --header 'Content-Type: application/json' --data @- "http://$at/api/user/password" ||
    fail "Grafana still has the login admin/admin, and does not let it be changed; log in and do it: http://$at"
  say "Grafana had the login admin/admin; its password is now the one in ${file:-.env}"
}

tell() {
  local service name at
  echo "The stack is up (project $(project)):"
  for service in grafana:3000:Grafana relay:9878:Relay prometheus:9090:Prometheus alertmanager:9093:Alertmanager exporter:9877:Exporter; do
    IFS=: read -r service port name <<<"$service"
    at=$(address "$service" "$port")
    [ -z "$at" ] || printf '  %-13s http://%s\n' "$name" "$at"
  done
  has grafana || return 0
  if [ -n "$made" ] && [ -t 1 ]; then
    echo "Log in at Grafana as admin with $(cat "$made") (shown once; it is in $made)"
  else
    echo "Log in at Grafana as admin; the password is $(where)"
  fi
}

where() {
  local file
  file=$(setting GRAFANA_ADMIN_PASSWORD_FILE)
  if [ -n "$file" ]; then echo "in $file, unless it was changed in Grafana"; else echo "GRAFANA_ADMIN_PASSWORD in .env"; fi
}

prepare
if [ -z "${SEAMARK_REVISION:-}" ] && revision=$(git rev-parse --short=12 HEAD 2>/dev/null); then
  export SEAMARK_REVISION=$revision
fi
grafana_password
chats
mail
# Who has run it longer than a few minutes has an engine that is compiling the images, once.
compose up --detach --wait --wait-timeout "${START_TIMEOUT:-300}" "$@" ||
  fail "not everything is healthy; \`docker compose ps\` and \`docker compose logs SERVICE\` say more"
replace_default_login
tell
