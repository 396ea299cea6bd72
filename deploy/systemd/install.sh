#!/bin/sh
# Installs Seamark's programs as systemd services, or takes them away again.
#
#   install.sh [--exporter] [--relay] [--from DIRECTORY] [--no-start] [--no-docker] [--dry-run]
#   install.sh --uninstall [--exporter] [--relay] [--dry-run]
#
# Without --exporter and --relay: both. DIRECTORY holds a tree for each program, as `make stage` writes them (default:
# target/stage of this checkout). Running it again upgrades: a configuration that you have changed stays, and the new
# default lies beside it as FILE.new. Taking it away leaves the state directory /var/lib/seamark alone, which then also
# holds the configuration.
set -eu
# What `su` leaves may be a user's.
PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "$0")/../.." && pwd)
from=$here/target/stage
programs=
uninstall=no start=yes docker=yes dry=no
state=/var/lib/seamark
# The directories that the installation made, so that the removal knows which are ours.
made=/etc/seamark/.directories

say() { echo "install.sh: $*"; }
fail() {
  echo "install.sh: $*" >&2
  exit 1
}
# Does it, or only says so.
run() {
  if [ "$dry" = yes ]; then
    echo "would run: $*"
  else
    "$@"
  fi
}

while [ $# -gt 0 ]; do
  case $1 in
    --exporter) programs="$programs exporter" ;;
    --relay) programs="$programs relay" ;;
    --from)
      [ $# -ge 2 ] || fail "--from needs a directory"
      from=$2
      shift
      ;;
    --uninstall) uninstall=yes ;;
    --no-start) start=no ;;
    --no-docker) docker=no ;;
    --dry-run) dry=yes ;;
    -h | --help)
      sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) fail "unknown option \`$1\`; \`install.sh --help\` shows what there is" ;;
  esac
  shift
done
[ -n "$programs" ] || programs="exporter relay"

[ "$(id -u)" = 0 ] || [ "$dry" = yes ] || fail "only root can install services: run it with sudo, or look with --dry-run"
[ -d /run/systemd/system ] || [ "$dry" = yes ] ||
  fail "systemd does not run here; use the compose file, or start the programs by hand"

# Where each file of the staged tree goes: the same place, below /.
files() {
  (cd "$from/$1" && find . -type f ! -path './etc/*' | sed 's#^\./#/#' | sort)
}

# Those that are not there yet.
note_directories() {
  missing=
  directory=$(dirname "$1")
  while ! [ -d "$directory" ]; do
    missing="$directory
$missing"
    directory=$(dirname "$directory")
  done
  [ -z "$missing" ] || printf %s "$missing" >>"$made"
}

remove_directories() {
  [ -e "$made" ] || return 0
  directories=$(sort -ru "$made")
  rm -f "$made"
  for directory in $directories; do
    [ ! -d "$directory" ] || rmdir --ignore-fail-on-non-empty "$directory"
  done
}

make_user() {
  if ! getent passwd seamark >/dev/null; then
    run useradd --system --user-group --home-dir "$state" --no-create-home --shell /usr/sbin/nologin seamark
  fi
}

# A file of /etc that was there before is the user's.
configure() {
  mode=$1 group=$2 source=$3 target=$4
  if ! [ -e "$target" ]; then
    run install -D -o root -g "$group" -m "$mode" "$source" "$target"
  elif ! cmp -s "$source" "$target"; then
    run install -o root -g "$group" -m "$mode" "$source" "$target.new"
    say "$target is kept as it is; the default of this version is $target.new"
  else
    run rm -f "$target.new"
  fi
}

# What lay in the state directory since the last uninstallation comes back. The services may write there: nothing but a
# file of its own is taken.
bring_back() {
  if [ ! -L "$state/etc" ] && [ ! -L "$state/etc/$1" ] && [ -f "$state/etc/$1" ] && ! [ -e "/etc/$2" ]; then
    run install -D -o root -g "$4" -m "$3" "$state/etc/$1" "/etc/$2"
    run rm -f "$state/etc/$1"
  fi
}

install_one() {
  program=$1
  for path in $(files "$program"); do
    mode=644
    case $path in /usr/bin/*) mode=755 ;; esac
    [ "$dry" = yes ] || note_directories "$path"
    run install -D -o root -g root -m "$mode" "$from/$program$path" "$path"
  done
  bring_back "$program.yml" "seamark/$program.yml" 640 seamark
  bring_back "seamark-$program.default" "default/seamark-$program" 600 root
  configure 640 seamark "$from/$program/etc/seamark/$program.yml" "/etc/seamark/$program.yml"
  configure 600 root "$from/$program/etc/default/seamark-$program" "/etc/default/seamark-$program"
  if [ "$program" = exporter ] && [ "$docker" = yes ] && getent group docker >/dev/null; then
    # As good as root on this host; --no-docker leaves it out, and the exporter then knows of no container's state.
    run usermod --append --groups docker seamark
    say "the user seamark is now in the group docker, which is as good as root on this host (--no-docker: without)"
  fi
}

# With the user and the variables that the service will have. By a unit, and not by systemd-run, which a server without
# D-Bus does not have.
check_config() {
  unit=seamark-check-$1.service said=/run/seamark-check-$1 good=yes
  cat >"/run/systemd/system/$unit" <<END
[Service]
Type=oneshot
User=seamark
EnvironmentFile=-/etc/default/seamark-$1
ExecStart=/usr/bin/seamark-$1 check-config --config.file /etc/seamark/$1.yml
StandardOutput=null
StandardError=truncate:$said
END
  systemctl daemon-reload
  systemctl start "$unit" 2>/dev/null || good=no
  [ ! -e "$said" ] || cat "$said" >&2
  rm -f "/run/systemd/system/$unit" "$said"
  systemctl reset-failed "$unit" 2>/dev/null || true
  systemctl daemon-reload
  [ "$good" = yes ]
}

start_all() {
  run systemctl daemon-reload
  for program in $programs; do
    # A configuration that the new version refuses must not end the one that runs.
    run check_config "$program" ||
      fail "the configuration above is refused; mend it, then: systemctl enable --now seamark-$program"
    run systemctl enable --quiet "seamark-$program.service"
    run systemctl restart "seamark-$program.service" ||
      fail "seamark-$program did not start; \`journalctl -u seamark-$program\` says why"
  done
}

remove_one() {
  program=$1
  for unit in socket service; do
    if [ -e "/usr/lib/systemd/system/seamark-$program.$unit" ]; then
      run systemctl disable --quiet --now "seamark-$program.$unit" || true
    fi
  done
  for pattern in "/usr/bin/seamark-$program" "/usr/share/man/man1/seamark-$program*.1.gz" \
    "/usr/share/bash-completion/completions/seamark-$program" "/usr/share/zsh/vendor-completions/_seamark-$program" \
    "/usr/share/fish/vendor_completions.d/seamark-$program.fish" "/usr/lib/systemd/system/seamark-$program.s*" \
    "/usr/lib/sysusers.d/seamark-$program.conf" "/usr/share/doc/seamark-$program/copyright"; do
    for path in $pattern; do
      [ ! -e "$path" ] || run rm -f "$path"
    done
  done
  [ ! -d "/usr/share/doc/seamark-$program" ] || run rmdir "/usr/share/doc/seamark-$program"
  # Somebody wrote these: they go where the next installation finds them.
  [ ! -L "$state/etc" ] || run rm -f "$state/etc"
  run install -d -m 700 "$state/etc"
  for pair in "seamark/$program.yml:$program.yml" "default/seamark-$program:seamark-$program.default"; do
    [ ! -e "/etc/${pair%%:*}" ] || run mv -f "/etc/${pair%%:*}" "$state/etc/${pair##*:}"
    [ ! -e "/etc/${pair%%:*}.new" ] || run rm -f "/etc/${pair%%:*}.new"
  done
}

# Whether none of the programs stays.
is_last() {
  for program in exporter relay; do
    case " $programs " in
      *" $program "*) ;;
      *) [ ! -e "/usr/bin/seamark-$program" ] || return 1 ;;
    esac
  done
}

if [ "$uninstall" = yes ]; then
  for program in $programs; do remove_one "$program"; done
  run systemctl daemon-reload
  if is_last; then
    run remove_directories
    [ ! -d /etc/seamark ] || run rmdir --ignore-fail-on-non-empty /etc/seamark
    [ ! -d /etc/seamark ] || [ "$dry" = yes ] || say "/etc/seamark stays: it holds files that are not from here"
    [ ! -d /run/seamark ] || run rm -rf /run/seamark
    if getent passwd seamark >/dev/null; then run userdel seamark || say "the account seamark stays: something else uses it"; fi
    [ ! -d "$state" ] || run chown -R root:root "$state"
  fi
  [ "$dry" = no ] || exit 0
  say "gone; $state holds what was stored, and the configuration. Remove it by hand when nobody needs it any more."
  exit 0
fi

for program in $programs; do
  [ -x "$from/$program/usr/bin/seamark-$program" ] ||
    fail "there is no $from/$program/usr/bin/seamark-$program: run \`make stage\` first, or name its directory with --from"
done
[ "$dry" = yes ] || install -d /etc/seamark
make_user
for program in $programs; do install_one "$program"; done
[ "$start" = no ] || start_all
[ "$dry" = no ] || exit 0
say "done. Settings: /etc/seamark/, /etc/default/seamark-*; logs: journalctl -u 'seamark-*'"
