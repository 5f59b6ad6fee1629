// SPDX-License-Identifier: BSL-1.0
// One whole connection in memory: at our end a dialogue and TLS, as `async_starttls` runs them; at the other end a script for the plain
// part and TLS of its own; between them a path on which somebody may be. The clock moves when it is told to.
#pragma once

#include "tests/support/fault_stream.hpp"
#include "tests/transport/attacks/contexts.hpp"
#include "tests/transport/attacks/decision.hpp"
#include "tests/transport/attacks/path.hpp"
#include "tests/transport/outcome.hpp"
#include <omnitls/transport/options.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace omnitls::test {

struct ConnectionSetup {
    const Transcript* transcript;
    Stacks stacks;
    /// What the other end says; the transcript's unless said otherwise.
    Turns turns = transcript->turns;
    starttls::Offer offer = starttls::Offer::required;
    std::chrono::milliseconds dialogue_deadline = std::chrono::seconds(30);
    std::chrono::milliseconds handshake_deadline = std::chrono::seconds(60);
    std::chrono::milliseconds pause{0};  ///< Passes before each segment arrives at our end.
    Path to_us = in_one_segment;
    Path to_them = in_one_segment;
    std::shared_ptr<FaultPlan> faults = std::make_shared<FaultPlan>();  ///< Of our end.
};

/// One end as a program has it; operations are started, and are over when `Connection::settle` says so.
class End {
public:
    virtual ~End() = default;
    virtual Outcome& read() = 0;
    virtual Outcome& write(std::string text) = 0;
    virtual Outcome& shutdown() = 0;
    virtual Outcome& close_write() = 0;
    virtual Outcome& stop_tls(PeerCloseNotify policy) = 0;
    virtual void close() = 0;
    virtual bool is_secure() const = 0;
    virtual const ErrorDetail* last_error() const = 0;
    virtual std::shared_ptr<const VerifyRequest> evidence() const = 0;
    virtual ProtocolVersion version() const = 0;

    /// What the last read has delivered.
    virtual std::string text() const = 0;
    /// Every operation has completed, once.
    virtual bool settled() const = 0;
};

class Connection {
public:
    /// Our end begins.
    explicit Connection(ConnectionSetup setup);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    End& us() const;
    End& them() const;

    // The other end. Each returns when nothing moves any more.
    /// Says its first `count` turns, up to the one that decides, each when our end has nothing more to say.
    void say_turns(std::size_t count = ~std::size_t{0});
    /// Begins TLS if it has heard all that comes before.
    void begin_tls();
    /// The turns, and TLS if they lead to it.
    void play();

    /// Bytes arrive at our end that nobody there has sent.
    void inject(ConstBytes bytes);
    void inject(std::string_view text) { inject(as_bytes(text)); }
    /// The connection ends, as our end sees it.
    void end();
    void settle();
    void pass(std::chrono::milliseconds time);

    /// Of `async_starttls` at our end, and of `async_start_tls` at the other.
    const Outcome& upgrade() const;
    const Outcome& their_upgrade() const;
    /// That our verifier was asked since the connection began.
    std::size_t questions() const;
    const std::string& heard() const;  ///< By the other end, in plain text.
    std::string sent() const;          ///< All bytes from our end.
    std::string sent_as_tls() const;   ///< Those behind what the dialogue says.
    std::size_t unread() const;  ///< Bytes that have arrived at our end, and that it has not taken.
    std::size_t steps() const;   ///< Reads and writes of our end at its next layer.
    /// The segment that brought the other end's first byte of TLS brought plain text, too.
    bool tls_came_with_plain_text() const;
    Role our_role() const;
    const Decision& expected() const;  ///< What the dialogue alone makes of the turns.

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// How many there were.
std::size_t connections_made();

}  // namespace omnitls::test
