#!/bin/sh
# Install the GRID guest driver, which lies beside this script. DKMS builds it anew for each
# kernel that comes later.
set -eu
export DEBIAN_FRONTEND=noninteractive
installer=$(ls NVIDIA-Linux-x86_64-*-grid.run)

apt-get -y install build-essential dkms "linux-headers-$(uname -r)"
printf 'blacklist nouveau\noptions nouveau modeset=0\n' >/etc/modprobe.d/nouveau.conf
update-initramfs -u
sh "$installer" --silent --dkms
nvidia-smi
