// SPDX-License-Identifier: BSL-1.0
// A visible skip, for the reason in its own capabilities, where a backend lacks a version of TLS.
#pragma once

#include <omnitls/backend.hpp>

#include <gtest/gtest.h>

#define OMNITLS_NEED_VERSION(backend, version)                                                  \
    do {                                                                                        \
        const bool is_tls12_ = (version) == ::omnitls::ProtocolVersion::tls12;                  \
        if (const auto gap_ = (backend)->capabilities().require(is_tls12_ ? "tls12" : "tls13")) \
            GTEST_SKIP() << (backend)->name() << ": " << gap_->what;                            \
    } while (false)
