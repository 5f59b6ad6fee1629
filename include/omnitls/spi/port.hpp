// SPDX-License-Identifier: BSL-1.0
// Between the engine's cursor and sink and a library's transport functions: what those work on during one call.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/engine.hpp>
#include <omnitls/export.hpp>
#include <omnitls/spi/native_session.hpp>

namespace omnitls::inline v0::spi {

/// What a library reads from and writes to. `input` and `sink` are set for the duration of one call only (`Loan`). Without an
/// input there is nothing to read; without a sink what is written is discarded. One per session, which it stays with.
class OMNITLS_API Port {
public:
    /// Gives up to `out.size()` bytes, those of the record that was set aside first. 0: there are none now, which is "try again" to
    /// a library and never an end: a cut-off is the session's to report, without an alert to a transport that is gone.
    std::size_t take(MutableBytes out) noexcept;
    /// Accepts everything, so that a library never has to try again.
    void put(ConstBytes ciphertext) noexcept {
        if (sink != nullptr) sink->write(ciphertext);
    }
    /// Moves the next record from `in` to where `take` has it first, across calls if need be; true once it is whole. For a session
    /// that pauses before the end of a flight. May throw std::bad_alloc.
    bool set_aside_record(Input& in);
    /// Bytes that `take` could give.
    std::size_t available() const noexcept {
        return aside_.size() - taken_ + (input != nullptr ? input->bytes.size() : 0);
    }

    Input* input = nullptr;
    Sink* sink = nullptr;

private:
    Bytes aside_;
    std::size_t taken_ = 0;  // of `aside_`
};

/// Lends a port the caller's cursor and sink for one call.
class Loan {
public:
    Loan(Port& port, Input* in, Sink* sink) noexcept : port_(port) {
        port_.input = in;
        port_.sink = sink;
    }
    ~Loan() { port_.input = nullptr, port_.sink = nullptr; }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

private:
    Port& port_;
};

}  // namespace omnitls::inline v0::spi
