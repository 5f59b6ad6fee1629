// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <omnitls/judge.hpp>

#include <memory>

namespace omnitls::inline v0::core {

struct ShellSetup;

/// Judges as `setup` does, which is not kept alive: the verifier that it holds may keep evidence, and with it the judge.
std::shared_ptr<const Judge> make_judge(const std::shared_ptr<const ShellSetup>& setup);

}  // namespace omnitls::inline v0::core
