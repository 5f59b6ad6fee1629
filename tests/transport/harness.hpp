// SPDX-License-Identifier: BSL-1.0
// Two streams over a pipe in memory with fake engines and a manual clock, and a place for results.
#pragma once

#include "tests/support/fake_engine.hpp"
#include "tests/support/manual_timer.hpp"
#include "tests/support/pipe_stream.hpp"
#include "tests/transport/outcome.hpp"
#include <omnitls/transport/stream.hpp>

#include <asio/io_context.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <gtest/gtest.h>

namespace omnitls::test {

using TestStream = Stream<PipeStream, ManualTimer>;

inline FakeScript client_script() { return {}; }
inline FakeScript server_script() {
    FakeScript script;
    script.role = Role::server;
    script.judges = false;
    return script;
}

/// Waits: keeps every question it is asked.
class PatientVerifier final : public CertificateVerifier {
public:
    void verify(Question question) override {
        stop = question.stop_token();
        questions.push_back(std::move(question));
    }
    void answer(Verdict verdict) {
        std::move(questions.front()).answer(std::move(verdict));
        questions.erase(questions.begin());
    }
    std::vector<Question> questions;
    std::stop_token stop;
};

struct Peer {
    Peer(PipeStream end, FakeScript script, StreamOptions options)
        : trace(std::make_shared<FakeTrace>()),
          pipe(end.control()),
          stream(std::in_place, std::move(end),
                 std::make_unique<FakeEngine>(std::move(script), trace), options) {}
    TestStream& operator*() { return *stream; }
    TestStream* operator->() { return &*stream; }

    std::shared_ptr<FakeTrace> trace;
    PipeStream::Control pipe;
    std::optional<TestStream> stream;
};

class Pair {
public:
    explicit Pair(FakeScript client_side = client_script(),
                  FakeScript server_side = server_script(), StreamOptions options = {})
        : Pair(std::make_unique<asio::io_context>(), std::move(client_side), std::move(server_side),
               options) {}
    ~Pair() {
        client.stream.reset();
        server.stream.reset();
        run();
        ManualClock::drop_all();
    }

    /// Until nothing moves any more.
    void run() {
        ctx->restart();
        ctx->poll();
    }
    /// Both handshakes; the pair is secure then.
    void secure() {
        Outcome c;
        Outcome s;
        client->async_handshake(c.handler());
        server->async_handshake(s.handler());
        run();
        ASSERT_TRUE(c.ok()) << c;
        ASSERT_TRUE(s.ok()) << s;
    }

    std::unique_ptr<asio::io_context> ctx;

private:
    Pair(std::unique_ptr<asio::io_context> context, FakeScript c, FakeScript s,
         StreamOptions options)
        : ctx(std::move(context)),
          ends_(PipeStream::make(ctx->get_executor())),
          client(std::move(ends_.first), std::move(c), options),
          server(std::move(ends_.second), std::move(s), options) {}

    std::pair<PipeStream, PipeStream> ends_;

public:
    Peer client;
    Peer server;
};

/// Reads what there is into a string.
struct Reader {
    std::array<char, 65536> room{};
    Outcome result;

    template <class S>
    void start(S& stream) {
        result = {};
        stream.async_read_some(asio::buffer(room), result.handler());
    }
    std::string text() const { return {room.data(), result.bytes}; }
};

}  // namespace omnitls::test
