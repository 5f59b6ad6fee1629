// SPDX-License-Identifier: BSL-1.0
// Look-ups that take long, many of them, and how each can end: answered, out of time, stopped, or with its source.
#include "tests/unbound/ask.hpp"

namespace omnitls {
namespace {

using test::Asking;
using test::must;
using test::options_for;
using Status = TlsaAnswer::Status;

constexpr const char* kName = "_443._tcp.right.example";

class Life : public testing::Test {
protected:
    void SetUp() override { OMNITLS_NEED_UNBOUND(); }
    const test::SilentServer silent;
};

TEST_F(Life, WhenTimeIsUpItHasFailed) {
    const auto timer = std::make_shared<test::StandingTimer>();
    const test::DnsServer server;
    UnboundOptions options = options_for(silent.address());
    options.timer = timer;
    options.timeout = std::chrono::milliseconds(1234);
    const auto slow = must(unbound_tlsa(options));
    options.resolver = server.address();
    const auto quick = must(unbound_tlsa(options));
    EXPECT_EQ(Asking(*quick, kName).wait()->status, Status::secure);
    Asking asking(*slow, kName);
    Asking other(*slow, kName);
    EXPECT_FALSE(asking.answered());
    timer->ring_when(3);
    const auto answer = asking.wait();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, Status::failed);
    EXPECT_EQ(answer->detail, "no answer within 1234 ms");
    EXPECT_EQ(other.wait()->status, Status::failed);
}

TEST_F(Life, AStoppedLookupIsDropped) {
    const auto source = must(unbound_tlsa(options_for(silent.address())));
    std::stop_source stop;
    Asking stopped(*source, kName, stop.get_token());
    Asking going_on(*source, kName);
    stop.request_stop();
    EXPECT_FALSE(stopped.wait());
    EXPECT_FALSE(going_on.answered());
    Asking late(*source, kName, stop.get_token());
    EXPECT_FALSE(late.wait()) << "stopped before it began";
    EXPECT_FALSE(going_on.answered());
}

TEST_F(Life, StoppingAfterTheAnswerIsNothing) {
    const test::DnsServer server;
    const auto source = must(unbound_tlsa(options_for(server.address())));
    std::stop_source stop;
    Asking asking(*source, kName, stop.get_token());
    EXPECT_EQ(asking.wait()->status, Status::secure);
    stop.request_stop();
}

TEST_F(Life, WithItsSourceALookupIsDropped) {
    const test::DnsServer server;
    for (const bool quiet : {true, false}) {
        auto source = must(unbound_tlsa(options_for(quiet ? silent.address() : server.address())));
        std::vector<Asking> all;
        for (int i = 0; i < 20; ++i) all.emplace_back(*source, kName);
        if (!quiet) {
            for (Asking& asking : all) EXPECT_EQ(asking.wait()->status, Status::secure);
        }
        source.reset();
        if (!quiet) continue;
        for (Asking& asking : all) {
            EXPECT_TRUE(asking.answered()) << "the end of a source waits for all";
            EXPECT_FALSE(asking.wait());
        }
    }
}

TEST_F(Life, ASourceMayGoWhileItIsAsked) {
    const test::DnsServer server;
    for (int i = 0; i < 20; ++i) {
        auto source = must(unbound_tlsa(options_for(server.address())));
        std::vector<Asking> all;
        for (int k = 0; k < i; ++k) all.emplace_back(*source, kName);
        source.reset();
        // Answered or dropped, whichever came first, and never both.
        for (Asking& asking : all) {
            const auto answer = asking.wait();
            EXPECT_TRUE(!answer || answer->status == Status::secure);
        }
    }
}

TEST_F(Life, ASourceMayGoInItsOwnAnswer) {
    UnboundOptions options = options_for(silent.address());
    options.max_lookups = 1;
    const auto kept = std::make_shared<std::shared_ptr<TlsaSource>>(must(unbound_tlsa(options)));
    Asking dropped(**kept, kName);
    // One too many, so it is answered at once, on the source's thread; there the last pointer goes.
    (*kept)->lookup(kName, {}, [kept](const TlsaAnswer& answer) {
        EXPECT_EQ(answer.status, Status::failed);
        kept->reset();
    });
    EXPECT_FALSE(dropped.wait());
}

TEST_F(Life, WhatAnAnswerThrowsIsForNobody) {
    const test::DnsServer server;
    const auto source = must(unbound_tlsa(options_for(server.address())));
    source->lookup(kName, {}, [](const TlsaAnswer&) { throw std::runtime_error("no"); });
    EXPECT_EQ(Asking(*source, kName).wait()->status, Status::secure);
}

TEST_F(Life, ManyAtOnceAreEachAnswered) {
    const test::DnsServer server;
    const auto source = must(unbound_tlsa(options_for(server.address())));
    std::vector<Asking> all;
    for (int port = 1; port <= 200; ++port)
        all.emplace_back(*source, '_' + std::to_string(port) + "._tcp.right.example");
    for (Asking& asking : all) {
        const auto answer = asking.wait();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, Status::secure) << answer->detail;
        EXPECT_EQ(answer->records.size(), 1U);
    }
}

TEST_F(Life, ManyThreadsMayAsk) {
    const test::DnsServer server;
    const auto source = must(unbound_tlsa(options_for(server.address())));
    std::vector<std::future<int>> threads;
    for (int i = 0; i < 4; ++i) {
        threads.push_back(std::async(std::launch::async, [&source, i] {
            int secure = 0;
            for (int k = 0; k < 10; ++k) {
                const std::string port = std::to_string(100 * i + k + 1);
                std::stop_source stop;
                Asking asking(*source, '_' + port + "._tcp.right.example", stop.get_token());
                if (k % 2 != 0) stop.request_stop();
                const auto answer = asking.wait();
                secure += answer && answer->status == Status::secure ? 1 : 0;
            }
            return secure;
        }));
    }
    for (auto& thread : threads) EXPECT_GE(thread.get(), 5) << "those that were not stopped";
}

TEST_F(Life, OneMoreThanTheLimitFailsAtOnce) {
    for (const std::size_t limit : {2U, 3U}) {
        UnboundOptions options = options_for(silent.address());
        options.max_lookups = limit;
        auto source = must(unbound_tlsa(options));
        std::vector<Asking> all;
        for (int i = 0; i < 3; ++i) all.emplace_back(*source, kName);
        std::optional<TlsaAnswer> last;
        if (limit == 2) {
            last = all.back().wait();
            ASSERT_TRUE(last);
            EXPECT_EQ(last->status, Status::failed);
            EXPECT_EQ(last->detail, "more than 2 look-ups at once (max_lookups)");
        }
        source.reset();
        EXPECT_FALSE(all.front().wait());
        if (limit == 2) continue;
        EXPECT_FALSE(all.back().wait()) << "it was running";
    }
}

TEST_F(Life, WhatWasStoppedCountsUntilLibunboundIsDoneWithIt) {
    for (const std::size_t limit : {1U, 2U}) {
        UnboundOptions options = options_for(silent.address());
        options.max_lookups = limit;
        const auto timer = std::make_shared<test::StandingTimer>();
        options.timer = timer;
        auto source = must(unbound_tlsa(options));
        std::stop_source stop;
        Asking stopped(*source, kName, stop.get_token());
        timer->wait_for(1);  // It has begun.
        stop.request_stop();
        EXPECT_FALSE(stopped.wait());
        Asking next(*source, kName);
        if (limit == 1) {
            const auto answer = next.wait();
            ASSERT_TRUE(answer);
            EXPECT_EQ(answer->detail, "more than 1 look-ups at once (max_lookups)");
        }
        source.reset();
        if (limit == 1) continue;
        EXPECT_FALSE(next.wait()) << "it was running";
    }
}

}  // namespace
}  // namespace omnitls
