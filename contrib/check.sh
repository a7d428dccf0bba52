#!/usr/bin/env bash
# Sets up what the tests need on a bare Debian 12 and runs every test. The last line is "N passed, N failed".
#
#   contrib/check.sh              all of it
#   contrib/check.sh STEP…        only these steps (--list names them)
#
# Steps run in two lanes side by side. Logs are in ./build-check/log.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=contrib/packages.sh
. contrib/packages.sh

top=$PWD
work=$top/build-check
log=$work/log
counts=$work/counts
cores=$(nproc)

# count NAME PASSED FAILED SKIPPED: what the last line adds up.
count() {
    echo "$2 $3 $4" >"$counts/$1"
}

# A step that is one test: passes when its commands do.
one_test() {
    if "step_$1_commands" >"$log/$1" 2>&1; then
        count "$1" 1 0 0
    else
        count "$1" 0 1 0
        tail -n 40 "$log/$1" | sed "s/^/$1: /"
    fi
}

# configured NAME CC CFLAGS OPTION…: a build folder of that name, made once.
configured() {
    local name=$1 cc=$2 cflags=$3
    shift 3
    mkdir -p "$work/$name"
    cd "$work/$name" || return 1
    [ -f Makefile ] || "$top/configure" CC="$cc" CFLAGS="$cflags" --enable-werror "$@"
}

# The build that most tests use: sanitizers on, a warning fails.
step_build_commands() (
    configured asan gcc "-g -O1" --enable-sanitizers && make -j"$cores"
)

step_unit() (
    configured asan gcc "-g -O1" --enable-sanitizers >"$log/unit" 2>&1
    make -j"$cores" check >>"$log/unit" 2>&1
    local pass fail skip error
    pass=$(sed -n 's/^# PASS: *//p' "$log/unit" | tail -1)
    fail=$(sed -n 's/^# FAIL: *//p' "$log/unit" | tail -1)
    error=$(sed -n 's/^# ERROR: *//p' "$log/unit" | tail -1)
    skip=$(sed -n 's/^# SKIP: *//p' "$log/unit" | tail -1)
    if [ -z "$pass" ]; then
        count unit 0 1 0
        tail -n 40 "$log/unit" | sed 's/^/unit: /'
        return
    fi
    count unit "$pass" $((fail + error)) "$skip"
    if [ $((fail + error)) -gt 0 ]; then
        grep -hE '^(not ok|FAIL|ERROR)|SUMMARY:|^\[  (ERROR|FAILED)' test-suite.log | head -40 | sed 's/^/unit: /'
    fi
)

# pytest_step NAME ARGUMENT…
pytest_step() {
    local name=$1
    shift
    TRIALWATCH_BUILD=$work/asan /usr/bin/python3 -m pytest -p no:cacheprovider -q -ra --junitxml="$work/$name.xml" \
        "$@" >"$log/$name" 2>&1
    /usr/bin/python3 - "$work/$name.xml" "$counts/$name" <<'PY' || count "$name" 0 1 0
import sys
import xml.etree.ElementTree as tree
suite = next(tree.parse(sys.argv[1]).iter("testsuite"))
total, failed, errors, skipped = (int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped"))
if total == 0:
    sys.exit("no test ran")
open(sys.argv[2], "w").write(f"{total - failed - errors - skipped} {failed + errors} {skipped}\n")
PY
    grep -qE '^(FAILED|ERROR)' "$log/$name" && tail -n 80 "$log/$name" | sed "s/^/$name: /"
    return 0
}

step_registry() {
    pytest_step registry tests/registry
}

step_scenario() {
    pytest_step scenario tests/scenario -n "$cores"
}

# The other compiler, and without the optional libraries, where zlib unpacks what igzip otherwise does.
step_clang_commands() (
    configured clang clang "-g -O1" --enable-fuzzers --enable-sanitizers && make -j"$cores" all check-programs
)

step_bare_commands() (
    configured bare gcc -O2 --without-systemd --without-jq --without-expat --without-isal &&
        make -j"$cores" all tests/unit/test_net_gunzip tests/unit/test_net_http_gzip &&
        tests/unit/test_net_gunzip && tests/unit/test_net_http_gzip
)

step_distcheck_commands() (
    configured dist gcc -O1 && make distcheck DISTCHECK_CONFIGURE_FLAGS="CFLAGS=-O1"
)

step_layers_commands() {
    /usr/bin/python3 tests/layers.py
}

step_format_commands() {
    git ls-files '*.c' '*.h' | xargs clang-format --dry-run --Werror
}

step_tidy_commands() {
    tests/static.sh tidy
}

step_cppcheck_commands() {
    tests/static.sh cppcheck
}

step_shellcheck_commands() {
    git ls-files '*.sh' .ci/run autogen.sh | xargs shellcheck -x
}

step_codespell_commands() {
    git ls-files | grep -v '^tests/fuzz/corpus/\|^tests/registry/story/' | xargs codespell --ignore-words=tests/codespell.ignore
}

step_manual_commands() {
    git ls-files 'daemon/*.[158]' | xargs -r mandoc -Tlint -Wwarning
}

step_quickstart_commands() {
    tests/quickstart.sh
}

lane_one=(build unit scenario)
lane_two=(layers format shellcheck codespell manual registry bare clang distcheck quickstart cppcheck tidy)

run_step() {
    local started=$SECONDS
    if declare -F "step_$1" >/dev/null; then
        "step_$1"
    else
        one_test "$1"
    fi
    read -r passed failed skipped <"$counts/$1"
    printf '%-12s %4d passed, %d failed, %d skipped  (%d s)\n' "$1" "$passed" "$failed" "$skipped" $((SECONDS - started))
}

# run_lane STEP…: one after the other, those that were asked for.
run_lane() {
    local step
    for step in "$@"; do
        case " $wanted " in *" $step "*) run_step "$step" ;; esac
    done
}

wanted=${*:-${lane_one[*]} ${lane_two[*]}}
if [ "${1-}" = --list ]; then
    echo "${lane_one[*]} ${lane_two[*]}"
    exit 0
fi

mkdir -p "$log" "$counts"
rm -f "$counts"/*
if ! install_packages "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}" "${packaging_packages[@]}" || ! ./autogen.sh >"$log/autogen" 2>&1; then
    tail -n 20 "$log/autogen" 2>/dev/null
    echo "0 passed, 1 failed"
    exit 1
fi

run_lane "${lane_one[@]}" &
run_lane "${lane_two[@]}" &
wait

awk '{ passed += $1; failed += $2; skipped += $3 }
     END { if (skipped) print skipped " skipped, each with its reason in build-check/log"
           if (passed + failed == 0) failed = 1
           print passed " passed, " failed " failed"; exit failed > 0 }' "$counts"/*
