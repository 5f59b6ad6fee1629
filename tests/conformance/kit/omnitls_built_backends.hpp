// SPDX-License-Identifier: BSL-1.0
// In the installed kit, what a build of omnitls has from CMake: the backends that the tests run on.
#pragma once

#include <omnitls/backend.hpp>

#include <vector>

namespace omnitls {

/// Those of omnitls_add_conformance_test, in its order.
const std::vector<const TlsBackend*>& built_backends();

}  // namespace omnitls
