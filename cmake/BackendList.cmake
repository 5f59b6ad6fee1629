# SPDX-License-Identifier: BSL-1.0
# omnitls_link_backends(target): links every backend of this build to `target` and gives it omnitls_built_backends.hpp with
# `omnitls::built_backends()`, so that programs which offer all backends need no list of their own.
function(omnitls_link_backends target)
  set(includes "")
  set(entries "")
  foreach(backend IN LISTS OMNITLS_BUILT_BACKENDS)
    string(APPEND includes "#include <omnitls/backends/${backend}.hpp>\n")
    string(APPEND entries "        &backends::${backend}(),\n")
    target_link_libraries(${target} PRIVATE omnitls::${backend})
  endforeach()
  set(directory "${PROJECT_BINARY_DIR}/generated")
  file(CONFIGURE OUTPUT "${directory}/omnitls_built_backends.hpp" @ONLY CONTENT [[
// SPDX-License-Identifier: BSL-1.0
// Written by CMake from the backends of this build.
#pragma once

#include <omnitls/backend.hpp>
@includes@
#include <vector>

namespace omnitls {

/// Every backend of this build, in a fixed order; empty in a build without any.
inline const std::vector<const TlsBackend*>& built_backends() {
    static const std::vector<const TlsBackend*> all{
@entries@    };
    return all;
}

}  // namespace omnitls
]])
  target_include_directories(${target} PRIVATE "${directory}")
endfunction()
