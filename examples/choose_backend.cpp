// SPDX-License-Identifier: BSL-1.0
// Chooses a backend by name at run time and checks what it can do before relying on it.
//
//   choose_backend NAME [CAPABILITY...]   exit status: 0 it has them all, 1 it has not, or there is no such backend
#include <omnitls/backends/openssl.hpp>

#include <iostream>
#include <string_view>

// [choose]
// The backends this program is linked with. There is no registry: what is not named here does not exist.
const omnitls::TlsBackend* find_backend(std::string_view name) {
    for (const omnitls::TlsBackend* backend : {&omnitls::backends::openssl()}) {
        if (backend->name() == name) return backend;
    }
    return nullptr;
}
// [/choose]

int main(int argc, char** argv) {
    const std::string_view name = argc > 1 ? argv[1] : "openssl";
    const omnitls::TlsBackend* const backend = find_backend(name);
    if (backend == nullptr) {
        std::cerr << "this program was built without the backend \"" << name << "\"\n";
        return 1;
    }
    std::cout << backend->name() << ' ' << backend->version() << '\n';
    for (int i = 2; i < argc; ++i) {
        // [require]
        if (const auto missing = backend->capabilities().require(argv[i])) {
            std::cerr << missing->to_string() << '\n';  // e.g. "dtls: absent, not offered"
            return 1;
        }
        // [/require]
    }
    return 0;
}
