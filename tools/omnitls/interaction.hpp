// SPDX-License-Identifier: BSL-1.0
// `connect -i`: standard input goes to the peer, and what the peer says to standard output.
#pragma once

#include "tools/omnitls/counted_socket.hpp"
#include "tools/omnitls/runner.hpp"
#include <omnitls/transport/stream.hpp>

#include <chrono>

namespace omnitls::tool {

struct InteractionOptions {
    bool crlf = false;  ///< A line that ends in LF is sent with CRLF.
    /// For a peer that has been told that nothing more comes, to end its side.
    std::chrono::seconds patience{30};
};

/// On a secure stream, until the peer ends its side. At the end of the input this side is closed, and the peer may still speak.
/// False: it did not end in time, and the connection is cut.
bool interact(Runner& runner, Stream<CountedSocket>& stream, const InteractionOptions& options);

}  // namespace omnitls::tool
