// SPDX-License-Identifier: BSL-1.0
// `TlsBackend` (one TLS library), `ClientContext` and `ServerContext` (one configuration, compiled for it) and `Capabilities` (what it can do).
// No registry and no global: a program names the backend it wants, `omnitls::backends::openssl()`.
#pragma once

#include <omnitls/blocks.hpp>
#include <omnitls/config.hpp>
#include <omnitls/engine.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>
#include <omnitls/spi/crypto.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::inline v0 {

/// How a backend does something.
enum class CapabilityState : std::uint8_t {
    native,    ///< By the library itself.
    emulated,  ///< By omnitls around the library; `reason` says how it differs.
    absent,    ///< Not at all; `reason` says why.
};
OMNITLS_API std::string_view capability_state_name(CapabilityState state) noexcept;

struct Capability {
    std::string name;  ///< Stable identifier, e.g. "tls13".
    CapabilityState state = CapabilityState::absent;
    std::string reason;  ///< Empty for native, but of an algorithm "in TLSv1.3 alone".
};

/// What a backend can do, as data, from the library that is linked and running.
class OMNITLS_API Capabilities {
public:
    explicit Capabilities(std::vector<Capability> rows) : rows_(std::move(rows)) {}
    const std::vector<Capability>& rows() const noexcept { return rows_; }
    /// The row of that name, or null.
    const Capability* find(std::string_view name) const noexcept;
    bool has(std::string_view name) const noexcept;
    /// No error if present; Errc::not_supported with the reason otherwise; Errc::bad_input for a name nobody knows.
    std::optional<ErrorDetail> require(std::string_view name) const;

private:
    std::vector<Capability> rows_;
};

/// A client configuration compiled for one backend. Immutable; share it between threads; keep it as long as its engines live
/// or let go earlier: engines hold what they need.
class OMNITLS_API ClientContext {
public:
    virtual ~ClientContext() = default;
    /// An engine for one connection. Errc::bad_config without a reference identity. `blocks` must outlive the engine.
    virtual Result<std::unique_ptr<TlsEngine>> make_engine(
        const ClientTarget& target, BlockSource& blocks = default_block_source()) const = 0;
    /// The evidence a connection to `target` would get from a server that sends `chain` (DER, leaf first): same code path, no
    /// network, no verifier asked. With `role` server the chain is judged as a client's would be, and `target` does not count.
    virtual std::shared_ptr<const VerifyRequest> judge(std::vector<Bytes> chain,
                                                       const ClientTarget& target,
                                                       Role role = Role::client) const = 0;
    /// With `versions` filled in. What stands for lists left empty, `effective()` says.
    virtual const ClientConfig& config() const noexcept = 0;
    virtual const EffectiveSettings& effective() const noexcept = 0;
};

/// A server configuration compiled for one backend. As `ClientContext`.
class OMNITLS_API ServerContext {
public:
    virtual ~ServerContext() = default;
    virtual Result<std::unique_ptr<TlsEngine>> make_engine(
        BlockSource& blocks = default_block_source()) const = 0;
    /// The evidence on a client that sends `chain`.
    virtual std::shared_ptr<const VerifyRequest> judge(std::vector<Bytes> chain) const = 0;
    virtual const ServerConfig& config() const noexcept = 0;
    virtual const EffectiveSettings& effective() const noexcept = 0;
};

/// One TLS library. Objects of this type live for ever and may be used from any thread.
class OMNITLS_API TlsBackend {
public:
    virtual ~TlsBackend() = default;
    virtual std::string_view name() const noexcept = 0;  ///< "openssl", "gnutls", "mbedtls", ...
    virtual std::string version() const = 0;             ///< Of the library that is running.
    virtual const Capabilities& capabilities() const noexcept = 0;
    virtual const spi::Crypto& crypto() const noexcept = 0;
    /// Checks the configuration as a whole and compiles it.
    virtual Result<std::shared_ptr<const ClientContext>> make_client_context(
        ClientConfig config) const = 0;
    virtual Result<std::shared_ptr<const ServerContext>> make_server_context(
        ServerConfig config) const = 0;
};

}  // namespace omnitls::inline v0
