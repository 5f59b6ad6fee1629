// SPDX-License-Identifier: BSL-1.0
// What a `Stream` is told besides its bytes: deadlines and sizes, and the plain bytes that were already read when an upgrade
// starts. No template and no Asio here.
#pragma once

#include <omnitls/blocks.hpp>
#include <omnitls/bytes.hpp>
#include <omnitls/pump.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace omnitls::inline v0 {

/// When a write on a secure stream completes.
enum class WriteCompletion : std::uint8_t {
    /// When the next layer has taken all of it: its errors are this write's, and a slow peer slows the writer down.
    sent,
    /// When the stream has taken all of it (write-behind). At most one record of plaintext and 64 KiB of ciphertext wait besides the
    /// 64 KiB being sent; a write that does not fit waits. Small writes that come in a row, with no read in between, share records
    /// and sends. Errors come with the next write, flush, half close or shutdown. What must have left needs a flush: destroying the
    /// stream drops what waits. Synchronous writes complete when sent.
    accepted,
};

/// Deadlines and sizes of one stream. A deadline of zero or less has passed at once; one of more than a year is a year.
struct StreamOptions {
    /// For a whole handshake, the wait for a verdict included: then Errc::handshake_timeout and alert user_canceled.
    std::chrono::milliseconds handshake_deadline = std::chrono::seconds(60);
    /// For one verdict, or one choice by ClientHello: then Errc::verdict_timeout and alert certificate_unknown (internal_error).
    std::chrono::milliseconds verdict_deadline = std::chrono::seconds(30);
    /// For a shutdown (then asio::error::timed_out), and for sending the alert of a handshake that has failed.
    std::chrono::milliseconds shutdown_deadline = std::chrono::seconds(5);
    /// Bytes of ciphertext that a read asks for and that are held at most. Less than `min_read_block` counts as `min_read_block`;
    /// more than the four records that the default holds is seldom faster. A quiet connection holds 640 bytes, whatever this is.
    std::size_t read_block = block_size::flight;
    WriteCompletion write_completion = WriteCompletion::sent;

    static constexpr std::size_t min_read_block = block_size::record;

    /// The same with everything within bounds.
    StreamOptions within_bounds() const noexcept {
        const auto deadline = [](std::chrono::milliseconds d) {
            return std::clamp<std::chrono::milliseconds>(d, std::chrono::milliseconds(0),
                                                         std::chrono::hours(24 * 365));
        };
        return {deadline(handshake_deadline), deadline(verdict_deadline),
                deadline(shutdown_deadline), std::max(read_block, min_read_block),
                write_completion};
    }
};

/// Says that nothing had been read beyond the go-ahead.
struct NoLeftover {};
inline constexpr NoLeftover no_leftover{};

/// Plain bytes that were read from the connection before TLS started but that come after the go-ahead. Whoever read them has
/// them, so there is no default: say `no_leftover` if the protocol's reader holds none.
class Leftover {
public:
    Leftover(NoLeftover) noexcept {}  // NOLINT(google-explicit-constructor)
    Leftover(Bytes bytes) noexcept
        : bytes_(std::move(bytes)) {}  // NOLINT(google-explicit-constructor)
    Leftover(ConstBytes bytes)
        : bytes_(bytes.begin(), bytes.end()) {}  // NOLINT(google-explicit-constructor)

    const Bytes& bytes() const noexcept { return bytes_; }
    Bytes take() noexcept { return std::exchange(bytes_, {}); }

private:
    Bytes bytes_;
};

/// What an upgrade does when there is leftover. Without leftover all three are the same.
enum class LeftoverPolicy : std::uint8_t {
    /// Errc::plaintext_after_starttls; the stream is of no more use (CVE-2011-0411, CVE-2021-23214 and their family).
    reject,
    /// It is the first ciphertext, as after a PROXY header or sniffing. It must start a TLS record (0x16 0x03), or it is rejected.
    feed,
    /// Errc::plaintext_after_starttls, but the stream stays plain and `take_leftover()` returns the bytes.
    hand_back,
};

}  // namespace omnitls::inline v0
