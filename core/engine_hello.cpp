// SPDX-License-Identifier: BSL-1.0
// EngineShell, servers: the ClientHello is read before any TLS library sees it, the program may choose by it, and a second one
// must ask for the same.
#include "core/client_hello.hpp"
#include "core/engine_shell.hpp"
#include "core/sealer.hpp"

#include <algorithm>
#include <variant>

namespace omnitls::inline v0::core {
namespace {

constexpr std::uint8_t kHandshake = 22;
constexpr std::uint8_t kClientHello = 1;  // RFC 8446 §4
constexpr std::size_t kFirstMessage = 6;  // a record's header and the type of its message

// What a choice may rest on must not change after it (RFC 8446 §4.1.2 lets a client change nothing of it).
const char* difference(const ClientHello& first, const ClientHello& second) noexcept {
    if (first.sni != second.sni) return "server name (SNI)";
    if (first.alpn != second.alpn) return "application protocols (ALPN)";
    if (first.supported_versions != second.supported_versions ||
        first.legacy_version != second.legacy_version)
        return "versions";
    if (first.signature_algorithms != second.signature_algorithms) return "signature algorithms";
    return nullptr;
}

// RFC 8446 §4.2.1: with the extension only what it lists counts, whatever a library without TLS 1.3 makes of it.
bool offers_version(const ClientHello& hello, const VersionRange& allowed) {
    const auto min = static_cast<std::uint16_t>(allowed.min);
    const auto max = static_cast<std::uint16_t>(allowed.max);
    if (hello.supported_versions.empty())
        return allowed.min == ProtocolVersion::tls12 && hello.legacy_version >= min;
    return std::ranges::any_of(hello.supported_versions, [&](std::uint16_t version) {
        return version >= min && version <= max;
    });
}

}  // namespace

std::optional<Step> EngineShell::choose_by_client_hello(Input& in) {
    if (hello_phase_ == HelloPhase::collecting) {
        if (std::optional<Step> step = collect_client_hello(in)) return *step;
        hello_phase_ = HelloPhase::chosen;
        if (setup_->chooser) ask_chooser();
    }
    if (hello_phase_ == HelloPhase::asking) {
        std::optional<ServerChoice> choice;
        if (!until_open_->hello_question) choice = until_open_->choice_state->take_answer();
        if (!choice) return Step{0, Want::client_hello, {}};
        if (std::optional<Step> failed = apply(*choice)) return failed;
    }
    if (state_ == State::failed) return current_error();
    if (offers_version(*until_open_->hello, setup_->versions)) {
        grant_kept_session();
        return std::nullopt;
    }
    return refuse_hello(Alert::protocol_version, Errc::no_common_version,
                        "the client offers none of the TLS versions allowed here");
}

// The bytes of a ClientHello are the only input an engine ever keeps.
std::optional<Step> EngineShell::collect_client_hello(Input& in) {
    while (!in.bytes.empty()) {
        if (std::optional<Step> failed = check_first_bytes(in.bytes)) return failed;
        if (!keep_record_of_hello(in, in.bytes.size())) continue;
        if (state_ == State::failed) return current_error();
        auto result = read_client_hello(until_open_->client_hello);
        if (const auto* error = std::get_if<ClientHelloError>(&result))
            return refuse_hello(error->alert, Errc::protocol_violation, error->what);
        if (auto* hello = std::get_if<ClientHello>(&result)) {
            info_.sni = hello->sni;
            until_open_->hello = std::make_shared<const ClientHello>(std::move(*hello));
            return std::nullopt;
        }
    }
    if (state_ == State::failed) return current_error();
    if (in.eof) return end_of_input();
    return Step{0, Want::input, {}};
}

// Moves at most `most` bytes of one record to what is kept. Returns whether the record has ended; fails at the limit.
bool EngineShell::keep_record_of_hello(Input& in, std::size_t most) {
    const ConstBytes taken = in.take(std::min(most, records_.slice(in.bytes)));
    const bool record_ended = records_.advance(taken);
    until_open_->client_hello.insert(until_open_->client_hello.end(), taken.begin(), taken.end());
    until_open_->bytes_received += taken.size();
    if (until_open_->client_hello.size() <= setup_->limits.client_hello_bytes) return record_ended;
    fail({.code = Errc::limit_exceeded,
          .what = "the ClientHello exceeds the limit client_hello_bytes of " +
                  std::to_string(setup_->limits.client_hello_bytes) + " bytes"});
    return true;
}

// No key is in use before the server's flight, also after HelloRetryRequest.
Step EngineShell::refuse_hello(Alert alert, Errc code, std::string what) {
    output_.append(plain_alert(alert));
    return fail({.code = code, .what = std::move(what), .alert_sent = alert});
}

void EngineShell::ask_chooser() {
    if (!count_question()) {
        refuse_hello(Alert::internal_error, Errc::limit_exceeded, too_many_questions());
        return;
    }
    auto [question, state] = ClientHelloQuestion::make(until_open_->hello);
    until_open_->hello_question.emplace(std::move(question));
    until_open_->choice_state = std::move(state);
    hello_phase_ = HelloPhase::asking;
}

std::optional<ClientHelloQuestion> EngineShell::take_client_hello(
    std::function<void()> on_answered) noexcept {
    if (!until_open_ || !until_open_->hello_question) return std::nullopt;
    std::optional<ClientHelloQuestion> question = std::move(until_open_->hello_question);
    until_open_->hello_question.reset();
    if (on_answered) until_open_->choice_state->on_answered(std::move(on_answered));
    return question;
}

std::optional<Step> EngineShell::apply(const ServerChoice& choice) {
    close_question();
    hello_phase_ = HelloPhase::chosen;
    if (choice.kind() == ServerChoice::Kind::refused)
        return refuse_hello(choice.alert(), Errc::client_hello_refused,
                            escape_untrusted(choice.text()));
    if (choice.kind() == ServerChoice::Kind::use) {
        auto setup = setup_of(choice.context().get());
        if (!setup) {
            return refuse_hello(Alert::internal_error, Errc::bad_config,
                                "the chooser answered with a context that omnitls did not make");
        }
        setup_ = std::move(setup);
        info_.backend = setup_->backend_name;
    }
    auto session = setup_->native->make_session({});
    if (!session) return refuse_hello(Alert::internal_error, Errc::internal, session.error().what);
    session_ = *std::move(session);
    return std::nullopt;
}

// After HelloRetryRequest the client's next handshake record begins a second ClientHello, maybe behind change cipher spec records.
// In any other handshake it begins another message, and after that one look the input is the library's alone.
std::optional<Step> EngineShell::compare_second_hello(Input& in) {
    if (!until_open_->hello ||
        (!keeping_second_ && until_open_->client_hello_fed < until_open_->client_hello.size()))
        return std::nullopt;
    while (!in.bytes.empty()) {
        if (!keeping_second_) {
            // A library may pass over what is neither (RFC 8446 §4.2.10, §D.4), and take a second ClientHello behind it.
            if (!records_.at_boundary() || in.bytes[0] != kHandshake) return std::nullopt;
            // TLS 1.2 has no HelloRetryRequest, and of a resumed handshake this record is encrypted: its bytes mean nothing.
            if (session_->facts().version == ProtocolVersion::tls12) return forget_hello();
            keeping_second_ = true;
        }
        // As far as the type of the message first: only a ClientHello is kept.
        const std::size_t most = until_open_->client_hello.size() < kFirstMessage
                                     ? kFirstMessage - until_open_->client_hello.size()
                                     : in.bytes.size();
        const bool record_ended = keep_record_of_hello(in, most);
        if (state_ == State::failed) return current_error();
        const bool type_known = until_open_->client_hello.size() >= kFirstMessage;
        if (!type_known && record_ended) {
            return refuse_hello(Alert::unexpected_message, Errc::protocol_violation,
                                "an empty handshake record (RFC 8446 §5.1)");
        }
        if (type_known && until_open_->client_hello[kFirstMessage - 1] != kClientHello)
            return forget_hello();
        if (!record_ended) continue;
        const auto result = read_client_hello(until_open_->client_hello);
        if (const auto* error = std::get_if<ClientHelloError>(&result))
            return refuse_hello(error->alert, Errc::protocol_violation, error->what);
        const auto* second = std::get_if<ClientHello>(&result);
        if (second == nullptr) continue;
        if (const char* what = difference(*until_open_->hello, *second)) {
            return refuse_hello(Alert::illegal_parameter, Errc::protocol_violation,
                                std::string("the second ClientHello has other ") + what);
        }
        return forget_hello();
    }
    if (!keeping_second_) return std::nullopt;
    if (in.eof) return end_of_input();
    return Step{0, Want::input, {}};
}

// What was kept goes to the library before anything new.
std::optional<Step> EngineShell::forget_hello() {
    until_open_->hello.reset();
    keeping_second_ = false;
    return std::nullopt;
}

}  // namespace omnitls::inline v0::core
