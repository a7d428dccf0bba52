#!/usr/bin/env bash
# Static analysis: tests/static.sh tidy | cppcheck. Fails on any finding.
set -euo pipefail
cd "$(dirname "$0")/.."

# Both need the generated header.
generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT
mkdir -p "$generated/history"
sh daemon/history/embed-sql.sh daemon/history/schema.sql schema_sql >"$generated/history/schema_sql.h"

defines=(-D_GNU_SOURCE -DHAVE_SYSTEMD=1 -DHAVE_JQ=1 '-DPACKAGE_VERSION="0"' '-DTRIALWATCH_CONFDIR="/etc/trialwatch"'
    '-DTRIALWATCH_STATEDIR="/var/lib/trialwatch"' '-DTRIALWATCH_RUNDIR="/run/trialwatch"')
mapfile -t sources < <(git ls-files 'daemon/*.c')

case ${1-} in
tidy)
    read -ra libraries < <(pkg-config --cflags libevent libcurl jansson sqlite3 libsystemd libcyaml libzstd libcrypto libutf8proc)
    printf '%s\n' -std=gnu17 "-I$PWD/daemon" "-I$generated" "${defines[@]}" ${libraries[@]+"${libraries[@]}"} \
        >"$generated/compile_flags.txt"
    printf '%s\n' "${sources[@]}" |
        xargs -P "$(nproc)" -n 4 clang-tidy --quiet --warnings-as-errors='*' -p "$generated"
    ;;
cppcheck)
    # It knows neither the cleanup attribute (so leaks are the sanitizers' to find), nor what TAKE_PTR is made of, nor
    # jansson's loops.
    cat >"$generated/loops.h" <<'MACROS'
#define json_object_foreach(object, key, value) for (key = ""; (value = json_object_get(object, key)); key++)
#define json_array_foreach(array, index, value) for (index = 0; (value = json_array_get(array, index)); index++)
MACROS
    cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 -j "$(nproc)" \
        --suppress=missingIncludeSystem --suppress=memleak --suppress=resourceLeak --suppress=internalAstError \
        --include="$generated/loops.h" \
        -Idaemon -I"$generated" "${defines[@]}" "${sources[@]}"
    ;;
*)
    echo "usage: tests/static.sh tidy | cppcheck" >&2
    exit 2
    ;;
esac
