#!/usr/bin/env bash
# Sets trialwatch up on a bare Debian 12 and watches a trial in the foreground, alerts printed on the terminal.
#
#   contrib/quickstart.sh [NCT-ID…]   watch these (NCT04614467 when none is given) until Ctrl-C
#   contrib/quickstart.sh --replay    the story of NCT04614467 from a simulated registry, in under a minute
#
# Everything it makes is in ./quickstart: the build, the settings, the history.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=contrib/packages.sh
. contrib/packages.sh

home=$PWD/quickstart

usage() {
    sed -n '2,7s/^# \{0,1\}//p' "$0"
}

build() {
    install_packages "${build_packages[@]}" "${run_packages[@]}"
    mkdir -p "$home/build"
    echo "Building trialwatch (about a minute; log in quickstart/build.log)" >&2
    {
        [ -x configure ] || ./autogen.sh
        [ -f "$home/build/Makefile" ] || (cd "$home/build" && ../../configure)
        make -C "$home/build" -j"$(nproc)"
    } >"$home/build.log" 2>&1 || {
        tail -n 20 "$home/build.log" >&2
        echo "The build failed: the whole log is in quickstart/build.log." >&2
        return 1
    }
    PATH=$home/build:$PATH
}

# write_settings FILE URL HISTORY SOCKET NCT-ID…
write_settings() {
    local file=$1 url=$2 history=$3 socket=$4
    shift 4
    cat >"$file" <<YAML
registry:
  url: $url
  every: 15m
  contact: ${TRIALWATCH_CONTACT:-$(id -un)@$(uname -n)}
history:
  path: $history
control:
  socket: $socket
watches:
  - name: quickstart
    studies: [$(printf '%s, ' "$@" | sed 's/, $//')]
    notify: [terminal]
channels:
  - name: terminal
    console: {}
YAML
}

watch() {
    local settings=$home/trialwatch.yaml
    write_settings "$settings" https://clinicaltrials.gov/api/v2 "$home/history.db" "$home/control.sock" "$@"
    if ! trialwatchd --config "$settings" --once; then
        echo
        echo "The registry cannot be reached from here (the reason stands above)."
        echo "So here is the story of NCT04614467, replayed from a simulated registry:"
        echo
        replay
        return
    fi
    echo "Watching. Ctrl-C stops; what was seen is in quickstart/history.db."
    exec trialwatchd --config "$settings"
}

replay() {
    local place
    place=$(mktemp -d "$home/replay.XXXXXX")
    python3 tests/registry/replay.py --place "$place"
}

main() {
    case "${1-}" in
    -h | --help)
        usage
        ;;
    --replay)
        build
        replay
        ;;
    *)
        build
        if [ $# -eq 0 ]; then set -- NCT04614467; fi
        watch "$@"
        ;;
    esac
}

main "$@"
