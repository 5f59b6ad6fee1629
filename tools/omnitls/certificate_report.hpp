// SPDX-License-Identifier: BSL-1.0
// One certificate as JSON and as text.
#pragma once

#include <omnitls/certificate.hpp>

#include <iosfwd>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace omnitls::tool {

std::string base64(ConstBytes bytes);
/// "a, b, c".
std::string joined(const std::vector<std::string>& parts);

/// What a report says of each certificate: names, dates (as seen at `now`), fingerprint and pin.
nlohmann::ordered_json certificate_json(const PeerCertificate& sent, UtcTime now,
                                        const spi::Crypto& crypto);
void print_certificate(std::ostream& out, std::size_t index, const PeerCertificate& sent,
                       UtcTime now, const spi::Crypto& crypto);

/// What else there is to know: serial, key, signature, usages, constraints.
nlohmann::ordered_json details_json(const Certificate& certificate);
void print_details(std::ostream& out, const Certificate& certificate);

/// The TLSA records that would pin the certificate, in presentation form (RFC 6698 §2.2): of its key and of all of it, by SHA-256.
/// `leaf`: as DANE-EE, else as DANE-TA. Empty if the library does not hash.
std::vector<std::string> tlsa_records(const Certificate& certificate, bool leaf,
                                      const spi::Crypto& crypto);

}  // namespace omnitls::tool
