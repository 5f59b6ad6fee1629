// SPDX-License-Identifier: BSL-1.0
// `PipeStream`: one end of a connection in memory, as a next layer. Deterministic: everything happens in posted handlers, bytes
// arrive in segments of a chosen size, and room for writing can be taken away. Pending operations do not keep a context running.
#pragma once

#include "tests/support/erased_handler.hpp"
#include <omnitls/bytes.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/buffer.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace omnitls::test {

class PipeStream {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = PipeStream;
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    /// Two connected ends.
    static std::pair<PipeStream, PipeStream> make(const executor_type& ex);

    PipeStream(PipeStream&&) = default;
    PipeStream& operator=(PipeStream&&) = delete;
    ~PipeStream() {
        if (end_) close();
    }

    executor_type get_executor() noexcept { return end_->ex; }
    lowest_layer_type& lowest_layer() noexcept { return *this; }
    const lowest_layer_type& lowest_layer() const noexcept { return *this; }

    /// What a test does to the connection as seen from this end; usable after the end itself has moved into a stream.
    class Control;
    Control control() const;

    void close(std::error_code& ec) {
        ec.clear();
        close();
    }
    void cancel(std::error_code& ec) {
        ec.clear();
        end_->cancel();
    }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [end = end_](auto handler, const Buffers& into) {
                end->start_read(*asio::buffer_sequence_begin(into), std::move(handler));
            },
            token, buffers);
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            [end = end_](auto handler, const Buffers& from) {
                end->start_write(*asio::buffer_sequence_begin(from), std::move(handler));
            },
            token, buffers);
    }
    /// Synchronous: `when_starved` of the control may make the peer go on; then asio::error::would_block.
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, std::error_code& ec) {
        const asio::mutable_buffer into = *asio::buffer_sequence_begin(buffers);
        if (!end_->readable() && end_->when_starved) end_->when_starved();
        return end_->read_now(into, ec);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code& ec) {
        return end_->write_now(*asio::buffer_sequence_begin(buffers), ec);
    }

private:
    struct End {
        asio::any_io_executor ex;
        std::weak_ptr<End> peer;
        std::deque<std::uint8_t> inbox;    ///< What has arrived here.
        std::vector<std::uint8_t> sent;    ///< All that ever left from here.
        std::size_t segment = unlimited;   ///< Bytes one read gets at most.
        std::size_t capacity = unlimited;  ///< Bytes the peer's inbox holds at most.
        bool peer_closed = false;
        bool deaf = false;  ///< Takes no notice of cancellation slots, as some layers do.
        bool closed = false;
        std::error_code broken;  ///< Reported by everything.
        std::function<void()> when_starved;
        asio::mutable_buffer into;
        asio::const_buffer from;
        ErasedHandler<std::error_code, std::size_t> reader;
        ErasedHandler<std::error_code, std::size_t> writer;

        bool readable() const { return broken || closed || !inbox.empty() || peer_closed; }
        bool writable() const {
            const auto other = peer.lock();
            return broken || closed || !other || other->closed || other->inbox.size() < capacity;
        }
        std::size_t read_now(asio::mutable_buffer buffer, std::error_code& ec);
        std::size_t write_now(asio::const_buffer buffer, std::error_code& ec);
        template <class Handler>
        void start_read(asio::mutable_buffer buffer, Handler handler) {
            into = buffer;
            connect(handler, true);
            reader = {std::move(handler), ex};
            pump();
        }
        template <class Handler>
        void start_write(asio::const_buffer buffer, Handler handler) {
            from = buffer;
            connect(handler, false);
            writer = {std::move(handler), ex};
            pump();
        }
        template <class Handler>
        void connect(const Handler& handler, bool reading) {
            auto slot = asio::get_associated_cancellation_slot(handler);
            if (!slot.is_connected() || deaf) return;
            slot.assign([this, reading](asio::cancellation_type_t) {
                (reading ? reader : writer).post(asio::error::operation_aborted, 0);
            });
        }
        void cancel() {
            reader.post(asio::error::operation_aborted, 0);
            writer.post(asio::error::operation_aborted, 0);
        }
        /// Completes what can complete.
        void pump();
    };

    explicit PipeStream(std::shared_ptr<End> end) : end_(std::move(end)) {}
    void close();

    std::shared_ptr<End> end_;
};

class PipeStream::Control {
public:
    explicit Control(std::shared_ptr<End> end) : end_(std::move(end)) {}
    /// Bytes one read at this end gets at most.
    void segment(std::size_t bytes) const { end_->segment = bytes; }
    /// Unread bytes at the peer beyond which writes at this end wait.
    void capacity(std::size_t bytes) const {
        end_->capacity = bytes;
        end_->pump();
    }
    /// Bytes arrive at this end as if the peer had sent them.
    void inject(ConstBytes bytes) const {
        end_->inbox.insert(end_->inbox.end(), bytes.begin(), bytes.end());
        end_->pump();
    }
    /// The peer seems to have ended the connection (FIN).
    void inject_eof() const {
        end_->peer_closed = true;
        end_->pump();
    }
    /// The connection breaks: everything at this end fails with `ec` from now on.
    void break_with(std::error_code ec) const {
        end_->broken = ec;
        end_->pump();
    }
    /// Operations started from now on cannot be cancelled one by one.
    void deaf() const { end_->deaf = true; }
    void when_starved(std::function<void()> hook) const { end_->when_starved = std::move(hook); }
    /// Everything that ever left from this end.
    const std::vector<std::uint8_t>& sent() const { return end_->sent; }
    bool closed() const { return end_->closed; }
    bool reading() const { return bool(end_->reader); }
    bool writing() const { return bool(end_->writer); }
    std::size_t unread() const { return end_->inbox.size(); }

private:
    std::shared_ptr<End> end_;
};

inline PipeStream::Control PipeStream::control() const { return Control(end_); }

inline std::pair<PipeStream, PipeStream> PipeStream::make(const executor_type& ex) {
    auto left = std::make_shared<End>();
    auto right = std::make_shared<End>();
    left->ex = right->ex = ex;
    left->peer = right;
    right->peer = left;
    return {PipeStream(left), PipeStream(right)};
}

inline std::size_t PipeStream::End::read_now(asio::mutable_buffer buffer, std::error_code& ec) {
    ec.clear();
    if (broken || closed) {
        ec = broken ? broken : std::error_code(asio::error::operation_aborted);
        return 0;
    }
    if (inbox.empty()) {
        if (buffer.size() > 0)
            ec = peer_closed ? std::error_code(asio::error::eof) : asio::error::would_block;
        return 0;
    }
    const std::size_t n = std::min({buffer.size(), segment, inbox.size()});
    const auto last = inbox.begin() + static_cast<std::ptrdiff_t>(n);
    std::copy(inbox.begin(), last, static_cast<std::uint8_t*>(buffer.data()));
    inbox.erase(inbox.begin(), last);
    if (const auto other = peer.lock()) other->pump();
    return n;
}

inline std::size_t PipeStream::End::write_now(asio::const_buffer buffer, std::error_code& ec) {
    ec.clear();
    const auto other = peer.lock();
    if (broken || closed || !other || other->closed) {
        ec = broken   ? broken
             : closed ? std::error_code(asio::error::operation_aborted)
                      : std::error_code(asio::error::broken_pipe);
        return 0;
    }
    const std::size_t n =
        std::min(buffer.size(), capacity - std::min(capacity, other->inbox.size()));
    const auto* bytes = static_cast<const std::uint8_t*>(buffer.data());
    sent.insert(sent.end(), bytes, bytes + n);
    other->inbox.insert(other->inbox.end(), bytes, bytes + n);
    other->pump();
    return n;
}

inline void PipeStream::End::pump() {
    std::error_code ec;
    if (reader && readable()) {
        auto handler = std::move(reader);
        const std::size_t n = read_now(into, ec);
        handler.post(ec, n);
    }
    if (writer && writable()) {
        auto handler = std::move(writer);
        const std::size_t n = write_now(from, ec);
        handler.post(ec, n);
    }
}

inline void PipeStream::close() {
    if (end_->closed) return;
    end_->closed = true;
    end_->cancel();
    if (const auto other = end_->peer.lock()) {
        other->peer_closed = true;
        other->pump();
    }
}

}  // namespace omnitls::test
