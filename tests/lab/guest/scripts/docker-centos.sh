#!/usr/bin/env bash
# Install Docker CE on CentOS 7 as its documentation tells.
set -e
VERSION="${1:-17.09.0.ce}"

for old in docker docker-common docker-selinux docker-engine; do
    if rpm -q "$old" &>/dev/null; then
        yum -y remove "$old"
    fi
done

yum install -y yum-utils device-mapper-persistent-data lvm2
yum-config-manager --add-repo https://download.docker.com/linux/centos/docker-ce.repo
yum makecache fast
yum install -y "docker-ce-${VERSION}"

systemctl enable docker
systemctl start docker

installed=$(docker version --format '{{.Server.Version}}')
if [ "$installed" != "${VERSION%.ce}.ce" ]; then
    echo "Expected ${VERSION}, found ${installed}" >&2
    exit 1
fi
docker run --rm hello-world
