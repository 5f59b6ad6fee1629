// SPDX-License-Identifier: BSL-1.0
// One connection of a bench: two streams, the acts of a script, and what must come of them.
#pragma once

// clang-format off
// Before any of Asio, whose release 1.22 with clang finds std::aligned_alloc only behind a header of the C++ library: a program has to
// be of one mind on it.
#include "tests/transport/misbehaviour/bench.hpp"
// clang-format on
#include "tests/support/manual_timer.hpp"
#include "tests/support/pipe_stream.hpp"
#include "tests/transport/outcome.hpp"
#include <omnitls/transport/stream.hpp>

#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace omnitls::test {

class Play {
public:
    Play(Bench& bench, const Script& script);
    ~Play();

    void start();
    void asked(const Hand& hand);
    void expect_waiting();
    void later(Act act);
    void run();
    void expect(End end);
    void expect_no_leak();

private:
    using PlayStream = Stream<PipeStream, ManualTimer>;
    struct Failure {
        std::error_code code;
        Alert alert;
    };

    void of_the_verifier(Act act, const Hand& hand);
    void while_it_answers(Act act);
    void on_another_thread(const std::function<void()>& act);
    void past(std::chrono::milliseconds deadline, std::chrono::milliseconds short_by);
    void greet();
    void expect_open();
    void expect_failure(const Failure& failure);
    void expect_nothing_delivered();
    void expect_gone();
    bool reads_on_after(Alert alert) const;
    std::error_code what_the_peer_saw() const {
        return peer_handshake_.ec ? peer_handshake_.ec : peer_read_.ec;
    }
    std::size_t sent() const { return judge_pipe_->sent().size(); }

    Bench& bench_;
    const Script& script_;
    StreamOptions options_;
    std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>();
    std::optional<PipeStream::Control> judge_pipe_;
    std::optional<PlayStream> judge_;
    std::optional<PlayStream> peer_;
    asio::cancellation_signal cancel_;
    Outcome handshake_;
    Outcome peer_handshake_;
    Outcome peer_read_;
    Outcome peer_write_;
    std::array<char, 64> peer_room_{};
    std::array<char, 64> room_{};
    // Of the hook, which may run on another thread: looked at when that has been joined.
    int questions_ = 0;
    Hand hand_;
    std::optional<std::size_t> sent_at_question_;
};

}  // namespace omnitls::test
