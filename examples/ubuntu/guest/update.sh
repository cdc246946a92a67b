#!/bin/sh
# Bring the packages up to date; the guest is restarted after this, into the newest kernel.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get -y upgrade
