#!/bin/sh
# Install nvidia-docker 2: each of its packages goes with one version of Docker.
# NVIDIA_DOCKER_VERSION: version of nvidia-docker2, such as 2.0.1.
set -eu
: "${NVIDIA_DOCKER_VERSION:?the version of nvidia-docker2 is not named}"

curl -fsSL https://nvidia.github.io/nvidia-docker/centos7/nvidia-docker.repo \
    -o /etc/yum.repos.d/nvidia-docker.repo
docker=$(rpm -q --qf '%{VERSION}' docker-ce)
yum -y install "nvidia-docker2-$NVIDIA_DOCKER_VERSION-1.docker$docker"
systemctl restart docker
