#!/bin/sh
# The server runs as its own user; it reads RABBITMQ_DEFAULT_USER and RABBITMQ_DEFAULT_PASS itself.
set -eu
if [ "$1" = rabbitmq-server ] && [ "$(id -u)" = 0 ]; then
  chown -R rabbitmq: /var/lib/rabbitmq
  exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups "$@"
fi
exec "$@"
