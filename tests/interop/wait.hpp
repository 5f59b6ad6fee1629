// SPDX-License-Identifier: BSL-1.0
// Runs an event loop until one operation is done.
#pragma once

#include <asio/io_context.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace omnitls::test {

/// Calls `start(done)`, then runs `io` until `done(error, ...)` was called. Throws if that takes a minute.
template <class Start>
std::error_code run_until_done(asio::io_context& io, const Start& start) {
    std::optional<std::error_code> result;
    start([&result](std::error_code ec, auto&&...) { result = ec; });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    io.restart();
    while (!result && io.run_one_until(deadline) > 0) {
    }
    if (!result) {
        // The handler refers to `result`: it must not be called any more.
        io.stop();
        throw std::runtime_error("an operation did not complete in time");
    }
    return *result;
}

}  // namespace omnitls::test
