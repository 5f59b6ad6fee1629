// SPDX-License-Identifier: BSL-1.0
// Codes, alerts and the escaping of untrusted text.
#include <omnitls/error.hpp>
#include <omnitls/iana.hpp>

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

TEST(Error, EveryCodeHasItsOwnNameAndMessage) {
    std::set<std::string> names;
    std::set<std::string> messages;
    const int last = static_cast<int>(Errc::unread_data);
    for (int value = 1; value <= last; ++value) {
        const std::error_code code = static_cast<Errc>(value);
        EXPECT_NE(errc_name(static_cast<Errc>(value)), "unknown") << value;
        EXPECT_STREQ(code.category().name(), "omnitls");
        names.emplace(errc_name(static_cast<Errc>(value)));
        messages.insert(code.message());
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(last));
    EXPECT_EQ(messages.size(), static_cast<std::size_t>(last));
    EXPECT_EQ(errc_name(static_cast<Errc>(last + 1)), "unknown");
}

TEST(Error, CodesCompareWithStandardConditionsWhereNatural) {
    EXPECT_EQ(make_error_code(Errc::verdict_timeout), std::errc::timed_out);
    EXPECT_EQ(make_error_code(Errc::operation_in_progress), std::errc::operation_in_progress);
    EXPECT_NE(make_error_code(Errc::truncated), std::errc::timed_out);
    EXPECT_NE(make_error_code(Errc::closed), make_error_code(Alert::close_notify));
}

TEST(Error, AlertsCarryNameAndNumber) {
    EXPECT_EQ(make_error_code(Alert::unknown_ca).message(), "unknown_ca(48)");
    EXPECT_EQ(make_error_code(static_cast<Alert>(250)).message(), "unassigned(250)");
}

TEST(Error, DetailPrintsCauseOrWords) {
    ErrorDetail detail;
    detail.code = Errc::name_mismatch;
    EXPECT_EQ(detail.to_string(), "the certificate is for another name");
    detail.what = "wanted a.test";
    detail.hint = "use --name";
    EXPECT_EQ(detail.to_string(), "wanted a.test (use --name)");
}

TEST(Escape, KeepsPrintableAndNamesTheRest) {
    EXPECT_EQ(escape_untrusted("HTTP/1.0 400"), "HTTP/1.0 400");
    EXPECT_EQ(escape_untrusted("a\r\n\t\\b"), "a\\r\\n\\t\\\\b");
    EXPECT_EQ(escape_untrusted(std::string_view("\0\x1b\xff", 3)), "\\x00\\x1b\\xff");
}

TEST(Escape, NeverExceedsItsLimitAndNeverCutsAnEscape) {
    const std::string nasty = "ab\x01\n\\cdefgh\xff\xff\xff";
    for (std::size_t limit = 0; limit < 40; ++limit) {
        const std::string out = escape_untrusted(nasty, limit);
        EXPECT_LE(out.size(), limit);
        const std::string whole = escape_untrusted(nasty, 1000);
        if (out != whole && limit >= 3) {
            ASSERT_GE(out.size(), 3U);
            EXPECT_EQ(out.substr(out.size() - 3), "...");
            const std::string kept = out.substr(0, out.size() - 3);
            EXPECT_EQ(whole.substr(0, kept.size()), kept);
            std::size_t slashes = 0;
            while (slashes < kept.size() && kept[kept.size() - 1 - slashes] == '\\') ++slashes;
            EXPECT_EQ(slashes % 2, 0U) << kept;
        }
    }
}

TEST(Iana, NamesKnownValuesAndPrintsOthersAsHex) {
    EXPECT_EQ(cipher_suite_name(0x1301), "TLS_AES_128_GCM_SHA256");
    EXPECT_EQ(group_name(0x11ec), "X25519MLKEM768");
    EXPECT_EQ(signature_scheme_name(0x0804), "rsa_pss_rsae_sha256");
    EXPECT_EQ(cipher_suite_name(0xfefe), "0xfefe");
    EXPECT_EQ(version_name(ProtocolVersion::tls12), "TLSv1.2");
}

}  // namespace
}  // namespace omnitls
