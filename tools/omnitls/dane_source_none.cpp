// SPDX-License-Identifier: BSL-1.0
#include "tools/omnitls/dane_source.hpp"
#include "tools/omnitls/exit_codes.hpp"

namespace omnitls::tool {

std::shared_ptr<TlsaSource> dane_source(const std::string&, const std::string&) {
    throw Failure(
        Exit::usage,
        make_error(Errc::not_supported, "--verify dane: this command was built without libunbound",
                   "build it with -DOMNITLS_BUILD_UNBOUND=ON"));
}

}  // namespace omnitls::tool
