# SPDX-License-Identifier: BSL-1.0
# Finds mbedTLS, which has a CMake package or a pkg-config file in some distributions only, and provides it as `MbedTLS::mbedtls`
# with the two libraries it stands on. Installed next to omnitls' package file, which uses it too. Hint: MbedTLS_ROOT.
find_path(MbedTLS_INCLUDE_DIR mbedtls/ssl.h DOC "Directory with mbedtls/ssl.h")
find_library(MbedTLS_LIBRARY mbedtls)
find_library(MbedTLS_X509_LIBRARY mbedx509)
find_library(MbedTLS_CRYPTO_LIBRARY mbedcrypto)
mark_as_advanced(MbedTLS_INCLUDE_DIR MbedTLS_LIBRARY MbedTLS_X509_LIBRARY MbedTLS_CRYPTO_LIBRARY)
# 3.x has the version in build_info.h, 2.x in version.h.
foreach(header build_info.h version.h)
  if(NOT MbedTLS_VERSION AND EXISTS "${MbedTLS_INCLUDE_DIR}/mbedtls/${header}")
    file(STRINGS "${MbedTLS_INCLUDE_DIR}/mbedtls/${header}" line REGEX "define MBEDTLS_VERSION_STRING ")
    string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" MbedTLS_VERSION "${line}")
  endif()
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MbedTLS VERSION_VAR MbedTLS_VERSION
  REQUIRED_VARS MbedTLS_LIBRARY MbedTLS_X509_LIBRARY MbedTLS_CRYPTO_LIBRARY MbedTLS_INCLUDE_DIR)
if(MbedTLS_FOUND AND NOT TARGET MbedTLS::mbedtls)
  add_library(MbedTLS::mbedtls UNKNOWN IMPORTED)
  set_target_properties(MbedTLS::mbedtls PROPERTIES IMPORTED_LOCATION "${MbedTLS_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${MbedTLS_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${MbedTLS_X509_LIBRARY};${MbedTLS_CRYPTO_LIBRARY}")
endif()
