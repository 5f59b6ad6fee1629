// SPDX-License-Identifier: BSL-1.0
// Words that several servers have in common.
#include "tests/interop/service.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

[[noreturn]] void no_words(Alert alert) {
    throw std::runtime_error("no words for alert " + std::string(alert_name(alert)));
}

}  // namespace

std::string words_of_openssl(Alert alert) {
    switch (alert) {
        case Alert::bad_certificate:
            return "alert bad certificate";
        case Alert::unknown_ca:
            return "alert unknown ca";
        case Alert::certificate_expired:
            return "alert certificate expired";
        case Alert::certificate_unknown:
            return "alert certificate unknown";
        default:
            no_words(alert);
    }
}

std::string words_of_gnutls(Alert alert) {
    switch (alert) {
        case Alert::bad_certificate:
            return "Certificate is bad";
        case Alert::unknown_ca:
            return "CA is unknown";
        case Alert::certificate_expired:
            return "Certificate is expired";
        case Alert::certificate_unknown:
            return "Unknown certificate";
        default:
            no_words(alert);
    }
}

void expect_in(const std::string& text, std::string_view word) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " is not in\n" << text;
}

void expect_not_in(const std::string& text, std::string_view word) {
    EXPECT_EQ(text.find(word), std::string::npos) << word << " is in\n" << text;
}

}  // namespace omnitls::test
