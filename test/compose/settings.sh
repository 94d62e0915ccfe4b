# What the scripts of this folder share: where they keep things, which versions they build, and how they end.
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# Go needs it too.
export HOME=${HOME:-~}
cache=${DURABLE_JOBS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/durable-jobs}/compose

TEMPORAL_VERSION=1.29.1
TEMPORAL_CLI_VERSION=1.5.1
TEMPORAL_UI_VERSION=2.42.1
MAILPIT_VERSION=1.33.1
NODE_VERSION=22
NPM_VERSION=10

heading() { printf '\n== %s  %s\n' "$(date -u +%H:%M:%S)" "$*"; }

# The exit code of a script that could not get what others provide. That is a reason to skip the run; any other code is a failure.
UNAVAILABLE=75
unavailable() {
  printf 'skipped: %s\n' "$*"
  exit "$UNAVAILABLE"
}

# Runs a program, and shows its output only if it fails.
quietly() {
  local output code=0
  output=$(mktemp)
  "$@" >"$output" 2>&1 || code=$?
  [ "$code" = 0 ] || tail -n 40 "$output" >&2
  rm -f "$output"
  return "$code"
}
