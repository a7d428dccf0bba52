#!/usr/bin/env bash
# The quickstart's replay, run as a newcomer would: ends well, with the story told; how long it took is said.
set -euo pipefail
cd "$(dirname "$0")/.."

contrib/quickstart.sh --help | grep -q -- --replay
contrib/quickstart.sh --replay >/dev/null # builds

said=$(mktemp)
trap 'rm -f "$said"' EXIT
started=$SECONDS
contrib/quickstart.sh --replay | tee "$said"
echo "the replay took $((SECONDS - started)) s"

expect() {
    grep -qE "$1" "$said" || {
        echo "the replay did not say: $1"
        exit 1
    }
}

expect 'Now recruiting: Memorial Regional Hospital'
expect 'Terminated'
expect '^\$ trialwatch history NCT04614467'
expect '^\$ trialwatch sites NCT04614467'
