#!/bin/bash
# Wait until a service answers; give up after some tries.
retry() {
    local n=1 max=$1 delay=$2
    shift 2
    until "$@"; do
        local rc=$?
        if ((n >= max)); then
            echo "gave up after $n attempts (last status $rc)" >&2
            return $rc
        fi
        echo "attempt $n failed with $rc" >&2
        ((n++))
        sleep "$delay"
    done
}
retry 3 0.05 curl -fsS --max-time 5 -o /dev/null "$1"
