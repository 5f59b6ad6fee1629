// SPDX-License-Identifier: BSL-1.0
#include "core/general_name.hpp"

#include "core/der_text.hpp"
#include "core/distinguished_name.hpp"
#include "core/ip_address.hpp"

#include <utility>

namespace omnitls::inline v0::core {
namespace {

constexpr std::string_view kDnsSrv = "1.3.6.1.5.5.7.8.7";    // RFC 4985 §2
constexpr std::string_view kXmppAddr = "1.3.6.1.5.5.7.8.5";  // RFC 6120 §13.7.1.4

/// Context tags of the GeneralName CHOICE.
enum Choice : unsigned {
    other_name = 0,
    rfc822_name = 1,
    dns_name = 2,
    x400_address = 3,
    directory_name = 4,
    edi_party_name = 5,
    uri = 6,
    ip_address = 7,
    registered_id = 8,
};

GeneralName make_name(GeneralName::Type type, std::string value, ConstBytes content) {
    return {type, std::move(value), Bytes(content.begin(), content.end())};
}

GeneralName text_name(GeneralName::Type type, ConstBytes content) {
    return make_name(type, std::string{as_text(content)}, content);
}

GeneralName read_other_name(const DerElement& element, DerReader& reader, std::string_view field) {
    DerReader inner = reader.inside(element);
    const std::string type_id = inner.oid(field);
    DerReader value = inner.enter(der_tag::context_constructed(0), field);
    inner.finish(field);
    const bool is_srv = type_id == kDnsSrv;
    const bool is_xmpp = type_id == kXmppAddr;
    const std::size_t start = value.offset();
    const DerElement text = is_srv    ? value.expect(der_tag::ia5_string, field)
                            : is_xmpp ? value.expect(der_tag::utf8_string, field)
                                      : value.any(field);
    value.finish(field);
    if (!value.ok()) return {};
    if (!is_srv && !is_xmpp) {
        return make_name(GeneralName::Type::other, type_id, element.content);
    }
    if (!decode_string(text)) {
        value.fail_at(start, field, is_srv ? "an IA5String that is not ASCII" : "malformed UTF-8");
        return {};
    }
    return text_name(is_srv ? GeneralName::Type::srv : GeneralName::Type::xmpp_addr, text.content);
}

GeneralName read_ip(const DerElement& element, DerReader& reader, NameUse use,
                    std::string_view field) {
    const ConstBytes content = element.content;
    if (use == NameUse::constraint) {
        auto subnet = print_subnet(content);
        if (subnet) return make_name(GeneralName::Type::ip, std::move(*subnet), content);
        reader.fail_at(element.offset, field,
                       "an iPAddress that is not an address and a prefix mask");
        return {};
    }
    if (content.size() == 4 || content.size() == 16) {
        return make_name(GeneralName::Type::ip, print_ip(content), content);
    }
    reader.fail_at(element.offset, field,
                   "an iPAddress of " + std::to_string(content.size()) + " bytes");
    return {};
}

GeneralName read_directory_name(const DerElement& element, DerReader& reader,
                                std::string_view field) {
    // Name is itself a CHOICE, so the tag is explicit (X.680 §31.2.7).
    DerReader inner = reader.inside(element);
    DistinguishedName name = read_name(inner, field);
    inner.finish(field);
    std::string printed = name.to_string();
    return {GeneralName::Type::directory_name, std::move(printed), std::move(name.der)};
}

GeneralName read_registered_id(const DerElement& element, DerReader& reader,
                               std::string_view field) {
    auto oid = decode_oid(element.content);
    if (oid) return make_name(GeneralName::Type::registered_id, std::move(*oid), element.content);
    reader.fail_at(element.offset, field, "a registeredID that is not a valid OBJECT IDENTIFIER");
    return {};
}

}  // namespace

GeneralName read_general_name(DerReader& reader, NameUse use, std::string_view field) {
    const DerElement element = reader.any(field);
    if (!reader.ok()) return {};
    switch (element.tag) {
        case der_tag::context_constructed(other_name):
            return read_other_name(element, reader, field);
        case der_tag::context(rfc822_name):
            return text_name(GeneralName::Type::email, element.content);
        case der_tag::context(dns_name):
            return text_name(GeneralName::Type::dns, element.content);
        case der_tag::context_constructed(x400_address):
            return make_name(GeneralName::Type::other, "[3]", element.content);
        case der_tag::context_constructed(directory_name):
            return read_directory_name(element, reader, field);
        case der_tag::context_constructed(edi_party_name):
            return make_name(GeneralName::Type::other, "[5]", element.content);
        case der_tag::context(uri):
            return text_name(GeneralName::Type::uri, element.content);
        case der_tag::context(ip_address):
            return read_ip(element, reader, use, field);
        case der_tag::context(registered_id):
            return read_registered_id(element, reader, field);
        default:
            break;
    }
    reader.fail_at(element.offset, field, "a GeneralName of no known kind");
    return {};
}

}  // namespace omnitls::inline v0::core
