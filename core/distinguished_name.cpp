// SPDX-License-Identifier: BSL-1.0
#include "core/distinguished_name.hpp"

#include "core/der_text.hpp"

#include <algorithm>
#include <array>

namespace omnitls::inline v0 {
namespace {

constexpr std::size_t kMaxAttributes = 100;
constexpr std::size_t kMaxPrintedValue = 128;
constexpr std::size_t kMaxPrinted = 512;

constexpr std::string_view kCommonName = "2.5.4.3";

struct AttributeName {
    std::string_view oid;
    std::string_view name;
};

// RFC 4514 §3, RFC 4519, and e-mail as everybody prints it.
constexpr std::array kAttributeNames{
    AttributeName{kCommonName, "CN"},
    AttributeName{"2.5.4.4", "SN"},
    AttributeName{"2.5.4.5", "serialNumber"},
    AttributeName{"2.5.4.6", "C"},
    AttributeName{"2.5.4.7", "L"},
    AttributeName{"2.5.4.8", "ST"},
    AttributeName{"2.5.4.9", "STREET"},
    AttributeName{"2.5.4.10", "O"},
    AttributeName{"2.5.4.11", "OU"},
    AttributeName{"2.5.4.12", "title"},
    AttributeName{"2.5.4.42", "GN"},
    AttributeName{"0.9.2342.19200300.100.1.1", "UID"},
    AttributeName{"0.9.2342.19200300.100.1.25", "DC"},
    AttributeName{"1.2.840.113549.1.9.1", "emailAddress"},
};

/// The short name, or the dotted OID cut to what fits a message.
std::string attribute_label(const std::string& oid) {
    for (const AttributeName& row : kAttributeNames) {
        if (row.oid == oid) return std::string{row.name};
    }
    return escape_untrusted(oid, 64);
}

/// RFC 4514 §2.4: what would end or split a value gets a backslash, after the unprintable has been escaped.
std::string printed_value(const std::string& value) {
    std::string out;
    for (const char c : escape_untrusted(value, kMaxPrintedValue)) {
        if (std::string_view{",+\"=<>;"}.find(c) != std::string_view::npos) out.push_back('\\');
        out.push_back(c);
    }
    return out;
}

}  // namespace

namespace core {
namespace {

/// One RelativeDistinguishedName: a SET of one or more attributes.
void read_relative_name(DerReader relative, DistinguishedName& name, std::string_view field) {
    if (relative.ok() && relative.at_end()) relative.fail(field, "an empty SET");
    while (!relative.at_end()) {
        DerReader pair = relative.sequence(field);
        const std::string oid = pair.oid(field);
        const DerElement value = pair.any(field);
        pair.finish(field);
        if (!pair.ok()) return;
        if (name.attributes.size() == kMaxAttributes) {
            pair.fail(field, "more than " + std::to_string(kMaxAttributes) + " attributes");
            return;
        }
        name.attributes.push_back({oid, decode_string(value).value_or("#" + to_hex(value.whole))});
    }
}

}  // namespace

DistinguishedName read_name(DerReader& reader, std::string_view field) {
    const DerElement whole = reader.expect(der_tag::sequence, field);
    DistinguishedName name;
    name.der.assign(whole.whole.begin(), whole.whole.end());
    DerReader relatives = reader.inside(whole);
    while (!relatives.at_end()) {
        read_relative_name(relatives.enter(der_tag::set, field), name, field);
    }
    return name;
}

}  // namespace core

std::string DistinguishedName::to_string() const {
    std::string out;
    // Most specific first (RFC 4514 §2.1); certificates have it the other way round.
    for (auto attribute = attributes.rbegin(); attribute != attributes.rend(); ++attribute) {
        std::string piece = attribute_label(attribute->oid) + "=" + printed_value(attribute->value);
        if (!out.empty()) piece.insert(0, ", ");
        if (out.size() + piece.size() + 5 > kMaxPrinted) return out + ", ...";
        out += piece;
    }
    return out;
}

std::string DistinguishedName::common_name() const {
    const auto found = std::find_if(attributes.rbegin(), attributes.rend(),
                                    [](const Attribute& a) { return a.oid == kCommonName; });
    return found == attributes.rend() ? std::string{} : found->value;
}

}  // namespace omnitls::inline v0
