// SPDX-License-Identifier: BSL-1.0
// A backend without a TLS library: the smallest thing that behaves as one, to show what a backend has to do and that the
// installed headers are enough to do it. IT PROTECTS NOTHING: everything is sent in the clear, and anybody can forge all of it.
#pragma once

#include <omnitls/backend.hpp>

namespace toy {

namespace danger {
/// Said aloud, so that nobody has this backend by accident and a search for "danger" finds who has.
enum class NoProtection { everything_is_readable_and_forgeable };
inline constexpr NoProtection no_protection = NoProtection::everything_is_readable_and_forgeable;
}  // namespace danger

/// The backend "insecure_toy", for tests on one machine.
const omnitls::TlsBackend& insecure_backend(danger::NoProtection);

}  // namespace toy
