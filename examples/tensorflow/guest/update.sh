#!/bin/sh
# Bring the packages up to date. The kernel is usually among them: the guest is restarted after
# this, since the GRID driver is built for the kernel that runs.
set -eu
yum -y clean all
yum -y update
