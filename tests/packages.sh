# packages.sh: what gridform needs from Debian 12, how to ask for it, and what else a machine must
# allow. Sourced by examples/quickstart.sh and tests/run.sh.

build_packages="build-essential cmake ninja-build pkg-config libcurl4-openssl-dev libyaml-dev
  libjansson-dev libgit2-dev libxxhash-dev libxml2-dev libssh-dev libssl-dev
  libmicrohttpd-dev libcmocka-dev"
lab_packages="bubblewrap busybox-static bash-static"
test_packages="$lab_packages clang python3 python3-pyvmomi python3-prometheus-client python3-jsonschema
  python3-yaml python3-cryptography mandoc cmark-gfm systemd chromium chromium-driver
  python3-selenium fonts-dejavu-core
  golang-go golang-github-vmware-govmomi-dev
  openssh-client libgpgme-dev gpg gpg-agent gpgconf libxml2-utils jq graphviz curl git
  ca-certificates universal-ctags"

# install_packages YES PACKAGE...: install what is missing; ask first when a person is there.
install_packages() {
    yes=$1
    shift
    missing=""
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    echo "These Debian packages are missing:$missing"
    if [ "$yes" != yes ] && [ -t 0 ]; then
        printf 'Install them with apt-get? [y/N] '
        read -r answer
        case $answer in
        y | Y | yes) ;;
        *)
            echo "Not installed; install them yourself, or say --yes." >&2
            exit 1
            ;;
        esac
    fi
    sudo=""
    if [ "$(id -u)" != 0 ]; then
        sudo=sudo
        if ! command -v sudo >/dev/null; then
            echo "There is no sudo here: let root install them with apt-get." >&2
            exit 1
        fi
    fi
    $sudo apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
        $missing >/dev/null
}

# sandbox_works: can the lab shut in the guests that it runs (tests/lab/guest/guest_spawn.c)?
sandbox_works() {
    nobody=""
    [ "$(id -u)" != 0 ] || nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
    $nobody bwrap --unshare-all --unshare-user --disable-userns --uid 0 --gid 0 \
        --ro-bind / / --proc /proc --dev /dev true
}
