// SPDX-License-Identifier: BSL-1.0
// Where Asio has immediate executors (1.28): an operation that has nothing to wait for completes where its handler says, and by
// default never inside the function that starts it.
#include "tests/transport/harness.hpp"

#include <asio/version.hpp>
#if ASIO_VERSION >= 102800
#include <asio/bind_immediate_executor.hpp>
#include <asio/system_executor.hpp>

namespace omnitls::test {
namespace {

template <class Start>
void expect_inside_only_if_asked(Pair& p, const Start& start) {
    Outcome later;
    start(later.handler());
    EXPECT_EQ(later.calls, 0) << "the default";
    p.run();
    EXPECT_EQ(later.calls, 1);
    Outcome inside;
    start(asio::bind_immediate_executor(asio::system_executor(), inside.handler()));
    EXPECT_EQ(inside.calls, 1);
    p.run();
    EXPECT_EQ(inside.calls, 1) << "once";
    EXPECT_EQ(inside.ec, later.ec);
    EXPECT_EQ(inside.bytes, later.bytes);
}

TEST(Immediate, AReadOfWhatIsThere) {
    Pair p;
    p.secure();
    // One read of the next layer brings them all; one letter each is taken.
    Outcome w;
    p.server->async_write_some(asio::buffer("abc", 3), w.handler());
    char letter[3] = {};
    Outcome first;
    p.client->async_read_some(asio::buffer(&letter[0], 1), first.handler());
    p.run();
    ASSERT_TRUE(w.ok() && first.ok());
    std::size_t at = 1;
    expect_inside_only_if_asked(p, [&](auto handler) {
        p.client->async_read_some(asio::buffer(&letter[at++], 1), std::move(handler));
    });
    EXPECT_EQ(std::string(letter, 3), "abc");
}

TEST(Immediate, AWriteThatIsAccepted) {
    StreamOptions options;
    options.write_completion = WriteCompletion::accepted;
    Pair p(client_script(), server_script(), options);
    p.secure();
    expect_inside_only_if_asked(p, [&](auto handler) {
        p.client->async_write_some(asio::buffer("data", 4), std::move(handler));
    });
}

TEST(Immediate, AnOperationThatCannotBegin) {
    Pair p;
    p.secure();
    Reader outstanding;
    outstanding.start(*p.client);
    char room = 0;
    expect_inside_only_if_asked(p, [&](auto handler) {
        p.client->async_read_some(asio::buffer(&room, 1), std::move(handler));
    });
}

}  // namespace
}  // namespace omnitls::test
#endif
