#!/bin/sh
# Point the GRID licence daemon at a licence server.
server=${1:?usage: gridd-licence.sh SERVER}
conf=/etc/nvidia/gridd.conf

[ -d /etc/nvidia ] || { echo "No driver installed" >&2; exit 2; }
if [ -f "$conf" ]; then
    cp -p "$conf" "$conf.$(date +%Y%m%d)"
else
    cp "$conf.template" "$conf" || exit 3
fi
sed -i -e "s/^#* *ServerAddress=.*/ServerAddress=$server/" \
    -e 's/^#* *FeatureType=.*/FeatureType=1/' "$conf"
service nvidia-gridd restart || exit 4

tries=0
until nvidia-smi -q | grep -q 'License Status *: Licensed'; do
    tries=$((tries + 1))
    if [ "$tries" -ge 5 ]; then
        echo "No licence after $tries tries" >&2
        exit 5
    fi
    sleep 0.1
done
echo "licensed by $server"
