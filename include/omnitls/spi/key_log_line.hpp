// SPDX-License-Identifier: BSL-1.0
// The line of a key log, for backends whose library does not write it.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/export.hpp>
#include <omnitls/key_log.hpp>

#include <string>
#include <string_view>

namespace omnitls::inline v0::spi {

/// RFC 9850 §2, without the line's end. `label`: "CLIENT_RANDOM" for the master secret of TLS 1.2, else the name of the secret.
OMNITLS_API std::string key_log_line(std::string_view label, ConstBytes client_random,
                                     ConstBytes secret);

/// Writes that line to `log`, which may be null. Without memory for it the log has a gap.
OMNITLS_API void write_key_log(KeyLog* log, std::string_view label, ConstBytes client_random,
                               ConstBytes secret) noexcept;

}  // namespace omnitls::inline v0::spi
