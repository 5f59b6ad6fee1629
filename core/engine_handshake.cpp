// SPDX-License-Identifier: BSL-1.0
// EngineShell: running the handshake, one record at a time.
#include "core/engine_shell.hpp"
#include "core/sealer.hpp"

#include <algorithm>

namespace omnitls::inline v0::core {
Step EngineShell::step_handshake(Input& in) {
    if (state_ == State::failed) return current_error();
    if (state_ == State::verify_pending) {
        if (!poll_verdict()) return {0, Want::verdict, {}};
        if (state_ == State::failed) return current_error();
        if (state_ == State::open) return {};
    }
    if (state_ != State::handshake) return wrong_state();
    if (info_.role == Role::server && hello_phase_ != HelloPhase::chosen) {
        if (std::optional<Step> step = choose_by_client_hello(in)) return *step;
    }
    if (info_.role == Role::client && !started_) {
        if (std::optional<Step> step = consider_stored_session()) return *step;
    }
    return run_handshake(in);
}

Step EngineShell::run_handshake(Input& in) {
    for (;;) {
        const std::size_t before = in.bytes.size();
        const std::size_t hello_before = until_open_->client_hello_fed;
        const std::size_t staged_before = staged_.size();
        if (std::optional<Step> failed = check_first_bytes(in.bytes)) return *failed;
        if (std::optional<Step> step = compare_second_hello(in)) return *step;
        const spi::Outcome outcome = advance_once(in);
        switch (outcome.progress) {
            case spi::Progress::done:
                return library_done();
            case spi::Progress::need_credential:
                if (!accepted_) return ask();
                if (proceeded_) return library_failed({spi::Progress::failed, 0, Errc::internal});
                session_->proceed();
                proceeded_ = true;
                continue;
            case spi::Progress::peer_closed:
                return fail(
                    {.code = Errc::handshake_failed,
                     .what = "the peer closed the connection (close_notify) during the handshake"});
            case spi::Progress::truncated:
                return end_of_input();
            case spi::Progress::failed:
                if (holding_) keep_only_an_alert(staged_before);
                return library_failed(outcome);
            case spi::Progress::need_input:
                break;
        }
        if (!holding_) {
            release_staged();
        } else if (staged_.size() > 0) {
            return ask();
        }
        if (until_open_->bytes_received > setup_->limits.handshake_bytes) {
            return fail({.code = Errc::limit_exceeded,
                         .what = "the peer's handshake exceeds the limit handshake_bytes of " +
                                 std::to_string(setup_->limits.handshake_bytes) + " bytes"});
        }
        const bool consumed =
            in.bytes.size() < before || until_open_->client_hello_fed > hello_before;
        const bool more =
            !in.bytes.empty() || until_open_->client_hello_fed < until_open_->client_hello.size();
        if (!more) {
            if (in.eof) return end_of_input();
            return {0, Want::input, {}};
        }
        // A library may say "need input" once without taking any; twice in a row it would never end.
        stalled_calls_ = consumed ? 0 : stalled_calls_ + 1;
        if (stalled_calls_ > 1) return library_failed({spi::Progress::failed, 0, Errc::internal});
    }
}

spi::Outcome EngineShell::advance_once(Input& in) {
    started_ = true;
    if (until_open_->client_hello_fed < until_open_->client_hello.size()) {
        Input hello{ConstBytes(until_open_->client_hello).subspan(until_open_->client_hello_fed),
                    false};
        const spi::Outcome outcome = session_->advance(hello, sink_);
        until_open_->client_hello_fed = until_open_->client_hello.size() - hello.bytes.size();
        if (until_open_->client_hello_fed == until_open_->client_hello.size()) {
            until_open_->client_hello.clear();
            until_open_->client_hello_fed = 0;
        }
        return outcome;
    }
    const std::size_t size = records_.slice(in.bytes);
    Input record{in.bytes.first(size), in.eof && size == in.bytes.size()};
    const spi::Outcome outcome = session_->advance(record, sink_);
    const ConstBytes taken = in.take(size - record.bytes.size());
    records_.advance(taken);
    until_open_->bytes_received += taken.size();
    return outcome;
}

// Every TLS record begins with its type and major version 3 (RFC 8446 §5.1). Anything else is no TLS: say so, quote it, and
// spare the peer an alert it could not read.
std::optional<Step> EngineShell::check_first_bytes(ConstBytes bytes) {
    if (until_open_->bytes_received >= 2 || bytes.empty()) return std::nullopt;
    const bool type_follows = until_open_->bytes_received == 0;
    const bool known_type = !type_follows || (bytes[0] >= 20 && bytes[0] <= 23);
    const std::size_t version_at = type_follows ? 1 : 0;
    const bool known_version = bytes.size() <= version_at || bytes[version_at] == 3;
    if (known_type && known_version) return std::nullopt;
    const std::string quote =
        escape_untrusted(as_text(bytes.first(std::min<std::size_t>(bytes.size(), 256))));
    return fail({.code = Errc::plaintext_peer,
                 .what = "the peer answered in plain text: \"" + quote + "\"",
                 .hint = "not a TLS port, or STARTTLS is missing",
                 .peer_text = quote});
}

// RFC 7301 §3.1: a server answers with one of the names it was offered. Not every library looks.
std::optional<Step> EngineShell::check_server_choice() {
    refresh_info();
    const std::string& chosen = info_.alpn;
    if (info_.role != Role::client || chosen.empty() ||
        std::ranges::find(setup_->alpn, chosen) != setup_->alpn.end())
        return std::nullopt;
    reject({.code = Errc::protocol_violation,
            .alert = Alert::illegal_parameter,
            .text = "the server chose the ALPN protocol \"" + escape_untrusted(chosen) +
                    "\", which it was not offered"});
    return current_error();
}

// Nobody is asked for less than SHA-256. mbedTLS 2.28 takes a client's proof with SHA-1 in TLS 1.2 all the same.
std::optional<Step> EngineShell::check_proof() {
    constexpr unsigned sha256 = 4;  // RFC 5246 §7.4.1.4.1; what TLS 1.3 has added is above it.
    const std::uint16_t scheme = info_.signature_scheme;
    if (scheme == 0 || scheme >> 8U >= sha256) return std::nullopt;
    reject({.code = Errc::no_common_parameters,
            .alert = Alert::handshake_failure,
            .text = "the peer proved its key with " + signature_scheme_name(scheme) +
                    ", which it was not asked for"});
    return current_error();
}

Step EngineShell::library_done() {
    library_done_ = true;
    if (holding_) return ask();
    if (std::optional<Step> failed = check_server_choice()) return *failed;
    if (std::optional<Step> failed = check_resumption()) return *failed;
    if (std::optional<Step> failed = check_grant()) return *failed;
    // That of a resumed session is as good as one that was seen.
    if (setup_->client_auth == ClientAuth::require && !evidence_)
        return refuse_missing_certificate();
    return open();
}

Step EngineShell::open() {
    release_staged();
    refresh_info();
    state_ = State::open;
    handshake_complete_ = true;
    peer_confirmed_ = info_.role == Role::server || info_.version == ProtocolVersion::tls12;
    if (info_.role == Role::client)
        keep_sessions();
    else
        remember_client();
    if (!setup_->keep_evidence) drop_evidence();
    const auto remember = std::move(until_open_->when_open);
    until_open_.reset();
    return remember ? call_verifier_back(remember) : Step{};
}

// Somebody else's code. What it could not remember must not look as if it were.
Step EngineShell::call_verifier_back(const std::function<void()>& remember) {
    std::string what = "what the verifier wanted to be called when open threw";
    try {
        remember();
        return {};
    } catch (const std::exception& error) {
        what += std::string(": ") + error.what();
    } catch (...) {  // NOLINT(bugprone-empty-catch): there are no words for it
    }
    std::optional<Alert> sent;
    if (session_->fatal_alert(Alert::internal_error, sink_)) sent = Alert::internal_error;
    release_staged();
    return fail({.code = Errc::verifier_failed, .what = std::move(what), .alert_sent = sent});
}

// What is still needed of it: a channel binding, and the chain for sessions that are yet to come.
void EngineShell::drop_evidence() {
    if (info_.role == Role::client && evidence_) {
        if (auto binding = end_point_binding()) end_point_ = *std::move(binding);
    }
    if (!setup_->sessions) evidence_.reset();
}

}  // namespace omnitls::inline v0::core
