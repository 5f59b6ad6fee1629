// SPDX-License-Identifier: BSL-1.0
// Tests of one backend by itself, run on every backend of the build.
#pragma once

#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"

#include <string>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {

class OnBackend : public ::testing::TestWithParam<const TlsBackend*> {
protected:
    static const TlsBackend& backend() { return *GetParam(); }
    static bool can(const std::string& capability) {
        return backend().capabilities().has(capability);
    }
};

#define OMNITLS_ON_EVERY_BACKEND(suite)                                                      \
    INSTANTIATE_TEST_SUITE_P(Every, suite, ::testing::ValuesIn(::omnitls::built_backends()), \
                             [](const auto& one) { return std::string(one.param->name()); })

}  // namespace omnitls::test
