// SPDX-License-Identifier: BSL-1.0
// TLSA records by libunbound: needs no header of it. Nothing is asked; the anchor is none that exists.
#include <omnitls/unbound/tlsa_source.hpp>

#include <iostream>
#include <string>

int main() {
    omnitls::UnboundOptions options;
    options.resolver = "127.0.0.1@53";
    options.trust_anchor_file.clear();
    options.trust_anchors = {". IN DS 1 13 2 " + std::string(64, '0')};
    const auto source = omnitls::unbound_tlsa(options);
    const auto verifier = source ? omnitls::dane(*source) : nullptr;
    std::cout << (verifier ? "usable" : source.error().what) << '\n';
    return verifier ? 0 : 1;
}
