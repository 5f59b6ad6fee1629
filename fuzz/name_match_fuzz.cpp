// SPDX-License-Identifier: BSL-1.0
// Fuzz target: one certificate with arbitrary names against one reference identity. A match must also be one by a second,
// plainer reading of RFC 9525; what is printed must be safe to print.
// Input: reference type, size of the reference, the reference; then any number of {type, size, presented name}.
// The target is linked alone, so it brings its support along.
#include "core/name_match.hpp"
#include "fuzz/byte_source.hpp"
#include "tests/support/certificate_builder.cpp"  // NOLINT(bugprone-suspicious-include)

#include <cstdlib>
#include <string>

namespace {

using namespace omnitls;

struct Source : fuzz::ByteSource {
    std::string text() {
        const std::size_t wanted = byte();
        return std::string(as_text(take(wanted)));
    }
};

void require(bool fact) {
    if (!fact) std::abort();
}

Result<ReferenceIdentity> reference(std::uint8_t type, const std::string& text) {
    const std::size_t split = text.find(' ');
    const std::string first = text.substr(0, split);
    const std::string rest = split == text.npos ? "" : text.substr(split + 1);
    switch (type % 5) {
        case 0:
            return ReferenceIdentity::dns(text);
        case 1:
            return ReferenceIdentity::ip(text);
        case 2:
            return ReferenceIdentity::srv(first, rest);
        case 3:
            return ReferenceIdentity::uri(first, rest);
        default:
            return ReferenceIdentity::xmpp_addr(text);
    }
}

Bytes presented(std::uint8_t type, const std::string& text) {
    namespace general = test::general;
    switch (type % 7) {
        case 0:
            return general::dns(text);
        case 1:
            return general::ip(Bytes(text.begin(), text.end()));
        case 2:
            return general::srv(text);
        case 3:
            return general::uri(text);
        case 4:
            return general::xmpp(text);
        case 5:
            return general::email(text);
        default:
            return general::other("2.999.1", text);
    }
}

std::string lowered(std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

// The plain reading: equal, or equal behind "*" and one label with at least two dots in sight.
bool plainly(const std::string& name, const std::string& wanted) {
    if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.*") != name.npos)
        return false;
    if (name == wanted) return name.find('*') == name.npos;
    const std::size_t dot = wanted.find('.');
    return dot != wanted.npos && name == "*" + wanted.substr(dot) &&
           std::count(name.begin(), name.end(), '.') >= 2;
}

bool plainly(const GeneralName& name, const ReferenceIdentity& wanted) {
    using Reference = ReferenceIdentity::Type;
    const std::string value = lowered(name.value);
    switch (wanted.type()) {
        case Reference::dns:
            return name.type == GeneralName::Type::dns && plainly(value, wanted.value());
        case Reference::ip:
            return name.type == GeneralName::Type::ip && name.der == wanted.address();
        case Reference::srv: {
            const std::string service = "_" + wanted.qualifier() + ".";
            return name.type == GeneralName::Type::srv && value.starts_with(service) &&
                   plainly(value.substr(service.size()), wanted.value().substr(service.size()));
        }
        case Reference::uri: {
            // Scheme, then the host up to whatever ends it; anything else in between is no match.
            if (name.type != GeneralName::Type::uri) return false;
            if (!value.starts_with(wanted.qualifier() + ":")) return false;
            std::string host = value.substr(wanted.qualifier().size() + 1);
            if (host.starts_with("//")) host.erase(0, 2);
            return plainly(host.substr(0, host.find_first_of("/?#;")), wanted.value());
        }
        case Reference::xmpp_addr:
            return name.type == GeneralName::Type::xmpp_addr && value == lowered(wanted.value());
    }
    return false;
}

bool printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Source source{{{data, size}}};
    const std::uint8_t type = source.byte();
    const auto wanted = reference(type, source.text());
    if (!wanted) return 0;
    test::CertificateSpec spec;
    spec.subject = wanted->value();  // the common name would always match, if it counted
    for (int i = 0; i < 40 && !source.bytes.empty(); ++i) {
        const std::uint8_t kind = source.byte();
        spec.names.push_back(presented(kind, source.text()));
    }
    const auto leaf = Certificate::parse(test::build_der(spec));
    if (!leaf) return 0;
    const NameResult result = core::match_names(&*leaf, {*wanted});
    const auto& names = leaf->fields().subject_alt_names;
    const bool plain = std::any_of(names.begin(), names.end(),
                                   [&](const GeneralName& name) { return plainly(name, *wanted); });
    require(!result.matched || plain);
    require(result.matched != result.matched_by.empty());
    require(result.present.size() == std::min<std::size_t>(names.size(), 32));
    require(std::all_of(result.present.begin(), result.present.end(), printable));
    require(printable(result.matched_by));
    require(!core::match_names(nullptr, {*wanted}).matched);
    return 0;
}
