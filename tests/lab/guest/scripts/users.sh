#!/bin/bash
# Create the team's accounts from a list.
set -u
created=0

add_user() {
    local name=$1 group=$2 shell=${3:-/bin/bash}
    if getent passwd "$name" >/dev/null; then
        echo "exists: $name"
        return 0
    fi
    getent group "$group" >/dev/null || groupadd "$group"
    useradd -m -s "$shell" -G "$group" "$name" || return 1
    echo "$name:change-me" | chpasswd
    mkdir -p "/home/$name/.ssh"
    chmod 700 "/home/$name/.ssh"
    chown -R "$name:$name" "/home/$name/.ssh"
    created=$((created + 1))
}

while IFS=, read -r name group shell; do
    case $name in
    ''|'#'*) continue ;;
    esac
    add_user "$name" "$group" "$shell" || exit 1
done <<EOT
# name,group,shell
ann,ops,
ben,ml,/bin/sh

ann,ops,
EOT

echo '%ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
chmod 440 /etc/sudoers.d/ops
visudo -cf /etc/sudoers.d/ops
echo "$created accounts created"
[ "$(grep -c '^ops:.*ann' /etc/group)" -eq 1 ]
