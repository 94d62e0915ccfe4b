#!/usr/bin/env bash
# Runs docker-compose.yml from a clean checkout of what is committed, and prints what was seen: `npm run test:compose`.
# `run.sh images` only provides and builds the images, so that the next run finds them.
# Skipped, with the reason, where there is no Docker engine and none can be started, or where the images cannot be had. docs/docker.md
# says more.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR
. ./settings.sh
. ./engine.sh

# What the network provides may take this long; if it takes longer, the run is skipped.
PACKAGES_SECONDS=180
IMAGES_SECONDS=600
# The run itself may take this long; if it takes longer, it has failed.
RUN_SECONDS=720

skip() {
  printf 'skipped: %s\n' "$*"
  exit 0
}

# Runs a program for at most some seconds, and returns its exit code, or 124. Ends it if this script is ended.
bounded=
within() {
  local code=0
  timeout --kill-after=20 "$@" &
  bounded=$!
  wait "$bounded" || code=$?
  bounded=
  return "$code"
}

# Runs a script that gets what others provide, and skips the run if it cannot.
provide() {
  local code=0
  within "$@" || code=$?
  case $code in
    0) ;;
    "$UNAVAILABLE") exit 0 ;;
    124 | 137) skip "what Docker needs could not be provided within $1 seconds" ;;
    *) exit "$code" ;;
  esac
}

checkout=
# Variables of this shell would take precedence over those of .env.
in_checkout() {
  (cd "$checkout" && env -i PATH="$PATH" HOME="$HOME" DOCKER_HOST="${DOCKER_HOST:-}" DOCKER_CONFIG="${DOCKER_CONFIG:-}" docker compose "$@")
}
cleanup() {
  [ -z "$bounded" ] || { kill "$bounded" && wait "$bounded"; } 2>/dev/null || true
  if [ -n "$checkout" ]; then
    [ ! -e "$checkout/.env" ] || in_checkout --profile '*' down --volumes --timeout 5 >/dev/null 2>&1 || true
    rm -rf "$checkout"
  fi
  stop_engine
}
trap cleanup EXIT
trap 'exit 130' INT TERM

heading 'Docker'
open_engine

heading 'A clean checkout'
checkout=$(mktemp -d "${TMPDIR:-/tmp}/durable-jobs-checkout.XXXXXX")
# Another user, or root, may own the repository.
committed() { git -c safe.directory='*' -C "$root" "$@"; }
committed archive HEAD | tar --extract --directory "$checkout"
committed log -1 --format='%h %s'
{
  echo 'COMPOSE_PROJECT_NAME=durable-jobs-test'
  for name in $(sed -n 's/^\([A-Z_]*\)=$/\1/p' "$checkout/.env.example"); do
    echo "$name=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')"
  done
} >"$checkout/.env"
# What a run left behind that was killed.
in_checkout --profile '*' down --volumes --timeout 5 >/dev/null 2>&1 || true

heading 'Images'
provide "$IMAGES_SECONDS" bash ./images.sh "$checkout"

if [ "${1:-}" = images ]; then
  heading 'Build'
  in_checkout build --quiet
  exit
fi

heading 'Build and run'
cd "$root"
code=0
within "$RUN_SECONDS" node local/bootstrap.mjs test/compose/scenario.ts "$checkout" || code=$?
[ "$code" != 124 ] || echo "failed: the run did not end within $RUN_SECONDS seconds" >&2
exit "$code"
