// SPDX-License-Identifier: BSL-1.0
// The ClientHello reader: any bytes, any record split; whole and growing input agree.
#include "core/client_hello.hpp"

#include <cstdlib>

using omnitls::ClientHello;
using omnitls::ConstBytes;
using namespace omnitls::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ConstBytes bytes(data, size);
    const auto whole = read_client_hello(bytes);
    // What is decided by a prefix stays decided: more bytes change nothing.
    const auto half = read_client_hello(bytes.first(size / 2));
    if (!std::holds_alternative<ClientHelloIncomplete>(half) && half.index() != whole.index())
        std::abort();
    if (const auto* hello = std::get_if<ClientHello>(&whole)) {
        if (hello->sni.size() > 255) std::abort();
        for (const char c : hello->sni) {
            if (c <= 0x20 || c >= 0x7f) std::abort();
        }
    }
    return 0;
}
