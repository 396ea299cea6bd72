# shellcheck shell=sh
# write_target FILE ADDRESS INSTANCE: a target file, there as a whole or not at all.
write_target() {
  quoted=$(printf '%s' "$3" | sed "s/'/''/g")
  printf -- "- targets: ['%s']\n  labels: {instance: '%s'}\n" "$2" "$quoted" >"$1.new"
  mv "$1.new" "$1"
}
