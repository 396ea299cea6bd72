# shellcheck shell=bash
# What start-, stop-, reload-, backup- and restore-monitoring.sh share. They stand at the top of the checkout.
#
# The project and the compose files are Compose's own business: COMPOSE_PROJECT_NAME and COMPOSE_FILE, in the environment
# or in .env, hold here as everywhere.

say() { echo "$*" >&2; }

fail() {
  say "$(basename "$0"): $*"
  exit 1
}

# confirm SENTENCE: goes on only if somebody types yes.
confirm() {
  local answer
  [ -t 0 ] || fail "$1 Nobody is here to be asked: --yes says so beforehand."
  read -r -p "$1 Type yes to go on: " answer
  [ "$answer" = yes ] || fail "nothing was done"
}

need() {
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || fail "missing: $command"
  done
  docker compose version >/dev/null 2>&1 || fail "missing: Docker Compose v2 (the plugin docker-compose-plugin)"
  docker info >/dev/null 2>&1 || fail "no Docker Engine answers, or it does not let $(id -un) ask: start it, or run this with sudo"
}

compose() { docker compose "$@"; }

# Unless .env or the environment names others.
default_files() {
  if [ -z "${COMPOSE_FILE:-}" ] && ! grep -qs '^COMPOSE_FILE=.' .env; then
    export COMPOSE_FILE=docker-compose.monitoring.yml
  fi
}

# What a variable is for Compose: from the environment or .env. `docker compose config` would tell all of it at once, but
# only in new versions.
setting() {
  # shellcheck disable=SC2016 # Compose expands it.
  printf 'services: {x: {image: x, labels: {x: "${%s:-}"}}}\n' "$1" |
    docker compose --project-directory . -f - config --format json |
    sed -n 's/^ *"x": "\(.*\)",\{0,1\}$/\1/p' |
    sed 's/\\u003c/</g; s/\\u003e/>/g; s/\\u0026/\&/g; s/\\"/"/g; s/\\\\/\\/g; s/\$\$/$/g'
}

# put NAME VALUE: writes it down in .env, in the place of the value that holds, which is the last, or of its example.
put() {
  local new
  new=$(mktemp .env.XXXXXX)
  awk -v name="$1" -v line="$1=$2" '
    { lines[NR] = $0 }
    $0 ~ "^" name "=" { at = NR }
    !example && $0 ~ "^# " name "=" { example = NR }
    END {
      count = NR
      if (!at) at = example
      if (!at) at = ++count
      lines[at] = line
      for (i = 1; i <= count; i++) print lines[i]
    }' .env >"$new"
  # The file stays the one it is, with its owner and mode.
  cat "$new" >.env
  rm "$new"
}

# Nothing here ends a pipe early: whoever writes into it would fail, and with it the line.
project() { compose config --format json | awk -F '"' '$2 == "name" && !name { name = $4 } END { print name }'; }

# has SERVICE: whether the compose files start it.
has() { compose config --services | grep -x "$1" >/dev/null; }

# The image with a shell, which the stack brings anyway.
tool_image() { compose config --images | awk '/\/prometheus:/ { image = $0 } END { print image }'; }

# as_root CAPABILITIES DOCKER-OPTIONS... -- COMMAND...: in a container that has nothing else.
as_root() {
  local capability options=() image
  for capability in $1; do options+=(--cap-add "$capability"); done
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  image=$(tool_image)
  docker run --rm --network none --user 0:0 --cap-drop ALL --read-only --security-opt no-new-privileges:true \
    "${options[@]}" --entrypoint "$1" "$image" "${@:2}"
}

# The volume of this project with this name in the compose file; "" where there is none yet.
volume() {
  docker volume ls --quiet --filter "label=com.docker.compose.project=$(project)" \
    --filter "label=com.docker.compose.volume=$1"
}
