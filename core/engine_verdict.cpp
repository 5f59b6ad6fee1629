// SPDX-License-Identifier: BSL-1.0
// EngineShell: hold and verdict. From the moment a peer certificate is seen nothing leaves; the question comes after proof of
// possession; accept releases what was held, reject destroys it and sends one alert that the peer can decode.
#include "core/engine_shell.hpp"
#include "core/evidence.hpp"
#include "core/sealer.hpp"

namespace omnitls::inline v0::core {
namespace {

// A library's own alert as the only record of a failing call: plain (2 bytes) or sealed (alert, inner type, tag).
bool is_one_alert_record(ConstBytes bytes) noexcept {
    static constexpr std::size_t kHeader = 5;
    static constexpr std::size_t kLargestSealedAlert = 2 + 1 + 16 + 8;
    if (bytes.size() < kHeader + 2) return false;
    const std::size_t body = static_cast<std::size_t>((bytes[3] << 8U) | bytes[4]);
    if (bytes.size() != kHeader + body) return false;
    return (bytes[0] == 21 && body <= kLargestSealedAlert) ||
           (bytes[0] == 23 && body <= kLargestSealedAlert);
}

}  // namespace

Step EngineShell::ask() {
    if (std::optional<Step> failed = check_server_choice()) return *failed;
    if (std::optional<Step> failed = check_proof()) return *failed;
    const auto chain = session_->peer_chain();
    const spi::SessionFacts facts = session_->facts();
    EvidenceInput input = evidence_input(*setup_, info_.role, chain, &until_open_->target);
    input.sni = info_.sni;
    input.alpn = facts.alpn;
    input.version = facts.version.value_or(ProtocolVersion::tls12);
    input.ocsp_response = facts.ocsp_response;
    evidence_ = make_evidence(input);
    until_open_->when_open = nullptr;
    until_open_->granted.reset();  // The library has made a full handshake of it.
    if (setup_->kept_sessions) until_open_->policy = setup_->verifier->policy_id();
    if (open_question()) return {0, Want::verdict, {}};
    reject({.code = Errc::limit_exceeded,
            .alert = Alert::internal_error,
            .text = too_many_questions()});
    return current_error();
}

// About `evidence_`. Made before it is counted, so that what is counted is closed.
bool EngineShell::open_question() {
    auto [question, question_state] = Question::make(evidence_);
    if (!count_question()) return false;
    until_open_->question.emplace(std::move(question));
    until_open_->question_state = std::move(question_state);
    state_ = State::verify_pending;
    return true;
}

bool EngineShell::count_question() noexcept {
    if (setup_->pending_questions.fetch_add(1) < setup_->limits.pending_questions) return true;
    setup_->pending_questions.fetch_sub(1);
    return false;
}

std::string EngineShell::too_many_questions() const {
    return "the limit pending_questions of " + std::to_string(setup_->limits.pending_questions) +
           " unanswered questions is reached";
}

std::optional<Question> EngineShell::take_question(std::function<void()> on_answered) noexcept {
    if (!until_open_ || !until_open_->question) return std::nullopt;
    std::optional<Question> question = std::move(until_open_->question);
    until_open_->question.reset();
    if (on_answered) until_open_->question_state->on_answered(std::move(on_answered));
    return question;
}

bool EngineShell::poll_verdict() {
    if (until_open_->question) return false;
    const std::optional<Verdict> verdict = until_open_->question_state->take_answer();
    if (!verdict) return false;
    close_question();
    const Judgement judgement = judge_verdict(*verdict, *evidence_);
    if (judgement.accepted) until_open_->when_open = verdict->remember();
    if (until_open_->offered) {
        decide_to_offer(judgement);
    } else if (judgement.accepted) {
        // A session that is kept with it has been remembered already.
        until_open_->verdict = Verdict(*verdict).when_open(nullptr);
        accept();
    } else {
        reject(judgement);
    }
    return true;
}

void EngineShell::accept() {
    accepted_ = true;
    holding_ = false;
    release_staged();
    state_ = State::handshake;
    if (library_done_) {
        open();
        return;
    }
    session_->proceed();
    proceeded_ = true;
}

void EngineShell::reject(const Judgement& judgement) {
    staged_.wipe();
    const std::optional<Alert> sent = send_rejection_alert(judgement.alert);
    fail({.code = judgement.code,
          .what = judgement.text,
          .alert_sent = sent,
          .certificate = judgement.certificate});
}

// One fatal alert under whatever protection the peer expects now. The sealer's conditions hold by construction: what was held
// under that key is destroyed, nothing else was ever released under it, and the session ends with this call.
std::optional<Alert> EngineShell::send_rejection_alert(Alert alert) {
    const spi::SessionFacts facts = session_->facts();
    holding_ = false;
    if (session_->fatal_alert(alert, sink_)) {
        release_staged();
        return alert;
    }
    Bytes record = plain_alert(alert);
    if (facts.version == ProtocolVersion::tls13) {
        const auto which = info_.role == Role::client ? spi::TrafficSecret::client_handshake
                                                      : spi::TrafficSecret::server_application;
        const SecretBytes secret = session_->traffic_secret(which);
        // Without a secret the peer's flight was not complete (a deadline passed): plain text is all there is.
        if (auto sealed =
                seal_first_alert(*setup_->crypto, facts.cipher_suite, secret.bytes(), alert)) {
            record = *std::move(sealed);
        }
    }
    staged_.wipe();
    out_of_memory_ = !output_.append(record) || out_of_memory_;
    return alert;
}

// RFC 8446 §4.4.2.4 and RFC 5246 §7.4.6: each version has its own alert for it.
Step EngineShell::refuse_missing_certificate() {
    const bool tls13 = session_->facts().version == ProtocolVersion::tls13;
    reject({.code = Errc::certificate_required,
            .alert = tls13 ? Alert::certificate_required : Alert::handshake_failure,
            .text = "the client sent no certificate, and this server requires one"});
    return current_error();
}

void EngineShell::close_question() noexcept {
    if (!until_open_) return;
    const auto close = [this](auto& state, auto& question) {
        if (!state) return;
        state->withdraw();
        state.reset();
        question.reset();
        setup_->pending_questions.fetch_sub(1);
    };
    close(until_open_->question_state, until_open_->question);
    close(until_open_->choice_state, until_open_->hello_question);
}

// The library failed while output is held, for instance at the proof of possession. Its alert may go, nothing else.
void EngineShell::keep_only_an_alert(std::size_t staged_before) {
    static constexpr std::size_t kLargest = 64;
    const Bytes last = staged_.copy(staged_before, kLargest);
    const bool is_alert =
        staged_.size() - staged_before == last.size() && is_one_alert_record(last);
    staged_.wipe();
    if (is_alert) staged_.append(last);
    holding_ = false;
}

void EngineShell::abandon(Errc reason, Alert alert) noexcept {
    if (state_ == State::closed || state_ == State::failed) return;
    guarded([&] {
        std::optional<Alert> sent;
        if (holding_) {
            staged_.wipe();
            sent = send_rejection_alert(alert);
        } else if (session_ && (started_ || info_.role == Role::server) &&
                   session_->fatal_alert(alert, sink_)) {
            release_staged();
            sent = alert;
        } else if (session_ && started_ && state_ == State::handshake &&
                   info_.role == Role::server) {
            // Behind a server's flight the next record is the first one under keys (TLS 1.3) or plain still.
            sent = send_rejection_alert(alert);
        } else if (plain_alert_is_readable()) {
            out_of_memory_ = !output_.append(plain_alert(alert)) || out_of_memory_;
            sent = alert;
        }
        return fail({.code = reason, .alert_sent = sent});
    });
}

}  // namespace omnitls::inline v0::core
