// SPDX-License-Identifier: BSL-1.0
// Owners for mbedTLS' structures, and everything that differs between mbedTLS 2.28 and 3.6. Nothing else may ask for a
// version number.
#pragma once

// 3.x hides the fields that 2.28 documents and for which it has no functions: the received alert, the suite in mid-handshake.
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <mbedtls/chachapoly.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#include <psa/crypto.h>
#endif

#include <omnitls/algorithms.hpp>
#include <omnitls/bytes.hpp>
#include <omnitls/error.hpp>

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>
#include <type_traits>
#include <vector>

namespace omnitls::inline v0::mbedtls_native {

/// A structure of the library with its init and free functions. Stays where it is: others point at it.
template <class T, auto Init, auto Free>
class Owned {
public:
    Owned() noexcept { Init(&value_); }
    ~Owned() { Free(&value_); }
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    T* get() noexcept { return &value_; }
    const T* get() const noexcept { return &value_; }
    T* operator->() noexcept { return &value_; }
    const T* operator->() const noexcept { return &value_; }

private:
    T value_;
};
using SslContext = Owned<mbedtls_ssl_context, mbedtls_ssl_init, mbedtls_ssl_free>;
using SslConfig = Owned<mbedtls_ssl_config, mbedtls_ssl_config_init, mbedtls_ssl_config_free>;
using SavedSession = Owned<mbedtls_ssl_session, mbedtls_ssl_session_init, mbedtls_ssl_session_free>;
using TicketKeys =
    Owned<mbedtls_ssl_ticket_context, mbedtls_ssl_ticket_init, mbedtls_ssl_ticket_free>;
using CertificateList = Owned<mbedtls_x509_crt, mbedtls_x509_crt_init, mbedtls_x509_crt_free>;
using Key = Owned<mbedtls_pk_context, mbedtls_pk_init, mbedtls_pk_free>;
using Entropy = Owned<mbedtls_entropy_context, mbedtls_entropy_init, mbedtls_entropy_free>;
using Generator = Owned<mbedtls_ctr_drbg_context, mbedtls_ctr_drbg_init, mbedtls_ctr_drbg_free>;
using Gcm = Owned<mbedtls_gcm_context, mbedtls_gcm_init, mbedtls_gcm_free>;
using ChaChaPoly =
    Owned<mbedtls_chachapoly_context, mbedtls_chachapoly_init, mbedtls_chachapoly_free>;

/// Held around every use of the library. One built without threads shares keys, entropy and tables between connections
/// without any lock of its own; then this is one.
class LibraryLock {
#ifndef MBEDTLS_THREADING_C
    static std::recursive_mutex& mutex() noexcept {
        static std::recursive_mutex one;
        return one;
    }
    std::scoped_lock<std::recursive_mutex> lock_{mutex()};
#endif
public:
    LibraryLock() noexcept {}
};

/// What a code of the library means if the library itself does not tell the peer in plain text.
struct ErrorRow {
    int code;
    Alert alert;
    Errc cause = Errc::handshake_failed;
};

/// One secret of a connection as the library exports it.
struct ExportedSecret {
    const char* label;  ///< RFC 9850 §3; "CLIENT_RANDOM": the master secret of TLS 1.2.
    ConstBytes client_random;
    ConstBytes server_random;
    ConstBytes secret;
    mbedtls_tls_prf_types prf;  ///< With the master secret only.
};

/// The library's random function, see crypto.cpp.
int random_bytes(void*, unsigned char* out, std::size_t size) noexcept;

/// `function(arguments...)`, and in 3.x, which asks for one where 2.28 does without, the random function behind them.
template <class Function, class... Arguments>
int with_random(Function* function, Arguments... arguments) noexcept {
    if constexpr (std::is_invocable_v<Function*, Arguments...>)
        return function(arguments...);
    else
        return function(arguments..., random_bytes, nullptr);
}

/// ECDSA and PKCS#1 v1.5 with SHA-256, SHA-384 or SHA-512.
constexpr bool is_plain_scheme(std::uint16_t id) noexcept {
    return id >= 0x0401 && id <= 0x0603 && ((id & 0xffU) == 1 || (id & 0xffU) == 3);
}

#ifdef MBEDTLS_SSL_PROTO_TLS1_3
inline constexpr bool has_tls13 = true;
#else
inline constexpr bool has_tls13 = false;
#endif
/// PBES2 with HMAC-SHA-256, what OpenSSL encrypts keys with.
inline constexpr bool reads_pbes2_sha256 = MBEDTLS_VERSION_MAJOR >= 3;
inline constexpr bool any_scheme_list = MBEDTLS_VERSION_MAJOR >= 3;

/// `one`: a connection or a session.
bool is_tls13(const auto& one) noexcept {
    if constexpr (has_tls13)
        return static_cast<ProtocolVersion>(one.tls_version) == ProtocolVersion::tls13;
    return false;
}
/// With a session mbedTLS offers the session's version and no other, be it configured or not. So that no newer one is lost, only
/// a session of the newest will do.
bool may_resume(const auto& config, const auto& session) noexcept {
    if constexpr (has_tls13) return session.tls_version == config.max_tls_version;
    return true;
}

#if MBEDTLS_VERSION_NUMBER >= 0x03000000

inline constexpr int received_ticket = MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;

inline constexpr std::array version_errors{
    ErrorRow{MBEDTLS_ERR_SSL_DECODE_ERROR, Alert::decode_error},
    ErrorRow{MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, Alert::illegal_parameter},
    ErrorRow{MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, Alert::handshake_failure},
    ErrorRow{MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION, Alert::unsupported_extension},
    ErrorRow{MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, Alert::no_application_protocol},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_CERTIFICATE, Alert::bad_certificate},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, Alert::protocol_version},
    ErrorRow{MBEDTLS_ERR_SSL_UNRECOGNIZED_NAME, Alert::unrecognized_name},
};

/// Once per process; also makes the library's locks ready.
inline bool start_library() noexcept {
    static const bool started = psa_crypto_init() == PSA_SUCCESS;
    return started;
}
/// The library's second generator must not give a forked child what the parent gets.
inline void reseed_library() noexcept {
#if MBEDTLS_VERSION_NUMBER >= 0x03060600
    psa_random_deplete();
#endif
}
inline void set_versions(mbedtls_ssl_config* config, ProtocolVersion min,
                         ProtocolVersion max) noexcept {
    mbedtls_ssl_conf_min_tls_version(config, static_cast<mbedtls_ssl_protocol_version>(min));
    mbedtls_ssl_conf_max_tls_version(config, static_cast<mbedtls_ssl_protocol_version>(max));
}
/// Always with a fresh key exchange. A server's tickets go out as a part of its handshake.
inline void resume_tls13(mbedtls_ssl_config* config, std::uint16_t tickets) noexcept {
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
    mbedtls_ssl_conf_tls13_key_exchange_modes(
        config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL |
                    MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
    mbedtls_ssl_conf_new_session_tickets(config, tickets);
#if MBEDTLS_VERSION_NUMBER >= 0x03060100
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
#endif
}
using NativeGroup = std::uint16_t;
using NativeScheme = std::uint16_t;
inline NativeGroup native_group(std::uint16_t id) noexcept { return id; }
inline NativeScheme native_scheme(std::uint16_t id) noexcept { return id; }
inline std::array<std::uint16_t, 1> schemes_of(NativeScheme scheme) noexcept { return {scheme}; }
inline void set_lists(mbedtls_ssl_config* config, const NativeGroup* groups,
                      const NativeScheme* schemes) noexcept {
    mbedtls_ssl_conf_sig_algs(config, schemes);
    mbedtls_ssl_conf_groups(config, groups);
#ifdef MBEDTLS_SSL_PROTO_TLS1_3
    mbedtls_ssl_conf_tls13_key_exchange_modes(config,
                                              MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
#endif
}
/// The alert that the library sent last by way of its deferred alerts (TLS 1.3); may be stale.
inline Alert deferred_alert(const mbedtls_ssl_context& ssl) noexcept {
    return static_cast<Alert>(ssl.alert_type);
}
/// In the order of mbedtls_ssl_key_export_type; without those of early data, which there is none of.
inline constexpr std::array<const char*, 7> secret_labels{"CLIENT_RANDOM",
                                                          nullptr,
                                                          nullptr,
                                                          "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                                          "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                                          "CLIENT_TRAFFIC_SECRET_0",
                                                          "SERVER_TRAFFIC_SECRET_0"};
/// Tells `Keep(context, secret)` of every secret. `ssl` was set up with `config`, which is this connection's own.
template <auto Keep>
void export_secrets(mbedtls_ssl_context* ssl, mbedtls_ssl_config*, void* context) noexcept {
    mbedtls_ssl_set_export_keys_cb(
        ssl,
        [](void* to, mbedtls_ssl_key_export_type type, const unsigned char* secret,
           std::size_t size, const unsigned char client[32], const unsigned char server[32],
           mbedtls_tls_prf_types prf) {
            const auto at = static_cast<std::size_t>(type);
            if (const char* const label = at < secret_labels.size() ? secret_labels[at] : nullptr)
                Keep(to, ExportedSecret{label, {client, 32}, {server, 32}, {secret, size}, prf});
        },
        context);
}
#else  // 2.28: no TLS 1.3, hence no secrets and no deferred alerts

inline constexpr int received_ticket = 1;  // No function returns it.

inline constexpr std::array version_errors{
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO, Alert::decode_error},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO, Alert::decode_error},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE, Alert::bad_certificate},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE_REQUEST, Alert::decode_error},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_SERVER_KEY_EXCHANGE, Alert::decode_error},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO_DONE, Alert::decode_error},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE, Alert::decode_error},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE_RP, Alert::illegal_parameter},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_CLIENT_KEY_EXCHANGE_CS, Alert::illegal_parameter},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE_VERIFY, Alert::decrypt_error},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_CHANGE_CIPHER_SPEC, Alert::unexpected_message},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_FINISHED, Alert::decrypt_error},
    ErrorRow{MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION, Alert::protocol_version},
    ErrorRow{MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN, Alert::handshake_failure},
};

inline bool start_library() noexcept { return true; }
inline void reseed_library() noexcept {}
inline void set_versions(mbedtls_ssl_config* config, ProtocolVersion, ProtocolVersion) noexcept {
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
}
inline void resume_tls13(mbedtls_ssl_config*, std::uint16_t) noexcept {}
using NativeGroup = mbedtls_ecp_group_id;
using NativeScheme = int;  // A hash: it stands for the schemes with ECDSA and with RSA.
inline NativeGroup native_group(std::uint16_t id) noexcept {
    const mbedtls_ecp_curve_info* const curve = mbedtls_ecp_curve_info_from_tls_id(id);
    return curve != nullptr ? curve->grp_id : MBEDTLS_ECP_DP_NONE;
}
inline NativeScheme native_scheme(std::uint16_t id) noexcept {
    return MBEDTLS_MD_SHA256 + (id >> 8U) - 4;
}
inline std::array<std::uint16_t, 2> schemes_of(NativeScheme hash) noexcept {
    const auto row = static_cast<std::uint16_t>((hash - MBEDTLS_MD_SHA256 + 4) << 8U);
    return {static_cast<std::uint16_t>(row + 3U), static_cast<std::uint16_t>(row + 1U)};
}
inline void set_lists(mbedtls_ssl_config* config, const NativeGroup* groups,
                      const NativeScheme* hashes) noexcept {
    mbedtls_ssl_conf_sig_hashes(config, hashes);
    mbedtls_ssl_conf_curves(config, groups);
}
inline Alert deferred_alert(const mbedtls_ssl_context&) noexcept { return Alert::close_notify; }
template <auto Keep>
void export_secrets(mbedtls_ssl_context*, mbedtls_ssl_config* config, void* context) noexcept {
    mbedtls_ssl_conf_export_keys_ext_cb(
        config,
        [](void* to, const unsigned char* master, const unsigned char*, std::size_t, std::size_t,
           std::size_t, const unsigned char client[32], const unsigned char server[32],
           mbedtls_tls_prf_types prf) {
            Keep(to,
                 ExportedSecret{"CLIENT_RANDOM", {client, 32}, {server, 32}, {master, 48}, prf});
            return 0;
        },
        context);
}

#endif

#ifdef MBEDTLS_SSL_KEYING_MATERIAL_EXPORT
inline constexpr bool library_exports = true;
inline bool export_material(mbedtls_ssl_context* ssl, std::string_view label,
                            const ConstBytes* context, MutableBytes out) noexcept {
    const ConstBytes given = context != nullptr ? *context : ConstBytes{};
    return mbedtls_ssl_export_keying_material(ssl, out.data(), out.size(), label.data(),
                                              label.size(), given.data(), given.size(),
                                              context != nullptr ? 1 : 0) == 0;
}
#else
inline constexpr bool library_exports = false;
inline bool export_material(mbedtls_ssl_context*, std::string_view, const ConstBytes*,
                            MutableBytes) noexcept {
    return false;
}
#endif

}  // namespace omnitls::inline v0::mbedtls_native
