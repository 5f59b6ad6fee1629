// SPDX-License-Identifier: BSL-1.0
// A whole conversation over faulty layers: upgrade with a verdict that comes later, echo, shutdown; to be disturbed at any step.
#pragma once

#include "tests/support/fault_stream.hpp"
#include "tests/transport/harness.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>

namespace omnitls::test {

using FaultyStream = Stream<FaultStream, ManualTimer>;

class Conversation {
public:
    explicit Conversation(const std::shared_ptr<FaultPlan>& plan = std::make_shared<FaultPlan>()) {
        auto ends = PipeStream::make(ctx.get_executor());
        FakeScript script = client_script();
        script.verifier = verifier;
        client.stream.emplace(FaultStream(std::move(ends.first), plan),
                              std::make_unique<FakeEngine>(script, client.trace));
        server.stream.emplace(FaultStream(std::move(ends.second), plan),
                              std::make_unique<FakeEngine>(server_script(), server.trace));
    }
    ~Conversation() {
        client.stream.reset();
        server.stream.reset();
        ctx.restart();
        ctx.poll();
        ManualClock::drop_all();
    }

    struct Side {
        std::optional<FaultyStream> stream;
        std::shared_ptr<FakeTrace> trace = std::make_shared<FakeTrace>();
        std::list<Outcome> outcomes;  ///< Of every operation that was started.
        asio::cancellation_signal cancel;
        std::array<char, 64> room{};
        std::string got;
        bool done = false;

        /// Starts one more operation's record.
        Outcome& next() { return outcomes.emplace_back(); }
        /// Every operation completed exactly once.
        bool settled() const {
            for (const Outcome& o : outcomes) {
                if (o.calls != 1) return false;
            }
            return true;
        }
        std::error_code last() const { return outcomes.back().ec; }
    };

    // Runs `next` after success; after a failure the side closes, as programs do.
    template <class Next>
    auto then(Side& side, Next next) {
        Outcome& o = side.next();
        return asio::bind_cancellation_slot(
            side.cancel.slot(), [&side, &o, next](std::error_code ec, auto... n) {
                o.handler()(ec, n...);
                ((side.got.append(side.room.data(),
                                  ec ? 0 : std::min<std::size_t>(n, side.room.size()))),
                 ...);
                if (ec) {
                    side.stream.reset();
                } else if (side.stream) {
                    next();
                }
            });
    }
    void start() {
        auto& c = *client.stream;
        auto& s = *server.stream;
        c.async_start_tls(no_leftover, then(client, [this] { client_write(); }));
        s.async_start_tls(no_leftover, then(server, [this] { server_read(); }));
    }
    /// One handler; false when nothing is ready.
    bool step() {
        ctx.restart();
        if (ctx.poll_one() > 0) return true;
        if (verifier->questions.empty()) return false;
        // Somebody answers when all else is quiet.
        verifier->answer(Verdict::trusted());
        return true;
    }
    /// To the end, past all deadlines.
    void finish() {
        for (int round = 0; round < 4; ++round) {
            while (step()) {
            }
            ManualClock::advance(std::chrono::seconds(61));
        }
        while (step()) {
        }
    }

    asio::io_context ctx;
    std::shared_ptr<PatientVerifier> verifier = std::make_shared<PatientVerifier>();
    Side client;
    Side server;

private:
    void client_write() {
        client.stream->async_write_some(asio::buffer("ping", 4),
                                        then(client, [this] { client_read(); }));
    }
    void client_read() {
        client.got.clear();
        client.stream->async_read_some(asio::buffer(client.room),
                                       then(client, [this] { client_close(); }));
    }
    void client_close() {
        client.stream->async_shutdown(then(client, [this] { client.done = true; }));
    }
    void server_read() {
        server.stream->async_read_some(asio::buffer(server.room),
                                       then(server, [this] { server_write(); }));
    }
    void server_write() {
        server.stream->async_write_some(asio::buffer(server.got.data(), 4),
                                        then(server, [this] { server_close(); }));
    }
    void server_close() {
        server.stream->async_shutdown(then(server, [this] { server.done = true; }));
    }
};

}  // namespace omnitls::test
