// SPDX-License-Identifier: BSL-1.0
// Runs a STARTTLS dialogue over a plain `Stream` and upgrades it: the whole way from a connected socket to a judged peer.
// The dialogue reads exactly as far as the go-ahead; what comes after it fails the upgrade.
#pragma once

#include <omnitls/starttls/dialogue.hpp>
#include <omnitls/transport/detail/initiate.hpp>
#include <omnitls/transport/stream.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/compose.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace omnitls::inline v0 {

/// What a STARTTLS dialogue may take.
struct StarttlsOptions {
    /// For the plain-text part: then Errc::handshake_timeout. TLS has its own (`StreamOptions`).
    std::chrono::milliseconds dialogue_deadline = std::chrono::seconds(30);
    /// What was read from the stream before, and is this dialogue's: what `async_run_dialogue` gave for the one before it (a PROXY header).
    Bytes already_read{};

    std::chrono::milliseconds bounded() const noexcept {
        return std::min<std::chrono::milliseconds>(dialogue_deadline, std::chrono::hours(24 * 365));
    }
};

namespace detail {

struct StreamAccess {
    template <class Next, class Timer>
    static const auto& impl(Stream<Next, Timer>& stream) noexcept {
        return stream.impl_;
    }
};

inline LeftoverPolicy leftover_policy(const starttls::Dialogue& dialogue) noexcept {
    return dialogue.tls_may_follow() ? LeftoverPolicy::feed : LeftoverPolicy::reject;
}

/// What the dialogue made of some bytes.
struct DialogueStep {
    bool done = false;
    std::error_code error;
    Bytes leftover;
};

inline DialogueStep step_dialogue(starttls::Dialogue& dialogue, ConstBytes bytes, bool eof) {
    Input in{bytes, eof};
    const Step step = dialogue.step(in);
    if (step.error) return {false, step.error, {}};
    if (step.done()) return {true, {}, Bytes(in.bytes.begin(), in.bytes.end())};
    if (eof) return {false, Errc::truncated, {}};
    // A dialogue takes all it is given until it is done.
    if (step.want != Want::input || !in.bytes.empty()) return {false, Errc::internal, {}};
    return {};
}

/// Keeps what is known about a failed dialogue with the stream, and returns the error.
inline std::error_code fail_dialogue(StreamBase& stream, const starttls::Dialogue& dialogue,
                                     std::error_code ec) {
    if (const ErrorDetail* detail = dialogue.last_error();
        detail != nullptr && detail->code == ec) {
        stream.error = std::make_unique<ErrorDetail>(*detail);
    } else {
        stream.error = std::make_unique<ErrorDetail>(make_error(
            ec, "the " + std::string(dialogue.protocol()) + " dialogue ended at step \"" +
                    std::string(dialogue.step_name()) + "\": " + ec.message()));
    }
    return ec;
}

template <class Impl>
struct DialogueState {
    DialogueState(std::shared_ptr<Impl> stream, starttls::Dialogue& talk)
        : impl(std::move(stream)), dialogue(talk), timer(impl->get_executor()) {}
    std::shared_ptr<Impl> impl;
    starttls::Dialogue& dialogue;
    typename Impl::timer_type timer;
    asio::cancellation_signal stop;  ///< Of the read or write in flight.
    std::array<std::uint8_t, 4096> buffer;
    DialogueStep last;
    bool timed_out = false;
};

/// The composed operation; with `Upgrade` it goes on into TLS and reports no leftover.
template <class Impl, bool Upgrade>
class DialogueOp {
public:
    DialogueOp(std::shared_ptr<Impl> impl, starttls::Dialogue& dialogue, StarttlsOptions options)
        : state_(std::make_shared<DialogueState<Impl>>(std::move(impl), dialogue)),
          options_(std::move(options)) {}

    template <class Self>
    void operator()(Self& self, std::error_code ec = {}, std::size_t n = 0) {
        DialogueState<Impl>& state = *state_;
        if constexpr (Upgrade) {
            if (stage_ == Stage::tls) return self.complete(ec);
        }
        if (stage_ == Stage::begin) begin(self);
        const bool eof = stage_ == Stage::receiving && ec == asio::error::eof;
        if (state.timed_out) ec = Errc::handshake_timeout;
        // Who cannot be told goodbye is gone; that says less than why.
        if (ec && state.last.error) ec = state.last.error;
        if (ec && !eof) return finish(self, fail_dialogue(*state.impl, state.dialogue, ec));
        if (stage_ == Stage::sending) state.dialogue.consume_output(n);
        if (stage_ == Stage::receiving) {
            state.last = step_dialogue(state.dialogue, ConstBytes(state.buffer).first(n), eof);
        }
        const ConstBytes out = state.dialogue.output();
        if (!out.empty()) return send(self, out);
        if (state.last.error)
            return finish(self, fail_dialogue(*state.impl, state.dialogue, state.last.error));
        if (state.last.done) return finish(self, {});
        receive(self);
    }

private:
    enum class Stage : std::uint8_t { begin, sending, receiving, tls };

    template <class Self>
    void begin(Self& self) {
        arm(self);
        // One that only has to say something is done with nothing.
        state_->last = step_dialogue(state_->dialogue, options_.already_read, false);
        options_.already_read = {};
    }
    template <class Self>
    void arm(Self& self) {
        state_->timer.expires_after(options_.bounded());
        state_->timer.async_wait(
            asio::bind_executor(self.get_executor(), [state = state_](const std::error_code& ec) {
                if (ec) return;
                state->timed_out = true;
                state->stop.emit(asio::cancellation_type::terminal);
            }));
    }
    // The deadline and the caller's cancellation both end the read or write in flight.
    template <class Self>
    auto stoppable(Self& self) {
        auto outer = self.get_cancellation_state().slot();
        if (outer.is_connected()) {
            outer.assign([weak = std::weak_ptr(state_)](asio::cancellation_type_t type) {
                if (const auto state = weak.lock()) state->stop.emit(type);
            });
        }
        auto slot = state_->stop.slot();
        return asio::bind_cancellation_slot(slot, std::move(self));
    }
    template <class Self>
    void send(Self& self, ConstBytes out) {
        stage_ = Stage::sending;
        const auto impl = state_->impl;
        start_write(impl, stoppable(self), asio::const_buffer(out.data(), out.size()));
    }
    template <class Self>
    void receive(Self& self) {
        stage_ = Stage::receiving;
        const auto state = state_;
        start_read(state->impl, stoppable(self),
                   asio::mutable_buffer(state->buffer.data(), state->buffer.size()));
    }
    template <class Self>
    void finish(Self& self, std::error_code ec) {
        state_->timer.cancel();
        Bytes leftover = std::move(state_->last.leftover);
        if constexpr (!Upgrade) {
            self.complete(ec, std::move(leftover));
        } else {
            const auto impl = state_->impl;
            if (ec || !state_->dialogue.upgraded()) {
                if (!ec) impl->leftover = std::move(leftover);
                return self.complete(ec);
            }
            stage_ = Stage::tls;
            ec = impl->begin_start_tls(std::move(leftover), leftover_policy(state_->dialogue));
            start_exclusive<HandshakeOp>(impl, std::move(self), ec,
                                         impl->options.handshake_deadline);
        }
    }

    std::shared_ptr<DialogueState<Impl>> state_;
    StarttlsOptions options_;
    Stage stage_ = Stage::begin;
};

}  // namespace detail

/// Runs `dialogue` over the plain `stream` until it is done. Completes with `void(std::error_code, Bytes)`: the bytes that were
/// read beyond its end. Errors are the dialogue's, the stream's, Errc::truncated if the peer went away, Errc::handshake_timeout;
/// details in `dialogue.last_error()` and `stream.last_error()`. The dialogue must outlive the operation; the stream need not.
template <class Next, class Timer, class Token>
auto async_run_dialogue(Stream<Next, Timer>& stream, starttls::Dialogue& dialogue,
                        StarttlsOptions options, Token&& token) {
    using Impl = detail::StreamImpl<Next, Timer>;
    return asio::async_compose<Token, void(std::error_code, Bytes)>(
        detail::DialogueOp<Impl, false>(detail::StreamAccess::impl(stream), dialogue,
                                        std::move(options)),
        token, stream);
}
template <class Next, class Timer, class Token>
auto async_run_dialogue(Stream<Next, Timer>& stream, starttls::Dialogue& dialogue, Token&& token) {
    return async_run_dialogue(stream, dialogue, StarttlsOptions{}, std::forward<Token>(token));
}

/// Runs `dialogue`, then upgrades; leftover is rejected, unless the protocol has TLS there (`Dialogue::tls_may_follow`). Completes with
/// `void(std::error_code)`. With Offer::if_offered and no offer it succeeds in plain text: look at `stream.is_secure()`; bytes read beyond
/// the dialogue are in `take_leftover()`.
template <class Next, class Timer, class Token>
auto async_starttls(Stream<Next, Timer>& stream, starttls::Dialogue& dialogue,
                    StarttlsOptions options, Token&& token) {
    using Impl = detail::StreamImpl<Next, Timer>;
    return asio::async_compose<Token, void(std::error_code)>(
        detail::DialogueOp<Impl, true>(detail::StreamAccess::impl(stream), dialogue,
                                       std::move(options)),
        token, stream);
}
template <class Next, class Timer, class Token>
auto async_starttls(Stream<Next, Timer>& stream, starttls::Dialogue& dialogue, Token&& token) {
    return async_starttls(stream, dialogue, StarttlsOptions{}, std::forward<Token>(token));
}

/// The synchronous dialogue; returns the bytes read beyond its end. Its deadline is looked at between two reads.
template <class Next, class Timer>
Bytes run_dialogue(Stream<Next, Timer>& stream, starttls::Dialogue& dialogue, std::error_code& ec,
                   StarttlsOptions options = {}) {
    const auto& impl = detail::StreamAccess::impl(stream);
    const auto deadline = Timer::clock_type::now() + options.bounded();
    std::array<std::uint8_t, 4096> buffer;
    detail::DialogueStep last = detail::step_dialogue(dialogue, options.already_read, false);
    ec.clear();
    for (;;) {
        while (!ec && !dialogue.output().empty()) {
            const ConstBytes out = dialogue.output();
            dialogue.consume_output(
                stream.write_some(asio::const_buffer(out.data(), out.size()), ec));
        }
        if (last.error) ec = last.error;
        if (!ec && last.done) return std::move(last.leftover);
        std::size_t n = 0;
        if (!ec) n = stream.read_some(asio::mutable_buffer(buffer.data(), buffer.size()), ec);
        if (!ec || ec == asio::error::eof) {
            last =
                detail::step_dialogue(dialogue, ConstBytes(buffer).first(n), static_cast<bool>(ec));
            ec.clear();
        }
        if (!ec && !last.done && !last.error && Timer::clock_type::now() >= deadline)
            ec = Errc::handshake_timeout;
        if (ec) {
            detail::fail_dialogue(*impl, dialogue, ec);
            return {};
        }
    }
}

/// The synchronous upgrade.
template <class Next, class Timer>
void run_starttls(Stream<Next, Timer>& stream, starttls::Dialogue& dialogue, std::error_code& ec,
                  StarttlsOptions options = {}) {
    Bytes leftover = run_dialogue(stream, dialogue, ec, std::move(options));
    if (ec) return;
    if (dialogue.upgraded())
        return stream.start_tls(std::move(leftover), detail::leftover_policy(dialogue), ec);
    detail::StreamAccess::impl(stream)->leftover = std::move(leftover);
}
template <class Next, class Timer>
void run_starttls(Stream<Next, Timer>& stream, starttls::Dialogue& dialogue,
                  StarttlsOptions options = {}) {
    std::error_code ec;
    run_starttls(stream, dialogue, ec, std::move(options));
    if (ec) throw std::system_error(ec);
}

}  // namespace omnitls::inline v0
