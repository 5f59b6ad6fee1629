// SPDX-License-Identifier: BSL-1.0
// The steps of a data connection, each started by the end of the one before.
#include "tools/omnitls/data_connection.hpp"

#include <asio/write.hpp>

#include <string>
#include <utility>

namespace omnitls::tool {
namespace {

/// A socket for both network protocols has IPv4 addresses in the form of IPv6.
asio::ip::address unmapped(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

ErrandResult DataConnection::listen(const asio::ip::address& address,
                                    const asio::ip::address& peer) {
    peer_ = unmapped(peer);
    std::error_code ec;
    const Tcp::endpoint endpoint(unmapped(address), 0);
    acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
    const Tcp::endpoint local = ec ? endpoint : acceptor_.local_endpoint(ec);
    ErrandResult result;
    result.address = local.address().to_string();
    result.port = local.port();
    if (ec) {
        result.outcome = Outcome::no_connection;
        result.error = make_error(ec, "cannot listen: " + ec.message());
    }
    return result;
}

void DataConnection::run(Errand errand, std::unique_ptr<TlsEngine> engine,
                         std::chrono::seconds timeout, Done done) {
    errand_ = std::move(errand);
    engine_ = std::move(engine);
    done_ = std::move(done);
    timer_.expires_after(timeout);
    timer_.async_wait([weak = weak_from_this()](const std::error_code& ec) {
        const auto self = weak.lock();
        if (ec || !self) return;
        self->timed_out_ = true;
        self->stop();
    });
    accept();
}

void DataConnection::stop() {
    stopped_ = true;
    std::error_code ignored;
    acceptor_.close(ignored);
    if (stream_) stream_->lowest_layer().close(ignored);
}

/// The port is no secret: only the address that the control connection is from may use it.
void DataConnection::accept() {
    acceptor_.async_accept(
        [self = shared_from_this()](const std::error_code& ec, Tcp::socket socket) {
            if (ec || self->stopped_)
                return self->fail(Outcome::no_connection, ec ? ec : asio::error::operation_aborted);
            std::error_code gone;
            const Tcp::endpoint from = socket.remote_endpoint(gone);
            if (gone || unmapped(from.address()) != self->peer_) return self->accept();
            self->begin(std::move(socket));
        });
}

void DataConnection::begin(Tcp::socket socket) {
    std::error_code ignored;
    acceptor_.close(ignored);
    stream_.emplace(std::move(socket), std::move(engine_));
    if (!errand_.tls) return transfer();
    stream_->async_handshake([self = shared_from_this()](const std::error_code& ec) {
        if (ec) return self->fail(Outcome::no_tls, ec);
        self->transfer();
    });
}

void DataConnection::transfer() {
    if (errand_.kind == Errand::Kind::send) return send();
    receive();
}

void DataConnection::send() {
    asio::async_write(*stream_, asio::buffer(errand_.bytes),
                      [self = shared_from_this()](const std::error_code& ec, std::size_t size) {
                          self->result_.bytes = size;
                          if (ec) return self->fail(Outcome::broken, ec);
                          self->close();
                      });
}

/// In TLS only close_notify is the end of a file: who ends the connection without one has cut it off.
void DataConnection::receive() {
    stream_->async_read_some(
        asio::buffer(block_),
        [self = shared_from_this()](const std::error_code& ec, std::size_t size) {
            self->result_.bytes += size;
            if (ec == asio::error::eof) return self->close();
            if (ec) return self->fail(Outcome::broken, ec);
            self->receive();
        });
}

void DataConnection::close() {
    if (!errand_.tls) {
        std::error_code ignored;
        stream_->lowest_layer().shutdown(Tcp::socket::shutdown_send, ignored);
        return drain();
    }
    // The file is whole; that its reader leaves without a word is its right.
    stream_->async_shutdown(
        [self = shared_from_this()](const std::error_code&) { self->finish(); });
}

/// A socket that is closed with something unread takes back what it has sent.
void DataConnection::drain() {
    stream_->async_read_some(asio::buffer(block_),
                             [self = shared_from_this()](const std::error_code& ec, std::size_t) {
                                 if (ec) return self->finish();
                                 self->drain();
                             });
}

void DataConnection::fail(Outcome outcome, const std::error_code& ec) {
    result_.outcome = outcome;
    const ErrorDetail* const detail = stream_ ? stream_->last_error() : nullptr;
    if (timed_out_) {
        result_.error = make_error(asio::error::timed_out, "the client took too long");
    } else {
        result_.error = detail != nullptr ? *detail : make_error(ec, ec.message());
    }
    finish();
}

void DataConnection::finish() {
    timer_.cancel();
    stop();
    // Not a member any more when it is called: it may let go of this.
    const Done done = std::move(done_);
    done(result_);
}

}  // namespace omnitls::tool
