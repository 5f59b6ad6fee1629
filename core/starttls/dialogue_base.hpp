// SPDX-License-Identifier: BSL-1.0
// What every STARTTLS dialogue shares: the output, the sticky end, the limits, and the words of its errors. A protocol is fed
// one byte at a time, so that neither its result nor the place where it stops can depend on how the bytes were cut.
#pragma once

#include <omnitls/starttls/dialogue.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace omnitls::inline v0::core {

/// Bytes a peer may send in all before TLS starts.
inline constexpr std::size_t dialogue_limit = std::size_t{64} * 1024;
/// Bytes of one unit: a line with its CRLF, or one piece of XML.
inline constexpr std::size_t dialogue_unit_limit = std::size_t{4} * 1024;

/// A protocol derives from this, overrides `feed`, `expected`, `protocol`, `step_name`, and calls `send`, `finish`, `fail`.
class DialogueBase : public starttls::Dialogue {
public:
    Step step(Input& in) noexcept final;
    ConstBytes output() const noexcept final { return as_bytes(output_).subspan(sent_); }
    void consume_output(std::size_t n) noexcept final;
    bool upgraded() const noexcept final { return ended_ && upgraded_; }
    const ErrorDetail* last_error() const noexcept final { return error_ ? &*error_ : nullptr; }
    starttls::UnauthenticatedText offer_text() const final {
        return starttls::UnauthenticatedText(offer_text_);
    }

protected:
    explicit DialogueBase(starttls::Offer offer) : offer_(offer) {}

    /// Takes the next byte the peer sent. Not called again once the dialogue has ended. May throw std::bad_alloc only.
    virtual void feed(std::uint8_t byte) = 0;
    /// What must come next, for messages: "220 to STARTTLS".
    virtual std::string_view expected() const = 0;
    /// Who is talked to, for messages.
    virtual std::string_view peer() const noexcept { return "server"; }
    /// Whether `byte` may come although what this side has to say is not sent yet. Nothing may, in most protocols.
    virtual bool may_come_early(std::uint8_t byte) const;

    /// Puts a command into the output; what comes before it is sent was not an answer to it.
    void send(std::string_view text);
    void finish(bool upgraded) noexcept;
    /// "STARTTLS (protocol): expected X, `found`". `peer_text` is quoted in the detail: raw, escaped here; without one, what
    /// came in this step and is still at hand.
    void fail(Errc code, std::string_view found, std::string_view peer_text = {},
              std::string_view hint = {});
    /// The peer does not offer the upgrade: an error or a plain end, as the program wanted it.
    void not_offered(std::string_view found, std::string_view peer_text = {});
    /// A new step begins: forgets what came in the one before.
    void next_step() noexcept { seen_.clear(); }
    /// What the peer said it offers, escaped, for messages.
    const std::string& offered() const noexcept { return offer_text_; }
    /// Adds to what the peer said it offers. `text` is raw.
    void add_offer(std::string_view text);
    bool ended() const noexcept { return ended_ || error_; }

private:
    Step run(Input& in);
    void take(std::uint8_t byte);
    void fail_truncated();

    starttls::Offer offer_;
    bool ended_ = false;
    bool upgraded_ = false;
    bool out_of_memory_ = false;
    std::string output_;
    std::size_t sent_ = 0;      ///< Bytes of `output_` already consumed.
    std::size_t received_ = 0;  ///< Bytes taken from the peer in all.
    std::string seen_;          ///< The first bytes taken in this step, raw.
    std::string offer_text_;
    std::optional<ErrorDetail> error_;
};

/// `text` in double quotes, escaped.
std::string in_quotes(std::string_view text);

}  // namespace omnitls::inline v0::core
