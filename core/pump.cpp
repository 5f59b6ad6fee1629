// SPDX-License-Identifier: BSL-1.0
// Turns what an engine's step says into what a driver does next. No state of its own.
#include "core/question.hpp"
#include <omnitls/pump.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace omnitls::inline v0 {
namespace {

PumpStep finished(std::error_code error, std::size_t bytes = 0) noexcept {
    return {PumpAction::done, bytes, error};
}

// What a want means to the driver. An engine that still wants input after the end will never get any.
PumpStep wanted(const Step& step, const Input& in) noexcept {
    switch (step.want) {
        case Want::nothing:
            return finished({}, step.bytes);
        case Want::verdict:
        case Want::client_hello:
            return {PumpAction::ask, step.bytes, {}};
        case Want::drain:
            return {PumpAction::drain, step.bytes, {}};
        case Want::input:
            if (in.eof) return finished(Errc::truncated);
            return {PumpAction::read, step.bytes, {}};
    }
    return finished(Errc::internal);
}

// Who throws has refused, even if somebody still has the question; an answer that was given before stands.
template <class Request, class Answer, class Ask>
void ask_of(BasicQuestion<Request, Answer> question, Ask ask) noexcept {
    const auto state = detail::QuestionAccess::state_of(question);
    try {
        ask(std::move(question));
    } catch (...) {
        state->answer(Answer{});
    }
}

// RFC 8446 §5.1: content types 20 to 24.
bool may_begin_record(ConstBytes bytes) noexcept {
    return bytes.empty() || (bytes[0] >= 20 && bytes[0] <= 24);
}

// A part of `in` that does not reach beyond the record that it begins in. The end comes with the last byte.
Input within_record(const TlsEngine& engine, const Input& in) noexcept {
    constexpr std::size_t header = 5;
    std::size_t size = in.bytes.size();
    if (!engine.at_record_boundary()) {
        size = std::min<std::size_t>(size, 1);  // how long the rest is, only the engine knows
    } else if (size >= header) {
        size = std::min(size, header + (std::size_t{in.bytes[3]} << 8U) + in.bytes[4]);
    }
    return {in.bytes.first(size), in.eof && size == in.bytes.size()};
}

}  // namespace

PumpStep pump_handshake(TlsEngine& engine, Input& in) noexcept {
    const Step step = engine.handshake(in);
    if (step.error) return finished(step.error);
    return wanted(step, in);
}

PumpStep pump_read(TlsEngine& engine, Input& in, std::span<const MutableBytes> out) noexcept {
    const Step step = engine.read(in, out);
    if (step.error) return finished(step.error);
    if (step.bytes > 0) return finished({}, step.bytes);
    return wanted(step, in);
}

PumpStep pump_write(TlsEngine& engine, std::span<const ConstBytes> data) noexcept {
    const Step step = engine.write(data);
    if (step.error) return finished(step.error);
    return wanted(step, Input{});
}

PumpStep pump_shutdown(TlsEngine& engine, Input& in, MutableBytes scratch) noexcept {
    for (;;) {
        const std::size_t left = in.bytes.size();
        const PumpStep step = pump_read(engine, in, std::span<const MutableBytes>(&scratch, 1));
        if (step.action != PumpAction::done) return step;
        if (step.error == Errc::closed) return finished({});
        if (step.error) return step;
        // RFC 8446 §6.1: data that comes before the peer's close_notify is thrown away. Nothing read and nothing taken is a
        // step that would repeat for ever.
        if (step.bytes == 0 && in.bytes.size() == left) return finished(Errc::internal);
    }
}

PumpStep pump_stop(TlsEngine& engine, Input& in, PeerCloseNotify peer_close_notify) noexcept {
    std::array<std::uint8_t, 2048> scratch;
    const MutableBytes room(scratch);
    for (;;) {
        // A record at a time: behind each may be the close_notify's place, taken by plain text.
        if (peer_close_notify == PeerCloseNotify::optional && engine.at_record_boundary() &&
            !may_begin_record(in.bytes))
            return finished({});
        Input record = within_record(engine, in);
        const std::size_t given = record.bytes.size();
        const PumpStep step = pump_read(engine, record, std::span<const MutableBytes>(&room, 1));
        const std::size_t taken = given - record.bytes.size();
        in.bytes = in.bytes.subspan(taken);
        if (step.action == PumpAction::done) {
            if (step.error == Errc::closed) return finished({});
            if (step.error) return step;
            if (step.bytes > 0) return finished(Errc::unread_data, step.bytes);
            if (taken == 0) return finished(Errc::internal);
        } else if (step.action != PumpAction::read || taken == 0 || in.bytes.empty()) {
            return step;
        }
    }
}

// A question that is dropped on the way is a refusal; the engine reports it.
void pump_ask(TlsEngine& engine, std::function<void()> on_answered) noexcept {
    if (engine.state() == State::verify_pending) {
        if (auto question = engine.take_question(std::move(on_answered)))
            ask_of(*std::move(question),
                   [&](Question asked) { engine.verifier()->verify(std::move(asked)); });
    } else if (auto question = engine.take_client_hello(std::move(on_answered))) {
        ask_of(*std::move(question),
               [&](ClientHelloQuestion asked) { engine.chooser()->choose(std::move(asked)); });
    }
}

}  // namespace omnitls::inline v0
