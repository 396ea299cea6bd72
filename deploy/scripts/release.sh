#!/usr/bin/env bash
# Both programs as they are released: `release.sh [PROGRAM...]`, with target/release/seamark-*.
#
# No directory of this machine gets into them, neither from Rust nor from the C of SQLite and ring, and no time but the
# commit's. That is what the same bytes from the same commit need; whether they are the same, check-reproducible.sh says.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$#" -gt 0 ] || set -- seamark-exporter seamark-relay

home=${CARGO_HOME:-$HOME/.cargo}
target=$(cargo metadata --locked --no-deps --format-version 1 | jq -r .target_directory)
sysroot=$(rustc --print sysroot)
flags=(--remap-path-prefix="$home/registry/src=/cargo" --remap-path-prefix="$sysroot/lib/rustlib/src/rust=/rust"
  --remap-path-prefix="$target=/target" --remap-path-prefix="$PWD=/seamark")
# In the form that spaces in paths do not break.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}")
CFLAGS="${CFLAGS:-} -ffile-prefix-map=$home/registry/src=/cargo -ffile-prefix-map=$target=/target -ffile-prefix-map=$PWD=/seamark"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
SEAMARK_REVISION=${SEAMARK_REVISION:-$(git rev-parse HEAD)}
export CARGO_ENCODED_RUSTFLAGS CFLAGS SOURCE_DATE_EPOCH SEAMARK_REVISION CARGO_INCREMENTAL=0

for program; do
  cargo build --locked --release --package "$program" --bin "$program"
done
