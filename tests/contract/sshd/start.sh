#!/bin/sh
# start.sh DIR PORT FETCHED HASH ACCOUNT: sshd in the foreground on 127.0.0.1:PORT. DIR has bin/,
# state/, hostkey and authorized_keys. It never runs as root, and knows one account, "esxi" with
# the password of HASH, by the library ACCOUNT (account.c).
set -eu
dir=$1 port=$2 fetched=$3 hash=$4 account=$5
cp "$fetched/root/usr/sbin/sshd" "$dir/sshd"
cp "$fetched"/root/*lib/*/libwrap.so.0 "$dir/" 2>/dev/null ||
    cp "$fetched"/root/usr/lib/*/libwrap.so.0 "$dir/"
# Algorithms are those of an ESXi 8 host (esxi-shell.md §12).
cat >"$dir/sshd_config" <<CONFIG
Port $port
ListenAddress 127.0.0.1
HostKey $dir/hostkey
PidFile none
UsePAM no
StrictModes no
AuthorizedKeysFile $dir/authorized_keys
PasswordAuthentication yes
KbdInteractiveAuthentication no
KexAlgorithms ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512
Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr
SetEnv PATH=$dir/bin:/usr/bin:/bin
CONFIG
become="" uid=$(id -u) gid=$(id -g)
if [ "$uid" = 0 ]; then
    uid=7777 gid=7777
    become="setpriv --reuid $uid --regid $gid --clear-groups"
fi
cp "$account" "$dir/account.so"
echo "esxi:$hash:$uid:$gid::$dir:/bin/sh" >"$dir/passwd"
[ -z "$become" ] || chown -R "$uid:$gid" "$dir"
# shellcheck disable=SC2086 # words
exec $become env LD_LIBRARY_PATH="$dir" LD_PRELOAD="$dir/account.so" SSHD_ACCOUNT="$dir/passwd" \
    "$dir/sshd" -D -e -f "$dir/sshd_config"
