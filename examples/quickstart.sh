#!/bin/sh
# quickstart.sh: install what is missing, build gridform, and show the main job against a
# simulated private cloud on this machine.
#
#   examples/quickstart.sh [--yes]
#
# --yes installs missing packages without asking. The simulated cloud listens on loopback only
# and ends with this script; nothing outside build/ is written.
set -eu
cd "$(dirname "$0")/.."
. tests/packages.sh

yes=no
[ "${1:-}" = --yes ] && yes=yes
# shellcheck disable=SC2086 # a list of words
install_packages "$yes" $build_packages $lab_packages curl ca-certificates

echo "== Building (Release)"
cmake --preset release >/dev/null
cmake --build build/release --target gridform gridform-lab -- -j "$(nproc)" --quiet

gridform=$PWD/build/release/cmd/gridform
work=$(mktemp -d)
# The lab ends when the other end of its standard input is closed.
mkfifo "$work/alive"
build/release/tests/lab/gridform-lab --world tests/lab/reference.yaml --dir "$work" \
    --speed 3000 <"$work/alive" >"$work/lab.log" 2>&1 &
lab=$!
exec 9>"$work/alive"
trap 'exec 9>&-; wait "$lab" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    [ -s "$work/control" ] && break
    sleep 0.1
done
control=http://$(cat "$work/control")

# The secrets of the simulated cloud; gridform takes them from the environment.
export VSPHERE_PASSWORD=lab-vsphere-secret ESXI_PASSWORD=lab-esxi-secret \
    VRA_PASSWORD=lab-vra-secret GUEST_PASSWORD=lab-guest-secret

# The example, with the stand-in for NVIDIA's driver, which the example does not bring.
manifest=$work/tensorflow
cp -r examples/tensorflow "$manifest"
driver=NVIDIA-Linux-x86_64-384.73-grid.run
cp "tests/lab/guest/root/net/download.nvidia.com/$driver" "$manifest/files/"

# The guest of the template runs real scripts, in a sandbox, which not every container offers.
sandbox=""
if ! sandbox_works 2>"$work/why"; then
    echo "== No sandbox can be had here: the preparation of the template's guest is left out"
    sed 's/^/   /' "$work/why"
    printf 'templates: { centos72-vra-nvidia: { guest: null } }\n' >"$work/no-guest.yaml"
    sandbox="--overlay $work/no-guest.yaml"
fi

# run WANTED COMMAND...: show a gridform command, run it, insist on its exit code.
run() {
    wanted=$1
    shift
    printf '\n\033[1m$ gridform %s\033[0m\n' "$*" | { [ -t 1 ] && cat || sed 's/\x1b\[[0-9]*m//g'; }
    command=$1
    shift
    more=""
    [ "$command" = validate ] || more="--state $work/state"
    code=0
    # shellcheck disable=SC2086 # options without blanks
    "$gridform" "$command" -C "$manifest" --overlay "$work/overlay.yaml" $sandbox $more "$@" ||
        code=$?
    if [ "$code" != "$wanted" ]; then
        echo "quickstart: exit code $code, expected $wanted" >&2
        exit 1
    fi
}

echo "== Four ESXi hosts, a vCenter and a vRealize Automation are simulated on loopback"
run 0 validate
run 2 plan --detailed-exitcode
run 0 apply --yes
echo
echo "== A second plan is empty"
run 0 plan --detailed-exitcode

echo
echo "== Behind gridform's back: ECC is on again on one host, and the blueprint's memory edited"
curl -fsS -X POST -d true "$control/world/hosts/esx-gpu-02.lab.local/gpus/0/ecc_current" >/dev/null
curl -fsS -X POST -d true "$control/world/hosts/esx-gpu-02.lab.local/gpus/0/ecc_pending" >/dev/null
curl -fsS -X POST -d '{"default":8192,"min":8192,"max":8192}' \
    "$control/world/vra/blueprints/Tensorflow-GPU/components/machine/data/memory" >/dev/null
run 2 drift
run 0 apply --yes
run 0 drift
echo
echo "That was the main job. The files are in examples/tensorflow."
