#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# Installs omnitls and uses it in every way a user would; also builds it with no backend at all, tests included.
# Everything happens in a directory of its own under build/, as deep as other builds are and with tools/test.sh's flags, so
# that ccache knows most of it. Needs what the build needs; no network.
#
#   tools/check_package.sh [WAY...]     ways: install-static install-shared missing subproject options none
#                                     deleted conformance (default: all)
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
consumer=$source_dir/tests/build/consumer
mkdir -p "$source_dir/build"
work=$(mktemp -d "$source_dir/build/package.XXXXXX")
trap 'rm -rf "$work"' EXIT

compiler=()
if command -v ccache >/dev/null; then
    export CCACHE_BASEDIR=$source_dir CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1
    compiler=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi

passed=0 failed=0
# check NAME COMMAND...: one line, and the command's output if it fails.
check() {
    local name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
        printf 'ok    %s\n' "$name"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s: %s\n' "$name" "$*"
        tail -n 30 "$work/log" | sed "s#$work#.#g; s/^/      /"
    fi
}
# refuse NAME TEXT COMMAND...: the command must fail, and say TEXT (white space aside: CMake wraps lines).
refuse() {
    local name=$1 text=$2
    shift 2
    if "$@" >"$work/log" 2>&1; then
        failed=$((failed + 1))
        printf 'FAIL  %s: was accepted: %s\n' "$name" "$*"
    elif tr -s ' \n' '  ' <"$work/log" | grep -qF -- "$text"; then
        passed=$((passed + 1))
        printf 'ok    %s\n' "$name"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s: did not say "%s" but:\n' "$name" "$text"
        tail -n 20 "$work/log" | sed "s#$work#.#g; s/^/      /"
    fi
}
configure() { # BUILD SOURCE OPTION...
    local build=$1 from=$2
    shift 2
    cmake -S "$from" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O0 -g0" \
        -DOMNITLS_WERROR=ON "${compiler[@]}" "$@"
}
build_and_install() { # BUILD PREFIX OPTION...
    local build=$1 prefix=$2
    shift 2
    configure "$build" "$source_dir" -DCMAKE_INSTALL_PREFIX="$prefix" -DOMNITLS_BUILD_TESTS=OFF \
        -DOMNITLS_BUILD_TOOLS=OFF -DOMNITLS_BUILD_EXAMPLES=OFF "$@" &&
        cmake --build "$build" && cmake --install "$build"
}
consume() { # BUILD PROGRAMS OPTION...: configures, builds and runs the consumer; PROGRAMS must be exactly what it built.
    local build=$1 programs=$2 program
    shift 2
    configure "$build" "$consumer" "$@" && cmake --build "$build" || return 1
    local built
    built=$(cd "$build" && echo use_*)
    [ "$built" = "$programs" ] || { echo "expected the programs '$programs', got '$built'"; return 1; }
    for program in $programs; do "$build/$program" || { echo "$program failed"; return 1; }; done
}
pkg_config() { # PREFIX ARGUMENT...
    local path
    path=$(dirname "$(find "$1" -name omnitls.pc)")
    shift
    PKG_CONFIG_PATH=$path pkg-config "$@"
}
consume_pkg_config() { # PREFIX MODULE PROGRAM
    local flags library_dir
    # Two steps, so that an unknown module fails here and not as an empty list of flags.
    flags=$(pkg_config "$1" --cflags --libs "$2") || return 1
    library_dir=$(pkg_config "$1" --variable=libdir omnitls)
    # shellcheck disable=SC2086  # the flags are a list
    ${CXX:-g++} -std=c++20 "$consumer/$3.cpp" $flags -o "$work/pc-$3" && LD_LIBRARY_PATH=$library_dir "$work/pc-$3"
}
# Nothing may be exported that is not declared so: no symbol of core's inside, of a TLS library or of the C++ library.
exports_only_ours() { # PREFIX
    local library strange
    for library in "$1"/lib*/libomnitls*.so "$1"/lib*/*/libomnitls*.so; do
        [ -e "$library" ] || continue
        strange=$(nm -DC --defined-only "$library" | cut -d' ' -f3- |
            grep -vE '^((typeinfo|typeinfo name|vtable|VTT|guard variable|construction vtable|non-virtual thunk|virtual thunk) (for|to) )?omnitls::' |
            grep -vE '\bstd::|__gnu_cxx::' || true)
        strange+=$(nm -DC --defined-only "$library" | grep -E 'omnitls::v0::core::' || true)
        [ -z "$strange" ] || { printf '%s exports:\n%s\n' "$(basename "$library")" "$strange"; return 1; }
    done
}

without_tls_libraries=(-DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON -DCMAKE_DISABLE_FIND_PACKAGE_GnuTLS=ON
    -DCMAKE_DISABLE_FIND_PACKAGE_MbedTLS=ON)
transport_program=""
[ -e "$source_dir/include/omnitls/transport/stream.hpp" ] && transport_program=" use_transport"

way_install_static() { install_and_consume static OFF; }
way_install_shared() { install_and_consume shared ON; }
install_and_consume() { # KIND BUILD_SHARED_LIBS
    local kind=$1 prefix=$work/prefix-$1
    local here=(-DCMAKE_PREFIX_PATH="$prefix")
    check "$kind: build and install" build_and_install "$work/build-$kind" "$prefix" -DBUILD_SHARED_LIBS="$2" \
        "-DOMNITLS_BACKENDS=openssl;gnutls;mbedtls" -DOMNITLS_BUILD_TRANSPORT=ON -DOMNITLS_BUILD_VERIFIERS=ON -DOMNITLS_BUILD_UNBOUND=ON
    local backend programs
    for backend in openssl gnutls mbedtls; do
        programs=$(printf '%s\n' use_omnitls "use_$backend" | sort | paste -sd' ')
        check "$kind: find_package(COMPONENTS $backend)" consume "$work/$kind-$backend" "$programs" \
            "${here[@]}" -DCOMPONENTS=$backend
        check "$kind: pkg-config omnitls-$backend" consume_pkg_config "$prefix" "omnitls-$backend" "use_$backend"
    done
    if [ -n "$transport_program" ]; then
        check "$kind: find_package() finds all that is there" consume "$work/$kind-all" \
            "use_gnutls use_mbedtls use_omnitls use_openssl$transport_program use_unbound use_verifiers" "${here[@]}"
        check "$kind: find_package(COMPONENTS openssl transport)" consume "$work/$kind-both" \
            "use_omnitls use_openssl$transport_program" "${here[@]}" "-DCOMPONENTS=openssl;transport"
        check "$kind: pkg-config omnitls-transport" consume_pkg_config "$prefix" omnitls-transport use_transport
    fi
    check "$kind: find_package(COMPONENTS verifiers), without a JSON library" consume "$work/$kind-verifiers" \
        "use_omnitls use_verifiers" "${here[@]}" -DCOMPONENTS=verifiers -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON
    check "$kind: nothing installed names a JSON library" bash -c \
        "! grep -rlE 'nlohmann|json\.hpp' '$prefix' --include=*.cmake --include=*.pc --include=*.hpp | grep ."
    check "$kind: pkg-config omnitls-verifiers" consume_pkg_config "$prefix" omnitls-verifiers use_verifiers
    check "$kind: find_package(COMPONENTS unbound) brings what it stands on" consume "$work/$kind-unbound" \
        "use_omnitls use_unbound use_verifiers" "${here[@]}" -DCOMPONENTS=unbound
    check "$kind: pkg-config omnitls-unbound" consume_pkg_config "$prefix" omnitls-unbound use_unbound
    check "$kind: pkg-config omnitls" consume_pkg_config "$prefix" omnitls use_omnitls
    if [ "$kind" = shared ]; then
        check "shared: needs no development files of TLS libraries" consume "$work/shared-no-dev" \
            "use_gnutls use_mbedtls use_omnitls use_openssl use_unbound use_verifiers" "${here[@]}" \
            "-DCOMPONENTS=openssl;gnutls;mbedtls;unbound" -DCMAKE_DISABLE_FIND_PACKAGE_Unbound=ON "${without_tls_libraries[@]}"
        check "shared: exports only what is declared" exports_only_ours "$prefix"
    else
        for backend in openssl:OpenSSL gnutls:GnuTLS mbedtls:mbedTLS; do
            refuse "static: says that the development files of ${backend#*:} are missing" \
                "needs the development files of ${backend#*:}" configure "$work/static-no-${backend%:*}" "$consumer" \
                "${here[@]}" -DCOMPONENTS=${backend%:*} "${without_tls_libraries[@]}"
        done
        refuse "static: says that the development files of libunbound are missing" \
            "needs the development files of libunbound" configure "$work/static-no-unbound" "$consumer" \
            "${here[@]}" -DCOMPONENTS=unbound -DCMAKE_DISABLE_FIND_PACKAGE_Unbound=ON
    fi
    refuse "$kind: another minor version does not fit" "omnitls" configure "$work/$kind-version" \
        "$work/version-consumer" "${here[@]}"
}

way_missing() {
    local prefix=$work/prefix-core
    check "core: build and install without backend and transport" build_and_install "$work/build-core" "$prefix" \
        -DOMNITLS_BACKENDS=none -DOMNITLS_BUILD_TRANSPORT=OFF -DOMNITLS_BUILD_VERIFIERS=OFF -DOMNITLS_BUILD_UNBOUND=OFF
    check "core: find_package()" consume "$work/core-use" "use_omnitls" -DCMAKE_PREFIX_PATH="$prefix"
    refuse "core: component openssl is explained" \
        "The component 'openssl' is not part of this omnitls installation (installed components: none). Install its development package, or build omnitls with -DOMNITLS_BACKENDS=openssl." \
        configure "$work/core-openssl" "$consumer" -DCMAKE_PREFIX_PATH="$prefix" -DCOMPONENTS=openssl
    refuse "core: component transport is explained" "build omnitls with -DOMNITLS_BUILD_TRANSPORT=ON." \
        configure "$work/core-transport" "$consumer" -DCMAKE_PREFIX_PATH="$prefix" -DCOMPONENTS=transport
    refuse "core: component verifiers is explained" "build omnitls with -DOMNITLS_BUILD_VERIFIERS=ON." \
        configure "$work/core-verifiers" "$consumer" -DCMAKE_PREFIX_PATH="$prefix" -DCOMPONENTS=verifiers
    refuse "core: component unbound is explained" "build omnitls with -DOMNITLS_BUILD_UNBOUND=ON." \
        configure "$work/core-unbound" "$consumer" -DCMAKE_PREFIX_PATH="$prefix" -DCOMPONENTS=unbound
    refuse "core: component conformance is explained" "build omnitls with -DOMNITLS_INSTALL_CONFORMANCE=ON." \
        configure "$work/core-conformance" "$consumer" -DCMAKE_PREFIX_PATH="$prefix" -DCOMPONENTS=conformance
    check "core: no test and no key is installed" bash -c "! find '$prefix' -name '*_test.cpp' -o -name '*.key' | grep ."
    check "core: no header of what was not built" bash -c "cd '$prefix' &&
        test -n \"\$(find . -name engine.hpp)\" && test -z \"\$(find . -path '*backends*' -o -path '*transport*' -o -path '*verifiers*' -o -path '*unbound*')\""
}

way_subproject() {
    local mode
    for mode in fetch add; do
        check "$mode: as a part of another project" consume "$work/$mode" "use_omnitls use_openssl$transport_program use_verifiers" \
            -DSOURCE=$mode -DOMNITLS_SOURCE_DIR="$source_dir" -DOMNITLS_BACKENDS=openssl
        check "$mode: brings no tests, tools or install rules" bash -c \
            "! cmake --build '$work/$mode' --target help | grep -E '(install|unit_tests|headers_alone|omnitls-tool): '"
    done
}

way_options() {
    refuse "an unknown backend is a sentence" "OMNITLS_BACKENDS names 'opensssl', which omnitls does not have. It has: openssl" \
        configure "$work/unknown" "$source_dir" -DOMNITLS_BACKENDS=opensssl
    refuse "a backend asked for by name must be found" "OMNITLS_BACKENDS asks for openssl, but OpenSSL 3.0 or later was not found" \
        configure "$work/absent" "$source_dir" -DOMNITLS_BACKENDS=openssl "${without_tls_libraries[@]}"
    check "auto leaves out what is not found" configure "$work/auto" "$source_dir" -DOMNITLS_BACKENDS=auto \
        "${without_tls_libraries[@]}"
    refuse "verifiers asked for need nlohmann-json" "omnitls::verifiers needs nlohmann-json" configure "$work/no-json" \
        "$source_dir" -DOMNITLS_BUILD_VERIFIERS=ON -DOMNITLS_BUILD_TOOLS=OFF -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON
    refuse "libunbound asked for must be found" "omnitls::unbound needs libunbound 1.17 or later" configure "$work/no-unbound" \
        "$source_dir" -DOMNITLS_BUILD_UNBOUND=ON -DCMAKE_DISABLE_FIND_PACKAGE_Unbound=ON
    refuse "libunbound's part needs the verifiers" "omnitls::unbound needs omnitls::verifiers" configure "$work/no-verifiers" \
        "$source_dir" -DOMNITLS_BUILD_UNBOUND=ON -DOMNITLS_BUILD_VERIFIERS=OFF
    refuse "a transport asked for needs Asio" "omnitls::transport needs standalone Asio" configure "$work/no-asio" \
        "$source_dir" -DOMNITLS_BUILD_TRANSPORT=ON -DCMAKE_DISABLE_FIND_PACKAGE_OmnitlsAsio=ON
}

build_none() {
    configure "$work/none" "$source_dir" -DOMNITLS_BACKENDS=none -DOMNITLS_BUILD_TOOLS=OFF -DOMNITLS_BUILD_EXAMPLES=OFF \
        "${without_tls_libraries[@]}" && cmake --build "$work/none"
}
way_none() {
    check "none: builds without any TLS library" build_none
    check "none: its tests pass" ctest --test-dir "$work/none" --output-on-failure --no-tests=error -j 2
}

# Each backend's directory deleted: nothing outside it may miss it. Without optimisation, since nothing is run.
build_without() { # BACKEND
    local tree=$work/without-$1
    mkdir "$tree" && (cd "$source_dir" && git ls-files -z | grep -zv "^\\(backends\\|tests/backends\\)/$1/\\|^include/omnitls/backends/$1.hpp$" |
        tar --null -T - -cf -) | tar -xf - -C "$tree" || return 1
    cmake -S "$tree" -B "$tree/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DOMNITLS_BUILD_TESTS=OFF -DOMNITLS_BUILD_EXAMPLES=OFF \
        -DOMNITLS_WERROR=ON "${compiler[@]}" || return 1
    ! grep -q "OMNITLS_BUILT_BACKENDS.*$1" "$tree/build/CMakeCache.txt" && cmake --build "$tree/build"
}
way_deleted() {
    local backend
    for backend in openssl gnutls mbedtls; do
        check "deleted: all the rest builds without the directory of $backend" build_without "$backend"
    done
}

# A backend outside the tree: its project is copied away and knows the installation alone.
build_outside() { # NAME OPTION...
    local name=$1
    shift
    configure "$work/$name-build" "$work/$name" -DCMAKE_PREFIX_PATH="$work/prefix-kit" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
        "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror" "$@" && cmake --build "$work/$name-build"
}
knows_the_installation_only() { # NAME: no command that compiles names a directory of the tree
    local commands=$work/$1-build/compile_commands.json
    grep -qF "$work/prefix-kit/include" "$commands" && ! sed "s#$work##g" "$commands" | grep -F "$source_dir"
}
way_conformance() {
    local prefix=$work/prefix-kit
    # Shared: what the headers promise and the library does not export would be missed here.
    check "kit: build and install" build_and_install "$work/build-kit" "$prefix" -DOMNITLS_BACKENDS=openssl \
        -DBUILD_SHARED_LIBS=ON -DOMNITLS_BUILD_TRANSPORT=OFF -DOMNITLS_INSTALL_CONFORMANCE=ON
    cp -r "$source_dir/examples/toy_backend" "$work/toy"
    check "kit: a backend outside the tree builds" build_outside toy
    check "kit: it knows nothing but what is installed" knows_the_installation_only toy
    # One by one, so that each is seen; --no-tests fails if a name is gone.
    local test
    for test in conformance certificate_seen_late_is_found question_before_proof_is_found proof_unchecked_is_found \
        byte_lost_at_seven_is_found truncation_is_an_end_is_found key_log_ignored_is_found everything_absent_is_found; do
        check "kit: insecure_toy_$test" ctest --test-dir "$work/toy-build" --output-on-failure --no-tests=error \
            -R "^insecure_toy_$test\$"
    done
    cp -r "$source_dir/tests/build/kit" "$work/kit"
    # Its own rows, without those about pairs with others.
    (head -n 1 "$source_dir/tests/conformance/known_gaps.csv" &&
        grep -E '^[^"]*,openssl,' "$source_dir/tests/conformance/known_gaps.csv" |
        grep -vE '^[^,]*(/(gnutls|mbedtls)_to_|_to_(gnutls|mbedtls)_)') >"$work/gaps.csv"
    check "kit: builds in full for a backend of ours" build_outside kit -DGAPS="$work/gaps.csv"
    check "kit: in full, alone and with peers, passes" ctest --test-dir "$work/kit-build" --output-on-failure --no-tests=error -j 2
    refuse "kit: an unknown profile is a sentence" "PROFILE is core or full, got 'everything'" \
        build_outside kit -DWRONG=profile
    refuse "kit: a missing backend is a sentence" "BACKEND is missing" build_outside kit -DWRONG=backend
    refuse "kit: some of the peers are a sentence" "PEERS are openssl gnutls mbedtls, and with PROFILE full" \
        build_outside kit -DWRONG=peers
    refuse "kit: a missing GoogleTest is a sentence" "it needs GoogleTest, which was not found" configure \
        "$work/kit-no-gtest" "$work/toy" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON
}

mkdir "$work/version-consumer"
printf 'cmake_minimum_required(VERSION 3.20)\nproject(p CXX)\nfind_package(omnitls 0.99 REQUIRED)\n' \
    >"$work/version-consumer/CMakeLists.txt"
ways=("$@")
[ $# -gt 0 ] || ways=(install-static install-shared missing subproject options none deleted conformance)
for way in "${ways[@]}"; do
    declare -F "way_${way//-/_}" >/dev/null || { echo "check_package: no such way: $way" >&2; exit 2; }
    "way_${way//-/_}"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
