// SPDX-License-Identifier: BSL-1.0
// The read of plaintext: engine first, next layer when the engine wants more. It never waits for the flusher, and a
// cancelled one that has delivered nothing loses nothing, since all bytes stay in the block or the engine.
#pragma once

#include <omnitls/transport/detail/op_base.hpp>
#include <omnitls/transport/detail/stream_impl.hpp>

#include <asio/buffer.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace omnitls::inline v0::detail {

/// The first buffers of a sequence as the engine takes them; more than it has room for come with the next call.
template <class View, std::size_t N>
class BufferViews {
public:
    /// Skips the first `skip` bytes and all empty buffers; then at most `most` bytes.
    template <class Buffers>
    explicit BufferViews(const Buffers& buffers, std::size_t skip = 0,
                         std::size_t most = SIZE_MAX) noexcept {
        const auto end = asio::buffer_sequence_end(buffers);
        for (auto it = asio::buffer_sequence_begin(buffers); it != end && count_ < N; ++it) {
            const auto buffer = std::conditional_t<std::is_same_v<View, MutableBytes>,
                                                   asio::mutable_buffer, asio::const_buffer>(*it);
            const std::size_t passed = std::min(skip, buffer.size());
            skip -= passed;
            const std::size_t size = std::min(buffer.size() - passed, most);
            most -= size;
            if (size == 0) continue;
            using Byte = typename View::element_type;
            new (&memory_[count_++ * sizeof(View)])
                View(static_cast<Byte*>(buffer.data()) + passed, size);
        }
    }
    std::span<const View> views() const noexcept {
        return {std::launder(reinterpret_cast<const View*>(memory_.data())), count_};
    }

private:
    static_assert(std::is_trivially_destructible_v<View>);
    // Raw: to initialise every view costs more than a small message does.
    alignas(View) std::array<std::byte, N * sizeof(View)> memory_;
    std::size_t count_ = 0;
};

/// A sequence that is a single buffer is known to be one.
template <class Buffers, class Buffer>
inline constexpr bool is_one_buffer = std::is_convertible_v<const Buffers&, Buffer>;

template <class Buffers>
using TargetViews =
    BufferViews<MutableBytes, is_one_buffer<Buffers, asio::mutable_buffer> ? 1 : 16>;

template <class Impl, class Handler, class Buffers>
class ReadOp : public OpBase<Impl, Handler> {
    using Base = OpBase<Impl, Handler>;
    using Stage = typename Base::Stage;

public:
    template <class H>
    ReadOp(std::shared_ptr<Impl> impl, H&& handler, const Buffers& buffers)
        : Base(std::move(impl), std::forward<H>(handler), asio::enable_total_cancellation()),
          buffers_(buffers) {}

    void start() { run(); }
    /// The next layer's read has ended.
    void operator()(const std::error_code& ec, std::size_t n) {
        this->resumed();
        this->impl_->note_read(ec, n);
        if (ec == aborted()) return finish(ec, 0);
        run();
    }
    /// Resumed after parking, or posted with a result.
    void operator()() {
        if (this->stage_ == Stage::delivering) return deliver(this->result_, this->bytes_);
        this->resumed();
        run();
    }

private:
    void run() {
        Impl& stream = *this->impl_;
        if (stream.gone) return finish(aborted(), 0);
        if (stream.fatal) return finish(stream.fatal, 0);
        const TargetViews<Buffers> out(buffers_);
        if (out.views().empty()) return finish({}, 0);
        const PumpStep step = stream.step_read(out.views());
        // Alerts and replies of the read side leave by the flusher; nobody waits for them here.
        if (stream.must_flush()) stream.flush(this->get_executor());
        if (step.action == PumpAction::done) return finish(stream_error(step.error), step.bytes);
        if (this->cancelled()) return finish(aborted(), 0);
        if (step.action == PumpAction::read) return more();
        if (step.action == PumpAction::drain && stream.flushing) return park_here();
        finish(Errc::internal, 0);
    }
    void more() {
        Impl& stream = *this->impl_;
        if (stream.read_error) return finish(stream.read_error, 0);
        if (stream.filling) return park_here();
        if (!stream.block.has_room(stream.options.read_block))
            return finish(Errc::limit_exceeded, 0);
        const MutableBytes room = stream.block.room(stream.options.read_block);
        stream.filling = true;
        stream.next.async_read_some(asio::buffer(room.data(), room.size()), std::move(*this));
    }
    void park_here() {
        this->stage_ = Stage::running;
        const std::shared_ptr<Impl> impl = this->impl_;
        park(impl, &StreamBase::parked_reader, std::move(*this));
    }
    void finish(std::error_code ec, std::size_t n) {
        if (n > 0) this->impl_->writes_in_a_row = 0;
        if (this->stage_ != Stage::starting) return deliver(ec, n);
        this->keep(ec, n);
        complete_at_once(this->impl_->get_executor(), std::move(*this));
    }
    void deliver(std::error_code ec, std::size_t n) {
        this->impl_->read_busy = false;
        if (this->impl_->gone) return this->upcall(aborted(), std::size_t{0});
        this->upcall(ec, n);
    }

    Buffers buffers_;
};

}  // namespace omnitls::inline v0::detail
