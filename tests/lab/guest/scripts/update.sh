#!/bin/bash
# Bring a CentOS 7 machine up to date and say whether it must be restarted.
set -euo pipefail

log() {
    echo "[$(date +%H:%M:%S)] $*"
}

if [[ $EUID -ne 0 ]]; then
    echo "This script must be run as root" >&2
    exit 1
fi

log "Cleaning the cache"
yum clean all >/dev/null
log "Installing updates"
yum -y update
yum -y install yum-utils

if needs-restarting -r >/dev/null; then
    log "no reboot needed"
else
    log "reboot needed: running $(uname -r)"
fi
