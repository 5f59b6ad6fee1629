// SPDX-License-Identifier: BSL-1.0
// EngineShell: what can be derived from a connection that is open (RFC 5705, RFC 8446 §7.5, RFC 5929, RFC 9266).
#include "core/engine_shell.hpp"

#include <algorithm>
#include <array>

namespace omnitls::inline v0::core {
namespace {

constexpr std::size_t kMostExported = 255 * 32;  // RFC 5869 §2.3 with the smallest hash
constexpr std::size_t kLongestLabel = 249;       // RFC 8446 §7.1: 255 with "tls13 "
constexpr std::size_t kBindingSize = 32;         // RFC 9266 §4.1

// RFC 5705 §4: labels of TLS itself.
bool is_reserved(std::string_view label) noexcept {
    static constexpr std::array<std::string_view, 5> reserved{"client finished", "server finished",
                                                              "master secret", "key expansion",
                                                              "extended master secret"};
    return std::ranges::find(reserved, label) != reserved.end();
}

ErrorDetail not_open() {
    return make_error(Errc::wrong_state, "the handshake is not done, so there are no keys");
}

/// RFC 5929 §4.1: the hash of the certificate's signature, but for MD5 and SHA-1, and for those without one, SHA-256.
spi::Hash end_point_hash(const Certificate& certificate) {
    const std::string& hash = certificate.fields().signature_hash;
    return hash == "SHA-384"   ? spi::Hash::sha384
           : hash == "SHA-512" ? spi::Hash::sha512
                               : spi::Hash::sha256;
}

}  // namespace

bool EngineShell::has_keys() const noexcept {
    return session_ && (state_ == State::open || state_ == State::closing);
}

Result<SecretBytes> EngineShell::export_keying_material(std::string_view label,
                                                        std::optional<ConstBytes> context,
                                                        std::size_t length) const {
    if (!has_keys()) return not_open();
    if (label.empty() || label.size() > kLongestLabel || is_reserved(label)) {
        return make_error(Errc::bad_input,
                          "label: expected 1 to 249 bytes that are no label of TLS itself, got \"" +
                              escape_untrusted(label, 64) + "\"");
    }
    if (length == 0 || length > kMostExported) {
        return make_error(Errc::bad_input, "length: expected 1 to " +
                                               std::to_string(kMostExported) + " bytes, got " +
                                               std::to_string(length));
    }
    if (context && context->size() > 65535)
        return make_error(Errc::bad_input, "context: more than 65535 bytes");
    SecretBytes out{Bytes(length)};
    if (!session_->export_keying_material(label, context ? &*context : nullptr, out.bytes()))
        return make_error(Errc::not_supported,
                          "exporter: " + setup_->backend_name + " did not export keying material");
    return out;
}

Result<Bytes> EngineShell::channel_binding(ChannelBindingType type) const {
    if (!has_keys()) return not_open();
    if (type == ChannelBindingType::tls_server_end_point) return end_point_binding();
    const spi::SessionFacts facts = session_->facts();
    const bool tls13 = facts.version == ProtocolVersion::tls13;
    if (!tls13 && !facts.extended_master_secret) {
        return make_error(Errc::not_supported,
                          std::string(channel_binding_name(type)) +
                              ": in TLS 1.2 it needs the extended master secret (RFC 7627)");
    }
    if (type == ChannelBindingType::tls_unique) {
        Bytes finished = tls13 ? Bytes() : session_->tls_unique();
        if (!finished.empty()) return finished;
        return make_error(Errc::not_supported, tls13 ? "tls-unique: TLS 1.3 has none (RFC 9266 §3)"
                                                     : "tls-unique: " + setup_->backend_name +
                                                           " does not tell the Finished message");
    }
    // RFC 9266 §4.1: an empty context, which in TLS 1.2 is not the same as none.
    const ConstBytes context;
    auto secret = export_keying_material("EXPORTER-Channel-Binding", context, kBindingSize);
    if (!secret) return make_error(Errc::not_supported, "tls-exporter: " + secret.error().what);
    return Bytes(secret->bytes().begin(), secret->bytes().end());
}

Result<Bytes> EngineShell::end_point_binding() const {
    if (!end_point_.empty()) return end_point_;
    const Certificate* const server = info_.role == Role::server ? &*setup_->own_leaf
                                      : evidence_                ? evidence_->peer.leaf()
                                                                 : nullptr;
    if (server == nullptr) {
        return make_error(Errc::not_supported,
                          "tls-server-end-point: the server's certificate could not be read");
    }
    const spi::Hash hash = end_point_hash(*server);
    if (hash == spi::Hash::sha256) {
        if (const auto known = setup_->memory.certificates.fingerprint(*setup_->crypto, *server))
            return Bytes(known->begin(), known->end());
    }
    Bytes out(spi::digest_size(hash));
    if (setup_->crypto->digest(hash, server->der(), out)) return out;
    return make_error(Errc::internal,
                      "tls-server-end-point: " + setup_->backend_name + " did not hash");
}

}  // namespace omnitls::inline v0::core
