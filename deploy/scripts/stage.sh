#!/usr/bin/env bash
# Lays out what a package installs: `stage.sh PROGRAM BINARY DIRECTORY`, with the manual page and completions that belong
# to it. `install.sh` and both kinds of package take the result.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1 binary=$2 root=$3

rm -rf "$root"
install -D -m 755 "$binary" "$root/usr/bin/seamark-$program"
manual=$(mktemp -d)
trap 'rm -rf "$manual"' EXIT
cargo run --quiet --locked --package "seamark-$program" --example manual -- "$manual"
for page in "$manual"/*.1; do
  install -D -m 644 "$page" "$root/usr/share/man/man1/$(basename "$page")"
  gzip -9 --no-name "$root/usr/share/man/man1/$(basename "$page")"
done
install -D -m 644 "$manual/seamark-$program.bash" "$root/usr/share/bash-completion/completions/seamark-$program"
install -D -m 644 "$manual/_seamark-$program" "$root/usr/share/zsh/vendor-completions/_seamark-$program"
install -D -m 644 "$manual/seamark-$program.fish" "$root/usr/share/fish/vendor_completions.d/seamark-$program.fish"
for unit in service socket; do
  install -D -m 644 "deploy/systemd/seamark-$program.$unit" "$root/usr/lib/systemd/system/seamark-$program.$unit"
done
install -D -m 644 deploy/systemd/seamark.sysusers "$root/usr/lib/sysusers.d/seamark-$program.conf"
install -D -m 644 LICENSE "$root/usr/share/doc/seamark-$program/copyright"
# The example speaks of the names that the compose file gives, and of addresses as they are in a container; without Docker all
# of it is on this host, and the counts of exits have a place.
install -d "$root/etc/seamark"
sed -E -e 's#http://(prometheus|alertmanager):#http://localhost:#g' -e 's/^listen: (0\.0\.0\.0)?:/listen: 127.0.0.1:/' \
  -e 's/^# state_file:/state_file:/' "deploy/examples/$program.yml" >"$root/etc/seamark/$program.yml"
chmod 640 "$root/etc/seamark/$program.yml"
install -D -m 600 "deploy/packaging/seamark-$program.default" "$root/etc/default/seamark-$program"
