// SPDX-License-Identifier: BSL-1.0
// The mbedTLS backend as a user links it; that it runs shows that the TLS library came along.
#include <omnitls/backends/mbedtls.hpp>

#include <iostream>

int main() {
    const omnitls::TlsBackend& backend = omnitls::backends::mbedtls();
    std::cout << backend.name() << ": " << backend.version() << '\n';
    return backend.name() == "mbedtls" && !backend.capabilities().rows().empty() ? 0 : 1;
}
