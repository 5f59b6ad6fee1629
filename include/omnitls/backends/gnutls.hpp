// SPDX-License-Identifier: BSL-1.0
// The GnuTLS backend (3.7 or later). Link omnitls::gnutls.
#pragma once

#include <omnitls/backend.hpp>
#include <omnitls/export.hpp>

namespace omnitls::inline v0::backends {

/// The backend that speaks TLS with GnuTLS. Lives for ever; any thread.
OMNITLS_API const TlsBackend& gnutls();

}  // namespace omnitls::inline v0::backends
