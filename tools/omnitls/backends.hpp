// SPDX-License-Identifier: BSL-1.0
// Choosing among the backends this command was built with. The list itself is written by CMake.
#pragma once

#include <omnitls/backend.hpp>

#include <string>
#include <vector>

namespace omnitls::tool {

/// The backends `name` stands for: one, or every one for "all". Throws Failure (usage) if there is none of that name.
std::vector<const TlsBackend*> select_backends(const std::string& name);
/// The one of that name; the first one for "".
const TlsBackend& select_backend(const std::string& name);

}  // namespace omnitls::tool
