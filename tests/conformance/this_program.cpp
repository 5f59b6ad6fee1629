// SPDX-License-Identifier: BSL-1.0
// What is special about this program of the suite; every other source compiles to the same for all of them.
#include "tests/conformance/known_gaps.hpp"
#include "tests/conformance/profile.hpp"

namespace omnitls::test {

const char* const known_gaps_file = OMNITLS_KNOWN_GAPS;
const SuiteProfile suite_profile = SuiteProfile::OMNITLS_CONFORMANCE_PROFILE;
const bool with_peers = OMNITLS_CONFORMANCE_PEERS;

}  // namespace omnitls::test
