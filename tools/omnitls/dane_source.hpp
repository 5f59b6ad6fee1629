// SPDX-License-Identifier: BSL-1.0
// Where `--verify dane` has its records from. One of two sources is compiled, so that nothing else asks what was built.
#pragma once

#include <omnitls/verifiers/dane.hpp>

#include <memory>
#include <string>

namespace omnitls::tool {

/// Empty: the system's. Throws Failure (usage) for what cannot be used, and where nothing can look records up.
std::shared_ptr<TlsaSource> dane_source(const std::string& resolver,
                                        const std::string& anchor_file);

}  // namespace omnitls::tool
