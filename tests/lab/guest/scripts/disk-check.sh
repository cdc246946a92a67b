#!/bin/sh
# Exit 2 when a file system is fuller than the limit (per cent).
limit=${1:-80}
df -P / | awk -v limit="$limit" 'NR > 1 { sub(/%/, "", $5); if ($5 + 0 > limit) { print $6 " is " $5 "% full"; bad = 1 } } END { exit bad ? 2 : 0 }'
