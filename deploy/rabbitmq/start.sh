#!/bin/sh
# Runs the command that it is given as RabbitMQ's server, with the password from the file that RABBITMQ_PASSWORD_FILE names,
# where there is one: the image itself takes it from the environment alone.
set -eu

if [ -n "${RABBITMQ_PASSWORD_FILE:-}" ]; then
  RABBITMQ_DEFAULT_PASS=$(cat "$RABBITMQ_PASSWORD_FILE")
  export RABBITMQ_DEFAULT_PASS
fi
# RabbitMQ refuses to start with variables in this form, which its images once had.
unset RABBITMQ_PASSWORD_FILE
exec "$@"
