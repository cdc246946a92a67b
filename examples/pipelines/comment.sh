#!/bin/sh
# comment.sh: one comment of a pull request with the plan, brought up to date in place.
#
#   comment.sh github|gitlab FILE
#
# FILE is what gridform plan --format markdown wrote: its first line is a hidden marker, by which
# the comment of an earlier run is found. Needs curl and jq. GitHub: GITHUB_TOKEN,
# GITHUB_API_URL, GITHUB_REPOSITORY, PULL_REQUEST. GitLab: GITLAB_TOKEN (a project token that may
# comment), CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID.
set -eu
forge=$1 file=$2
marker=$(head -n 1 "$file")
case $marker in
'<!-- gridform:plan '*) ;;
*) echo "comment.sh: $file does not begin with gridform's marker" >&2; exit 1 ;;
esac

case $forge in
github)
    header="Authorization: Bearer $GITHUB_TOKEN"
    list=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments
    one=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/comments
    update=PATCH
    ;;
gitlab)
    header="PRIVATE-TOKEN: $GITLAB_TOKEN"
    list=$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes
    one=$list
    update=PUT
    ;;
*) echo "comment.sh: github or gitlab, not $forge" >&2; exit 1 ;;
esac

# call METHOD URL [FILE]: the token goes in through standard input, not where ps shows it.
call() {
    printf 'header = "%s"\nheader = "Content-Type: application/json"\n' "$header" |
        curl --fail --silent --show-error --config - --request "$1" ${3:+--data-binary "@$3"} "$2"
}

body=$(mktemp)
trap 'rm -f "$body"' EXIT
jq --raw-input --slurp '{body: .}' "$file" >"$body"

page=1 id=""
while [ -z "$id" ]; do
    comments=$(call GET "$list?per_page=100&page=$page")
    [ "$(printf '%s' "$comments" | jq length)" != 0 ] || break
    id=$(printf '%s' "$comments" |
        jq -r --arg marker "$marker" 'map(select(.body | startswith($marker)))[0].id // ""')
    page=$((page + 1))
done
if [ -n "$id" ]; then
    call "$update" "$one/$id" "$body" >/dev/null
else
    call POST "$list" "$body" >/dev/null
fi
