// SPDX-License-Identifier: BSL-1.0
#include <omnitls/spi/messages.hpp>

#include <gtest/gtest.h>

namespace omnitls::spi {
namespace {

/// With a session id of `id` bytes, extended_master_secret, a key share and the second pre-shared key.
Bytes hello(std::uint8_t id) {
    Bytes body{3, 3};
    body.insert(body.end(), 32, 0x5a);
    body.push_back(id);
    body.insert(body.end(), id, 0x77);
    const Bytes rest{0x13, 0x02, 0, 0, 16, 0, 23, 0, 0, 0, 51, 0, 2, 0, 29, 0, 41, 0, 2, 0, 1};
    body.insert(body.end(), rest.begin(), rest.end());
    return body;
}
constexpr std::size_t suite_end = 2 + 32 + 1 + 32 + 2;
constexpr std::size_t master_end = suite_end + 3 + 4;

TEST(ServerHello, TellsItsSuiteAndExtensions) {
    for (const std::uint8_t id : {std::uint8_t{0}, std::uint8_t{32}}) {
        const ServerHello read = read_server_hello(hello(id));
        EXPECT_EQ(read.cipher_suite, 0x1302);
        EXPECT_EQ(read.group, 29);
        EXPECT_EQ(read.pre_shared_key, 1);
        EXPECT_TRUE(read.extended_master_secret);
    }
}

TEST(ServerHello, CutAnywhereItTellsLess) {
    const Bytes body = hello(32);
    for (std::size_t size = 0; size < body.size(); ++size) {
        const ServerHello read = read_server_hello(ConstBytes(body).first(size));
        EXPECT_EQ(read.cipher_suite, size < suite_end ? 0 : 0x1302) << size;
        EXPECT_EQ(read.extended_master_secret, size >= master_end) << size;
        EXPECT_EQ(read.group, size < master_end + 6 ? 0 : 29) << size;
        EXPECT_EQ(read.pre_shared_key, std::nullopt) << size;
    }
    Bytes longer = body;
    longer[suite_end + 2] = 200;
    EXPECT_EQ(read_server_hello(longer).pre_shared_key, 1) << "the last extension's size ends it";
}

TEST(ServerHello, WithoutExtensionsHasNone) {
    Bytes body = hello(0);
    body.resize(2 + 32 + 1 + 3);
    const ServerHello read = read_server_hello(body);
    EXPECT_EQ(read.cipher_suite, 0x1302);
    EXPECT_EQ(read.group, 0);
    EXPECT_EQ(read.pre_shared_key, std::nullopt);
    EXPECT_FALSE(read.extended_master_secret);
}

TEST(NewSessionTicket, IsReadInTheFormOfItsVersion) {
    const Bytes tls12{0, 1, 0, 2, 0, 3, 'a', 'b', 'c'};
    const Bytes tls13{0, 1, 0, 2, 9, 9, 9, 9, 2, 8, 8, 0, 3, 'a', 'b', 'c', 0, 0};
    for (const auto& [body, version] :
         {std::pair(tls12, ProtocolVersion::tls12), {tls13, ProtocolVersion::tls13}}) {
        const NewSessionTicket read = read_new_session_ticket(body, version);
        EXPECT_EQ(read.lifetime, std::chrono::seconds(0x10002));
        EXPECT_EQ(as_text(read.ticket), "abc");
        const std::size_t whole = body.size() - (version == ProtocolVersion::tls13 ? 2 : 0);
        for (std::size_t size = 0; size < whole; ++size)
            EXPECT_TRUE(
                read_new_session_ticket(ConstBytes(body).first(size), version).ticket.empty())
                << size;
    }
    // RFC 5077 §3.3: the server has thought better of it.
    EXPECT_TRUE(
        read_new_session_ticket(Bytes{0, 0, 0, 9, 0, 0}, ProtocolVersion::tls12).ticket.empty());
}

}  // namespace
}  // namespace omnitls::spi
