#!/bin/sh
# Install the GRID guest driver, which lies beside this script, for the running kernel.
set -eu
installer=$(ls NVIDIA-Linux-x86_64-*-grid.run)

yum -y install gcc make "kernel-devel-$(uname -r)"

# The free driver would take the device first.
cat >/etc/modprobe.d/nouveau.conf <<'CONF'
blacklist nouveau
options nouveau modeset=0
CONF
dracut --force

sh "$installer" --silent --no-questions
nvidia-smi
