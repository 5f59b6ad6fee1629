// SPDX-License-Identifier: BSL-1.0
#include <omnitls/spi/server_hello.hpp>

#include <gtest/gtest.h>

namespace omnitls::spi {
namespace {

/// With a session id of `id` bytes, an empty extension 23 and one of two bytes, 51.
Bytes hello(std::uint8_t id) {
    Bytes body{3, 3};
    body.insert(body.end(), 32, 0x5a);
    body.push_back(id);
    body.insert(body.end(), id, 0x77);
    const Bytes rest{0x13, 0x02, 0, 0, 10, 0, 23, 0, 0, 0, 51, 0, 2, 0, 29};
    body.insert(body.end(), rest.begin(), rest.end());
    return body;
}

TEST(ServerHello, TellsItsSuiteAndExtensions) {
    for (const std::uint8_t id : {std::uint8_t{0}, std::uint8_t{32}}) {
        const Bytes body = hello(id);
        EXPECT_EQ(server_hello_suite(body), 0x1302);
        const ConstBytes empty = server_hello_extension(body, 23);
        EXPECT_NE(empty.data(), nullptr);
        EXPECT_TRUE(empty.empty());
        const ConstBytes share = server_hello_extension(body, 51);
        EXPECT_EQ(Bytes(share.begin(), share.end()), (Bytes{0, 29}));
        EXPECT_EQ(server_hello_extension(body, 41).data(), nullptr);
    }
}

TEST(ServerHello, CutAnywhereItTellsLess) {
    const Bytes body = hello(32);
    for (std::size_t size = 0; size < body.size(); ++size) {
        const ConstBytes cut = ConstBytes(body).first(size);
        EXPECT_EQ(server_hello_suite(cut), size < 2 + 32 + 1 + 32 + 2 ? 0 : 0x1302) << size;
        EXPECT_EQ(server_hello_extension(cut, 51).data(), nullptr) << size;
    }
    Bytes longer = body;
    longer[2 + 32 + 1 + 32 + 4] = 200;
    EXPECT_EQ(server_hello_extension(longer, 51).size(), 2U) << "its own size ends it";
}

TEST(ServerHello, WithoutExtensionsHasNone) {
    Bytes body = hello(0);
    body.resize(2 + 32 + 1 + 3);
    EXPECT_EQ(server_hello_suite(body), 0x1302);
    EXPECT_EQ(server_hello_extension(body, 23).data(), nullptr);
}

}  // namespace
}  // namespace omnitls::spi
