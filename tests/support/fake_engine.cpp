// SPDX-License-Identifier: BSL-1.0
#include "tests/support/fake_engine.hpp"

#include "core/question.hpp"

#include <algorithm>
#include <cstring>

namespace omnitls::test {
namespace {

constexpr std::uint8_t handshake_type = 0x16;
constexpr std::uint8_t alert_type = 0x15;
constexpr std::uint8_t data_type = 0x17;
constexpr std::uint8_t mask = 0x5a;

Bytes framed(std::uint8_t type, ConstBytes payload) {
    Bytes record{type, 0x03, 0x03, static_cast<std::uint8_t>(payload.size() >> 8U),
                 static_cast<std::uint8_t>(payload.size() & 0xffU)};
    record.insert(record.end(), payload.begin(), payload.end());
    return record;
}

Bytes masked(ConstBytes bytes) {
    Bytes out(bytes.begin(), bytes.end());
    for (auto& b : out) b ^= mask;
    return out;
}

}  // namespace

Bytes fake_record(std::uint8_t type, std::string_view payload) {
    return framed(type, as_bytes(payload));
}
Bytes fake_data(std::string_view text) { return framed(data_type, masked(as_bytes(text))); }
Bytes fake_alert(Alert alert) {
    const std::uint8_t body[2] = {static_cast<std::uint8_t>(alert == Alert::close_notify ? 1 : 2),
                                  static_cast<std::uint8_t>(alert)};
    return framed(alert_type, body);
}

FakeEngine::FakeEngine(FakeScript script, std::shared_ptr<FakeTrace> trace)
    : script_(std::move(script)), trace_(std::move(trace)) {
    if (!script_.verifier) script_.verifier = baseline_verifier();
    info_.role = script_.role;
    info_.backend = "fake";
}

FakeEngine::~FakeEngine() {
    if (asked_) asked_->withdraw();
}

void FakeEngine::put(std::uint8_t type, ConstBytes payload) {
    output_.push_back(framed(type, payload));
    output_bytes_ += output_.back().size();
    if (state_ == State::verify_pending) trace_->output_while_pending += output_.back().size();
}

void FakeEngine::put_handshake(char message, std::size_t size) {
    Bytes payload(std::max<std::size_t>(size, 1), 0);
    payload[0] = static_cast<std::uint8_t>(message);
    put(handshake_type, payload);
}

Step FakeEngine::fail(Errc code, std::optional<Alert> alert, std::string what) {
    const Phase phase = complete_                         ? Phase::open
                        : state_ == State::verify_pending ? Phase::verification
                                                          : Phase::handshake;
    state_ = State::failed;
    if (alert) {
        const Bytes record = fake_alert(*alert);
        put(alert_type, ConstBytes(record).subspan(5));
    }
    if (asked_) asked_->withdraw();
    error_ = make_error(code, std::move(what));
    error_->phase = phase;
    error_->alert_sent = alert;
    error_->backend = "fake";
    return {0, Want::nothing, error_->code};
}

// Takes the next whole record, or says what is missing. Whatever is no record is plain text.
Step FakeEngine::parse(Input& in, std::optional<Record>& record) {
    const ConstBytes b = in.bytes;
    const bool type_ok = b.empty() || (b[0] >= 0x14 && b[0] <= 0x17);
    const bool version_ok = b.size() < 2 || b[1] == 0x03;
    if (!type_ok || !version_ok) {
        const std::string said =
            escape_untrusted(as_text(b.first(std::min<std::size_t>(b.size(), 64))));
        fail(next_ == Next::finished ? Errc::protocol_violation : Errc::plaintext_peer,
             Alert::unexpected_message, "the peer does not speak TLS");
        error_->peer_text = said;
        return {0, Want::nothing, error_->code};
    }
    const std::size_t size = b.size() < 5 ? 5 : 5U + (std::size_t{b[3]} << 8U) + b[4];
    if (b.size() < size) {
        if (in.eof)
            return fail(Errc::truncated, std::nullopt, "the connection ended without close_notify");
        return {0, Want::input, {}};
    }
    const ConstBytes whole = in.take(size);
    record = Record{whole[0], whole.subspan(5)};
    return {};
}

Step FakeEngine::take_alert(const Record& record) {
    if (record.payload.size() != 2)
        return fail(Errc::protocol_violation, Alert::decode_error, "a broken alert");
    const auto alert = static_cast<Alert>(record.payload[1]);
    if (alert == Alert::close_notify) {
        reach("peer_closed");
        peer_closed_ = true;
        if (!complete_)
            return fail(Errc::closed, std::nullopt, "the peer closed during the handshake");
        state_ = state_ == State::closing ? State::closed : state_;
        return {0, Want::nothing, Errc::closed};
    }
    reach("alert_received");
    fail(Errc::alert_received, std::nullopt, "the peer sent an alert");
    error_->alert_received = alert;
    return {0, Want::nothing, error_->code};
}

Step FakeEngine::judge() {
    reach("verdict_asked");
    auto request = std::make_shared<VerifyRequest>();
    request->role = script_.role;
    request->name.checked = request->name.matched = true;
    evidence_ = request;
    auto [question, state] = Question::make(std::move(request));
    question_.emplace(std::move(question));
    asked_ = std::move(state);
    next_ = Next::verdict;
    state_ = State::verify_pending;
    return {0, Want::verdict, {}};
}

Step FakeEngine::finish_handshake() {
    state_ = State::handshake;
    if (script_.role == Role::client) put_handshake('F', 1);
    if (script_.role == Role::server && script_.ticket) put_handshake('T', 40);
    complete_ = true;
    state_ = State::open;
    next_ = Next::finished;
    info_.version = ProtocolVersion::tls13;
    reach("open");
    return {};
}

Step FakeEngine::take_handshake_record(const Record& record) {
    if (record.type == alert_type) return take_alert(record);
    const char message = record.payload.empty() ? '\0' : static_cast<char>(record.payload[0]);
    const bool client = script_.role == Role::client;
    const char expected = client ? 'S' : (next_ == Next::hello ? 'C' : 'F');
    if (record.type != handshake_type || message != expected) {
        return fail(Errc::protocol_violation, Alert::unexpected_message, "an unexpected message");
    }
    reach(std::string("got_") + message);
    if (message != 'F' && script_.refuse_hello) {
        return fail(*script_.refuse_hello, Alert::handshake_failure, "the hello was refused");
    }
    if (message == 'C') {
        put_handshake('S', script_.hello_bytes);
        next_ = Next::reply;
        return {0, Want::input, {}};
    }
    return script_.judges ? judge() : finish_handshake();
}

Step FakeEngine::handshake(Input& in) noexcept {
    if (state_ == State::failed) return {0, Want::nothing, error_->code};
    if (complete_) return {0, Want::nothing, Errc::wrong_state};
    if (next_ == Next::hello && script_.role == Role::client) {
        put_handshake('C', script_.hello_bytes);
        next_ = Next::reply;
        reach("hello_sent");
    }
    for (;;) {
        if (next_ == Next::verdict) {
            const auto verdict = asked_->take_answer();
            if (!verdict) return {0, Want::verdict, {}};
            const Judgement judgement = judge_verdict(*verdict, *evidence_);
            reach(judgement.accepted ? "accepted" : "rejected");
            if (judgement.accepted) return finish_handshake();
            state_ = State::handshake;
            return fail(judgement.code, judgement.alert, judgement.text);
        }
        std::optional<Record> record;
        Step step = parse(in, record);
        if (!record) return step;
        step = take_handshake_record(*record);
        if (step.done() || step.error) return step;
        if (step.want == Want::verdict) return step;
    }
}

std::size_t FakeEngine::deliver(std::span<const MutableBytes> out, std::size_t already) {
    std::size_t n = 0;
    for (const MutableBytes& buffer : out) {
        const std::size_t skipped = std::min(already, buffer.size());
        already -= skipped;
        const std::size_t now = std::min(buffer.size() - skipped, plain_.size() - n);
        if (now > 0) std::memcpy(buffer.data() + skipped, plain_.data() + n, now);
        n += now;
    }
    plain_.erase(plain_.begin(), plain_.begin() + static_cast<std::ptrdiff_t>(n));
    trace_->plaintext_out += n;
    return n;
}

Step FakeEngine::read(Input& in, std::span<const MutableBytes> out) noexcept {
    std::size_t bytes = deliver(out, 0);
    for (;;) {
        if (!plain_.empty()) return {bytes, Want::nothing, {}};
        if (state_ == State::failed) {
            return bytes > 0 ? Step{bytes, Want::nothing, {}}
                             : Step{0, Want::nothing, error_->code};
        }
        if (!complete_) return {0, Want::nothing, Errc::wrong_state};
        if (peer_closed_)
            return bytes > 0 ? Step{bytes, Want::nothing, {}}
                             : Step{0, Want::nothing, Errc::closed};
        if (script_.drains_reads && output_bytes_ > 0 && bytes == 0) return {0, Want::drain, {}};
        // An error comes with the call after the bytes: look before taking.
        if (bytes > 0 && (in.bytes.empty() || in.bytes[0] != data_type))
            return {bytes, Want::nothing, {}};
        std::optional<Record> record;
        Step step = parse(in, record);
        if (!record) {
            if (bytes > 0) return {bytes, Want::nothing, {}};
            return step;
        }
        if (record->type == alert_type) {
            step = take_alert(*record);
            return {0, Want::nothing, step.error};
        }
        if (record->type == handshake_type) {
            if (!record->payload.empty() && record->payload[0] == 'K') put_handshake('k', 8);
            reach(std::string("post_handshake_") +
                  static_cast<char>(record->payload.empty() ? '?' : record->payload[0]));
            continue;
        }
        plain_ = masked(record->payload);
        bytes += deliver(out, bytes);
    }
}

Step FakeEngine::write(std::span<const ConstBytes> in) noexcept {
    if (state_ == State::failed) return {0, Want::nothing, error_->code};
    if (state_ != State::open) return {0, Want::nothing, Errc::wrong_state};
    std::size_t taken = 0;
    Bytes record;
    const auto seal = [&] {
        if (record.empty()) return;
        put(data_type, masked(record));
        record.clear();
    };
    for (const ConstBytes& buffer : in) {
        ConstBytes rest = buffer;
        while (!rest.empty()) {
            if (output_bytes_ >= script_.high_water) {
                seal();
                return {taken, Want::drain, {}};
            }
            const std::size_t n = std::min(rest.size(), script_.record_bytes - record.size());
            record.insert(record.end(), rest.begin(),
                          rest.begin() + static_cast<std::ptrdiff_t>(n));
            rest = rest.subspan(n);
            taken += n;
            if (record.size() == script_.record_bytes) seal();
        }
    }
    seal();
    return {taken, Want::nothing, {}};
}

Step FakeEngine::close_notify() noexcept {
    if (state_ == State::failed) return {0, Want::nothing, error_->code};
    if (!complete_) return {0, Want::nothing, Errc::wrong_state};
    if (state_ == State::open) {
        put(alert_type, ConstBytes(fake_alert(Alert::close_notify)).subspan(5));
        reach("close_notify");
        state_ = peer_closed_ ? State::closed : State::closing;
    }
    return {};
}

ConstBytes FakeEngine::output() const noexcept {
    if (output_.empty()) return {};
    return ConstBytes(output_.front()).subspan(output_front_);
}

void FakeEngine::consume_output(std::size_t n) noexcept {
    output_bytes_ -= n;
    output_front_ += n;
    if (!output_.empty() && output_front_ == output_.front().size()) {
        output_.pop_front();
        output_front_ = 0;
    }
}

std::optional<Question> FakeEngine::take_question(std::function<void()> on_answered) noexcept {
    if (!question_) return std::nullopt;
    auto question = std::exchange(question_, std::nullopt);
    asked_->on_answered(std::move(on_answered));
    return question;
}

void FakeEngine::abandon(Errc reason, Alert alert) noexcept {
    if (state_ == State::failed || state_ == State::closed) return;
    const bool started = next_ != Next::hello;
    reach("abandoned_" + std::string(errc_name(reason)));
    question_.reset();
    if (state_ == State::verify_pending) state_ = State::handshake;
    fail(reason, started ? std::optional(alert) : std::nullopt, "the connection was given up");
}

}  // namespace omnitls::test
