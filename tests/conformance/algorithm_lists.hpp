// SPDX-License-Identifier: BSL-1.0
// The three lists of `Algorithms`, for tests that do the same with each.
#pragma once

#include <omnitls/algorithms.hpp>
#include <omnitls/iana.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace omnitls::test {

using Numbers = std::vector<std::uint16_t>;
using List = Numbers Algorithms::*;

inline constexpr List suites = &Algorithms::cipher_suites;
inline constexpr List groups = &Algorithms::groups;
inline constexpr List schemes = &Algorithms::signature_schemes;

inline std::string entry_name(List list, std::uint16_t id) {
    return list == suites   ? cipher_suite_name(id)
           : list == groups ? group_name(id)
                            : signature_scheme_name(id);
}

/// All that omnitls takes: the default profile, and the groups that must be named.
inline Algorithms every_entry() {
    Algorithms all = profile_algorithms(Profile::intermediate);
    all.groups.insert(all.groups.end(), {0x0103, 0x0104, 0x11eb, 0x11ed});
    return all;
}

}  // namespace omnitls::test
