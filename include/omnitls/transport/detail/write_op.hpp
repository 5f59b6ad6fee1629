// SPDX-License-Identifier: BSL-1.0
// The write of plaintext, the half close and the flush: give the engine what there is to give, then send until the position
// in the output sequence that was reached then has left. Also the pass-through operations of the plain stream.
#pragma once

#include <omnitls/transport/detail/op_base.hpp>
#include <omnitls/transport/detail/read_op.hpp>
#include <omnitls/transport/detail/stream_impl.hpp>

#include <asio/buffer.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace omnitls::inline v0::detail {

enum class WriteKind : std::uint8_t { data, close, flush };

/// A half close or flush: no bytes given, none reported.
struct NoBuffers {};

/// The buffers of a write as the engine takes them. Small ones share records only within one call, so it gets many.
template <class Buffers>
using SourceViews = BufferViews<ConstBytes, is_one_buffer<Buffers, asio::const_buffer> ? 1 : 256>;

template <class Impl, class Handler, class Buffers>
class WriteOp : public OpBase<Impl, Handler> {
    using Base = OpBase<Impl, Handler>;
    using Stage = typename Base::Stage;
    static constexpr bool has_bytes = !std::is_same_v<Buffers, NoBuffers>;

public:
    /// Cancellation is terminal only: what the engine has encrypted cannot be taken back.
    template <class H>
    WriteOp(std::shared_ptr<Impl> impl, H&& handler, const Buffers& buffers, WriteKind kind)
        : Base(std::move(impl), std::forward<H>(handler), asio::enable_terminal_cancellation()),
          buffers_(buffers),
          kind_(kind),
          behind_(has_bytes && this->impl_->writes_behind()) {
        if (has_bytes && this->impl_->writes_in_a_row < 3) ++this->impl_->writes_in_a_row;
    }

    void start() { run(); }
    /// The next layer's write has ended: this operation was the flusher.
    void operator()(const std::error_code& ec, std::size_t n) {
        this->resumed();
        Impl& stream = *this->impl_;
        stream.note_written(ec, n);
        Impl::wake(stream.parked_reader);
        if (ec == aborted() && !stream.gone) stream.terminate(ec);
        run();
    }
    void operator()() {
        if (this->stage_ == Stage::delivering) return deliver(this->result_, this->bytes_);
        this->resumed();
        run();
    }

private:
    void run() {
        for (;;) {
            Impl& stream = *this->impl_;
            if (stream.gone) return finish(aborted(), 0);
            if (stream.fatal) return finish(stream.fatal, 0);
            if (const std::error_code ec = stream.send_error()) return finish(ec, 0);
            // Data in flights: the next one is made when the last one has left. A close or flush is in line at once.
            if (!all_in_ && (behind_ || !has_bytes || stream.to_send().empty())) {
                if (const std::error_code ec = give()) return finish(stream_error(ec), 0);
            }
            if (all_in_ && (behind_ || stream.sent >= target_)) return finish({}, given_);
            if (this->cancelled()) {
                stream.terminate(aborted());
                return finish(aborted(), 0);
            }
            if (stream.flushing) return park_here();
            const ConstBytes out = stream.to_send();
            if (out.empty())
                return finish(Errc::internal, 0);  // drain without output: a broken engine
            stream.note_sending(out.size());
            stream.next.async_write_some(asio::buffer(out.data(), out.size()), std::move(*this));
            return;
        }
    }
    // Gives the engine a flight, or what there is to give. What was accepted before goes first.
    std::error_code give() {
        Impl& stream = *this->impl_;
        if (!behind_ && !stream.seal_stage()) return {};
        if (stream.stage_error) return stream.stage_error;
        if constexpr (!has_bytes) {
            if (kind_ == WriteKind::close) {
                if (const Step step = stream.engine->close_notify(); step.error) return step.error;
            }
        } else {
            const std::size_t total = asio::buffer_size(buffers_);
            for (;;) {
                const std::size_t room = stream.room();
                const SourceViews<Buffers> in(buffers_, given_, room);
                const PumpStep step =
                    behind_ ? stream.step_accept(in.views()) : stream.step_write(in.views());
                if (step.error) return step.error;
                given_ += step.bytes;
                if (given_ == total) break;
                if (step.action == PumpAction::drain || room == 0) return {};
                if (step.action != PumpAction::done || step.bytes == 0) return Errc::internal;
            }
        }
        all_in_ = true;
        target_ = stream.produced();
        return {};
    }
    void park_here() {
        this->stage_ = Stage::running;
        const std::shared_ptr<Impl> impl = this->impl_;
        park(impl, &StreamBase::parked_writer, std::move(*this));
    }
    void finish(std::error_code ec, std::size_t n) {
        if (behind_ && !ec) {
            this->impl_->send_behind(this->get_executor());
        } else if (this->impl_->must_flush()) {
            // An alert, or what the read side has put out meanwhile.
            this->impl_->flush(this->get_executor());
        }
        if (this->stage_ != Stage::starting) return deliver(ec, n);
        this->keep(ec, n);
        complete_at_once(this->impl_->get_executor(), std::move(*this));
    }
    void deliver(std::error_code ec, std::size_t n) {
        this->impl_->write_busy = false;
        if (this->impl_->gone) {
            ec = aborted();
            n = 0;
        }
        if constexpr (has_bytes) {
            this->upcall(ec, n);
        } else {
            this->upcall(ec);
        }
    }

    Buffers buffers_;
    std::size_t given_ = 0;
    std::uint64_t target_ = 0;
    WriteKind kind_;
    bool behind_;
    bool all_in_ = false;
};

/// A read or write of the plain stream: the next layer's own, but for the slot it takes.
template <class Impl, class Handler>
class PlainOp : public OpBase<Impl, Handler> {
    using Base = OpBase<Impl, Handler>;

public:
    template <class H>
    PlainOp(std::shared_ptr<Impl> impl, H&& handler, Direction direction)
        : Base(std::move(impl), std::forward<H>(handler), asio::enable_total_cancellation()),
          direction_(direction) {}

    void operator()(const std::error_code& ec, std::size_t n) {
        this->resumed();
        StreamBase& stream = *this->impl_;
        (direction_ == Direction::read ? stream.read_busy : stream.write_busy) = false;
        if (stream.gone) return this->upcall(aborted(), std::size_t{0});
        this->upcall(ec, n);
    }

private:
    Direction direction_;
};

}  // namespace omnitls::inline v0::detail
