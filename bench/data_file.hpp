// SPDX-License-Identifier: BSL-1.0
// Where the certificates of the benchmarks are.
#pragma once

#include <string>

namespace bench {

/// The path of a file of tests/data.
std::string data_file(const char* name);

}  // namespace bench
