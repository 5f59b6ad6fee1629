// SPDX-License-Identifier: BSL-1.0
// Capabilities as data: three states, reasons, and the difference between absent and unknown.
#include <omnitls/backend.hpp>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

TEST(Capabilities, RequireTellsAbsentFromUnknown) {
    const Capabilities capabilities({{"tls13", CapabilityState::native, ""},
                                     {"alerts", CapabilityState::emulated, "sealed by omnitls"},
                                     {"ocsp", CapabilityState::absent, "no API"}});
    EXPECT_FALSE(capabilities.require("tls13").has_value());
    EXPECT_FALSE(capabilities.require("alerts").has_value());
    const auto absent = capabilities.require("ocsp");
    ASSERT_TRUE(absent.has_value());
    EXPECT_EQ(absent->code, Errc::not_supported);
    EXPECT_NE(absent->what.find("no API"), std::string::npos);
    const auto unknown = capabilities.require("ocps");
    ASSERT_TRUE(unknown.has_value());
    EXPECT_EQ(unknown->code, Errc::bad_input);
    EXPECT_TRUE(capabilities.has("alerts"));
    EXPECT_FALSE(capabilities.has("ocsp"));
    EXPECT_FALSE(capabilities.has("ocps"));
}

}  // namespace
}  // namespace omnitls
