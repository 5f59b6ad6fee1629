// SPDX-License-Identifier: BSL-1.0
// The factories of `ReferenceIdentity`: what a program may ask for, in the one form names are compared in.
#include "core/der_text.hpp"
#include "core/ip_address.hpp"
#include <omnitls/identity.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace omnitls::inline v0 {
namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035 §2.3.4, in text form
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxJidPart = 1023;  // RFC 7622 §3.1

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// ASCII only, whatever the locale.
std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

ErrorDetail bad_name(const char* kind, std::string_view name, const std::string& why) {
    return make_error(Errc::bad_input,
                      std::string{kind} + " \"" + escape_untrusted(name, 128) + "\": " + why);
}

/// What is wrong with one label, or empty. Underscores are no host names (RFC 1123 §2.1) but in use.
std::string label_fault(std::string_view label) {
    if (label.empty()) return "an empty label";
    if (label.size() > kMaxLabel) return "a label of more than 63 bytes";
    if (label.front() == '-' || label.back() == '-')
        return "a label that begins or ends with \"-\"";
    for (const char c : label) {
        if (!is_letter(c) && !is_digit(c) && c != '-' && c != '_') {
            return "the character \"" + escape_untrusted(std::string_view{&c, 1}) +
                   "\" is not allowed";
        }
    }
    return {};
}

/// Resolvers take "127.1" and "0x7f000001" for addresses: no host name ends in a number.
bool is_number(std::string_view label) {
    if (std::all_of(label.begin(), label.end(), is_digit)) return true;
    return (label.starts_with("0x") || label.starts_with("0X")) &&
           std::all_of(label.begin() + 2, label.end(), [](char c) {
               return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

/// What is wrong with a host name, or empty.
std::string host_fault(std::string_view host) {
    if (host.empty()) return "the name is empty";
    if (core::parse_ip(host)) return "this is an address; ask for an IP-ID";
    if (host.find('*') != std::string_view::npos) return "a wildcard is not a name to ask for";
    if (std::any_of(host.begin(), host.end(), [](char c) { return (c & '\x80') != 0; })) {
        return "not ASCII; give the A-label form (\"xn--...\")";
    }
    if (host.size() > kMaxName) return "more than 253 bytes";
    std::string_view rest = host;
    for (;;) {
        const std::size_t dot = rest.find('.');
        const std::string_view label = rest.substr(0, dot);
        if (std::string fault = label_fault(label); !fault.empty()) return fault;
        if (dot != std::string_view::npos) {
            rest.remove_prefix(dot + 1);
            continue;
        }
        return is_number(label) ? "a host name cannot end in a number" : std::string{};
    }
}

/// The host in the form it is compared in, or why there is none.
Result<std::string> normal_host(const char* kind, std::string_view host) {
    std::string_view name = host;
    if (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
    if (const std::string fault = host_fault(name); !fault.empty()) {
        return bad_name(kind, host, fault);
    }
    return lower(name);
}

/// RFC 3986 §3.1
bool is_scheme(std::string_view scheme) {
    return !scheme.empty() && scheme.size() <= kMaxLabel && is_letter(scheme.front()) &&
           std::all_of(scheme.begin(), scheme.end(), [](char c) {
               return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
           });
}

/// RFC 7622 §3.3.1, as far as ASCII goes.
bool is_localpart(std::string_view local) {
    return !local.empty() && local.size() <= kMaxJidPart && core::is_utf8(as_bytes(local)) &&
           std::none_of(local.begin(), local.end(), [](char c) {
               return (c >= 0 && c <= ' ') || c == '\x7f' ||
                      std::string_view{"\"&'/:<>@"}.find(c) != std::string_view::npos;
           });
}

}  // namespace

Result<ReferenceIdentity> ReferenceIdentity::dns(std::string_view host) {
    auto name = normal_host("DNS-ID", host);
    if (!name) return std::move(name).error();
    ReferenceIdentity identity;
    identity.type_ = Type::dns;
    identity.value_ = std::move(name).value();
    return identity;
}

Result<ReferenceIdentity> ReferenceIdentity::ip(std::string_view address) {
    auto bytes = core::parse_ip(address);
    if (!bytes) {
        return bad_name("IP-ID", address, "not an IPv4 or IPv6 address (no brackets, no zone)");
    }
    ReferenceIdentity identity;
    identity.type_ = Type::ip;
    identity.value_ = core::print_ip(*bytes);
    identity.address_ = std::move(*bytes);
    return identity;
}

Result<ReferenceIdentity> ReferenceIdentity::srv(std::string_view service, std::string_view name) {
    // One byte less than a label: "_" comes before it (RFC 2782).
    if (service.size() >= kMaxLabel || service.starts_with('_') || !label_fault(service).empty()) {
        return bad_name("SRV-ID service", service,
                        "expected letters, digits and \"-\", without the leading \"_\"");
    }
    auto host = normal_host("SRV-ID", name);
    if (!host) return std::move(host).error();
    ReferenceIdentity identity;
    identity.type_ = Type::srv;
    identity.qualifier_ = lower(service);
    identity.value_ = "_" + identity.qualifier_ + "." + *host;
    return identity;
}

Result<ReferenceIdentity> ReferenceIdentity::uri(std::string_view scheme, std::string_view host) {
    if (!is_scheme(scheme)) {
        return bad_name("URI-ID scheme", scheme,
                        "expected a letter, then letters, digits, +, -, .");
    }
    auto name = normal_host("URI-ID", host);
    if (!name) return std::move(name).error();
    ReferenceIdentity identity;
    identity.type_ = Type::uri;
    identity.qualifier_ = lower(scheme);
    identity.value_ = std::move(name).value();
    return identity;
}

Result<ReferenceIdentity> ReferenceIdentity::xmpp_addr(std::string_view address) {
    const std::size_t at = address.find('@');
    const bool has_local = at != std::string_view::npos;
    const std::string_view local = has_local ? address.substr(0, at) : std::string_view{};
    if (has_local && !is_localpart(local)) {
        return bad_name("XmppAddr", address, "the part before \"@\" is not a localpart");
    }
    if (address.find('/') != std::string_view::npos) {
        return bad_name("XmppAddr", address, "a bare JID has no resource");
    }
    auto host = normal_host("XmppAddr", has_local ? address.substr(at + 1) : address);
    if (!host) return std::move(host).error();
    ReferenceIdentity identity;
    identity.type_ = Type::xmpp_addr;
    identity.value_ = has_local ? lower(local) + "@" + *host : *host;
    return identity;
}

Result<ReferenceIdentity> ReferenceIdentity::host(std::string_view host_or_address) {
    return core::parse_ip(host_or_address) ? ip(host_or_address) : dns(host_or_address);
}

Result<ReferenceIdentity> ReferenceIdentity::from_text(std::string_view text) {
    const auto after = [&](std::string_view prefix) { return text.substr(prefix.size()); };
    if (text.starts_with("DNS:")) return dns(after("DNS:"));
    if (text.starts_with("IP:")) return ip(after("IP:"));
    if (text.starts_with("XMPP:")) return xmpp_addr(after("XMPP:"));
    if (text.starts_with("SRV:")) {
        const std::string_view name = after("SRV:");
        const std::size_t dot = name.find('.');
        if (!name.starts_with('_') || dot == std::string_view::npos)
            return bad_name("SRV-ID", name, "expected _service.name");
        return srv(name.substr(1, dot - 1), name.substr(dot + 1));
    }
    if (text.starts_with("URI:")) {
        const std::string_view uri_text = after("URI:");
        const std::size_t colon = uri_text.find(':');
        if (colon == std::string_view::npos)
            return bad_name("URI-ID", uri_text, "expected scheme:host");
        return uri(uri_text.substr(0, colon), uri_text.substr(colon + 1));
    }
    return host(text);
}

std::string ReferenceIdentity::to_string() const {
    switch (type_) {
        case Type::dns:
            return "DNS:" + value_;
        case Type::ip:
            return "IP:" + value_;
        case Type::srv:
            return "SRV:" + value_;
        case Type::uri:
            return "URI:" + qualifier_ + ":" + value_;
        case Type::xmpp_addr:
            return "XMPP:" + escape_untrusted(value_);
    }
    return value_;
}

}  // namespace omnitls::inline v0
