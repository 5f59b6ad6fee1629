// SPDX-License-Identifier: BSL-1.0
// Real sockets on the loopback: asynchronous and synchronous, a referenced socket, strands on two threads, verdicts from
// another thread, bound allocators, and the three ends of a connection as the system reports them.
#include "tests/transport/counting_allocator.hpp"
#include "tests/transport/harness.hpp"

#include <asio/bind_executor.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/use_future.hpp>
#include <asio/write.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

namespace omnitls::test {
namespace {

using asio::ip::tcp;

std::unique_ptr<TlsEngine> engine(FakeScript script) {
    return std::make_unique<FakeEngine>(std::move(script));
}

// Two connected sockets on 127.0.0.1, each on its executor.
template <class Socket = tcp::socket, class ExA, class ExB>
std::pair<Socket, Socket> connect(const ExA& a, const ExB& b) {
    tcp::acceptor acceptor(a, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    Socket left(a);
    Socket right(b);
    left.connect(acceptor.local_endpoint());
    acceptor.accept(right);
    return {std::move(left), std::move(right)};
}

TEST(Socket, EofTruncatedAndReset) {
    enum class End { close_notify, fin, reset };
    for (const End end : {End::close_notify, End::fin, End::reset}) {
        asio::io_context ctx;
        auto ends = connect(ctx.get_executor(), ctx.get_executor());
        Stream<tcp::socket> client(std::move(ends.first), engine(client_script()));
        std::optional<Stream<tcp::socket>> server(std::in_place, std::move(ends.second),
                                                  engine(server_script()));
        Outcome c;
        Outcome s;
        client.async_handshake(c.handler());
        server->async_handshake(s.handler());
        ctx.run();
        ASSERT_TRUE(c.ok() && s.ok()) << c << s;
        Reader r;
        r.start(client);
        ctx.restart();
        ctx.poll();
        Outcome closed;
        if (end == End::close_notify) server->async_close_write(closed.handler());
        if (end == End::reset) server->next_layer().set_option(asio::socket_base::linger(true, 0));
        if (end != End::close_notify) server.reset();
        ctx.restart();
        ctx.run();
        const std::error_code expected = end == End::close_notify ? asio::error::eof
                                         : end == End::fin        ? make_error_code(Errc::truncated)
                                                                  : asio::error::connection_reset;
        EXPECT_TRUE(r.result.failed(expected)) << r.result;
    }
}

TEST(Socket, ReferencedSocketIsCancelledNotClosed) {
    asio::io_context ctx;
    auto ends = connect(ctx.get_executor(), ctx.get_executor());
    Outcome r;
    std::array<char, 8> room{};
    {
        Stream<tcp::socket&> client(ends.first, engine(client_script()));
        Stream<tcp::socket&> server(ends.second, engine(server_script()));
        Outcome c;
        Outcome s;
        client.async_handshake(c.handler());
        server.async_handshake(s.handler());
        ctx.run();
        EXPECT_TRUE(c.ok() && s.ok()) << c << s;
        client.async_read_some(asio::buffer(room), r.handler());
        ctx.restart();
        ctx.poll();
    }
    ctx.restart();
    ctx.run();
    EXPECT_TRUE(r.failed(asio::error::operation_aborted)) << r;
    EXPECT_TRUE(ends.first.is_open());
    std::error_code ec;
    asio::write(ends.first, asio::buffer("x", 1), ec);
    EXPECT_FALSE(ec) << ec.message();
}

// A synchronous client and an asynchronous server on another thread.
struct SyncAndServer {
    explicit SyncAndServer(FakeScript script, StreamOptions options = {})
        : ends(connect(mine.get_executor(), ctx.get_executor())),
          client(std::move(ends.first), engine(std::move(script)), options),
          server(std::move(ends.second), engine(server_script())) {}
    ~SyncAndServer() {
        std::error_code ignored;
        client.next_layer().close(ignored);
        if (thread.joinable()) thread.join();
    }
    void serve() {
        server.async_handshake([this](std::error_code ec) { ec ? finish(ec) : echo(); });
        thread = std::thread([this] { ctx.run(); });
    }
    void echo() {
        server.async_read_some(asio::buffer(room), [this](std::error_code ec, std::size_t n) {
            if (ec) return finish(ec);
            server.async_write_some(asio::buffer(room, n),
                                    [this](std::error_code write_ec, std::size_t) {
                                        write_ec ? finish(write_ec) : echo();
                                    });
        });
    }
    void finish(std::error_code ec) {
        ended = ec;
        if (ec == asio::error::eof) server.async_close_write([](std::error_code) {});
    }
    asio::io_context mine;
    asio::io_context ctx;
    std::pair<tcp::socket, tcp::socket> ends;
    Stream<tcp::socket> client;
    Stream<tcp::socket> server;
    std::array<char, 4096> room{};
    std::error_code ended;
    std::thread thread;
};

TEST(Sync, HandshakeEchoShutdown) {
    SyncAndServer t(client_script());
    t.serve();
    t.client.handshake();
    EXPECT_TRUE(t.client.is_secure());
    const std::string text(200'000, 's');
    std::string got(text.size(), ' ');
    std::size_t n = 0;
    for (std::size_t sent = 0; sent < text.size(); sent += 1000) {
        EXPECT_EQ(t.client.write_some(asio::buffer(text.data() + sent, 1000)), 1000U);
        for (std::size_t want = sent + 1000; n < want;)
            n += t.client.read_some(asio::buffer(&got[n], got.size() - n));
    }
    EXPECT_EQ(got, text);
    t.client.shutdown();
    std::array<char, 4> room{};
    std::error_code ec;
    EXPECT_EQ(t.client.read_some(asio::buffer(room), ec), 0U);
    EXPECT_EQ(ec, asio::error::eof);
    EXPECT_THROW(t.client.read_some(asio::buffer(room)), std::system_error);
    EXPECT_THROW(t.client.write_some(asio::buffer(room)), std::system_error)
        << "after close_notify";
    EXPECT_THROW(t.client.handshake(), std::system_error);
}

TEST(Sync, VerdictFromAnotherThread) {
    for (const bool accept : {true, false}) {
        std::thread judge;
        FakeScript script = client_script();
        script.verifier = make_async_verifier([&](Question question) {
            judge = std::thread([accept, q = std::move(question)]() mutable {
                std::move(q).answer(accept ? Verdict::trusted() : Verdict::rejected());
            });
        });
        SyncAndServer t(script);
        t.serve();
        std::error_code ec;
        t.client.start_tls(no_leftover, ec);
        EXPECT_EQ(ec, accept ? std::error_code() : make_error_code(Errc::certificate_rejected));
        EXPECT_EQ(t.client.is_secure(), accept);
        judge.join();
    }
}

TEST(Sync, VerdictThatNeverComes) {
    const auto verifier = std::make_shared<PatientVerifier>();
    FakeScript script = client_script();
    script.verifier = verifier;
    StreamOptions options;
    options.verdict_deadline = std::chrono::milliseconds(1);
    SyncAndServer t(script, options);
    t.serve();
    std::error_code ec;
    t.client.handshake(ec);
    EXPECT_EQ(ec, Errc::verdict_timeout);
    EXPECT_TRUE(verifier->stop.stop_requested());
    EXPECT_FALSE(t.client.is_secure());
}

using IoExecutor = asio::io_context::executor_type;
using IoSocket = asio::basic_stream_socket<tcp, IoExecutor>;

TEST(Association, AllocatorIsUsedAndEverythingGivenBack) {
    asio::io_context ctx;
    auto ends = connect<IoSocket>(ctx.get_executor(), ctx.get_executor());
    Stream<IoSocket> client(std::move(ends.first), engine(client_script()));
    Stream<IoSocket> server(std::move(ends.second), engine(server_script()));
    int all = 0;
    int live = 0;
    const auto with = [&](Outcome& o) {
        return Allocating<decltype(o.handler())>{o.handler(), &all, &live};
    };
    const auto run = [&] {
        ctx.restart();
        ctx.run();
    };
    Outcome c;
    Outcome s;
    client.async_handshake(with(c));
    server.async_handshake(s.handler());
    run();
    EXPECT_TRUE(c.ok() && s.ok()) << c << s;
    EXPECT_GT(std::exchange(all, 0), 0);
    std::array<char, 16> room{};
    Outcome r;
    Outcome w;
    client.async_read_some(asio::buffer(room), with(r));
    s = {};
    server.async_write_some(asio::buffer("data", 4), s.handler());
    run();
    EXPECT_TRUE(r.ok() && s.ok()) << r << s;
    EXPECT_GT(std::exchange(all, 0), 0);
    client.async_write_some(asio::buffer("data", 4), with(w));
    run();
    EXPECT_TRUE(w.ok()) << w;
    EXPECT_GT(std::exchange(all, 0), 0);
    w = {};
    client.async_flush(with(w));
    run();
    EXPECT_TRUE(w.ok()) << w;
    EXPECT_GT(std::exchange(all, 0), 0);
    Outcome d;
    s = {};
    client.async_shutdown(with(d));
    server.async_shutdown(s.handler());
    run();
    EXPECT_TRUE(d.ok() && s.ok()) << d << s;
    EXPECT_GT(std::exchange(all, 0), 0);
    Outcome at_once;
    client.async_flush(with(at_once));
    EXPECT_GT(live, 0) << "also for what is posted at once";
    run();
    EXPECT_EQ(live, 0);
}

// Many connections, two threads, one strand per side bound to the handlers, verdicts from a third thread.
class Session : public std::enable_shared_from_this<Session> {
public:
    using S = Stream<tcp::socket>;
    using Strand = asio::strand<asio::io_context::executor_type>;
    Session(asio::io_context& ctx, tcp::socket socket, std::unique_ptr<TlsEngine> tls,
            std::atomic<int>& ok)
        : strand_(asio::make_strand(ctx)), stream_(std::move(socket), std::move(tls)), ok_(ok) {}
    template <class F>
    auto bound(F f) {
        return asio::bind_executor(strand_, std::move(f));
    }
    void start() {
        asio::post(strand_, [self = shared_from_this()] {
            self->stream_.async_handshake(self->bound([self](std::error_code ec) {
                if (!ec) self->talk();
            }));
        });
    }

private:
    // Both ends write and read at the same time, all the time.
    void talk() {
        write();
        read();
    }
    void write() {
        if (written_ == total) {
            stream_.async_close_write(
                bound([self = shared_from_this()](std::error_code ec) { self->over(ec); }));
            return;
        }
        stream_.async_write_some(asio::buffer(out_), bound([self = shared_from_this()](
                                                               std::error_code ec, std::size_t n) {
                                     EXPECT_TRUE(self->strand_.running_in_this_thread());
                                     self->written_ += n;
                                     if (!ec) self->write();
                                 }));
    }
    void read() {
        stream_.async_read_some(asio::buffer(in_), bound([self = shared_from_this()](
                                                             std::error_code ec, std::size_t n) {
                                    EXPECT_TRUE(self->strand_.running_in_this_thread());
                                    self->read_ += n;
                                    if (!ec) return self->read();
                                    if (ec == asio::error::eof && self->read_ == total)
                                        self->over({});
                                }));
    }
    void over(std::error_code ec) {
        EXPECT_FALSE(ec) << ec.message();
        if (++overs_ == 2) ++ok_;
    }

    static constexpr std::size_t total = 64 * 5000;
    Strand strand_;
    S stream_;
    std::atomic<int>& ok_;
    std::array<char, 5000> out_{};
    std::array<char, 3000> in_{};
    std::size_t written_ = 0;
    std::size_t read_ = 0;
    int overs_ = 0;
};

TEST(Threads, StrandsBoundToHandlersAndVerdictsFromElsewhere) {
    asio::io_context ctx;
    asio::io_context judges;
    auto work = asio::make_work_guard(judges);
    std::thread judge([&] { judges.run(); });
    FakeScript script = client_script();
    script.verifier = make_async_verifier([&](Question question) {
        auto shared = std::make_shared<Question>(std::move(question));
        asio::post(judges, [shared] { std::move(*shared).answer(Verdict::trusted()); });
    });
    std::atomic<int> ok = 0;
    constexpr int connections = 8;
    for (int i = 0; i < connections; ++i) {
        auto ends = connect(ctx.get_executor(), ctx.get_executor());
        std::make_shared<Session>(ctx, std::move(ends.first), engine(script), ok)->start();
        std::make_shared<Session>(ctx, std::move(ends.second), engine(server_script()), ok)
            ->start();
    }
    std::thread second([&] { ctx.run(); });
    ctx.run();
    second.join();
    work.reset();
    judge.join();
    EXPECT_EQ(ok, 2 * connections);
}

// Answers race with streams that are destroyed, and with whole contexts that are.
TEST(Threads, AnswersRaceWithTheEnd) {
    for (int round = 0; round < 200; ++round) {
        std::promise<Question> asked;
        FakeScript script = client_script();
        script.verifier =
            make_async_verifier([&](Question question) { asked.set_value(std::move(question)); });
        auto ctx = std::make_unique<asio::io_context>();
        auto ends = connect(ctx->get_executor(), ctx->get_executor());
        std::optional<Stream<tcp::socket>> client(std::in_place, std::move(ends.first),
                                                  engine(script));
        Stream<tcp::socket> server(std::move(ends.second), engine(server_script()));
        Outcome c;
        Outcome s;
        client->async_handshake(c.handler());
        server.async_handshake(s.handler());
        auto question = asked.get_future();
        while (question.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            ctx->run_one();
        std::thread judge(
            [q = question.get()]() mutable { std::move(q).answer(Verdict::trusted()); });
        if (round % 2 == 0) {
            client.reset();
            ctx->poll();
            EXPECT_EQ(c.calls, 1);
        } else {
            ctx->poll();
            client.reset();
        }
        { Stream<tcp::socket> last = std::move(server); }
        ctx.reset();
        judge.join();
        EXPECT_LE(c.calls, 1);
    }
}

}  // namespace
}  // namespace omnitls::test
