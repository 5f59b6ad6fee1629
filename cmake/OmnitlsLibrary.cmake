# SPDX-License-Identifier: BSL-1.0
# omnitls_library(<component> SOURCES ... PUBLIC ... PRIVATE ... PC_REQUIRES "openssl" PC_LIBS "-lx")
# One compiled library with its alias, visibility, install rules, export set and pkg-config file.
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
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${export_name} DEFINE_SYMBOL OMNITLS_BUILDING
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  if(NOT BUILD_SHARED_LIBS)
    target_compile_definitions(${target} PUBLIC OMNITLS_STATIC)
  endif()
  omnitls_warnings(${target})
endfunction()
