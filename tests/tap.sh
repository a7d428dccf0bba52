#!/bin/sh
# Runs one test program for make check, which reads TAP: cmocka's own, but for its skipped tests, which it calls "not ok";
# and a fuzz target's replay of its corpus as one test.
program=$1
name=$(basename "$program")

case $name in
fuzz_*)
    echo 1..1
    if said=$("$program" "${top_srcdir:-.}/tests/fuzz/corpus/${name#fuzz_}" 2>&1); then
        echo "ok 1 - $name: $said"
    else
        echo "$said" | sed 's/^/# /'
        echo "not ok 1 - $name"
    fi
    ;;
*)
    said=$(mktemp)
    trap 'rm -f "$said"' EXIT
    CMOCKA_MESSAGE_OUTPUT=TAP "$program" >"$said"
    status=$?
    sed 's/^not ok \([0-9]* # SKIP\)/ok \1/' "$said"
    # a program that ended before its last test is an error, whatever it printed
    [ $status -eq 0 ] || grep -q '^not ok' "$said" || exit $status
    ;;
esac
