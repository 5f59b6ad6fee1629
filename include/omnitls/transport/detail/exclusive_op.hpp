// SPDX-License-Identifier: BSL-1.0
// Operations that have the stream for themselves: handshake, shutdown, the way back to plain text. They read, send, wait for a verdict and for a
// deadline all at once, so they live on the heap, and every event runs them anew. One per executor type, not per handler.
#pragma once

#include <omnitls/transport/detail/answer_gate.hpp>
#include <omnitls/transport/detail/stream_impl.hpp>

#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/post.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace omnitls::inline v0::detail {

/// What both have: a deadline, cancellation, one ending. Kept alive by its timer's pending wait, and by nothing that the stream
/// owns: an execution context that is destroyed takes the operation with it.
template <class Impl, class Ex>
class ExclusiveOp : public ExclusiveBase,
                    public std::enable_shared_from_this<ExclusiveOp<Impl, Ex>> {
public:
    ExclusiveOp(std::shared_ptr<Impl> impl, const Ex& ex)
        : impl_(std::move(impl)), ex_(ex), timer_(impl_->get_executor()) {}
    ExclusiveOp(const ExclusiveOp&) = delete;
    ExclusiveOp& operator=(const ExclusiveOp&) = delete;

    void begin(std::chrono::milliseconds deadline) {
        impl_->exclusive = this->weak_from_this();
        impl_->read_aborted = false;
        arm(deadline);
        run();
    }
    void run() final {
        if (!finished_) step();
    }
    void abort() final { finish(aborted()); }
    /// Terminal cancellation: the stream is of no more use. The alert that says so leaves on its own, if nothing is stuck.
    void cancel() {
        if (finished_) return;
        impl_->terminate(aborted());
        if (impl_->flushing) {
            impl_->cancel_flight(Direction::write);
        } else {
            impl_->flush(ex_);
        }
        finish(aborted());
    }

protected:
    virtual void step() = 0;
    virtual void timed_out() = 0;
    /// What is left to do when the operation ends: timers of its own, gates.
    virtual void wind_up() noexcept {}
    /// Posts the handler with the result. Called once.
    virtual void post_completion(std::error_code ec) = 0;
    /// What changes for the stream when the handler is about to be called with `ec`.
    static void completed(StreamBase& /*stream*/, std::error_code /*ec*/) noexcept {}

    /// A wait of the operation's timer; one that was armed anew is ignored.
    struct Wait {
        using executor_type = Ex;
        executor_type get_executor() const noexcept { return op->ex_; }
        void operator()(const std::error_code& ec) {
            if (!ec && !op->finished_ && generation == op->generation_) op->timed_out();
        }
        std::shared_ptr<ExclusiveOp> op;
        unsigned generation;
    };
    void arm(std::chrono::milliseconds deadline) {
        timer_.expires_after(deadline);
        timer_.async_wait(Wait{this->shared_from_this(), ++generation_});
    }
    /// Reads on unless a read is in flight. False: the block is full.
    bool read_more() {
        if (impl_->filling) return true;
        if (!impl_->block.has_room(impl_->options.read_block)) return false;
        impl_->fill(ex_);
        return true;
    }
    void finish(std::error_code ec) {
        if (finished_) return;
        finished_ = true;
        impl_->exclusive.reset();
        timer_.cancel();
        wind_up();
        // A read that is still out must not keep the program running; what it has got by now stays in the block.
        impl_->cancel_flight(Direction::read);
        post_completion(ec);
    }

    const std::shared_ptr<Impl> impl_;
    const Ex ex_;
    bool finished_ = false;

private:
    typename Impl::timer_type timer_;
    unsigned generation_ = 0;
};

/// The handshake: see `step` for what it does next, `ask` and `watch` for the time a verdict takes.
template <class Impl, class Ex>
class HandshakeOp : public ExclusiveOp<Impl, Ex> {
    using Base = ExclusiveOp<Impl, Ex>;

public:
    HandshakeOp(std::shared_ptr<Impl> impl, const Ex& ex)
        : Base(std::move(impl), ex), verdict_timer_(this->impl_->get_executor()) {}
    ~HandshakeOp() override { close_gate(); }

    static void completed(StreamBase& stream, std::error_code ec) noexcept { stream.secure = !ec; }

    void answered() {
        if (this->finished_) return;
        asked_ = false;
        verdict_timer_.cancel();
        this->run();
    }

protected:
    void step() override {
        Impl& stream = *this->impl_;
        if (failing_) return send_alert();
        if (stream.read_aborted || stream.write_error == aborted()) return this->cancel();
        if (asked_) return watch();
        if (done_) return settle();
        const PumpStep next = stream.step_handshake();
        stream.flush(this->ex_);
        switch (next.action) {
            case PumpAction::read:
                return more();
            case PumpAction::ask:
                return ask();
            case PumpAction::drain:
                if (!stream.flushing) fail(Errc::internal);
                return;
            case PumpAction::done:
                break;
        }
        if (next.error) return fail(next.error);
        done_ = true;
        target_ = stream.produced();
        settle();
    }
    void timed_out() override {
        if (failing_) {
            this->impl_->cancel_flight(Direction::write);
            return this->finish(result_);
        }
        give_up(Errc::handshake_timeout, Alert::user_canceled);
    }
    void wind_up() noexcept override {
        close_gate();
        verdict_timer_.cancel();
    }

private:
    using Gate = AnswerGate<HandshakeOp, Ex>;

    std::shared_ptr<HandshakeOp> self() {
        return std::static_pointer_cast<HandshakeOp>(this->shared_from_this());
    }
    void more() {
        if (this->impl_->read_error) return fail(this->impl_->read_error);
        if (!this->read_more()) fail(Errc::limit_exceeded);
    }
    // The engine has a question: hand it over. The verifier may answer at once, or destroy the stream.
    void ask() {
        const auto keep = self();
        const auto gate = gate_ = std::make_shared<Gate>(self(), this->ex_);
        pump_ask(*this->impl_->engine, [gate] { gate->fire(); });
        if (this->finished_) return;
        if (!gate->fired_or_wait()) {
            asked_ = true;
            verdict_timer_.expires_after(this->impl_->options.verdict_deadline);
            verdict_timer_.async_wait(VerdictWait{self(), ++questions_});
        }
        this->run();
    }
    // While the question is open the peer is only listened to, one block long, so that its end is noticed.
    void watch() {
        Impl& stream = *this->impl_;
        if (stream.read_error)
            return give_up(Errc::truncated, Alert::user_canceled, stream.read_error);
        // With bytes before the end it is the verdict that decides what they mean.
        if (stream.eof && stream.block.empty())
            return give_up(Errc::truncated, Alert::user_canceled);
        if (!stream.eof) this->read_more();
    }
    // Done when the last flight has left. If it cannot leave, the peer may have said why.
    void settle() {
        Impl& stream = *this->impl_;
        if (!stream.write_error) {
            if (stream.sent >= target_) return this->finish({});
            return stream.flush(this->ex_);
        }
        const PumpStep next = stream.step_discard();
        if (next.action == PumpAction::done) return fail(next.error);
        if (stream.read_error || next.action != PumpAction::read) return fail(stream.read_error);
        more();
    }
    void give_up(Errc reason, Alert alert, std::error_code report = {}) {
        this->impl_->engine->abandon(reason, alert);
        fail(report ? report : make_error_code(reason));
    }
    // From here on only the alert is sent, for as long as a shutdown may take.
    void fail(std::error_code ec) {
        result_ = this->impl_->fail_handshake(ec);
        failing_ = true;
        close_gate();
        verdict_timer_.cancel();
        this->impl_->cancel_flight(Direction::read);
        this->arm(this->impl_->options.shutdown_deadline);
        send_alert();
    }
    void send_alert() {
        this->impl_->flush(this->ex_);
        if (!this->impl_->flushing) this->finish(result_);
    }
    void close_gate() noexcept {
        if (gate_) gate_->close();
        gate_.reset();
    }

    struct VerdictWait {
        using executor_type = Ex;
        executor_type get_executor() const noexcept { return op->ex_; }
        void operator()(const std::error_code& ec) {
            if (ec || op->finished_ || op->failing_ || !op->asked_ || question != op->questions_)
                return;
            op->give_up(Errc::verdict_timeout, op->impl_->late_answer_alert());
        }
        std::shared_ptr<HandshakeOp> op;
        unsigned question;
    };

    typename Impl::timer_type verdict_timer_;
    std::shared_ptr<Gate> gate_;
    std::error_code result_;
    std::uint64_t target_ = 0;
    unsigned questions_ = 0;
    bool asked_ = false;
    bool done_ = false;
    bool failing_ = false;
};

/// The shutdown: our close_notify leaves, the peer's is waited for, what comes before it is thrown away.
template <class Impl, class Ex>
class ShutdownOp : public ExclusiveOp<Impl, Ex> {
public:
    using ExclusiveOp<Impl, Ex>::ExclusiveOp;

protected:
    void step() override {
        Impl& stream = *this->impl_;
        if (stream.read_aborted || stream.write_error == aborted()) return this->cancel();
        // What was accepted before comes first.
        if (!closing_ && (stream.send_error() || stream.seal_stage())) close();
        if (!read_done_) read();
        stream.flush(this->ex_);
        if (this->finished_ || !closing_ || !read_done_) return;
        if (stream.sent >= target_ || stream.write_error) {
            this->finish(worse_error(stream.send_error(), result_));
        }
    }
    void timed_out() override {
        this->impl_->cancel_flight(Direction::write);
        this->finish(asio::error::timed_out);
    }
    /// Reads on towards the peer's close_notify; done without an error when it is there.
    virtual PumpStep to_the_end() { return this->impl_->step_discard(); }
    /// This side's close_notify has left.
    bool closed_here() const noexcept { return closing_ && this->impl_->sent >= target_; }

private:
    void close() {
        closing_ = true;
        if (const Step step = this->impl_->engine->close_notify(); step.error) end(step.error);
        target_ = this->impl_->produced();
        this->impl_->flush(this->ex_);
    }
    void read() {
        Impl& stream = *this->impl_;
        const PumpStep next = to_the_end();
        if (next.action == PumpAction::done) return end(next.error);
        if (stream.read_error) return end(stream.read_error);
        if (next.action == PumpAction::drain && stream.flushing) return;
        if (next.action != PumpAction::read || !this->read_more()) end(Errc::internal);
    }
    void end(std::error_code ec) {
        read_done_ = true;
        result_ = stream_error(ec);
    }

    std::error_code result_;
    std::uint64_t target_ = 0;
    bool closing_ = false;
    bool read_done_ = false;
};

/// The way back to plain text: as a shutdown, but nothing is thrown away, and the stream goes on.
template <class Impl, class Ex>
class StopOp : public ShutdownOp<Impl, Ex> {
    using Base = ShutdownOp<Impl, Ex>;

public:
    using Base::Base;

    static void completed(StreamBase& stream, std::error_code ec) noexcept {
        if (!ec) stream.return_to_plain();
    }

protected:
    void timed_out() override {
        Impl& stream = *this->impl_;
        if (silent_ || !stream.may_end_in_silence() || !this->closed_here())
            return Base::timed_out();
        silent_ = true;
        if (!stream.filling) return this->run();
        // What the read in flight has got by now is looked at before it counts as plain text.
        this->arm(stream.options.shutdown_deadline);
        stream.cancel_flight(Direction::read);
    }
    PumpStep to_the_end() override {
        const PumpStep next = this->impl_->step_stop();
        if (!silent_ || next.action != PumpAction::read) return next;
        if (this->impl_->may_end_in_silence()) return {};
        return {PumpAction::done, 0, asio::error::timed_out};
    }

private:
    bool silent_ = false;  // until the deadline
};

/// One of the above with the handler it completes.
template <class Op, class Impl, class Handler>
class Handled final : public Op {
    using IoExecutor = typename Impl::executor_type;

public:
    template <class H, class Ex>
    Handled(std::shared_ptr<Impl> impl, const Ex& ex, H&& handler)
        : Op(std::move(impl), ex), handler_(std::forward<H>(handler)) {}

    /// Connects the handler's cancellation; after construction, since it needs the shared pointer.
    void connect() {
        auto slot = asio::get_associated_cancellation_slot(handler_);
        if (!slot.is_connected()) return;
        slot.assign([weak = this->weak_from_this()](asio::cancellation_type_t type) {
            if ((type & asio::cancellation_type::terminal) == asio::cancellation_type::none) return;
            if (const auto op = weak.lock()) op->cancel();
        });
    }

private:
    struct Completion {
        using executor_type = asio::associated_executor_t<Handler, IoExecutor>;
        using allocator_type = asio::associated_allocator_t<Handler>;
        executor_type get_executor() const noexcept {
            return asio::get_associated_executor(handler, stream->get_executor());
        }
        allocator_type get_allocator() const noexcept {
            return asio::get_associated_allocator(handler);
        }
        void operator()() {
            if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.clear();
            if (stream->gone) result = aborted();
            stream->end_exclusive();
            Op::completed(*stream, result);
            stream.reset();
            std::move(handler)(result);
        }
        std::shared_ptr<Impl> stream;
        Handler handler;
        std::error_code result;
    };

    void post_completion(std::error_code ec) override {
        asio::post(this->impl_->get_executor(), Completion{this->impl_, std::move(handler_), ec});
    }

    Handler handler_;
};

}  // namespace omnitls::inline v0::detail
