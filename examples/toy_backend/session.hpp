// SPDX-License-Identifier: BSL-1.0
// A connection of the toy, and what it takes of a configuration.
#pragma once

#include "wire.hpp"
#include <omnitls/spi/native_context.hpp>

#include <string>
#include <vector>

namespace toy {

/// A configuration as the toy needs it.
struct Context final : omnitls::spi::NativeContext {
    /// In session.cpp.
    omnitls::spi::NewSession make_session(const std::string& sni) const override;
    omnitls::spi::PathVeto verify_path(omnitls::spi::PathView path,
                                       omnitls::spi::Purpose purpose) const override;

    omnitls::Role role{};
    std::vector<omnitls::Bytes> chain;  ///< Own certificates, leaf first; DER.
    omnitls::Bytes proof_key;           ///< What proves possession; see `key_mark`.
    std::vector<std::string> alpn;
    omnitls::Algorithms algorithms;  ///< Agreed on by number, and then not done.
    bool asks_client = false;
};

/// What a certificate's public key and its private key have in common to look at: the end of the public key, as private keys of
/// RSA and EC carry it too (RFC 8017 §A.1.2, RFC 5915 §3). Not a secret, so it proves possession to nobody but this toy.
omnitls::ConstBytes key_mark(const omnitls::Certificate& certificate);

// What may be wrong with a backend, one at a time, to show that the conformance kit finds it. Never in a backend of yours.
enum class Defect {
    none,
    certificate_seen_late,  ///< Says so after the answer, so the answer is not withheld.
    question_before_proof,  ///< Wants its credential before the peer has proved anything.
    proof_unchecked,        ///< Believes any proof of possession.
    byte_lost_at_seven,     ///< Loses a byte of data that comes seven bytes at a time.
    truncation_is_an_end,   ///< Takes the end of the transport for a close_notify.
    everything_absent,      ///< Says that it can do nothing, so that nothing is asked of it.
    key_log_ignored,        ///< Takes a setting and does nothing about it.
};
#ifndef TOY_DEFECT
#define TOY_DEFECT none
#endif
inline constexpr Defect defect = Defect::TOY_DEFECT;

}  // namespace toy
