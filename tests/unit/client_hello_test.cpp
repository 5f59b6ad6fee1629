// SPDX-License-Identifier: BSL-1.0
// The ClientHello reader: fields, fragments, and every way a hello can be wrong.
#include "core/client_hello.hpp"

#include "tests/support/toy_records.hpp"

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

using test::real_client_hello;
using test::toy_record;

ConstBytes message_of(const Bytes& record) { return ConstBytes(record).subspan(5); }

TEST(ClientHello, ReadsWhatAServerChoosesBy) {
    const auto result = read_client_hello(real_client_hello("mail.example.org", "imap"));
    const auto* hello = std::get_if<ClientHello>(&result);
    ASSERT_NE(hello, nullptr);
    EXPECT_EQ(hello->sni, "mail.example.org");
    EXPECT_EQ(hello->alpn, std::vector<std::string>{"imap"});
    EXPECT_EQ(hello->legacy_version, 0x0303);
    EXPECT_EQ(hello->cipher_suites, (std::vector<std::uint16_t>{0x1301, 0x1302}));
    EXPECT_EQ(hello->supported_versions, std::vector<std::uint16_t>{0x0304});
    EXPECT_EQ(hello->groups, (std::vector<std::uint16_t>{0x001d, 0x0017}));
    EXPECT_EQ(hello->signature_algorithms, std::vector<std::uint16_t>{0x0403});
}

TEST(ClientHello, ReadsWhatItAsksToResume) {
    test::AskedSessions asked;
    asked.session_id = Bytes(32, 7);
    asked.psk_identities = {Bytes(1, 1), Bytes(300, 2)};
    const auto result = read_client_hello(real_client_hello("a.test", "h2", asked));
    const auto* hello = std::get_if<ClientHello>(&result);
    ASSERT_NE(hello, nullptr);
    EXPECT_EQ(hello->session_id, asked.session_id);
    EXPECT_EQ(hello->psk_identities, asked.psk_identities);
    EXPECT_TRUE(hello->extended_master_secret);
    const auto plain = read_client_hello(real_client_hello("a.test", "h2"));
    EXPECT_TRUE(std::get<ClientHello>(plain).session_id.empty());
    EXPECT_TRUE(std::get<ClientHello>(plain).psk_identities.empty());
    EXPECT_FALSE(std::get<ClientHello>(plain).extended_master_secret);
}

TEST(ClientHello, AnEmptyPskIdentityIsRefused) {
    for (const std::size_t size : {0U, 1U}) {
        const auto result = read_client_hello(
            real_client_hello("a.test", "h2", {.psk_identities = {Bytes(size, 1)}}));
        EXPECT_EQ(std::holds_alternative<ClientHello>(result), size > 0);
        if (const auto* error = std::get_if<ClientHelloError>(&result)) {
            EXPECT_EQ(error->alert, Alert::decode_error);
            EXPECT_NE(error->what.find("pre_shared_key"), std::string::npos);
        }
    }
}

TEST(ClientHello, EveryFragmentationIntoRecordsGivesTheSame) {
    const Bytes record = real_client_hello("a.test", "h2");
    const ConstBytes message = message_of(record);
    for (std::size_t size = 1; size <= message.size(); ++size) {
        Bytes records;
        for (std::size_t at = 0; at < message.size(); at += size) {
            const Bytes one =
                toy_record(22, as_text(message.subspan(at, std::min(size, message.size() - at))));
            records.insert(records.end(), one.begin(), one.end());
        }
        const auto result = read_client_hello(records);
        ASSERT_TRUE(std::holds_alternative<ClientHello>(result)) << size;
        EXPECT_EQ(std::get<ClientHello>(result).sni, "a.test");
    }
}

TEST(ClientHello, EveryPrefixIsIncomplete) {
    const Bytes record = real_client_hello("a.test", "h2");
    for (std::size_t n = 0; n < record.size(); ++n) {
        const auto result = read_client_hello(ConstBytes(record).first(n));
        EXPECT_TRUE(std::holds_alternative<ClientHelloIncomplete>(result)) << n;
    }
    EXPECT_TRUE(std::holds_alternative<ClientHello>(read_client_hello(record)));
}

TEST(ClientHello, EveryFlippedBitIsReadOrRefusedWithAText) {
    const Bytes record =
        real_client_hello("a.test", "h2", {Bytes(4, 1), {Bytes(8, 2), Bytes(8, 3)}});
    for (std::size_t i = 0; i < record.size() * 8; ++i) {
        Bytes flipped = record;
        flipped[i / 8] = static_cast<std::uint8_t>(flipped[i / 8] ^ (1U << (i % 8)));
        const auto result = read_client_hello(flipped);
        if (const auto* error = std::get_if<ClientHelloError>(&result)) {
            EXPECT_FALSE(error->what.empty());
            EXPECT_NE(error->alert, Alert::close_notify);
        }
    }
}

// Each row breaks one thing of a hello that is good otherwise.
TEST(ClientHello, NamesWhatIsWrong) {
    const Bytes good = real_client_hello("a.test", "h2");
    constexpr std::size_t kBody = 5 + 4;
    constexpr std::size_t kSessionId = kBody + 2 + 32;
    struct Row {
        const char* what;
        Alert alert;
        std::size_t at;
        std::uint8_t value;
    };
    const Row rows[] = {
        {"record of type 23", Alert::unexpected_message, 0, 23},
        {"major version 2", Alert::protocol_version, 1, 2},
        {"handshake message 2", Alert::unexpected_message, 5, 2},
        {"legacy_session_id", Alert::decode_error, kSessionId, 33},
        {"cipher_suites", Alert::decode_error, kSessionId + 2, 3},
        {"legacy_compression_methods", Alert::decode_error, kSessionId + 7, 0},
        {"server_name", Alert::decode_error, kSessionId + 18, '\n'},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.what);
        Bytes bad = good;
        bad[row.at] = row.value;
        const auto result = read_client_hello(bad);
        const auto* error = std::get_if<ClientHelloError>(&result);
        ASSERT_NE(error, nullptr);
        EXPECT_NE(error->what.find(row.what), std::string::npos) << error->what;
        EXPECT_EQ(error->alert, row.alert);
    }
    EXPECT_TRUE(std::holds_alternative<ClientHello>(read_client_hello(good)));
}

TEST(ClientHello, AnExtensionTwiceIsIllegal) {
    Bytes record = real_client_hello("", "");
    const Bytes once = record;
    const Bytes versions(record.begin() + 5 + 4 + 2 + 32 + 1 + 6 + 2 + 2,
                         record.begin() + 5 + 4 + 2 + 32 + 1 + 6 + 2 + 2 + 7);
    record.insert(record.end(), versions.begin(), versions.end());
    const auto grow = [&](std::size_t at) {
        record[at] = static_cast<std::uint8_t>(record[at] + versions.size());
    };
    grow(4);
    grow(5 + 3);
    grow(5 + 4 + 2 + 32 + 1 + 6 + 2 + 1);
    const auto result = read_client_hello(record);
    const auto* error = std::get_if<ClientHelloError>(&result);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->alert, Alert::illegal_parameter) << error->what;
    EXPECT_TRUE(std::holds_alternative<ClientHello>(read_client_hello(once)));
}

}  // namespace
}  // namespace omnitls::core
