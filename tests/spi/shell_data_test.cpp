// SPDX-License-Identifier: BSL-1.0
// Reading, writing and closing as the shell rules them, and the table of states and calls.
#include "tests/spi/shell_fixture.hpp"

#include <array>

namespace omnitls::test {
namespace {

using Data = ShellTest;

TEST_F(Data, ReadsAllRecordsAtHandIntoAllBuffers) {
    auto engine = open_client();
    const Bytes records = toy_data("abc") + toy_data("defg") + toy_data("h");
    Input in{records, false};
    std::array<std::uint8_t, 2> first{};
    std::array<std::uint8_t, 16> second{};
    const std::array<MutableBytes, 2> buffers{MutableBytes(first), MutableBytes(second)};
    const Step step = engine->read(in, buffers);
    EXPECT_EQ(step.bytes, 8U);
    EXPECT_EQ(as_text(first), "ab");
    EXPECT_EQ(as_text(ConstBytes(second).first(6)), "cdefgh");
    EXPECT_TRUE(in.bytes.empty());
    EXPECT_EQ(read_text(*engine, in), "<input>");
}

TEST_F(Data, WhatFollowsCloseNotifyStaysWithTheCaller) {
    auto engine = open_client();
    const Bytes records = toy_data("last") + toy_close_notify() + Bytes{'p', 'l', 'a', 'i', 'n'};
    Input in{records, false};
    EXPECT_EQ(read_text(*engine, in), "last");
    EXPECT_EQ(read_text(*engine, in), make_error_code(Errc::closed).message());
    EXPECT_EQ(as_text(in.bytes), "plain");
    EXPECT_EQ(read_text(*engine, in), make_error_code(Errc::closed).message());
    EXPECT_EQ(as_text(in.bytes), "plain");
    EXPECT_EQ(engine->state(), State::closing);
    EXPECT_EQ(write(*engine, "still").bytes, 5U);
    EXPECT_TRUE(engine->close_notify().done());
    EXPECT_EQ(engine->state(), State::closed);
    EXPECT_EQ(describe_records(drain(*engine)), "data(still)alert(0)");
}

TEST_F(Data, EndWithoutCloseNotifyIsTruncatedWithItIsClosed) {
    for (const bool polite : {false, true}) {
        SCOPED_TRACE(polite);
        auto engine = open_client();
        const Bytes records = polite ? toy_data("x") + toy_close_notify() : toy_data("x");
        Input in{records, true};
        EXPECT_EQ(read_text(*engine, in), "x");
        EXPECT_EQ(read_text(*engine, in),
                  make_error_code(polite ? Errc::closed : Errc::truncated).message());
        EXPECT_EQ(read_text(*engine, in),
                  make_error_code(polite ? Errc::closed : Errc::truncated).message());
    }
}

TEST_F(Data, EndInsideARecordIsTruncated) {
    auto engine = open_client();
    Bytes record = toy_data("whole");
    record.pop_back();
    Input in{record, true};
    EXPECT_EQ(read_text(*engine, in), make_error_code(Errc::truncated).message());
    EXPECT_EQ(engine->last_error()->phase, Phase::open);
}

TEST_F(Data, DataBeforeAnErrorIsDeliveredFirst) {
    auto engine = open_client();
    const Bytes records = toy_data("good") + toy_data("garbage") + toy_data("never");
    Input in{records, false};
    EXPECT_EQ(read_text(*engine, in), "good");
    EXPECT_EQ(read_text(*engine, in), make_error_code(Errc::bad_record).message());
    EXPECT_EQ(describe_records(drain(*engine)), "alert(20)");
    EXPECT_EQ(engine->last_error()->alert_sent, Alert::bad_record_mac);
    EXPECT_EQ(read_text(*engine, in), make_error_code(Errc::bad_record).message());
    EXPECT_EQ(write(*engine, "x").error, Errc::bad_record);
}

TEST_F(Data, AlertAfterTheHandshakeSaysWhoRefusedWhat) {
    auto engine = open_client();
    const Bytes records = toy_alert(2, 116);
    Input in{records, false};
    EXPECT_EQ(read_text(*engine, in), make_error_code(Errc::certificate_required).message());
    EXPECT_EQ(engine->last_error()->phase, Phase::open);
    EXPECT_NE(engine->last_error()->what.find("certificate_required(116)"), std::string::npos);
    EXPECT_FALSE(engine->last_error()->hint.empty());
}

TEST_F(Data, WritesAreCutAtSixteenKiBAndStopAtTheHighWaterMark) {
    ClientConfig config;
    config.limits.output_high_water = 40'000;
    auto engine = open_client(config);
    const std::string big(100'000, 'z');
    const Step step = write(*engine, big);
    EXPECT_EQ(step.want, Want::drain);
    EXPECT_EQ(step.bytes, 3U * 16384U);
    EXPECT_EQ(write(*engine, "more").want, Want::drain);
    EXPECT_EQ(write(*engine, "more").bytes, 0U);
    const std::string sent = describe_records(drain(*engine));
    EXPECT_EQ(sent.size(), 3U * (16384U + std::string("data()").size()));
    EXPECT_EQ(write(*engine, "more").bytes, 4U);
}

TEST_F(Data, SmallBuffersOfOneWriteShareRecords) {
    auto engine = open_client();
    const std::vector<Bytes> buffers(40, Bytes(1000, 'b'));
    const std::vector<ConstBytes> views(buffers.begin(), buffers.end());
    const Step step = engine->write(views);
    EXPECT_TRUE(step.done());
    EXPECT_EQ(step.bytes, 40'000U);
    EXPECT_EQ(engine->output().size(), engine->output_size()) << "one block, one write to send it";
    const auto data = [](std::size_t size) { return "data(" + std::string(size, 'b') + ")"; };
    EXPECT_EQ(describe_records(drain(*engine)), data(16384) + data(16384) + data(7232));
}

TEST_F(Data, AWriteThatStopsInASequenceSaysHowFarItCame) {
    ClientConfig config;
    config.limits.output_high_water = 20'000;
    auto engine = open_client(config);
    const std::vector<Bytes> buffers(100, Bytes(1000, 'b'));
    const std::vector<ConstBytes> views(buffers.begin(), buffers.end());
    const Step step = engine->write(views);
    EXPECT_EQ(step.want, Want::drain);
    EXPECT_EQ(step.bytes, 2U * 16384U);
}

TEST_F(Data, GivingBackBuffersReachesTheLibraryAndChangesNothing) {
    auto engine = open_client();
    EXPECT_EQ(script->releases, 0);
    engine->release_buffers();
    EXPECT_EQ(script->releases, 1);
    EXPECT_EQ(write(*engine, "before").bytes, 6U);
    engine->release_buffers();
    EXPECT_EQ(describe_records(drain(*engine)), "data(before)");
    engine->release_buffers();
    const Bytes record = toy_data("after");
    Input in{record, false};
    EXPECT_EQ(read_text(*engine, in), "after");
    auto other = client();
    other->release_buffers();
    EXPECT_EQ(script->releases, 3) << "not before the handshake is done";
}

TEST_F(Data, EmptyWritesMakeNoRecord) {
    auto engine = open_client();
    EXPECT_TRUE(write(*engine, "").done());
    EXPECT_TRUE(engine->write({}).done());
    EXPECT_EQ(engine->output_size(), 0U);
}

TEST_F(Data, OutputStaysWhereItIsUntilConsumed) {
    auto engine = open_client();
    ASSERT_EQ(write(*engine, "first").bytes, 5U);
    const ConstBytes view = engine->output();
    const Bytes copy(view.begin(), view.end());
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(write(*engine, "more and more").bytes, 13U);
    EXPECT_EQ(engine->output().data(), view.data());
    EXPECT_TRUE(std::equal(copy.begin(), copy.end(), engine->output().begin()));
    engine->consume_output(2);
    EXPECT_EQ(engine->output().data(), view.data() + 2);
}

TEST_F(Data, RecordsWithoutDataAreCounted) {
    for (const int flood : {64, 65}) {
        SCOPED_TRACE(flood);
        auto engine = open_client();
        Bytes records;
        for (int i = 0; i < flood; ++i) records = std::move(records) + toy_record(22, "ticket");
        records = std::move(records) + toy_data("x");
        Input in{records, false};
        EXPECT_EQ(read_text(*engine, in),
                  flood == 64 ? "x" : make_error_code(Errc::limit_exceeded).message());
    }
}

TEST_F(Data, RepliesAPeerDoesNotFetchAreBounded) {
    auto engine = open_client();
    std::string last;
    std::size_t fed = 0;
    while (last != make_error_code(Errc::limit_exceeded).message() && fed < 100'000) {
        const Bytes records = toy_record(22, "update?") + toy_data("x");
        Input in{records, false};
        last = read_text(*engine, in);
        fed += 1;
    }
    EXPECT_EQ(last, make_error_code(Errc::limit_exceeded).message());
    EXPECT_LT(engine->output_size(), 20U * 1024U);

    auto twin = open_client();
    for (int i = 0; i < 3000; ++i) {
        const Bytes records = toy_record(22, "update?") + toy_data("x");
        Input in{records, false};
        ASSERT_EQ(read_text(*twin, in), "x");
        drain(*twin);
    }
}

TEST_F(Data, CloseIsIdempotentAndEndsWritingOnly) {
    auto engine = open_client();
    EXPECT_TRUE(engine->close_notify().done());
    EXPECT_TRUE(engine->close_notify().done());
    EXPECT_EQ(describe_records(drain(*engine)), "alert(0)");
    EXPECT_EQ(engine->state(), State::closing);
    EXPECT_EQ(write(*engine, "x").error, Errc::wrong_state);
    const Bytes records = toy_data("reply") + toy_close_notify();
    Input in{records, false};
    EXPECT_EQ(read_text(*engine, in), "reply");
    EXPECT_EQ(read_text(*engine, in), make_error_code(Errc::closed).message());
    EXPECT_EQ(engine->state(), State::closed);
}

// Every state x every call: what is allowed, and that a refused call changes nothing.
TEST_F(Data, StateTable) {
    struct Row {
        State state;
        bool handshake, read, write, close;
    };
    const Row rows[] = {
        {State::handshake, true, false, false, false},
        {State::verify_pending, true, false, false, false},
        {State::open, false, true, true, true},
        {State::closing, false, true, false, true},
        {State::closed, false, true, false, true},
    };
    const auto make = [&](State state) {
        if (state == State::handshake) return client();
        if (state == State::verify_pending) {
            auto engine = client();
            feed(*engine, toy_handshake("HCPF"));
            return engine;
        }
        auto engine = open_client();
        if (state == State::closing || state == State::closed) engine->close_notify();
        if (state == State::closed) {
            const Bytes bye = toy_close_notify();
            Input in{bye, false};
            (void)read_text(*engine, in);
        }
        return engine;
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(std::string(state_name(row.state)));
        for (int call = 0; call < 4; ++call) {
            SCOPED_TRACE(call);
            auto engine = make(row.state);
            ASSERT_EQ(engine->state(), row.state);
            drain(*engine);
            Input in{};
            std::array<std::uint8_t, 4> buffer{};
            const MutableBytes out(buffer);
            const Step step = call == 0   ? engine->handshake(in)
                              : call == 1 ? engine->read(in, {&out, 1})
                              : call == 2 ? write(*engine, "x")
                                          : engine->close_notify();
            const bool allowed = call == 0   ? row.handshake
                                 : call == 1 ? row.read
                                 : call == 2 ? row.write
                                             : row.close;
            EXPECT_EQ(step.error != Errc::wrong_state, allowed);
            if (!allowed) {
                EXPECT_EQ(engine->state(), row.state);
                EXPECT_EQ(engine->output_size(), 0U);
                EXPECT_EQ(engine->last_error(), nullptr);
            }
        }
    }
}

TEST_F(Data, FailedIsStickyForEveryCall) {
    auto engine = client();
    EXPECT_EQ(feed(*engine, {'x'}).error, Errc::plaintext_peer);
    Input in{};
    EXPECT_EQ(engine->handshake(in).error, Errc::plaintext_peer);
    EXPECT_EQ(read_text(*engine, in), make_error_code(Errc::plaintext_peer).message());
    EXPECT_EQ(write(*engine, "x").error, Errc::plaintext_peer);
    EXPECT_EQ(engine->close_notify().error, Errc::plaintext_peer);
    engine->abandon(Errc::verdict_timeout, Alert::user_canceled);
    EXPECT_EQ(engine->last_error()->code, Errc::plaintext_peer);
}

}  // namespace
}  // namespace omnitls::test
