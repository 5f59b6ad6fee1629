// SPDX-License-Identifier: BSL-1.0
// The tokenizer: bytes are checked as they come, a tag is read as a whole when its '>' is there.
#include "core/starttls/xml_tokens.hpp"

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

constexpr std::string_view xml_namespace = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view xmlns_namespace = "http://www.w3.org/2000/xmlns/";

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_all_space(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), is_space);
}

/// XML 1.0 §2.3 for ASCII; other characters are taken as they come, they can only make a name that is not ours.
bool is_name_start(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_char(char c) noexcept {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

bool is_simple_name(std::string_view name) noexcept {
    return !name.empty() && is_name_start(name.front()) &&
           std::all_of(name.begin(), name.end(), is_name_char);
}

/// "local" or "prefix:local" (XML Namespaces §4).
bool is_qualified_name(std::string_view name) noexcept {
    const std::size_t colon = name.find(':');
    if (colon == std::string_view::npos) return is_simple_name(name);
    return is_simple_name(name.substr(0, colon)) && is_simple_name(name.substr(colon + 1));
}

std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_space(text[at])) ++at;
    return at;
}

bool is_xml_character(std::uint32_t code) noexcept {
    if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
    return (code < 0xd800 || code > 0xdfff) && code != 0xfffe && code != 0xffff && code <= 0x10ffff;
}

void append_utf8(std::uint32_t code, std::string& out) {
    const auto put = [&out](std::uint32_t byte) {
        out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
    };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xc0U | (code >> 6U));
        put(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
        put(0xe0U | (code >> 12U));
        put(0x80U | ((code >> 6U) & 0x3fU));
        put(0x80U | (code & 0x3fU));
    } else {
        put(0xf0U | (code >> 18U));
        put(0x80U | ((code >> 12U) & 0x3fU));
        put(0x80U | ((code >> 6U) & 0x3fU));
        put(0x80U | (code & 0x3fU));
    }
}

int digit_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 16;
}

/// "#39" or "#x27", without '&' and ';'.
bool append_character_reference(std::string_view reference, std::string& out) {
    const bool hex = reference.starts_with("#x");
    const std::string_view digits = reference.substr(hex ? 2 : 1);
    if (digits.empty() || digits.size() > 8) return false;
    const std::uint32_t base = hex ? 16 : 10;
    std::uint64_t code = 0;
    for (const char c : digits) {
        const auto value = static_cast<std::uint32_t>(digit_value(c));
        if (value >= base) return false;
        code = code * base + value;
    }
    if (code > 0x10ffff || !is_xml_character(static_cast<std::uint32_t>(code))) return false;
    append_utf8(static_cast<std::uint32_t>(code), out);
    return true;
}

bool append_reference(std::string_view reference, std::string& out) {
    static constexpr std::pair<std::string_view, char> predefined[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"apos", '\''}, {"quot", '"'}};
    for (const auto& [name, character] : predefined) {
        if (reference == name) {
            out.push_back(character);
            return true;
        }
    }
    return reference.starts_with('#') && append_character_reference(reference, out);
}

/// Text with its references replaced; false at one that is not allowed. Values are normalised as XML 1.0 §3.3.3 says.
bool unescape(std::string_view text, bool attribute_value, std::string& out) {
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '&') {
            const std::size_t end = text.find(';', i);
            if (end == std::string_view::npos) return false;
            if (!append_reference(text.substr(i + 1, end - i - 1), out)) return false;
            i = end;
        } else {
            out.push_back(attribute_value && is_space(text[i]) ? ' ' : text[i]);
        }
    }
    return true;
}

}  // namespace

const std::string* XmlToken::attribute(std::string_view local) const noexcept {
    for (const XmlAttribute& candidate : attributes) {
        if (candidate.name.is("", local)) return &candidate.value;
    }
    return nullptr;
}

bool Utf8Check::push(std::uint8_t byte) noexcept {
    if (missing_ > 0) {
        if ((byte & 0xc0U) != 0x80U) return false;
        code_ = (code_ << 6U) | (byte & 0x3fU);
        return --missing_ > 0 || (code_ >= smallest_ && is_xml_character(code_));
    }
    if (byte < 0x80) return is_xml_character(byte);
    if ((byte & 0xe0U) == 0xc0U) {
        missing_ = 1;
        code_ = byte & 0x1fU;
        smallest_ = 0x80;
    } else if ((byte & 0xf0U) == 0xe0U) {
        missing_ = 2;
        code_ = byte & 0x0fU;
        smallest_ = 0x800;
    } else if ((byte & 0xf8U) == 0xf0U) {
        missing_ = 3;
        code_ = byte & 0x07U;
        smallest_ = 0x10000;
    } else {
        return false;
    }
    return true;
}

XmlToken XmlTokenizer::push(std::uint8_t byte) {
    if (error_.kind == XmlToken::Kind::error) return error_;
    const char c = static_cast<char>(byte);
    // A tag's delimiter inside a broken character is caught here too: continuation bytes are never ASCII.
    if (!utf8_.push(byte)) return fail("not UTF-8, or a character XML does not allow");
    if (buffer_.size() >= limits_.token_bytes) return fail("a tag or text that is too long", true);
    return in_markup_ ? push_markup(c) : push_text(c);
}

XmlToken XmlTokenizer::push_text(char c) {
    if (c == '<') {
        XmlToken token = finish_text();
        if (token.kind == XmlToken::Kind::error) return token;
        buffer_.assign(1, c);
        in_markup_ = true;
        return token;
    }
    // Without an open element there is no place for text but white space, and none at all before a declaration (XML 1.0 §2.8).
    if (open_.empty() && !is_space(c)) return fail("text outside the root element");
    started_ = true;
    buffer_.push_back(c);
    return {};
}

XmlToken XmlTokenizer::finish_text() {
    XmlToken token;
    if (buffer_.empty() || open_.empty()) {
        buffer_.clear();
        return token;
    }
    // XML 1.0 §2.4: "]]>" must not stand in text.
    if (buffer_.find("]]>") != std::string::npos) return fail("\"]]>\" in text");
    if (!unescape(buffer_, false, token.text)) return fail("an entity that is not predefined");
    token.kind = XmlToken::Kind::text;
    token.depth = open_.size();
    buffer_.clear();
    return token;
}

XmlToken XmlTokenizer::push_markup(char c) {
    const bool second = buffer_.size() == 1;
    if (second && c == '!') return fail("a DTD, comment or CDATA section");
    if (second && c == '?' && started_) return fail("a processing instruction");
    if (c == '<') return fail("'<' inside a tag");
    if (quote_ != 0) {
        if (c == quote_) quote_ = 0;
    } else if (c == '"' || c == '\'') {
        if (buffer_.size() > 1 && buffer_[1] == '/') return fail("a quote in an end tag");
        quote_ = c;
    }
    buffer_.push_back(c);
    if (c != '>' || quote_ != 0) return {};
    XmlToken token = finish_markup();
    buffer_.clear();
    in_markup_ = false;
    started_ = true;
    return token;
}

XmlToken XmlTokenizer::finish_markup() {
    if (buffer_[1] == '?') return finish_declaration();
    return buffer_[1] == '/' ? finish_end() : finish_start();
}

XmlToken XmlTokenizer::finish_declaration() {
    const std::string_view text = buffer_;
    if (!text.starts_with("<?xml") || !text.ends_with("?>") || text.size() < 8) {
        return fail("a processing instruction");
    }
    Attributes attributes;
    if (!read_attributes(text.substr(5, text.size() - 7), attributes)) return error_;
    // XML 1.0 §2.8: version, then encoding and standalone if at all, in this order.
    static constexpr std::string_view order[] = {"version", "encoding", "standalone"};
    std::size_t next = 0;
    for (const auto& [name, value] : attributes) {
        while (next < 3 && order[next] != name) ++next;
        if (next == 3) return fail("an XML declaration with unknown or misplaced parts");
        if (name == "version" && value != "1.0") return fail("an XML version other than 1.0");
        std::string encoding = value;
        for (char& c : encoding) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        if (name == "encoding" && encoding != "UTF-8") return fail("an encoding other than UTF-8");
        if (name == "standalone" && value != "yes" && value != "no") {
            return fail("an XML declaration with a bad standalone value");
        }
        ++next;
    }
    if (attributes.empty() || attributes.front().first != "version") {
        return fail("an XML declaration without version");
    }
    XmlToken token;
    token.kind = XmlToken::Kind::declaration;
    return token;
}

XmlToken XmlTokenizer::finish_start() {
    if (open_.empty() && root_seen_) return fail("a second root element");
    if (open_.size() >= limits_.depth) return fail("elements nested too deep", true);
    std::string_view text = std::string_view(buffer_).substr(1, buffer_.size() - 2);
    const bool empty = text.ends_with('/');
    if (empty) text.remove_suffix(1);
    const auto name_end = std::find_if(text.begin(), text.end(), is_space);
    const std::string_view qualified =
        text.substr(0, static_cast<std::size_t>(name_end - text.begin()));
    if (!is_qualified_name(qualified)) return fail("a tag with a bad name");

    Attributes attributes;
    if (!read_attributes(text.substr(qualified.size()), attributes)) return error_;
    Open element;
    element.qualified = qualified;
    XmlToken token;
    if (!declare(attributes, element) || !resolve(qualified, element, true, element.name) ||
        !name_attributes(attributes, element, token)) {
        return error_;
    }
    token.kind = XmlToken::Kind::start;
    token.empty = empty;
    token.depth = open_.size();
    token.name = element.name;
    root_seen_ = true;
    if (!empty) open_.push_back(std::move(element));
    return token;
}

XmlToken XmlTokenizer::finish_end() {
    std::string_view qualified = std::string_view(buffer_).substr(2, buffer_.size() - 3);
    while (!qualified.empty() && is_space(qualified.back())) qualified.remove_suffix(1);
    if (open_.empty() || open_.back().qualified != qualified) {
        return fail("an end tag that matches no start tag");
    }
    XmlToken token;
    token.kind = XmlToken::Kind::end;
    token.name = std::move(open_.back().name);
    open_.pop_back();
    token.depth = open_.size();
    return token;
}

/// ` name="value"` any number of times; white space before each is required (XML 1.0 §3.1).
bool XmlTokenizer::read_attributes(std::string_view text, Attributes& attributes) {
    std::size_t at = 0;
    while (!is_all_space(text.substr(at))) {
        const std::size_t name_at = skip_space(text, at);
        if (name_at == at) return refuse("attributes without white space between them");
        std::size_t name_end = name_at;
        while (name_end < text.size() && (is_name_char(text[name_end]) || text[name_end] == ':')) {
            ++name_end;
        }
        const std::string_view name = text.substr(name_at, name_end - name_at);
        if (!is_qualified_name(name)) return refuse("an attribute with a bad name");
        std::size_t value_at = skip_space(text, name_end);
        if (value_at >= text.size() || text[value_at] != '=')
            return refuse("an attribute without value");
        value_at = skip_space(text, value_at + 1);
        const char quote = value_at < text.size() ? text[value_at] : '\0';
        if (quote != '"' && quote != '\'') return refuse("an attribute value without quotes");
        const std::size_t value_end = text.find(quote, value_at + 1);
        if (value_end == std::string_view::npos) return refuse("an attribute value without an end");
        std::string value;
        if (!unescape(text.substr(value_at + 1, value_end - value_at - 1), true, value)) {
            return refuse("an entity that is not predefined");
        }
        if (attributes.size() >= limits_.attributes) return refuse("too many attributes", true);
        attributes.emplace_back(name, std::move(value));
        at = value_end + 1;
    }
    return true;
}

/// Takes the namespace declarations out of the attributes (XML Namespaces §3, with its reserved prefixes).
bool XmlTokenizer::declare(const Attributes& attributes, Open& element) {
    for (const auto& [name, value] : attributes) {
        std::string_view prefix;
        if (name.starts_with("xmlns:")) {
            prefix = name.substr(6);
        } else if (name != "xmlns") {
            continue;
        }
        const bool reserved = prefix == "xmlns" || value == xmlns_namespace ||
                              (prefix == "xml") != (value == xml_namespace);
        if (reserved) return refuse("a declaration of a reserved namespace");
        if (!prefix.empty() && value.empty()) return refuse("a prefix without namespace");
        for (const auto& declared : element.namespaces) {
            if (declared.first == prefix) return refuse("an attribute that stands there twice");
        }
        element.namespaces.emplace_back(prefix, value);
    }
    return true;
}

bool XmlTokenizer::name_attributes(const Attributes& attributes, const Open& element,
                                   XmlToken& token) {
    for (const auto& [name, value] : attributes) {
        if (name == "xmlns" || name.starts_with("xmlns:")) continue;
        XmlAttribute attribute{{}, value};
        if (!resolve(name, element, false, attribute.name)) return false;
        for (const XmlAttribute& other : token.attributes) {
            if (other.name.is(attribute.name.ns, attribute.name.local)) {
                return refuse("an attribute that stands there twice");
            }
        }
        token.attributes.push_back(std::move(attribute));
    }
    return true;
}

bool XmlTokenizer::resolve(std::string_view qualified, const Open& element, bool is_element,
                           XmlName& name) {
    const std::size_t colon = qualified.find(':');
    const bool prefixed = colon != std::string_view::npos;
    const std::string_view prefix = prefixed ? qualified.substr(0, colon) : std::string_view{};
    name.local = prefixed ? qualified.substr(colon + 1) : qualified;
    // XML Namespaces §6.2: the default namespace is not for attributes.
    if (!prefixed && !is_element) return true;
    if (prefix == "xml") {
        name.ns = xml_namespace;
        return true;
    }
    const auto find_in = [&](const Open& scope) {
        for (const auto& [declared, ns] : scope.namespaces) {
            if (declared != prefix) continue;
            name.ns = ns;
            return true;
        }
        return false;
    };
    if (find_in(element)) return true;
    for (auto scope = open_.rbegin(); scope != open_.rend(); ++scope) {
        if (find_in(*scope)) return true;
    }
    return prefixed ? refuse("a prefix that is not declared") : true;
}

XmlToken XmlTokenizer::fail(std::string_view why, bool limit) {
    refuse(why, limit);
    return error_;
}

bool XmlTokenizer::refuse(std::string_view why, bool limit) {
    error_.kind = XmlToken::Kind::error;
    error_.limit = limit;
    error_.text = why;
    return false;
}

}  // namespace omnitls::inline v0::core
