#!/bin/sh
# Install Docker CE at one version, and start it with the machine.
# DOCKER_VERSION: as the package is called, such as 17.09.0.ce.
set -eu
: "${DOCKER_VERSION:?the version of Docker is not named}"

yum -y install yum-utils device-mapper-persistent-data lvm2
yum-config-manager --add-repo https://download.docker.com/linux/centos/docker-ce.repo
yum -y install "docker-ce-$DOCKER_VERSION"
systemctl enable docker
systemctl start docker
