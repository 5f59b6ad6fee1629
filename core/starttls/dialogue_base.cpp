// SPDX-License-Identifier: BSL-1.0
// The loop of a dialogue: one byte at a time, up to its end, a limit, or the end of the transport.
#include "core/starttls/dialogue_base.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace omnitls::inline v0::core {
namespace {

constexpr std::size_t quote_limit = 256;
constexpr std::size_t offer_limit = 1024;

Step failed(std::error_code code) noexcept {
    Step step;
    step.error = code;
    return step;
}

}  // namespace

std::string in_quotes(std::string_view text) {
    return "\"" + escape_untrusted(text, quote_limit) + "\"";
}

Step DialogueBase::step(Input& in) noexcept {
    if (out_of_memory_) return failed(std::make_error_code(std::errc::not_enough_memory));
    try {
        return run(in);
    } catch (const std::bad_alloc&) {
        // The byte that could not be kept is gone from the input, so going on would misread what follows.
        out_of_memory_ = true;
        return failed(std::make_error_code(std::errc::not_enough_memory));
    }
}

Step DialogueBase::run(Input& in) {
    while (!ended() && !in.bytes.empty()) {
        take(in.take(1).front());
        // What is at hand says more about a peer that speaks something else than its first wrong byte.
        if (error_ && error_->peer_text.empty()) {
            seen_ += as_text(in.bytes.first(std::min(in.bytes.size(), quote_limit)));
            error_->peer_text = escape_untrusted(seen_, quote_limit);
        }
    }
    if (!ended() && in.eof) fail_truncated();
    if (error_) return failed(error_->code);
    return {.want = ended_ ? Want::nothing : Want::input, .error = {}};
}

void DialogueBase::take(std::uint8_t byte) {
    if (seen_.size() < quote_limit) seen_.push_back(static_cast<char>(byte));
    if (++received_ > dialogue_limit) {
        fail(Errc::limit_exceeded, std::string(peer()) + " sent more than 65536 bytes before TLS");
    } else if (!output().empty() && !may_come_early(byte)) {
        // RFC 3207 §6 and its kin: an answer that is older than its question was put there by somebody else. The question is not asked.
        consume_output(output().size());
        fail(Errc::starttls_protocol,
             std::string(peer()) + " sent " + in_quotes(seen_) + " before it was asked", {},
             "somebody on the path may be injecting plain text; do not go on without TLS");
    } else {
        feed(byte);
    }
}

bool DialogueBase::may_come_early(std::uint8_t) const { return false; }

void DialogueBase::consume_output(std::size_t n) noexcept {
    sent_ += n < output().size() ? n : output().size();
    if (sent_ == output_.size()) {
        output_.clear();
        sent_ = 0;
    }
}

void DialogueBase::send(std::string_view text) { output_ += text; }

void DialogueBase::finish(bool upgraded) noexcept {
    ended_ = true;
    upgraded_ = upgraded;
}

void DialogueBase::fail(Errc code, std::string_view found, std::string_view peer_text,
                        std::string_view hint) {
    std::string what = "STARTTLS (" + std::string(protocol()) + "): expected ";
    what.append(expected()).append(", ").append(found);
    error_ = make_error(make_error_code(code), std::move(what), std::string(hint));
    error_->peer_text = escape_untrusted(peer_text, quote_limit);
}

void DialogueBase::not_offered(std::string_view found, std::string_view peer_text) {
    if (offer_ == starttls::Offer::if_offered) {
        finish(false);
        return;
    }
    fail(Errc::starttls_not_offered, found, peer_text,
         "the server has no TLS on this port, or somebody on the path removed the offer");
}

void DialogueBase::fail_truncated() {
    std::string found = "connection ended ";
    found += seen_.empty() ? "before anything came" : "after " + in_quotes(seen_);
    fail(Errc::truncated, found, seen_,
         "the " + std::string(peer()) + " closed the connection; its log may say why");
}

void DialogueBase::add_offer(std::string_view text) {
    if (offer_text_.size() >= offer_limit) return;
    if (!offer_text_.empty()) offer_text_ += ", ";
    offer_text_ += escape_untrusted(text, 64);
}

}  // namespace omnitls::inline v0::core
