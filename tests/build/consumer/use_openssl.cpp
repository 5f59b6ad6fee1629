// SPDX-License-Identifier: BSL-1.0
// The OpenSSL backend as a user links it; that it runs shows that the TLS library came along.
#include <omnitls/backends/openssl.hpp>

#include <iostream>

int main() {
    const omnitls::TlsBackend& backend = omnitls::backends::openssl();
    std::cout << backend.name() << ": " << backend.version() << '\n';
    return backend.name() == "openssl" && !backend.capabilities().rows().empty() ? 0 : 1;
}
