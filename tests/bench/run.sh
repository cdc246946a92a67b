#!/bin/sh
# Prints the figures of tests/bench/README.md. Usage: run.sh BUILD_DIRECTORY (of a Release build)
set -eu
build=${1:?usage: run.sh BUILD_DIRECTORY}
bench=$build/tests/bench/gf_bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# The least of five runs, each in a process of its own: "seconds kilobytes".
least() {
    for _ in 1 2 3 4 5; do "$@"; done | sort -n | head -n 1
}

row() {
    printf '%-34s %10s %10s %10s %8s\n' "$@"
}

row what bare_s ours_s ratio peak_MB
for n in 10000 100000; do
    mkdir "$work/$n"
    "$bench" generate "$work/$n" "$n"
    bare=$(least "$bench" bare "$work/$n")
    ours=$(least "$bench" plan "$work/$n")
    row "plan of $n resources" "${bare% *}" "${ours% *}" \
        "$(echo "${ours% *} ${bare% *}" | awk '{ printf "%.2f", $1 / $2 }')" \
        "$(echo "${ours#* }" | awk '{ printf "%.0f", $1 / 1024 }')"
    eval "plan_$n=${ours% *}"
done
# shellcheck disable=SC2154
echo "$plan_10000 $plan_100000" |
    awk '{ printf "growth from 10,000 to 100,000: %.1f times (n log n: 12.5)\n", $2 / $1 }'

for n in 1000 10000; do
    took=$(least "$bench" journal "$work" "$n")
    row "$n recorded steps" - "${took% *}" - -
done

# Fifty starts each, the least of five rounds.
starts() {
    for _ in 1 2 3 4 5; do
        begin=$(date +%s%N)
        i=0
        while [ "$i" -lt 50 ]; do
            "$@" >/dev/null
            i=$((i + 1))
        done
        echo "$((($(date +%s%N) - begin) / 50000))"
    done | sort -n | head -n 1
}
empty=$(starts "$build/tests/bench/gf_bench_empty")
version=$(starts "$build/cmd/gridform" version)
echo "gridform version: $version us, an empty program with the same libraries: $empty us, ratio" \
    "$(echo "$version $empty" | awk '{ printf "%.2f", $1 / $2 }')"
