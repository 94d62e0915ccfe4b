#!/bin/sh
# Runs once, when PostgreSQL starts with an empty volume: a role for Temporal and one for the service, each the owner of
# its own databases and shut out of the other's.
set -eu

psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE temporal LOGIN PASSWORD :'password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;

CREATE ROLE durable_jobs LOGIN PASSWORD :'password';
CREATE DATABASE durable_jobs OWNER durable_jobs;

REVOKE CONNECT ON DATABASE temporal, temporal_visibility, durable_jobs FROM PUBLIC;
SQL
