#!/bin/bash
# Back up /etc and keep the three newest archives.
set -o errexit -o nounset -o pipefail
dest=/var/backups
keep=3
lock=/run/backup.lock

cleanup() { rm -f "$lock"; }
if ! (set -o noclobber; echo $$ > "$lock") 2>/dev/null; then
    echo "already running" >&2
    exit 75
fi
trap cleanup EXIT INT TERM

mkdir -p "$dest"
for i in 1 2 3 4 5; do
    tar czf "$dest/etc-2024010$i.tar.gz" -C / etc
done
mapfile -t archives < <(ls -1 "$dest"/etc-*.tar.gz | sort -r)
for old in "${archives[@]:$keep}"; do
    rm -v "$old" || rm "$old"
done
left=("$dest"/etc-*.tar.gz)
tar tzf "${left[0]}" | grep -q '^etc/passwd$'
echo "${#left[@]} archives, newest ${archives[0]##*/}"
