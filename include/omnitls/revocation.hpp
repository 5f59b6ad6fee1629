// SPDX-License-Identifier: BSL-1.0
// Certificate revocation lists (RFC 5280 §5), read by omnitls' own strict reader and judged by core, so that a list means the
// same on every backend. Lists are given by the program; nothing is fetched.
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0 {

/// What is asked of revocation lists. A certificate that a list names as revoked is refused in either case, also by a list whose
/// dates have passed.
enum class Revocation : std::uint8_t {
    if_available,  ///< A certificate that no current list is about is not refused for that.
    required,      ///< Each certificate below the anchor needs a current list of its issuer.
};

/// What one list says, but for its entries.
struct RevocationListFields {
    DistinguishedName issuer;
    UtcTime this_update{};
    UtcTime next_update{};
    Bytes number;                         ///< cRLNumber, big endian; empty without the extension.
    bool only_user_certificates = false;  ///< issuingDistributionPoint (RFC 5280 §5.2.5).
    bool only_authority_certificates = false;  ///< issuingDistributionPoint.
    /// The list is only about certificates that name one of these as their distribution point; empty: about all of the issuer.
    std::vector<GeneralName> distribution_points;
    std::string signature_algorithm_oid;
    std::string signature_hash;  ///< As in `CertificateFields`.
    Bytes signature_algorithm;   ///< DER AlgorithmIdentifier.
    Bytes signature;
    ConstBytes tbs;  ///< The bytes that are signed; lives as long as the list.
};

/// One certificate revocation list. A cheap handle on shared, immutable data: any thread.
class OMNITLS_API RevocationList {
public:
    /// What a list says of one certificate.
    struct Entry {
        UtcTime date{};
        std::string_view
            reason;  ///< As in RFC 5280 §5.3.1, e.g. "keyCompromise"; "unspecified" without one.
    };

    /// Reads one DER list, strictly. Errc::bad_input naming the field and the byte offset; also for lists that would have to be
    /// read together with others: deltas, indirect ones, those for some reasons only or with a critical extension nobody here
    /// processes. Bounded: 64 MiB.
    static Result<RevocationList> parse(ConstBytes der);

    const RevocationListFields& fields() const& noexcept;
    RevocationListFields fields() && = delete;
    std::size_t size() const noexcept;  ///< Number of entries.
    /// What it says of the certificate with this serial number (as `CertificateFields::serial`); nullopt: not revoked.
    std::optional<Entry> find(ConstBytes serial) const noexcept;
    /// "the list of "CN=Example" of 2025-02-01T00:00:00Z": for messages, safe to print.
    std::string describe() const;

private:
    struct Data;
    explicit RevocationList(std::shared_ptr<const Data> data) noexcept : data_(std::move(data)) {}
    std::shared_ptr<const Data> data_;
};

/// The lists a program has. A value, cheap to copy.
class OMNITLS_API RevocationLists {
public:
    RevocationLists() = default;
    /// All X509 CRL blocks of a PEM text (RFC 7468 §6), or one list in DER. Errc::bad_input if there is none or one cannot be read.
    static Result<RevocationLists> from_text(std::string_view text,
                                             const std::string& source = "revocation lists");
    /// The same of a file of at most 64 MiB.
    static Result<RevocationLists> from_file(const std::string& path);
    static RevocationLists of(std::vector<RevocationList> lists);

    const std::vector<RevocationList>& lists() const& noexcept;
    std::vector<RevocationList> lists() &&;
    bool empty() const noexcept { return lists().empty(); }

private:
    std::shared_ptr<const std::vector<RevocationList>> lists_;
};

}  // namespace omnitls::inline v0
