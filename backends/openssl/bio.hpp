// SPDX-License-Identifier: BSL-1.0
// The only way bytes get in and out of OpenSSL: a BIO over the port of a session.
#pragma once

#include "compat.hpp"
#include <omnitls/spi/port.hpp>

namespace omnitls::inline v0::openssl_native {

/// A BIO on `port`, which must outlive it. It takes what was asked for and no more, so that the rest stays the caller's.
/// Null if memory is out.
BioPtr make_bio(spi::Port& port) noexcept;

}  // namespace omnitls::inline v0::openssl_native
