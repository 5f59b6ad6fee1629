// SPDX-License-Identifier: BSL-1.0
// `StreamBase`: what a stream is besides its next layer: engine, block, cursors, sticky errors and who is at work. Everything
// that needs no template lives here, so that each kind of stream and handler adds little code.
#pragma once

#include <omnitls/engine.hpp>
#include <omnitls/pump.hpp>
#include <omnitls/transport/detail/read_block.hpp>
#include <omnitls/transport/detail/write_stage.hpp>
#include <omnitls/transport/options.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace omnitls::inline v0::detail {

/// An operation that waits for somebody else's read or write at the next layer. Destroyed unresumed if that one is lost.
class Waiter {
public:
    /// Posts the operation to its executor; it looks at the stream anew. The waiter is gone then, whatever is thrown.
    virtual void resume() = 0;
    virtual void destroy() noexcept = 0;

    struct Destroy {
        void operator()(Waiter* waiter) const noexcept { waiter->destroy(); }
    };

protected:
    ~Waiter() = default;
};
using WaiterPtr = std::unique_ptr<Waiter, Waiter::Destroy>;

/// An operation that has the stream for itself: a handshake, a shutdown, or the way back to plain text.
class ExclusiveBase {
public:
    virtual ~ExclusiveBase() = default;
    /// Something happened at the next layer.
    virtual void run() = 0;
    /// The stream is gone.
    virtual void abort() = 0;
};

inline std::error_code aborted() noexcept { return asio::error::operation_aborted; }

/// How a stream reports what an engine reports.
inline std::error_code stream_error(std::error_code error) noexcept {
    if (error && error == Errc::closed) return asio::error::eof;
    return error;
}

/// Which of two failures of one connection to report: what the peer said counts most, then what the socket said, then silence.
inline std::error_code worse_error(std::error_code write, std::error_code read) noexcept {
    const bool peer_said = read && (read.category() == error_category()) && read != Errc::truncated;
    if (write && !peer_said) return write;
    return read;
}

/// Ciphertext that is made ready before it is sent: four records, which one system call takes.
inline constexpr std::size_t flight_bytes = 4 * max_record_plaintext;

/// State and the rules that go with it. One per stream, shared by the handle and every handler; used by one thread at a time.
class StreamBase {
public:
    StreamBase(std::unique_ptr<TlsEngine> tls_engine, const StreamOptions& stream_options)
        : engine(std::move(tls_engine)), options(stream_options.within_bounds()) {}

    // Who is at work.
    bool idle() const noexcept { return !read_busy && !write_busy && !filling && !flushing; }

    /// Takes the slot of a read; an error says why not.
    std::error_code begin_read() noexcept {
        if (gone) return aborted();
        if (read_busy) return Errc::operation_in_progress;
        if (fatal) return fatal;
        read_busy = true;
        return {};
    }
    /// Takes the slot of a write.
    std::error_code begin_write() noexcept {
        if (gone) return aborted();
        if (write_busy) return Errc::operation_in_progress;
        if (fatal) return fatal;
        write_busy = true;
        return {};
    }
    /// Takes both slots for a shutdown.
    std::error_code begin_shutdown() noexcept {
        if (gone) return aborted();
        if (read_busy || write_busy) return Errc::operation_in_progress;
        if (fatal) return fatal;
        if (!tls) return Errc::wrong_state;
        read_busy = write_busy = true;
        return {};
    }
    /// Takes both slots for the way back to plain text.
    std::error_code begin_stop_tls(PeerCloseNotify policy) noexcept {
        if (const std::error_code ec = begin_shutdown()) return ec;
        peer_close_notify = policy;
        return {};
    }
    /// Nothing was said in plain text, but for what is left of it if TLS was stopped before.
    std::error_code begin_handshake() {
        return block.empty() ? begin_tls() : begin_start_tls(no_leftover, LeftoverPolicy::reject);
    }
    /// The barrier of an upgrade: from here on nothing is plain, or nothing has changed but for a rejected leftover.
    std::error_code begin_start_tls(Leftover leftover, LeftoverPolicy policy);
    void end_exclusive() noexcept { read_busy = write_busy = false; }

    // The engine's steps over the block.
    PumpStep step_handshake() noexcept {
        return over_block([this](Input& in) { return pump_handshake(*engine, in); });
    }
    PumpStep step_read(std::span<const MutableBytes> out) noexcept {
        return over_block([&](Input& in) { return pump_read(*engine, in, out); });
    }
    /// Reads and throws away until the peer's close_notify or the end.
    PumpStep step_discard() noexcept {
        std::array<std::uint8_t, 2048> scratch;
        return over_block([&](Input& in) { return pump_shutdown(*engine, in, scratch); });
    }
    /// Reads on to the end of TLS; what follows it in the block is plain text. Data that nobody has read is an error.
    PumpStep step_stop();
    /// Whether the deadline is as good as a close_notify. Not in the middle of a record.
    bool may_end_in_silence() const noexcept {
        return peer_close_notify == PeerCloseNotify::optional && block.empty() &&
               engine->at_record_boundary();
    }
    /// TLS has been stopped: what is left in the block is plain text, the first that the next reads deliver.
    void return_to_plain() noexcept {
        tls = upgrade = secure = false;
        writes_in_a_row = 0;
        error.reset();
    }
    PumpStep step_write(std::span<const ConstBytes> data) noexcept {
        return pump_write(*engine, data);
    }
    /// Bytes of plaintext that may be encrypted now, in whole records, so that no more than a flight waits besides the one under way.
    std::size_t room() const noexcept {
        constexpr std::size_t record = WriteStage::capacity;
        const std::size_t waiting = std::min(engine->output_size() - in_flight, flight_bytes);
        return (flight_bytes - waiting + record - 1) / record * record;
    }

    // Write-behind: plaintext is taken now and leaves later.
    bool writes_behind() const noexcept {
        return options.write_completion == WriteCompletion::accepted;
    }
    /// A prefix of `data`, encrypted or staged; drain means that the rest has to wait. At most `room()` bytes. Throws
    /// std::bad_alloc.
    PumpStep step_accept(std::span<const ConstBytes> data);
    /// A write came after others with no read between them: more may follow at once, and it is worth while to wait for it.
    bool write_streak() const noexcept { return writes_in_a_row > 2; }
    /// Encrypts what is staged. False: output must be sent first.
    bool seal_stage() noexcept {
        if (stage.empty()) return true;
        const ConstBytes plaintext = stage.bytes();
        const PumpStep step = step_write({&plaintext, 1});
        if (step.action == PumpAction::drain) return false;
        if (step.error) stage_error = step.error;
        stage.clear();
        return true;
    }
    /// What the next write, flush or close has to report of what was accepted before.
    std::error_code send_error() const noexcept { return write_error ? write_error : stage_error; }
    /// Memory that only a busy connection needs.
    void release_idle() noexcept {
        if (engine) engine->release_buffers();
    }

    // What came of reading and writing at the next layer.
    void note_read(std::error_code ec, std::size_t n) noexcept {
        filling = false;
        block.commit(n);
        read_aborted = ec && ec == aborted();
        if (!ec || read_aborted) return;
        if (ec == asio::error::eof) {
            eof = true;
        } else {
            read_error = ec;
        }
    }
    void note_written(std::error_code ec, std::size_t n) noexcept {
        flushing = false;
        in_flight = 0;
        sent += n;
        engine->consume_output(n);
        if (ec) write_error = ec;
    }
    /// Position in the sequence of all bytes ever put out that the last one has now.
    std::uint64_t produced() const noexcept { return sent + engine->output_size(); }
    /// Whether the flusher has anything to do, and is not at it.
    bool must_flush() const noexcept {
        return !flushing && !gone && (!stage.empty() || engine->output_size() > 0);
    }
    /// The next bytes to send. After a write error there are none: they are thrown away, so that reading can go on.
    ConstBytes to_send() noexcept {
        if (write_error) {
            stage.clear();
            while (!engine->output().empty()) engine->consume_output(engine->output().size());
        } else if (!stage.empty()) {
            seal_stage();
        }
        return engine->output();
    }
    /// `to_send` is given to the next layer.
    void note_sending(std::size_t n) noexcept {
        flushing = true;
        in_flight = n;
    }

    // Ends.
    /// The handshake has failed: gives up the engine, remembers and returns the error to report.
    std::error_code fail_handshake(std::error_code ec);
    /// What the peer is told when the program's answer does not come in time.
    Alert late_answer_alert() const noexcept {
        return engine->state() == State::verify_pending ? Alert::certificate_unknown
                                                        : Alert::internal_error;
    }
    /// The stream is of no more use: every later operation reports `ec`.
    void terminate(std::error_code ec) noexcept {
        fatal = ec;
        stage.clear();
        if (!engine) return;
        const bool failed_before = engine->last_error() != nullptr;
        engine->abandon(Errc::truncated, Alert::user_canceled);
        if (ec == aborted() && !failed_before && !error) note_cancelled();
    }
    const ErrorDetail* last_error() const noexcept {
        if (error) return error.get();
        return engine ? engine->last_error() : nullptr;
    }
    std::error_code replace_engine(std::unique_ptr<TlsEngine> other) noexcept {
        if (!idle()) return Errc::operation_in_progress;
        if (tls || fatal) return Errc::wrong_state;
        engine = std::move(other);
        error.reset();
        return {};
    }

    std::unique_ptr<TlsEngine> engine;
    StreamOptions options;
    ReadBlock block;
    WriteStage stage;
    std::uint64_t sent = 0;        ///< Ciphertext bytes the next layer has taken.
    std::size_t in_flight = 0;     ///< Those that it was given and has not taken yet.
    unsigned writes_in_a_row = 0;  ///< Since the last read that delivered something; counts to 3.
    std::error_code read_error;    ///< Of the next layer, sticky.
    std::error_code write_error;
    std::error_code stage_error;         ///< The engine refused what was accepted before; sticky.
    std::error_code fatal;               ///< Reported by every operation from now on.
    std::unique_ptr<ErrorDetail> error;  ///< Made by the transport; the engine's otherwise.
    Bytes leftover;                      ///< For `take_leftover`.
    WaiterPtr parked_reader;
    WaiterPtr parked_writer;
    std::weak_ptr<ExclusiveBase> exclusive;  ///< Kept alive by what it waits for.
    bool tls = false;        ///< A handshake has been started, and TLS has not been stopped since.
    bool upgrade = false;    ///< ... after plain text.
    bool secure = false;     ///< ... and it is done, and its operation has completed.
    bool gone = false;       ///< No handle any more.
    bool eof = false;        ///< The next layer has ended.
    bool read_busy = false;  ///< A read, or an exclusive operation, is outstanding.
    bool write_busy = false;
    bool filling = false;       ///< A read at the next layer into the block is in flight.
    bool flushing = false;      ///< A write of engine output is in flight.
    bool read_aborted = false;  ///< The last one of those reads was cancelled.
    PeerCloseNotify peer_close_notify =
        PeerCloseNotify::required;  ///< For the `stop_tls` under way.
    bool settling = false;   ///< A streak of writes is given a turn to go on before it is sent.
    bool unsettled = false;  ///< ... and it has gone on since.

private:
    template <class Step>
    PumpStep over_block(const Step& step) noexcept {
        Input in{block.bytes(), eof};
        const PumpStep result = step(in);
        block.keep_last(in.bytes.size());
        return result;
    }
    std::error_code begin_tls() noexcept {
        if (gone) return aborted();
        if (write_busy && !read_busy && !tls) return Errc::plaintext_pending;
        if (read_busy || write_busy) return Errc::operation_in_progress;
        if (fatal) return fatal;
        if (!engine || tls || engine->state() != State::handshake) return Errc::wrong_state;
        tls = read_busy = write_busy = true;
        error.reset();
        return {};
    }
    std::error_code refuse_leftover(ConstBytes bytes, const char* why);
    std::error_code refuse_unread(std::size_t bytes);
    void note_cancelled() noexcept;
};

// What the engine says of it is that the connection has ended. Without memory it stays at that.
inline void StreamBase::note_cancelled() noexcept {
    try {
        const ErrorDetail* detail = engine->last_error();
        auto cancelled = std::make_unique<ErrorDetail>(detail ? *detail : ErrorDetail{});
        cancelled->code = aborted();
        cancelled->what = "the operation was cancelled";
        error = std::move(cancelled);
    } catch (...) {  // NOLINT(bugprone-empty-catch)
    }
}

inline PumpStep StreamBase::step_accept(std::span<const ConstBytes> data) {
    // Half a record or more is worth no copy, unless something waits before it.
    static constexpr std::size_t large = WriteStage::capacity / 2;
    PumpStep step = step_write({});  // Errors that are known already.
    std::size_t left = 0;
    for (const ConstBytes part : data) left += part.size();
    if (!step.error && stage.empty() && left >= large) {
        return room() > 0 ? step_write(data) : PumpStep{PumpAction::drain, 0, {}};
    }
    for (const ConstBytes part : data) {
        for (ConstBytes rest = part; !step.error && !rest.empty();) {
            if (stage.full() && (room() == 0 || !seal_stage()))
                return {PumpAction::drain, step.bytes, {}};
            const std::size_t n = stage.put(rest);
            step.bytes += n;
            rest = rest.subspan(n);
        }
    }
    return step;
}

inline std::error_code StreamBase::refuse_leftover(ConstBytes bytes, const char* why) {
    error = std::make_unique<ErrorDetail>(make_error(
        Errc::plaintext_after_starttls,
        std::to_string(bytes.size()) + " bytes of plain text came before TLS started" + why,
        "someone may be injecting commands; do not retry in plain text"));
    error->peer_text = escape_untrusted(as_text(bytes));
    return error->code;
}

inline std::error_code StreamBase::begin_start_tls(Leftover given, LeftoverPolicy policy) {
    if (const std::error_code ec = begin_tls()) return ec;
    upgrade = true;
    Bytes bytes = given.take();
    // After a `stop_tls` the stream itself may hold plain text, which came later than what the program has read.
    bytes.insert(bytes.end(), block.bytes().begin(), block.bytes().end());
    block.keep_last(0);
    if (bytes.empty()) return {};
    if (policy == LeftoverPolicy::feed) {
        // RFC 8446 §5.1: a handshake record, legacy version 0x03xx. The rest is the engine's to judge.
        const bool record = bytes[0] == 0x16 && (bytes.size() == 1 || bytes[1] == 0x03);
        if (record) {
            block.append(bytes);
            return {};
        }
    }
    end_exclusive();
    if (policy == LeftoverPolicy::hand_back) {
        tls = upgrade = false;
        const std::error_code ec = refuse_leftover(bytes, "; they were handed back");
        leftover = std::move(bytes);
        return ec;
    }
    const bool fed = policy == LeftoverPolicy::feed;
    terminate(refuse_leftover(bytes, fed ? " and are no TLS record" : ""));
    return fatal;
}

inline PumpStep StreamBase::step_stop() {
    PumpStep step =
        over_block([this](Input& in) { return pump_stop(*engine, in, peer_close_notify); });
    if (step.error == Errc::unread_data) step.error = refuse_unread(step.bytes);
    return step;
}

inline std::error_code StreamBase::refuse_unread(std::size_t bytes) {
    error = std::make_unique<ErrorDetail>(
        make_error(Errc::unread_data,
                   "TLS was to stop, and data came before the peer's close_notify (" +
                       std::to_string(bytes) + " bytes or more)",
                   "read all that the peer says over TLS before the way back to plain text"));
    error->phase = Phase::closing;
    terminate(error->code);
    return fatal;
}

inline std::error_code StreamBase::fail_handshake(std::error_code ec) {
    ec = worse_error(write_error, stream_error(ec));
    const ErrorDetail* detail = engine->last_error();
    if (upgrade && ec == Errc::plaintext_peer) {
        // After the go-ahead the peer spoke on in plain text: the other half of a crossed boundary.
        ec = Errc::plaintext_after_starttls;
        error = std::make_unique<ErrorDetail>(detail != nullptr ? *detail : ErrorDetail{});
        error->code = ec;
        error->what = "plain text came after the go-ahead, where TLS should start";
    } else if (detail == nullptr || detail->code != ec) {
        error = std::make_unique<ErrorDetail>(
            make_error(ec, "the connection failed during the TLS handshake: " + ec.message()));
        error->phase =
            engine->state() == State::verify_pending ? Phase::verification : Phase::handshake;
        if (detail != nullptr) error->alert_sent = detail->alert_sent;
    }
    terminate(ec);
    return ec;
}

}  // namespace omnitls::inline v0::detail
