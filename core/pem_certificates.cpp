// SPDX-License-Identifier: BSL-1.0
#include "core/pem_certificates.hpp"

#include <optional>
#include <utility>

namespace omnitls::inline v0 {
namespace core {
namespace {

constexpr std::string_view kCertificate = "CERTIFICATE";

/// The parsed CERTIFICATE blocks; `blocks` may hold keys too and is wiped by the caller.
Result<std::vector<Certificate>> parse_blocks(const std::vector<PemBlock>& blocks,
                                              const std::string& source, Unreadable unreadable) {
    std::vector<Certificate> certificates;
    std::optional<ErrorDetail> first_error;
    std::size_t number = 0;
    for (const PemBlock& block : blocks) {
        if (block.label != kCertificate) continue;
        ++number;
        Result<Certificate> parsed = Certificate::parse(block.der);
        if (parsed) {
            certificates.push_back(std::move(parsed).value());
        } else if (!first_error) {
            first_error = make_error(
                Errc::bad_input, source + ": certificate " + std::to_string(number) + " (line " +
                                     std::to_string(block.line) + "): " + parsed.error().what);
        }
    }
    if (first_error && (unreadable == Unreadable::fail || certificates.empty())) {
        return std::move(*first_error);
    }
    return certificates;
}

}  // namespace

Result<std::vector<Certificate>> certificates_from_pem(std::string_view text,
                                                       const std::string& source,
                                                       Unreadable unreadable) {
    auto blocks = read_pem(text, source);
    if (!blocks) return std::move(blocks).error();
    auto certificates = parse_blocks(*blocks, source, unreadable);
    wipe_blocks(*blocks);
    if (certificates && certificates->empty()) {
        return missing_block(text, *blocks, source, "CERTIFICATE block");
    }
    return certificates;
}

ErrorDetail missing_block(std::string_view text, const std::vector<PemBlock>& blocks,
                          const std::string& source, const std::string& wanted) {
    ErrorDetail error = make_error(Errc::bad_input, source + ": no " + wanted);
    if (!blocks.empty()) {
        error.what += "; found " + escape_untrusted(blocks.front().label, 80) + " (line " +
                      std::to_string(blocks.front().line) + ")";
    } else if (text.empty()) {
        error.what += "; the text is empty";
    } else if (text.starts_with('\x30')) {
        // A SEQUENCE: all of X.509 and PKCS begin with one.
        error.what += "; this looks like DER, not PEM";
        error.hint = "convert it with: openssl x509 -inform DER (or: openssl pkey -inform DER)";
    } else {
        error.what += "; there is no PEM in the text";
    }
    return error;
}

void wipe_blocks(std::vector<PemBlock>& blocks) noexcept {
    for (PemBlock& block : blocks) secure_wipe(block.der);
}

}  // namespace core

Result<PeerInfo> PeerInfo::from_pem(std::string_view pem, const std::string& source) {
    auto blocks = core::read_pem(pem, source);
    if (!blocks) return std::move(blocks).error();
    std::vector<Bytes> chain;
    for (core::PemBlock& block : *blocks) {
        if (block.label == core::kCertificate) chain.push_back(std::move(block.der));
    }
    core::wipe_blocks(*blocks);
    if (chain.empty()) return core::missing_block(pem, *blocks, source, "CERTIFICATE block");
    return from_der(std::move(chain));
}

Result<PeerInfo> PeerInfo::from_file(const std::string& path) {
    const auto text = core::read_file(path, core::max_chain_file);
    if (!text) return text.error();
    // A SEQUENCE: DER begins so, and PEM never does.
    if (text->starts_with('\x30')) {
        const ConstBytes der = as_bytes(*text);
        return from_der({Bytes(der.begin(), der.end())});
    }
    return from_pem(*text, path);
}

}  // namespace omnitls::inline v0
