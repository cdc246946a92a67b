#!/bin/bash
# The NVIDIA container toolkit, and Docker told about it.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
keyring=/usr/share/keyrings/nvidia-container-toolkit-keyring.gpg
source=https://nvidia.github.io/libnvidia-container

curl -fsSL "$source/gpgkey" | gpg --dearmor -o "$keyring"
curl -fsSL "$source/stable/deb/nvidia-container-toolkit.list" |
    sed "s#deb https://#deb [signed-by=$keyring] https://#" \
        >/etc/apt/sources.list.d/nvidia-container-toolkit.list
apt-get update
apt-get -y install nvidia-container-toolkit
nvidia-ctk runtime configure --runtime=docker
systemctl restart docker
