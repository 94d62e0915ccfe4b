#!/usr/bin/env bash
# Unpacks a Docker engine into the cache, and installs what it needs of the machine. Exits with $UNAVAILABLE if that is not possible.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/settings.sh"

# Debian 13's packages of the engine and its client, unpacked and not installed: an engine of the machine's own stays as it is.
ENGINE_PACKAGES=(docker.io docker-cli docker-compose docker-buildx containerd)
apt_options=(-q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
export DEBIAN_FRONTEND=noninteractive

tools=()
for tool in runc tini iptables debootstrap; do command -v "$tool" >/dev/null || tools+=("$tool"); done
if [ ${#tools[@]} -gt 0 ]; then
  quietly apt-get "${apt_options[@]}" update &&
    quietly apt-get "${apt_options[@]}" install -y --no-install-recommends "${tools[@]}" ||
    unavailable "the packages ${tools[*]} cannot be installed"
fi

[ ! -e "$cache/engine/complete" ] || exit 0
rm -rf "$cache/engine" "$cache/apt"
apt="$cache/apt"
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/debs"
echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main' >"$apt/sources.list"
apt_options+=(-o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$apt/lists"
  -o "Dir::Cache=$apt" -o APT::Sandbox::User=root)
cd "$apt/debs"
quietly apt-get "${apt_options[@]}" update && quietly apt-get "${apt_options[@]}" download "${ENGINE_PACKAGES[@]}" ||
  unavailable 'the packages of a Docker engine cannot be downloaded'
for package in *.deb; do dpkg-deb --extract "$package" "$cache/engine"; done
rm -rf "$apt"
touch "$cache/engine/complete"
