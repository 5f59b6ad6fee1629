// SPDX-License-Identifier: BSL-1.0
// PEM texts: what is read, and the line and reason of what is not.
#include "core/pem.hpp"

#include "core/der_text.hpp"
#include "tests/support/certs.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::string block(const std::string& body, const std::string& label = "THING") {
    return "-----BEGIN " + label + "-----\n" + body + "-----END " + label + "-----\n";
}

/// Hex of the only block, or the error's text.
std::string read_one(const std::string& text) {
    const auto blocks = read_pem(text, "file.pem");
    if (!blocks) {
        EXPECT_EQ(blocks.error().code, Errc::bad_input);
        return blocks.error().what;
    }
    EXPECT_THAT(*blocks, SizeIs(1));
    return blocks->empty() ? "none" : to_hex(blocks->front().der);
}

TEST(Pem, ReadsBase64OfEverySize) {
    EXPECT_EQ(read_one(block("AA==\n")), "00");
    EXPECT_EQ(read_one(block("AAE=\n")), "0001");
    EXPECT_EQ(read_one(block("AAEC\n")), "000102");
    EXPECT_EQ(read_one(block("+/+/\n")), "fbffbf");
    EXPECT_EQ(read_one(block("AA\nEC\nA\nw\n==\n")), "00010203") << "lines of any length";
}

TEST(Pem, RefusesAnythingThatIsNotCanonicalBase64) {
    const std::string tail = " in the THING block";
    EXPECT_EQ(read_one(block("AAEC\n")), "000102");
    EXPECT_EQ(read_one(block("AAE\n")), "file.pem: line 3: base64 that is cut short" + tail);
    EXPECT_EQ(read_one(block("AA=\n")), "file.pem: line 3: base64 that is cut short" + tail);
    EXPECT_EQ(read_one(block("A\n")), "file.pem: line 3: base64 that is cut short" + tail);
    EXPECT_EQ(read_one(block("AAEC\n!AEC\n")),
              "file.pem: line 3: a character that is not base64" + tail);
    EXPECT_EQ(read_one(block("AA EC\n")),
              "file.pem: line 2: a character that is not base64" + tail);
    EXPECT_EQ(read_one(block("AAE-\n")), "file.pem: line 2: a character that is not base64" + tail);
    EXPECT_EQ(read_one(block("AA_=\n")), "file.pem: line 2: a character that is not base64" + tail);
    EXPECT_EQ(read_one(block("A===\n")), "file.pem: line 2: misplaced base64 padding" + tail);
    EXPECT_EQ(read_one(block("=AAA\n")), "file.pem: line 2: misplaced base64 padding" + tail);
    EXPECT_EQ(read_one(block("AA===\n")), "file.pem: line 2: misplaced base64 padding" + tail);
    EXPECT_EQ(read_one(block("AAEC=\n")), "file.pem: line 2: misplaced base64 padding" + tail);
    EXPECT_EQ(read_one(block("AA=A\n")),
              "file.pem: line 2: characters after base64 padding" + tail);
    EXPECT_EQ(read_one(block("AA==\nAAEC\n")),
              "file.pem: line 3: characters after base64 padding" + tail);
    EXPECT_EQ(read_one(block("AB==\n")),
              "file.pem: line 3: base64 with stray bits at its end" + tail);
    EXPECT_EQ(read_one(block("AAF=\n")),
              "file.pem: line 3: base64 with stray bits at its end" + tail);
    EXPECT_EQ(read_one(block("")), "file.pem: line 2: no content" + tail);
    EXPECT_EQ(read_one(block("AAEC\n\nAAEC\n")),
              "file.pem: line 3: an empty line inside the THING block");
    EXPECT_EQ(read_one(block(std::string("AA\0C\n", 5))),
              "file.pem: line 2: a character that is not base64" + tail);
}

TEST(Pem, ReadsWindowsTextsAndLastLinesWithoutEnd) {
    EXPECT_EQ(read_one("-----BEGIN THING-----\r\nAAEC\r\n-----END THING-----\r\n"), "000102");
    EXPECT_EQ(read_one("\xef\xbb\xbf-----BEGIN THING-----\r\nAAEC\r\n-----END THING-----"),
              "000102");
    EXPECT_EQ(read_one("-----BEGIN THING-----  \nAAEC \t\n-----END THING----- \n"), "000102");
}

TEST(Pem, IgnoresTextBetweenBlocks) {
    const std::string text = "subject: someone\n\n" + block("AAEC\n") +
                             "noise: \xff\n----- dashes\n" + block("AQ==\n", "OTHER THING") +
                             "the end";
    const auto blocks = read_pem(text, "x");
    ASSERT_TRUE(blocks) << blocks.error().what;
    ASSERT_THAT(*blocks, SizeIs(2));
    EXPECT_EQ((*blocks)[0].label, "THING");
    EXPECT_EQ((*blocks)[0].line, 3U);
    EXPECT_EQ((*blocks)[1].label, "OTHER THING");
    EXPECT_EQ((*blocks)[1].line, 8U);
    EXPECT_EQ(to_hex((*blocks)[1].der), "01");
}

TEST(Pem, NoBlockIsNoError) {
    for (const char* text : {"", "\n", "hello\nworld\n", "----BEGIN THING----\n"}) {
        const auto blocks = read_pem(text, "x");
        ASSERT_TRUE(blocks) << text;
        EXPECT_THAT(*blocks, IsEmpty());
    }
}

TEST(Pem, BoundariesMatch) {
    EXPECT_EQ(read_one("-----BEGIN A-----\nAAEC\n-----END A-----\n"), "000102");
    EXPECT_EQ(read_one("-----BEGIN A-----\nAAEC\n-----END B-----\n"),
              "file.pem: line 3: expected -----END A-----, found \"-----END B-----\"");
    EXPECT_EQ(read_one("-----BEGIN A-----\nAAEC\n-----END A----\n"),
              "file.pem: line 3: expected -----END A-----, found \"-----END A----\"");
    EXPECT_EQ(read_one("x\n-----BEGIN A-----\nAAEC\n"),
              "file.pem: line 2: the A block has no END: the text is cut short");
    EXPECT_EQ(read_one("-----BEGIN A-----\nAAEC\n-----BEGIN A-----\nAAEC\n-----END A-----\n"),
              "file.pem: line 3: a new BEGIN inside the A block of line 1");
    EXPECT_EQ(read_one(block("AAEC\n") + "-----END THING-----\n"),
              "file.pem: line 4: END without a BEGIN before it");
}

TEST(Pem, ABeginThatIsNotOneIsSaidAndNotSkipped) {
    // Passing over it would lose a certificate without a word.
    for (const char* line : {" -----BEGIN A-----", "-----BEGIN A----", "-----BEGIN -----",
                             "-----BEGIN A----- x", "x-----BEGIN A-----"}) {
        EXPECT_THAT(read_one(std::string{line} + "\nAAEC\n-----END A-----\n"),
                    StartsWith("file.pem: line 1: expected -----BEGIN label-----"))
            << line;
    }
    const std::string long_label(65, 'L');
    EXPECT_EQ(read_one(block("AAEC\n", long_label.substr(1))), "000102");
    EXPECT_THAT(read_one(block("AAEC\n", long_label)), StartsWith("file.pem: line 1: expected"));
    EXPECT_THAT(read_one(block("AAEC\n", "A\x1b[31m")), HasSubstr("\\x1b")) << "quoted safely";
}

TEST(Pem, OldEncryptedKeysAreRefusedByName) {
    const auto blocks =
        read_pem(test::read_data("leaf_rsa_legacy_encrypted.key"), "leaf_rsa_legacy_encrypted.key");
    ASSERT_FALSE(blocks);
    EXPECT_EQ(blocks.error().what,
              "leaf_rsa_legacy_encrypted.key: line 2: the RSA PRIVATE KEY block has a header "
              "\"Proc-Type\": the old encrypted form (RFC 1421) is not read");
    EXPECT_THAT(blocks.error().hint, HasSubstr("openssl pkcs8"));
    EXPECT_TRUE(read_pem(test::read_data("leaf_rsa_pkcs1.key"), "twin"));
}

TEST(Pem, ErrorsQuoteNoKeyMaterial) {
    std::string text = test::read_data("leaf.key");
    const std::string secret = text.substr(text.find('\n') + 1, 20);
    text[text.find('\n') + 30] = '!';
    const std::string error = read_one(text);
    EXPECT_THAT(error, HasSubstr("line 2"));
    EXPECT_THAT(error, ::testing::Not(HasSubstr(secret)));
}

TEST(Pem, EveryTruncationOfAFileIsRefusedOrShorter) {
    const std::string text = test::read_data("leaf_chain.pem");
    ASSERT_THAT(read_pem(text, "x").value(), SizeIs(2));
    const std::size_t first_end = text.find("-----END CERTIFICATE-----") + 25;
    std::size_t whole = 0;
    for (std::size_t size = 0; size < text.size() - 1; ++size) {
        const auto blocks = read_pem(std::string_view{text}.substr(0, size), "x");
        if (!blocks) continue;
        // Whole blocks only: before the first BEGIN is complete, or between the two blocks.
        if (size >= first_end) ++whole;
        EXPECT_THAT(*blocks, SizeIs(size >= first_end ? 1 : 0)) << size;
    }
    EXPECT_GT(whole, 0U);
}

TEST(Pem, EveryFlippedByteIsReadOrRefusedWithALine) {
    const std::string text = test::read_data("leaf.pem");
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char mask : {'\x01', '\x20', '\x80'}) {
            std::string flipped = text;
            flipped[i] = static_cast<char>(flipped[i] ^ mask);
            const auto blocks = read_pem(flipped, "flipped.pem");
            if (blocks) continue;
            EXPECT_THAT(blocks.error().what, StartsWith("flipped.pem: line ")) << i;
        }
    }
}

TEST(ReadFile, ReadsWholeFilesUpToTheLimit) {
    const std::string path = test::data_path("leaf.pem");
    const std::string text = test::read_data("leaf.pem");
    EXPECT_EQ(test::must(read_file(path, text.size())), text);
    const auto over = read_file(path, text.size() - 1);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().what,
              path + ": larger than the limit of " + std::to_string(text.size() - 1) + " bytes");
}

TEST(PeerChain, IsEveryCertificateBlockWhateverIsInIt) {
    const std::string good = test::read_data("leaf_chain.pem");
    const auto whole = PeerInfo::from_pem(good, "chain");
    ASSERT_TRUE(whole);
    ASSERT_EQ(whole->chain.size(), test::load_chain("leaf").size());
    EXPECT_EQ(whole->chain[0].der, test::load_chain("leaf")[0]);
    EXPECT_NE(whole->leaf(), nullptr);
    const std::string odd = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    const auto unread = PeerInfo::from_pem(odd + test::read_data("leaf.key") + good, "chain");
    ASSERT_TRUE(unread);
    EXPECT_EQ(unread->chain.size(), whole->chain.size() + 1) << "keys are passed over";
    EXPECT_EQ(unread->leaf(), nullptr);
    EXPECT_FALSE(unread->chain[0].parse_error.empty());
    const auto key = PeerInfo::from_pem(test::read_data("leaf.key"), "chain");
    ASSERT_FALSE(key);
    EXPECT_THAT(key.error().what, HasSubstr("chain: no CERTIFICATE block; found "));
    const auto file = PeerInfo::from_file(test::data_path("leaf_chain.pem"));
    ASSERT_TRUE(file);
    EXPECT_EQ(file->chain.size(), whole->chain.size());
    const test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/leaf.der";
    std::ofstream(path, std::ios::binary) << as_text(test::load_certificate("leaf").der());
    const auto der = PeerInfo::from_file(path);
    ASSERT_TRUE(der);
    ASSERT_NE(der->leaf(), nullptr);
    EXPECT_EQ(*der->leaf(), test::load_certificate("leaf"));
    const auto absent = PeerInfo::from_file(test::data_path("no_such_file.pem"));
    ASSERT_FALSE(absent);
    EXPECT_THAT(absent.error().what, HasSubstr("no_such_file.pem: cannot open"));
}

TEST(ReadFile, NamesThePathAndTheReason) {
    const std::string missing = test::data_path("no_such_file.pem");
    const auto absent = read_file(missing, 100);
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, Errc::bad_input);
    EXPECT_EQ(absent.error().what, missing + ": cannot open: No such file or directory");
    const auto directory = read_file(test::data_directory, 100);
    ASSERT_FALSE(directory);
    EXPECT_THAT(directory.error().what, HasSubstr("Is a directory"));
    EXPECT_FALSE(read_file(std::string("a\0b", 3), 100));
}

}  // namespace
}  // namespace omnitls::core
