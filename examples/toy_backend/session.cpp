// SPDX-License-Identifier: BSL-1.0
// The toy's connections: the flights of TLS 1.2 with checksums in place of cryptography. It reports facts and decides nothing: what
// the facts mean, when to hold and what to say to a rejected peer is the shared engine's.
#include "session.hpp"

#include <random>
#include <utility>

namespace toy {
namespace {

using namespace omnitls;
using spi::Outcome;
using spi::Progress;
using spi::Sink;

constexpr Outcome going_on{Progress::need_input, 0, Errc::handshake_failed};

Bytes random_bytes(std::size_t n) {
    std::random_device device;
    Bytes out(n);
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(device());
    return out;
}

void put_extension(Bytes& out, Extension type, ConstBytes content) {
    put(out, 2, type);
    put_vector(out, 2, content);
}

class Session final : public spi::SessionOf<Context> {
public:
    Session(const Context& context, std::string sni) : SessionOf(context), sni_(std::move(sni)) {
        expected_ = is_client() ? nothing_yet : client_hello;
    }

    // [advance]
    Outcome advance(Input& in, Sink& sink) noexcept override {
        if (expected_ == nothing_yet) say_client_hello(sink);
        if (paused_) {
            if (!proceeded_) return {Progress::need_credential, 0, {}};
            paused_ = false;
            if (expected_ == hello_done) say_client_flight(sink);
        }
        for (;;) {
            while (next_message()) {
                const Outcome outcome = on_message(sink);
                if (outcome.progress != Progress::need_input) return outcome;
            }
            const Outcome record = take_record(in, sink);
            if (record.progress != Progress::done) return record;
            const Outcome outcome = on_handshake_record(sink);
            if (outcome.progress != Progress::need_input) return outcome;
        }
    }
    // [/advance]

    Outcome read(Input& in, MutableBytes out, Sink& sink) noexcept override {
        const bool sevens = defect == Defect::byte_lost_at_seven && in.bytes.size() == 7;
        while (plain_.empty()) {
            const Outcome record = take_record(in, sink);
            if (record.progress != Progress::done) return record;
            if (type_ == alert) {
                const Outcome outcome = on_alert(sink);
                if (outcome.progress != Progress::need_input) return outcome;
            } else if (type_ != data) {
                return fail(Alert::unexpected_message, sink);
            } else {
                plain_ = std::move(body_);
                if (sevens && !plain_.empty()) plain_.pop_back();
            }
        }
        const std::size_t n = std::min(out.size(), plain_.size());
        const auto end = plain_.begin() + static_cast<std::ptrdiff_t>(n);
        std::copy(plain_.begin(), end, out.begin());
        plain_.erase(plain_.begin(), end);
        return {Progress::done, n, {}};
    }
    Outcome write(ConstBytes plaintext, Sink& sink) noexcept override {
        send(data, plaintext, sink);
        return {Progress::done, plaintext.size(), {}};
    }
    Outcome close_notify(Sink& sink) noexcept override {
        send(alert, Bytes{1, 0}, sink);
        return {Progress::done, 0, {}};
    }
    // No fatal_alert: a rejected peer still reads plain text, and plain alerts are the engine's to write.
    void proceed() noexcept override { proceeded_ = true; }
    std::vector<spi::NativeCertificate> peer_chain() const override {
        std::vector<spi::NativeCertificate> chain;
        for (const Bytes& der : peer_chain_) chain.push_back({der, nullptr});
        return chain;
    }
    spi::SessionFacts facts() const override { return facts_; }
    bool has_pending() const noexcept override { return !plain_.empty(); }

private:
    Outcome fail(Alert why, Sink& sink) {
        facts_.alert_sent = why;
        facts_.native_text = "toy: " + std::string(alert_name(why));
        send(alert, Bytes{2, static_cast<std::uint8_t>(why)}, sink);
        return {Progress::failed, 0, Errc::handshake_failed};  // the alert says the rest
    }

    // Records

    Bytes tag(bool ours, std::uint64_t sequence, std::uint8_t type, ConstBytes content) const {
        const Bytes head{static_cast<std::uint8_t>(ours == is_client() ? 'c' : 's'), type};
        return checksum({secret_, head, number(8, sequence), content});
    }
    void send(std::uint8_t type, ConstBytes content, Sink& sink) {
        do {
            const ConstBytes part = content.first(std::min(content.size(), most_content));
            content = content.subspan(part.size());
            Bytes body(part.begin(), part.end());
            if (write_protected_) put(body, tag(true, written_++, type, part));
            Bytes record{type, 3, 3};
            put_vector(record, 2, body);
            sink.write(record);
        } while (!content.empty());
    }
    std::size_t wanted() const {
        if (buffer_.size() < header_size) return header_size;
        return header_size + static_cast<std::size_t>((buffer_[3] << 8U) | buffer_[4]);
    }
    /// The next record in `type_` and `body_`; no byte behind it is taken.
    Outcome take_record(Input& in, Sink& sink) {
        while (buffer_.size() < wanted()) {
            if (in.bytes.empty() && !in.eof) return going_on;
            if (in.bytes.empty() && defect == Defect::truncation_is_an_end)
                return {Progress::peer_closed, 0, {}};
            if (in.bytes.empty()) return {Progress::truncated, 0, {}};
            put(buffer_, in.take(std::min(in.bytes.size(), wanted() - buffer_.size())));
            if (buffer_.size() != header_size) continue;
            if (buffer_[0] < change_cipher_spec || buffer_[0] > data)
                return fail(Alert::unexpected_message, sink);
            if (wanted() > header_size + most_content + tag_size)
                return fail(Alert::record_overflow, sink);
        }
        type_ = buffer_[0];
        body_.assign(buffer_.begin() + header_size, buffer_.end());
        buffer_.clear();
        if (!read_protected_) return {Progress::done, 0, {}};
        if (body_.size() < tag_size) return fail(Alert::bad_record_mac, sink);
        const ConstBytes all(body_);
        const ConstBytes content = all.first(all.size() - tag_size);
        if (!same(all.last(tag_size), tag(false, read_++, type_, content)))
            return fail(Alert::bad_record_mac, sink);
        body_.resize(content.size());
        return {Progress::done, 0, {}};
    }
    Outcome on_alert(Sink& sink) {
        if (body_.size() != 2) return fail(Alert::unexpected_message, sink);
        if (body_[0] != 1 && body_[0] != 2) return fail(Alert::illegal_parameter, sink);
        if (body_[1] == 0) return {Progress::peer_closed, 0, {}};
        if (body_[0] == 1) return going_on;
        facts_.alert_received = static_cast<Alert>(body_[1]);
        return {Progress::failed, 0, Errc::alert_received};
    }
    Outcome on_handshake_record(Sink& sink) {
        if (type_ == alert) return on_alert(sink);
        if (type_ == change_cipher_spec && expected_ == change_cipher_spec_next) {
            read_protected_ = true;
            expected_ = finished;
            return going_on;
        }
        if (type_ != handshake || body_.empty()) return fail(Alert::unexpected_message, sink);
        put(messages_, body_);
        return going_on;
    }

    // Handshake messages

    /// Moves the next whole one to `message_`.
    bool next_message() {
        Reader reader(messages_);
        reader.bytes(1);
        const ConstBytes body = reader.vector(3);
        if (!reader.good()) return false;
        const auto end = messages_.begin() + static_cast<std::ptrdiff_t>(4 + body.size());
        message_.assign(messages_.begin(), end);
        messages_.erase(messages_.begin(), end);
        return true;
    }
    void say(Message type, ConstBytes body, Sink& sink) {
        Bytes message{type};
        put_vector(message, 3, body);
        put(transcript_, message);
        send(handshake, message, sink);
    }
    Outcome on_message(Sink& sink) {
        const std::uint8_t type = message_[0];
        const ConstBytes body = ConstBytes(message_).subspan(4);
        const bool request = type == certificate_request && expected_ == hello_done;
        if (type != expected_ && !request) return fail(Alert::unexpected_message, sink);
        if (const auto wrong = read_message(type, body)) return fail(*wrong, sink);
        put(transcript_, message_);
        return follow(type, sink);
    }
    std::optional<Alert> read_message(std::uint8_t type, ConstBytes body) {
        switch (type) {
            case client_hello:
                return read_client_hello(body);
            case server_hello:
                return read_server_hello(body);
            case certificate:
                return read_certificates(body);
            case server_proof:
            case client_proof:
                return read_proof(body);
            case finished:
                if (!same(body, finished_sum(false))) return Alert::decrypt_error;
                break;
            default:
                break;
        }
        return std::nullopt;
    }
    /// What comes after a message that was right.
    Outcome follow(std::uint8_t type, Sink& sink) {
        switch (type) {
            case client_hello:
                say_server_flight(sink);
                break;
            case server_hello:
                expected_ = certificate;
                break;
            case certificate:
                if (!peer_chain_.empty() && defect != Defect::certificate_seen_late)
                    sink.peer_certificate_seen();
                expected_ = is_client() ? server_proof : key_exchange;
                paused_ = defect == Defect::question_before_proof && is_client() &&
                          !context_->chain.empty();
                if (paused_) return {Progress::need_credential, 0, {}};
                break;
            case server_proof:
                expected_ = hello_done;
                break;
            case certificate_request:
                requested_ = true;
                break;
            case hello_done:
                paused_ = requested_ && !context_->chain.empty() && !proceeded_;
                if (paused_) return {Progress::need_credential, 0, {}};
                say_client_flight(sink);
                break;
            case key_exchange:
                secret_ = checksum({as_bytes("secret"), transcript_});
                expected_ = peer_chain_.empty() ? change_cipher_spec_next : client_proof;
                break;
            case client_proof:
                expected_ = change_cipher_spec_next;
                break;
            default:  // finished
                if (!is_client()) say_finished(sink);
                if (defect == Defect::certificate_seen_late && !peer_chain_.empty())
                    sink.peer_certificate_seen();
                return {Progress::done, 0, {}};
        }
        return going_on;
    }

    void say_client_hello(Sink& sink) {
        Bytes extensions;
        if (!sni_.empty()) {
            Bytes name{0};
            put_vector(name, 2, as_bytes(sni_));
            put_extension(extensions, server_name, vector(2, name));
        }
        if (!context_->alpn.empty()) {
            Bytes names;
            for (const std::string& name : context_->alpn) put_vector(names, 1, as_bytes(name));
            put_extension(extensions, alpn, vector(2, names));
        }
        put_extension(extensions, groups, vector(2, context_->algorithms.groups));
        put_extension(extensions, schemes, vector(2, context_->algorithms.signature_schemes));
        put_extension(extensions, versions, vector(1, number(2, 0x0303)));
        Bytes body = number(2, 0x0303);
        put(body, random_bytes(32));
        put_vector(body, 1, random_bytes(8));
        put(body, vector(2, context_->algorithms.cipher_suites));
        put_vector(body, 1, Bytes{0});
        put_vector(body, 2, extensions);
        say(client_hello, body, sink);
        expected_ = server_hello;
    }
    std::optional<Alert> read_client_hello(ConstBytes body) {
        Reader reader(body);
        reader.bytes(2 + 32);
        reader.vector(1);
        const ConstBytes suites = reader.vector(2);
        reader.vector(1);
        Reader extensions(reader.vector(2));
        if (!reader.done()) return Alert::decode_error;
        std::optional<ConstBytes> protocols;
        while (extensions.more()) {
            const std::size_t type = extensions.number(2);
            Reader content(extensions.vector(2));
            if (type == groups)
                facts_.group = first_common(context_->algorithms.groups, content.vector(2));
            if (type == schemes)
                scheme_ = first_common(context_->algorithms.signature_schemes, content.vector(2));
            if (type == alpn) protocols = content.vector(2);
        }
        if (!extensions.good()) return Alert::decode_error;
        facts_.version = ProtocolVersion::tls12;
        facts_.cipher_suite = first_common(context_->algorithms.cipher_suites, suites);
        if (facts_.cipher_suite == 0 || facts_.group == 0 || scheme_ == 0)
            return Alert::handshake_failure;
        if (!protocols || context_->alpn.empty()) return std::nullopt;
        for (const std::string& own : context_->alpn) {
            for (Reader names(*protocols); names.more() && facts_.alpn.empty();)
                if (as_text(names.vector(1)) == own) facts_.alpn = own;
        }
        if (facts_.alpn.empty()) return Alert::no_application_protocol;
        return std::nullopt;
    }

    void say_server_flight(Sink& sink) {
        Bytes extensions;
        if (!facts_.alpn.empty())
            put_extension(extensions, alpn, vector(2, vector(1, as_bytes(facts_.alpn))));
        Bytes body = number(2, 0x0303);
        put(body, random_bytes(32));
        put_vector(body, 1, {});
        put(body, 2, facts_.cipher_suite);
        put(body, 1, 0);
        put_vector(body, 2, extensions);
        say(server_hello, body, sink);
        say_certificates(sink);
        say_proof(server_proof, sink);
        if (context_->asks_client) say(certificate_request, Bytes{0, 0}, sink);
        say(hello_done, {}, sink);
        expected_ = context_->asks_client ? certificate : key_exchange;
    }
    std::optional<Alert> read_server_hello(ConstBytes body) {
        Reader reader(body);
        reader.bytes(2 + 32);
        const ConstBytes session = reader.vector(1);
        const ConstBytes chosen = reader.bytes(2);
        reader.bytes(1);
        Reader extensions(reader.vector(2));
        if (!reader.done() || session.size() > 32) return Alert::decode_error;
        facts_.version = ProtocolVersion::tls12;
        facts_.cipher_suite = first_common(context_->algorithms.cipher_suites, chosen);
        if (facts_.cipher_suite == 0) return Alert::illegal_parameter;
        while (extensions.more()) {
            const std::size_t type = extensions.number(2);
            Reader content(extensions.vector(2));
            if (type == alpn) facts_.alpn = as_text(Reader(content.vector(2)).vector(1));
        }
        return extensions.good() ? std::nullopt : std::optional(Alert::decode_error);
    }

    void say_certificates(Sink& sink) {
        Bytes list;
        for (const Bytes& der : context_->chain) put_vector(list, 3, der);
        say(certificate, vector(3, list), sink);
    }
    std::optional<Alert> read_certificates(ConstBytes body) {
        Reader reader(body);
        Reader list(reader.vector(3));
        std::vector<Bytes> chain;
        while (list.more()) {
            const ConstBytes der = list.vector(3);
            chain.emplace_back(der.begin(), der.end());
        }
        if (!reader.done() || !list.good()) return Alert::decode_error;
        if (chain.empty()) return is_client() ? std::optional(Alert::decode_error) : std::nullopt;
        const auto leaf = Certificate::parse(chain.front());
        if (!leaf) return Alert::bad_certificate;
        const ConstBytes mark = key_mark(*leaf);
        peer_mark_.assign(mark.begin(), mark.end());
        peer_chain_ = std::move(chain);
        return std::nullopt;
    }
    Bytes proof(ConstBytes key) const { return checksum({as_bytes("proof"), key, transcript_}); }
    void say_proof(Message type, Sink& sink) {
        Bytes body = number(2, facts_.group);
        put(body, 2, scheme_);
        put(body, proof(context_->proof_key));
        say(type, body, sink);
    }
    std::optional<Alert> read_proof(ConstBytes body) {
        Reader reader(body);
        facts_.group = first_common(context_->algorithms.groups, reader.bytes(2));
        scheme_ = first_common(context_->algorithms.signature_schemes, reader.bytes(2));
        if (facts_.group == 0 || scheme_ == 0) return Alert::illegal_parameter;
        if (!same(reader.bytes(tag_size), proof(peer_mark_)) && defect != Defect::proof_unchecked)
            return Alert::decrypt_error;
        facts_.signature_scheme = scheme_;
        return reader.done() ? std::nullopt : std::optional(Alert::decode_error);
    }

    void say_client_flight(Sink& sink) {
        if (requested_) say_certificates(sink);
        say(key_exchange, random_bytes(8), sink);
        secret_ = checksum({as_bytes("secret"), transcript_});
        if (requested_ && !context_->chain.empty()) say_proof(client_proof, sink);
        say_finished(sink);
        if (defect == Defect::certificate_seen_late) sink.peer_certificate_seen();
        expected_ = change_cipher_spec_next;
    }
    Bytes finished_sum(bool ours) const {
        const auto who = as_bytes(ours == is_client() ? "client" : "server");
        return checksum({who, secret_, transcript_});
    }
    void say_finished(Sink& sink) {
        send(change_cipher_spec, Bytes{1}, sink);
        write_protected_ = true;
        say(finished, finished_sum(true), sink);
    }

    std::string sni_;
    Bytes buffer_;    // of the record that is being read
    Bytes body_;      // of the last whole one
    Bytes messages_;  // of the handshake, not read yet
    Bytes message_;
    Bytes plain_;  // application data, not delivered yet
    Bytes transcript_;
    Bytes secret_;  // no secret at all: both ends compute it from what was sent in the clear
    Bytes peer_mark_;
    std::vector<Bytes> peer_chain_;
    std::uint64_t written_ = 0;
    std::uint64_t read_ = 0;
    std::uint16_t scheme_ = 0;  // agreed on; a fact once the peer has used it
    std::uint8_t expected_ = nothing_yet;
    std::uint8_t type_ = 0;
    bool read_protected_ = false;
    bool write_protected_ = false;
    bool requested_ = false;
    bool paused_ = false;
    bool proceeded_ = false;
};

}  // namespace

ConstBytes key_mark(const Certificate& certificate) {
    constexpr std::size_t longest = 64;
    const ConstBytes key(certificate.fields().spki);
    return key.last(std::min(key.size(), longest));
}

spi::NewSession Context::make_session(const std::string& sni) const {
    return std::make_unique<Session>(*this, sni);
}

}  // namespace toy
