# lib.sh: state of a guest that its stand-ins share. Everything lies in files:
#   /var/lib/lab/packages     installed packages: name|version|repository
#   /var/lib/lab/driver*      version of the NVIDIA driver, kernel that it was built for
#   /run/lab/*                what lasts until the next boot: kernel, services, loaded driver

PACKAGES=/var/lib/lab/packages

kernel() { cat /run/lab/kernel 2>/dev/null || cat /boot/default; }

# ---- the network: files below /.lab/net/HOST/PATH -------------------------------------------

# net_file URL: where the lab keeps it; status 6: no such host, 22: no such path.
net_file() {
    net_path=${1#*://}
    net_path=${net_path%%\?*}
    net_path=${net_path%%#*}
    net_host=${net_path%%/*}
    net_host=${net_host##*@}
    net_host=${net_host%%:*}
    [ -d "/.lab/net/$net_host" ] || return 6
    case $net_path in *..*) return 22 ;; esac
    net_rest=/${net_path#*/}
    [ -f "/.lab/net/$net_host$net_rest" ] || return 22
    printf '%s\n' "/.lab/net/$net_host$net_rest"
}

# ---- packages: lines name|version|requires|commands|services|kilobytes -----------------------

record_package() {
    touch "$PACKAGES"
    grep -v "^$1|" "$PACKAGES" >"$PACKAGES.new"
    printf '%s|%s|%s\n' "$1" "$2" "$3" >>"$PACKAGES.new" && mv "$PACKAGES.new" "$PACKAGES"
}

forget_package() {
    grep -v "^$1|" "$PACKAGES" >"$PACKAGES.new"
    mv "$PACKAGES.new" "$PACKAGES"
}

installed_version() {
    sed -n "s/^$1|\([^|]*\)|.*/\1/p" "$PACKAGES" 2>/dev/null | tail -n 1
}

# package_files NAME VERSION [COMMANDS [SERVICES [KILOBYTES]]]: status 1: the disk is full.
package_files() {
    case $1 in
    kernel | linux-image-generic)
        mkdir -p "/lib/modules/$2" && printf 'kernel\n' >"/boot/vmlinuz-$2" &&
            printf '%s\n' "$2" >/boot/default || return 1
        ;;
    kernel-devel | linux-headers-*)
        mkdir -p "/usr/src/kernels/$2" || return 1
        ;;
    esac
    for pf_command in $3; do
        ln -sf "/.lab/pkg/$pf_command" "/usr/bin/$pf_command" || return 1
    done
    for pf_service in $4; do
        printf '[Unit]\nDescription=%s\n[Service]\n[Install]\nWantedBy=multi-user.target\n' \
            "$pf_service" >"/usr/lib/systemd/system/$pf_service.service" || return 1
    done
    if [ "${5:-0}" -gt 0 ]; then
        mkdir -p "/usr/share/$1" &&
            dd if=/dev/zero of="/usr/share/$1/content" bs=1024 count="$5" 2>/dev/null || return 1
    fi
    if [ "$1" = nvidia-docker2 ] || [ "$1" = nvidia-container-toolkit ]; then
        mkdir -p /etc/docker
    fi
    if [ "$1" = nvidia-docker2 ]; then
        printf '{\n    "runtimes": {\n        "nvidia": {\n            "path": "nvidia-container-runtime"\n        }\n    }\n}\n' \
            >/etc/docker/daemon.json || return 1
    fi
    if [ "$1" = docker-ce ] && ! grep -q '^docker:' /etc/group; then
        printf 'docker:x:994:\n' >>/etc/group
    fi
}

remove_files() {
    rm -rf "/usr/share/$1"
    for rf_word in $2; do rm -f "/usr/bin/$rf_word"; done
    for rf_word in $3; do
        rm -f "/usr/lib/systemd/system/$rf_word.service" "/run/lab/services/$rf_word" \
            "/etc/systemd/system/multi-user.target.wants/$rf_word.service"
    done
}

# ---- services -----------------------------------------------------------------------------

unit_file() {
    for uf_dir in /etc/systemd/system /usr/lib/systemd/system; do
        if [ -e "$uf_dir/$1.service" ]; then
            printf '%s\n' "$uf_dir/$1.service"
            return 0
        fi
    done
    return 1
}

# The first word of ExecStart must exist; a oneshot runs. Units of packages have none.
unit_exec() {
    ue_line=$(sed -n 's/^ExecStart=[-@+!]*//p' "$1" | head -n 1)
    [ -n "$ue_line" ] || return 0
    [ -x "${ue_line%% *}" ] || return 1
    if grep -q '^Type=oneshot' "$1"; then
        /bin/sh -c "$ue_line" || return 1
    fi
}

daemon_json_valid() {
    [ -e /etc/docker/daemon.json ] || return 0
    dj=$(tr -d ' \t\n' </etc/docker/daemon.json)
    case $dj in
    '{'*'}') [ "$(printf %s "$dj" | tr -cd '{' | wc -c)" = "$(printf %s "$dj" | tr -cd '}' | wc -c)" ] ;;
    *) return 1 ;;
    esac
}

unit_start() {
    us_file=$(unit_file "$1") || return 5
    [ ! -L "$us_file" ] || [ "$(readlink "$us_file")" != /dev/null ] || return 1
    unit_exec "$us_file" || return 1
    if [ "$1" = docker ]; then
        daemon_json_valid || return 1
        cp /etc/docker/daemon.json /run/lab/docker.json 2>/dev/null || : >/run/lab/docker.json
        : >/run/docker.sock
    fi
    if [ "$1" = nvidia-gridd ]; then
        [ -e /run/lab/driver ] || return 1
        cp /etc/nvidia/gridd.conf /run/lab/gridd.conf 2>/dev/null || : >/run/lab/gridd.conf
        printf '%s %s nvidia-gridd: Started\n' "$(date '+%b %e %T')" "$(cat /etc/hostname)" \
            >>/var/log/messages
    fi
    : >"/run/lab/services/$1"
}

unit_stop() {
    rm -f "/run/lab/services/$1"
    [ "$1" != docker ] || rm -f /run/docker.sock
}

unit_active() { [ -e "/run/lab/services/$1" ]; }

# ---- the driver ---------------------------------------------------------------------------

# Loads when it was built for the kernel that runs, a GPU is there, and the branch of the guest
# is not newer than that of the host.
driver_load() {
    rm -f /run/lab/driver
    [ -s /var/lib/lab/driver ] || return 1
    [ "$(cat /var/lib/lab/driver-kernel)" = "$(kernel)" ] || return 2
    [ -n "$(cat /run/lab/gpu)" ] || return 3
    dl_host=$(cat /run/lab/host-driver)
    dl_mine=$(cat /var/lib/lab/driver)
    [ -z "$dl_host" ] || [ "${dl_mine%%.*}" -le "${dl_host%%.*}" ] || return 4
    cp /var/lib/lab/driver /run/lab/driver
}
