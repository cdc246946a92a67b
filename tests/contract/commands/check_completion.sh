#!/bin/bash
# check_completion.sh GRIDFORM STATE: the script for bash completes as it should, sourced in this
# very shell with COMP_WORDS set as bash sets them; zsh and fish check theirs when they are here.
set -u
gridform=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/manifest" "$work/other dir"
touch "$work/plan.json" "$work/plain text"
cp "$2" "$work/manifest/gridform.state"
program=$gridform
failures=0

fail() {
    echo "check_completion: $*" >&2
    failures=$((failures + 1))
}

# offers WANTED WORD...: exactly these, separated by |, for the last word; in any order. The
# words stand as bash splits them: --state=x is three.
offers() {
    local wanted got
    wanted=$(tr '|' '\n' <<<"$1" | sort)
    shift
    COMP_WORDS=("$program" "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    cd "$work" || exit 1
    _gridform
    got=$(printf '%s\n' ${COMPREPLY[@]+"${COMPREPLY[@]}"} | sort)
    [ "$wanted" = "$got" ] || fail "gridform $*: wanted <$wanted>, got <$got>"
}

"$gridform" completion bash >"$work/script" || fail "completion bash"
bash -n "$work/script" || fail "bash finds mistakes"
# shellcheck disable=SC1091
. "$work/script"
compopt() { :; } # outside of a completion it has nothing to act on

offers 'validate|version' v
offers 'show|snapshot|state|schema' s
offers 'history|list|mv|pull|push|rm|rollback|show' state ''
offers 'show' state sh
offers 'show' state show
offers '--format' plan --f
offers '--format' graph --f
offers '' apply --f
offers '--state' plan --stat
offers '' version --stat
offers 'html|text|json|markdown|dot|mermaid|terraform-json|gitlab-terraform|sarif|junit|github|azure' \
    plan --format ''
offers 'html|text|json|markdown|dot|mermaid|terraform-json|gitlab-terraform|sarif|junit|github|azure' \
    plan --format =
offers 'markdown|mermaid' plan --format = m
offers 'dot|mermaid' graph --format ''
offers 'mermaid' graph -C x --format m
offers 'bash|zsh|fish' completion ''
offers 'blueprint' explain bl
offers 'GF010|GF011|GF012|GF013|GF014|GF015|GF016|GF017|GF018' explain GF01
offers '' plan ''
offers '' plan --var ''
offers '' nonsense ''
offers 'plan.json|plain text' apply pla
offers 'plan.json|plain text' plan --out pla
offers 'manifest|other dir' plan -C ''
offers 'manifest' plan --chdir = m
addresses='host/esx-gpu-01.lab.local|template/centos72'
offers "$addresses" show -C manifest ''
offers "$addresses" show --chdir = manifest ''
offers "$addresses" state show --state manifest/gridform.state ''
offers "$addresses" plan -s manifest/gridform.state --adopt ''
offers 'host/esx-gpu-01.lab.local' state show -C manifest host/
offers "$addresses" state mv -C manifest ''
offers "$addresses" state rm -C manifest host/esx-gpu-01.lab.local ''
offers '' show -C 'other dir' ''
offers '' state show '' # no state here
offers '--json' show -C manifest --j

# Names may have blanks and worse in them; the program is asked with what the line says.
cat >"$work/stub" <<'END'
#!/bin/sh
echo "$*" >"${0%/*}/asked"
printf '%s\n' 'catalog_service/Machine Learning' 'catalog_service/$(touch oops)' 'host/a'
END
chmod +x "$work/stub"
program=$work/stub
offers 'catalog_service/Machine\ Learning' show -C manifest -s 'a state' 'catalog_service/Machine\ L'
[ "$(cat "$work/asked")" = 'state list -C manifest -s a state' ] || fail "$(cat "$work/asked")"
offers 'catalog_service/Machine\ Learning|catalog_service/\$\(touch\ oops\)' show cat
[ ! -e "$work/oops" ] || fail "a name was executed"
program=$gridform

# Every command and option of the help is in every script.
for shell in bash zsh fish; do
    "$gridform" completion $shell >"$work/script.$shell" || fail "completion $shell"
    commands=$("$gridform" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z ]*[a-z]\)  .*/\1/p')
    [ "$(wc -l <<<"$commands")" -ge 12 ] || fail "too few commands: $commands"
    while read -r command; do
        grep -qE "[ ']$command['):]|is ${command}[' ]|$(sed 's/.* //' <<<"'$command"):|-a $command " \
            "$work/script.$shell" || fail "$shell: no $command"
        # shellcheck disable=SC2086
        "$gridform" $command --help | sed -n '/^Options:/,$s/^ .*  *--\([a-z-]*\) .*/\1/p' |
            while read -r option; do
                grep -qE -- "(--|-l )$option([ \"'}=]|$)" "$work/script.$shell" ||
                    echo "$command --$option"
            done >"$work/missing"
        [ ! -s "$work/missing" ] || fail "$shell: $(cat "$work/missing")"
    done <<<"$commands"
done
for shell in zsh fish; do
    if command -v $shell >/dev/null; then
        HOME=$work $shell -n "$work/script.$shell" || fail "$shell finds mistakes"
    fi
done
# fish completes without a terminal.
fish_offers() {
    got=$(cd "$work" && PATH=$work/bin:$PATH HOME=$work fish --no-config -c \
        "source $work/script.fish; complete -C'$2'" 2>&1 | cut -f 1 | sort | paste -sd '|')
    [ "$got" = "$1" ] || fail "fish: $2: wanted <$1>, got <$got>"
}
if command -v fish >/dev/null; then
    mkdir "$work/bin"
    ln -s "$gridform" "$work/bin/gridform"
    fish_offers 'schema|show|snapshot|state' 'gridform s'
    fish_offers 'history|list|mv|pull|push|rm|rollback|show' 'gridform state '
    fish_offers 'azure|dot|github|gitlab-terraform|html|json|junit|markdown|mermaid|sarif|terraform-json|text' \
        'gridform plan --format '
    fish_offers 'host/esx-gpu-01.lab.local|template/centos72' 'gridform show -C manifest '
    fish_offers '--chdir' 'gridform plan --chd'
    fish_offers 'plan.json' 'gridform apply plan'
fi
grep -q '^#compdef gridform$' "$work/script.zsh" || fail "zsh: no #compdef"
"$gridform" completion tcsh >"$work/out" 2>"$work/err" && fail "tcsh is taken"
grep -q 'bash, zsh or fish, not tcsh' "$work/err" || fail "tcsh: $(cat "$work/err")"

[ "$failures" = 0 ] && echo "completion: all as it should be"
exit $((failures > 0))
