// SPDX-License-Identifier: BSL-1.0
// The one source that knows where the checkout lies: the others compile to the same in any directory.
#include "tests/support/certs.hpp"

namespace omnitls::test {

const char* const data_directory = OMNITLS_TEST_DATA;

}  // namespace omnitls::test
