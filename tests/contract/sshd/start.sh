#!/bin/sh
# start.sh DIR PORT FETCHED HASH: sshd in the foreground on 127.0.0.1:PORT, as an ordinary
# account. DIR has bin/, state/, hostkey and authorized_keys. Root gives it an account of its own,
# "esxi" with the password of HASH, that exists only in this process's view of /etc; anybody else
# runs it as himself.
set -eu
dir=$1 port=$2 fetched=$3 hash=$4
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
export LD_LIBRARY_PATH="$dir"
if [ "$(id -u)" != 0 ]; then
    exec "$dir/sshd" -D -e -f "$dir/sshd_config"
fi
echo "esxi:$hash:7777:7777::$dir:/bin/sh" >"$dir/passwd"
chown -R 7777:7777 "$dir"
exec unshare -m /bin/sh -c "mount --bind '$dir/passwd' /etc/passwd &&
    exec setpriv --reuid 7777 --regid 7777 --clear-groups '$dir/sshd' -D -e -f '$dir/sshd_config'"
