// SPDX-License-Identifier: BSL-1.0
// The steps of a served connection, each started by the end of the one before.
#include "tools/omnitls/served_connection.hpp"

#include <asio/write.hpp>

#include <utility>

namespace omnitls::tool {
namespace {

StreamOptions options_of(std::chrono::seconds timeout) {
    StreamOptions options;
    options.handshake_deadline = timeout;
    return options;
}

}  // namespace

ServedConnection::ServedConnection(asio::ip::tcp::socket socket, std::string peer,
                                   std::unique_ptr<TlsEngine> engine, Settings settings,
                                   std::function<void(ServedResult)> on_end)
    : stream_(std::move(socket), std::move(engine), options_of(settings.timeout)),
      timer_(stream_.get_executor()),
      settings_(std::move(settings)),
      script_(make_serve_script(settings_.starttls)),
      on_end_(std::move(on_end)) {
    result_.number = settings_.number;
    result_.peer = std::move(peer);
}

void ServedConnection::start() {
    arm();
    if (!script_) return secure();
    send_plain({script_->greeting()});
}

void ServedConnection::stop() {
    stopped_ = true;
    std::error_code ignored;
    stream_.lowest_layer().close(ignored);
}

/// From here on: `timeout` until the next call of this.
void ServedConnection::arm() {
    timer_.expires_after(settings_.timeout);
    timer_.async_wait([weak = weak_from_this()](const std::error_code& ec) {
        const auto self = weak.lock();
        if (ec || !self || self->ended_) return;
        self->timed_out_ = true;
        std::error_code ignored;
        self->stream_.lowest_layer().close(ignored);
    });
}

void ServedConnection::send_plain(ScriptStep step) {
    sending_ = std::move(step.reply);
    const auto then = step.then;
    asio::async_write(stream_, asio::buffer(sending_),
                      [self = shared_from_this(), then](const std::error_code& ec, std::size_t) {
                          if (ec) return self->fail(ec);
                          // RFC 3207 §4: the go-ahead has left; what was read before that is no TLS.
                          if (then == ScriptStep::Then::start_tls) return self->secure();
                          if (then == ScriptStep::Then::close) return self->end("plain text only");
                          self->read_plain();
                      });
}

void ServedConnection::read_plain() {
    ScriptStep step = script_->step(received_);
    if (!step.reply.empty() || step.then != ScriptStep::Then::read)
        return send_plain(std::move(step));
    stream_.async_read_some(asio::buffer(block_), [self = shared_from_this()](
                                                      const std::error_code& ec, std::size_t size) {
        if (ec == asio::error::eof) return self->end("plain text only");
        if (ec) return self->fail(ec);
        self->received_ += as_text(ConstBytes(self->block_).first(size));
        self->read_plain();
    });
}

void ServedConnection::secure() {
    auto done = [self = shared_from_this()](const std::error_code& ec) {
        self->result_.info = self->stream_.info();
        self->result_.evidence = self->stream_.evidence();
        if (ec) return self->fail(ec);
        self->result_.secure = true;
        self->read();
    };
    if (!script_) return stream_.async_handshake(std::move(done));
    stream_.async_start_tls(Leftover(as_bytes(received_)), LeftoverPolicy::reject, std::move(done));
}

void ServedConnection::read() {
    arm();
    stream_.async_read_some(asio::buffer(block_), [self = shared_from_this()](
                                                      const std::error_code& ec, std::size_t size) {
        if (ec == asio::error::eof) return self->shut_down();
        if (ec) return self->fail(ec);
        self->result_.bytes_in += size;
        if (self->settings_.echo) return self->echo(size);
        self->read();
    });
}

void ServedConnection::echo(std::size_t size) {
    asio::async_write(stream_, asio::buffer(block_.data(), size),
                      [self = shared_from_this()](const std::error_code& ec, std::size_t written) {
                          self->result_.bytes_out += written;
                          if (ec) return self->fail(ec);
                          self->read();
                      });
}

void ServedConnection::shut_down() {
    stream_.async_shutdown([self = shared_from_this()](const std::error_code& ec) {
        // The peer has said its close_notify; that it no longer reads ours is its right.
        self->end(ec ? "closed by the peer" : "closed");
    });
}

void ServedConnection::end(std::string how) {
    result_.end = std::move(how);
    finish();
}

void ServedConnection::fail(const std::error_code& error) {
    if (stopped_) return end("stopped");
    const ErrorDetail* detail = stream_.last_error();
    if (timed_out_) {
        result_.error =
            make_error(Errc::handshake_timeout, result_.secure ? "the peer was silent for too long"
                                                               : "the peer took too long");
    } else if (detail != nullptr) {
        result_.error = *detail;
    } else {
        result_.error = make_error(error, error.message());
    }
    finish();
}

void ServedConnection::finish() {
    if (std::exchange(ended_, true)) return;
    timer_.cancel();
    std::error_code ignored;
    stream_.lowest_layer().close(ignored);
    // Not a member any more when it is called: it may let go of this.
    const auto on_end = std::move(on_end_);
    on_end(std::move(result_));
}

}  // namespace omnitls::tool
