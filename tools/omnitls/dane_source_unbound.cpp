// SPDX-License-Identifier: BSL-1.0
#include "tools/omnitls/dane_source.hpp"
#include "tools/omnitls/exit_codes.hpp"
#include <omnitls/unbound/tlsa_source.hpp>

namespace omnitls::tool {

std::shared_ptr<TlsaSource> dane_source(const std::string& resolver,
                                        const std::string& anchor_file) {
    UnboundOptions options;
    options.resolver = resolver;
    if (!anchor_file.empty()) options.trust_anchor_file = anchor_file;
    return value_or_usage(unbound_tlsa(options));
}

}  // namespace omnitls::tool
