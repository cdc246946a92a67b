#!/bin/sh
# Stand-in of the script that prepares a template for vRA's agents: asks for the appliance and
# the manager, takes a provider and a timeout, installs and enables the bootstrap agent.
appliance= provider= java=no
for a in "$@"; do
    case $a in
    -n | --noninteractive | -t=* | --timeout=*) ;;
    -a=* | --appliance=*) appliance=${a#*=} ;;
    -c=* | --cloudprovider=*) provider=${a#*=} ;;
    -j=* | --java=*) java=${a#*=} ;;
    -m=* | --managerfqdn=* | -u | --uninstall) ;;
    *)
        echo "Unknown option: $a" >&2
        exit 1
        ;;
    esac
done
[ -n "$appliance" ] || { echo 'The vRealize appliance is missing' >&2; exit 1; }
case $provider in
vsphere | vca | vcd | ec2) ;;
*)
    echo "Unknown cloud provider: '$provider'" >&2
    exit 1
    ;;
esac
curl -fsS -o /dev/null "https://$appliance/software/download/prepare_vra_template.sh" || exit 1
[ "$java" = true ] || command -v java >/dev/null || { echo 'Java was not found' >&2; exit 1; }
mkdir -p /opt/vmware-appdirector/agent-bootstrap /usr/share/gugent
printf 'appliance=%s\nprovider=%s\n' "$appliance" "$provider" >/usr/share/gugent/gugent.properties
for s in vmware_appdirector_agent vrm-agent; do
    printf '[Unit]\nDescription=%s\n[Service]\n[Install]\nWantedBy=multi-user.target\n' $s \
        >/usr/lib/systemd/system/$s.service
    systemctl enable $s
done
echo 'Template preparation is complete'
