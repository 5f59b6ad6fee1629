// SPDX-License-Identifier: BSL-1.0
// Memory of this process, for programs that count allocations.
#pragma once

#include "bench/counters.hpp"

#include <fstream>

#include <malloc.h>
#include <unistd.h>

namespace bench {

struct Memory {
    double heap_bytes;      ///< Counted.
    double resident_bytes;  ///< What the kernel says, when malloc has given back what it can.

    static Memory now() {
        malloc_trim(0);
        std::ifstream file("/proc/self/statm");
        double all = 0;
        double resident = 0;
        file >> all >> resident;
        return {static_cast<double>(allocations().live_bytes),
                resident * static_cast<double>(sysconf(_SC_PAGESIZE))};
    }
};

}  // namespace bench
