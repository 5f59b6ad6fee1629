# SPDX-License-Identifier: BSL-1.0
# Finds standalone Asio, which has no CMake package of its own, and provides it as `omnitls::asio`.
# Looks at, in this order: a target the project already has (asio::asio, asio), a package `asio` (vcpkg, Conan), the header
# asio.hpp. Installed next to omnitls' package file, which uses it too. Hint: OMNITLS_ASIO_INCLUDE_DIR.
if(NOT TARGET omnitls::asio)
  add_library(omnitls::asio INTERFACE IMPORTED)
  set(OmnitlsAsio_ORIGIN "")
  if(NOT TARGET asio::asio AND NOT TARGET asio)
    find_package(asio CONFIG QUIET)
  endif()
  foreach(candidate asio::asio asio)
    if(TARGET ${candidate} AND NOT OmnitlsAsio_ORIGIN)
      set(OmnitlsAsio_ORIGIN "target ${candidate}")
      set_target_properties(omnitls::asio PROPERTIES INTERFACE_LINK_LIBRARIES ${candidate})
    endif()
  endforeach()
  if(NOT OmnitlsAsio_ORIGIN)
    find_path(OMNITLS_ASIO_INCLUDE_DIR asio.hpp DOC "Directory with standalone Asio's asio.hpp")
    mark_as_advanced(OMNITLS_ASIO_INCLUDE_DIR)
    if(OMNITLS_ASIO_INCLUDE_DIR)
      # "#define ASIO_VERSION 102201 // 1.22.1": major, then minor, then the last two digits.
      file(STRINGS "${OMNITLS_ASIO_INCLUDE_DIR}/asio/version.hpp" line REGEX "define ASIO_VERSION ")
      string(REGEX REPLACE ".*ASIO_VERSION ([0-9]+)([0-9][0-9][0-9])([0-9][0-9]).*" "\\1.\\2.\\3" version "${line}")
      string(REGEX REPLACE "\\.0+([0-9])" ".\\1" OmnitlsAsio_VERSION "${version}")
      set(OmnitlsAsio_ORIGIN "${OMNITLS_ASIO_INCLUDE_DIR}")
      set_target_properties(omnitls::asio PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${OMNITLS_ASIO_INCLUDE_DIR}")
    endif()
  endif()
  set_target_properties(omnitls::asio PROPERTIES INTERFACE_COMPILE_DEFINITIONS ASIO_STANDALONE
    OMNITLS_ORIGIN "${OmnitlsAsio_ORIGIN}" OMNITLS_VERSION "${OmnitlsAsio_VERSION}")
  # Asio 1.22.1 brought what the transport is written with; a target of the project is taken at its word.
  if(OmnitlsAsio_VERSION AND OmnitlsAsio_VERSION VERSION_LESS 1.22.1)
    set(OmnitlsAsio_ORIGIN "")
    set_target_properties(omnitls::asio PROPERTIES OMNITLS_ORIGIN "")
  endif()
endif()
get_target_property(OmnitlsAsio_ORIGIN omnitls::asio OMNITLS_ORIGIN)
get_target_property(OmnitlsAsio_VERSION omnitls::asio OMNITLS_VERSION)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OmnitlsAsio REQUIRED_VARS OmnitlsAsio_ORIGIN VERSION_VAR OmnitlsAsio_VERSION
  REASON_FAILURE_MESSAGE "standalone Asio 1.22.1 or later is needed (Debian: libasio-dev)")
