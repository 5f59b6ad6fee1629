// SPDX-License-Identifier: BSL-1.0
// What a ServerHello says, for backends whose library lets its bytes be seen and has no function for them.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/export.hpp>

#include <cstdint>

namespace omnitls::inline v0::spi {

/// The cipher suite of a ServerHello (RFC 8446 §4.1.3), given without the header of its message. 0 if it is cut short.
OMNITLS_API std::uint16_t server_hello_suite(ConstBytes body) noexcept;

/// The content of one extension, empty but not null without any; null if it is not there. Borrowed from `body`.
OMNITLS_API ConstBytes server_hello_extension(ConstBytes body, std::uint16_t type) noexcept;

}  // namespace omnitls::inline v0::spi
