// SPDX-License-Identifier: BSL-1.0
#include "bench/data_file.hpp"

namespace bench {

std::string data_file(const char* name) { return std::string(OMNITLS_BENCH_DATA) + "/" + name; }

}  // namespace bench
