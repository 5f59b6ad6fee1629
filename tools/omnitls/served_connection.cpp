// SPDX-License-Identifier: BSL-1.0
// The steps of a served connection, each started by the end of the one before.
#include "tools/omnitls/served_connection.hpp"

#include <omnitls/transport/starttls.hpp>

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
                                   std::unique_ptr<TlsEngine> engine, Words words,
                                   const Settings& settings,
                                   std::function<void(ServedResult)> on_end)
    : stream_(std::move(socket), std::move(engine), options_of(settings.timeout)),
      timer_(stream_.get_executor()),
      settings_(settings),
      words_(std::move(words)),
      on_end_(std::move(on_end)) {
    result_.number = settings_.number;
    result_.peer = std::move(peer);
    if (settings_.transcript) result_.transcript = std::make_shared<Transcript>();
    if (words_.dialogue) words_.dialogue = noted(std::move(words_.dialogue));
}

std::unique_ptr<starttls::Dialogue> ServedConnection::noted(
    std::unique_ptr<starttls::Dialogue> dialogue) const {
    if (!result_.transcript) return dialogue;
    return transcribed(std::move(dialogue), result_.transcript);
}

void ServedConnection::start() {
    arm();
    if (settings_.proxy_header) return hear_proxy();
    upgrade({});
}

void ServedConnection::hear_proxy() {
    const auto header = std::make_shared<starttls::ProxyHeader>();
    proxy_ = noted(starttls::proxy_header_server(header));
    async_run_dialogue(
        stream_, *proxy_, {.dialogue_deadline = settings_.timeout},
        [self = shared_from_this(), header](const std::error_code& ec, Bytes beyond) {
            if (ec) return self->fail(ec);
            self->result_.proxy = *header;
            self->upgrade(std::move(beyond));
        });
}

/// `already_read`: came with the PROXY header, and is the client's first word.
void ServedConnection::upgrade(Bytes already_read) {
    auto done = [self = shared_from_this()](const std::error_code& ec) { self->on_secure(ec); };
    if (words_.dialogue) {
        return async_starttls(
            stream_, *words_.dialogue,
            {.dialogue_deadline = settings_.timeout, .already_read = std::move(already_read)},
            std::move(done));
    }
    if (already_read.empty()) return stream_.async_handshake(std::move(done));
    stream_.async_start_tls(Leftover(std::move(already_read)), LeftoverPolicy::feed,
                            std::move(done));
}

void ServedConnection::stop() {
    stopped_ = true;
    if (data_) data_->stop();
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

void ServedConnection::on_secure(const std::error_code& ec) {
    result_.info = stream_.info();
    result_.evidence = stream_.evidence();
    if (result_.transcript) {
        const bool upgraded = words_.dialogue->upgraded() && words_.dialogue->output().empty();
        result_.transcript->finish(upgraded, result_.info.version);
    }
    if (ec) return fail(ec);
    result_.secure = true;
    answer();
}

void ServedConnection::read() {
    arm();
    stream_.async_read_some(asio::buffer(block_), [self = shared_from_this()](
                                                      const std::error_code& ec, std::size_t size) {
        if (ec == asio::error::eof) return self->on_eof();
        if (ec) return self->fail(ec);
        self->result_.bytes_in += size;
        self->note(Transcript::Kind::received, as_text({self->block_.data(), size}));
        if (self->settings_.echo) return self->echo(size);
        if (self->words_.service)
            self->words_.service->receive(as_text({self->block_.data(), size}));
        self->answer();
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

/// Sends what the service has to say, and goes on.
void ServedConnection::answer() {
    if (words_.service) answer_ = words_.service->take_output();
    if (answer_.empty()) return go_on();
    note(Transcript::Kind::sent, answer_);
    asio::async_write(stream_, asio::buffer(answer_),
                      [self = shared_from_this()](const std::error_code& ec, std::size_t written) {
                          self->result_.bytes_out += written;
                          if (ec) return self->fail(ec);
                          self->answer();
                      });
}

void ServedConnection::go_on() {
    if (!words_.service) return read();
    if (words_.service->ended()) return shut_down();
    run(words_.service->errand());
}

void ServedConnection::run(const Errand& errand) {
    switch (errand.kind) {
        case Errand::Kind::none:
            return read();
        case Errand::Kind::listen:
            return errand_done(listen());
        case Errand::Kind::send:
        case Errand::Kind::receive:
            return transfer(errand);
        case Errand::Kind::stop_tls:
            return stop_tls();
    }
}

/// At the address that the client has come to.
ErrandResult ServedConnection::listen() {
    std::error_code ec;
    const auto local = stream_.lowest_layer().local_endpoint(ec);
    const auto peer = stream_.lowest_layer().remote_endpoint(ec);
    data_ = std::make_shared<DataConnection>(stream_.get_executor());
    return data_->listen(local.address(), peer.address());
}

/// Meanwhile the client is not listened to: the data connection has the time that its silence would have.
void ServedConnection::transfer(const Errand& errand) {
    std::unique_ptr<TlsEngine> engine;
    if (errand.tls) {
        auto made = settings_.context->make_engine();
        if (!made) {
            ErrandResult result;
            result.outcome = ErrandResult::Outcome::no_tls;
            result.error = made.error();
            return errand_done(result);
        }
        engine = std::move(*made);
    }
    timer_.cancel();
    data_->run(errand, std::move(engine), settings_.timeout,
               [self = shared_from_this()](const ErrandResult& result) {
                   self->data_.reset();
                   self->errand_done(result);
               });
}

/// A client need not answer a close_notify: curl's passive CCC does not. Nothing can be cut off by that: CCC was the last that it said, and
/// it has had the answer before it goes on.
void ServedConnection::stop_tls() {
    arm();
    stream_.async_stop_tls(PeerCloseNotify::optional,
                           [self = shared_from_this()](const std::error_code& ec) {
                               if (ec) return self->fail(ec);
                               self->plain_again_ = true;
                               if (self->result_.transcript)
                                   self->result_.transcript->boundary("TLS ends here");
                               self->errand_done({});
                           });
}

void ServedConnection::errand_done(const ErrandResult& result) {
    words_.service->done(result);
    answer();
}

/// For the transcript, which has plain text only.
void ServedConnection::note(Transcript::Kind kind, std::string_view bytes) {
    if (plain_again_ && result_.transcript)
        result_.transcript->note(kind, words_.service->step_name(), bytes);
}

void ServedConnection::on_eof() {
    if (words_.service) words_.service->end_of_input();
    shut_down();
}

void ServedConnection::shut_down() {
    if (plain_again_) return end("closed in plain text");
    stream_.async_shutdown([self = shared_from_this()](const std::error_code& ec) {
        // The peer has said its close_notify; that it no longer reads ours is its right.
        self->end(ec ? "closed by the peer" : "closed");
    });
}

/// Why the service has ended it says more than how the peer took that.
void ServedConnection::end(std::string how) {
    if (!stopped_ && words_.service && words_.service->error())
        result_.error = words_.service->error();
    else
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
    if (plain_again_ && result_.transcript) result_.transcript->end_line();
    if (words_.service && result_.secure) result_.service = words_.service->report();
    // Not a member any more when it is called: it may let go of this.
    const auto on_end = std::move(on_end_);
    on_end(std::move(result_));
}

}  // namespace omnitls::tool
