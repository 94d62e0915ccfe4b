#!/bin/sh
# Names what docker compose requires and does not have, before anything starts. It gets "set" for a secret with a value and
# "file" for one in a file, never the secrets.
set -eu

problems=0
problem() {
  echo "$1" >&2
  problems=$((problems + 1))
}
for name in API_KEY APP_SECRET DATABASE_PASSWORD TEMPORAL_DB_PASSWORD POSTGRES_PASSWORD RABBITMQ_PASSWORD; do
  eval "given=\${$name:-}"
  case $given in
    set | file) ;;
    '') problem "$name: is missing: set it, or ${name}_FILE, in .env" ;;
    *) problem "$name: must not be set together with ${name}_FILE" ;;
  esac
done
[ "$problems" -eq 0 ] || exit 1
echo 'Every secret that docker compose requires is set'
