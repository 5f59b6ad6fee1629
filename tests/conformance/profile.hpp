// SPDX-License-Identifier: BSL-1.0
// How much of the suite this program has. The tree's own program has all of it; the installed kit (cmake/omnitls-conformance.cmake)
// compiles the profile that was asked for.
#pragma once

namespace omnitls::test {

enum class Profile {
    core,  ///< What every backend must do, cryptography or not.
    full,
};

#ifdef OMNITLS_CONFORMANCE_CORE
inline constexpr Profile profile = Profile::core;
#else
inline constexpr Profile profile = Profile::full;
#endif

/// Peers that are not omnitls are there.
#ifdef OMNITLS_CONFORMANCE_ALONE
inline constexpr bool with_peers = false;
#else
inline constexpr bool with_peers = true;
#endif

}  // namespace omnitls::test
