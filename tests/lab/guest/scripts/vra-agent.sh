#!/bin/bash
# Prepare the template for vRealize Automation's agents.
set -e
APPLIANCE=${APPLIANCE:-vra.lab.local}
command -v wget >/dev/null || yum -y install wget
command -v java >/dev/null || yum -y install java-1.8.0-openjdk
cd /tmp
wget -q --no-check-certificate "https://$APPLIANCE/software/download/prepare_vra_template.sh"
chmod +x prepare_vra_template.sh
./prepare_vra_template.sh -n -a="$APPLIANCE" -c=vsphere
systemctl is-enabled vrm-agent
