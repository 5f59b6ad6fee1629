// SPDX-License-Identifier: BSL-1.0
// A server's choice by ClientHello: which context (certificate, ALPN, client authentication, even TLS library) serves a client,
// decided from what it asked for, before any TLS library sees a byte. The engine stops with Want::client_hello until the answer
// is in: now or later, from any thread.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/error.hpp>
#include <omnitls/export.hpp>
#include <omnitls/question.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace omnitls::inline v0 {

class ServerContext;

/// The first ClientHello of a connection (RFC 8446 §4.1.2). Numbers are IANA values in the client's order; GREASE values are left
/// in. A second one (after HelloRetryRequest) that differs in SNI, ALPN, versions or signature algorithms is refused by the engine.
struct ClientHello {
    std::uint16_t legacy_version = 0;
    std::vector<std::uint16_t> cipher_suites;
    std::vector<std::uint16_t>
        supported_versions;  ///< Empty without the extension: then `legacy_version` counts.
    std::vector<std::uint16_t> signature_algorithms;
    std::vector<std::uint16_t> groups;
    std::string sni;  ///< Empty if none was sent. Printable ASCII, as sent: compare without case.
    std::vector<std::string> alpn;
    Bytes session_id;  ///< legacy_session_id; of no meaning where TLS 1.3 is chosen.
    std::vector<Bytes> psk_identities;    ///< Of pre_shared_key (RFC 8446 §4.2.11): the tickets.
    bool extended_master_secret = false;  ///< RFC 7627.
};

/// The answer. The default refuses.
class OMNITLS_API ServerChoice {
public:
    /// Refusal with Errc::client_hello_refused and alert unrecognized_name (RFC 6066 §3).
    ServerChoice() = default;
    /// Serve with `context`, of any backend; it decides everything from here on. Its own chooser is not asked. Never null.
    static ServerChoice use(std::shared_ptr<const ServerContext> context);
    /// Serve with the context the engine was made from.
    static ServerChoice keep() noexcept;
    /// Refuse with this alert; `text` is for people on this side.
    static ServerChoice refused(Alert alert = Alert::unrecognized_name, std::string text = {});

    enum class Kind : std::uint8_t { refused, keep, use };
    Kind kind() const noexcept { return kind_; }
    const std::shared_ptr<const ServerContext>& context() const noexcept { return context_; }
    Alert alert() const noexcept { return alert_; }
    const std::string& text() const noexcept { return text_; }

private:
    Kind kind_ = Kind::refused;
    Alert alert_ = Alert::unrecognized_name;
    std::shared_ptr<const ServerContext> context_;
    std::string text_;
};

using ClientHelloQuestion = BasicQuestion<ClientHello, ServerChoice>;
extern template class OMNITLS_API BasicQuestion<ClientHello, ServerChoice>;

/// Chooses. Implementations must be usable from several connections at once.
class OMNITLS_API ServerChooser {
public:
    virtual ~ServerChooser() = default;
    /// Called once per connection, on the thread that drives it: do not block it; keep the question and answer later.
    /// Throwing or dropping the question refuses the client.
    virtual void choose(ClientHelloQuestion question) = 0;
};

/// A chooser from a function that answers at once.
OMNITLS_API std::shared_ptr<ServerChooser> make_chooser(
    std::function<ServerChoice(const ClientHello&)> choose);
/// A chooser from a function that may keep the question.
OMNITLS_API std::shared_ptr<ServerChooser> make_async_chooser(
    std::function<void(ClientHelloQuestion)> choose);

}  // namespace omnitls::inline v0
