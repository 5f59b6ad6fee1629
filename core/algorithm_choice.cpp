// SPDX-License-Identifier: BSL-1.0
#include "core/algorithm_choice.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace omnitls::inline v0::core {
namespace {

using Numbers = std::vector<std::uint16_t>;
constexpr std::array both_versions{ProtocolVersion::tls12, ProtocolVersion::tls13};

bool suite_is_for(std::uint16_t id, ProtocolVersion version) noexcept {
    return (id >> 8U == 0x13) == (version == ProtocolVersion::tls13);
}
/// The hybrids are of TLS 1.3 alone.
bool group_is_for(std::uint16_t id, ProtocolVersion version) noexcept {
    return id >> 8U != 0x11 || version == ProtocolVersion::tls13;
}
/// PKCS#1 v1.5 signs no handshake of TLS 1.3 (RFC 8446 §4.2.3).
bool scheme_is_for(std::uint16_t id, ProtocolVersion version) noexcept {
    return (id & 0xffU) != 0x01 || version == ProtocolVersion::tls12;
}

bool contains(const Numbers& numbers, std::uint16_t id) noexcept {
    return std::ranges::find(numbers, id) != numbers.end();
}

ErrorDetail bad(std::string what) { return make_error(Errc::bad_config, std::move(what)); }
ErrorDetail unsupported(std::string what, std::string hint = {}) {
    return make_error(Errc::not_supported, std::move(what), std::move(hint));
}

const char* capability_of(ProtocolVersion version) noexcept {
    return version == ProtocolVersion::tls13 ? "tls13" : "tls12";
}

std::string joined(const AlgorithmList& list, const Numbers& numbers) {
    std::string text;
    for (const std::uint16_t id : numbers)
        text.append(text.empty() ? "" : ", ").append(list.name_of(id));
    return text.empty() ? "none" : text;
}

/// Why an entry is not one that omnitls takes.
std::string below_floor(std::string_view name) {
    const auto has = [&](std::string_view part) { return name.find(part) != name.npos; };
    if (has("TLS_RSA_")) return "has no forward secrecy: the key exchange is with a static RSA key";
    if (has("_CBC_")) return "is no AEAD: CBC";
    if (has("_CCM")) return "is CCM, and omnitls cannot seal alerts with it";
    if (has("_sha1")) return "signs with SHA-1";
    return "is not one that omnitls takes";
}

std::optional<ErrorDetail> check_entries(const AlgorithmList& list, const Numbers& numbers) {
    const Numbers& known = known_algorithms().*list.numbers;
    for (auto entry = numbers.begin(); entry != numbers.end(); ++entry) {
        const std::string where = std::string(list.field) + ": entry " +
                                  std::to_string(entry - numbers.begin() + 1) + ", " +
                                  list.name_of(*entry) + ", ";
        if (!contains(known, *entry))
            return make_error(Errc::bad_config, where + below_floor(list.name_of(*entry)),
                              "omnitls takes " + joined(list, known));
        if (std::find(numbers.begin(), entry, *entry) != entry)
            return bad(where + "is there twice");
    }
    return std::nullopt;
}

/// The list that counts: the one named, else the profile's.
const Numbers& wanted(const AlgorithmList& list, const AlgorithmRequest& request) {
    const Numbers& named = request.named.*list.numbers;
    return named.empty() ? profile_algorithms(request.profile).*list.numbers : named;
}

std::string source(const AlgorithmList& list, const AlgorithmRequest& request) {
    if (!(request.named.*list.numbers).empty()) return list.field;
    return "profile " + std::string(profile_name(request.profile));
}

/// The list that leaves a version without anything; null if it can be had.
const AlgorithmList* list_without(const AlgorithmRequest& request, ProtocolVersion version) {
    for (const AlgorithmList& list : algorithm_lists) {
        const auto is_for = [&](std::uint16_t id) { return list.is_for(id, version); };
        if (std::ranges::none_of(wanted(list, request), is_for)) return &list;
    }
    return nullptr;
}

std::optional<ErrorDetail> check_versions(const AlgorithmRequest& request) {
    bool any = false;
    for (const ProtocolVersion version : both_versions) {
        const AlgorithmList* const without = list_without(request, version);
        any = any || without == nullptr;
        if (without == nullptr || !request.versions || !request.versions->has(version)) continue;
        return bad("versions: " + version_name(version) + " is allowed, but " +
                   source(*without, request) + " has no " + without->noun + " for it");
    }
    if (any) return std::nullopt;
    return bad(
        "algorithms: there is no TLS version for which cipher_suites, groups and "
        "signature_schemes all have an entry");
}

/// A suite or group that somebody named and no connection would ever use. Schemes are for certificates, too.
std::optional<ErrorDetail> check_idle_entries(const AlgorithmRequest& request) {
    for (const AlgorithmList& list : algorithm_lists) {
        if (list.numbers == &Algorithms::signature_schemes) continue;
        for (const std::uint16_t id : request.named.*list.numbers) {
            const bool tls12 = list.is_for(id, ProtocolVersion::tls12);
            if (tls12 && list.is_for(id, ProtocolVersion::tls13)) continue;
            const auto version = tls12 ? ProtocolVersion::tls12 : ProtocolVersion::tls13;
            const std::string what = std::string(list.field) + ": " + list.name_of(id) + " is of " +
                                     version_name(version) + ", ";
            if (request.versions && !request.versions->has(version))
                return bad(what + "which versions do not allow");
            if (const AlgorithmList* const without = list_without(request, version))
                return bad(what + "for which " + source(*without, request) + " has no " +
                           without->noun);
        }
    }
    return std::nullopt;
}

/// The versions that the request is about, as far as no library is asked.
std::vector<ProtocolVersion> versions_of(const AlgorithmRequest& request) {
    std::vector<ProtocolVersion> versions(both_versions.begin(), both_versions.end());
    std::erase_if(versions, [&](ProtocolVersion version) {
        return request.versions ? !request.versions->has(version)
                                : list_without(request, version) != nullptr;
    });
    return versions;
}

/// Takes away what the library cannot do; a version that was named is not taken away.
std::optional<ErrorDetail> narrow(std::vector<ProtocolVersion>& versions,
                                  const AlgorithmRequest& request, const Capabilities& capabilities,
                                  const AvailableAlgorithms& available) {
    std::optional<ErrorDetail> first;
    std::erase_if(versions, [&](ProtocolVersion version) {
        std::optional<ErrorDetail> error;
        if (const auto absent = capabilities.require(capability_of(version)))
            error = unsupported("versions: " + available.backend() + " cannot do " +
                                    version_name(version) + " (capability " + absent->what + ")",
                                "allow another version, or use another backend");
        for (const AlgorithmList& list : algorithm_lists) {
            const auto usable = [&](std::uint16_t id) {
                return list.is_for(id, version) &&
                       contains(available.in(version).*list.numbers, id);
            };
            if (error || std::ranges::any_of(wanted(list, request), usable)) continue;
            error = unsupported(
                std::string(list.field) + ": " + joined(list, wanted(list, request)) +
                ": absent in " + version_name(version) + " with " + available.backend() +
                " (capability " + list.name_of(wanted(list, request).front()) + ")");
        }
        if (error && !first) first = error;
        return error.has_value();
    });
    return request.versions || versions.empty() ? first : std::nullopt;
}

/// `elsewhere`: in the other version the library has it.
ErrorDetail lacking_scheme(std::uint16_t id, ProtocolVersion version,
                           const AvailableAlgorithms& available, bool elsewhere) {
    const std::string name = signature_scheme_name(id);
    const std::string in_version = version_name(version);
    return unsupported(
        "algorithms.signature_schemes: " + name + ": absent in " + in_version + " with " +
            available.backend() + " (capability " + name + ")",
        elsewhere ? "do not allow " + in_version + ", leave this scheme out, or use another backend"
                  : "");
}

/// A scheme that somebody named must be good for every allowed version that it is for: where the library lacks it, it would be
/// offered all the same, and fail when it is taken. Not so a group: DHE does without where the library has no RFC 7919.
std::optional<ErrorDetail> check_named_schemes(const std::vector<ProtocolVersion>& versions,
                                               const AlgorithmRequest& request,
                                               const AvailableAlgorithms& available) {
    for (const std::uint16_t id : request.named.signature_schemes) {
        const auto has = [&](ProtocolVersion version) {
            return contains(available.in(version).signature_schemes, id);
        };
        for (const ProtocolVersion version : versions) {
            if (has(version) || !scheme_is_for(id, version)) continue;
            return lacking_scheme(id, version, available, std::ranges::any_of(both_versions, has));
        }
    }
    return std::nullopt;
}

/// A list that somebody named holds for the client's proof as well as for the server's.
std::optional<ErrorDetail> check_client_proof(const std::vector<ProtocolVersion>& versions,
                                              const AlgorithmRequest& request,
                                              const Capabilities& capabilities,
                                              const AvailableAlgorithms& available) {
    constexpr const char* capability = "tls12_client_signature_schemes";
    if (!request.client_certificates || request.named.signature_schemes.empty() ||
        versions.front() != ProtocolVersion::tls12)
        return std::nullopt;
    const auto absent = capabilities.require(capability);
    if (!absent) return std::nullopt;
    return unsupported("algorithms.signature_schemes: " + available.backend() +
                           " cannot hold client certificates to a list in " +
                           version_name(ProtocolVersion::tls12) + " (capability " + absent->what +
                           ")",
                       "do not allow " + version_name(ProtocolVersion::tls12) +
                           ", name no signature schemes, or use another backend");
}

/// What a library would make of `asked`, in words.
std::string difference(const AlgorithmList& list, const Numbers& asked, const Numbers& got) {
    const auto without = [](const Numbers& all, const Numbers& some) {
        Numbers rest;
        std::ranges::copy_if(all, std::back_inserter(rest),
                             [&](std::uint16_t id) { return !contains(some, id); });
        return rest;
    };
    const Numbers lost = without(asked, got);
    const Numbers gained = without(got, asked);
    if (lost.empty() && gained.empty()) return "the order would become " + joined(list, got);
    std::string text;
    if (!lost.empty()) text = joined(list, lost) + " would be left out";
    if (!gained.empty())
        text += (text.empty() ? "" : ", and ") + joined(list, gained) + " would be added to " +
                joined(list, asked);
    return text;
}

}  // namespace

constinit const std::array<AlgorithmList, 3> algorithm_lists{
    AlgorithmList{"algorithms.cipher_suites", "cipher suite", "any_cipher_suite_list",
                  &Algorithms::cipher_suites, &AlgorithmNames::cipher_suites, cipher_suite_rows,
                  cipher_suite_name, suite_is_for},
    AlgorithmList{"algorithms.groups", "group", "any_group_list", &Algorithms::groups,
                  &AlgorithmNames::groups, group_rows, group_name, group_is_for},
    AlgorithmList{"algorithms.signature_schemes", "signature scheme", "any_signature_scheme_list",
                  &Algorithms::signature_schemes, &AlgorithmNames::signature_schemes,
                  signature_scheme_rows, signature_scheme_name, scheme_is_for},
};

const Algorithms& known_algorithms() {
    static const Algorithms known = [] {
        Algorithms all = profile_algorithms(Profile::intermediate);
        all.groups.insert(all.groups.end(), {0x0103, 0x0104, 0x11eb, 0x11ed});
        return all;
    }();
    return known;
}

std::optional<ErrorDetail> check_algorithms(const AlgorithmRequest& request) {
    if (request.profile != Profile::intermediate && request.profile != Profile::modern)
        return bad("profile: expected intermediate or modern, got another value");
    for (const AlgorithmList& list : algorithm_lists)
        if (auto error = check_entries(list, request.named.*list.numbers)) return error;
    if (auto error = check_versions(request)) return error;
    return check_idle_entries(request);
}

AvailableAlgorithms::AvailableAlgorithms(std::string backend, const spi::NativeBackend& native)
    : backend_(std::move(backend)) {
    for (const ProtocolVersion version : both_versions) {
        Algorithms candidates = known_algorithms();
        std::erase_if(candidates.cipher_suites,
                      [&](std::uint16_t id) { return !suite_is_for(id, version); });
        std::erase_if(candidates.groups,
                      [&](std::uint16_t id) { return !group_is_for(id, version); });
        // Not so the schemes: those that are for no handshake of TLS 1.3 are for its certificates.
        Algorithms& has = version == ProtocolVersion::tls13 ? tls13_ : tls12_;
        has = native.available(std::move(candidates), {version, version});
    }
}

std::vector<Capability> AvailableAlgorithms::rows() const {
    std::vector<Capability> rows;
    for (const AlgorithmList& list : algorithm_lists) {
        for (const std::uint16_t id : known_algorithms().*list.numbers) {
            const bool has12 = contains(tls12_.*list.numbers, id);
            const bool has13 = contains(tls13_.*list.numbers, id);
            Capability row{list.name_of(id), CapabilityState::native, ""};
            if (!has12 && !has13) {
                row.state = CapabilityState::absent;
                row.reason = "the library does not have it";
            } else if (has12 != has13 && std::ranges::all_of(both_versions, [&](auto version) {
                           return list.is_for(id, version);
                       })) {
                const auto version = has12 ? ProtocolVersion::tls12 : ProtocolVersion::tls13;
                row.reason = "in " + version_name(version) + " alone";
            }
            rows.push_back(std::move(row));
        }
    }
    return rows;
}

Result<EffectiveSettings> choose_algorithms(const AlgorithmRequest& request,
                                            const Capabilities& capabilities,
                                            const AvailableAlgorithms& available) {
    std::vector<ProtocolVersion> versions = versions_of(request);
    for (const AlgorithmList& list : algorithm_lists) {
        for (const std::uint16_t id : request.named.*list.numbers) {
            if (const auto absent = capabilities.require(list.name_of(id)))
                return unsupported(std::string(list.field) + ": " + absent->what + " (capability " +
                                   list.name_of(id) + ")");
        }
    }
    if (auto error = narrow(versions, request, capabilities, available)) return *std::move(error);
    if (auto error = check_named_schemes(versions, request, available)) return *std::move(error);
    if (auto error = check_client_proof(versions, request, capabilities, available))
        return *std::move(error);
    EffectiveSettings told{{versions.front(), versions.back()}, {}};
    for (const AlgorithmList& list : algorithm_lists) {
        Numbers& numbers = told.algorithms.*list.numbers;
        for (const std::uint16_t id : wanted(list, request)) {
            if (std::ranges::any_of(versions, [&](ProtocolVersion version) {
                    return contains(available.in(version).*list.numbers, id);
                })) {
                numbers.push_back(id);
            } else if (!(request.named.*list.numbers).empty()) {
                return unsupported(std::string(list.field) + ": " + list.name_of(id) +
                                   ": absent in " + version_name(versions.front()) + " with " +
                                   available.backend() + " (capability " + list.name_of(id) + ")");
            }
        }
    }
    Numbers& suites = told.algorithms.cipher_suites;
    std::stable_partition(suites.begin(), suites.end(), [](std::uint16_t id) {
        return suite_is_for(id, ProtocolVersion::tls13);
    });
    return told;
}

Result<EffectiveSettings> confirm_algorithms(const AlgorithmRequest& request,
                                             const EffectiveSettings& told, EffectiveSettings read,
                                             const Capabilities& capabilities) {
    std::erase_if(read.algorithms.cipher_suites, [&](std::uint16_t id) {
        return !told.versions.has(suite_is_for(id, ProtocolVersion::tls13)
                                      ? ProtocolVersion::tls13
                                      : ProtocolVersion::tls12);
    });
    for (const AlgorithmList& list : algorithm_lists) {
        if ((request.named.*list.numbers).empty()) continue;
        Numbers asked = told.algorithms.*list.numbers;
        Numbers got = read.algorithms.*list.numbers;
        // Which of a client's schemes a server takes is not the same in every library, so that their order says little.
        if (list.numbers == &Algorithms::signature_schemes) {
            std::ranges::sort(asked);
            std::ranges::sort(got);
        }
        if (asked == got) continue;
        const auto why = capabilities.require(list.exact);
        return unsupported(std::string(list.field) + ": " + difference(list, asked, got) +
                           " (capability " + (why ? why->what : std::string(list.exact)) + ")");
    }
    return read;
}

}  // namespace omnitls::inline v0::core
