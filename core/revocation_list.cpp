// SPDX-License-Identifier: BSL-1.0
// Reads CertificateList (RFC 5280 §5.1). Entries stay where they are in the DER; an index sorted by serial number finds them.
#include "core/certificate_algorithms.hpp"
#include "core/der_reader.hpp"
#include "core/distinguished_name.hpp"
#include "core/distribution_point.hpp"
#include <omnitls/revocation.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace omnitls::inline v0 {
namespace {

using core::DerElement;
using core::DerFailure;
using core::DerReader;
namespace der_tag = core::der_tag;

constexpr std::size_t kMaxList = std::size_t{64} * 1024 * 1024;
constexpr std::uint8_t kEnumerated = 0x0a;

// CRLReason (§5.3.1); 7 is not used. 8 stands in deltas only; here it is taken for a reason like any other.
constexpr std::array<std::string_view, 11> kReasons{
    "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
    "superseded",    "cessationOfOperation", "certificateHold", "unused",
    "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};

struct Row {
    ConstBytes serial;
    UtcTime date{};
    std::uint8_t reason = 0;
};

bool by_serial(ConstBytes a, ConstBytes b) noexcept {
    return std::ranges::lexicographical_compare(a, b);
}

/// One Extension; calls `read` with its OID and a reader of its value. `read` says whether it is processed.
template <class Read>
void read_extension(DerReader& list, std::string_view field, Read read) {
    const std::size_t start = list.offset();
    DerReader extension = list.sequence(field);
    const std::string oid = extension.oid(field);
    const bool critical = extension.next_is(der_tag::boolean) && extension.boolean(field);
    const DerElement value = extension.expect(der_tag::octet_string, field);
    extension.finish(field);
    if (!extension.ok()) return;
    DerReader inner = extension.inside(value);
    if (!read(oid, inner) && critical) {
        list.fail_at(start, field,
                     "the critical extension " + escape_untrusted(oid, 64) + " is not processed");
    }
}

bool read_entry_extension(const std::string& oid, DerReader& value, Row& row) {
    constexpr std::string_view kField = "reasonCode";
    if (oid != "2.5.29.21") return oid == "2.5.29.24";  // invalidityDate: of no meaning here
    const ConstBytes reason = value.integer(kField, kEnumerated);
    value.finish(kField);
    if (!value.ok()) return true;
    if (reason.size() != 1 || reason[0] >= kReasons.size())
        value.fail(kField, "no reason of RFC 5280 §5.3.1");
    else
        row.reason = reason[0];
    return true;
}

Row read_entry(DerReader& list) {
    constexpr std::string_view kField = "revokedCertificates";
    Row row;
    DerReader entry = list.sequence(kField);
    row.serial = entry.integer("userCertificate");
    row.date = entry.time("revocationDate");
    if (!entry.at_end()) {
        DerReader extensions = entry.sequence("crlEntryExtensions");
        while (!extensions.at_end()) {
            read_extension(extensions, "crlEntryExtensions",
                           [&](const std::string& oid, DerReader& value) {
                               return read_entry_extension(oid, value, row);
                           });
        }
    }
    entry.finish(kField);
    return row;
}

/// BOOLEAN with a context tag: present and true.
bool read_flag(DerReader& reader, unsigned tag, std::string_view field) {
    if (!reader.next_is(der_tag::context(tag))) return false;
    const DerElement element = reader.expect(der_tag::context(tag), field);
    if (element.content.size() != 1 || (element.content[0] != 0xff && element.content[0] != 0))
        reader.fail_at(element.offset, field, "no BOOLEAN");
    return reader.ok() && element.content[0] == 0xff;
}

/// IssuingDistributionPoint (§5.2.5).
void read_issuing_distribution_point(DerReader& value, RevocationListFields& fields) {
    constexpr std::string_view kField = "issuingDistributionPoint";
    const std::size_t start = value.offset();
    DerReader point = value.sequence(kField);
    const bool partial = point.next_is(der_tag::context_constructed(0));
    if (partial) core::read_distribution_point_name(point, fields.distribution_points, kField);
    if (point.ok() && partial && fields.distribution_points.empty())
        point.fail_at(start, kField, "a name relative to the issuer is not processed");
    fields.only_user_certificates = read_flag(point, 1, kField);
    fields.only_authority_certificates = read_flag(point, 2, kField);
    if (point.next_is(der_tag::context(3)))
        point.fail(kField, "a list for some reasons only is not processed");
    if (read_flag(point, 4, kField))
        point.fail_at(start, kField, "an indirect list is not processed");
    if (read_flag(point, 5, kField))
        point.fail_at(start, kField, "a list of attribute certificates is not processed");
    point.finish(kField);
}

bool read_list_extension(const std::string& oid, DerReader& value, RevocationListFields& fields) {
    if (oid == "2.5.29.20") {
        const ConstBytes number = value.integer("cRLNumber");
        fields.number.assign(number.begin(), number.end());
        value.finish("cRLNumber");
        return true;
    }
    if (oid == "2.5.29.28") {
        read_issuing_distribution_point(value, fields);
        value.finish("issuingDistributionPoint");
        return true;
    }
    if (oid == "2.5.29.27") value.fail("deltaCRLIndicator", "a delta list is not processed");
    return oid == "2.5.29.35";  // authorityKeyIdentifier: a hint; the signature tells
}

/// Version, signature, issuer and dates; what is left are entries and extensions.
void read_head(DerReader& tbs, RevocationListFields& fields, bool& extended) {
    if (tbs.next_is(der_tag::integer)) {
        const std::size_t start = tbs.offset();
        const std::uint32_t version = tbs.small_integer("version");
        if (tbs.ok() && version != 1)
            tbs.fail_at(start, "version", "expected 1, found " + std::to_string(version));
        extended = true;
    }
    CertificateFields signature;
    core::read_signature_fields(tbs, signature, "tbsCertList.signature");
    fields.signature_algorithm_oid = std::move(signature.signature_algorithm_oid);
    fields.signature_hash = std::move(signature.signature_hash);
    fields.signature_algorithm = std::move(signature.signature_algorithm);
    fields.issuer = core::read_name(tbs, "issuer");
    fields.this_update = tbs.time("thisUpdate");
    if (!tbs.next_is(der_tag::utc_time) && !tbs.next_is(der_tag::generalized_time))
        tbs.fail("nextUpdate", "it is missing (RFC 5280 §5.1.2.5)");
    fields.next_update = tbs.time("nextUpdate");
}

void read_tbs(DerReader tbs, RevocationListFields& fields, std::vector<Row>& rows) {
    bool extended = false;
    read_head(tbs, fields, extended);
    if (tbs.next_is(der_tag::sequence)) {
        DerReader entries = tbs.sequence("revokedCertificates");
        while (!entries.at_end()) rows.push_back(read_entry(entries));
    }
    if (extended && tbs.next_is(der_tag::context_constructed(0))) {
        DerReader outer = tbs.enter(der_tag::context_constructed(0), "crlExtensions");
        DerReader extensions = outer.sequence("crlExtensions");
        outer.finish("crlExtensions");
        while (!extensions.at_end()) {
            read_extension(extensions, "crlExtensions",
                           [&](const std::string& oid, DerReader& value) {
                               return read_list_extension(oid, value, fields);
                           });
        }
    }
    tbs.finish("tbsCertList");
}

void read_list(DerReader& document, RevocationListFields& fields, std::vector<Row>& rows) {
    DerReader list = document.sequence("revocation list");
    document.finish("revocation list");
    const DerElement tbs = list.expect(der_tag::sequence, "tbsCertList");
    fields.tbs = tbs.whole;
    read_tbs(list.inside(tbs), fields, rows);
    const DerElement algorithm = list.expect(der_tag::sequence, "signatureAlgorithm");
    if (list.ok() && as_text(algorithm.whole) != as_text(fields.signature_algorithm))
        list.fail_at(algorithm.offset, "signatureAlgorithm",
                     "not the same as tbsCertList.signature");
    const ConstBytes signature = list.octets_in_bit_string("signatureValue");
    fields.signature.assign(signature.begin(), signature.end());
    list.finish("revocation list");
}

}  // namespace

struct RevocationList::Data {
    Bytes der;
    RevocationListFields fields;
    std::vector<Row> rows;  ///< By serial number; views of `der`.
};

Result<RevocationList> RevocationList::parse(ConstBytes der) {
    if (der.size() > kMaxList) {
        return make_error(Errc::bad_input,
                          "malformed revocation list: " + std::to_string(der.size()) +
                              " bytes, more than the limit of " + std::to_string(kMaxList));
    }
    auto data = std::make_shared<Data>();
    data->der.assign(der.begin(), der.end());
    DerFailure failure;
    DerReader document{data->der, failure};
    read_list(document, data->fields, data->rows);
    if (failure.failed()) return failure.to_error("revocation list");
    std::ranges::sort(data->rows, by_serial, &Row::serial);
    return RevocationList{std::move(data)};
}

const RevocationListFields& RevocationList::fields() const& noexcept { return data_->fields; }
std::size_t RevocationList::size() const noexcept { return data_->rows.size(); }

std::optional<RevocationList::Entry> RevocationList::find(ConstBytes serial) const noexcept {
    const auto& rows = data_->rows;
    const auto row = std::ranges::lower_bound(rows, serial, by_serial, &Row::serial);
    if (row == rows.end() || by_serial(serial, row->serial)) return std::nullopt;
    return Entry{row->date, kReasons[row->reason]};
}

std::string RevocationList::describe() const {
    return "the list of \"" + fields().issuer.to_string() + "\" of " +
           to_rfc3339(fields().this_update);
}

}  // namespace omnitls::inline v0
