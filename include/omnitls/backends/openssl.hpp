// SPDX-License-Identifier: BSL-1.0
// The OpenSSL backend (3.0 or later). Link omnitls::openssl.
#pragma once

#include <omnitls/backend.hpp>
#include <omnitls/export.hpp>

namespace omnitls::inline v0::backends {

/// The backend that speaks TLS with OpenSSL. Lives for ever; any thread.
OMNITLS_API const TlsBackend& openssl();

}  // namespace omnitls::inline v0::backends
