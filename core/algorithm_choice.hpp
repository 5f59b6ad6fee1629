// SPDX-License-Identifier: BSL-1.0
// From what a configuration says of versions and algorithms to what a backend gets: complete lists of what omnitls takes and the
// library has. Entries that somebody asked for are refused, those of a profile left out, and both here, alike for every backend.
#pragma once

#include "core/iana_rows.hpp"
#include <omnitls/algorithms.hpp>
#include <omnitls/error.hpp>
#include <omnitls/spi/native_context.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace omnitls::inline v0::core {

/// One of the three lists, for what is done with each of them.
struct AlgorithmList {
    const char* field;
    const char* noun;
    const char* exact;  ///< The capability to do any list exactly.
    std::vector<std::uint16_t> Algorithms::*numbers;
    std::vector<std::string> AlgorithmNames::*names;
    std::span<const IanaRow> (*rows)() noexcept;
    std::string (*name_of)(std::uint16_t);
    /// Whether a connection of that version can use it.
    bool (*is_for)(std::uint16_t, ProtocolVersion) noexcept;
};
extern const std::array<AlgorithmList, 3> algorithm_lists;

/// Everything that omnitls takes, whatever the backend: forward secrecy, AEAD that core can seal alerts for, SHA-256 or better.
const Algorithms& known_algorithms();

/// What a configuration says.
struct AlgorithmRequest {
    std::optional<VersionRange> versions;
    Profile profile;
    Algorithms named;
    bool client_certificates = false;  ///< The client may prove a key of its own, too.
};
inline AlgorithmRequest algorithm_request(const ClientConfig& config) {
    return {config.versions, config.profile, config.algorithms, config.identity.has_value()};
}
inline AlgorithmRequest algorithm_request(const ServerConfig& config) {
    return {config.versions, config.profile, config.algorithms,
            config.client_auth != ClientAuth::none};
}

/// Errc::bad_config for what no backend could do: an entry below the floor, or lists and versions that contradict each other.
std::optional<ErrorDetail> check_algorithms(const AlgorithmRequest& request);

/// What a library has of `known_algorithms()`, by version.
class AvailableAlgorithms {
public:
    AvailableAlgorithms(std::string backend, const spi::NativeBackend& native);
    const Algorithms& in(ProtocolVersion version) const noexcept {
        return version == ProtocolVersion::tls13 ? tls13_ : tls12_;
    }
    /// A row for each of `known_algorithms()`.
    std::vector<Capability> rows() const;
    const std::string& backend() const noexcept { return backend_; }

private:
    std::string backend_;
    Algorithms tls12_;
    Algorithms tls13_;
};

/// What the backend is to be told. `request` has been checked. Errc::not_supported naming the capability.
Result<EffectiveSettings> choose_algorithms(const AlgorithmRequest& request,
                                            const Capabilities& capabilities,
                                            const AvailableAlgorithms& available);

/// `read` without what the versions leave unused. Errc::not_supported if a list that was named has become another in the library.
Result<EffectiveSettings> confirm_algorithms(const AlgorithmRequest& request,
                                             const EffectiveSettings& told, EffectiveSettings read,
                                             const Capabilities& capabilities);

}  // namespace omnitls::inline v0::core
