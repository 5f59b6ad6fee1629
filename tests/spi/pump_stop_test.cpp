// SPDX-License-Identifier: BSL-1.0
// `pump_stop`, the way back to plain text for loops of one's own: what follows the close_notify is left untouched, what came before it is
// not lost.
#include "tests/spi/shell_fixture.hpp"
#include <omnitls/pump.hpp>

#include <string_view>

namespace omnitls::test {
namespace {

constexpr PeerCloseNotify policies[] = {PeerCloseNotify::required, PeerCloseNotify::optional};

Bytes plain(std::string_view text) { return {text.begin(), text.end()}; }

class PumpStop : public ShellTest {
protected:
    /// An engine that has said its close_notify.
    std::unique_ptr<TlsEngine> stopping() {
        auto engine = open_client();
        EXPECT_TRUE(engine->close_notify().done());
        return engine;
    }
};

TEST_F(PumpStop, PlainTextIsLeftWhereItBegins) {
    for (const PeerCloseNotify policy : policies) {
        // Text that looks like a record, too: the library must not see it.
        for (const Bytes& text : {plain("230 ok\r\n"), toy_data("not a record"), Bytes{}}) {
            auto engine = stopping();
            const Bytes bytes = toy_close_notify() + text;
            Input in{bytes, false};
            const PumpStep step = pump_stop(*engine, in, policy);
            EXPECT_EQ(step.action, PumpAction::done);
            EXPECT_FALSE(step.error) << step.error.message();
            EXPECT_EQ(Bytes(in.bytes.begin(), in.bytes.end()), text);
            EXPECT_EQ(engine->state(), State::closed);
        }
    }
}

TEST_F(PumpStop, AsManyStepsAsThereAreSegments) {
    for (const PeerCloseNotify policy : policies) {
        auto engine = stopping();
        const Bytes bytes = toy_data("") + toy_close_notify() + plain("230");
        Bytes held;
        std::size_t next = 0;
        PumpStep step{PumpAction::read, 0, {}};
        for (; step.action == PumpAction::read && next < bytes.size(); ++next) {
            held.push_back(bytes[next]);
            Input in{held, false};
            step = pump_stop(*engine, in, policy);
            held.assign(in.bytes.begin(), in.bytes.end());
        }
        EXPECT_EQ(step.action, PumpAction::done);
        EXPECT_FALSE(step.error) << step.error.message();
        EXPECT_EQ(next, bytes.size() - 3) << "not one byte of the plain text was asked for";
        EXPECT_TRUE(held.empty());
    }
}

TEST_F(PumpStop, DataBeforeTheCloseNotifyIsNotThrownAway) {
    for (const PeerCloseNotify policy : policies) {
        for (const bool data : {false, true}) {
            auto engine = stopping();
            const Bytes bytes = toy_data(data ? "late" : "") + toy_close_notify() + plain("230");
            Input in{bytes, false};
            const PumpStep step = pump_stop(*engine, in, policy);
            EXPECT_EQ(step.action, PumpAction::done);
            EXPECT_EQ(step.error, data ? make_error_code(Errc::unread_data) : std::error_code());
            EXPECT_EQ(step.bytes, data ? 4U : 0U);
        }
    }
}

TEST_F(PumpStop, TheEndOfTheTransportIsOnlyBehindTheLastByte) {
    for (const PeerCloseNotify policy : policies) {
        for (const bool notified : {false, true}) {
            auto engine = stopping();
            const Bytes bytes = toy_data("") + (notified ? toy_close_notify() : Bytes{});
            Input in{bytes, true};
            const PumpStep step = pump_stop(*engine, in, policy);
            EXPECT_EQ(step.action, PumpAction::done);
            EXPECT_EQ(step.error, notified ? std::error_code() : make_error_code(Errc::truncated));
        }
    }
}

TEST_F(PumpStop, PlainTextInsteadOfACloseNotifyIsForThePolicy) {
    for (const PeerCloseNotify policy : policies) {
        auto engine = stopping();
        const Bytes text = plain("230 ok\r\n");
        Input in{text, true};
        const PumpStep step = pump_stop(*engine, in, policy);
        EXPECT_EQ(step.action, PumpAction::done);
        if (policy == PeerCloseNotify::optional) {
            EXPECT_FALSE(step.error) << step.error.message();
            EXPECT_EQ(in.bytes.size(), text.size());
        } else {
            EXPECT_EQ(step.error, Errc::truncated) << "the toy library waits for the rest of it";
            EXPECT_NE(engine->state(), State::closed);
        }
    }
}

}  // namespace
}  // namespace omnitls::test
