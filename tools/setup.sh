#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Installs the Debian packages that omnitls is built and tested with. Nothing else of the machine is changed.
#
#   tools/setup.sh [demo|test|ci]                     demo: build and run   test: also all tests   ci: also all checks
#   tools/setup.sh --list [--release N] [demo|test|ci]   only print the package names (N: Debian release, default this one)
#
# Needs root, or sudo; does nothing when every package is already there.
set -euo pipefail

fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }

list_only=no mode=test release=""
while [ $# -gt 0 ]; do
    case $1 in
        --list) list_only=yes ;;
        --release) [ $# -ge 2 ] || fail "--release needs a number, for example 13"; release=$2; shift ;;
        demo | test | ci) mode=$1 ;;
        -h | --help) sed -n '3,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "unknown argument '$1' (known: demo, test, ci, --list, --release N)" ;;
    esac
    shift
done

if [ -z "$release" ]; then
    # shellcheck disable=SC1091
    release=$(. /etc/os-release 2>/dev/null && [ "${ID:-}" = debian ] && echo "${VERSION_ID:-}") || release=""
fi

# What is needed, by purpose. The only names that differ between releases are those with a compiler's version in them.
demo_packages=(ca-certificates cmake dns-root-data g++ libasio-dev libcli11-dev libgnutls28-dev libmbedtls-dev libssl-dev
    libunbound-dev ninja-build nlohmann-json3-dev openssl pkgconf)
test_packages=("${demo_packages[@]}"
    ccache curl dovecot-imapd dovecot-lmtpd dovecot-managesieved dovecot-pop3d exim4-daemon-light gnutls-bin haproxy ldap-utils
    libgmock-dev libgtest-dev libnet-ssleay-perl mariadb-client-core mariadb-server-core mosquitto nginx-light postgresql
    postgresql-client prosody python3 python3-slixmpp redis-server slapd swaks tshark unbound vsftpd)
ci_packages=("${test_packages[@]}" clang clang-format clang-tidy debian-archive-keyring git mmdebstrap valgrind)
case $release in
    12) ci_packages+=(libclang-rt-14-dev) ;;
    13) ci_packages+=(libclang-rt-19-dev) ;;
esac
declare -n packages="${mode}_packages"

if [ "$list_only" = yes ]; then
    printf '%s\n' "${packages[@]}"
    exit 0
fi
for program in dpkg-query apt-get; do
    command -v "$program" >/dev/null || fail "this needs Debian's apt-get; elsewhere install the equivalents of: ${packages[*]}"
done

missing=()
for package in "${packages[@]}"; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
        installed) ;;
        *) missing+=("$package") ;;
    esac
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "setup: all ${#packages[@]} packages for '$mode' are installed"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "missing packages: ${missing[*]}
setup: installing them needs root, and there is no sudo. As root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
fi

# A package must not start its server (the tests run servers themselves, on ports of their own): Debian asks this script, 101 means
# "do not". One that is already there belongs to the machine and stays.
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
leave() {
    rm -f "$log"
    [ -z "${policy_is_ours:-}" ] || "${as_root[@]}" rm -f "$policy"
}
trap leave EXIT
if [ ! -e "$policy" ]; then
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi

# apt-get's own words are hundreds of lines and matter only when it fails.
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 && return
    tail -n 40 "$log" >&2
    fail "apt-get $1 failed; its last words are above"
}
echo "setup: installing ${missing[*]} (this can take some minutes)"
apt update
apt install --no-install-recommends "${missing[@]}"
echo "setup: installed ${#missing[@]} packages and what they need"
