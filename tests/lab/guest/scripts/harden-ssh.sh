#!/bin/bash
# Common settings of the SSH server, each set once.
CONF=/etc/ssh/sshd_config
[[ -r $CONF ]] || { echo "no $CONF"; exit 1; }
cp "$CONF" "$CONF.orig"

declare -A settings=(
    [PermitRootLogin]=no
    [PasswordAuthentication]=no
    [X11Forwarding]=no
)
for key in "${!settings[@]}"; do
    value=${settings[$key]}
    if grep -qE "^#?${key}[[:space:]]" "$CONF"; then
        sed -ri "s/^#?${key}[[:space:]].*/${key} ${value}/" "$CONF"
    else
        printf '%s %s\n' "$key" "$value" >>"$CONF"
    fi
done
diff -u "$CONF.orig" "$CONF"
if ! systemctl restart sshd; then
    mv "$CONF.orig" "$CONF"
    exit 1
fi
systemctl is-active sshd
grep -c '^PermitRootLogin no$' "$CONF"
