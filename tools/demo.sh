#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Shows what omnitls is for: a plain connection is upgraded with STARTTLS, the handshake is held while an asynchronous verifier
# decides, and the verdict is carried out: once accept, twice reject.
#
#   tools/demo.sh                                       with a server and a throw-away authority of its own
#   tools/demo.sh HOST:PORT --starttls xmpp|smtp [OPTION...]   with a real server; options are those of `omnitls connect`
#
# Before these arguments: --build-dir DIR (default build/demo), --no-install, --backend NAME.
# Ends with 0 only if what should be accepted was and what should be refused was (certificate: 14); with a real server that is
# not accepted, with the exit status of `omnitls connect`.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd) # No cd: file names among the options are as the caller sees them.

fail() { printf 'demo: %s\n' "$1" >&2; exit 2; }

build=$source/build/demo install=yes delay=1500
options=() # Of every connection.
while [ $# -gt 0 ]; do
    case $1 in
        --build-dir | --backend) [ $# -ge 2 ] || fail "$1 needs a value" ;;&
        --build-dir) build=$2; shift ;;
        --backend) options+=(--backend "$2"); shift ;;
        --no-install) install=no ;;
        -h | --help) sed -n '3,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) fail "unknown argument '$1' (see tools/demo.sh --help)" ;;
        *) break ;;
    esac
    shift
done

# The connection's options, apart from those that the refused connections need to be different.
target=${1:-} name="" ca=() sni=() domain=()
[ $# -eq 0 ] || shift
while [ $# -gt 0 ]; do
    case $1 in
        --name | --ca | --sni | --domain) [ $# -ge 2 ] || fail "$1 needs a value" ;;&
        --name) name=$2; shift ;;
        --ca) ca=(--ca "$2"); shift ;;
        --sni) sni=(--sni "$2"); shift ;;
        --domain) domain=(--domain "$2"); shift ;;
        --json | --verdict-delay* | --name=* | --ca=* | --sni=* | --domain=*)
            fail "'$1' cannot be used here (--name, --ca, --sni and --domain want their value as the next word)" ;;
        *) options+=("$1") ;;
    esac
    shift
done

# --- Install and build

[ "$install" = no ] || "$source/tools/setup.sh" demo
configure=(cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DOMNITLS_BUILD_TESTS=OFF -DOMNITLS_BUILD_EXAMPLES=OFF)
if command -v ccache >/dev/null; then
    export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$source} CCACHE_NOHASHDIR=1
    configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
started=$SECONDS
echo "demo: building in $build (the first time takes a minute or two)"
log=$(mktemp)
here="" server=""
leave() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$log" ${here:+"$here"}
}
trap leave EXIT
trap 'exit 130' INT TERM
if ! { "${configure[@]}" && cmake --build "$build" --target omnitls-tool; } >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    fail "the build failed; its last words are above"
fi
omnitls=$build/tools/omnitls/omnitls
echo "demo: built in $((SECONDS - started)) s: $("$omnitls" --version)"

# --- The authorities, and the server if none is given

here=$(mktemp -d)
# authority NAME: a root of its own.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$here/$1.key" -out "$here/$1.pem" \
        -days 2 -subj "/O=omnitls demo/CN=$1" -addext "keyUsage=critical,keyCertSign,cRLSign" 2>>"$log" || {
        cat "$log" >&2
        fail "openssl could not make a certificate; its words are above"
    }
}
# leaf AUTHORITY NAME: a server's certificate.
leaf() {
    printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" "extendedKeyUsage=serverAuth" \
        "subjectAltName=DNS:$2" >"$here/leaf.ext"
    { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$here/leaf.key" -out "$here/leaf.csr" \
        -subj "/O=omnitls demo/CN=$2" && openssl x509 -req -in "$here/leaf.csr" -CA "$here/$1.pem" -CAkey "$here/$1.key" \
        -CAcreateserial -days 2 -extfile "$here/leaf.ext" -out "$here/leaf.pem"; } >>"$log" 2>&1 || {
        cat "$log" >&2
        fail "openssl could not make a certificate; its words are above"
    }
}
authority stranger
own_server=no
if [ -z "$target" ]; then
    own_server=yes name=server.example
    authority throw-away
    leaf throw-away "$name"
    exec {server_says}< <(exec "$omnitls" serve --port 0 --starttls xmpp --cert "$here/leaf.pem" --key "$here/leaf.key")
    server=$!
    read -r -t 20 line <&"$server_says" || fail "omnitls serve did not start"
    target=${line#listening }
    ca=(--ca "$here/throw-away.pem")
    options+=(--starttls xmpp)
    echo "demo: made the authority \"throw-away\" and a certificate for $name, and started a server: $line (plain text, STARTTLS)"
fi
host=${target%:*}
[ -n "$name" ] || name=${host//[][]/}
# Refused connections ask for another name, but say the same to the server.
case $name in
    *:* | *[0-9].[0-9]*[!a-zA-Z]) [ ${#sni[@]} -gt 0 ] || sni=(--sni "") ;;
    *) [ ${#sni[@]} -gt 0 ] || sni=(--sni "$name") ;;
esac
[ ${#domain[@]} -gt 0 ] || domain=(--domain "$name")

# --- Three connections

# show WHAT EXPECTED-STATUS OPTION...: one connection. Sets `status` and `good`.
show() {
    local what=$1 expected=$2
    shift 2
    printf '\n=== %s\n' "$what"
    local command=("$omnitls" connect "$target" "${options[@]}" "${sni[@]}" "${domain[@]}" "$@" --verdict-delay "$delay")
    printf '$'
    printf ' %q' "${command[@]}"
    printf '\n'
    status=0
    "${command[@]}" >"$here/report" 2>"$here/words" || status=$?
    cat "$here/report" "$here/words"
    if [ $own_server = yes ]; then
        read -r -t 20 line <&"$server_says" || line="(nothing)"
        echo "the server says: $line"
    fi
    good=yes
    if [ $status -ne "$expected" ]; then
        good=no
        echo ">>> exit status $status, but $expected was expected"
    elif ! grep -q '^held for the verdict: .* meanwhile sent: 0 bytes$' "$here/report"; then
        good=no
        echo ">>> the handshake was not held, or something left meanwhile"
    else
        echo ">>> as it should be (exit status $status): $(sed -n 's/^held for the verdict: //p' "$here/report")"
    fi
    summary+="$(printf '%-9s %s' "$([ $good = yes ] && echo ok || echo NOT OK)" "$what")"$'\n'
}

summary="" all=yes
show "accept: the right name, a trusted authority" 0 "${ca[@]}" --name "$name"
if [ $good = no ] && [ $own_server = no ]; then
    printf '\ndemo: %s is not accepted, so there is no good connection to compare with. The report above says why.\n' "$target"
    [ $status -ne 0 ] || status=1
    exit "$status"
fi
[ $good = yes ] || all=no
show "reject: the same server, but somebody else was wanted" 14 "${ca[@]}" --name nobody.example
[ $good = yes ] || all=no
show "reject: the same server, but its authority is not trusted" 14 --ca "$here/stranger.pem" --name "$name"
[ $good = yes ] || all=no

printf '\n%s' "$summary"
if [ $all = no ]; then
    echo "demo: NOT as it should be"
    exit 1
fi
echo "demo: the handshake waited $delay ms for each verdict; not a byte left meanwhile; only the right server was accepted"
