// SPDX-License-Identifier: BSL-1.0
// `MemoryPipe`: one end of a connection in memory, in the shape of an Asio socket. Each direction is one flat buffer; every
// completion is posted, as a socket's is. It shows what a stream costs without the kernel: one copy in, one copy out.
// For benchmarks: one thread, no cancellation but by closing.
#pragma once

#include <asio/associated_allocator.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

namespace bench {
namespace detail {

/// A handler with its result, on its way through the executor.
template <class Handler>
struct Delivery {
    using executor_type = asio::associated_executor_t<Handler, asio::io_context::executor_type>;
    using allocator_type = asio::associated_allocator_t<Handler>;

    executor_type get_executor() const noexcept {
        return asio::get_associated_executor(handler, fallback);
    }
    allocator_type get_allocator() const noexcept {
        return asio::get_associated_allocator(handler);
    }
    void operator()() { std::move(handler)(ec, bytes); }

    Handler handler;
    std::error_code ec;
    std::size_t bytes;
    asio::io_context::executor_type fallback;
};

template <class Handler>
void deliver(const asio::io_context::executor_type& executor, Handler&& handler, std::error_code ec,
             std::size_t bytes) {
    asio::post(executor, Delivery<std::decay_t<Handler>>{std::forward<Handler>(handler), ec, bytes,
                                                         executor});
}

/// Room for one operation that waits, in place: waiting costs no allocation.
class WaitingSlot {
public:
    WaitingSlot() = default;
    WaitingSlot(const WaitingSlot&) = delete;
    WaitingSlot& operator=(const WaitingSlot&) = delete;
    ~WaitingSlot() {
        if (waiting_ != nullptr) waiting_->~Waiting();
    }

    template <class Operation>
    void put(Operation operation) {
        using Held = Holder<Operation>;
        static_assert(sizeof(Held) <= room && alignof(Held) <= alignof(std::max_align_t));
        waiting_ = new (space_.data()) Held(std::move(operation));
    }
    /// Starts what waits again, if anything does; it may wait again.
    void retry() {
        if (Waiting* const waiting = std::exchange(waiting_, nullptr)) waiting->retry();
    }

private:
    static constexpr std::size_t room = 1536;
    struct Waiting {
        virtual ~Waiting() = default;
        virtual void retry() = 0;  // ends this object
    };
    template <class Operation>
    struct Holder final : Waiting {
        explicit Holder(Operation given) : operation(std::move(given)) {}
        void retry() override {
            Operation moved(std::move(operation));
            this->~Holder();
            std::move(moved)();
        }
        Operation operation;
    };

    alignas(std::max_align_t) std::array<std::byte, room> space_;
    Waiting* waiting_ = nullptr;
};

/// The bytes of one direction, and who waits for them or for room.
class Channel {
public:
    std::size_t size() const noexcept { return end_ - begin_; }

    template <class Buffers>
    std::size_t put(const Buffers& buffers) {
        make_room();
        const std::size_t n =
            asio::buffer_copy(asio::buffer(bytes_.data() + end_, bytes_.size() - end_), buffers);
        end_ += n;
        return n;
    }
    template <class Buffers>
    std::size_t take(const Buffers& buffers) {
        const std::size_t n =
            asio::buffer_copy(buffers, asio::buffer(bytes_.data() + begin_, size()));
        begin_ += n;
        return n;
    }

    WaitingSlot reader;
    WaitingSlot writer;
    bool closed = false;

private:
    void make_room() {
        if (begin_ == end_) {
            begin_ = end_ = 0;
        } else if (end_ == bytes_.size() && begin_ > 0) {
            std::memmove(bytes_.data(), bytes_.data() + begin_, size());
            end_ -= begin_;
            begin_ = 0;
        }
    }

    std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(std::size_t{256} * 1024);
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

template <class Handler, class Buffers>
struct PipeRead {
    void operator()() {
        if (channel->size() == 0 && !channel->closed) {
            auto& slot = channel->reader;
            return slot.put(std::move(*this));
        }
        const std::size_t n = channel->take(buffers);
        const std::error_code ec = n == 0 && channel->closed ? asio::error::eof : std::error_code();
        const auto kept = channel;
        deliver(executor, std::move(handler), ec, n);
        kept->writer.retry();
    }

    std::shared_ptr<Channel> channel;
    asio::io_context::executor_type executor;
    Handler handler;
    Buffers buffers;
};

template <class Handler, class Buffers>
struct PipeWrite {
    void operator()() {
        if (channel->closed)
            return deliver(executor, std::move(handler), asio::error::broken_pipe, std::size_t{0});
        const std::size_t n = channel->put(buffers);
        if (n == 0 && asio::buffer_size(buffers) > 0) {
            auto& slot = channel->writer;
            return slot.put(std::move(*this));
        }
        const auto kept = channel;
        deliver(executor, std::move(handler), std::error_code(), n);
        kept->reader.retry();
    }

    std::shared_ptr<Channel> channel;
    asio::io_context::executor_type executor;
    Handler handler;
    Buffers buffers;
};

}  // namespace detail

/// Movable, as a socket: what waits belongs to the connection and not to this handle.
class MemoryPipe {
public:
    using executor_type = asio::io_context::executor_type;
    using lowest_layer_type = MemoryPipe;

    /// Both ends of a new connection.
    static std::pair<MemoryPipe, MemoryPipe> connected(asio::io_context& io) {
        const auto there = std::make_shared<detail::Channel>();
        const auto back = std::make_shared<detail::Channel>();
        return {MemoryPipe(io.get_executor(), back, there),
                MemoryPipe(io.get_executor(), there, back)};
    }
    MemoryPipe(MemoryPipe&&) noexcept = default;
    MemoryPipe& operator=(MemoryPipe&&) = delete;
    ~MemoryPipe() {
        std::error_code ignored;
        close(ignored);
    }

    executor_type get_executor() noexcept { return executor_; }
    lowest_layer_type& lowest_layer() noexcept { return *this; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [](auto&& handler, MemoryPipe* self, const Buffers& given) {
                using Handler = std::decay_t<decltype(handler)>;
                detail::PipeRead<Handler, Buffers>{
                    self->in_, self->executor_, std::forward<decltype(handler)>(handler), given}();
            },
            token, this, buffers);
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [](auto&& handler, MemoryPipe* self, const Buffers& given) {
                using Handler = std::decay_t<decltype(handler)>;
                detail::PipeWrite<Handler, Buffers>{
                    self->out_, self->executor_, std::forward<decltype(handler)>(handler), given}();
            },
            token, this, buffers);
    }
    void close(std::error_code& ec) {
        ec = {};
        for (const auto& channel : {in_, out_}) {
            if (!channel || std::exchange(channel->closed, true)) continue;
            channel->reader.retry();
            channel->writer.retry();
        }
    }

private:
    using ChannelPointer = std::shared_ptr<detail::Channel>;
    MemoryPipe(executor_type executor, ChannelPointer in, ChannelPointer out)
        : executor_(std::move(executor)), in_(std::move(in)), out_(std::move(out)) {}

    executor_type executor_;
    ChannelPointer in_;
    ChannelPointer out_;
};

}  // namespace bench
