#!/usr/bin/env bash
# Runs docker-compose.yml from a clean checkout of what is committed, and prints what was seen: `npm run test:compose`.
# `run.sh images` only provides and builds the images, so that the next run finds them.
# Skipped, with the reason, where there is no Docker engine and none can be started. docs/docker.md says more.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR
. ./settings.sh
. ./engine.sh
. ./images.sh

heading 'Docker'
open_engine || exit 0
checkout=$(mktemp -d "${TMPDIR:-/tmp}/durable-jobs-checkout.XXXXXX")
cleanup() {
  if [ -e "$checkout/.env" ]; then
    (cd "$checkout" && docker compose --profile '*' down --volumes --timeout 5 >/dev/null 2>&1) || true
  fi
  rm -rf "$checkout"
  stop_engine
}
trap cleanup EXIT
trap 'exit 130' INT TERM

heading 'A clean checkout'
git clone --quiet "$root" "$checkout"
git -C "$checkout" log -1 --format='%h %s'
{
  echo 'COMPOSE_PROJECT_NAME=durable-jobs-test'
  for name in $(sed -n 's/^\([A-Z_]*\)=$/\1/p' "$checkout/.env.example"); do echo "$name=$(openssl rand -hex 24)"; done
} >"$checkout/.env"

heading 'Images'
provide_images

if [ "${1:-}" = images ]; then
  heading 'Build'
  (cd "$checkout" && docker compose build --quiet)
  exit
fi

heading 'Build and run'
cd "$root"
node local/bootstrap.mjs test/compose/scenario.ts "$checkout"
