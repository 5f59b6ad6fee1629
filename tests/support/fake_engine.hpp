// SPDX-License-Identifier: BSL-1.0
// `FakeEngine`: a `TlsEngine` without cryptography, for tests of what drives engines. It speaks a toy protocol in TLS record
// framing (type, 03 03, length, payload): handshake 'C' -> 'S' -> 'F' (-> 'T', a ticket), data masked with 0x5a, alerts as in
// TLS. Real in what drivers see: wants, questions, held output, alerts, limits, sticky errors.
#pragma once

#include <omnitls/engine.hpp>
#include <omnitls/verifier.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::test {

/// How far an engine came; outlives it.
struct FakeTrace {
    std::vector<std::string> phases;
    std::size_t plaintext_out = 0;         ///< Bytes delivered by `read`.
    std::size_t output_while_pending = 0;  ///< Must stay 0.
    int releases = 0;                      ///< Calls of `release_buffers`.

    bool reached(std::string_view phase) const {
        for (const auto& p : phases) {
            if (p == phase) return true;
        }
        return false;
    }
};

struct FakeScript {
    Role role = Role::client;
    bool judges = true;                             ///< Asks for a verdict on the peer.
    std::shared_ptr<CertificateVerifier> verifier;  ///< Null: accepts.
    std::optional<Errc>
        refuse_hello;    ///< Fails on the peer's hello with this, and alert handshake_failure.
    bool ticket = true;  ///< A server sends one at the end.
    std::size_t high_water = 128 * 1024;
    std::size_t record_bytes = 16 * 1024;
    std::size_t hello_bytes = 64;  ///< Payload of hellos: more makes a longer flight.
    bool drains_reads = false;     ///< `read` wants drain while there is output.
};

class FakeEngine final : public TlsEngine {
public:
    explicit FakeEngine(FakeScript script,
                        std::shared_ptr<FakeTrace> trace = std::make_shared<FakeTrace>());
    ~FakeEngine() override;

    Step handshake(Input& in) noexcept override;
    Step read(Input& in, std::span<const MutableBytes> out) noexcept override;
    Step write(std::span<const ConstBytes> in) noexcept override;
    Step close_notify() noexcept override;
    ConstBytes output() const noexcept override;
    void consume_output(std::size_t n) noexcept override;
    std::size_t output_size() const noexcept override { return output_bytes_; }
    void release_buffers() noexcept override { ++trace_->releases; }
    std::optional<Question> take_question(std::function<void()> on_answered) noexcept override;
    const std::shared_ptr<CertificateVerifier>& verifier() const noexcept override {
        return script_.verifier;
    }
    void abandon(Errc reason, Alert alert) noexcept override;
    State state() const noexcept override { return state_; }
    bool at_record_boundary() const noexcept override { return true; }  // takes whole ones only
    const ConnectionInfo& info() const noexcept override { return info_; }
    bool handshake_complete() const noexcept override { return complete_; }
    bool peer_confirmed() const noexcept override { return complete_; }
    std::shared_ptr<const VerifyRequest> evidence() const noexcept override { return evidence_; }
    const ErrorDetail* last_error() const noexcept override { return error_ ? &*error_ : nullptr; }

private:
    struct Record {
        std::uint8_t type = 0;
        ConstBytes payload;
    };
    enum class Next { hello, reply, verdict, finished };

    Step fail(Errc code, std::optional<Alert> alert, std::string what);
    Step parse(Input& in, std::optional<Record>& record);
    Step take_handshake_record(const Record& record);
    Step take_alert(const Record& record);
    std::size_t take_record(const Record& record, Step& step);
    Step judge();
    Step finish_handshake();
    std::size_t deliver(std::span<const MutableBytes> out, std::size_t already);
    void put(std::uint8_t type, ConstBytes payload);
    void put_handshake(char message, std::size_t size);
    void reach(std::string phase) { trace_->phases.push_back(std::move(phase)); }

    FakeScript script_;
    std::shared_ptr<FakeTrace> trace_;
    ConnectionInfo info_;
    State state_ = State::handshake;
    Next next_ = Next::hello;
    bool complete_ = false;
    bool peer_closed_ = false;
    std::deque<Bytes> output_;
    std::size_t output_front_ = 0;
    std::size_t output_bytes_ = 0;
    Bytes plain_;  ///< Decoded, not yet delivered.
    std::optional<Question> question_;
    std::shared_ptr<Question::State> asked_;
    std::shared_ptr<const VerifyRequest> evidence_;
    std::optional<ErrorDetail> error_;
};

/// An alert, or a data record, as the toy protocol has it on the wire.
Bytes fake_record(std::uint8_t type, std::string_view payload);
Bytes fake_data(std::string_view text);
Bytes fake_alert(Alert alert);

}  // namespace omnitls::test
