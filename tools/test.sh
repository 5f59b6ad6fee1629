#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Installs what the tests need, builds omnitls and runs every test.
#
#   tools/test.sh [--build-dir DIR] [--no-install] [--target TARGET]... [-R REGEX] [-L LABEL] [-- CMAKE-ARGUMENT...]
#
# DIR defaults to build/test. REGEX and LABEL choose among the tests, as with ctest; TARGET builds only what they need. What follows "--"
# goes to cmake, for example: tools/test.sh -- -DCMAKE_CXX_COMPILER=clang++
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'test: %s\n' "$1" >&2; exit 2; }

build=build/test install=yes targets=() select=() cmake_arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --build-dir | --target | -R | -L) [ $# -ge 2 ] || fail "$1 needs a value" ;;&
        --build-dir) build=$2; shift ;;
        --target) targets+=(--target "$2"); shift ;;
        -R | -L) select+=("$1" "$2"); shift ;;
        --no-install) install=no ;;
        --) shift; cmake_arguments=("$@"); break ;;
        -h | --help) sed -n '3,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) fail "unknown argument '$1' (see tools/test.sh --help)" ;;
    esac
    shift
done

if [ "$install" = yes ]; then
    tools/setup.sh test
fi

# -O1: the tests run several times faster than at -O0 and compile almost as fast.
configure=(cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1"
    -DOMNITLS_BUILD_TESTS=ON)
if command -v ccache >/dev/null; then
    export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
    configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
started=$SECONDS
"${configure[@]}" "${cmake_arguments[@]}"
configured=$SECONDS
cmake --build "$build" "${targets[@]}" -- -k 0 # every error at once
printf '\nConfigured in %d s, built in %d s. Running the tests of %s:\n\n' \
    $((configured - started)) $((SECONDS - configured)) "$build"

# No test starts its own server on a fixed port and none waits for time to pass, so they run side by side.
# GoogleTest programs say only what failed.
export GTEST_BRIEF=1
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error --no-label-summary -j "$(nproc)" "${select[@]}" || status=$?
# What the conformance suite ran, and what it did not and why, is worth seeing also when all is well.
grep '^cells: ' "$build/Testing/Temporary/LastTest.log" || true
exit $status
