// SPDX-License-Identifier: BSL-1.0
// Builds certificate revocation lists (RFC 5280 §5.1) by hand, right or wrong; signed for the FakeCrypto of certificate_builder.hpp.
#pragma once

#include "tests/support/certificate_builder.hpp"
#include <omnitls/revocation.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace omnitls::test {

/// One Extension, with what its OCTET STRING holds.
inline Bytes list_extension(const std::string& oid, bool critical, const Bytes& value) {
    const Bytes flag = critical ? der::tlv(0x01, Bytes{0xff}) : Bytes{};
    return der::tlv(0x30, der::concat({der::oid(oid), flag, der::tlv(0x04, value)}));
}

/// What a list should be. The default is current at `judged_at`, of "root", and names nobody.
struct ListSpec {
    struct Entry {
        Bytes serial{1};
        std::vector<Bytes> extensions{};
        std::string date = "290101000000Z";
    };
    std::string issuer = "root";
    std::string signed_by = "root-key";
    std::string this_update = "291201000000Z";  ///< UTCTime.
    std::string next_update = "300201000000Z";  ///< Empty: none.
    std::string algorithm = "1.2.840.10045.4.3.2";
    std::string outer_algorithm{};  ///< Empty: the same.
    Bytes version{1};               ///< Empty: none.
    std::vector<Entry> entries{};
    std::vector<Bytes> extensions{};
};

inline Bytes build_list_der(const ListSpec& spec) {
    using der::concat, der::tlv;
    const auto time = [](const std::string& text) {
        return text.empty() ? Bytes{} : tlv(0x17, as_bytes(text));
    };
    const auto algorithm = [](const std::string& oid) { return tlv(0x30, der::oid(oid)); };
    std::vector<Bytes> entries;
    for (const ListSpec::Entry& entry : spec.entries) {
        const Bytes extensions =
            entry.extensions.empty() ? Bytes{} : tlv(0x30, concat(entry.extensions));
        entries.push_back(
            tlv(0x30, concat({tlv(0x02, entry.serial), time(entry.date), extensions})));
    }
    const Bytes tbs = tlv(
        0x30,
        concat(
            {spec.version.empty() ? Bytes{} : tlv(0x02, spec.version), algorithm(spec.algorithm),
             der::name({{"2.5.4.3", spec.issuer}}), time(spec.this_update), time(spec.next_update),
             entries.empty() ? Bytes{} : tlv(0x30, concat(entries)),
             spec.extensions.empty() ? Bytes{} : tlv(0xa0, tlv(0x30, concat(spec.extensions)))}));
    const std::string signature = std::string(1, '\0') + "[" + spec.signed_by + "]";
    const std::string& outer = spec.outer_algorithm.empty() ? spec.algorithm : spec.outer_algorithm;
    return tlv(0x30, concat({tbs, algorithm(outer), tlv(0x03, as_bytes(signature))}));
}

/// Throws std::logic_error with the reader's words if the result cannot be read.
inline RevocationList build_list(const ListSpec& spec) {
    auto list = RevocationList::parse(build_list_der(spec));
    if (!list) throw std::logic_error(list.error().what);
    return *std::move(list);
}

}  // namespace omnitls::test
