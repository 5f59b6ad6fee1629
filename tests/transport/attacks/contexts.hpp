// SPDX-License-Identifier: BSL-1.0
// The contexts of two ends, made once for each pair of backends, version and role; at our end with a verifier that counts.
#pragma once

#include <omnitls/backend.hpp>

#include <memory>

namespace omnitls::test {

/// Which TLS the two ends have.
struct Stacks {
    const TlsBackend* ours;
    const TlsBackend* theirs;
    ProtocolVersion version;
};

/// Trusts what the baseline trusts, inline.
class CountingVerifier final : public CertificateVerifier {
public:
    explicit CountingVerifier(const TlsBackend& backend) : backend_(backend) {}
    void verify(Question question) override;
    std::size_t questions = 0;

private:
    const TlsBackend& backend_;
};

/// Our end judges: a client always does, and a server asks for a certificate.
struct Contexts {
    std::shared_ptr<CountingVerifier> verifier;  ///< Ours.
    std::shared_ptr<const ClientContext> client;
    std::shared_ptr<const ServerContext> server;
};

const Contexts& contexts_of(const Stacks& stacks, Role our_role);

/// What the other end of `stacks` would send first, if it were another connection: a ClientHello, or a server's answer to one.
Bytes first_flight(const Stacks& stacks, Role our_role);

}  // namespace omnitls::test
