#!/usr/bin/env bash
# Are the released programs the same bytes when they are built twice, in different places? `check-reproducible.sh [PROGRAM...]`
#
# Builds the commit that is checked out twice from nothing, in two directories of different length, and compares. Takes as
# long as four release builds, which is why `make test` does not.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$#" -gt 0 ] || set -- seamark-exporter seamark-relay

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
SEAMARK_REVISION=$(git rev-parse HEAD)
export SOURCE_DATE_EPOCH SEAMARK_REVISION
for place in one another/place; do
  mkdir -p "$work/$place"
  git archive HEAD | tar -x -C "$work/$place"
  (cd "$work/$place" && CARGO_TARGET_DIR=$PWD/target deploy/scripts/release.sh "$@")
done

status=0
for program; do
  one=$work/one/target/release/$program another=$work/another/place/target/release/$program
  sha256sum "$one" "$another"
  if ! cmp -s "$one" "$another"; then
    echo "check-reproducible: $program differs between two builds of $SEAMARK_REVISION, in $(cmp -l "$one" "$another" 2>/dev/null | wc -l)" \
      "bytes of $(stat -c %s "$one"); both are kept in target/reproducible" >&2
    mkdir -p target/reproducible
    cp "$one" "target/reproducible/$program.one"
    cp "$another" "target/reproducible/$program.another"
    status=1
  fi
  for place in "$work" "${CARGO_HOME:-$HOME/.cargo}"; do
    if grep -qaF "$place" "$one" "$another"; then
      echo "check-reproducible: $program names the directory $place" >&2
      status=1
    fi
  done
done
[ "$status" = 0 ] && echo "check-reproducible: the same bytes from both places, and no directory of this machine in them"
exit "$status"
