// SPDX-License-Identifier: BSL-1.0
// DANE (RFC 6698, RFC 7671): a server is judged by the TLSA records of its name. The records come from the program, which has a
// resolver that validates DNSSEC, or asks one on a path nobody can tamper with; nothing here speaks DNS (omnitls/unbound/tlsa_source.hpp does).
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>
#include <omnitls/verifier.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0 {

/// One TLSA record (RFC 6698 §2.1), with any numbers: which of them mean something is `usable`.
struct TlsaRecord {
    std::uint8_t usage = 0;          ///< 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE (RFC 7218).
    std::uint8_t selector = 0;       ///< 0 the whole certificate, 1 its SubjectPublicKeyInfo.
    std::uint8_t matching_type = 0;  ///< 0 the bytes themselves, 1 their SHA-256, 2 their SHA-512.
    Bytes data{};

    /// Reads "3 1 1 8d02..." (RFC 6698 §2.2): three numbers of at most 255, then hexadecimal digits, in which white space may stand.
    /// Errc::bad_input saying what was wanted. At most 65,532 bytes of data, since a record has no more; at least one.
    OMNITLS_API static Result<TlsaRecord> from_text(std::string_view text);
    /// Reads the RDATA of a record as it is on the wire.
    OMNITLS_API static Result<TlsaRecord> from_rdata(ConstBytes rdata);
    OMNITLS_API std::string to_text() const;

    /// Known numbers, and a digest of the right size (RFC 6698 §4.1). One that is not counts as not there.
    OMNITLS_API bool usable() const noexcept;

    friend bool operator==(const TlsaRecord&, const TlsaRecord&) = default;
};

/// What a look-up has found.
struct TlsaAnswer {
    enum class Status : std::uint8_t {
        secure,  ///< The records, validated.
        insecure,  ///< The zone is provably not signed; what was found does not count (RFC 6698 §4.1).
        bogus,       ///< Validation failed.
        no_records,  ///< Provably none.
        failed,      ///< Nothing is known: no answer, a timeout, an error of the server.
    };
    Status status = Status::failed;
    std::vector<TlsaRecord> records{};
    /// The name that the records were found at, without port and transport, if securely expanded aliases led elsewhere (RFC 7671 §7);
    /// empty: the name that was asked for. A certificate for either is good where names count.
    std::string base_domain{};
    /// For people, one line or empty: why validation failed, why nothing is known, which record was no TLSA record and so is not among
    /// `records`. What others have a say in is escaped (`escape_untrusted`). Ends the text of a rejection.
    std::string detail{};
};

/// Where the records come from. Usable from several connections at once.
class OMNITLS_API TlsaSource {
public:
    TlsaSource() = default;
    TlsaSource(const TlsaSource&) = delete;
    TlsaSource& operator=(const TlsaSource&) = delete;
    virtual ~TlsaSource() = default;
    /// Looks up the TLSA records of `name`, for example "_443._tcp.example.org", and calls `done` with what it found: now or later,
    /// on any thread; the first call counts. Dropping it, or throwing, rejects the peer. On the thread that drives the connection:
    /// do not block. `stop` stops when nobody waits any more.
    virtual void lookup(std::string name, std::stop_token stop,
                        std::function<void(TlsaAnswer)> done) = 0;
};

/// Has these records, securely, for every name: for records that the program has found beforehand.
OMNITLS_API std::shared_ptr<TlsaSource> fixed_tlsa(std::vector<TlsaRecord> records,
                                                   std::string base_domain = {});

struct DaneOptions {
    std::uint16_t port = 0;         ///< 0: `VerifyRequest::dial_port`.
    std::string transport = "tcp";  ///< "tcp", "udp", "sctp" (RFC 6698 §3).
    /// Whose records are looked up.
    enum class Base : std::uint8_t {
        reference_identity,  ///< Those of the first DNS-ID of the request.
        /// Those of `VerifyRequest::dial_address`, which is the target of an SRV record. Only where that record was found securely
        /// too (RFC 7673 §3.1): else whoever makes up the record makes up the server.
        dial_address,
    };
    Base base = Base::reference_identity;
    /// What becomes of a peer for which there is provably no usable record: an insecure zone, no records, none that is usable
    /// (RFC 6698 §4.1), or no host name to look up.
    enum class WithoutRecords : std::uint8_t {
        reject,
        baseline,  ///< As `baseline_verifier()` would have it.
    };
    WithoutRecords without_records = WithoutRecords::reject;
    /// PKIX-TA (0) and PKIX-EE (1) count. Between mail servers they count as not there (RFC 7672 §3.1.3).
    bool pkix_usages = true;

    /// For mail servers that bring mail to an exchanger (RFC 7672): the records of the host that is dialled, DANE-TA and DANE-EE only.
    /// Where the domain's MX records were found securely; see `starttls::smtp_mx_target`.
    OMNITLS_API static DaneOptions smtp_mx();
};

/// Accepts a server if one of its usable TLSA records does. Clients only: a server that asks this about its clients rejects them all.
///
/// * DANE-EE (3): the record matches the leaf. The record binds the key to the name and says how long, so the certificate's names and
///   dates and all authorities are excused (RFC 7671 §5.1): at the leaf `unknown_authority`, `self_signed`, `bad_signature`,
///   `name_constraints`, `expired`, `not_yet_valid`, `name_mismatch`; above it also `not_a_ca`, `path_length`, usages and unknown
///   extensions, since no path is needed. Not excused: weak keys and signatures, anything malformed or revoked, limits, the
///   library's veto, and what the leaf itself says it is not for.
/// * DANE-TA (2): the record matches a certificate that was sent above the leaf, or holds a whole one. All that do become the only
///   anchors, and the chain is judged again for the reference identities and the base domain (RFC 7671 §5.2). If nothing fails then,
///   exactly the failures of before are excused.
/// * PKIX-EE (1), PKIX-TA (0): the record matches the leaf, or a certificate above it on the path, *and* the baseline passes.
///
/// Bogus answers and failed look-ups always reject, whatever the options say. No match is Errc::unknown_authority. Of
/// records with the same usage and selector SHA-512 counts and SHA-256 does not (RFC 7671 §9). At most 64 records; more reject with
/// Errc::limit_exceeded. Evidence without a judge is a rejection, and so are a null source, a missing port,
/// and a base domain that is no host name.
OMNITLS_API std::shared_ptr<CertificateVerifier> dane(std::shared_ptr<TlsaSource> source,
                                                      DaneOptions options = {});

}  // namespace omnitls::inline v0
