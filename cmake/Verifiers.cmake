# SPDX-License-Identifier: BSL-1.0
# omnitls::verifiers. nlohmann-json is headers only and used in one source: whoever uses the library does not need it.
# Resolves OMNITLS_BUILD_VERIFIERS=AUTO to ON or OFF; asked for by name, a missing nlohmann-json is an error.
if(OMNITLS_BUILD_VERIFIERS STREQUAL "AUTO" OR OMNITLS_BUILD_VERIFIERS)
  find_package(nlohmann_json 3.8 QUIET)
  if(NOT nlohmann_json_FOUND AND NOT OMNITLS_BUILD_VERIFIERS STREQUAL "AUTO")
    message(FATAL_ERROR "omnitls::verifiers needs nlohmann-json 3.8 or later to be built (Debian: nlohmann-json3-dev). "
      "Say where it is with -Dnlohmann_json_DIR=DIR, or leave the verifiers out with -DOMNITLS_BUILD_VERIFIERS=OFF.")
  elseif(NOT nlohmann_json_FOUND)
    message(STATUS "omnitls::verifiers is not built: no nlohmann-json 3.8 or later (Debian: nlohmann-json3-dev)")
  endif()
  set(OMNITLS_BUILD_VERIFIERS ${nlohmann_json_FOUND})
endif()

if(OMNITLS_BUILD_VERIFIERS)
  add_subdirectory(verifiers)
endif()
