#!/bin/sh
# fetch.sh OUT: Debian's sshd, unpacked into OUT/root. It is never installed. Packages that lie in
# OUT/deb already are used; otherwise they are downloaded into it.
set -u
out=$1
[ -x "$out/root/usr/sbin/sshd" ] && exit 0
mkdir -p "$out/deb" && cd "$out/deb" || exit 1
if ! ls openssh-server_*.deb libwrap0_*.deb >/dev/null 2>&1; then
    apt-get -q -o APT::Sandbox::User=root download openssh-server libwrap0 >"$out/log" 2>&1 || {
        cat "$out/log" >&2
        echo "openssh-server and libwrap0 cannot be downloaded. Run 'apt-get update' first, or" \
            "put both packages (.deb) into $out/deb" >&2
        exit 1
    }
fi
rm -rf "$out/new"
for deb in *.deb; do
    dpkg -x "$deb" "$out/new" || exit 1
done
mv "$out/new" "$out/root"
