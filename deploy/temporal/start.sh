#!/bin/sh
# Runs the command that it is given as Temporal's server, with the password from the file that POSTGRES_PWD_FILE names, where
# there is one: the image itself takes it from the environment alone.
set -eu

if [ -n "${POSTGRES_PWD_FILE:-}" ]; then
  POSTGRES_PWD=$(cat "$POSTGRES_PWD_FILE")
  export POSTGRES_PWD
fi
exec "$@"
