#!/bin/sh
# Listens on the address of the container, as the official image does.
set -eu
BIND_ON_IP=${BIND_ON_IP:-$(getent hosts "$(hostname)" | cut -d ' ' -f 1)}
export BIND_ON_IP
exec temporal-server --env docker start
