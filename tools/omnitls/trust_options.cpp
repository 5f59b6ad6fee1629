// SPDX-License-Identifier: BSL-1.0
#include "tools/omnitls/trust_options.hpp"

#include "tools/omnitls/exit_codes.hpp"

#include <filesystem>
#include <utility>

namespace omnitls::tool {
namespace {

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

TrustAnchors anchors_at(const std::string& path) {
    std::error_code ignored;
    return value_or_usage(std::filesystem::is_directory(path, ignored)
                              ? TrustAnchors::from_directory(path)
                              : TrustAnchors::from_file(path));
}

Strength strength_of(unsigned bits) {
    if (bits == 128) return Strength::bits_128;
    return bits == 192 ? Strength::bits_192 : Strength::bits_112;
}

UtcTime time_of(const std::string& text) {
    const std::optional<UtcTime> time = from_rfc3339(text);
    if (!time) {
        throw Failure(Exit::usage, make_error(Errc::bad_input,
                                              "--time " + escape_untrusted(text) + " is no time",
                                              "write it as 2025-02-01T00:00:00Z"));
    }
    return *time;
}

}  // namespace

void TrustOptions::add_to(CLI::App& command) {
    command.add_option("--ca", ca, "Authorities to trust: a file (PEM, DER) or a directory")
        ->allow_extra_args(false);
    command.add_option("--untrusted", untrusted, "More certificates for the path (PEM, DER)")
        ->allow_extra_args(false);
    command.add_option("--crl", crl, "Revocation lists (PEM, DER)")->allow_extra_args(false);
    command.add_flag("--crl-required", crl_required,
                     "Refuse a certificate that no current list is about");
    command.add_option("--depth", depth, "Most certificates on a path, leaf and anchor included");
    command.add_option("--strength", strength, "Least strength of keys and signatures, in bits")
        ->check(CLI::IsMember({112, 128, 192}))
        ->capture_default_str();
    command
        .add_option("--name", names,
                    "Whom the certificate must be for, any one of: a host or address, or "
                    "DNS:, IP:, SRV:_service.name, URI:scheme:host, XMPP:address")
        ->allow_extra_args(false);
    command.add_option("--time", time, "Judge at this time (RFC 3339), not now");
}

void TrustOptions::apply_to(ClientConfig& config) const {
    std::vector<Certificate> anchors;
    for (const std::string& path : ca) append(anchors, anchors_at(path).certificates());
    if (!ca.empty()) config.trust = TrustAnchors::of(std::move(anchors));
    for (const std::string& path : untrusted) {
        append(config.intermediates, value_or_usage(TrustAnchors::from_file(path)).certificates());
    }
    std::vector<RevocationList> lists;
    for (const std::string& path : crl)
        append(lists, value_or_usage(RevocationLists::from_file(path)).lists());
    config.revocation_lists = RevocationLists::of(std::move(lists));
    if (crl_required) config.revocation = Revocation::required;
    if (depth) config.limits.path_depth = *depth;
    config.strength = strength_of(strength);
    if (!time.empty()) config.clock = [judged = time_of(time)] { return judged; };
}

std::vector<ReferenceIdentity> TrustOptions::reference_identities() const {
    std::vector<ReferenceIdentity> all;
    for (const std::string& name : names)
        all.push_back(value_or_usage(ReferenceIdentity::from_text(name)));
    return all;
}

}  // namespace omnitls::tool
