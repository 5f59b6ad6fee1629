#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Shows what omnitls is for: a plain connection is upgraded with STARTTLS, the handshake is held while an asynchronous verifier
# decides, and the verdict is carried out: once accept, twice reject. The same on every TLS library, side by side.
#
#   tools/demo.sh                                       with a server and a throw-away authority of its own
#   tools/demo.sh HOST:PORT --starttls xmpp|smtp [OPTION...]   with a real server; options are those of `omnitls connect`
#
# Before these arguments: --build-dir DIR (default build/demo), --no-install, --backend NAME (default: all that were built).
# Ends with 0 only if, on every backend, what should be accepted was and what should be refused was (certificate: 14); with a
# real server that is not accepted, with the exit status of `omnitls connect`.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd) # No cd: file names among the options are as the caller sees them.

fail() { printf 'demo: %s\n' "$1" >&2; exit 2; }

build=$source/build/demo install=yes delay=500 backends=()
options=() # Of every connection.
while [ $# -gt 0 ]; do
    case $1 in
        --build-dir | --backend) [ $# -ge 2 ] || fail "$1 needs a value" ;;&
        --build-dir) build=$2; shift ;;
        --backend) [ "$2" = all ] || backends=("$2"); shift ;;
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
        --json | --diff | --backend* | --verdict-delay* | --name=* | --ca=* | --sni=* | --domain=*)
            fail "'$1' cannot be used here (--name, --ca, --sni and --domain want their value as the next word; --backend goes first)" ;;
        *) options+=("$1") ;;
    esac
    shift
done

# --- Install and build

[ "$install" = no ] || "$source/tools/setup.sh" demo
configure=(cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DOMNITLS_BUILD_TESTS=OFF -DOMNITLS_BUILD_EXAMPLES=OFF)
if command -v ccache >/dev/null; then
    export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$source} CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
    configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
started=$SECONDS
echo "demo: building in $build (the first time takes a minute or two)"
log=$(mktemp)
here="" servers=()
leave() {
    [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true
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
if [ ${#backends[@]} -eq 0 ]; then
    mapfile -t backends < <("$omnitls" backends | sed -n 's/^\([a-z0-9_]*\): .*/\1/p')
fi
[ ${#backends[@]} -gt 0 ] || fail "no TLS library was found (tools/setup.sh demo installs three)"

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
declare -A target_of server_says # By backend.
# serve BACKEND: a server on it, on a port of its own.
serve() {
    local line words
    exec {words}< <(exec "$omnitls" serve --backend "$1" --port 0 --starttls xmpp --cert "$here/leaf.pem" --key "$here/leaf.key")
    servers+=($!)
    read -r -t 20 line <&"$words" || fail "omnitls serve --backend $1 did not start"
    server_says[$1]=$words target_of[$1]=${line#listening }
    echo "demo: started a server on $1: $line (plain text, STARTTLS)"
}
if [ -z "$target" ]; then
    own_server=yes name=server.example target=127.0.0.1:0
    authority throw-away
    leaf throw-away "$name"
    ca=(--ca "$here/throw-away.pem")
    options+=(--starttls xmpp)
    echo "demo: made the authority \"throw-away\" and a certificate for $name"
    for backend in "${backends[@]}"; do serve "$backend"; done
else
    for backend in "${backends[@]}"; do target_of[$backend]=$target; done
fi
host=${target%:*}
[ -n "$name" ] || name=${host//[][]/}
# Refused connections ask for another name, but say the same to the server.
case $name in
    *:* | *[0-9].[0-9]*[!a-zA-Z]) [ ${#sni[@]} -gt 0 ] || sni=(--sni "") ;;
    *) [ ${#sni[@]} -gt 0 ] || sni=(--sni "$name") ;;
esac
[ ${#domain[@]} -gt 0 ] || domain=(--domain "$name")

# --- Three connections on each backend

# attempt BACKEND EXPECTED-STATUS OPTION...: one connection. Sets `status`, `verdict` (ok or NOT OK) and `words` about it.
attempt() {
    local backend=$1 expected=$2 line
    shift 2
    local command=("$omnitls" connect "${target_of[$backend]}" --backend "$backend" "${options[@]}" "${sni[@]}" "${domain[@]}" "$@"
        --verdict-delay "$delay")
    status=0 verdict="NOT OK"
    "${command[@]}" >"$here/report" 2>"$here/words" || status=$?
    {
        printf '$'
        printf ' %q' "${command[@]}"
        printf '\n'
        cat "$here/report" "$here/words"
        if [ $own_server = yes ]; then
            read -r -t 20 line <&"${server_says[$backend]}" || line="(nothing)"
            echo "the server says: $line"
        fi
    } >"$here/all"
    if [ $status -ne "$expected" ]; then
        words="exit status $status, but $expected was expected"
    elif ! grep -q '^held for the verdict: .* meanwhile sent: 0 bytes$' "$here/report"; then
        words="the handshake was not held, or something left meanwhile"
    else
        verdict=ok words="as it should be (exit status $status): $(sed -n 's/^held for the verdict: //p' "$here/report")"
    fi
}

# show WHAT EXPECTED-STATUS OPTION...: the same connection on each backend, the first in full; sets `worst` to the first status
# that should be another, and adds a line to the summary.
show() {
    local what=$1 line backend
    shift
    printf '\n=== %s\n' "$what"
    line=$(printf '%-58s' "$what") worst=""
    for backend in "${backends[@]}"; do
        attempt "$backend" "$@"
        if [ "$verdict" != ok ]; then
            all=no worst=${worst:-$status}
            cat "$here/all"
        elif [ "$backend" = "${backends[0]}" ]; then
            cat "$here/all"
        fi
        printf '>>> %-8s %s\n' "$backend" "$words"
        line+=$(printf '%-9s' "$verdict")
    done
    summary+="$line"$'\n'
}

all=yes
summary=$(printf '%-58s' "" && printf '%-9s' "${backends[@]}")$'\n'
show "accept: the right name, a trusted authority" 0 "${ca[@]}" --name "$name"
if [ $all = no ] && [ $own_server = no ]; then
    printf '\ndemo: %s is not accepted, so there is no good connection to compare with. The report above says why.\n' "$target"
    [ "$worst" -ne 0 ] || worst=1
    exit "$worst"
fi
show "reject: the same server, but somebody else was wanted" 14 "${ca[@]}" --name nobody.example
show "reject: the same server, but its authority is not trusted" 14 --ca "$here/stranger.pem" --name "$name"

printf '\n%s' "$summary"
if [ $all = no ]; then
    echo "demo: NOT as it should be"
    exit 1
fi
echo "demo: the handshake waited $delay ms for each verdict; not a byte left meanwhile; only the right server was accepted"
