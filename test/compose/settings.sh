# What the scripts of this folder share: where they keep things, and which versions they build.
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${DURABLE_JOBS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/durable-jobs}/compose

TEMPORAL_VERSION=1.29.1
TEMPORAL_CLI_VERSION=1.5.1
TEMPORAL_UI_VERSION=2.42.1
MAILPIT_VERSION=1.33.1
NODE_VERSION=22
NPM_VERSION=10

heading() { printf '\n== %s  %s\n' "$(date -u +%H:%M:%S)" "$*"; }
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}
