// SPDX-License-Identifier: BSL-1.0
// Part of bench_threads: a server whose executors several threads run.
#pragma once

#include "bench/report.hpp"

namespace bench {

/// One thread, an executor for each of two, and one executor that two run: 64 B there and 4 KiB back, beside asio::ssl.
void compare_servers(const Options& options, Report& report);

}  // namespace bench
