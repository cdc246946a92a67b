#!/bin/sh
# Take the GRID licence (Virtual Workstation) from the site's licence server.
# LICENCE_SERVER: its host name.
set -eu
: "${LICENCE_SERVER:?the licence server is not named}"
conf=/etc/nvidia/gridd.conf

[ -f "$conf" ] || cp "$conf.template" "$conf"
sed -i -e "s/^#* *ServerAddress=.*/ServerAddress=$LICENCE_SERVER/" \
    -e 's/^#* *FeatureType=.*/FeatureType=1/' "$conf"
systemctl enable nvidia-gridd
systemctl restart nvidia-gridd
