#!/bin/sh
# Creates a role for Temporal and one for the service, each the owner of its own databases and without access to the other's,
# and sets their passwords. Running it again changes nothing but the passwords, so it runs at every start; it needs psql 14
# or newer. libpq's variables (PGHOST, PGUSER, PGPASSWORD …) say where PostgreSQL is and who its superuser is.
# TEMPORAL_DB_PASSWORD and DATABASE_PASSWORD are the passwords of the two roles: psql reads them from the environment and
# quotes them, so that they are in no process's arguments. Each of the three may be in a file instead, which PGPASSWORD_FILE,
# TEMPORAL_DB_PASSWORD_FILE and DATABASE_PASSWORD_FILE name.
set -eu

for name in PGPASSWORD TEMPORAL_DB_PASSWORD DATABASE_PASSWORD; do
  eval "file=\${${name}_FILE:-}"
  if [ -n "$file" ]; then
    export "$name=$(cat "$file")"
  fi
done

: "${TEMPORAL_DB_PASSWORD:?is required}" "${DATABASE_PASSWORD:?is required}"
# The image of Temporal pastes it between double quotes in YAML, and its driver turns a space into a plus sign.
case $TEMPORAL_DB_PASSWORD in
  *[\"\\\ ]*)
    echo 'TEMPORAL_DB_PASSWORD must not contain double quotes, backslashes or spaces: Temporal cannot read them' >&2
    exit 1
    ;;
esac

tries=60
until pg_isready --quiet; do
  tries=$((tries - 1))
  if [ "$tries" -le 0 ]; then
    echo 'PostgreSQL did not come up' >&2
    exit 1
  fi
  sleep 1
done

psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 --dbname postgres <<'SQL'
-- Neither psql's errors nor the server's log may show a statement that contains a password.
\set VERBOSITY terse
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_duration_sample = -1;
SET log_min_error_statement = 'panic';
SET client_min_messages = 'warning';

\getenv temporal_password TEMPORAL_DB_PASSWORD
SELECT 'CREATE ROLE temporal' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'temporal') \gexec
ALTER ROLE temporal LOGIN PASSWORD :'temporal_password';

\getenv service_password DATABASE_PASSWORD
SELECT 'CREATE ROLE durable_jobs' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'durable_jobs') \gexec
ALTER ROLE durable_jobs LOGIN PASSWORD :'service_password';

SELECT format('CREATE DATABASE %I OWNER %I', name, owner)
  FROM (VALUES ('temporal', 'temporal'), ('temporal_visibility', 'temporal'), ('durable_jobs', 'durable_jobs')) AS needed (name, owner)
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
REVOKE CONNECT ON DATABASE temporal, temporal_visibility, durable_jobs FROM PUBLIC;
SQL
echo 'PostgreSQL is ready: roles temporal and durable_jobs have their databases and passwords'
