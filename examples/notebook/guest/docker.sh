#!/bin/bash
# Docker Engine from Docker's own packages.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
keyring=/etc/apt/keyrings/docker.gpg

apt-get -y install ca-certificates curl gnupg
install -m 0755 -d /etc/apt/keyrings
curl -fsSL https://download.docker.com/linux/ubuntu/gpg | gpg --dearmor -o "$keyring"
chmod a+r "$keyring"
. /etc/os-release
echo "deb [arch=amd64 signed-by=$keyring] https://download.docker.com/linux/ubuntu $VERSION_CODENAME stable" \
    >/etc/apt/sources.list.d/docker.list
apt-get update
apt-get -y install docker-ce docker-ce-cli containerd.io
systemctl enable --now docker
