# SPDX-License-Identifier: BSL-1.0
# Installation: per part (core, each backend, transport, verifiers, unbound) its libraries, its export set, its headers and its pkg-config file.
# Only what was built is installed, so what is there works.
set(OMNITLS_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/omnitls")

# The pkg-config file of `target`, which needs `requires` when used and, if it is a static library, what its own properties say.
function(omnitls_install_pc target description requires cflags)
  set(pc_libs "")
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    set(pc_libs "-L\${libdir} -l${target}")
  endif()
  get_target_property(own_requires ${target} OMNITLS_PC_REQUIRES)
  get_target_property(own_libs ${target} OMNITLS_PC_LIBS)
  if(type STREQUAL "STATIC_LIBRARY") # There is no shared one to fall back to: everybody needs these.
    if(own_requires)
      list(APPEND requires "${own_requires}")
    endif()
    if(own_libs)
      string(APPEND pc_libs " ${own_libs}")
    endif()
    string(APPEND cflags " -DOMNITLS_STATIC")
  endif()
  list(JOIN requires ", " pc_requires)
  set(pc_name "${target}")
  set(pc_description "${description}")
  set(pc_cflags "${cflags}")
  # ${pcfiledir} would follow a moved installation, but only where the depth of libdir is known; an absolute prefix is the convention.
  cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE pc_libdir)
  cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" OUTPUT_VARIABLE pc_includedir)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/omnitls.pc.in" "${PROJECT_BINARY_DIR}/${target}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${target}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()

function(omnitls_install_targets component target)
  install(TARGETS ${target} EXPORT omnitls-${component}-targets
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  install(EXPORT omnitls-${component}-targets NAMESPACE omnitls:: DESTINATION "${OMNITLS_CMAKE_DIR}")
endfunction()

# The core, and every header that belongs to no other part.
list(JOIN OMNITLS_KNOWN_BACKENDS "|" others)
install(DIRECTORY include/omnitls DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp" REGEX "include/omnitls/(transport|verifiers|unbound|backends|${others})(/|$)" EXCLUDE)
omnitls_install_targets(core omnitls)
omnitls_install_pc(omnitls "TLS engine interface, verification and STARTTLS, without a TLS library" "" "-pthread")

foreach(backend IN LISTS OMNITLS_BUILT_BACKENDS)
  omnitls_install_targets(${backend} omnitls-${backend})
  omnitls_install_pc(omnitls-${backend} "The ${backend} backend of omnitls" "omnitls = ${PROJECT_VERSION}" "")
  install(FILES "include/omnitls/backends/${backend}.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/omnitls/backends")
  if(EXISTS "${PROJECT_SOURCE_DIR}/include/omnitls/${backend}")
    install(DIRECTORY "include/omnitls/${backend}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/omnitls"
      FILES_MATCHING PATTERN "*.hpp")
  endif()
endforeach()

if(OMNITLS_BUILD_TRANSPORT)
  omnitls_install_targets(transport omnitls-transport)
  set(asio_cflags "-DASIO_STANDALONE")
  if(OMNITLS_ASIO_INCLUDE_DIR AND NOT OMNITLS_ASIO_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    string(APPEND asio_cflags " -I${OMNITLS_ASIO_INCLUDE_DIR}")
  endif()
  omnitls_install_pc(omnitls-transport "omnitls on standalone Asio" "omnitls = ${PROJECT_VERSION}" "${asio_cflags}")
  if(EXISTS "${PROJECT_SOURCE_DIR}/include/omnitls/transport")
    install(DIRECTORY include/omnitls/transport DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/omnitls"
      FILES_MATCHING PATTERN "*.hpp")
  endif()
endif()

if(OMNITLS_BUILD_VERIFIERS)
  omnitls_install_targets(verifiers omnitls-verifiers)
  omnitls_install_pc(omnitls-verifiers "Ready-made verifiers of omnitls: pins, first use, DANE, combinators"
    "omnitls = ${PROJECT_VERSION}" "")
  install(DIRECTORY include/omnitls/verifiers DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/omnitls"
    FILES_MATCHING PATTERN "*.hpp")
endif()

if(OMNITLS_BUILD_UNBOUND)
  omnitls_install_targets(unbound omnitls-unbound)
  omnitls_install_pc(omnitls-unbound "TLSA records for omnitls, validated by libunbound" "omnitls-verifiers = ${PROJECT_VERSION}" "")
  install(DIRECTORY include/omnitls/unbound DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/omnitls"
    FILES_MATCHING PATTERN "*.hpp")
endif()

# The conformance kit: the tests as they are, with their certificates, to be compiled against what is installed here.
set(OMNITLS_CONFORMANCE_INSTALL_DIR "${CMAKE_INSTALL_DATADIR}/omnitls/conformance")
if(OMNITLS_INSTALL_CONFORMANCE)
  include(omnitls-conformance)
  _omnitls_conformance_sort("${PROJECT_SOURCE_DIR}")
  set(kit ${OMNITLS_CONFORMANCE_CORE} ${OMNITLS_CONFORMANCE_FULL} ${OMNITLS_CONFORMANCE_PEERS} ${OMNITLS_CONFORMANCE_EACH})
  install(DIRECTORY tests/conformance tests/support tests/data DESTINATION "${OMNITLS_CONFORMANCE_INSTALL_DIR}/tests"
    COMPONENT conformance FILES_MATCHING PATTERN "*.hpp" PATTERN "*.csv" PATTERN "*.pem" PATTERN "*.key" PATTERN "*.crl"
    PATTERN "*.golden"
    PATTERN "known_gaps.csv" EXCLUDE)
  foreach(file IN LISTS kit)
    get_filename_component(directory "${file}" DIRECTORY)
    install(FILES "${file}" DESTINATION "${OMNITLS_CONFORMANCE_INSTALL_DIR}/${directory}" COMPONENT conformance)
  endforeach()
  install(FILES cmake/omnitls-conformance.cmake DESTINATION "${OMNITLS_CMAKE_DIR}" COMPONENT conformance)
endif()

configure_package_config_file(cmake/omnitls-config.cmake.in "${PROJECT_BINARY_DIR}/omnitls-config.cmake"
  INSTALL_DESTINATION "${OMNITLS_CMAKE_DIR}" PATH_VARS OMNITLS_CONFORMANCE_INSTALL_DIR)
# Until 1.0 every minor version may break callers.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/omnitls-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/omnitls-config.cmake" "${PROJECT_BINARY_DIR}/omnitls-config-version.cmake"
  cmake/FindOmnitlsAsio.cmake cmake/FindMbedTLS.cmake cmake/FindUnbound.cmake DESTINATION "${OMNITLS_CMAKE_DIR}")
