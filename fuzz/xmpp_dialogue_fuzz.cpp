// SPDX-License-Identifier: BSL-1.0
// Fuzz target: the XMPP dialogue against an arbitrary server, whole and byte by byte.
#include "fuzz/dialogue_fuzz.hpp"
#include <omnitls/starttls/xmpp.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    omnitls::fuzz::run(data, size, [](omnitls::starttls::Offer offer) {
        return omnitls::starttls::xmpp_client("example.org", offer).value();
    });
    return 0;
}
