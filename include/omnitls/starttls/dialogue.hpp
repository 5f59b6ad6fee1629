// SPDX-License-Identifier: BSL-1.0
// The plain-text part of a STARTTLS upgrade as a sans-IO state machine: strict, limited, one object per upgrade.
#pragma once

#include <omnitls/engine.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace omnitls::inline v0::starttls {

/// What to do when the peer does not offer the upgrade.
enum class Offer : std::uint8_t {
    required,    ///< Fail with Errc::starttls_not_offered (default: stripping must not work).
    if_offered,  ///< Go on in plain text: `upgraded()` is false at the end.
};

/// What a peer said in plain text, for people to read. Anybody on the path may have written it, so no program may go by it once TLS is
/// there: it has no way back to the peer's bytes, and is no string that a parser would take.
class UnauthenticatedText {
public:
    UnauthenticatedText() = default;
    /// `escaped`: by `escape_untrusted`.
    explicit UnauthenticatedText(std::string escaped) noexcept : escaped_(std::move(escaped)) {}
    bool empty() const noexcept { return escaped_.empty(); }
    /// Printable ASCII, one line, at most 1 KiB.
    const std::string& for_display() const noexcept { return escaped_; }

private:
    std::string escaped_;
};

/// A dialogue. Drive it: send `output()`, call `step` with what came, until it is done or an error.
/// Call `consume_output` for what was sent before `step` with what came after it: bytes that come while output is unsent were
/// not an answer to it, and fail with Errc::starttls_protocol.
/// After an error `output()` may hold parting words (221 to QUIT): send them, then close.
/// Limits: no reply line over 4 KiB, no more than 64 KiB in all; beyond: Errc::limit_exceeded.
/// Nothing learned here may be used after the upgrade (RFC 3207 §4.2, RFC 6120 §5.4.3.3), so `offer_text` gives no more than words.
class OMNITLS_API Dialogue {
public:
    virtual ~Dialogue() = default;

    /// Reads plain bytes from `in`, exactly as far as the go-ahead's last byte; what follows stays in `in` and must be given
    /// to `start_tls` as leftover. Returns Want::input until done, or the error (`last_error` has the words).
    virtual Step step(Input& in) noexcept = 0;
    virtual ConstBytes output() const noexcept = 0;
    virtual void consume_output(std::size_t n) noexcept = 0;
    /// After `step` was done: whether TLS starts now. False only with Offer::if_offered.
    virtual bool upgraded() const noexcept = 0;
    /// Whether the peer's TLS follows what it said last without waiting for an answer (MySQL's clients, proxies), so that leftover may be the start
    /// of it: LeftoverPolicy::feed. In every other protocol leftover is plain text behind the boundary, and refused.
    virtual bool tls_may_follow() const noexcept { return false; }
    virtual const ErrorDetail* last_error() const noexcept = 0;
    /// "xmpp", "smtp", ...
    virtual std::string_view protocol() const noexcept = 0;
    /// The step the dialogue is in, for messages: "greeting", "EHLO", "STARTTLS", "stream features", ...
    virtual std::string_view step_name() const noexcept = 0;
    /// What the peer said it offers.
    virtual UnauthenticatedText offer_text() const = 0;
};

}  // namespace omnitls::inline v0::starttls
