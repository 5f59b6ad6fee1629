// SPDX-License-Identifier: BSL-1.0
// Why a connection failed, from the facts a session reports: one table for every backend.
#pragma once

#include <omnitls/error.hpp>
#include <omnitls/spi/native_session.hpp>

namespace omnitls::inline v0::core {

/// The cause of an outcome that is `failed`. The peer's fatal alert decides; then what the library says; then, where it says
/// no more than `handshake_failed`, the alert it sent.
Errc failure_cause(const spi::Outcome& outcome, const spi::SessionFacts& facts) noexcept;

}  // namespace omnitls::inline v0::core
