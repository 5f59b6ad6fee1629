// SPDX-License-Identifier: BSL-1.0
// Two loops: one over the input, one over what the peer says. Standard input stays in blocking mode, since that is shared with whoever
// has started the command: it is read when there is something.
#include "tools/omnitls/interaction.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

namespace omnitls::tool {
namespace {

class Interaction : public std::enable_shared_from_this<Interaction> {
public:
    Interaction(Runner& runner, Stream<CountedSocket>& stream, const InteractionOptions& options)
        : stream_(stream),
          options_(options),
          input_(runner.context(), ::dup(STDIN_FILENO)),
          timer_(runner.context()) {}

    void start(std::function<void(std::error_code)> done) {
        done_ = std::move(done);
        hear();
        wait_for_input();
    }
    bool in_time() const noexcept { return !late_; }

private:
    void hear() {
        stream_.async_read_some(
            asio::buffer(heard_),
            [self = shared_from_this()](const std::error_code& ec, std::size_t size) {
                if (ec || !self->print(size)) return self->on_peer_end();
                self->hear();
            });
    }
    /// False: nobody reads it any more.
    bool print(std::size_t size) {
        for (std::size_t done = 0; done < size;) {
            const ssize_t written = ::write(STDOUT_FILENO, heard_.data() + done, size - done);
            if (written < 0) return false;
            done += static_cast<std::size_t>(written);
        }
        return true;
    }

    void wait_for_input() {
        input_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const std::error_code& ec) {
                              if (self->peer_ended_) return;
                              // A file cannot be waited for, and needs not.
                              if (!ec || ec == asio::error::operation_not_supported)
                                  self->read_input();
                          });
    }
    void read_input() {
        std::array<char, 4096> block;
        const ssize_t size = ::read(STDIN_FILENO, block.data(), block.size());
        if (size <= 0) return half_close();
        said_.clear();
        for (const char c : std::string_view(block.data(), static_cast<std::size_t>(size))) {
            if (options_.crlf && c == '\n' && last_ != '\r') said_ += '\r';
            said_ += c;
            last_ = c;
        }
        writing_ = true;
        asio::async_write(stream_, asio::buffer(said_),
                          [self = shared_from_this()](const std::error_code& ec, std::size_t) {
                              self->writing_ = false;
                              if (self->peer_ended_) return self->finish();
                              // What went wrong, the read says as well.
                              if (!ec) self->wait_for_input();
                          });
    }
    void half_close() {
        limit();
        writing_ = true;
        stream_.async_close_write([self = shared_from_this()](const std::error_code&) {
            self->writing_ = false;
            if (self->peer_ended_) self->finish();
        });
    }

    void on_peer_end() {
        peer_ended_ = true;
        std::error_code ignored;
        input_.close(ignored);
        if (!writing_) return finish();
        limit();
    }
    void limit() {
        timer_.expires_after(options_.patience);
        timer_.async_wait([self = shared_from_this()](const std::error_code& ec) {
            if (ec) return;
            self->late_ = true;
            std::error_code ignored;
            self->stream_.lowest_layer().close(ignored);
        });
    }
    void finish() {
        timer_.cancel();
        std::exchange(done_, {})({});
    }

    Stream<CountedSocket>& stream_;
    InteractionOptions options_;
    asio::posix::stream_descriptor input_;
    asio::steady_timer timer_;
    std::function<void(std::error_code)> done_;
    std::array<char, 16384> heard_{};
    std::string said_;
    char last_ = '\0';  ///< Of the input.
    bool writing_ = false;
    bool peer_ended_ = false;
    bool late_ = false;
};

}  // namespace

bool interact(Runner& runner, Stream<CountedSocket>& stream, const InteractionOptions& options) {
    const auto interaction = std::make_shared<Interaction>(runner, stream, options);
    runner.extend(std::chrono::hours(24 * 365));
    runner.wait([&](auto done) { interaction->start(done); },
                [&stream] {
                    std::error_code ignored;
                    stream.lowest_layer().close(ignored);
                });
    runner.extend(options.patience);
    return interaction->in_time();
}

}  // namespace omnitls::tool
