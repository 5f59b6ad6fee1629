// SPDX-License-Identifier: BSL-1.0
// How much of the suite this program has. The tree's own has all of it, those of the installed kit what they were asked for
// (cmake/omnitls-conformance.cmake); this_program.cpp says it.
#pragma once

namespace omnitls::test {

enum class SuiteProfile {
    core,  ///< What every backend must do, with cryptography or without.
    full,
};
extern const SuiteProfile suite_profile;
/// Peers that are not omnitls are there.
extern const bool with_peers;

}  // namespace omnitls::test
