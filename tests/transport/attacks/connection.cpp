// SPDX-License-Identifier: BSL-1.0
// All that is done with a stream is done here: it is slow to compile.
#include "tests/transport/attacks/connection.hpp"

#include "tests/support/certs.hpp"
#include "tests/support/manual_timer.hpp"
#include <omnitls/transport/starttls.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <list>
#include <optional>
#include <utility>

namespace omnitls::test {
namespace {

using AttackedStream = Stream<FaultStream, ManualTimer>;

std::size_t made = 0;

/// The end of a pipe whose other end is the path's.
struct Wire {
    explicit Wire(std::pair<PipeStream, PipeStream> ends)
        : near(std::move(ends.first)), far(std::move(ends.second)) {}
    PipeStream near;
    PipeStream far;
};

class StreamEnd final : public End {
public:
    StreamEnd(Wire wire, std::shared_ptr<FaultPlan> faults, std::unique_ptr<TlsEngine> engine,
              StreamOptions options)
        : control(wire.near.control()),
          stream(std::in_place, FaultStream(std::move(wire.near), std::move(faults)),
                 std::move(engine), options),
          far_(std::move(wire.far)) {}

    Outcome& next() { return outcomes_.emplace_back(); }
    Outcome& read_at_most(std::size_t bytes) {
        last_read_ = &next();
        stream->async_read_some(asio::buffer(room_, bytes), last_read_->handler());
        return *last_read_;
    }
    Outcome& write_then(std::string text, std::function<void()> go_on) {
        const std::string& kept = written_.emplace_back(std::move(text));
        Outcome& outcome = next();
        async_write(*stream, asio::buffer(kept),
                    [noted = outcome.handler(), go_on = std::move(go_on)](std::error_code ec,
                                                                          std::size_t n) {
                        noted(ec, n);
                        if (!ec && go_on) go_on();
                    });
        return outcome;
    }

    Outcome& read() override { return read_at_most(room_.size()); }
    Outcome& write(std::string text) override { return write_then(std::move(text), {}); }
    Outcome& shutdown() override {
        Outcome& outcome = next();
        stream->async_shutdown(outcome.handler());
        return outcome;
    }
    Outcome& close_write() override {
        Outcome& outcome = next();
        stream->async_close_write(outcome.handler());
        return outcome;
    }
    Outcome& stop_tls(PeerCloseNotify policy) override {
        Outcome& outcome = next();
        stream->async_stop_tls(policy, outcome.handler());
        return outcome;
    }
    void close() override { stream.reset(); }
    bool is_secure() const override { return stream && stream->is_secure(); }
    const ErrorDetail* last_error() const override {
        return stream ? stream->last_error() : nullptr;
    }
    std::shared_ptr<const VerifyRequest> evidence() const override { return stream->evidence(); }
    ProtocolVersion version() const override { return stream->info().version.value(); }
    std::string text() const override {
        return last_read_ == nullptr ? "" : std::string(room_.data(), last_read_->bytes);
    }
    bool settled() const override {
        return std::ranges::all_of(outcomes_, [](const Outcome& o) { return o.calls == 1; });
    }

    PipeStream::Control control;
    std::optional<AttackedStream> stream;

private:
    PipeStream far_;  // Kept open: what is sent does not arrive here, the path takes it.
    std::array<char, 20'000> room_;
    std::list<Outcome> outcomes_;
    std::list<std::string> written_;
    Outcome* last_read_ = nullptr;
};

/// One direction.
struct Carrier {
    Path path;
    std::size_t plain;  ///< Bytes before TLS.
    std::size_t taken = 0;
    std::size_t arrived = 0;
    bool joined = false;  ///< TLS and what comes before it, in one segment.
    bool ended = false;
};

StreamOptions options_of(std::chrono::milliseconds handshake_deadline) {
    StreamOptions options;
    options.handshake_deadline = handshake_deadline;
    return options;
}

}  // namespace

struct Connection::Parts {
    explicit Parts(ConnectionSetup given)
        : setup(std::move(given)),
          role(is_client(*setup.transcript) ? Role::client : Role::server),
          expected(decide(*setup.transcript, setup.turns, setup.offer)),
          contexts(contexts_of(setup.stacks, role)),
          dialogue(setup.transcript->make(setup.offer)),
          us(Wire(PipeStream::make(io.get_executor())), setup.faults, engine(role),
             options_of(setup.handshake_deadline)),
          them(Wire(PipeStream::make(io.get_executor())), std::make_shared<FaultPlan>(),
               engine(role == Role::client ? Role::server : Role::client),
               options_of(std::chrono::hours(24))),
          to_us{setup.to_us, size_of(setup.turns)},
          to_them{setup.to_them, expected.sent.size()},
          upgrade(us.next()),
          questions_before(contexts.verifier->questions) {}

    std::unique_ptr<TlsEngine> engine(Role as) const {
        if (as == Role::server) return must(contexts.server->make_engine());
        return must(contexts.client->make_engine(must(ClientTarget::host("omnitls.test"))));
    }
    /// The rest of what comes before TLS, and of what comes instead of it.
    std::size_t to_hear() const {
        return expected.sent.size() + expected.unsent.size() - heard.size();
    }
    bool poll() {
        io.restart();
        return io.poll() > 0;
    }
    bool hear();
    bool carry(StreamEnd& from, StreamEnd& to, Carrier& carrier);
    void start_tls() { them.stream->async_start_tls(no_leftover, their_upgrade.handler()); }

    ConnectionSetup setup;
    Role role;
    Decision expected;
    asio::io_context io;
    const Contexts& contexts;
    std::unique_ptr<starttls::Dialogue> dialogue;
    StreamEnd us;
    StreamEnd them;
    Carrier to_us;
    Carrier to_them;
    Outcome& upgrade;
    Outcome their_upgrade;
    std::size_t questions_before;
    std::size_t said = 0;
    std::string heard;
    const Outcome* hearing = nullptr;
};

/// The other end reads up to the last plain byte and not one further.
bool Connection::Parts::hear() {
    if (hearing != nullptr && hearing->calls > 0) {
        if (hearing->ec) return false;
        heard += them.text();
        hearing = nullptr;
    }
    if (hearing != nullptr || to_hear() == 0 || !them.stream) return false;
    hearing = &them.read_at_most(to_hear());
    return true;
}

bool Connection::Parts::carry(StreamEnd& from, StreamEnd& to, Carrier& carrier) {
    const auto& sent = from.control.sent();
    const auto begin = sent.begin() + static_cast<std::ptrdiff_t>(carrier.taken);
    Bytes fresh(begin, sent.end());
    carrier.taken = sent.size();
    const bool quiet = fresh.empty();
    const std::vector<Bytes> segments = carrier.path(std::move(fresh));
    for (const Bytes& segment : segments) {
        const std::size_t arrived = carrier.arrived + segment.size();
        if (carrier.arrived < carrier.plain && arrived > carrier.plain) carrier.joined = true;
        carrier.arrived = arrived;
        if (&to == &us && setup.pause.count() > 0) {
            ManualClock::advance(setup.pause);
            poll();
        }
        to.control.inject(segment);
        poll();
        hear();
    }
    if (!segments.empty() || !quiet) return true;
    if (!from.control.closed() || std::exchange(carrier.ended, true)) return false;
    to.control.inject_eof();
    return true;
}

Connection::Connection(ConnectionSetup setup) : parts_(std::make_unique<Parts>(std::move(setup))) {
    ++made;
    Parts& p = *parts_;
    async_starttls(*p.us.stream, *p.dialogue, StarttlsOptions{p.setup.dialogue_deadline},
                   p.upgrade.handler());
    settle();
}

Connection::~Connection() {
    us().close();
    them().close();
    settle();
    ManualClock::drop_all();
}

End& Connection::us() const { return parts_->us; }
End& Connection::them() const { return parts_->them; }

void Connection::settle() {
    Parts& p = *parts_;
    for (bool moved = true; moved;) {
        moved = p.poll();
        moved = p.hear() || moved;
        moved = p.carry(p.us, p.them, p.to_them) || moved;
        moved = p.carry(p.them, p.us, p.to_us) || moved;
    }
}

void Connection::pass(std::chrono::milliseconds time) {
    ManualClock::advance(time);
    settle();
}

void Connection::say_turns(std::size_t count) {
    Parts& p = *parts_;
    while (p.said < std::min(count, p.expected.turns)) {
        p.them.write(p.setup.turns[p.said++]);
        settle();
    }
}

void Connection::begin_tls() {
    Parts& p = *parts_;
    if (p.to_hear() == 0) p.start_tls();
    settle();
}

void Connection::play() {
    Parts& p = *parts_;
    if (!p.expected.upgraded) return say_turns();
    say_turns(p.expected.turns - 1);
    if (p.to_hear() > 0) {
        say_turns();
        return begin_tls();
    }
    // Who waits for no answer goes on in TLS at once.
    p.them.write_then(p.setup.turns[p.said++], [&p] { p.start_tls(); });
    settle();
}

void Connection::inject(ConstBytes bytes) {
    parts_->us.control.inject(bytes);
    settle();
}

void Connection::end() {
    parts_->us.control.inject_eof();
    settle();
}

const Outcome& Connection::upgrade() const { return parts_->upgrade; }
const Outcome& Connection::their_upgrade() const { return parts_->their_upgrade; }
std::size_t Connection::questions() const {
    return parts_->contexts.verifier->questions - parts_->questions_before;
}
const std::string& Connection::heard() const { return parts_->heard; }
std::string Connection::sent() const {
    const auto& sent = parts_->us.control.sent();
    return {sent.begin(), sent.end()};
}
std::string Connection::sent_as_tls() const {
    const std::string all = sent();
    return all.substr(std::min(all.size(), expected().sent.size()));
}
std::size_t Connection::unread() const { return parts_->us.control.unread(); }
std::size_t Connection::steps() const { return parts_->setup.faults->steps; }
bool Connection::tls_came_with_plain_text() const { return parts_->to_us.joined; }
Role Connection::our_role() const { return parts_->role; }
const Decision& Connection::expected() const { return parts_->expected; }

std::size_t connections_made() { return made; }

}  // namespace omnitls::test
