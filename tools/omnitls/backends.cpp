// SPDX-License-Identifier: BSL-1.0
// Names to backends, by the list that CMake writes.
#include "tools/omnitls/backends.hpp"

#include "tools/omnitls/exit_codes.hpp"

#include <omnitls_built_backends.hpp>

namespace omnitls::tool {

std::vector<const TlsBackend*> select_backends(const std::string& name) {
    std::string known;
    for (const TlsBackend* backend : built_backends()) {
        if (name == backend->name()) return {backend};
        known.append(known.empty() ? "" : ", ").append(backend->name());
    }
    if (built_backends().empty()) {
        throw Failure(Exit::usage, make_error(Errc::bad_input, "this build has no TLS backend",
                                              "build with -DOMNITLS_BACKENDS=openssl"));
    }
    if (name == "all") return built_backends();
    throw Failure(Exit::usage,
                  make_error(Errc::bad_input, "no backend \"" + escape_untrusted(name) + "\"",
                             "this build has: " + known));
}

const TlsBackend& select_backend(const std::string& name) {
    return *select_backends(name.empty() ? "all" : name).front();
}

}  // namespace omnitls::tool
