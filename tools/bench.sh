#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Builds the benchmarks optimised, checks that they move every byte, and prints omnitls beside asio::ssl as a table.
#
#   tools/bench.sh [--json FILE] [--rounds N] [--slice-ms N] [--only WORKLOAD]
#
# A ratio is the median over rounds in which both run in turn; above 1 omnitls needs less CPU. Needs what tools/setup.sh demo installs.
set -euo pipefail
case ${1:-} in
    -h | --help) sed -n '3,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
# A relative FILE is relative to where we were called.
arguments=()
while [ $# -gt 0 ]; do
    if [ "$1" = --json ] && [ $# -ge 2 ]; then
        arguments+=(--json "$(realpath -m -- "$2")")
        shift
    else
        arguments+=("$1")
    fi
    shift
done
cd "$(dirname "$0")/.."

configure=(cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -DOMNITLS_BACKENDS=openssl
    -DOMNITLS_BUILD_TRANSPORT=ON -DOMNITLS_BUILD_BENCH=ON -DOMNITLS_BUILD_TESTS=OFF -DOMNITLS_BUILD_TOOLS=OFF
    -DOMNITLS_BUILD_EXAMPLES=OFF)
if command -v ccache >/dev/null; then
    configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ "${configure[@]}" && cmake --build build/bench; } >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
build/bench/bench/bench_stream --check >"$log" || { cat "$log" >&2; exit 1; }
build/bench/bench/bench_stream "${arguments[@]}"
