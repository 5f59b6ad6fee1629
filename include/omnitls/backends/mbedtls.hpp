// SPDX-License-Identifier: BSL-1.0
// The mbedTLS backend (2.28 or later 2.x, 3.6 or later 3.x). Link omnitls::mbedtls.
#pragma once

#include <omnitls/backend.hpp>
#include <omnitls/export.hpp>

namespace omnitls::inline v0::backends {

/// The backend that speaks TLS with mbedTLS. Lives for ever; any thread.
OMNITLS_API const TlsBackend& mbedtls();

}  // namespace omnitls::inline v0::backends
