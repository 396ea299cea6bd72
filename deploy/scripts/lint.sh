#!/usr/bin/env bash
# Formatting, dependencies, clippy: any warning is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Where setup.sh puts it.
export PATH=$PATH:${XDG_CACHE_HOME:-$HOME/.cache}/seamark/bin
cargo fmt --check
cargo-deny --locked check bans licenses sources
deploy/scripts/sbom.py --check seamark-exporter seamark-relay
cargo clippy --locked --workspace --all-targets -- -D warnings
