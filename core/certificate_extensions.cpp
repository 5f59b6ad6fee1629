// SPDX-License-Identifier: BSL-1.0
#include "core/certificate_extensions.hpp"

#include "core/distribution_point.hpp"
#include "core/general_name.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace omnitls::inline v0::core {
namespace {

/// At most kMaxNames, over all extensions together.
bool count_name(DerReader& reader, CertificateFields& fields, std::string_view field) {
    std::size_t names = fields.subject_alt_names.size();
    if (fields.name_constraints) {
        names +=
            fields.name_constraints->permitted.size() + fields.name_constraints->excluded.size();
    }
    if (names < kMaxNames) return true;
    reader.fail(field, "more than " + std::to_string(kMaxNames) + " names");
    return false;
}

/// RFC 5280 says "SIZE (1..MAX)" of every list below.
void refuse_empty(DerReader& list, std::string_view field) {
    if (list.ok() && list.at_end()) list.fail(field, "an empty list");
}

void read_subject_alt_name(DerReader& value, CertificateFields& fields) {
    constexpr std::string_view kField = "subjectAltName";
    DerReader names = value.sequence(kField);
    fields.has_subject_alt_name = true;
    refuse_empty(names, kField);
    while (!names.at_end()) {
        GeneralName name = read_general_name(names, NameUse::presented, kField);
        if (!names.ok() || !count_name(names, fields, kField)) return;
        fields.subject_alt_names.push_back(std::move(name));
    }
}

void read_key_usage(DerReader& value, CertificateFields& fields) {
    constexpr unsigned kDefined = 9;
    const DerBitString bits = value.bit_string("keyUsage");
    std::uint16_t mask = 0;
    for (unsigned i = 0; i < std::min<std::size_t>(bits.bytes.size() * 8, kDefined); ++i) {
        // Bit 0 of a named BIT STRING is the highest of its first byte (X.690 §8.6.2).
        const bool set = (bits.bytes[i / 8] & (0x80U >> (i % 8))) != 0;
        if (set) mask = static_cast<std::uint16_t>(mask | (1U << i));
    }
    fields.key_usage = mask;
}

void read_extended_key_usage(DerReader& value, CertificateFields& fields) {
    constexpr std::string_view kField = "extKeyUsage";
    DerReader purposes = value.sequence(kField);
    refuse_empty(purposes, kField);
    std::vector<std::string> oids;
    while (!purposes.at_end()) {
        oids.push_back(purposes.oid(kField));
        if (oids.size() > kMaxKeyPurposes) {
            purposes.fail(kField, "more than " + std::to_string(kMaxKeyPurposes) + " purposes");
        }
    }
    fields.extended_key_usage = std::move(oids);
}

void read_basic_constraints(DerReader& value, CertificateFields& fields) {
    constexpr std::string_view kField = "basicConstraints";
    DerReader sequence = value.sequence(kField);
    BasicConstraints constraints;
    // DER leaves the default FALSE out (X.690 §11.5), but certificates that write it are common.
    if (sequence.next_is(der_tag::boolean))
        constraints.ca = sequence.boolean("basicConstraints.cA");
    if (!sequence.at_end()) {
        constraints.path_length = sequence.small_integer("basicConstraints.pathLenConstraint");
    }
    sequence.finish(kField);
    fields.basic_constraints = constraints;
}

void read_subtrees(DerReader subtrees, CertificateFields& fields, std::vector<GeneralName>& names) {
    constexpr std::string_view kField = "nameConstraints";
    refuse_empty(subtrees, kField);
    while (!subtrees.at_end()) {
        DerReader subtree = subtrees.sequence(kField);
        GeneralName name = read_general_name(subtree, NameUse::constraint, kField);
        // §4.2.1.10: minimum is 0 and maximum is absent. An explicit 0 is harmless.
        if (subtree.next_is(der_tag::context(0)) &&
            subtree.small_integer("nameConstraints.minimum", der_tag::context(0)) != 0) {
            subtree.fail("nameConstraints.minimum", "not zero");
        }
        subtree.finish(kField);
        if (!subtree.ok() || !count_name(subtree, fields, kField)) return;
        names.push_back(std::move(name));
    }
}

void read_name_constraints(DerReader& value, CertificateFields& fields) {
    constexpr std::string_view kField = "nameConstraints";
    DerReader sequence = value.sequence(kField);
    NameConstraints& constraints = fields.name_constraints.emplace();
    refuse_empty(sequence, kField);
    if (sequence.next_is(der_tag::context_constructed(0))) {
        read_subtrees(sequence.enter(der_tag::context_constructed(0), kField), fields,
                      constraints.permitted);
    }
    if (sequence.next_is(der_tag::context_constructed(1))) {
        read_subtrees(sequence.enter(der_tag::context_constructed(1), kField), fields,
                      constraints.excluded);
    }
    sequence.finish(kField);
}

void read_subject_key_id(DerReader& value, CertificateFields& fields) {
    const ConstBytes id = value.octet_string("subjectKeyIdentifier");
    fields.subject_key_id.assign(id.begin(), id.end());
}

void read_authority_key_id(DerReader& value, CertificateFields& fields) {
    constexpr std::string_view kField = "authorityKeyIdentifier";
    DerReader sequence = value.sequence(kField);
    if (sequence.next_is(der_tag::context(0))) {
        const ConstBytes id = sequence.expect(der_tag::context(0), kField).content;
        fields.authority_key_id.assign(id.begin(), id.end());
    }
    // authorityCertIssuer and authorityCertSerialNumber are hints that nothing here uses.
    if (sequence.next_is(der_tag::context_constructed(1))) sequence.any(kField);
    if (sequence.next_is(der_tag::context(2))) sequence.integer(kField, der_tag::context(2));
    sequence.finish(kField);
}

/// DistributionPoint: one that is for some reasons only, or whose lists another authority signs, is of no use here.
void read_distribution_point(DerReader& points, CertificateFields& fields) {
    constexpr std::string_view kField = "cRLDistributionPoints";
    DerReader point = points.sequence(kField);
    std::vector<GeneralName> names;
    if (point.next_is(der_tag::context_constructed(0)))
        read_distribution_point_name(point, names, kField);
    const bool whole = point.at_end();
    if (point.next_is(der_tag::context(1))) point.any(kField);
    if (point.next_is(der_tag::context_constructed(2))) point.any(kField);
    point.finish(kField);
    if (whole)
        std::move(names.begin(), names.end(), std::back_inserter(fields.distribution_points));
    if (fields.distribution_points.size() > max_distribution_points)
        points.fail(kField, "more than " + std::to_string(max_distribution_points) + " names");
}

void read_distribution_points(DerReader& value, CertificateFields& fields) {
    constexpr std::string_view kField = "cRLDistributionPoints";
    DerReader points = value.sequence(kField);
    refuse_empty(points, kField);
    while (!points.at_end()) read_distribution_point(points, fields);
}

struct ExtensionRow {
    std::string_view oid;
    std::string_view name;
    void (*read)(DerReader& value, CertificateFields& fields);
    /// Only a hint to us: an issuer that makes it critical wants more of it than we do.
    bool hint = false;
};

// What omnitls processes; the rest may be present, but not critical. Of policies (certificatePolicies, policyMappings,
// policyConstraints, inhibitAnyPolicy) nothing is processed: RFC 5280 §6.1 leaves a path with a critical one unaccepted then.
constexpr std::array kExtensions{
    ExtensionRow{"2.5.29.14", "subjectKeyIdentifier", read_subject_key_id},
    ExtensionRow{"2.5.29.15", "keyUsage", read_key_usage},
    ExtensionRow{"2.5.29.17", "subjectAltName", read_subject_alt_name},
    ExtensionRow{"2.5.29.19", "basicConstraints", read_basic_constraints},
    ExtensionRow{"2.5.29.30", "nameConstraints", read_name_constraints},
    ExtensionRow{"2.5.29.31", "cRLDistributionPoints", read_distribution_points, true},
    ExtensionRow{"2.5.29.35", "authorityKeyIdentifier", read_authority_key_id},
    ExtensionRow{"2.5.29.37", "extKeyUsage", read_extended_key_usage},
};

/// Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue OCTET STRING }
void read_extension(DerReader& reader, CertificateFields& fields) {
    const std::size_t start = reader.offset();
    DerReader extension = reader.sequence("extension");
    std::string oid = extension.oid("extension.extnID");
    // As in basicConstraints: an explicit FALSE is an encoding error that is common.
    const bool critical =
        extension.next_is(der_tag::boolean) && extension.boolean("extension.critical");
    const DerElement value = extension.expect(der_tag::octet_string, "extension.extnValue");
    extension.finish("extension");
    if (!extension.ok()) return;
    if (std::find(fields.extensions.begin(), fields.extensions.end(), oid) !=
        fields.extensions.end()) {
        extension.fail_at(start, "extension", "a second " + escape_untrusted(oid, 64));
        return;
    }
    const auto row = std::find_if(kExtensions.begin(), kExtensions.end(),
                                  [&](const ExtensionRow& known) { return known.oid == oid; });
    if (row != kExtensions.end()) {
        DerReader inner = extension.inside(value);
        row->read(inner, fields);
        inner.finish(row->name);
    }
    if (critical && (row == kExtensions.end() || row->hint))
        fields.unknown_critical_extensions.push_back(oid);
    fields.extensions.push_back(std::move(oid));
}

}  // namespace

void read_extensions(DerReader& reader, CertificateFields& fields) {
    constexpr std::string_view kField = "extensions";
    DerReader list = reader.sequence(kField);
    refuse_empty(list, kField);
    while (!list.at_end()) {
        if (fields.extensions.size() == kMaxExtensions) {
            list.fail(kField, "more than " + std::to_string(kMaxExtensions) + " extensions");
            return;
        }
        read_extension(list, fields);
    }
}

}  // namespace omnitls::inline v0::core
