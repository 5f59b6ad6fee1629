// SPDX-License-Identifier: BSL-1.0
// `Stream`: a connection that starts in plain text and becomes TLS, on any Asio stream and any engine. One type for its whole
// life. It moves bytes and keeps deadlines; what TLS is and whom to trust is the engine's business.
#pragma once

#include <omnitls/transport/detail/initiate.hpp>
#include <omnitls/transport/detail/stream_impl.hpp>
#include <omnitls/transport/detail/sync.hpp>
#include <omnitls/transport/options.hpp>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/detail/throw_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/system_error.hpp>

#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace omnitls::inline v0 {
namespace detail {
struct StreamAccess;
}  // namespace detail

/// A stream over `Next` (e.g. `asio::ip::tcp::socket`, or a reference to one). `Timer` keeps its deadlines.
///
/// Life: plain until `handshake` or `start_tls` begins, TLS once it has succeeded (`is_secure`), plain again after `stop_tls`, and so on,
///   with a new engine (`set_engine`) for every TLS.
/// Operations: one read and one write may be outstanding together; a handshake, shutdown or stop has the stream for itself. Whatever
///   comes on top completes with Errc::operation_in_progress. No handler is called inside the function that starts it, unless it has an
///   immediate executor (Asio 1.28) that does so.
/// Results of reading: asio::error::eof after the peer's close_notify, Errc::truncated if the connection ended without one, the
///   next layer's own error (e.g. connection_reset) if it broke. They are three different things.
/// Errors of sending are reported by the next write, flush, half close or shutdown, never by a read: what the peer sent, its
///   alert above all, can still be read.
/// Cancellation: terminal ends a handshake, write, flush, shutdown or stop, and the stream is of no more use. Any kind ends a read,
///   and one that has delivered nothing has lost nothing: the next read goes on.
/// Lifetime: a movable handle. Moved or destroyed at any time: then the next layer is closed (a referenced one is cancelled),
///   an open question to the verifier is withdrawn, and outstanding operations complete with operation_aborted. A moved-from
///   stream can only be assigned to or destroyed. A referenced next layer must outlive all operations.
/// Threads: as a socket: one at a time, by a strand below the stream or bound to every handler.
template <class Next, class Timer = asio::steady_timer>
class Stream {
    using Impl = detail::StreamImpl<Next, Timer>;

public:
    using next_layer_type = std::remove_reference_t<Next>;
    using lowest_layer_type = typename next_layer_type::lowest_layer_type;
    using executor_type = typename next_layer_type::executor_type;
    using timer_type = Timer;

    /// The same stream on another executor type, for `as_default_on` and the like.
    template <class OtherExecutor>
    struct rebind_executor {
        using other =
            Stream<typename next_layer_type::template rebind_executor<OtherExecutor>::other, Timer>;
    };

    /// `next`: moved or referenced (or constructed from an executor or context, as sockets are). `engine`: for the TLS to
    /// come; null if it is not known yet (`set_engine`).
    template <class Arg>
    explicit Stream(Arg&& next, std::unique_ptr<TlsEngine> engine, StreamOptions options = {})
        : impl_(std::make_shared<Impl>(std::forward<Arg>(next), std::move(engine), options)) {}
    Stream(Stream&&) noexcept = default;
    Stream& operator=(Stream&& other) noexcept {
        if (this != &other) {
            if (impl_) impl_->release();
            impl_ = std::move(other.impl_);
        }
        return *this;
    }
    ~Stream() {
        if (impl_) impl_->release();
    }

    executor_type get_executor() noexcept { return impl_->get_executor(); }
    next_layer_type& next_layer() noexcept { return impl_->next; }
    const next_layer_type& next_layer() const noexcept { return impl_->next; }
    lowest_layer_type& lowest_layer() noexcept { return impl_->next.lowest_layer(); }
    const lowest_layer_type& lowest_layer() const noexcept { return impl_->next.lowest_layer(); }

    /// What is read and written is TLS, with a peer that the verifier has accepted. Changes when the operation completes.
    bool is_secure() const noexcept { return impl_->secure; }
    /// The engine; only after `set_engine` if none was given. Read-only: the stream drives it.
    const TlsEngine& engine() const noexcept { return *impl_->engine; }
    const ConnectionInfo& info() const noexcept { return impl_->engine->info(); }
    /// The evidence on the peer's certificate; null if none was judged, and once the stream is secure unless the configuration says
    /// `keep_evidence`.
    std::shared_ptr<const VerifyRequest> evidence() const noexcept {
        return impl_->engine ? impl_->engine->evidence() : nullptr;
    }
    /// What is known about the failure that was reported; null if nothing has failed.
    const ErrorDetail* last_error() const noexcept { return impl_->last_error(); }
    /// The bytes of an upgrade that was refused with LeftoverPolicy::hand_back, once.
    Bytes take_leftover() noexcept { return std::exchange(impl_->leftover, {}); }
    /// Sets or replaces the engine of a stream that is still plain. Errc::operation_in_progress, Errc::wrong_state.
    std::error_code set_engine(std::unique_ptr<TlsEngine> engine) noexcept {
        return impl_->replace_engine(std::move(engine));
    }
    /// For a connection that has gone quiet: gives back what only a busy one needs (record buffers of the TLS library where it can,
    /// output blocks). Outstanding operations are not disturbed; what comes next costs a few allocations once.
    void release_idle() noexcept { impl_->release_idle(); }
    const StreamOptions& options() const noexcept { return impl_->options; }
    void set_options(const StreamOptions& options) noexcept {
        impl_->options = options.within_bounds();
    }

    // ---- Asynchronous. Signatures: void(std::error_code) and void(std::error_code, std::size_t).

    /// Direct TLS: nothing was said in plain text before. Fails after the alert, if any, has been sent.
    template <class Token = asio::default_completion_token_t<executor_type>>
    auto async_handshake(Token&& token = Token()) {
        return initiate_tls<Token>([](Impl& stream) { return stream.begin_handshake(); }, token);
    }
    /// Upgrades the plain stream: call it when the go-ahead has been read (client) or written (server), with every byte that was
    /// read beyond it. A barrier: Errc::operation_in_progress with a read outstanding, Errc::plaintext_pending with a write.
    /// Errc::plaintext_after_starttls if plain bytes crossed the boundary, as leftover or from the connection.
    template <class Token = asio::default_completion_token_t<executor_type>>
    auto async_start_tls(Leftover leftover, LeftoverPolicy policy, Token&& token = Token()) {
        return initiate_tls<Token>(
            [policy, bytes = std::move(leftover)](Impl& stream) mutable {
                return stream.begin_start_tls(std::move(bytes), policy);
            },
            token);
    }
    /// With LeftoverPolicy::reject.
    template <class Token = asio::default_completion_token_t<executor_type>>
    requires(!std::is_same_v<std::decay_t<Token>, LeftoverPolicy>) auto async_start_tls(
        Leftover leftover, Token&& token = Token()) {
        return async_start_tls(std::move(leftover), LeftoverPolicy::reject,
                               std::forward<Token>(token));
    }
    /// At least one byte, or an error; 0 bytes for empty buffers.
    template <class Buffers, class Token = asio::default_completion_token_t<executor_type>>
    auto async_read_some(const Buffers& buffers, Token&& token = Token()) {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            InitiateRead{{impl_}}, token, buffers);
    }
    /// All of `buffers`, however long, when it has been sent, or accepted (`StreamOptions::write_completion`). In plain text: as much
    /// as the next layer takes; `async_write` writes all of it in both.
    template <class Buffers, class Token = asio::default_completion_token_t<executor_type>>
    auto async_write_some(const Buffers& buffers, Token&& token = Token()) {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            InitiateWrite{{impl_}}, token, buffers);
    }
    /// Everything that was written or accepted so far, alerts and replies of the read side included, has left.
    template <class Token = asio::default_completion_token_t<executor_type>>
    auto async_flush(Token&& token = Token()) {
        return initiate_control<Token>(detail::WriteKind::flush, token);
    }
    /// Half close: sends close_notify; reading goes on (RFC 8446 §6.1).
    template <class Token = asio::default_completion_token_t<executor_type>>
    auto async_close_write(Token&& token = Token()) {
        return initiate_control<Token>(detail::WriteKind::close, token);
    }
    /// Sends close_notify, throws away what comes until the peer's. Errc::truncated without one, asio::error::timed_out after
    /// the deadline. The next layer stays open.
    template <class Token = asio::default_completion_token_t<executor_type>>
    auto async_shutdown(Token&& token = Token()) {
        return asio::async_initiate<Token, void(std::error_code)>(InitiateShutdown{{impl_}}, token);
    }

    /// The way back to plain text (FTP's CCC, RFC 4217 §5): sends close_notify, waits for the peer's, and goes on in plain text with the
    /// byte behind it. Call it when both sides have said so over TLS, and all that the peer said there has been read: what comes
    /// unread before its close_notify is Errc::unread_data, and the stream is of no more use. asio::error::timed_out after
    /// `shutdown_deadline` (see PeerCloseNotify), Errc::truncated at the end of the connection: then it is still TLS, half closed.
    /// Afterwards nobody is authenticated: what is read may be anybody's. For TLS again: `set_engine`, then `async_start_tls`.
    template <class Token = asio::default_completion_token_t<executor_type>>
    auto async_stop_tls(PeerCloseNotify policy, Token&& token = Token()) {
        return asio::async_initiate<Token, void(std::error_code)>(InitiateStop{{impl_}}, token,
                                                                  policy);
    }
    /// With PeerCloseNotify::required.
    template <class Token = asio::default_completion_token_t<executor_type>>
    requires(!std::is_same_v<std::decay_t<Token>, PeerCloseNotify>) auto async_stop_tls(
        Token&& token = Token()) {
        return async_stop_tls(PeerCloseNotify::required, std::forward<Token>(token));
    }

    // ---- Synchronous. Errc::operation_in_progress while anything asynchronous is outstanding. The overloads without an error
    // code throw std::system_error.

    void handshake(std::error_code& ec) {
        sync_tls(impl_->idle() ? impl_->begin_handshake() : busy(), ec);
    }
    void handshake() {
        throwing([this](std::error_code& ec) { handshake(ec); });
    }
    void start_tls(Leftover leftover, LeftoverPolicy policy, std::error_code& ec) {
        sync_tls(impl_->idle() ? impl_->begin_start_tls(std::move(leftover), policy) : busy(), ec);
    }
    void start_tls(Leftover leftover, std::error_code& ec) {
        start_tls(std::move(leftover), LeftoverPolicy::reject, ec);
    }
    void start_tls(Leftover leftover, LeftoverPolicy policy = LeftoverPolicy::reject) {
        throwing([&](std::error_code& ec) { start_tls(std::move(leftover), policy, ec); });
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, std::error_code& ec) {
        if ((ec = ready())) return 0;
        if (!impl_->tls)
            return impl_->block.empty() ? impl_->next.read_some(buffers, ec)
                                        : impl_->take_plain(buffers);
        return detail::SyncDriver<Impl>(*impl_).read(buffers, ec);
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        return throwing([&](std::error_code& ec) { return read_some(buffers, ec); });
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, std::error_code& ec) {
        if ((ec = ready())) return 0;
        if (!impl_->tls) return impl_->next.write_some(buffers, ec);
        return detail::SyncDriver<Impl>(*impl_).write(buffers, ec);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers) {
        return throwing([&](std::error_code& ec) { return write_some(buffers, ec); });
    }
    void close_write(std::error_code& ec) {
        if (!(ec = ready_tls())) ec = detail::SyncDriver<Impl>(*impl_).close_write();
    }
    void close_write() {
        throwing([this](std::error_code& ec) { close_write(ec); });
    }
    void shutdown(std::error_code& ec) {
        if (!(ec = ready_tls())) ec = detail::SyncDriver<Impl>(*impl_).shutdown();
    }
    void shutdown() {
        throwing([this](std::error_code& ec) { shutdown(ec); });
    }

    void stop_tls(PeerCloseNotify policy, std::error_code& ec) {
        if ((ec = impl_->idle() ? impl_->begin_stop_tls(policy) : busy())) return;
        ec = detail::SyncDriver<Impl>(*impl_).stop();
        impl_->end_exclusive();
    }
    void stop_tls(std::error_code& ec) { stop_tls(PeerCloseNotify::required, ec); }
    void stop_tls(PeerCloseNotify policy = PeerCloseNotify::required) {
        throwing([&](std::error_code& ec) { stop_tls(policy, ec); });
    }

    /// Writes all of `buffers`: signature, errors, cancellation and completion of `async_write_some`. Found by argument-dependent
    /// lookup: `async_write(stream, buffers, token)`. `asio::async_write`, called by that name, works too, but gives the stream at
    /// most 16 buffers and 64 KiB at a time.
    template <class Buffers, class Token = asio::default_completion_token_t<executor_type>>
    requires asio::is_const_buffer_sequence<Buffers>::value friend auto async_write(
        Stream& stream, const Buffers& buffers, Token&& token = Token()) {
        return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
            InitiateWriteAll{{stream.impl_}}, token, buffers);
    }

private:
    friend struct detail::StreamAccess;

    // Initiations hold the shared state, so that a lazy token may start the operation when the handle has moved.
    struct Initiation {
        using executor_type = typename Stream::executor_type;
        executor_type get_executor() const noexcept { return impl->get_executor(); }
        std::shared_ptr<Impl> impl;
    };
    template <class Begin>
    struct InitiateTls : Initiation {
        template <class Handler>
        void operator()(Handler&& handler, Begin begin) const {
            const std::error_code ec = begin(*this->impl);
            detail::start_exclusive<detail::HandshakeOp>(this->impl, std::forward<Handler>(handler),
                                                         ec,
                                                         this->impl->options.handshake_deadline);
        }
    };
    struct InitiateShutdown : Initiation {
        template <class Handler>
        void operator()(Handler&& handler) const {
            const std::error_code ec = this->impl->begin_shutdown();
            detail::start_exclusive<detail::ShutdownOp>(this->impl, std::forward<Handler>(handler),
                                                        ec, this->impl->options.shutdown_deadline);
        }
    };
    struct InitiateStop : Initiation {
        template <class Handler>
        void operator()(Handler&& handler, PeerCloseNotify policy) const {
            const std::error_code ec = this->impl->begin_stop_tls(policy);
            detail::start_exclusive<detail::StopOp>(this->impl, std::forward<Handler>(handler), ec,
                                                    this->impl->options.shutdown_deadline);
        }
    };
    struct InitiateRead : Initiation {
        template <class Handler, class Buffers>
        void operator()(Handler&& handler, const Buffers& buffers) const {
            detail::start_read(this->impl, std::forward<Handler>(handler), buffers);
        }
    };
    struct InitiateWrite : Initiation {
        template <class Handler, class Buffers>
        void operator()(Handler&& handler, const Buffers& buffers) const {
            detail::start_write(this->impl, std::forward<Handler>(handler), buffers);
        }
    };
    struct InitiateWriteAll : Initiation {
        template <class Handler, class Buffers>
        void operator()(Handler&& handler, const Buffers& buffers) const {
            detail::start_write_all(this->impl, std::forward<Handler>(handler), buffers);
        }
    };
    struct InitiateControl : Initiation {
        template <class Handler>
        void operator()(Handler&& handler, detail::WriteKind kind) const {
            detail::start_control(this->impl, std::forward<Handler>(handler), kind);
        }
    };

    template <class Token, class Begin>
    auto initiate_tls(Begin begin, Token& token) {
        return asio::async_initiate<Token, void(std::error_code)>(InitiateTls<Begin>{{impl_}},
                                                                  token, std::move(begin));
    }
    template <class Token>
    auto initiate_control(detail::WriteKind kind, Token& token) {
        return asio::async_initiate<Token, void(std::error_code)>(InitiateControl{{impl_}}, token,
                                                                  kind);
    }

    static std::error_code busy() noexcept { return Errc::operation_in_progress; }
    std::error_code ready() const noexcept { return impl_->idle() ? impl_->fatal : busy(); }
    std::error_code ready_tls() const noexcept {
        const std::error_code ec = ready();
        return ec || impl_->tls ? ec : make_error_code(Errc::wrong_state);
    }
    void sync_tls(std::error_code begun, std::error_code& ec) {
        if ((ec = begun)) return;
        ec = detail::SyncDriver<Impl>(*impl_).handshake();
        impl_->end_exclusive();
    }
    template <class Call>
    static auto throwing(const Call& call) {
        std::error_code ec;
        if constexpr (std::is_void_v<decltype(call(ec))>) {
            call(ec);
            if (ec) throw std::system_error(ec);
        } else {
            const auto result = call(ec);
            if (ec) throw std::system_error(ec);
            return result;
        }
    }

    std::shared_ptr<Impl> impl_;
};

}  // namespace omnitls::inline v0
