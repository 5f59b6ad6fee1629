// SPDX-License-Identifier: BSL-1.0
// What a backend says when a context or a connection cannot be made: the same sentences on every backend, with the library's words.
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/error.hpp>
#include <omnitls/export.hpp>
#include <omnitls/identity.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace omnitls::inline v0::spi {

/// A library in errors.
struct Library {
    std::string_view backend;  ///< As `NativeBackend::name`.
    std::string_view name;     ///< For people.
};

/// A library's own code and words for a failure.
struct NativeError {
    std::int64_t code = 0;
    std::string text;
};

/// "<library> <what> (<its words>)".
OMNITLS_API ErrorDetail native_failure(const Library& library, Errc cause, const std::string& what,
                                       const NativeError& error, std::string hint = {});

/// What may be wrong with an identity that core has read.
enum class IdentityProblem : std::uint8_t {
    certificate,  ///< One of the chain cannot be read.
    key,          ///< Nor the private key.
    pair,         ///< They do not belong together.
    refused,      ///< The library does not use them.
};

/// Errc::bad_config, naming the file. `certificate`: with that problem only.
OMNITLS_API ErrorDetail identity_failure(const Library& library, IdentityProblem problem,
                                         const Identity& identity, const NativeError& error,
                                         const Certificate* certificate = nullptr);

}  // namespace omnitls::inline v0::spi
