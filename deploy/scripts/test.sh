#!/usr/bin/env bash
# Everything: formatting, dependencies, clippy, all tests, the stack's files, and the whole-stack story.
#
# Each ring's output goes to target/rings/NAME.log; of a ring that fails it is printed. The images of the story compile
# beside the rings that come before it. Nothing is skipped: a ring that could not run has failed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

logs=$PWD/target/rings
mkdir -p "$logs"
rm -f "$logs"/*
began=$SECONDS
failed=()

# ring NAME COMMAND...: 0 when it passed.
ring() {
  local name=$1 start=$SECONDS status=0
  shift
  "$@" >"$logs/$name.log" 2>&1 || status=$?
  if [ "$status" = 0 ]; then
    echo "ok      $name ($((SECONDS - start)) s)"
  else
    printf -- '---- %s ----\n%s\n---- end of %s ----\n' "$name" "$(tail -n 200 "$logs/$name.log")" "$name"
    echo "FAILED  $name ($((SECONDS - start)) s), all of it in target/rings/$name.log"
  fi
  return "$status"
}

rust_tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --no-fail-fast && cargo test --locked --workspace --doc
  else
    cargo test --locked --workspace --no-fail-fast
  fi
}

# with PROGRAM COMMAND: the command with a debug build of the program. It is the one that the tests are run with: another
# selection of packages would compile half of the dependencies anew, with other features.
with() {
  local target
  target=$(cargo metadata --offline --no-deps --format-version 1 | jq -r .target_directory)
  cargo test --locked --workspace --no-run && "$2" "$target/debug/seamark-$1"
}

# The same with debug builds of both programs.
with_both() {
  local target
  target=$(cargo metadata --offline --no-deps --format-version 1 | jq -r .target_directory)
  cargo test --locked --workspace --no-run && "$1" "$target/debug/seamark-exporter" "$target/debug/seamark-relay"
}

# The same with the folder they are in.
with_folder() {
  local target
  target=$(cargo metadata --offline --no-deps --format-version 1 | jq -r .target_directory)
  cargo test --locked --workspace --no-run && "$1" "$target/debug"
}

# What the runners say at their end.
closing_lines() {
  local log
  for log in "$logs"/rust.log "$logs"/reports.log "$logs"/containers.log "$logs"/names.log "$logs"/hosts.log "$logs"/page.log \
    "$logs"/install.log "$logs"/story.log "$logs"/operations.log "$logs"/readme.log "$logs"/services.log "$logs"/queries.log; do
    # Not of the crates that have no documentation tests.
    [ -f "$log" ] && grep -v '^test result: ok\. 0 passed' "$log" | grep -E '^ *Summary \[|^test result: |^[0-9]+ passed, [0-9]+ failed|^[0-9]+ comparisons |^ *(FAIL|TIMEOUT) '
  done
}

ring setup deploy/scripts/setup.sh tools engine || exit 1

images() {
  deploy/e2e/run --build && deploy/e2e/services --build
}

ring images images &
images=$!
ring lint deploy/scripts/lint.sh || failed+=(lint)
ring stack deploy/scripts/check-stack.sh || failed+=(stack)
ring rust rust_tests || failed+=(rust)
# Waits more than it works.
ring reports with relay deploy/e2e/reports &
reports=$!
ring containers with exporter deploy/e2e/containers || failed+=(containers)
# Waits more than it works, too.
ring hosts with_both deploy/e2e/hosts &
hosts=$!
ring install with_folder deploy/e2e/install &
install=$!
ring names with exporter deploy/e2e/names || failed+=(names)
ring page with relay deploy/e2e/page || failed+=(page)
wait "$reports" || failed+=(reports)
wait "$hosts" || failed+=(hosts)
wait "$install" || failed+=(install)
if wait "$images"; then
  ring story deploy/e2e/run || failed+=(story)
  ring operations deploy/e2e/operations || failed+=(operations)
  ring readme deploy/e2e/readme || failed+=(readme)
  ring services deploy/e2e/services || failed+=(services)
  ring queries deploy/e2e/queries || failed+=(queries)
else
  failed+=(images "story, operations, readme, services and queries (their images did not build)")
fi

closing_lines
if [ "${#failed[@]}" -gt 0 ]; then
  echo "failed after $((SECONDS - began)) s: ${failed[*]}"
  exit 1
fi
echo "all rings passed in $((SECONDS - began)) s"
