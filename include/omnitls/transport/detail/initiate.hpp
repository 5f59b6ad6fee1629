// SPDX-License-Identifier: BSL-1.0
// Starts operations on the shared state of a stream: takes the slot or completes with the reason why not. Used by the stream's
// members and by the operations composed over it, which must not keep a reference to a handle that may move.
#pragma once

#include <omnitls/transport/detail/exclusive_op.hpp>
#include <omnitls/transport/detail/read_op.hpp>
#include <omnitls/transport/detail/stream_impl.hpp>
#include <omnitls/transport/detail/write_op.hpp>

#include <asio/associated_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/write.hpp>

#include <chrono>
#include <memory>
#include <type_traits>
#include <utility>

namespace omnitls::inline v0::detail {

template <class Impl, class Handler, class Buffers>
void start_read(const std::shared_ptr<Impl>& impl, Handler&& handler, const Buffers& buffers) {
    using Own = std::decay_t<Handler>;
    if (const std::error_code ec = impl->begin_read()) {
        return post_result(impl->get_executor(), std::forward<Handler>(handler), ec,
                           std::size_t{0});
    }
    if (!impl->tls) {
        PlainOp<Impl, Own> op(impl, std::forward<Handler>(handler), Direction::read);
        if (impl->block.empty()) return impl->next.async_read_some(buffers, std::move(op));
        return post_result(impl->get_executor(), std::move(op), std::error_code{},
                           impl->take_plain(buffers));
    }
    ReadOp<Impl, Own, Buffers>(impl, std::forward<Handler>(handler), buffers).start();
}

template <class Impl, class Handler, class Buffers>
void start_write(const std::shared_ptr<Impl>& impl, Handler&& handler, const Buffers& buffers) {
    using Own = std::decay_t<Handler>;
    if (const std::error_code ec = impl->begin_write()) {
        return post_result(impl->get_executor(), std::forward<Handler>(handler), ec,
                           std::size_t{0});
    }
    if (!impl->tls) {
        return impl->next.async_write_some(
            buffers, PlainOp<Impl, Own>(impl, std::forward<Handler>(handler), Direction::write));
    }
    WriteOp<Impl, Own, Buffers>(impl, std::forward<Handler>(handler), buffers, WriteKind::data)
        .start();
}

/// As `start_write`, but for all of `buffers` in plain text, too.
template <class Impl, class Handler, class Buffers>
void start_write_all(const std::shared_ptr<Impl>& impl, Handler&& handler, const Buffers& buffers) {
    if (impl->tls) return start_write(impl, std::forward<Handler>(handler), buffers);
    using Own = std::decay_t<Handler>;
    if (const std::error_code ec = impl->begin_write()) {
        return post_result(impl->get_executor(), std::forward<Handler>(handler), ec,
                           std::size_t{0});
    }
    asio::async_write(impl->next, buffers,
                      PlainOp<Impl, Own>(impl, std::forward<Handler>(handler), Direction::write));
}

/// A half close or flush. There is nothing to flush in plain text, and nothing to close.
template <class Impl, class Handler>
void start_control(const std::shared_ptr<Impl>& impl, Handler&& handler, WriteKind kind) {
    using Own = std::decay_t<Handler>;
    std::error_code ec = impl->begin_write();
    if (!ec && !impl->tls) {
        impl->write_busy = false;
        if (kind == WriteKind::flush)
            return post_result(impl->get_executor(), std::forward<Handler>(handler), ec);
        ec = Errc::wrong_state;
    }
    if (ec) return post_result(impl->get_executor(), std::forward<Handler>(handler), ec);
    WriteOp<Impl, Own, NoBuffers>(impl, std::forward<Handler>(handler), NoBuffers{}, kind).start();
}

/// An exclusive operation whose `begin_...` has said `ec`.
template <template <class, class> class Op, class Impl, class Handler>
void start_exclusive(const std::shared_ptr<Impl>& impl, Handler&& handler, std::error_code ec,
                     std::chrono::milliseconds deadline) {
    if (ec) return post_result(impl->get_executor(), std::forward<Handler>(handler), ec);
    const auto ex = asio::get_associated_executor(handler, impl->get_executor());
    using Ex = std::decay_t<decltype(ex)>;
    using Own = Handled<Op<Impl, Ex>, Impl, std::decay_t<Handler>>;
    const auto op = std::make_shared<Own>(impl, ex, std::forward<Handler>(handler));
    op->connect();
    op->begin(deadline);
}

}  // namespace omnitls::inline v0::detail
