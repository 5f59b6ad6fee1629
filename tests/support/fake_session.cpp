// SPDX-License-Identifier: BSL-1.0
#include "tests/support/fake_session.hpp"

#include "tests/support/toy_records.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace omnitls::test {
namespace {

using spi::Outcome;
using spi::Progress;

class FakeSession final : public spi::NativeSession {
public:
    FakeSession(Role role, std::shared_ptr<FakeScript> script)
        : role_(role), script_(std::move(script)) {}

    Outcome advance(Input& in, spi::Sink& sink) noexcept override {
        script_->largest_input = std::max(script_->largest_input, in.bytes.size());
        if (script_->stuck) return {Progress::need_input, 0, {}};
        if (role_ == Role::client && !started_) sink.write(toy_handshake("H"));
        started_ = true;
        if (finish_pending_) return finish(sink);
        while (next_record(in)) {
            if (type_ == 21) return alert_received();
            if (role_ == Role::server && body_.starts_with('\1')) {  // a real ClientHello
                sink.write(toy_handshake("HCRPF"));
                continue;
            }
            const Outcome outcome = message(body_.empty() ? '?' : body_[0], sink);
            if (outcome.progress != Progress::need_input) return outcome;
        }
        return {in.eof && in.bytes.empty() ? Progress::truncated : Progress::need_input, 0, {}};
    }

    Outcome read(Input& in, MutableBytes out, spi::Sink& sink) noexcept override {
        script_->largest_input = std::max(script_->largest_input, in.bytes.size());
        while (plaintext_.empty()) {
            if (!next_record(in)) {
                return {
                    in.eof && in.bytes.empty() ? Progress::truncated : Progress::need_input, 0, {}};
            }
            if (type_ == 21)
                return body_[1] == 0 ? Outcome{Progress::peer_closed, 0, {}} : alert_received();
            if (type_ == 23 && body_ == "garbage") {
                sink.write(toy_alert(2, 20));
                alert_sent_ = Alert::bad_record_mac;
                return {Progress::failed, 0, Errc::bad_record};
            }
            if (type_ == 22 && body_ == "update?") sink.write(toy_record(22, "update!"));
            if (type_ == 23) plaintext_ = body_;
        }
        const std::size_t n = std::min(out.size(), plaintext_.size());
        std::memcpy(out.data(), plaintext_.data(), n);
        plaintext_.erase(0, n);
        return {Progress::done, n, {}};
    }

    Outcome write(ConstBytes plaintext, spi::Sink& sink) noexcept override {
        sink.write(toy_data(as_text(plaintext)));
        return {Progress::done, plaintext.size(), {}};
    }
    Outcome close_notify(spi::Sink& sink) noexcept override {
        sink.write(toy_close_notify());
        return {Progress::done, 0, {}};
    }
    bool fatal_alert(Alert alert, spi::Sink& sink) noexcept override {
        if (script_->native_alerts) sink.write(toy_alert(2, static_cast<std::uint8_t>(alert)));
        return script_->native_alerts;
    }
    void proceed() noexcept override { ++script_->proceeds; }
    std::vector<spi::NativeCertificate> peer_chain() const override {
        std::vector<spi::NativeCertificate> chain;
        if (certificate_seen_) {
            for (const Bytes& der : script_->chain) chain.push_back({der, nullptr});
        }
        return chain;
    }
    SecretBytes traffic_secret(spi::TrafficSecret which) noexcept override {
        ++script_->secrets_taken;
        if (!script_->has_secret) return {};
        return SecretBytes(Bytes(32, which == spi::TrafficSecret::client_handshake ? 'c' : 's'));
    }
    bool export_keying_material(std::string_view label, const ConstBytes* context,
                                MutableBytes out) noexcept override {
        // Recognisable: how long the label is, and whether there was a context.
        std::fill(out.begin(), out.end(), static_cast<std::uint8_t>(label.size()));
        if (context != nullptr) out[0] = static_cast<std::uint8_t>(0x80 + context->size());
        return script_->exports;
    }
    Bytes tls_unique() const override { return script_->first_finished; }
    bool resume(const spi::ResumableState& offered) noexcept override {
        const ConstBytes state = offered.state.bytes();
        script_->offered.emplace_back(state.begin(), state.end());
        return script_->takes_state;
    }
    bool send_ticket(std::chrono::seconds lifetime, spi::Sink& sink) noexcept override {
        if (!script_->sends_tickets) return false;
        sink.write(toy_handshake("T"));
        script_->fresh.push_back({SecretBytes(as_bytes("state")), lifetime,
                                  Bytes(8, static_cast<std::uint8_t>(++script_->tickets))});
        return true;
    }
    std::vector<spi::ResumableState> take_resumable() override {
        return std::exchange(script_->fresh, {});
    }
    spi::SessionFacts facts() const override {
        spi::SessionFacts facts;
        if (started_) facts.version = script_->version;
        facts.cipher_suite = script_->version == ProtocolVersion::tls13 ? 0x1301 : 0xc02f;
        if (script_->cipher_suite != 0) facts.cipher_suite = script_->cipher_suite;
        facts.signature_scheme = script_->signature_scheme;
        facts.alpn = script_->alpn;
        facts.resumed = script_->resumed;
        facts.extended_master_secret = script_->extended_master_secret;
        facts.alert_received = alert_received_;
        facts.alert_sent = alert_sent_;
        facts.alert_withheld = alert_withheld_;
        facts.native_code = 77;
        facts.native_text = "fake library";
        return facts;
    }
    void release_buffers() noexcept override { ++script_->releases; }
    bool has_pending() const noexcept override { return !plaintext_.empty(); }

private:
    /// Takes the next whole record; partial ones are kept, as a library would.
    bool next_record(Input& in) {
        while (!in.bytes.empty()) {
            const std::size_t size =
                buffer_.size() < 5 ? 5
                                   : 5 + static_cast<std::size_t>((buffer_[3] << 8U) | buffer_[4]);
            const ConstBytes taken = in.take(std::min(in.bytes.size(), size - buffer_.size()));
            buffer_.insert(buffer_.end(), taken.begin(), taken.end());
            if (buffer_.size() < 5) continue;
            const std::size_t whole = 5 + static_cast<std::size_t>((buffer_[3] << 8U) | buffer_[4]);
            if (buffer_.size() < whole) continue;
            type_ = buffer_[0];
            body_ = std::string(as_text(ConstBytes(buffer_).subspan(5)));
            buffer_.clear();
            return true;
        }
        return false;
    }

    Outcome message(char letter, spi::Sink& sink) {
        switch (letter) {
            case toy_certificate:
                certificate_seen_ = true;
                sink.peer_certificate_seen();
                break;
            case toy_request:
                credential_wanted_ = true;
                break;
            case toy_bad_proof:
                return fail(Errc::bad_signature, sink);
            case toy_finished:
                return finish(sink);
            case toy_hello:
            case toy_proof:
            case toy_credential:
                break;
            default:
                return fail(Errc::protocol_violation, sink);
        }
        return {Progress::need_input, 0, {}};
    }

    Outcome finish(spi::Sink& sink) {
        finish_pending_ = true;
        if (role_ == Role::client && credential_wanted_) {
            if (script_->proceeds == 0) return {Progress::need_credential, 0, {}};
            ++script_->key_uses;
            sink.write(toy_handshake("K"));
        }
        sink.write(toy_handshake("F"));
        return {Progress::done, 0, {}};
    }

    Outcome fail(Errc cause, spi::Sink& sink) {
        if (script_->flight_with_failure) sink.write(toy_handshake("F"));
        if (script_->alert_on_failure && script_->withholds_alert) {
            alert_withheld_ = script_->alert_on_failure;
        } else if (script_->alert_on_failure) {
            sink.write(toy_alert(2, static_cast<std::uint8_t>(*script_->alert_on_failure)));
            alert_sent_ = script_->alert_on_failure;
        }
        return {Progress::failed, 0, script_->cause_of_failure.value_or(cause)};
    }

    Outcome alert_received() {
        if (body_.size() == 2 && body_[1] == 0) return {Progress::peer_closed, 0, {}};
        alert_received_ =
            static_cast<Alert>(body_.size() == 2 ? static_cast<std::uint8_t>(body_[1]) : 50);
        return {Progress::failed, 0, Errc::alert_received};
    }

    Role role_;
    std::shared_ptr<FakeScript> script_;
    Bytes buffer_;
    std::string body_;
    std::string plaintext_;
    std::optional<Alert> alert_received_;
    std::optional<Alert> alert_sent_;
    std::optional<Alert> alert_withheld_;
    std::uint8_t type_ = 0;
    bool started_ = false;
    bool certificate_seen_ = false;
    bool credential_wanted_ = false;
    bool finish_pending_ = false;
};

class FakeCrypto final : public spi::Crypto {
public:
    bool hkdf_expand(spi::Hash, ConstBytes secret, ConstBytes info,
                     MutableBytes out) const noexcept override {
        // The label's first letter after "tls13 ": 'k' for key, 'i' for iv; the secret's first byte tells which secret.
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = i % 2 == 0 ? secret[0] : info[9];
        return true;
    }
    spi::SignatureCheck verify_signature(ConstBytes, ConstBytes, ConstBytes,
                                         ConstBytes) const noexcept override {
        return spi::SignatureCheck::valid;
    }

private:
    bool make_digest(spi::Hash, ConstBytes data, MutableBytes out) const override {
        return fill(data, out);
    }
    bool make_hmac(spi::Hash, ConstBytes, ConstBytes data, MutableBytes out) const override {
        return fill(data, out);
    }
    bool seal(const spi::AeadInput& in, MutableBytes out) const override {
        std::fill(out.begin(), out.end(), std::uint8_t{0});
        std::copy(in.plaintext.begin(), in.plaintext.end(), out.begin());
        out[in.plaintext.size()] = in.key[0];
        out[in.plaintext.size() + 1] = in.key[1];
        out[in.plaintext.size() + 2] = in.nonce[1];
        return true;
    }
    spi::SignatureCheck check(const spi::SignedData&) const override {
        return spi::SignatureCheck::valid;
    }
    bool fill_random(MutableBytes out) const override {
        std::fill(out.begin(), out.end(), std::uint8_t{4});
        return true;
    }
    static bool fill(ConstBytes data, MutableBytes out) noexcept {
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = data.empty() ? std::uint8_t{0} : data[i % data.size()];
        return true;
    }
};

class FakeContext final : public spi::NativeContext {
public:
    FakeContext(Role role, std::shared_ptr<FakeScript> script, bool accept_paths)
        : role_(role), script_(std::move(script)), accept_paths_(accept_paths) {}
    spi::NewSession make_session(const std::string&) const override {
        return make_fake_session(role_, script_);
    }
    spi::PathVeto verify_path(spi::PathView, spi::Purpose) const override {
        return {accept_paths_, accept_paths_ ? 0 : 9, {}};
    }

private:
    Role role_;
    std::shared_ptr<FakeScript> script_;
    bool accept_paths_;
};

class FakeBackend final : public spi::NativeBackend {
public:
    FakeBackend(std::shared_ptr<FakeScript> script, bool accept_paths)
        : script_(std::move(script)), accept_paths_(accept_paths) {}
    std::string_view name() const noexcept override { return "fake"; }
    std::string version() const override { return "1"; }
    Capabilities capabilities() const override {
        return Capabilities(
            {{"tls12", CapabilityState::native, ""},
             {"tls13", CapabilityState::native, ""},
             {"revocation_lists", CapabilityState::native, ""},
             {"session_store", CapabilityState::native, ""},
             {"sessions_with_client_auth",
              script_->keeps_sessions ? CapabilityState::native : CapabilityState::absent,
              "not in the script"},
             {"time_travel", CapabilityState::absent, "no flux"}});
    }
    const spi::Crypto& crypto() const noexcept override { return fake_crypto(); }
    Algorithms available(Algorithms candidates, VersionRange) const override { return candidates; }
    spi::NewContext make_client_context(const ClientConfig&) const override {
        return std::make_shared<const FakeContext>(Role::client, script_, accept_paths_);
    }
    spi::NewContext make_server_context(const ServerConfig&) const override {
        return std::make_shared<const FakeContext>(Role::server, script_, accept_paths_);
    }

private:
    std::shared_ptr<FakeScript> script_;
    bool accept_paths_;
};

}  // namespace

std::unique_ptr<spi::NativeSession> make_fake_session(Role role,
                                                      std::shared_ptr<FakeScript> script) {
    return std::make_unique<FakeSession>(role, std::move(script));
}

const spi::Crypto& fake_crypto() {
    static const FakeCrypto crypto;
    return crypto;
}

std::unique_ptr<TlsBackend> make_fake_backend(std::shared_ptr<FakeScript> script,
                                              bool accept_paths) {
    return spi::make_backend(std::make_unique<FakeBackend>(std::move(script), accept_paths));
}

}  // namespace omnitls::test
