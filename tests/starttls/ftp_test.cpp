// SPDX-License-Identifier: BSL-1.0
// What an FTP client says inside TLS: protection of its data, and the way back.
#include "tests/starttls/play.hpp"
#include <omnitls/starttls/ftp.hpp>

#include <gtest/gtest.h>

namespace omnitls::test {
namespace {

TEST(FtpInsideTls, DataIsProtectedWhenBothAreAnsweredWith200) {
    const auto dialogue = starttls::ftp_protect_client();
    const Outcome outcome = play(*dialogue, {"200 PBSZ=0\r\n", "200-ok\r\n 201 x\r\n200 end\r\n"});
    EXPECT_TRUE(outcome.done && !outcome.upgraded && !outcome.error) << outcome;
    EXPECT_EQ(outcome.sent, "PBSZ 0\r\nPROT P\r\n");
    EXPECT_EQ(outcome.turn, 1U);
}

TEST(FtpInsideTls, CccIsAnsweredWith200) {
    const auto dialogue = starttls::ftp_clear_client();
    const Outcome outcome = play(*dialogue, {"200 clear\r\n"});
    EXPECT_TRUE(outcome.done && !outcome.error) << outcome;
    EXPECT_EQ(outcome.sent, "CCC\r\n");
}

TEST(FtpInsideTls, AnythingElseIsARefusalOrNonsense) {
    struct Case {
        std::vector<std::string> turns;
        Errc error;
        std::string_view step;
    };
    const Case cases[] = {
        {{"503 login first\r\n"}, Errc::starttls_refused, "PBSZ 0"},
        {{"200 ok\r\n", "536 no\r\n"}, Errc::starttls_refused, "PROT P"},
        {{"200 ok\r\n", "534-no\r\n534 really\r\n"}, Errc::starttls_refused, "PROT P"},
        {{"200 ok\r\n", "232 hm\r\n"}, Errc::starttls_refused, "PROT P"},
        {{"200 ok\r\n", "150 wait\r\n"}, Errc::starttls_protocol, "PROT P"},
        {{"200 ok\r\n200 ok\r\n"}, Errc::starttls_protocol, "PROT P"},
        {{"what\r\n"}, Errc::starttls_protocol, "PBSZ 0"},
        {{"200 ok\n"}, Errc::starttls_protocol, "PBSZ 0"},
    };
    for (const Case& c : cases) {
        for (const Chunking& chunking : {whole(), pieces_of(1)}) {
            const auto dialogue = starttls::ftp_protect_client();
            const Outcome outcome = play(*dialogue, c.turns, chunking);
            EXPECT_EQ(outcome.error, c.error) << outcome;
            EXPECT_EQ(outcome.step, c.step) << outcome;
            EXPECT_FALSE(outcome.what.empty());
        }
    }
    const auto dialogue = starttls::ftp_clear_client();
    const Outcome outcome = play(*dialogue, {"534 CCC denied\r\n"});
    EXPECT_EQ(outcome.error, Errc::starttls_refused);
    EXPECT_EQ(outcome.what,
              "STARTTLS (ftp): expected 200, server answered \"534 CCC denied\" to CCC");
}

}  // namespace
}  // namespace omnitls::test
