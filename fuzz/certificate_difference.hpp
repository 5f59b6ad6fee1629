// SPDX-License-Identifier: BSL-1.0
// What a TLS library reads in a certificate, beside what omnitls reads in it. A certificate that both take must be one and the same to
// both, or core would judge another one than the library uses: names, validity, key, and what makes an authority.
#pragma once

#include "core/der_reader.hpp"
#include "tests/support/certs.hpp"
#include <omnitls/certificate.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::fuzz {

/// Empty where the library does not say.
struct LibraryCertificate {
    Bytes serial;                            ///< Content of the INTEGER.
    Bytes issuer;                            ///< DER.
    Bytes subject;                           ///< DER.
    std::optional<std::int64_t> not_before;  ///< Seconds since 1970.
    std::optional<std::int64_t> not_after;
    Bytes public_key;                             ///< DER SubjectPublicKeyInfo.
    std::optional<std::vector<Bytes>> dns_names;  ///< In the order of the certificate.
    std::optional<std::vector<Bytes>> ip_addresses;
    std::optional<bool> ca;
    std::optional<std::int64_t> path_length;  ///< -1: unlimited. Only of authorities.
    std::optional<std::uint16_t> key_usage;   ///< Mask of `KeyUsage`.
};

/// Ends the program, with both readings.
[[noreturn]] inline void differ(std::string_view field, const Bytes& ours, const Bytes& theirs) {
    const auto print = [](const char* whose, const Bytes& bytes) {
        std::fprintf(stderr, "%s:", whose);
        for (const unsigned byte : bytes) std::fprintf(stderr, " %02x", byte);
        std::fputc('\n', stderr);
    };
    std::fprintf(stderr, "read differently: %.*s\n", static_cast<int>(field.size()), field.data());
    print("omnitls", ours);
    print("library", theirs);
    std::abort();
}

inline void compare(std::string_view field, const Bytes& ours, const Bytes& theirs) {
    if (ours != theirs) differ(field, ours, theirs);
}

inline void compare(std::string_view field, std::int64_t ours, std::optional<std::int64_t> theirs) {
    const auto bytes = [](std::int64_t number) {
        const std::string text = std::to_string(number);
        return Bytes(text.begin(), text.end());
    };
    if (theirs && ours != *theirs) differ(field, bytes(ours), bytes(*theirs));
}

inline void compare(std::string_view field, const CertificateFields& ours, GeneralName::Type type,
                    const std::optional<std::vector<Bytes>>& theirs) {
    if (!theirs) return;
    std::vector<Bytes> names;
    for (const GeneralName& name : ours.subject_alt_names)
        if (name.type == type) names.push_back(name.der);
    const std::size_t most = std::max(names.size(), theirs->size());
    names.resize(most);
    std::vector<Bytes> others = *theirs;
    others.resize(most);
    for (std::size_t i = 0; i < most; ++i) compare(field, names[i], others[i]);
}

/// The algorithm's OID and the bits of the key, which say all of it but a curve: parameters may be written in more than one way.
struct KeyContent {
    std::string algorithm;
    Bytes bits;
};

inline std::optional<KeyContent> key_content(const Bytes& spki) {
    core::DerFailure failure;
    core::DerReader document(spki, failure);
    core::DerReader info = document.sequence("subjectPublicKeyInfo");
    core::DerReader algorithm = info.sequence("algorithm");
    std::string oid = algorithm.oid("algorithm");
    const ConstBytes bits = info.octets_in_bit_string("subjectPublicKey");
    if (failure.failed()) return std::nullopt;
    return KeyContent{std::move(oid), Bytes(bits.begin(), bits.end())};
}

inline void compare_keys(const Bytes& ours, const Bytes& theirs) {
    if (theirs.empty() || ours == theirs) return;
    const auto mine = key_content(ours);
    const auto other = key_content(theirs);
    if (!mine || !other || mine->algorithm != other->algorithm || mine->bits != other->bits)
        differ("public key", ours, theirs);
}

/// Ends the program if `theirs`, which the library read in `der`, is not what omnitls reads there. True: both took it.
inline bool compare_certificate(ConstBytes der, const std::optional<LibraryCertificate>& theirs) {
    const auto certificate = Certificate::parse(der);
    if (!certificate || !theirs) return false;
    const CertificateFields& ours = certificate->fields();
    compare("serial", ours.serial, theirs->serial);
    compare("issuer", ours.issuer.der, theirs->issuer);
    compare("subject", ours.subject.der, theirs->subject);
    compare("notBefore", ours.not_before.time_since_epoch().count(), theirs->not_before);
    compare("notAfter", ours.not_after.time_since_epoch().count(), theirs->not_after);
    compare_keys(ours.spki, theirs->public_key);
    compare("dNSName", ours, GeneralName::Type::dns, theirs->dns_names);
    compare("iPAddress", ours, GeneralName::Type::ip, theirs->ip_addresses);
    const BasicConstraints basic = ours.basic_constraints.value_or(BasicConstraints{});
    if (theirs->ca) compare("cA", basic.ca ? 1 : 0, *theirs->ca ? 1 : 0);
    if (basic.ca) {
        compare("pathLenConstraint",
                basic.path_length ? std::int64_t{*basic.path_length} : std::int64_t{-1},
                theirs->path_length);
    }
    if (theirs->key_usage) compare("keyUsage", ours.key_usage.value_or(0), *theirs->key_usage);
    return true;
}

/// `read` is the library's: std::optional<LibraryCertificate>(const std::uint8_t*, std::size_t).
template <class Read>
void compare_certificate(const std::uint8_t* data, std::size_t size, Read read) {
    // Were this one not taken by both, nothing would be compared at all.
    static const bool compares = [&read] {
        const Bytes good = test::load_chain("leaf").front();
        return compare_certificate(good, read(good.data(), good.size()));
    }();
    if (!compares) std::abort();
    compare_certificate({data, size}, read(data, size));
}

}  // namespace omnitls::fuzz
