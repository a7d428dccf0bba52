# shellcheck shell=bash disable=SC2034  # the lists are used by who sources this
# What is installed for what, by Debian 12's package names; sourced by quickstart.sh and check.sh.

# To build: the toolchain and the libraries that README.md explains.
build_packages=(
    autoconf automake gcc make pkg-config
    libevent-dev libcurl4-openssl-dev libjansson-dev libsqlite3-dev libsystemd-dev libcyaml-dev libyaml-dev
    libzstd-dev libssl-dev libutf8proc-dev libjq-dev libexpat1-dev
)
# What unpacks answers: Debian has isa-l everywhere but on i386.
case $(dpkg --print-architecture 2>/dev/null) in
i386) build_packages+=(zlib1g-dev) ;;
*) build_packages+=(libisal-dev) ;;
esac

# To reach the registry, and to replay the story from the simulated one.
run_packages=(ca-certificates python3-minimal libpython3-stdlib)

# To run every test.
test_packages=(
    libcmocka-dev zlib1g-dev python3-pytest python3-pytest-xdist python3-yaml python3-jsonschema
    clang libclang-rt-14-dev clang-tidy clang-format cppcheck shellcheck codespell mandoc
    openssl sqlite3 zstd xz-utils git jq zsh fish
    postfix dovecot-imapd libsasl2-modules
    debootstrap systemd systemd-container dbus
    prometheus rpm apparmor strace
)

# To make the .deb and look it over.
packaging_packages=(build-essential debhelper lintian fakeroot)

# install_packages NAME…: those that are missing, without a question.
install_packages() {
    local missing=() name as_root=()
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "Missing packages: ${missing[*]}. Run this as root, or install them." >&2
            return 1
        }
        as_root=(sudo)
    fi
    echo "Installing ${missing[*]}" >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}
