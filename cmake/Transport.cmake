# SPDX-License-Identifier: BSL-1.0
# omnitls::transport: header-only, on standalone Asio >= 1.22.1.
# Resolves OMNITLS_BUILD_TRANSPORT=AUTO to ON or OFF; asked for by name, a missing Asio is an error.
if(OMNITLS_BUILD_TRANSPORT STREQUAL "AUTO")
  find_package(OmnitlsAsio QUIET)
  set(OMNITLS_BUILD_TRANSPORT ${OmnitlsAsio_FOUND})
  if(NOT OmnitlsAsio_FOUND)
    message(STATUS "omnitls::transport is not built: no standalone Asio 1.22.1 or later (Debian: libasio-dev)")
  endif()
elseif(OMNITLS_BUILD_TRANSPORT)
  find_package(OmnitlsAsio QUIET)
  if(NOT OmnitlsAsio_FOUND)
    message(FATAL_ERROR "omnitls::transport needs standalone Asio 1.22.1 or later (Debian: libasio-dev). "
      "Say where asio.hpp is with -DOMNITLS_ASIO_INCLUDE_DIR=DIR, or leave the transport out with -DOMNITLS_BUILD_TRANSPORT=OFF.")
  endif()
endif()

if(OMNITLS_BUILD_TRANSPORT)
  find_package(Threads REQUIRED)
  add_library(omnitls-transport INTERFACE)
  add_library(omnitls::transport ALIAS omnitls-transport)
  set_target_properties(omnitls-transport PROPERTIES EXPORT_NAME transport)
  target_link_libraries(omnitls-transport INTERFACE omnitls omnitls::asio Threads::Threads)
endif()
