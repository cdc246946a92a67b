#!/bin/sh
# run.sh: install what the tests need, build with ASan and UBSan, run everything.
#
#   tests/run.sh [--yes] [ctest options, such as -R NAME]
#
# --yes installs missing packages without asking. A skipped test fails the run unless
# tests/skips.txt lists it with a reason. Nothing outside build/ is written, no port beyond
# loopback is opened, nothing keeps running.
set -eu
cd "$(dirname "$0")/.."
. tests/packages.sh

yes=no
if [ "${1:-}" = --yes ]; then
    yes=yes
    shift
fi
# shellcheck disable=SC2086 # lists of words
install_packages "$yes" $build_packages $test_packages

jobs=$(nproc)
echo "== build (ASan, UBSan)"
cmake --preset sanitize >build-log.tmp 2>&1 || { cat build-log.tmp; rm -f build-log.tmp; exit 1; }
rm -f build-log.tmp
cmake --build build/sanitize -- -j "$jobs" --quiet

log=build/sanitize/tests.log
echo "== tests"
status=0
ctest --test-dir build/sanitize --no-tests=error --output-on-failure -LE soak -j "$jobs" \
    -O "$log" "$@" || status=$?
[ "$status" = 0 ] || exit "$status"

# cmocka's own skips count as passed for ctest: they stand in the tests' output only.
skipped=$(grep -hE '^ *\[ *SKIPPED *\]|\*\*\*Skipped|\*\*\*Not Run' \
    build/sanitize/Testing/Temporary/LastTest.log "$log" | sort -u |
    grep -vFf tests/skips.txt || true)
if [ -n "$skipped" ]; then
    echo "Skipped, and not listed in tests/skips.txt:" >&2
    echo "$skipped" >&2
    exit 1
fi
