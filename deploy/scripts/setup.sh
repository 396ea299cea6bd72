#!/usr/bin/env bash
# Brings what the tests need: `setup.sh [tools] [engine] [peer] [deny]`.
#
# tools:  as root on Debian or Ubuntu from their packages; elsewhere it names what is missing, and fails.
# engine: a Docker Engine that answers, with Compose, the images the story runs, and node_exporter, to which the exporter
#         is held. Without a registry a folder ../shared/lab beside the checkout brings all of it.
# peer:   node_exporter alone; an engine is only needed to take it out of its image, once.
# deny:   cargo-deny alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
lab=$PWD/../shared/lab
cache=${XDG_CACHE_HOME:-$HOME/.cache}/seamark
cargo_deny=0.20.2

say() { echo "setup: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

# COMMAND:PACKAGE
needed=(promtool:prometheus prometheus:prometheus amtool:prometheus-alertmanager
  alertmanager:prometheus-alertmanager jq:jq curl:curl ip:iproute2 python3:python3 shellcheck:shellcheck strace:strace chromium:chromium chromedriver:chromium-driver cc:build-essential
  systemd-analyze:systemd unshare:util-linux faketime:faketime openssl:openssl perl:perl-base haproxy:haproxy
  python3-yaml:python3-yaml)

# Debian calls it prometheus-alertmanager, everybody else alertmanager. A module of Python is no command.
have() {
  if [ "$1" = python3-yaml ]; then
    python3 -c 'import yaml' 2>/dev/null
    return
  fi
  command -v "$1" >/dev/null || { [ "$1" = alertmanager ] && command -v prometheus-alertmanager >/dev/null; }
}

missing_packages() {
  local pair
  for pair in "${needed[@]}"; do
    have "${pair%%:*}" || echo "${pair##*:}"
  done | sort -u
}

install_packages() {
  # The tests need the programs, not a Prometheus that runs and holds port 9090: no service is started.
  local guard=/usr/sbin/policy-rc.d guarded=0 status=0
  if ! [ -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$guard"
    chmod +x "$guard"
    guarded=1
  fi
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2 ||
    status=$?
  if [ "$guarded" = 1 ]; then
    rm -f "$guard"
    # Nor at the next boot.
    if [ -d /run/systemd/system ]; then systemctl disable -q prometheus prometheus-alertmanager haproxy 2>/dev/null || true; fi
  fi
  return "$status"
}

tools() {
  local packages
  mapfile -t packages < <(missing_packages)
  if [ "${#packages[@]}" -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      say "installing ${packages[*]}"
      install_packages "${packages[@]}" || fail "apt-get could not install ${packages[*]}"
    else
      fail "missing: ${packages[*]} (names of Debian's packages). Install them, or run this as root on Debian or Ubuntu."
    fi
  fi
  deny
}

deny() {
  command -v cargo >/dev/null || fail "missing: cargo (https://rustup.rs), version 1.95 or later"
  if ! PATH=$PATH:$cache/bin command -v cargo-deny >/dev/null; then
    say "compiling cargo-deny $cargo_deny into $cache (about three minutes, once)"
    cargo install --quiet --locked "cargo-deny@$cargo_deny" --root "$cache" >&2 || fail "cargo-deny could not be installed"
  fi
}

engine() {
  if ! docker info >/dev/null 2>&1; then
    [ -x "$lab/up" ] || fail "no Docker Engine answers, and there is no $lab to start one. Install Docker, or start it."
    "$lab/up" --shared-root >&2 || fail "$lab/up could not start a Docker Engine"
  fi
  docker compose version >/dev/null 2>&1 || fail "missing: Docker Compose v2 (the plugin docker-compose-plugin)"
  peer
  if [ -x "$lab/images" ]; then
    local images
    # What the Dockerfiles start from, and what the stories run.
    mapfile -t images < <({ sed -n 's/^FROM \([^ ]*:[^ ]*\).*/\1/p' deploy/docker/Dockerfile deploy/examples/app/Dockerfile \
        deploy/e2e/stand-ins/grafana/Dockerfile deploy/e2e/installation/Dockerfile
      deploy/e2e/run --images
      deploy/e2e/services --images; } | sort -u)
    "$lab/images" --from docker-compose.monitoring.yml >&2 || fail "$lab/images could not build the stack's images"
    "$lab/images" "${images[@]}" >&2 || fail "$lab/images could not build the images ${images[*]}"
  fi
}

# The program that the exporter is held to, out of its image.
node_exporter=1.11.1
peer() {
  local binary=$cache/bin/node_exporter image=prom/node-exporter:v$node_exporter container
  if [ -x "$binary" ] && "$binary" --version 2>&1 | grep -qF "version $node_exporter "; then return; fi
  if ! docker info >/dev/null 2>&1; then
    engine
    return
  fi
  if [ -x "$lab/images" ]; then
    "$lab/images" "$image" >&2 || fail "$lab/images could not build $image"
  fi
  container=$(docker create "$image") || fail "docker could not get $image"
  mkdir -p "$cache/bin"
  docker cp "$container:/bin/node_exporter" "$binary" >&2 || fail "$image has no /bin/node_exporter"
  docker rm "$container" >/dev/null
  "$binary" --version >/dev/null 2>&1 || fail "$binary, out of $image, does not run here"
}

[ "$#" -gt 0 ] || set -- tools engine
for part in "$@"; do
  case $part in
    tools | engine | peer | deny) "$part" ;;
    *) fail "unknown part \`$part\`: expected \`tools\`, \`engine\`, \`peer\` or \`deny\`" ;;
  esac
done
