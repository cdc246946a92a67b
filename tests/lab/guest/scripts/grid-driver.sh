#!/bin/bash
# Install the NVIDIA GRID driver for the running kernel.
set -eu

DRIVER_URL=${DRIVER_URL:-http://download.nvidia.com/NVIDIA-Linux-x86_64-384.73-grid.run}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
trap 'echo "failed at line $LINENO" >&2' ERR

cat >/etc/modprobe.d/blacklist-nouveau.conf <<'CONF'
blacklist nouveau
options nouveau modeset=0
CONF
dracut --force

yum -y install gcc make "kernel-devel-$(uname -r)"
cd "$WORK"
curl -fsSLO "$DRIVER_URL"
chmod +x ./*.run
sh ./NVIDIA-Linux-x86_64-*.run --silent --no-questions
nvidia-smi
