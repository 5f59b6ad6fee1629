# SPDX-License-Identifier: BSL-1.0
# omnitls_library(<component> SOURCES ... PUBLIC ... PRIVATE ... PC_REQUIRES "openssl >= 3.0" PC_LIBS "-lx")
# One compiled library with its alias and visibility. PC_*: what its pkg-config file says about a static library's needs.
function(omnitls_library component)
  cmake_parse_arguments(ARG "" "PC_REQUIRES;PC_LIBS" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(component STREQUAL "core")
    set(target omnitls)
    set(export_name omnitls)
  else()
    set(target omnitls-${component})
    set(export_name ${component})
  endif()
  add_library(${target} ${ARG_SOURCES})
  add_library(omnitls::${export_name} ALIAS ${target})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  # Until 1.0 a minor version may break the ABI, so it is part of the soname.
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${export_name} DEFINE_SYMBOL OMNITLS_BUILDING
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    OMNITLS_PC_REQUIRES "${ARG_PC_REQUIRES}" OMNITLS_PC_LIBS "${ARG_PC_LIBS}")
  if(UNIX AND NOT APPLE)
    # The libraries stand side by side: one finds the other also outside the system's directories.
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN")
  endif()
  if(NOT BUILD_SHARED_LIBS)
    target_compile_definitions(${target} PUBLIC OMNITLS_STATIC)
  elseif(OMNITLS_BUILD_TESTS)
    # The unit tests reach what the library does not export.
    set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET default)
  endif()
  if(BUILD_SHARED_LIBS AND UNIX AND NOT APPLE AND NOT OMNITLS_SANITIZE)
    target_link_options(${target} PRIVATE LINKER:--no-undefined)
  endif()
  omnitls_warnings(${target})
endfunction()
