#!/bin/sh
# Prints an SQL file as C text on standard output: static const char NAME[] = "…";
set -eu

if [ $# -ne 2 ]; then
    echo "usage: embed-sql.sh FILE NAME" >&2
    exit 2
fi

printf '/* Made from %s by embed-sql.sh. */\n' "${1##*/}"
printf 'static const char %s[] =\n' "$2"
sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$1"
printf '    "";\n'
