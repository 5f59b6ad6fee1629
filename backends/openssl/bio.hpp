// SPDX-License-Identifier: BSL-1.0
// The only way bytes get in and out of OpenSSL: a BIO over the `Input` cursor and the `Sink` of the call that is running.
#pragma once

#include "compat.hpp"
#include <omnitls/spi/native_session.hpp>

namespace omnitls::inline v0::openssl_native {

/// What the BIO works on. Both pointers are set for the duration of one call only. Without an input it reads nothing;
/// without a sink what is written is discarded.
struct Port {
    Input* input = nullptr;
    spi::Sink* sink = nullptr;
    Bytes aside;  ///< Read before `input`; at most one record.

    /// Moves the next record from `in` to `aside`, across calls if need be. True once it is whole. May throw std::bad_alloc.
    bool set_aside_record(Input& in);
    /// Gives up to `out.size()` bytes, of `aside` first; 0 if there are none.
    std::size_t take(MutableBytes out) noexcept;
};

/// A BIO on `port`, which must outlive it. Writing accepts everything; reading takes what was asked for and no more, and an
/// empty input is "try again", never an end: a cut-off is the session's to report, without an alert of the library's own.
/// Null if memory is out.
BioPtr make_bio(Port& port) noexcept;

}  // namespace omnitls::inline v0::openssl_native
