#!/bin/sh
# check_manual.sh GRIDFORM BUILD: mandoc has nothing to say about gridform(1), everything that
# --help lists stands in it, and cmake --install puts it and the completions into place.
set -u
gridform=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "check_manual: $*" >&2
    failures=$((failures + 1))
}

"$gridform" man >"$work/gridform.1" || fail "gridform man"
mandoc -Tlint "$work/gridform.1" >"$work/lint" 2>&1
[ ! -s "$work/lint" ] || fail "$(cat "$work/lint")"
# Bold and underlined letters come as a letter, a backspace and a letter.
back=$(printf '\b')
mandoc -Tutf8 "$work/gridform.1" | sed "s/.$back//g" >"$work/text" || fail "mandoc"

# says TEXT: it stands in the page, however the lines are broken.
tr -s ' \n' '  ' <"$work/text" >"$work/line"
says() {
    grep -qF -- "$1" "$work/line" || fail "the manual does not have: $1"
}

"$gridform" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p' >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 13 ] || fail "too few commands"
while read -r command; do
    grep -qE "^ +$command( |$)" "$work/text" || fail "no command $command"
    # shellcheck disable=SC2086
    "$gridform" $command --help >"$work/help" || fail "$command --help"
    says "$(head -n 1 "$work/help")."
    # Paragraphs between the usage and the options; examples stand in lines of their own.
    sed -n '/^Usage/,/^Options/p' "$work/help" | sed '1d;$d' |
        awk -v RS= '!/^  /{gsub(/[ \n]+/, " "); print}' | sed 's/ $//' >"$work/paragraphs"
    while read -r paragraph; do
        says "$paragraph"
    done <"$work/paragraphs"
    sed -n 's/^ .*--\([a-z-]*\) .*/\1/p' "$work/help" >"$work/options"
    while read -r option; do
        grep -qE -- "^ +(-[a-zA-Z], )?--$option( |$)" "$work/text" || fail "no option --$option"
    done <"$work/options"
done <"$work/commands"
for word in NO_COLOR CI_JOB_URL CREDENTIALS_DIRECTORY gridform.state.journal; do
    says "$word"
done
for code in 0 1 2 3 4 5 6 7 8 130; do
    grep -qE "^ +$code +[A-Z]" "$work/text" || fail "no exit code $code"
    grep -qE "^\| $code \|" "$(dirname "$0")/../../../README.md" || fail "README: no exit $code"
done
says 'gridform apply --adopt "catalog_service/Machine Learning"'
"$gridform" --help | grep -q '^  man ' && fail "the generator is listed"

cmake --install "$build/cmd" --prefix "$work/usr" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
for file in bin/gridform share/man/man1/gridform.1 share/bash-completion/completions/gridform \
    share/zsh/site-functions/_gridform share/fish/vendor_completions.d/gridform.fish; do
    [ -s "$work/usr/$file" ] || fail "not installed: $file"
done
cmp -s "$work/gridform.1" "$work/usr/share/man/man1/gridform.1" || fail "another page is installed"
"$work/usr/bin/gridform" version >"$work/log" || fail "what is installed does not run"

[ "$failures" = 0 ] && echo "manual: all as it should be"
exit $((failures > 0))
