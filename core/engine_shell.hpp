// SPDX-License-Identifier: BSL-1.0
// `EngineShell`: the one implementation of `TlsEngine` that all backends share. It owns order of calls, sticky states, hold and
// verdict, alerts on rejection, the close and truncation rules and the limits. Backends report facts; this class decides.
#pragma once

#include "core/handshaking.hpp"
#include "core/output_chain.hpp"
#include "core/record_tracker.hpp"
#include "core/shell_setup.hpp"
#include <omnitls/engine.hpp>
#include <omnitls/spi/native_session.hpp>

#include <memory>
#include <optional>
#include <string>

namespace omnitls::inline v0::core {

class EngineShell final : public TlsEngine {
public:
    /// `session`: null for a server with a chooser. `target`: clients only. `blocks` must outlive the engine.
    EngineShell(std::shared_ptr<const ShellSetup> setup,
                std::unique_ptr<spi::NativeSession> session, ClientTarget target,
                BlockSource& blocks);
    EngineShell(const EngineShell&) = delete;
    EngineShell& operator=(const EngineShell&) = delete;
    ~EngineShell() override;

    Step handshake(Input& in) noexcept override;
    Step read(Input& in, std::span<const MutableBytes> out) noexcept override;
    Step write(std::span<const ConstBytes> in) noexcept override;
    Step close_notify() noexcept override;
    ConstBytes output() const noexcept override { return output_.front(); }
    void consume_output(std::size_t n) noexcept override;
    std::size_t output_size() const noexcept override { return output_.size(); }
    void release_buffers() noexcept override;
    std::optional<Question> take_question(std::function<void()> on_answered) noexcept override;
    const std::shared_ptr<CertificateVerifier>& verifier() const noexcept override {
        return setup_->verifier;
    }
    std::optional<ClientHelloQuestion> take_client_hello(
        std::function<void()> on_answered) noexcept override;
    std::shared_ptr<ServerChooser> chooser() const noexcept override { return setup_->chooser; }
    void abandon(Errc reason, Alert alert) noexcept override;
    Result<SecretBytes> export_keying_material(std::string_view label,
                                               std::optional<ConstBytes> context,
                                               std::size_t length) const override;
    Result<Bytes> channel_binding(ChannelBindingType type) const override;
    State state() const noexcept override { return state_; }
    bool at_record_boundary() const noexcept override { return records_.at_boundary(); }
    const ConnectionInfo& info() const noexcept override { return info_; }
    bool handshake_complete() const noexcept override { return handshake_complete_; }
    bool peer_confirmed() const noexcept override { return peer_confirmed_; }
    std::shared_ptr<const VerifyRequest> evidence() const noexcept override {
        return handshake_complete_ && !setup_->keep_evidence ? nullptr : evidence_;
    }
    const ErrorDetail* last_error() const noexcept override {
        return state_ == State::failed ? &failure_detail() : nullptr;
    }
    spi::NativeSession* native_session() noexcept override { return session_.get(); }

private:
    /// Where the session writes: staged during the handshake until the call is over, or until the verdict once a certificate was
    /// seen; straight to the output afterwards.
    class ShellSink final : public spi::Sink {
    public:
        explicit ShellSink(EngineShell& shell) noexcept : shell_(&shell) {}
        void write(ConstBytes ciphertext) noexcept override;
        void peer_certificate_seen() noexcept override;

    private:
        EngineShell* shell_;
    };

    /// What a failure is made of before the shell adds what it knows itself.
    struct Failure {
        std::error_code code{};
        std::string what{};
        std::string hint{};
        std::optional<Alert> alert_sent{};
        std::optional<Alert> alert_received{};
        std::optional<std::size_t> certificate{};
        std::string peer_text{};
        std::int64_t native_code = 0;
        std::string native_text{};
    };

    /// How far a server is with the first ClientHello.
    enum class HelloPhase : std::uint8_t { collecting, asking, chosen };

    // Handshake (engine_handshake.cpp)
    Step step_handshake(Input& in);
    Step run_handshake(Input& in);
    spi::Outcome advance_once(Input& in);
    std::optional<Step> check_first_bytes(ConstBytes bytes);
    std::optional<Step> check_server_choice();
    std::optional<Step> check_proof();
    Step library_done();
    Step open();
    void drop_evidence();
    Step call_verifier_back(const std::function<void()>& remember);

    // ClientHello (engine_hello.cpp)
    std::optional<Step> choose_by_client_hello(Input& in);
    std::optional<Step> collect_client_hello(Input& in);
    bool keep_record_of_hello(Input& in, std::size_t most);
    Step refuse_hello(Alert alert, Errc code, std::string what);
    void ask_chooser();
    std::optional<Step> apply(const ServerChoice& choice);
    std::optional<Step> compare_second_hello(Input& in);
    std::optional<Step> forget_hello();

    // Hold and verdict (engine_verdict.cpp)
    bool count_question() noexcept;
    std::string too_many_questions() const;
    Step ask();
    bool open_question();
    bool poll_verdict();
    void accept();
    void reject(const Judgement& judgement);
    std::optional<Alert> send_rejection_alert(Alert alert);
    Step refuse_missing_certificate();
    void close_question() noexcept;
    void keep_only_an_alert(std::size_t staged_before);

    // Sessions of clients (engine_resumption.cpp)
    std::optional<Step> consider_stored_session();
    std::optional<SessionRecord> take_stored_session();
    void decide_to_offer(const Judgement& judgement);
    std::optional<Step> check_resumption();
    void keep_sessions();

    // Sessions of servers that keep them (engine_kept_sessions.cpp)
    void grant_kept_session();
    bool may_be_resumed(const KeptSession& kept);
    std::optional<Step> check_grant();
    UtcTime sessions_expire() const;
    KeptSession session_to_keep(UtcTime expires) const;
    void remember_client();

    // Export (engine_export.cpp)
    bool has_keys() const noexcept;
    Result<Bytes> end_point_binding() const;

    // Data (engine_shell.cpp)
    Step step_read(Input& in, std::span<const MutableBytes> out);
    std::optional<Step> read_into(Input& in, MutableBytes buffer, std::size_t& delivered);
    std::optional<Step> count_record(std::size_t delivered);
    Step step_write(std::span<const ConstBytes> in);
    Step end_of_input();

    // Failure (engine_failure.cpp)
    Step fail(Failure failure);
    Step library_failed(const spi::Outcome& outcome);
    Phase phase() const noexcept;
    bool plain_alert_is_readable() const noexcept;

    template <class Call>
    Step guarded(Call call) noexcept;
    void release_staged();
    void refresh_info();
    const ErrorDetail& failure_detail() const noexcept;
    Step current_error() const noexcept { return {0, Want::nothing, failure_detail().code}; }
    static Step wrong_state() noexcept { return {0, Want::nothing, Errc::wrong_state}; }

    std::shared_ptr<const ShellSetup> setup_;
    std::unique_ptr<spi::NativeSession> session_;  // null before the choice and after a failure
    std::unique_ptr<Handshaking> until_open_;      // null once it is open
    OutputChain output_;
    OutputChain staged_;
    ShellSink sink_;
    RecordTracker records_;
    ConnectionInfo info_;
    std::shared_ptr<const VerifyRequest> evidence_;
    Bytes end_point_;                     // the binding, when the evidence has gone
    std::string session_key_;             // of the store; empty: without one
    UtcTime proved_{};                    // of the session that was offered
    std::unique_ptr<ErrorDetail> error_;  // null in a failure for which there was no memory
    std::size_t idle_records_ = 0;
    std::size_t read_side_output_ = 0;
    std::uint32_t stalled_calls_ = 0;
    std::uint32_t sessions_kept_ = 0;
    State state_ = State::handshake;
    HelloPhase hello_phase_ = HelloPhase::collecting;
    bool keeping_second_ = false;
    bool may_resume_ = false;
    bool started_ = false;
    bool certificate_seen_ = false;
    bool holding_ = false;
    bool accepted_ = false;
    bool proceeded_ = false;
    bool library_done_ = false;
    bool handshake_complete_ = false;
    bool peer_confirmed_ = false;
    bool sent_close_ = false;
    bool peer_closed_ = false;
    bool out_of_memory_ = false;
};

template <class Call>
Step EngineShell::guarded(Call call) noexcept {
    try {
        const Step step = call();
        if (!out_of_memory_) return step;
    } catch (...) {  // std::bad_alloc from copies of certificates and texts
    }
    session_.reset();
    if (until_open_) until_open_->offered.reset();
    state_ = State::failed;
    if (error_) error_->code = std::make_error_code(std::errc::not_enough_memory);
    return current_error();
}

}  // namespace omnitls::inline v0::core
