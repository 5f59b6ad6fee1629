// SPDX-License-Identifier: BSL-1.0
// The GnuTLS backend as a user links it; that it runs shows that the TLS library came along.
#include <omnitls/backends/gnutls.hpp>

#include <iostream>

int main() {
    const omnitls::TlsBackend& backend = omnitls::backends::gnutls();
    std::cout << backend.name() << ": " << backend.version() << '\n';
    return backend.name() == "gnutls" && !backend.capabilities().rows().empty() ? 0 : 1;
}
