#!/bin/sh
# check_shell.sh LAB WORLD: Debian's ssh client, a stranger to our code, walks one host of the lab
# from a fresh installation to offered vGPU types.
set -u
command -v ssh >/dev/null || exit 77
lab=$1 world=$2
dir=$(mktemp -d) || exit 1
failures=0

mkfifo "$dir/stdin"
exec 9<>"$dir/stdin" # its end is the lab's
"$lab" --world "$world" --dir "$dir/lab" --speed 20000 <"$dir/stdin" 2>"$dir/lab.err" 9>&- &
pid=$!
trap 'exec 9>&-; wait $pid 2>/dev/null; rm -rf "$dir"' EXIT

for _ in $(seq 200); do
    [ -s "$dir/lab/control" ] && break
    kill -0 $pid 2>/dev/null || break
    sleep 0.05
done
[ -s "$dir/lab/control" ] || { cat "$dir/lab.err"; exit 1; }

printf '#!/bin/sh\necho lab-esxi-secret\n' >"$dir/askpass"
chmod 700 "$dir/askpass"
port=$(sed -n 's/.*"127\.0\.10\.1:\([0-9]*\)".*/\1/p' "$dir/lab/overlay.yaml")

# on COMMAND: run it on the first host; output (both streams) in $out, exit status in $status
on() {
    out=$(SSH_ASKPASS="$dir/askpass" SSH_ASKPASS_REQUIRE=force ssh -F none -p "$port" \
        -o HostName=127.0.10.1 -o HostKeyAlias=esx-gpu-01.lab.local -o CheckHostIP=no \
        -o UserKnownHostsFile="$dir/lab/known_hosts" -o GlobalKnownHostsFile=/dev/null \
        -o StrictHostKeyChecking=yes -o NumberOfPasswordPrompts=1 -o ConnectTimeout=5 \
        -o PreferredAuthentications="${auth:-keyboard-interactive,password}" \
        root@esx-gpu-01.lab.local "$1" 2>&1)
    status=$?
}

# expect STATUS TEXT WHAT: the last call ended with STATUS and printed exactly TEXT
expect() {
    [ "$status" = "$1" ] && [ "$out" = "$2" ] && return
    failures=$((failures + 1))
    printf 'FAILED: %s\n--- expected (%s)\n%s\n--- got (%s)\n%s\n' "$3" "$1" "$2" "$status" "$out"
}

# rebooted COMMAND TEXT: ask until COMMAND prints TEXT, which it does only after the reboot; the
# host refuses connections meanwhile
rebooted() {
    for _ in $(seq 300); do
        on "$1"
        [ "$status" = 0 ] && [ "$out" = "$2" ] && return
        sleep 0.02
    done
    expect 0 "$2" 'after the reboot'
}

vib=/vmfs/volumes/images/NVIDIA-VMware-384.73-1OEM.650.0.0.4598673.x86_64.vib
id=NVIDIA_bootbank_NVIDIA-VMware_384.73-1OEM.650.0.0.4598673

on 'exit 7'
expect 7 '' 'exit status'
auth=password
on 'echo a b; false || echo "status $?" && true'
expect 0 'a b
status 1' 'password, compound line'
auth=
on 'nosuch'
expect 127 '-sh: nosuch: not found' 'unknown command'
on 'esxcli graphics host get'
expect 0 '   Default Graphics Type: Shared
   Shared Passthru Assignment Policy: Performance' 'graphics host get'
on 'nvidia-smi'
expect 127 '-sh: nvidia-smi: not found' 'no driver'
on "esxcli software vib install -v $vib --no-sig-check"
expect 1 " [MaintenanceModeError]
 Maintenance mode is required for VIB $id, but the host is not in it.
 Please refer to the log file for more details." 'install without maintenance mode'
on 'esxcli system maintenanceMode set --enable true --timeout 600'
expect 0 '' 'maintenance mode'
on 'esxcli system maintenanceMode get'
expect 0 'Enabled' 'maintenance mode is on'
on 'esxcli graphics host set --default-type SharedPassthru && esxcli graphics host get'
expect 0 '   Default Graphics Type: SharedPassthru
   Shared Passthru Assignment Policy: Performance' 'graphics host set'
on "esxcli software vib install -v $vib --no-sig-check"
expect 0 "Installation Result
   Message: Operation finished successfully.
   Reboot Required: false
   VIBs Installed: $id
   VIBs Removed: 
   VIBs Skipped: " 'install'
on 'nvidia-smi -L 2>/dev/null'
[ "$status" = 9 ] || expect 9 '' 'driver before the reboot'
on 'esxcli system shutdown reboot -d 10 -r driver'
expect 0 '' 'reboot'
rebooted 'nvidia-smi --query-gpu=driver_version --format=csv,noheader' 384.73
on 'nvidia-smi -e 0'
expect 0 'Disabled ECC support for GPU 0000:3B:00.0.
All done.
Reboot required.' 'ECC off'
on 'nvidia-smi --query-gpu=ecc.mode.current,ecc.mode.pending --format=csv,noheader'
expect 0 'Enabled, Disabled' 'ECC pending'
on 'esxcli system shutdown reboot -d 10 -r ecc'
rebooted 'nvidia-smi --query-gpu=ecc.mode.current --format=csv,noheader' Disabled
on 'nvidia-smi --query-gpu=ecc.mode.current --format=csv'
expect 0 'ecc.mode.current
Disabled' 'ECC off after the reboot'
on 'nvidia-smi vgpu -s'
expect 0 'GPU 0000:3B:00.0
    GRID P100-1Q
    GRID P100-2Q
    GRID P100-4Q
    GRID P100-8Q
    GRID P100-16Q
    GRID P100-1A
    GRID P100-2A
    GRID P100-4A
    GRID P100-8A
    GRID P100-16A
    GRID P100-1B' 'types on offer'

printf '#!/bin/sh\necho wrong\n' >"$dir/askpass"
on true
[ "$status" = 255 ] || expect 255 '' 'wrong password'

exec 9>&-
wait $pid || { cat "$dir/lab.err"; failures=$((failures + 1)); }
[ "$failures" = 0 ]
