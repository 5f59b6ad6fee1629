// SPDX-License-Identifier: BSL-1.0
// What a backend writes per configuration and once per library, and `make_backend`, which turns it into a `TlsBackend`.
#pragma once

#include <omnitls/backend.hpp>
#include <omnitls/config.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>
#include <omnitls/spi/crypto.hpp>
#include <omnitls/spi/native_session.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace omnitls::inline v0::spi {

/// One element of a path to be vetoed. `native`: the library's own object for the same DER if the session has one, else null.
struct PathElement {
    const Certificate* certificate = nullptr;
    const void* native = nullptr;
};

/// A library's word on one path.
struct PathVeto {
    bool accepted = false;
    std::int64_t native_code = 0;
    std::string native_text;
};

/// What the peer must be good for (RFC 5280 §4.2.1.12).
enum class Purpose : std::uint8_t { server_auth, client_auth };

/// A configuration compiled for one library. Immutable; any thread.
class OMNITLS_API NativeContext {
public:
    virtual ~NativeContext() = default;
    /// A session. `sni` is sent if it is not empty (clients only).
    virtual Result<std::unique_ptr<NativeSession>> make_session(const std::string& sni) const = 0;
    /// Yes or no on exactly this path, leaf first, with exactly this one anchor as its last element: no other certificate may
    /// be used. No name check, no time check; signatures, purpose, constraints and extensions as the library sees them.
    /// A path of one element is an anchor that is the leaf itself.
    virtual PathVeto verify_path(std::span<const PathElement> path,
                                 Purpose purpose) const noexcept = 0;
    /// `set`, which is what the configuration said, with whatever the library is able to say itself. Suites of versions that are not
    /// allowed do not matter.
    virtual EffectiveSettings effective_settings(EffectiveSettings set) const { return set; }
};

/// One library. Lives for ever; any thread. `config` is complete and checked by core when it arrives, `versions` is set, every list
/// of `algorithms` full, and nothing in it that `available` has not let pass; a backend refuses what its
/// library cannot honour (Errc::not_supported, naming the capability) and keys that do not fit (Errc::bad_config).
class OMNITLS_API NativeBackend {
public:
    virtual ~NativeBackend() = default;
    virtual std::string_view name() const noexcept = 0;
    virtual std::string version() const = 0;
    virtual Capabilities capabilities() const = 0;
    virtual const Crypto& crypto() const noexcept = 0;
    /// Of the candidates those that may stand in the lists of connections of at least one of `versions`, in the same order.
    virtual Algorithms available(Algorithms candidates, VersionRange versions) const = 0;
    virtual Result<std::unique_ptr<NativeContext>> make_client_context(
        const ClientConfig& config) const = 0;
    virtual Result<std::unique_ptr<NativeContext>> make_server_context(
        const ServerConfig& config) const = 0;
};

/// The `TlsBackend` users see, made of what the backend wrote and the shared core.
OMNITLS_API std::unique_ptr<TlsBackend> make_backend(std::unique_ptr<NativeBackend> native);

}  // namespace omnitls::inline v0::spi
