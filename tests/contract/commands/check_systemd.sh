#!/bin/sh
# check_systemd.sh GRIDFORM UNITS: systemd has nothing to say about the units of the example, finds
# them well sealed, and gridform takes the options that they give it.
set -u
gridform=$1 units=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "check_systemd: $*" >&2
    failures=$((failures + 1))
}

# Where the program is installed is the only thing that a test must change.
for unit in "$units"/*.service "$units"/*.timer; do
    sed "s|^ExecStart=/usr/bin/gridform |ExecStart=$gridform |" "$unit" >"$work/${unit##*/}"
done
[ "$(ls "$work" | wc -l)" = 3 ] || fail "not three units"
systemd-analyze verify --man=no "$work"/*.service "$work"/*.timer >"$work/said" 2>&1 ||
    fail "verify ends with $?"
[ ! -s "$work/said" ] || fail "verify says: $(cat "$work/said")"

# 1.5 of 10: what is left is the network, which it is for.
for unit in "$work"/*.service; do
    systemd-analyze security --offline=true --no-pager --threshold=15 "$unit" >"$work/said" 2>&1 ||
        fail "${unit##*/} is not sealed well enough: $(grep -E '✗|Overall' "$work/said")"
    # The judge can refuse: without its seal the unit is not good enough.
    grep -vE '^(Protect|Restrict|Private|SystemCall|Capability)' "$unit" >"$work/open.service"
    if systemd-analyze security --offline=true --no-pager --threshold=15 "$work/open.service" \
        >/dev/null 2>&1; then
        fail "an open unit passes"
    fi
    rm "$work/open.service"
    # shellcheck disable=SC2046 # the words of the command
    set -- $(sed -n 's|^ExecStart=[^ ]* ||p' "$unit" | tr -d '${}%')
    [ "$1" = drift ] || fail "${unit##*/} does not run drift"
    "$gridform" "$@" --help >"$work/said" 2>&1 || fail "${unit##*/}: $(cat "$work/said")"
done

# The credentials are those that the README and the manifests can name.
for name in vsphere-password esxi-password vra-password; do
    [ "$(grep -l "^LoadCredential=$name:" "$work"/*.service | wc -l)" = 2 ] ||
        fail "no credential $name"
done
[ "$failures" = 0 ]
