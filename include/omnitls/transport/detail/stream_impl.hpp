// SPDX-License-Identifier: BSL-1.0
// `StreamImpl`: the shared state of one stream with its next layer, and `Flight`, the handler of the reads and writes at the
// next layer that no single operation owns: the flusher's, and those of handshakes and shutdowns.
#pragma once

#include <omnitls/transport/detail/stream_base.hpp>

#include <asio/buffer.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/post.hpp>

#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace omnitls::inline v0::detail {

enum class Direction : std::uint8_t { read, write };

/// Handler of one read or write at the next layer on behalf of the stream. Runs on the executor of the operation that caused
/// it, so that a strand bound to handlers is as good as one below the stream. Destroyed unrun, it lets go of what waits for it.
template <class Impl, class Ex>
class Flight {
public:
    using executor_type = Ex;
    using cancellation_slot_type = asio::cancellation_slot;

    Flight(std::shared_ptr<Impl> impl, const Ex& ex, Direction direction) noexcept
        : impl_(std::move(impl)), ex_(ex), direction_(direction) {}
    Flight(Flight&&) noexcept = default;
    Flight& operator=(Flight&&) = delete;
    ~Flight() {
        if (const auto impl = std::move(impl_)) impl->lost(direction_);
    }

    executor_type get_executor() const noexcept { return ex_; }
    cancellation_slot_type get_cancellation_slot() const noexcept {
        return impl_ ? impl_->signal(direction_).slot() : asio::cancellation_slot();
    }
    void operator()(const std::error_code& ec, std::size_t n) {
        const auto impl = std::move(impl_);
        impl->landed(direction_, ec, n, ex_);
    }

private:
    std::shared_ptr<Impl> impl_;
    Ex ex_;
    Direction direction_;
};

/// A turn of the executor in which a streak of writes may go on.
template <class Impl, class Ex>
struct Settle {
    using executor_type = Ex;
    executor_type get_executor() const noexcept { return ex; }
    void operator()() {
        Impl& stream = *impl;
        stream.settling = false;
        if (stream.flushing || stream.gone) return;
        if (std::exchange(stream.unsettled, false) && stream.room() > 0) return stream.settle(ex);
        stream.flush(ex);
    }
    std::shared_ptr<Impl> impl;
    Ex ex;
};

template <class Next, class Timer>
class StreamImpl : public StreamBase, public std::enable_shared_from_this<StreamImpl<Next, Timer>> {
public:
    using next_layer_type = std::remove_reference_t<Next>;
    using executor_type = typename next_layer_type::executor_type;
    using timer_type = Timer;

    template <class Arg>
    StreamImpl(Arg&& arg, std::unique_ptr<TlsEngine> tls_engine,
               const StreamOptions& stream_options)
        : StreamBase(std::move(tls_engine), stream_options), next(std::forward<Arg>(arg)) {}

    executor_type get_executor() noexcept { return next.get_executor(); }
    asio::cancellation_signal& signal(Direction direction) noexcept {
        return direction == Direction::read ? fill_signal_ : flush_signal_;
    }

    /// Moves plain text that the stream holds after a `stop_tls` into `buffers`; returns how much.
    template <class Buffers>
    std::size_t take_plain(const Buffers& buffers) noexcept {
        const ConstBytes held = block.bytes();
        const std::size_t n = asio::buffer_copy(buffers, asio::buffer(held.data(), held.size()));
        block.keep_last(held.size() - n);
        return n;
    }

    /// Reads ciphertext into the block, which must have room; nobody else may be doing so.
    template <class Ex>
    void fill(const Ex& ex) {
        const MutableBytes room = block.room(options.read_block);
        filling = true;
        fill_ended_ = false;
        read_aborted = false;
        next.async_read_some(asio::buffer(room.data(), room.size()),
                             Flight<StreamImpl, Ex>(this->shared_from_this(), ex, Direction::read));
    }
    /// The flusher: sends what there is, unless it is at it.
    template <class Ex>
    void flush(const Ex& ex) {
        if (flushing || gone) return;
        const ConstBytes out = to_send();
        if (out.empty()) return;
        note_sending(out.size());
        next.async_write_some(
            asio::buffer(out.data(), out.size()),
            Flight<StreamImpl, Ex>(this->shared_from_this(), ex, Direction::write));
    }

    /// Write-behind: sends what was accepted, at once or, in a streak of writes, when a flight is full or no write has come for a
    /// turn of the executor.
    template <class Ex>
    void send_behind(const Ex& ex) {
        if (flushing || gone || (stage.empty() && engine->output().empty())) return;
        unsettled = true;
        if (room() == 0 || (!settling && !write_streak())) return flush(ex);
        if (!settling) settle(ex);
    }

    /// A flight has ended: whoever waits for it goes on.
    template <class Ex>
    void landed(Direction direction, const std::error_code& ec, std::size_t n, const Ex& ex) {
        signal(direction).slot().clear();
        if (direction == Direction::read) {
            note_read(ec, n);
            // Only a cancellation from outside counts as one.
            if (std::exchange(fill_ended_, false)) read_aborted = false;
        } else {
            note_written(ec, n);
        }
        if (const auto operation = exclusive.lock()) return operation->run();
        wake(parked_reader);
        if (flushing) return;
        // The writer that waits drives the flusher itself.
        if (parked_writer) return wake(parked_writer);
        if (writes_behind()) return send_behind(ex);
        flush(ex);
    }
    /// A flight was destroyed because its execution context is: so is whatever waits for it, as Asio does.
    void lost(Direction direction) noexcept {
        (direction == Direction::read ? filling : flushing) = false;
        const auto reader = std::move(parked_reader);
        const auto writer = std::move(parked_writer);
    }
    static void wake(WaiterPtr& parked) {
        if (Waiter* const waiter = parked.release()) waiter->resume();
    }
    /// Ends a flight early; what it has read or written until then counts.
    void cancel_flight(Direction direction) {
        if (direction == Direction::read ? filling : flushing) {
            if (direction == Direction::read) fill_ended_ = true;
            signal(direction).emit(asio::cancellation_type::terminal);
        }
    }

    /// The handle is gone: every operation ends, now or when the next layer lets go of it.
    void release() noexcept {
        gone = true;
        stage.clear();
        if (engine) engine->abandon(Errc::truncated, Alert::user_canceled);
        close_next();
        try {
            if (const auto operation = exclusive.lock()) operation->abort();
            wake(parked_reader);
            wake(parked_writer);
        } catch (...) {
            // No memory to post with: their handlers are destroyed uncalled, as at the end of an execution context.
            parked_reader.reset();
            parked_writer.reset();
        }
    }

    Next next;

private:
    template <class Ex>
    void settle(const Ex& ex) {
        settling = true;
        asio::post(ex, Settle<StreamImpl, Ex>{this->shared_from_this(), ex});
    }
    template <class, class>
    friend struct Settle;

    void close_next() noexcept {
        std::error_code ignored;
        if constexpr (std::is_reference_v<Next>) {
            // Not ours to close.
            if constexpr (requires { next.lowest_layer().cancel(ignored); })
                next.lowest_layer().cancel(ignored);
        } else if constexpr (requires { next.lowest_layer().close(ignored); }) {
            next.lowest_layer().close(ignored);
        }
    }

    asio::cancellation_signal fill_signal_;
    asio::cancellation_signal flush_signal_;
    bool fill_ended_ = false;  // `cancel_flight` has asked the read in flight to end
};

}  // namespace omnitls::inline v0::detail
