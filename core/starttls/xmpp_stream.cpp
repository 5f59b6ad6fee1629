// SPDX-License-Identifier: BSL-1.0
// Stream headers, and the domains in them.
#include "core/starttls/xmpp_stream.hpp"

#include "core/starttls/dialogue_base.hpp"

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

/// RFC 6120 §3.1 with what XML would need escaped left out: such a character is in no domain.
bool can_be_domain(std::string_view domain) noexcept {
    if (domain.empty() || domain.size() > 1023) return false;
    Utf8Check utf8;
    for (const char c : domain) {
        if (!utf8.push(static_cast<std::uint8_t>(c))) return false;
        const bool control = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
        if (control || std::string_view("<>&'\"/@").find(c) != std::string_view::npos) return false;
    }
    return utf8.at_boundary();
}

}  // namespace

std::string stream_header(const XmppKind& kind, std::string_view attributes) {
    std::string header = "<?xml version='1.0'?><stream:stream";
    header.append(attributes).append(" version='1.0' xmlns='").append(kind.content_namespace);
    return header.append("' xmlns:stream='").append(streams_namespace).append("'>");
}

std::string element_text(const XmlToken& token) {
    return "<" + escape_untrusted(token.name.local, 64) + "> in namespace " +
           in_quotes(token.name.ns);
}

std::optional<ErrorDetail> domain_problem(const XmppKind& kind, std::string_view domain) {
    if (can_be_domain(domain)) return std::nullopt;
    return make_error(make_error_code(Errc::bad_input),
                      "STARTTLS (" + std::string(kind.protocol) + "): \"" +
                          escape_untrusted(domain) + "\" is no domain",
                      "give the domain of the account, such as example.org");
}

bool is_white_space(std::string_view text) noexcept {
    return std::ranges::all_of(
        text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
}

}  // namespace omnitls::inline v0::core
