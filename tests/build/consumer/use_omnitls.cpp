// SPDX-License-Identifier: BSL-1.0
// The core alone: its headers compile, its library links, no TLS library is needed.
#include <omnitls/error.hpp>

#include <iostream>
#include <system_error>

int main() {
    const std::error_code code = omnitls::Errc::name_mismatch;
    std::cout << code.category().name() << ": " << code.message() << '\n';
    return code.message().empty() ? 1 : 0;
}
