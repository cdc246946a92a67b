#!/bin/sh
# Runs in each new machine, before and after vCenter gives it its name and address: the argument
# says which.
[ "$1" = postcustomization ] || exit 0
# Every clone has its template's host keys: make new ones.
rm -f /etc/ssh/ssh_host_*
dpkg-reconfigure openssh-server
