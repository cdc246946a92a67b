#!/bin/bash
# nvidia-docker 2 for the installed Docker.
distribution=$(. /etc/os-release; echo $ID$VERSION_ID)
curl -s -L https://nvidia.github.io/nvidia-docker/$distribution/nvidia-docker.repo | \
    sudo tee /etc/yum.repos.d/nvidia-docker.repo
docker_version=$(rpm -q --qf '%{VERSION}' docker-ce) || exit 1
sudo yum install -y "${1:-nvidia-docker2-2.0.1-1.docker$docker_version}" || exit 1
sudo pkill -SIGHUP dockerd
docker run --runtime=nvidia --rm nvidia/cuda nvidia-smi
