#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Builds the benchmarks optimised, runs them and prints their tables.
#
#   tools/bench.sh [stream|engine|crypto|counts|idle|scale|threads]... [options]     without names: all that this build has
#
#   stream   omnitls::Stream beside asio::ssl::stream and others     --rounds N --slice-ms N --only WORKLOAD --check
#   engine   the engine beside the library below it                  the same options
#   crypto   what the processor does at most                         the same options
#   counts   system calls, records, allocations and instructions     --only WORKLOAD (instructions need valgrind)
#   idle     memory of idle connections                              --connections N, may be given several times
#   scale    a server with up to 10,000 connections: storms, 1 % busy the same, --check, and --only SERVER
#   threads  two threads beside one                                  as stream
#   --json FILE: the results, an object with one member for each program that ran.
#
# A ratio is the median over rounds in which the variants run in turn; above 1 omnitls needs less CPU, and a missed goal says so.
# Each program gets the options that it has. Needs what tools/setup.sh demo installs.
set -euo pipefail

fail() { printf 'bench: %s\n' "$1" >&2; exit 2; }

names=() times=() only=() connections=() check=() json=""
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) sed -n '3,17s/^# \{0,1\}//p' "$0"; exit 0 ;;
        stream | engine | crypto | counts | idle | scale | threads) names+=("$1") ;;
        --json) # A relative FILE is relative to where we were called.
            [ $# -ge 2 ] || fail "--json needs a file"
            json=$(realpath -m -- "$2")
            shift
            ;;
        --check) times+=("$1") check=("$1") ;;
        --rounds | --slice-ms | --only | --connections)
            [ $# -ge 2 ] || fail "$1 needs a value"
            case $1 in
                --only) only=("$1" "$2") ;;
                --connections) connections+=("$1" "$2") ;;
                *) times+=("$1" "$2") ;;
            esac
            shift
            ;;
        *) fail "what does '$1' mean? (--help lists the benchmarks)" ;;
    esac
    shift
done
cd "$(dirname "$0")/.."

configure=(cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DOMNITLS_BACKENDS=auto
    -DOMNITLS_BUILD_TRANSPORT=ON -DOMNITLS_BUILD_BENCH=ON -DOMNITLS_BUILD_TESTS=OFF -DOMNITLS_BUILD_TOOLS=OFF
    -DOMNITLS_BUILD_EXAMPLES=OFF)
if command -v ccache >/dev/null; then
    configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ "${configure[@]}" && cmake --build build/bench; } >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

declare -A programs=([stream]=bench_stream [engine]=bench_engine [crypto]=bench_crypto [counts]=count_stream [idle]=mem_idle [scale]=bench_scale
    [threads]=bench_threads)
if [ ${#names[@]} -eq 0 ]; then
    for name in crypto engine stream counts idle scale threads; do
        [ ! -x "build/bench/bench/${programs[$name]}" ] || names+=("$name")
    done
    [ ${#names[@]} -gt 0 ] || fail "this build has no benchmarks; cmake said: $(grep -i 'benchmarks' "$work/log" || true)"
fi

status=0
for name in "${names[@]}"; do
    program=build/bench/bench/${programs[$name]}
    [ -x "$program" ] || fail "this build has no ${programs[$name]}"
    printf '\n== %s\n' "$name"
    case $name in
        counts) options=("${only[@]}") ;;
        idle) options=("${connections[@]}") ;;
        scale) options=("${connections[@]}" "${check[@]}" "${only[@]}") ;;
        *) options=("${times[@]}" "${only[@]}") ;;
    esac
    "$program" "${options[@]}" --json "$work/$name.json" || status=1
    if [ "$name" = counts ]; then
        if command -v valgrind >/dev/null; then
            tools/count_instructions.py "$program" --json "$work/instructions.json" || status=1
            tools/count_handshakes.py build/bench/bench/bench_engine --json "$work/handshakes.json" || status=1
        else
            echo "instructions are not counted: there is no valgrind"
        fi
    fi
done

if [ -n "$json" ]; then
    separator="{"
    for result in "$work"/*.json; do
        [ -e "$result" ] || continue
        printf '%s\n"%s": ' "$separator" "$(basename "$result" .json)"
        cat "$result"
        separator=","
    done >"$json"
    echo "}" >>"$json"
fi
exit $status
