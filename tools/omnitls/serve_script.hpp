// SPDX-License-Identifier: BSL-1.0
// The plain-text part of `omnitls serve --starttls`: just enough of a server to be upgraded. A demonstration and a peer for
// tests, no mail or chat server.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace omnitls::tool {

/// What to say next, and what after it.
struct ScriptStep {
    enum class Then : unsigned char { read, start_tls, close };
    std::string reply;
    Then then = Then::read;
};

class ServeScript {
public:
    virtual ~ServeScript() = default;
    /// What to say before anything was read; may be empty.
    virtual std::string greeting() = 0;
    /// Takes from the front of `received` what it understands; with start_tls, exactly up to the last byte of the request.
    virtual ScriptStep step(std::string& received) = 0;
};

/// "smtp" or "xmpp".
std::unique_ptr<ServeScript> make_serve_script(std::string_view protocol);

}  // namespace omnitls::tool
