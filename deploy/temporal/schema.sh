#!/bin/sh
# Sets up the schemas of Temporal's two databases, and brings them up to the version of this image. What is there already is
# left as it is, so it runs at every start. SQL_PLUGIN, SQL_HOST, SQL_PORT and SQL_USER say where; the password is in
# SQL_PASSWORD, or in the file that SQL_PASSWORD_FILE names: it is in no process's arguments.
set -eu

if [ -n "${SQL_PASSWORD_FILE:-}" ]; then
  SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE")
fi
export SQL_PASSWORD

update() {
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}
update temporal temporal
update temporal_visibility visibility
echo 'The schemas of Temporal are up to date'
