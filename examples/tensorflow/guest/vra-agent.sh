#!/bin/sh
# Prepare the template for the software agent of vRealize Automation.
# APPLIANCE: host name of the vRA appliance.
set -eu
: "${APPLIANCE:?the vRA appliance is not named}"

yum -y install wget java-1.8.0-openjdk
# The appliance's certificate is often its own: the script is fetched from inside the site.
wget -q --no-check-certificate \
    "https://$APPLIANCE/software/download/prepare_vra_template.sh"
chmod +x prepare_vra_template.sh
./prepare_vra_template.sh --noninteractive --appliance="$APPLIANCE" --cloudprovider=vsphere
systemctl is-enabled vrm-agent
