#!/bin/sh
# check_symbols.sh GRIDFORM: no function of ours has the name of one in a library that the program
# is linked to. Such a function would be called in the place of the library's, also by the library
# itself.
set -eu
gridform=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Names that the linker or the start-up code gives to every program are its own.
ours='^[TDBR]$' theirs='^[TDBRVWi]$'
nm --defined-only "$gridform" |
    awk -v kind="$ours" '$2 ~ kind && $3 !~ /^_|^(main|data_start|environ)$/ { print $3 }' |
    sort -u >"$work/ours"
for library in $(ldd "$gridform" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }'); do
    nm -D --defined-only "$library"
done | awk -v kind="$theirs" '$2 ~ kind { sub(/@.*/, "", $3); print $3 }' | sort -u >"$work/theirs"

[ "$(wc -l <"$work/ours")" -gt 500 ] || { echo "check_symbols: too few of ours" >&2; exit 1; }
[ "$(wc -l <"$work/theirs")" -gt 5000 ] || { echo "check_symbols: too few of theirs" >&2; exit 1; }
comm -12 "$work/ours" "$work/theirs" >"$work/both"
if [ -s "$work/both" ]; then
    echo "check_symbols: names of libraries, taken a second time:" >&2
    cat "$work/both" >&2
    exit 1
fi
