# packages.sh: the part of package management that rpm's and Debian's worlds share. A catalogue
# is a text of lines name|version|requires|commands|services|kilobytes, the newest version last;
# a requirement is a name, or name=version.

# catalogue: all lines of the repositories that are enabled, repository first; the caller's
# program defines repositories() to print "ID FILE" lines.
catalogue() {
    repositories | while read -r id file; do
        [ ! -e "$file" ] || sed "/^#/d; /^\$/d; s/^/$id|/" "$file"
    done
}

# candidate NAME [VERSION-PREFIX]: the newest line that fits.
candidate() {
    catalogue | awk -F'|' -v n="$1" -v v="${2-}" '
        $2 == n && (v == "" || $3 == v || index($3, v "-") == 1) { line = $0 }
        END { if (line != "") print line; else exit 1 }'
}

field() { printf '%s\n' "$1" | cut -d'|' -f"$2"; }

# The steps of a transaction, one line of the catalogue each, dependencies first, in $steps.
# missing: what nothing provides. plan LINE
steps= missing=
plan() {
    local name need wanted version have line
    name=$(field "$1" 2)
    case "$steps" in *"|$name|"*) return 0 ;; esac
    for need in $(field "$1" 4); do
        wanted=${need%%=*} version=
        case $need in *=*) version=${need#*=} ;; esac
        have=$(printf '%s' "$steps" | awk -F'|' -v n="$wanted" '$2 == n { print $3 }')
        have=${have:-$(installed_version "$wanted")}
        case $have in
        '') ;;
        "$version" | "$version"-*) continue ;;
        *)
            [ -n "$version" ] || continue
            miss "$1" "$wanted" "$version" "$have"
            return 1
            ;;
        esac
        line=$(candidate "$wanted" "$version") || { miss "$1" "$wanted" "$version"; return 1; }
        plan "$line" || return 1
    done
    steps="$steps$1
"
}

miss() {
    missing="$missing$(field "$1" 2)|$(field "$1" 3)|$2|$3|${4-}
"
}

# carry_out: installs $steps; status 1: the disk is full.
carry_out() {
    c_need=$(printf '%s' "$steps" | awk -F'|' '{ n += $7 } END { print n + 16 }')
    [ "$c_need" -lt "$(df -Pk / | awk 'NR == 2 { print $4 }')" ] || return 1
    printf '%s' "$steps" >/run/lab/steps
    while IFS='|' read -r c_repo c_name c_version c_needs c_commands c_services c_size; do
        [ -n "$c_name" ] || continue
        package_files "$c_name" "$c_version" "$c_commands" "$c_services" "$c_size" || return 1
        record_package "$c_name" "$c_version" "$c_repo" || return 1
        printf '%s|%s|%s\n' "$c_name" "$c_commands" "$c_services" >>/var/lib/lab/contents
    done </run/lab/steps
}

# remove_package NAME
remove_package() {
    r_line=$(grep "^$1|" /var/lib/lab/contents 2>/dev/null | tail -n 1)
    remove_files "$1" "$(field "$r_line" 2)" "$(field "$r_line" 3)"
    forget_package "$1"
}

# upgrades: lines of the catalogue that are newer than what is installed.
upgrades() {
    catalogue >/run/lab/catalogue
    while IFS='|' read -r u_name u_version u_repo; do
        u_line=$(awk -F'|' -v n="$u_name" '$2 == n { line = $0 } END { print line }' /run/lab/catalogue)
        [ -z "$u_line" ] || [ "$(field "$u_line" 3)" = "$u_version" ] || printf '%s\n' "$u_line"
    done <"$PACKAGES"
}
