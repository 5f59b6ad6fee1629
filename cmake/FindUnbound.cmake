# SPDX-License-Identifier: BSL-1.0
# Finds libunbound, which has a pkg-config file but no CMake package, and provides it as `Unbound::unbound`. Installed next to omnitls'
# package file, which uses it too. Hint: Unbound_ROOT.
find_path(Unbound_INCLUDE_DIR unbound.h DOC "Directory with unbound.h")
find_library(Unbound_LIBRARY unbound)
mark_as_advanced(Unbound_INCLUDE_DIR Unbound_LIBRARY)
set(Unbound_VERSION "")
if(Unbound_INCLUDE_DIR)
  foreach(part MAJOR MINOR MICRO)
    file(STRINGS "${Unbound_INCLUDE_DIR}/unbound.h" line REGEX "define UNBOUND_VERSION_${part} ")
    string(REGEX REPLACE ".*UNBOUND_VERSION_${part} +([0-9]+).*" "\\1" number "${line}")
    string(APPEND Unbound_VERSION "${number}.")
  endforeach()
  string(REGEX REPLACE "\\.$" "" Unbound_VERSION "${Unbound_VERSION}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Unbound VERSION_VAR Unbound_VERSION REQUIRED_VARS Unbound_LIBRARY Unbound_INCLUDE_DIR)
if(Unbound_FOUND AND NOT TARGET Unbound::unbound)
  add_library(Unbound::unbound UNKNOWN IMPORTED)
  set_target_properties(Unbound::unbound PROPERTIES IMPORTED_LOCATION "${Unbound_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Unbound_INCLUDE_DIR}")
endif()
