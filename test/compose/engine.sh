# Finds a Docker engine, or starts one. Sourced by run.sh, after settings.sh.
# shellcheck shell=bash

# Debian 13's packages of the engine and its client, unpacked and not installed: an engine of the machine's own stays as it is.
ENGINE_PACKAGES=(docker.io docker-cli docker-compose docker-buildx containerd)
engine_pid= engine_lock=

# Whether Compose and the engine that it talks to are new enough: start_interval needs Engine 25 and Compose 2.20.
engine_is_usable() {
  local engine compose
  engine=$(docker version --format '{{.Server.Version}}' 2>/dev/null) || return 1
  compose=$(docker compose version --short 2>/dev/null) || return 1
  compose=${compose#v}
  [ "${engine%%.*}" -ge 25 ] || return 1
  [ "${compose%%.*}" -gt 2 ] || [ "$(cut -d . -f 2 <<<"$compose")" -ge 20 ]
}

# Unpacks the engine into the cache.
get_engine() {
  [ -e "$cache/engine/complete" ] && return
  local apt="$cache/apt" options
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/debs"
  echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main' >"$apt/sources.list"
  options=(-q -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$apt/lists"
    -o "Dir::Cache=$apt" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$apt/debs" && apt-get "${options[@]}" download "${ENGINE_PACKAGES[@]}")
  for package in "$apt"/debs/*.deb; do dpkg-deb --extract "$package" "$cache/engine"; done
  touch "$cache/engine/complete"
  rm -rf "$apt"
}

# What the engine needs of the machine.
get_tools() {
  local missing=()
  command -v runc >/dev/null || missing+=(runc)
  command -v tini >/dev/null || missing+=(tini)
  command -v iptables >/dev/null || missing+=(iptables)
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  [ ${#missing[@]} -eq 0 ] && return
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

start_engine() {
  local data="$cache/data" run
  run=$(mktemp -d /tmp/durable-jobs-engine.XXXXXX)
  engine_run=$run
  mkdir -p "$run/config/cli-plugins" "$data"
  # Two engines cannot share a folder: the second would not start, and look like a machine without Docker.
  exec {engine_lock}>"$cache/engine.lock"
  flock --nonblock "$engine_lock" || { echo 'Waiting for another run to end' && flock "$engine_lock"; }
  ln -s "$cache/engine/usr/libexec/docker/cli-plugins/"* "$run/config/cli-plugins/"
  export PATH="$cache/engine/usr/bin:$cache/engine/usr/sbin:$PATH" DOCKER_CONFIG="$run/config" DOCKER_HOST="unix://$run/docker.sock"
  dockerd --host "$DOCKER_HOST" --data-root "$data" --exec-root "$run/exec" --pidfile "$run/pid" \
    --init-path "$(command -v tini)" --userland-proxy-path "$cache/engine/usr/sbin/docker-proxy" >"$run/log" 2>&1 {engine_lock}>&- &
  engine_pid=$!
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && return
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 1
  done
  tail -5 "$run/log" >&2
  return 1
}

# Ends the engine that this run started, and leaves none of its mounts, networks and processes behind.
stop_engine() {
  [ -n "$engine_pid" ] || return 0
  docker network prune --force >/dev/null 2>&1 || true
  kill "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  engine_pid=
  ip link delete docker0 2>/dev/null || true
  { grep -o " $engine_run[^ ]*" /proc/mounts || true; } | sort -r | while read -r mount; do umount "$mount" || true; done
  rm -rf "$engine_run"
  exec {engine_lock}>&-
}

# Makes `docker` usable, or says why it cannot be and returns false.
open_engine() {
  if engine_is_usable; then
    echo "Docker $(docker version --format '{{.Server.Version}}') with Compose $(docker compose version --short)"
    return
  fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || [ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ]; then
    echo 'skipped: there is no Docker Engine 25 with Compose 2.20 or newer, and none can be started without root on Debian (amd64)'
    return 1
  fi
  get_tools && get_engine || {
    echo 'skipped: the packages of a Docker engine cannot be downloaded'
    return 1
  }
  start_engine || {
    stop_engine
    echo 'skipped: a Docker engine cannot be started on this machine'
    return 1
  }
  echo "Docker $(docker version --format '{{.Server.Version}}') of Debian 13, started by this script"
}
