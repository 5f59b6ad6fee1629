// SPDX-License-Identifier: BSL-1.0
// EngineShell: construction, output, reading, writing and closing.
#include "core/engine_shell.hpp"

#include "core/gather.hpp"

namespace omnitls::inline v0 {

std::string_view state_name(State state) noexcept {
    switch (state) {
        case State::handshake:
            return "handshake";
        case State::verify_pending:
            return "verify_pending";
        case State::open:
            return "open";
        case State::closing:
            return "closing";
        case State::closed:
            return "closed";
        case State::failed:
            return "failed";
    }
    return "unknown";
}

namespace core {
namespace {

constexpr std::size_t kMaxReadSideOutput =
    16 * 1024;  // replies to KeyUpdates the peer does not fetch

}  // namespace

EngineShell::EngineShell(std::shared_ptr<const ShellSetup> setup,
                         std::unique_ptr<spi::NativeSession> session, ClientTarget target,
                         BlockSource& blocks)
    : setup_(std::move(setup)),
      session_(std::move(session)),
      until_open_(std::make_unique<Handshaking>()),
      output_(blocks),
      staged_(blocks),
      sink_(*this) {
    until_open_->target = std::move(target);
    info_.role = setup_->role;
    info_.backend = setup_->backend_name;
    if (info_.role == Role::client) info_.sni = until_open_->target.sni.value_or("");
}

EngineShell::~EngineShell() {
    close_question();
    staged_.wipe();
}

void EngineShell::ShellSink::write(ConstBytes ciphertext) noexcept {
    // Once open there is nothing to withhold.
    OutputChain& chain = shell_->handshake_complete_ ? shell_->output_ : shell_->staged_;
    if (!chain.append(ciphertext)) shell_->out_of_memory_ = true;
}

void EngineShell::ShellSink::peer_certificate_seen() noexcept {
    if (shell_->certificate_seen_) return;
    // What was written before the certificate came owes nothing to the verdict.
    shell_->release_staged();
    shell_->certificate_seen_ = true;
    shell_->holding_ = true;
}

void EngineShell::release_staged() {
    if (!output_.splice(staged_)) out_of_memory_ = true;
}

void EngineShell::refresh_info() {
    const spi::SessionFacts facts = session_->facts();
    info_.version = facts.version;
    info_.cipher_suite = facts.cipher_suite;
    // What is not done again is not reported again, whatever a library remembers: the proof of possession, and in TLS 1.2 the
    // key exchange.
    const bool exchanged = !facts.resumed || facts.version == ProtocolVersion::tls13;
    info_.group = exchanged ? facts.group : std::uint16_t{0};
    info_.signature_scheme = facts.resumed ? std::uint16_t{0} : facts.signature_scheme;
    info_.alpn = facts.alpn;
    info_.resumed = facts.resumed;
}

Step EngineShell::handshake(Input& in) noexcept {
    return guarded([&] { return step_handshake(in); });
}

Step EngineShell::read(Input& in, std::span<const MutableBytes> out) noexcept {
    return guarded([&] { return step_read(in, out); });
}

Step EngineShell::write(std::span<const ConstBytes> in) noexcept {
    return guarded([&] { return step_write(in); });
}

Step EngineShell::close_notify() noexcept {
    return guarded([&]() -> Step {
        if (state_ == State::failed) return current_error();
        if (!handshake_complete_) return wrong_state();
        if (sent_close_) return {};
        const spi::Outcome outcome = session_->close_notify(sink_);
        if (outcome.progress == spi::Progress::failed) return library_failed(outcome);
        sent_close_ = true;
        state_ = peer_closed_ ? State::closed : State::closing;
        return {};
    });
}

void EngineShell::consume_output(std::size_t n) noexcept {
    output_.consume(n);
    if (output_.size() == 0) read_side_output_ = 0;
}

Step EngineShell::step_read(Input& in, std::span<const MutableBytes> out) {
    if (state_ == State::failed) return current_error();
    if (!handshake_complete_) return wrong_state();
    if (peer_closed_) return {0, Want::nothing, Errc::closed};
    // What a driver asks before it reads: is there something left?
    const bool has_room = !out.empty() && !out.front().empty();
    if (has_room && in.bytes.empty() && !in.eof && !session_->has_pending())
        return {0, Want::input, {}};
    std::size_t total = 0;
    std::size_t room = 0;
    for (const MutableBytes buffer : out) {
        room += buffer.size();
        std::size_t filled = 0;
        while (filled < buffer.size()) {
            std::size_t delivered = 0;
            const std::optional<Step> stop = read_into(in, buffer.subspan(filled), delivered);
            filled += delivered;
            total += delivered;
            if (stop) return total > 0 ? Step{total, Want::nothing, {}} : *stop;
        }
    }
    return room == 0 ? Step{} : Step{total, Want::nothing, {}};
}

// One call into the session. A step means: this is the answer if nothing was delivered; an error is sticky and comes again.
std::optional<Step> EngineShell::read_into(Input& in, MutableBytes buffer, std::size_t& delivered) {
    if (in.bytes.empty() && !session_->has_pending()) {
        if (in.eof) return end_of_input();
        return Step{0, Want::input, {}};
    }
    const std::size_t size = records_.slice(in.bytes);
    Input record{in.bytes.first(size), in.eof && size == in.bytes.size()};
    const std::size_t output_before = output_.size();
    const spi::Outcome outcome = session_->read(record, buffer, sink_);
    const ConstBytes taken = in.take(size - record.bytes.size());
    const bool record_ended = records_.advance(taken);
    read_side_output_ += output_.size() - output_before;
    switch (outcome.progress) {
        case spi::Progress::done:
            delivered = outcome.bytes;
            peer_confirmed_ = true;
            break;
        case spi::Progress::peer_closed:
            peer_closed_ = true;
            state_ = sent_close_ ? State::closed : State::closing;
            return Step{0, Want::nothing, Errc::closed};
        case spi::Progress::truncated:
            return end_of_input();
        case spi::Progress::need_credential:
        case spi::Progress::failed:
            return library_failed(outcome);
        case spi::Progress::need_input:
            break;
    }
    if (record_ended || delivered > 0) return count_record(delivered);
    stalled_calls_ = taken.empty() ? stalled_calls_ + 1 : 0;
    if (stalled_calls_ > 2) return library_failed({spi::Progress::failed, 0, Errc::internal});
    return std::nullopt;
}

std::optional<Step> EngineShell::count_record(std::size_t delivered) {
    stalled_calls_ = 0;
    idle_records_ = delivered > 0 ? 0 : idle_records_ + 1;
    if (delivered == 0) {
        peer_confirmed_ = true;
        keep_sessions();
    }
    if (idle_records_ > setup_->limits.records_without_progress) {
        return fail({.code = Errc::limit_exceeded,
                     .what = "the limit records_without_progress of " +
                             std::to_string(setup_->limits.records_without_progress) +
                             " records without application data is reached"});
    }
    if (read_side_output_ > kMaxReadSideOutput) {
        return fail({.code = Errc::limit_exceeded,
                     .what = "the peer asks for replies and does not read them (KeyUpdate flood)"});
    }
    return std::nullopt;
}

Step EngineShell::step_write(std::span<const ConstBytes> in) {
    if (state_ == State::failed) return current_error();
    if (!handshake_complete_ || sent_close_) return wrong_state();
    Gather gather(in);
    std::size_t total = 0;
    while (!gather.empty()) {
        if (output_.size() >= setup_->limits.output_high_water) return {total, Want::drain, {}};
        const ConstBytes next = gather.next_record();
        const spi::Outcome outcome = session_->write(next, sink_);
        if (outcome.progress != spi::Progress::done) {
            const Step failed = library_failed(outcome);
            return total > 0 ? Step{total, Want::nothing, {}} : failed;
        }
        total += next.size();
    }
    return {total, Want::nothing, {}};
}

void EngineShell::release_buffers() noexcept {
    if (handshake_complete_ && session_) session_->release_buffers();
    output_.shrink();
    staged_.shrink();
}

}  // namespace core
}  // namespace omnitls::inline v0
