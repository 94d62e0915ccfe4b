# Finds a Docker engine, or starts one. Sourced by run.sh, after settings.sh.
# shellcheck shell=bash

engine_pid= engine_lock= engine_run= engine_bridge=

# Whether Compose and the engine that it talks to are new enough: start_interval needs Engine 25 and Compose 2.20.
engine_is_usable() {
  local engine compose
  engine=$(docker version --format '{{.Server.Version}}' 2>/dev/null) || return 1
  compose=$(docker compose version --short 2>/dev/null) || return 1
  compose=${compose#v}
  [ "${engine%%.*}" -ge 25 ] || return 1
  [ "${compose%%.*}" -gt 2 ] || [ "$(cut -d . -f 2 <<<"$compose")" -ge 20 ]
}

# Starts the engine of the cache. Its own session keeps it from the signals that end this script, which then ends it.
start_engine() {
  local data="$cache/data"
  engine_run=$(mktemp -d /tmp/durable-jobs-engine.XXXXXX)
  mkdir -p "$engine_run/config/cli-plugins" "$data"
  # Two engines would share a folder and the network docker0: the second would not start, or lose its network when the first ends.
  exec {engine_lock}>/tmp/durable-jobs-engine.lock
  flock --nonblock "$engine_lock" || { echo 'Waiting for another run to end' && flock "$engine_lock"; }
  [ -e /sys/class/net/docker0 ] || engine_bridge=docker0
  ln -s "$cache/engine/usr/libexec/docker/cli-plugins/"* "$engine_run/config/cli-plugins/"
  export PATH="$cache/engine/usr/bin:$cache/engine/usr/sbin:$PATH"
  export DOCKER_CONFIG="$engine_run/config" DOCKER_HOST="unix://$engine_run/docker.sock"
  setsid dockerd --host "$DOCKER_HOST" --data-root "$data" --exec-root "$engine_run/exec" --pidfile "$engine_run/pid" \
    --init-path "$(command -v tini)" --userland-proxy-path "$cache/engine/usr/sbin/docker-proxy" \
    >"$engine_run/log" 2>&1 {engine_lock}>&- &
  engine_pid=$!
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && return
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 1
  done
  tail -n 5 "$engine_run/log" >&2
  return 1
}

# Ends the engine that this run started, and leaves none of its mounts, networks and processes behind.
stop_engine() {
  [ -n "$engine_pid" ] || return 0
  docker network prune --force >/dev/null 2>&1 || true
  # The images of earlier builds, which nothing names any more.
  docker image prune --force >/dev/null 2>&1 || true
  kill "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  engine_pid=
  # An engine of the machine's own keeps its network.
  [ -z "$engine_bridge" ] || ip link delete "$engine_bridge" 2>/dev/null || true
  { grep -o " $engine_run[^ ]*" /proc/mounts || true; } | sort -r | while read -r mount; do umount "$mount" || true; done
  rm -rf "$engine_run"
  exec {engine_lock}>&-
}

# Makes `docker` usable, or ends the run with the reason why it cannot be.
open_engine() {
  if engine_is_usable; then
    echo "Docker $(docker version --format '{{.Server.Version}}') with Compose $(docker compose version --short)"
    return
  fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || [ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ]; then
    skip 'there is no Docker Engine 25 with Compose 2.20 or newer, and none can be started without root on Debian (amd64)'
  fi
  provide "$PACKAGES_SECONDS" bash ./engine-packages.sh
  start_engine || skip 'a Docker engine cannot be started on this machine'
  echo "Docker $(docker version --format '{{.Server.Version}}') of Debian 13, started by this script"
}
