// SPDX-License-Identifier: BSL-1.0
#include <omnitls/spi/server_hello.hpp>

#include <algorithm>

namespace omnitls::inline v0::spi {
namespace {

constexpr std::size_t kSessionIdAt = 2 + 32;  // behind the version and the random

std::uint16_t number_at(ConstBytes bytes, std::size_t at) noexcept {
    return at + 2 > bytes.size() ? std::uint16_t{0}
                                 : static_cast<std::uint16_t>((bytes[at] << 8U) | bytes[at + 1]);
}

std::size_t suite_at(ConstBytes body) noexcept {
    return body.size() <= kSessionIdAt ? body.size() : kSessionIdAt + 1 + body[kSessionIdAt];
}

}  // namespace

std::uint16_t server_hello_suite(ConstBytes body) noexcept {
    return number_at(body, suite_at(body));
}

ConstBytes server_hello_extension(ConstBytes body, std::uint16_t type) noexcept {
    // Suite, compression, then the extensions with their size.
    const std::size_t block = suite_at(body) + 3;
    const std::size_t end = std::min(body.size(), block + 2 + number_at(body, block));
    for (std::size_t at = block + 2; at + 4 <= end;) {
        const std::size_t size = number_at(body, at + 2);
        if (at + 4 + size > end) break;
        if (number_at(body, at) == type) return body.subspan(at + 4, size);
        at += 4 + size;
    }
    return {};
}

}  // namespace omnitls::inline v0::spi
