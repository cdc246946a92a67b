#!/bin/sh
# run.sh: what the compiler does not check: banned calls, who may include whom, sizes.
set -eu
cd "$(dirname "$0")/../.."
# The tree may belong to somebody else than who runs this (root in a container).
git() {
    command git -c safe.directory="$PWD" "$@"
}
findings=$(mktemp)
trap 'rm -f "$findings"' EXIT

# report TITLE: what comes in are findings; nothing means that the rule holds. It runs at the
# end of pipes, in a process of its own, so findings go to a file.
report() {
    found=$(cat)
    [ -z "$found" ] || printf '== %s\n%s\n' "$1" "$found" >>"$findings"
}

product=$(git ls-files 'cmd/*.[ch]' 'engine/*.[ch]' 'providers/*.[ch]' 'state/*.[ch]')
all="$product $(git ls-files 'tests/*.[ch]')"

# shellcheck disable=SC2086 # lists of files without blanks
{
    grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strncpy|strtok|atoi|atol|strtol|strtoul|alloca|system|popen|gets)\(' \
        $product | report "banned calls (style: strings, numbers)"
    grep -nE '^[^"]*//' $all | grep -vE '"[^"]*//|/\*.*//' | grep -vE '^\S+:[0-9]+: *(\*|/\*)' |
        report "comments are written /* */"
    grep -nE '^ *typedef (struct|union|enum)' $all | report "no typedef of structs"
    grep -nE '#include "[^"]*/' $product |
        report "includes go by base name; the layer's include path says what may be seen"
    grep -nE '\b(TODO|FIXME|XXX)\b' $all | report "unfinished work"
}

# only HEADER PATTERN...: a third-party header may be included only below these paths.
only() {
    header=$1
    shift
    pattern=$(printf '%s|' "$@" | sed 's/|$//')
    # shellcheck disable=SC2086
    grep -nE "#include <$header" $product | grep -vE "^($pattern)" |
        report "<$header> is included outside $*" || true
}
only curl/ providers/transport/
only libxml/ providers/transport/
only libssh/ providers/transport/
only git2 cmd/git_
only yaml.h engine/config/
only jansson.h engine/model/value_json state/ providers/transport/rest providers/vra7/
only microhttpd.h cmd/metrics_http
only xxhash.h engine/base/digest
only pthread.h cmd/ providers/ state/
only openssl/ providers/transport/ state/ cmd/ssh_
only gpgme.h cmd/pgp_signature

# The engine does no I/O.
# shellcheck disable=SC2046
grep -nE '\b(open|fopen|socket|connect|getenv|clock_gettime|time|printf|puts|fputs|pthread_create|getrandom|rand)\(' \
    $(git ls-files 'engine/*.c') | grep -vE ':[0-9]+: *\*' | report "engine/ does no I/O"

# shellcheck disable=SC2086
for file in $all; do
    lines=$(wc -l <"$file")
    case $file in *_table.c | */profiles.c) continue ;; esac
    [ "$lines" -le 600 ] || echo "$file: $lines lines"
done | report "files over 600 lines: split by idea"

if command -v ctags >/dev/null 2>&1; then
    # shellcheck disable=SC2086
    ctags -f - --languages=C --kinds-C=f --fields=+ne $product 2>/dev/null |
        awk -F'\t' '{ for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) s = substr($i, 6)
                      if ($i ~ /^end:/) e = substr($i, 5) }
                      n = e - s + 1; if (n > 80) print $2 ":" s ": " $1 ": " n " lines" }' |
        report "functions over 80 lines"
else
    echo "install universal-ctags" | report "function sizes were not checked"
fi

if [ -s "$findings" ]; then
    cat "$findings"
    exit 1
fi
echo "lint: nothing found"
