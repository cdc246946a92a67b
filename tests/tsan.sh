#!/bin/sh
# tsan.sh: the programs with threads under ThreadSanitizer.
#
#   tests/tsan.sh
#
# Builds only what it runs: the transport's tests, the providers against the lab, and applies of
# the whole program. A report of any process fails the run, also one whose exit code nobody
# looks at. The libraries are not instrumented; what they lock is seen all the same.
set -eu
cd "$(dirname "$0")/.."

tests="test_transport_http test_transport_ssh test_vra7_wire vra7_lab vsphere_lab esxi_lab
  test_e2e_procedure test_e2e_interrupt"
build=build/thread
logs=$PWD/$build/reports

echo "== build (ThreadSanitizer)"
cmake --preset thread >/dev/null
# shellcheck disable=SC2086 # a list of words
cmake --build "$build" --target $tests -- -j "$(nproc)" --quiet

# On kernels that spread mappings widely gcc's runtime finds no room for its shadow.
fixed=""
if setarch "$(uname -m)" -R true 2>/dev/null; then
    fixed="setarch $(uname -m) -R"
fi

echo "== tests under ThreadSanitizer"
rm -rf "$logs"
mkdir "$logs"
# shellcheck disable=SC2086
pattern=$(echo $tests | tr ' ' '|')
status=0
# One at a time: the lab's clock runs fast, and two instrumented ones starve each other.
TSAN_OPTIONS=log_path=$logs/report $fixed ctest --test-dir "$build" --no-tests=error \
    --output-on-failure -R "^($pattern)\$" || status=$?
for report in "$logs"/*; do
    [ -f "$report" ] || continue
    status=1
    cat "$report"
done
exit "$status"
