// SPDX-License-Identifier: BSL-1.0
// Builds DER by hand, right or wrong, so that a test can change one property of a good certificate and nothing else.
// Nothing here is signed: signatures are bytes like any other. For chains that verify use certs.hpp.
#pragma once

#include <omnitls/bytes.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::test::der {

/// One after the other.
inline Bytes cat(std::initializer_list<Bytes> parts) {
    Bytes out;
    for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

inline Bytes text(std::string_view characters) {
    const ConstBytes view = as_bytes(characters);
    return {view.begin(), view.end()};
}

/// Identifier, shortest length, content.
inline Bytes tlv(std::uint8_t tag, const Bytes& content) {
    Bytes out{tag};
    const std::size_t size = content.size();
    if (size < 0x80) {
        out.push_back(static_cast<std::uint8_t>(size));
    } else {
        Bytes octets;
        for (std::size_t rest = size; rest != 0; rest >>= 8U) {
            octets.insert(octets.begin(), static_cast<std::uint8_t>(rest & 0xffU));
        }
        out.push_back(static_cast<std::uint8_t>(0x80U | octets.size()));
        out.insert(out.end(), octets.begin(), octets.end());
    }
    out.insert(out.end(), content.begin(), content.end());
    return out;
}

inline Bytes tlv(std::uint8_t tag, std::string_view content) { return tlv(tag, text(content)); }
inline Bytes seq(std::initializer_list<Bytes> parts) { return tlv(0x30, cat(parts)); }
inline Bytes set(std::initializer_list<Bytes> parts) { return tlv(0x31, cat(parts)); }

/// Dotted decimal with arcs below 2^32.
inline Bytes oid(const std::string& dotted) {
    std::vector<std::uint64_t> arcs;
    std::size_t from = 0;
    while (from <= dotted.size()) {
        const std::size_t dot = std::min(dotted.find('.', from), dotted.size());
        arcs.push_back(std::stoull(dotted.substr(from, dot - from)));
        from = dot + 1;
    }
    arcs.at(1) += arcs.at(0) * 40;
    Bytes content;
    for (std::size_t i = 1; i < arcs.size(); ++i) {
        Bytes octets{static_cast<std::uint8_t>(arcs[i] & 0x7fU)};
        for (std::uint64_t rest = arcs[i] >> 7U; rest != 0; rest >>= 7U) {
            octets.insert(octets.begin(), static_cast<std::uint8_t>(0x80U | (rest & 0x7fU)));
        }
        content.insert(content.end(), octets.begin(), octets.end());
    }
    return tlv(0x06, content);
}

inline Bytes boolean(bool value) {
    return tlv(0x01, Bytes{static_cast<std::uint8_t>(value ? 0xff : 0x00)});
}
/// Content as given.
inline Bytes integer(const Bytes& content) { return tlv(0x02, content); }
/// Whole bytes.
inline Bytes bit_string(const Bytes& content) { return tlv(0x03, cat({Bytes{0}, content})); }
inline Bytes octet_string(const Bytes& content) { return tlv(0x04, content); }

/// A Name of one attribute.
inline Bytes name(const Bytes& value, const std::string& type = "2.5.4.3") {
    return seq({set({seq({oid(type), value})})});
}
inline Bytes name(std::string_view common_name) { return name(tlv(0x0c, common_name)); }

inline Bytes extension(const std::string& id, const Bytes& value, bool critical = false) {
    return critical ? seq({oid(id), boolean(true), octet_string(value)})
                    : seq({oid(id), octet_string(value)});
}

/// The pieces of a certificate. As made: a good one with a P-256 key, ECDSA with SHA-256 and one DNS name.
struct CertificateParts {
    Bytes version = tlv(0xa0, integer({2}));
    Bytes serial = integer({0x0a, 0x1b});
    Bytes algorithm = seq({oid("1.2.840.10045.4.3.2")});
    Bytes issuer = name("issuer.test");
    Bytes validity = seq({tlv(0x17, "200101000000Z"), tlv(0x17, "491231235959Z")});
    Bytes subject = name("subject.test");
    Bytes spki = seq({seq({oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")}),
                      bit_string(cat({Bytes{4}, Bytes(64, 0x5a)}))});
    Bytes unique_ids;
    /// The content of the extensions' SEQUENCE; empty: no extensions at all.
    Bytes extensions = extension("2.5.29.17", seq({tlv(0x82, "subject.test")}));
    Bytes outer_algorithm = algorithm;
    Bytes signature = bit_string(Bytes(8, 0x77));

    Bytes tbs() const {
        const Bytes list = extensions.empty() ? Bytes{} : tlv(0xa3, tlv(0x30, extensions));
        return seq({version, serial, algorithm, issuer, validity, subject, spki, unique_ids, list});
    }
    Bytes build() const { return seq({tbs(), outer_algorithm, signature}); }

    /// The good certificate with these extensions instead.
    static Bytes with_extensions(std::initializer_list<Bytes> list) {
        CertificateParts parts;
        parts.extensions = cat(list);
        return parts.build();
    }
};

}  // namespace omnitls::test::der
