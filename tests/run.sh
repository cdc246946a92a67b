#!/bin/sh
# run.sh: install what the tests need, build with ASan and UBSan, run everything; then the sweeps
# (tests/harness/sample.h), of which that build takes a part, in full from an ordinary build.
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

sandbox_works || {
    echo "bubblewrap cannot make a sandbox here, which the tests of guests need: run them on a" >&2
    echo "machine, or in a container that may mount (--privileged), and not in a chroot." >&2
    exit 1
}

jobs=$(nproc)
log=tests.log
status=0

# build PRESET WHAT TARGET...: configure and build; CMake's own words only when it fails.
build() {
    preset=$1
    echo "== build ($2)"
    shift 2
    cmake --preset "$preset" >build-log.tmp 2>&1 || { cat build-log.tmp; rm -f build-log.tmp; exit 1; }
    rm -f build-log.tmp
    cmake --build "build/$preset" --target "$@" -- -j "$jobs" --quiet
}

# run_tests PRESET JOBS CTEST-OPTIONS...: more jobs than cores where tests wait for the lab's clock.
run_tests() {
    preset=$1 at_a_time=$2
    shift 2
    ctest --test-dir "build/$preset" --output-on-failure -LE soak -j "$at_a_time" \
        -O "build/$preset/$log" "$@" || status=$?
    [ "$status" = 0 ] || exit "$status"
}

# Whoever names tests may have named none of one half.
none=error
[ $# = 0 ] || none=ignore

build sanitize "ASan, UBSan" all
echo "== tests"
run_tests sanitize $((jobs + 1)) --no-tests="$none" "$@"

build clang "clang, for the sweeps in full" sweeps
echo "== sweeps"
run_tests clang $((jobs * 2)) --no-tests="$none" -L sweep "$@"

# cmocka's own skips count as passed for ctest: they stand in the tests' output only.
skipped=$(for preset in sanitize clang; do
    grep -hE '^ *\[ *SKIPPED *\]|\*\*\*Skipped|\*\*\*Not Run' \
        "build/$preset/Testing/Temporary/LastTest.log" "build/$preset/$log" || true
done | sort -u | grep -vFf tests/skips.txt || true)
if [ -n "$skipped" ]; then
    echo "Skipped, and not listed in tests/skips.txt:" >&2
    echo "$skipped" >&2
    exit 1
fi
