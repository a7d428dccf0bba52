#!/usr/bin/env bash
# Makes trialwatch_VERSION_ARCH.deb and its dbgsym package from the files that git knows.
#
#   contrib/packaging/build-deb.sh [FOLDER]    the packages go there; default: ./build-deb
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=contrib/packages.sh
. contrib/packages.sh

folder=$(realpath -m "${1:-build-deb}")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

install_packages "${build_packages[@]}" "${packaging_packages[@]}"
mkdir -p "$folder" "$place/trialwatch"
git ls-files -z | xargs -0 tar -c | tar -x -C "$place/trialwatch"
cp -r contrib/packaging/debian "$place/trialwatch/debian"
(cd "$place/trialwatch" && DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -b -us -uc)
lintian --fail-on error,warning "$place"/*.changes
mv "$place"/*.deb "$place"/*.changes "$place"/*.buildinfo "$folder"
ls -l "$folder"
