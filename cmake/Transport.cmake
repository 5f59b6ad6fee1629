# SPDX-License-Identifier: BSL-1.0
# omnitls::transport: header-only, on standalone Asio >= 1.22.1.
find_package(Threads REQUIRED)
find_path(OMNITLS_ASIO_INCLUDE_DIR asio.hpp DOC "Directory with standalone Asio's asio.hpp")
if(NOT OMNITLS_ASIO_INCLUDE_DIR)
  message(FATAL_ERROR "omnitls::transport needs standalone Asio (Debian: libasio-dev), or set -DOMNITLS_BUILD_TRANSPORT=OFF")
endif()
add_library(omnitls-transport INTERFACE)
add_library(omnitls::transport ALIAS omnitls-transport)
set_target_properties(omnitls-transport PROPERTIES EXPORT_NAME transport)
target_link_libraries(omnitls-transport INTERFACE omnitls Threads::Threads)
target_include_directories(omnitls-transport SYSTEM INTERFACE "$<BUILD_INTERFACE:${OMNITLS_ASIO_INCLUDE_DIR}>")
target_compile_definitions(omnitls-transport INTERFACE ASIO_STANDALONE)
