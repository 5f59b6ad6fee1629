// SPDX-License-Identifier: BSL-1.0
// The synchronous driver: the loops of the operations over blocking reads and writes of the next layer. A verdict is waited
// for with its deadline; the deadline of a handshake is looked at between two reads, since a blocking read has none.
#pragma once

#include <omnitls/transport/detail/answer_gate.hpp>
#include <omnitls/transport/detail/read_op.hpp>
#include <omnitls/transport/detail/stream_impl.hpp>
#include <omnitls/transport/detail/write_op.hpp>

#include <asio/buffer.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <system_error>

namespace omnitls::inline v0::detail {

template <class Impl>
class SyncDriver {
    using Clock = typename Impl::timer_type::clock_type;

public:
    explicit SyncDriver(Impl& stream) : s_(stream) {}

    std::error_code handshake() {
        const auto deadline = Clock::now() + s_.options.handshake_deadline;
        for (;;) {
            const PumpStep step = s_.step_handshake();
            flush();
            std::error_code ec = step.error;
            if (step.action == PumpAction::done && !ec) return complete();
            if (step.action == PumpAction::ask) ec = ask();
            if (step.action == PumpAction::read) ec = fill();
            if (!ec && Clock::now() >= deadline) {
                s_.engine->abandon(Errc::handshake_timeout, Alert::user_canceled);
                ec = Errc::handshake_timeout;
            }
            if (ec) return fail(ec);
        }
    }
    template <class Buffers>
    std::size_t read(const Buffers& buffers, std::error_code& ec) {
        const TargetViews<Buffers> out(buffers);
        if (out.views().empty()) return 0;
        for (;;) {
            const PumpStep step = s_.step_read(out.views());
            flush();
            ec = stream_error(step.error);
            if (step.action == PumpAction::read) ec = fill();
            if (step.action == PumpAction::ask) ec = Errc::internal;
            if (step.action == PumpAction::done || ec) return step.bytes;
        }
    }
    template <class Buffers>
    std::size_t write(const Buffers& buffers, std::error_code& ec) {
        const std::size_t total = asio::buffer_size(buffers);
        std::size_t given = 0;
        flush();
        ec = s_.send_error();
        while (!ec && given < total) {
            const SourceViews<Buffers> in(buffers, given, s_.room());
            const PumpStep step = s_.step_write(in.views());
            given += step.bytes;
            const bool stuck = step.bytes == 0 && s_.to_send().empty();
            flush();
            ec = step.error ? stream_error(step.error) : s_.send_error();
            if (!ec && stuck) ec = Errc::internal;
        }
        return ec ? 0 : total;
    }
    std::error_code close_write() {
        flush();
        if (const std::error_code ec = s_.send_error()) return ec;
        const Step step = s_.engine->close_notify();
        flush();
        return step.error ? stream_error(step.error) : s_.send_error();
    }
    std::error_code shutdown() {
        return close([this] { return s_.step_discard(); });
    }
    std::error_code stop() {
        std::error_code ec = close([this] { return s_.step_stop(); });
        if (ec == asio::error::timed_out && s_.may_end_in_silence()) ec.clear();
        if (!ec) s_.return_to_plain();
        return ec;
    }

private:
    // Sends close_notify and goes on with `step` until it is done.
    template <class ToTheEnd>
    std::error_code close(const ToTheEnd& step_to_the_end) {
        const auto deadline = Clock::now() + s_.options.shutdown_deadline;
        flush();
        if (const Step notify = s_.engine->close_notify(); notify.error)
            return stream_error(notify.error);
        flush();
        for (;;) {
            const PumpStep step = step_to_the_end();
            flush();
            std::error_code ec = stream_error(step.error);
            if (step.action == PumpAction::read)
                ec = Clock::now() < deadline ? fill() : asio::error::timed_out;
            if (step.action == PumpAction::done || ec) return worse_error(s_.send_error(), ec);
        }
    }
    // Sends all output; an error is kept for whoever writes.
    void flush() {
        for (ConstBytes out = s_.to_send(); !out.empty(); out = s_.to_send()) {
            std::error_code ec;
            const std::size_t n = s_.next.write_some(asio::buffer(out.data(), out.size()), ec);
            s_.note_written(ec, n);
        }
    }
    std::error_code fill() {
        if (s_.read_error) return s_.read_error;
        if (!s_.block.has_room(s_.options.read_block)) return Errc::limit_exceeded;
        const MutableBytes room = s_.block.room(s_.options.read_block);
        std::error_code ec;
        const std::size_t n = s_.next.read_some(asio::buffer(room.data(), room.size()), ec);
        s_.note_read(ec, n);
        return s_.read_error;
    }
    std::error_code ask() {
        const auto latch = std::make_shared<AnswerLatch>();
        pump_ask(*s_.engine, [latch] { latch->fire(); });
        if (latch->wait(std::min(s_.options.verdict_deadline, s_.options.handshake_deadline)))
            return {};
        s_.engine->abandon(Errc::verdict_timeout, s_.late_answer_alert());
        return Errc::verdict_timeout;
    }
    // Done unless the last flight could not leave: then the peer may have said why.
    std::error_code complete() {
        while (s_.write_error) {
            const PumpStep step = s_.step_discard();
            if (step.action != PumpAction::read) return fail(step.error);
            if (const std::error_code ec = fill()) return fail(ec);
        }
        s_.secure = true;
        return {};
    }
    std::error_code fail(std::error_code ec) {
        ec = s_.fail_handshake(ec);
        flush();
        return ec;
    }

    Impl& s_;
};

}  // namespace omnitls::inline v0::detail
