# SPDX-License-Identifier: BSL-1.0
# The conformance kit: the tests that omnitls' own backends pass, compiled against an installed omnitls and a backend of yours.
#
#   find_package(omnitls REQUIRED COMPONENTS conformance)
#   omnitls_add_conformance_test(<name> BACKEND <expression> HEADER <header> LIBRARIES <target>...
#     PROFILE core|full [PEERS openssl gnutls mbedtls] [KNOWN_GAPS <csv>])
#
# BACKEND: C++ that yields a `const omnitls::TlsBackend&`, with HEADER included; several make every ordered pair of them.
# PROFILE: core is what every backend must do, with cryptography or without; full is all there is.
# PEERS: with full only, also against these libraries without omnitls; all three, since they count each other's signatures.
# KNOWN_GAPS: rows as in known_gaps.csv of omnitls; a gap that passes fails.
# Registers <name> with CTest; needs GoogleTest.

# Topics that every backend must pass, and what they are made of.
set(OMNITLS_CONFORMANCE_CORE
  tests/conformance/bytes_test.cpp tests/conformance/cells_test.cpp tests/conformance/choice_test.cpp
  tests/conformance/errors_test.cpp tests/conformance/garbage_test.cpp tests/conformance/handshake_test.cpp
  tests/conformance/hold_pair_test.cpp tests/conformance/known_gaps_test.cpp tests/conformance/options_test.cpp
  tests/conformance/trace_test.cpp
  tests/conformance/causes.cpp tests/conformance/causes_handshake.cpp tests/conformance/causes_open.cpp
  tests/conformance/causes_trust.cpp tests/conformance/causes_use.cpp tests/conformance/known_gaps.cpp
  tests/conformance/options_algorithms.cpp tests/conformance/options_trust.cpp tests/conformance/options_use.cpp
  tests/support/data_directory.cpp tests/support/forger.cpp tests/support/pair.cpp tests/support/toy_records.cpp)
# What the topics with peers are made of besides.
set(OMNITLS_CONFORMANCE_PEERS tests/conformance/evidence_text.cpp tests/support/raw_openssl.cpp tests/support/raw_gnutls.cpp tests/support/raw_mbedtls.cpp
  tests/support/mbedtls_signatures.cpp)
# Compiled for each program, since it says something else in each.
set(OMNITLS_CONFORMANCE_EACH tests/conformance/this_program.cpp)

# Where every other topic belongs stands in its includes: one that looks into core is not in the kit, one that speaks to raw
# peers comes with PEERS, the rest is in full.
function(_omnitls_conformance_sort directory)
  file(GLOB topics CONFIGURE_DEPENDS RELATIVE "${directory}" "${directory}/tests/conformance/*_test.cpp")
  list(REMOVE_ITEM topics ${OMNITLS_CONFORMANCE_CORE})
  set(full "")
  set(peers ${OMNITLS_CONFORMANCE_PEERS})
  foreach(topic IN LISTS topics)
    file(STRINGS "${directory}/${topic}" inside REGEX "^#include \"core/")
    file(STRINGS "${directory}/${topic}" raw REGEX "^#include \"tests/support/raw_peer.hpp\"")
    if(inside)
      continue()
    elseif(raw)
      list(APPEND peers "${topic}")
    else()
      list(APPEND full "${topic}")
    endif()
  endforeach()
  set(OMNITLS_CONFORMANCE_FULL ${full} PARENT_SCOPE)
  set(OMNITLS_CONFORMANCE_PEERS ${peers} PARENT_SCOPE)
endfunction()

# One part of the kit, compiled once for all programs that have it.
function(_omnitls_conformance_part part)
  set(target omnitls-conformance-${part})
  if(TARGET ${target})
    return()
  endif()
  _omnitls_conformance_sort("${OMNITLS_CONFORMANCE_DIR}")
  string(TOUPPER ${part} list)
  set(sources ${OMNITLS_CONFORMANCE_${list}})
  list(TRANSFORM sources PREPEND "${OMNITLS_CONFORMANCE_DIR}/")
  add_library(${target} OBJECT EXCLUDE_FROM_ALL ${sources})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_link_libraries(${target} PUBLIC omnitls::omnitls GTest::gtest GTest::gmock GTest::gtest_main ${CMAKE_DL_LIBS})
  target_include_directories(${target} PUBLIC "${OMNITLS_CONFORMANCE_DIR}" "${OMNITLS_CONFORMANCE_DIR}/tests/conformance/kit")
  # By source: what knows no directory compiles to the same in any, for a compiler's cache.
  set_source_files_properties("${OMNITLS_CONFORMANCE_DIR}/tests/support/data_directory.cpp" PROPERTIES
    COMPILE_DEFINITIONS OMNITLS_TEST_DATA="${OMNITLS_CONFORMANCE_DIR}/tests/data")
  set_source_files_properties("${OMNITLS_CONFORMANCE_DIR}/tests/conformance/causes.cpp" PROPERTIES
    COMPILE_DEFINITIONS OMNITLS_EXPECTED_ERRORS="${OMNITLS_CONFORMANCE_DIR}/tests/conformance/expected_errors.csv")
  if(part STREQUAL "peers")
    target_link_libraries(${target} PUBLIC OpenSSL::SSL OpenSSL::Crypto GnuTLS::GnuTLS MbedTLS::mbedtls)
  endif()
endfunction()

function(omnitls_add_conformance_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "PROFILE;KNOWN_GAPS" "BACKEND;HEADER;LIBRARIES;PEERS")
  foreach(needed BACKEND HEADER LIBRARIES PROFILE)
    if(NOT ARG_${needed})
      message(FATAL_ERROR "omnitls_add_conformance_test(${name}): ${needed} is missing")
    endif()
  endforeach()
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "omnitls_add_conformance_test(${name}): what is '${ARG_UNPARSED_ARGUMENTS}'?")
  endif()
  if(NOT ARG_PROFILE MATCHES "^(core|full)$")
    message(FATAL_ERROR "omnitls_add_conformance_test(${name}): PROFILE is core or full, got '${ARG_PROFILE}'")
  endif()
  set(parts core)
  set(peers false)
  if(ARG_PROFILE STREQUAL "full")
    list(APPEND parts full)
  endif()
  if(ARG_PEERS)
    list(SORT ARG_PEERS)
    if(NOT "${ARG_PROFILE}:${ARG_PEERS}" STREQUAL "full:gnutls;mbedtls;openssl")
      message(FATAL_ERROR "omnitls_add_conformance_test(${name}): PEERS are openssl gnutls mbedtls, and with PROFILE full")
    endif()
    # In every directory that asks: what they find is known in that one alone.
    list(PREPEND CMAKE_MODULE_PATH "${OMNITLS_CONFORMANCE_CMAKE_DIR}")
    find_package(OpenSSL 3.0 REQUIRED)
    find_package(GnuTLS REQUIRED)
    find_package(MbedTLS 2.28 REQUIRED MODULE)
    list(APPEND parts peers)
    set(peers true)
  endif()
  if(NOT ARG_KNOWN_GAPS)
    set(ARG_KNOWN_GAPS "${OMNITLS_CONFORMANCE_DIR}/tests/conformance/kit/no_known_gaps.csv")
  endif()
  get_filename_component(gaps "${ARG_KNOWN_GAPS}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")

  set(includes "")
  foreach(header IN LISTS ARG_HEADER)
    string(APPEND includes "#include <${header}>\n")
  endforeach()
  list(TRANSFORM ARG_BACKEND PREPEND "&")
  list(JOIN ARG_BACKEND ", " backends)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${name}_backends.cpp")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[
// Written by omnitls_add_conformance_test.
#include <omnitls_built_backends.hpp>
@includes@
const std::vector<const omnitls::TlsBackend*>& omnitls::built_backends() {
    static const std::vector<const TlsBackend*> all{@backends@};
    return all;
}
]])
  add_executable(${name} "${source}")
  foreach(each IN LISTS OMNITLS_CONFORMANCE_EACH)
    target_sources(${name} PRIVATE "${OMNITLS_CONFORMANCE_DIR}/${each}")
  endforeach()
  target_compile_definitions(${name} PRIVATE OMNITLS_KNOWN_GAPS="${gaps}" OMNITLS_CONFORMANCE_PROFILE=${ARG_PROFILE}
    OMNITLS_CONFORMANCE_PEERS=${peers})
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
  foreach(part IN LISTS parts)
    _omnitls_conformance_part(${part})
    target_link_libraries(${name} PRIVATE omnitls-conformance-${part})
  endforeach()
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES})
  # One entry, since the program counts at its end what it has run, what it has skipped and why.
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS conformance TIMEOUT 1800)
endfunction()
