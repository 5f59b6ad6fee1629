// SPDX-License-Identifier: BSL-1.0
// Who somebody is: the names a peer must have (`ReferenceIdentity`, RFC 9525), and this side's own certificate and key.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/certificate.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::inline v0 {

/// A name the peer's certificate must be for (RFC 9525 §6.1). Made by its factories only, which check and normalise it:
/// lower case, A-labels (a U-label is an error), one trailing dot stripped, addresses as bytes.
/// Here and below: what would be a reference into a temporary is given by value, or not at all.
class OMNITLS_API ReferenceIdentity {
public:
    enum class Type : std::uint8_t { dns, ip, srv, uri, xmpp_addr };

    /// DNS-ID: "example.org". Errc::bad_input for empty or over-long labels, wildcards, addresses, non-ASCII.
    static Result<ReferenceIdentity> dns(std::string_view host);
    /// IP-ID: "192.0.2.1" or "2001:db8::1", no brackets, no zone.
    static Result<ReferenceIdentity> ip(std::string_view address);
    /// SRV-ID (RFC 4985): service "xmpp-client", name "example.org" stands for "_xmpp-client.example.org".
    static Result<ReferenceIdentity> srv(std::string_view service, std::string_view name);
    /// URI-ID (RFC 9525 §6.4): scheme "sip", host "example.org".
    static Result<ReferenceIdentity> uri(std::string_view scheme, std::string_view host);
    /// XmppAddr (RFC 6120 §13.7.1.4): a bare JID or domain, compared as a whole.
    static Result<ReferenceIdentity> xmpp_addr(std::string_view address);
    /// An address becomes an IP-ID, everything else a DNS-ID.
    static Result<ReferenceIdentity> host(std::string_view host_or_address);
    /// What `to_string` gives; a text without one of its prefixes is a host or an address.
    static Result<ReferenceIdentity> from_text(std::string_view text);

    Type type() const noexcept { return type_; }
    /// dns, uri: the host; ip: the printed address; srv: "_service.name"; xmpp_addr: the address.
    const std::string& value() const& noexcept { return value_; }
    std::string value() && noexcept { return std::move(value_); }
    /// uri: the scheme; srv: the service without "_"; else empty.
    const std::string& qualifier() const& noexcept { return qualifier_; }
    std::string qualifier() && noexcept { return std::move(qualifier_); }
    /// ip: 4 or 16 bytes; else empty.
    const Bytes& address() const& noexcept { return address_; }
    Bytes address() && noexcept { return std::move(address_); }
    /// "DNS:example.org", "IP:192.0.2.1", "SRV:_xmpp-client.example.org", "URI:sip:example.org", "XMPP:a@example.org".
    std::string to_string() const;

    friend bool operator==(const ReferenceIdentity&, const ReferenceIdentity&) = default;

private:
    ReferenceIdentity() = default;
    Type type_ = Type::dns;
    std::string value_;
    std::string qualifier_;
    Bytes address_;
};

/// Bytes that are wiped when they go: private keys, secrets. Copying copies the secret.
class OMNITLS_API SecretBytes {
public:
    SecretBytes() = default;
    explicit SecretBytes(ConstBytes bytes) : bytes_(bytes.begin(), bytes.end()) {}
    SecretBytes(const SecretBytes&) = default;
    SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) {
        other.bytes_.clear();
    }
    SecretBytes& operator=(SecretBytes other) noexcept {
        bytes_.swap(other.bytes_);
        return *this;
    }
    ~SecretBytes();

    ConstBytes bytes() const noexcept { return bytes_; }
    MutableBytes bytes() noexcept { return bytes_; }
    bool empty() const noexcept { return bytes_.empty(); }

private:
    Bytes bytes_;
};

/// This side's certificate chain and private key. A value; the key is wiped on destruction.
/// Only the form is checked here (PEM, DER, parseable leaf). Whether its certificates are strong enough (RSA 2048, EC 256, SHA-256)
/// and whether key and certificate belong together is checked when a context is made (Errc::bad_config, naming both sources).
class OMNITLS_API Identity {
public:
    /// The format of `key()`, from the PEM label.
    enum class KeyFormat : std::uint8_t { pkcs8, pkcs8_encrypted, pkcs1_rsa, sec1_ec };

    /// `certificates`: PEM, leaf first, then intermediates. `key`: PEM with one private key. Both may be the same text.
    /// `*_source` name the texts in errors (a file name, a field).
    static Result<Identity> from_pem(std::string_view certificates, std::string_view key,
                                     std::string password = {},
                                     std::string certificate_source = "certificate",
                                     std::string key_source = "private key");
    /// The same from two files (which may be one). At most 1 MiB each.
    static Result<Identity> from_files(const std::string& certificate_path,
                                       const std::string& key_path, std::string password = {});

    /// Leaf first, never empty.
    const std::vector<Certificate>& chain() const& noexcept { return chain_; }
    std::vector<Certificate> chain() && noexcept { return std::move(chain_); }
    ConstBytes key() const& noexcept { return key_.bytes(); }  ///< DER.
    ConstBytes key() const&& = delete;  // A view of what is about to be wiped.
    KeyFormat key_format() const noexcept { return key_format_; }
    const SecretBytes& password() const& noexcept { return password_; }
    SecretBytes password() && noexcept { return std::move(password_); }
    const std::string& certificate_source() const& noexcept { return certificate_source_; }
    std::string certificate_source() && noexcept { return std::move(certificate_source_); }
    const std::string& key_source() const& noexcept { return key_source_; }
    std::string key_source() && noexcept { return std::move(key_source_); }
    /// Both, safe to print: "chain.pem and key.pem".
    std::string sources() const;

private:
    Identity() = default;
    std::vector<Certificate> chain_;
    SecretBytes key_;
    SecretBytes password_;
    KeyFormat key_format_ = KeyFormat::pkcs8;
    std::string certificate_source_;
    std::string key_source_;
};

/// The authorities a program trusts. Any certificate may be an anchor, also an intermediate. A value, cheap to copy.
class OMNITLS_API TrustAnchors {
public:
    TrustAnchors() = default;
    /// All certificates of a PEM text. Errc::bad_input if there is none or one cannot be read (named by number and line).
    static Result<TrustAnchors> from_pem(std::string_view pem,
                                         const std::string& source = "trust anchors");
    /// One certificate in DER.
    static Result<TrustAnchors> from_der(ConstBytes der,
                                         const std::string& source = "trust anchor");
    /// A file of either form, of at most 16 MiB.
    static Result<TrustAnchors> from_file(const std::string& path);
    /// All files of a directory, by name, but for those that begin with a dot; not those of directories in it. A file that is not
    /// of certificates is an error: so one that was meant to be trusted is never passed over. At most 10,000 files.
    static Result<TrustAnchors> from_directory(const std::string& path);
    /// The system's store (Debian: /etc/ssl/certs/ca-certificates.crt). An absent or empty store is an error, never "accept".
    static Result<TrustAnchors> system();
    static TrustAnchors of(std::vector<Certificate> certificates);

    /// In the order given, no duplicates.
    const std::vector<Certificate>& certificates() const& noexcept;
    std::vector<Certificate> certificates() &&;
    bool empty() const noexcept { return certificates().empty(); }

private:
    std::shared_ptr<const std::vector<Certificate>> certificates_;
};

}  // namespace omnitls::inline v0
