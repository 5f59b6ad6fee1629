// SPDX-License-Identifier: BSL-1.0
// Every name of a constrained type has to be inside one permitted subtree of its type, if there are any, and inside no excluded
// one. In doubt a name is outside what is permitted and inside what is excluded.
#include "core/name_constraints.hpp"

#include "core/der_reader.hpp"
#include "core/der_text.hpp"
#include <omnitls/error.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::inline v0::core {
namespace {

using Type = GeneralName::Type;
constexpr std::string_view email_attribute = "1.2.840.113549.1.9.1";

/// Which list a constraint stands in: it decides what happens in doubt.
enum class List : std::uint8_t { permitted, excluded };

/// One RelativeDistinguishedName in a comparable form. A Name is a run of them.
using Rdn = std::string;

/// A name or constraint, made ready for comparing.
struct Entry {
    Type type = Type::other;
    std::string text;  ///< Lower case for all types but the mailbox part of an address.
    Bytes bytes;       ///< Addresses.
    std::optional<std::vector<Rdn>> rdns;  ///< Directory names; nullopt if they cannot be read.
    std::string printed;
};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

// RFC 5280 §7.1, RFC 4518 in short: ASCII case and the amount of white space do not count, and neither does the string type. Beyond ASCII
// see `may_be_same`.
std::string fold_value(const DerElement& value) {
    const std::optional<std::string> text = decode_string(value);
    if (!text) return "#" + to_hex(value.whole);
    std::string out;
    for (const char c : lower(*text)) {
        if (c != ' ') {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

std::optional<std::vector<Rdn>> read_rdns(ConstBytes name) {
    DerFailure failure;
    DerReader document(name, failure);
    DerReader relatives = document.sequence("name");
    std::vector<Rdn> rdns;
    while (!relatives.at_end()) {
        DerReader relative = relatives.enter(der_tag::set, "name");
        std::vector<std::string> parts;
        while (!relative.at_end()) {
            DerReader pair = relative.sequence("name");
            std::string part = pair.oid("name") + "=";
            part += fold_value(pair.any("name"));
            parts.push_back(std::move(part));
        }
        std::sort(parts.begin(), parts.end());
        Rdn rdn;
        for (const auto& part : parts) rdn += part + '\0';
        rdns.push_back(std::move(rdn));
    }
    document.finish("name");
    if (!document.ok()) return std::nullopt;
    return rdns;
}

Entry entry_of(const GeneralName& name) {
    Entry entry{name.type, {}, {}, std::nullopt, escape_untrusted(name.value)};
    if (name.type == Type::ip) entry.bytes = name.der;
    if (name.type == Type::directory_name) entry.rdns = read_rdns(name.der);
    if (name.type == Type::email) {
        const std::size_t at = name.value.rfind('@');
        const std::size_t host = at == std::string::npos ? 0 : at;
        entry.text = name.value.substr(0, host) + lower(name.value.substr(host));
    } else {
        entry.text = lower(name.value);
    }
    return entry;
}

Entry text_entry(Type type, const std::string& value) {
    return entry_of(GeneralName{type, value, {}});
}

// SRV names and XMPP addresses have no constraints of their own in use, and RFC 5280 does not apply dNSName constraints to them: an
// authority held to one domain could then issue "_xmpp-client.anywhere". We hold their domains to the dNSName constraints.
std::optional<std::string> domain_within(const GeneralName& name) {
    if (name.type == Type::srv) {
        const std::size_t dot = name.value.find('.');
        return dot == std::string::npos ? name.value : name.value.substr(dot + 1);
    }
    if (name.type == Type::xmpp_addr) {
        std::string domain = name.value.substr(0, name.value.find('/'));
        const std::size_t at = domain.find('@');
        return at == std::string::npos ? domain : domain.substr(at + 1);
    }
    return std::nullopt;
}

std::vector<Entry> names_of(const CertificateFields& subject) {
    std::vector<Entry> names;
    for (const GeneralName& name : subject.subject_alt_names) {
        names.push_back(entry_of(name));
        if (const auto domain = domain_within(name)) {
            names.push_back(text_entry(Type::dns, *domain));
        }
    }
    if (!subject.subject.empty()) {
        names.push_back({Type::directory_name,
                         {},
                         {},
                         read_rdns(subject.subject.der),
                         subject.subject.to_string()});
    }
    for (const auto& attribute : subject.subject.attributes) {
        if (attribute.oid == email_attribute) {
            names.push_back(text_entry(Type::email, attribute.value));
        }
    }
    return names;
}

// Labels of letters, digits, hyphens and underscores, none of them empty. What is no such name, with a trailing dot, an escape or a NUL,
// may be taken for one by somebody; so whether it is inside a domain is in doubt.
bool host_name(std::string_view text) {
    constexpr std::string_view characters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    return !text.empty() && text.front() != '.' && text.back() != '.' &&
           text.find("..") == text.npos && text.find_first_not_of(characters) == text.npos;
}

// `name` is `base` or ends in "." + base. A base with a leading dot has only what is below it (not in RFC 5280, but in use).
bool in_domain(std::string_view name, std::string_view base) {
    if (base.empty()) return true;
    if (base.front() == '.') return name.size() > base.size() && name.ends_with(base);
    return name == base || (name.size() > base.size() && name.ends_with(base) &&
                            name[name.size() - base.size() - 1] == '.');
}

bool dns_inside(std::string_view name, std::string_view base, List list) {
    if (base.empty()) return true;
    if (!host_name(name.substr(name.starts_with("*.") ? 2 : 0))) return list == List::excluded;
    if (in_domain(name, base)) return true;
    if (list == List::permitted) return false;
    if (base.starts_with('.') && name == base.substr(1)) return true;
    // A wildcard stands for one label: "*.example.org" can be "bad.example.org", so it must not be issued where that is excluded.
    if (!name.starts_with("*.")) return false;
    const std::size_t dot = base.find('.', base.starts_with('.') ? 1 : 0);
    return dot != base.npos && base.substr(dot + 1) == name.substr(2);
}

bool ip_inside(const Bytes& address, const Bytes& subnet, List list) {
    if (subnet.size() != 8 && subnet.size() != 32) return list == List::excluded;
    const std::size_t size = subnet.size() / 2;
    if (address.size() != size) return false;
    for (std::size_t i = 0; i < size; ++i) {
        if ((address[i] & subnet[size + i]) != (subnet[i] & subnet[size + i])) return false;
    }
    return true;
}

// RFC 5280: a mailbox, a host (exactly that one), or ".domain" (hosts below it).
bool host_inside(std::string_view host, std::string_view base) {
    return base.starts_with('.') ? in_domain(host, base) : host == base;
}

bool email_inside(std::string_view address, std::string_view base, List list) {
    if (base.empty()) return true;
    const std::size_t at = address.rfind('@');
    if (at == address.npos) return list == List::excluded;
    if (list == List::excluded && !host_name(address.substr(at + 1))) return true;
    const std::size_t base_at = base.rfind('@');
    if (base_at == base.npos || base_at == 0) {
        return host_inside(address.substr(at + 1), base.substr(base_at == 0 ? 1 : 0));
    }
    return list == List::permitted ? address == base : lower(address) == lower(base);
}

// The host of "scheme://user@host:port/...", or nothing if there is none or it is an address: RFC 5280 wants such a URI refused
// wherever a URI constraint applies, and so it is inside every excluded and outside every permitted subtree.
std::optional<std::string_view> uri_host(std::string_view uri) {
    const std::size_t start = uri.find("://");
    if (start == uri.npos || uri.find(':') != start) return std::nullopt;
    std::string_view host = uri.substr(start + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    if (host.find('\\') != host.npos) return std::nullopt;  // to some the end of it
    if (const std::size_t at = host.rfind('@'); at != host.npos) host.remove_prefix(at + 1);
    host = host.substr(0, host.find(':'));  // of an address in brackets "[2001", no name either
    const bool digits = host.find_first_not_of("0123456789.") == host.npos;
    if (digits || !host_name(host)) return std::nullopt;
    return host;
}

bool uri_inside(std::string_view uri, std::string_view base, List list) {
    if (base.empty()) return true;
    const auto host = uri_host(uri);
    return host ? host_inside(*host, base) : list == List::excluded;
}

/// Whether some reader may take the two for one. Beyond ASCII more than one writing may be the same name (RFC 5280 §7.1, RFC 4518 §2):
/// from the character before it on, with which it may combine, nothing is known to differ.
bool may_be_same(const Rdn& a, const Rdn& b) {
    const auto beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
    const auto in_a = std::ranges::find_if(a, beyond_ascii);
    const auto in_b = std::ranges::find_if(b, beyond_ascii);
    if (in_a == a.end() && in_b == b.end()) return a == b;
    const auto sure = std::min(in_a - a.begin(), in_b - b.begin()) - 1;
    const auto size = static_cast<std::size_t>(std::max<std::ptrdiff_t>(sure, 0));
    return a.compare(0, size, b, 0, size) == 0;
}

bool directory_inside(const Entry& name, const Entry& base, List list) {
    if (!name.rdns || !base.rdns) return list == List::excluded;
    if (name.rdns->size() < base.rdns->size()) return false;
    if (list == List::permitted)
        return std::equal(base.rdns->begin(), base.rdns->end(), name.rdns->begin());
    return std::equal(base.rdns->begin(), base.rdns->end(), name.rdns->begin(), may_be_same);
}

bool inside(const Entry& name, const Entry& base, List list) {
    switch (name.type) {
        case Type::dns:
            return dns_inside(name.text, base.text, list);
        case Type::ip:
            return ip_inside(name.bytes, base.bytes, list);
        case Type::email:
            return email_inside(name.text, base.text, list);
        case Type::uri:
            return uri_inside(name.text, base.text, list);
        case Type::directory_name:
            return directory_inside(name, base, list);
        default:
            break;
    }
    // RFC 5280 §4.2.1.10: a constraint on a type that is not processed refuses every name of that type.
    return list == List::excluded;
}

std::vector<Entry> entries_of(const std::vector<GeneralName>& names) {
    std::vector<Entry> entries;
    entries.reserve(names.size());
    for (const GeneralName& name : names) entries.push_back(entry_of(name));
    return entries;
}

/// What `list` says of one name: how many constraints are of its type, and whether it is inside one of them.
struct Standing {
    bool constrained = false;
    bool inside = false;
    bool over_budget = false;
};

Standing stand(const Entry& name, const std::vector<Entry>& entries, List list,
               std::size_t& budget) {
    Standing standing;
    for (const Entry& entry : entries) {
        if (budget == 0) {
            standing.over_budget = true;
            break;
        }
        --budget;
        if (entry.type != name.type) continue;
        standing.constrained = true;
        standing.inside = inside(name, entry, list);
        if (standing.inside) break;
    }
    return standing;
}

}  // namespace

ConstraintResult check_name_constraints(const NameConstraints& constraints,
                                        const CertificateFields& subject, std::size_t& budget,
                                        std::string& why) {
    // Making names comparable costs too, and is done again for every path.
    const std::size_t entries = constraints.permitted.size() + constraints.excluded.size() +
                                2 * subject.subject_alt_names.size();
    if (budget < entries) return ConstraintResult::over_budget;
    budget -= entries;
    const std::vector<Entry> permitted = entries_of(constraints.permitted);
    const std::vector<Entry> excluded = entries_of(constraints.excluded);
    for (const Entry& name : names_of(subject)) {
        const Standing out = stand(name, excluded, List::excluded, budget);
        const Standing in = stand(name, permitted, List::permitted, budget);
        if (out.inside) {
            why = "\"" + name.printed + "\" is excluded";
            return ConstraintResult::violated;
        }
        if (out.over_budget || in.over_budget) return ConstraintResult::over_budget;
        if (in.constrained && !in.inside) {
            why = "\"" + name.printed + "\" is not among the names that are permitted";
            return ConstraintResult::violated;
        }
    }
    return ConstraintResult::allowed;
}

}  // namespace omnitls::inline v0::core
