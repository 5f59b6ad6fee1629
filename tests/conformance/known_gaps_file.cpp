// SPDX-License-Identifier: BSL-1.0
// The one source that knows which list of gaps holds: the others compile to the same for everybody.
#include "tests/conformance/known_gaps.hpp"

namespace omnitls::test {

const char* const known_gaps_file = OMNITLS_KNOWN_GAPS;

}  // namespace omnitls::test
