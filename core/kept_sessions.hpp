// SPDX-License-Identifier: BSL-1.0
// Sessions as a server keeps them that asks for client certificates: by the id the client will ask for, with the chain it showed
// and the verdict that let it in.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/iana.hpp>
#include <omnitls/spi/native_session.hpp>
#include <omnitls/verifier.hpp>

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace omnitls::inline v0::core {

/// One session. Immutable.
struct KeptSession {
    ProtocolVersion version = ProtocolVersion::tls13;
    UtcTime expires{};
    std::uint16_t cipher_suite =
        0;               ///< RFC 5246 §7.4.1.2: resumed with the same, if it is offered.
    std::string sni;     ///< RFC 6066 §3: it is resumed under the same name only.
    std::string policy;  ///< Of the verifier, when it gave the verdict.
    std::string alpn;    ///< Negotiated; part of what the verdict was given on.
    std::shared_ptr<const std::vector<Bytes>>
        chain;                      ///< As it was sent; null if the client showed none.
    Verdict verdict;                ///< On `chain`.
    spi::ResumableState resumable;  ///< As the library gave it.
};

/// At most `most` of them, at least one; the oldest makes room. Any thread.
class KeptSessions {
public:
    explicit KeptSessions(std::size_t most) : most_(most) {}
    /// Those that are over by `now` go first. One without an id, or of more than 32 KiB, is not kept.
    void put(KeptSession session, UtcTime now);
    /// The session of that version and id, or null. One of TLS 1.3 is not found again (RFC 8446 §C.4).
    std::shared_ptr<const KeptSession> take(ProtocolVersion version, ConstBytes id);

private:
    void drop_oldest();
    using Order = std::list<std::shared_ptr<const KeptSession>>;

    std::size_t most_;
    std::mutex mutex_;
    Order order_;                                                   // oldest first
    std::unordered_map<std::string_view, Order::iterator> places_;  // by ids in `order_`
};

/// Those of clients that showed a certificate, and, so that nobody without one can make them go, those of the others.
struct ServerSessions {
    explicit ServerSessions(std::size_t most) : known(most), anonymous(most) {}
    KeptSessions known;
    KeptSessions anonymous;
};

}  // namespace omnitls::inline v0::core
