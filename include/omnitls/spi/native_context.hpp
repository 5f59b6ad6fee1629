// SPDX-License-Identifier: BSL-1.0
// What a backend writes per configuration and once per library, and `make_backend`, which turns it into a `TlsBackend`.
#pragma once

#include <omnitls/backend.hpp>
#include <omnitls/config.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>
#include <omnitls/spi/crypto.hpp>
#include <omnitls/spi/native_session.hpp>
#include <omnitls/spi/port.hpp>

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::inline v0::spi {

/// One element of a path to be vetoed. `native`: the library's own object for the same DER if the session has one, else null.
struct PathElement {
    const Certificate* certificate = nullptr;
    const void* native = nullptr;
};

/// A path, leaf first; its last element is the anchor. Borrowed.
using PathView = std::span<const PathElement>;

/// A library's word on one path.
struct PathVeto {
    bool accepted = false;
    std::int64_t native_code = 0;
    std::string native_text;

    static PathVeto yes() { return {true, 0, {}}; }
    static PathVeto no(std::int64_t code, std::string text) {
        return {false, code, std::move(text)};
    }
};

/// What the peer must be good for (RFC 5280 §4.2.1.12).
enum class Purpose : std::uint8_t { server_auth, client_auth };

/// Of a server's finite-field group, in bits: the floor that its RSA key has, too.
inline constexpr unsigned int least_dh_bits = 2048;
/// Of a server that seals its sessions: so that a client may come back with two connections (RFC 8446 §4.6.1 leaves it open).
inline constexpr std::uint16_t tickets_per_handshake = 2;

/// `rows`, and one for each of `names`, which the library does by itself.
OMNITLS_API Capabilities with_native(std::vector<Capability> rows,
                                     std::initializer_list<std::string_view> names);

/// Whether a server keeps its sessions, each for the client it was made with, and finds them by their ids: what core grants is
/// resumed and nothing else. All other servers with a `session_lifetime` seal theirs into tickets with a key of their context.
inline bool keeps_sessions(const ServerConfig& config) noexcept {
    return config.session_lifetime.count() > 0 && config.client_auth != ClientAuth::none;
}

using NewSession = Result<std::unique_ptr<NativeSession>>;

/// A configuration compiled for one library. Immutable; any thread. Nothing but std::bad_alloc is thrown.
class OMNITLS_API NativeContext : public std::enable_shared_from_this<NativeContext> {
public:
    virtual ~NativeContext() = default;
    /// A session, which keeps the context if it needs it (`SessionOf`). `sni` is sent if it is not empty (clients only).
    virtual NewSession make_session(const std::string& sni) const = 0;
    /// Yes or no on exactly this path, leaf first, with exactly this one anchor as its last element: no other certificate may
    /// be used. No name check, no time check; signatures, purpose and extensions as the library sees them. Key identifiers, name
    /// constraints and path lengths are core's: a library that cannot be asked without them must not refuse for them alone.
    /// A path of one element is an anchor that is the leaf itself.
    virtual PathVeto verify_path(PathView path, Purpose purpose) const = 0;
    /// `set`, which is what the configuration said, with whatever the library is able to say itself. Suites of versions that are not
    /// allowed do not matter.
    virtual EffectiveSettings effective_settings(EffectiveSettings set) const { return set; }
};

/// What every session of a library has: its context, the bytes of the call that is running, and what it notes as it happens.
/// A library's own object belongs into the derived class, so that it is freed before them.
template <class Context, class Port = spi::Port>
class SessionOf : public NativeSession {
public:
    explicit SessionOf(const Context& context)
        : context_(std::static_pointer_cast<const Context>(context.shared_from_this())) {}
    std::vector<ResumableState> take_resumable() override { return fresh_.take(); }

protected:
    bool is_client() const noexcept { return context_->role == Role::client; }

    std::shared_ptr<const Context> context_;
    Port port_;
    SessionFacts facts_;
    FreshSessions fresh_;
};

/// The library's own object behind an engine of this backend; null for any other engine.
template <class Session>
auto native_of(TlsEngine& engine) noexcept -> decltype(std::declval<Session&>().native()) {
    auto* const session = dynamic_cast<Session*>(engine.native_session());
    return session != nullptr ? session->native() : nullptr;
}

using NewContext = Result<std::shared_ptr<const NativeContext>>;

/// One library. Lives for ever; any thread. `config` is complete and checked by core when it arrives, `versions` is set, every list
/// of `algorithms` full, and nothing in it that `available` has not let pass; a backend refuses what its
/// library cannot honour (Errc::not_supported, naming the capability) and keys that do not fit (Errc::bad_config).
class OMNITLS_API NativeBackend {
public:
    virtual ~NativeBackend() = default;
    virtual std::string_view name() const noexcept = 0;
    virtual std::string version() const = 0;
    /// Why the library that runs cannot be used, a sentence; empty if it can. No context is made then.
    virtual std::string problem() const { return {}; }
    virtual Capabilities capabilities() const = 0;
    virtual const Crypto& crypto() const noexcept = 0;
    /// Of the candidates those that the library has for connections of at least one of `versions`, in the same order.
    virtual Algorithms available(Algorithms candidates, VersionRange versions) const = 0;
    virtual NewContext make_client_context(const ClientConfig& config) const = 0;
    virtual NewContext make_server_context(const ServerConfig& config) const = 0;
};

/// The `TlsBackend` users see, made of what the backend wrote and the shared core.
OMNITLS_API std::unique_ptr<TlsBackend> make_backend(std::unique_ptr<NativeBackend> native);

/// The one of `Backend`, made with the first call and never destroyed, as users are promised.
template <class Backend>
const TlsBackend& the_backend() {
    static const TlsBackend& shared = *make_backend(std::make_unique<Backend>()).release();
    return shared;
}

}  // namespace omnitls::inline v0::spi
