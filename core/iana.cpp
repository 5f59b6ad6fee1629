// SPDX-License-Identifier: BSL-1.0
// Tables of the IANA "TLS Parameters" registries: the values a current TLS 1.2 or 1.3 connection can have, and those of common old
// suites, so that a refusal can name them.
#include "core/iana_rows.hpp"
#include <omnitls/iana.hpp>

#include <array>
#include <cstdio>
#include <string>

namespace omnitls::inline v0 {
namespace {

using Row = core::IanaRow;

constexpr std::array kCipherSuites{
    Row{0x1301, "TLS_AES_128_GCM_SHA256"},
    Row{0x1302, "TLS_AES_256_GCM_SHA384"},
    Row{0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
    Row{0x1304, "TLS_AES_128_CCM_SHA256"},
    Row{0x1305, "TLS_AES_128_CCM_8_SHA256"},
    Row{0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
    Row{0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
    Row{0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    Row{0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    Row{0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    Row{0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    Row{0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    Row{0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    Row{0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    Row{0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
    Row{0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
    Row{0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
    Row{0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    Row{0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"},
    Row{0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
    Row{0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    Row{0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    Row{0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    Row{0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
    Row{0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
    Row{0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"},
    Row{0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"},
    Row{0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    Row{0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    Row{0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    Row{0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    Row{0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    Row{0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
    Row{0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    Row{0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
};

constexpr std::array kGroups{
    Row{0x0017, "secp256r1"},       Row{0x0018, "secp384r1"},
    Row{0x0019, "secp521r1"},       Row{0x001a, "brainpoolP256r1"},
    Row{0x001b, "brainpoolP384r1"}, Row{0x001c, "brainpoolP512r1"},
    Row{0x001d, "x25519"},          Row{0x001e, "x448"},
    Row{0x0100, "ffdhe2048"},       Row{0x0101, "ffdhe3072"},
    Row{0x0102, "ffdhe4096"},       Row{0x0103, "ffdhe6144"},
    Row{0x0104, "ffdhe8192"},       Row{0x11eb, "SecP256r1MLKEM768"},
    Row{0x11ec, "X25519MLKEM768"},  Row{0x11ed, "SecP384r1MLKEM1024"},
    Row{0x0200, "MLKEM512"},        Row{0x0201, "MLKEM768"},
    Row{0x0202, "MLKEM1024"},
};

constexpr std::array kSignatureSchemes{
    Row{0x0201, "rsa_pkcs1_sha1"},
    Row{0x0203, "ecdsa_sha1"},
    Row{0x0401, "rsa_pkcs1_sha256"},
    Row{0x0501, "rsa_pkcs1_sha384"},
    Row{0x0601, "rsa_pkcs1_sha512"},
    Row{0x0403, "ecdsa_secp256r1_sha256"},
    Row{0x0503, "ecdsa_secp384r1_sha384"},
    Row{0x0603, "ecdsa_secp521r1_sha512"},
    Row{0x0804, "rsa_pss_rsae_sha256"},
    Row{0x0805, "rsa_pss_rsae_sha384"},
    Row{0x0806, "rsa_pss_rsae_sha512"},
    Row{0x0807, "ed25519"},
    Row{0x0808, "ed448"},
    Row{0x0809, "rsa_pss_pss_sha256"},
    Row{0x080a, "rsa_pss_pss_sha384"},
    Row{0x080b, "rsa_pss_pss_sha512"},
    Row{0x081a, "ecdsa_brainpoolP256r1tls13_sha256"},
    Row{0x081b, "ecdsa_brainpoolP384r1tls13_sha384"},
    Row{0x081c, "ecdsa_brainpoolP512r1tls13_sha512"},
};

std::string look_up(std::span<const Row> rows, std::uint16_t id) {
    for (const Row& row : rows) {
        if (row.id == id) return std::string(row.name);
    }
    std::array<char, 8> hex{};
    std::snprintf(hex.data(), hex.size(), "0x%04x", static_cast<unsigned>(id));
    return hex.data();
}

}  // namespace

std::span<const core::IanaRow> core::cipher_suite_rows() noexcept { return kCipherSuites; }
std::span<const core::IanaRow> core::group_rows() noexcept { return kGroups; }
std::span<const core::IanaRow> core::signature_scheme_rows() noexcept { return kSignatureSchemes; }

std::string version_name(ProtocolVersion version) {
    return version == ProtocolVersion::tls13 ? "TLSv1.3" : "TLSv1.2";
}

std::string cipher_suite_name(std::uint16_t id) { return look_up(kCipherSuites, id); }
std::string group_name(std::uint16_t id) { return look_up(kGroups, id); }
std::string signature_scheme_name(std::uint16_t id) { return look_up(kSignatureSchemes, id); }

}  // namespace omnitls::inline v0
