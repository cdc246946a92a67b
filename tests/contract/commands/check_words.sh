#!/bin/sh
# check_words.sh GRIDFORM: what is mistyped or misplaced on the command line is said in words that
# help, on standard error, with exit code 1; nothing is asked of any system.
set -u
gridform=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

fail() {
    echo "check_words: $*" >&2
    failures=$((failures + 1))
}

# says CODE TEXT WORD...: exits so, and prints TEXT on standard error (code 0: on the output).
says() {
    wanted=$1 text=$2
    shift 2
    "$gridform" "$@" >out 2>err </dev/null
    code=$?
    [ "$code" = "$wanted" ] || fail "gridform $*: exit $code, wanted $wanted"
    [ "$wanted" = 0 ] && mv out err
    grep -qF -- "$text" err || fail "gridform $*: <$text> is not in <$(cat err)>"
}

says 1 'Did you mean plan?' pln
says 1 'Did you mean state list?' state lst
says 1 'unknown command state lst' state lst
says 1 'state is the first word of a command' state
says 1 'Use state list, state show ADDRESS' state
says 1 'Use template list [NAME]' template --json
says 1 'options come after the command' -C x plan
says 1 'take the objects out of the files' destroy
says 1 'gridform plan --adopt ADDRESS' import
says 1 'Did you mean --format?' plan --frmat x
says 1 '--limit is for --format markdown' plan --limit github
says 0 'Usage: gridform plan' help plan
says 0 'Usage: gridform state mv' help state mv
says 0 'Usage: gridform COMMAND' help
says 1 'Did you mean plan?' help pln
says 1 'nothing is known about foo' explain foo
! grep -q 'Did you mean' err || fail "explain foo: nothing is near it"

# The hint stands before the way to more help.
"$gridform" plan --frmat x 2>err
[ "$(tail -n 1 err)" = 'Try: gridform plan --help' ] || fail 'plan --frmat: the last line'

# The summaries stand in one column, whatever the names' lengths.
columns=$("$gridform" --help | sed -n '/^Commands:/,/^$/p' | grep '^  [a-z]' |
    sed 's/^\(  [a-z-]*\( [a-z]*\)\{0,1\}  *\)[A-Z].*/\1/' | awk '{ print length }' | sort -u | wc -l)
[ "$columns" = 1 ] || fail "--help: summaries begin in $columns columns"

"$gridform" init >/dev/null || fail init
says 1 '--adopt: the files declare no host/nope' plan --adopt host/nope
says 1 'did you mean host/esx-gpu-01.example.com?' plan --adopt host/esx-gpu-1.example.com
sed -i 's/^    power_policy.*/    lifecycle: { allow: [power_of_vms] }/' site.yaml
says 1 'did you mean "power_off_vms"?' validate

# An output that cannot be written says why.
if [ -c /dev/full ]; then
    "$gridform" version >/dev/full 2>err
    grep -q 'cannot write the output: No space left' err || fail "/dev/full: $(cat err)"
fi

[ "$failures" = 0 ]
