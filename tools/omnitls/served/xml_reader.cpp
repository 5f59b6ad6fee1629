// SPDX-License-Identifier: BSL-1.0
// Recursive descent over what is there; a piece that is not all there is read again when more has come.
#include "tools/omnitls/served/xml_reader.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace omnitls::tool {
namespace {

using Names = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t depth_limit = 16;
constexpr std::string_view space = " \t\r\n";

bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.").find(c) != std::string_view::npos;
}

/// UTF-8 without control characters; of one to four bytes each, the shortest form (RFC 3629 §3).
bool is_text(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto first = static_cast<std::uint8_t>(bytes[0]);
        const bool control = first < 0x20 && space.find(bytes[0]) == std::string_view::npos;
        const std::size_t size = first < 0x80    ? 1
                                 : first < 0xc2  ? 0
                                 : first < 0xe0  ? 2
                                 : first < 0xf0  ? 3
                                 : first <= 0xf4 ? 4
                                                 : 0;
        if (control || size == 0 || bytes.size() < size) return false;
        std::uint32_t code = size == 1 ? first : first & (0x7fU >> size);
        for (const char c : bytes.substr(1, size - 1)) {
            if ((static_cast<std::uint8_t>(c) & 0xc0U) != 0x80) return false;
            code = code << 6U | (static_cast<std::uint8_t>(c) & 0x3fU);
        }
        const bool too_long = (size == 3 && code < 0x800) || (size == 4 && code < 0x1'0000);
        const bool surrogate = code >= 0xd800 && code < 0xe000;
        if (too_long || surrogate || code > 0x10'ffff) return false;
        bytes.remove_prefix(size);
    }
    return true;
}

/// What stands between "&" and ";".
std::optional<char> entity(std::string_view name) {
    constexpr std::pair<std::string_view, char> predefined[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [known, c] : predefined)
        if (name == known) return c;
    // References to characters: of those that have a byte of their own.
    const bool hex = name.starts_with("#x");
    if (!name.starts_with('#')) return std::nullopt;
    name.remove_prefix(hex ? 2 : 1);
    unsigned code = 0;
    const char* const last = name.data() + name.size();
    const auto [end, error] = std::from_chars(name.data(), last, code, hex ? 16 : 10);
    const bool fits = error == std::errc() && end == last && code >= 0x20 && code < 0x7f;
    return fits ? std::optional(static_cast<char>(code)) : std::nullopt;
}

std::optional<std::string> unescaped(std::string_view raw) {
    std::string text;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] != '&') {
            text += raw[i];
            continue;
        }
        const std::size_t end = raw.find(';', i);
        if (end == std::string_view::npos) return std::nullopt;
        const auto c = entity(raw.substr(i + 1, end - i - 1));
        if (!c) return std::nullopt;
        text += *c;
        i = end;
    }
    if (!is_text(text)) return std::nullopt;
    return text;
}

enum class Found : std::uint8_t { yes, more, malformed };

struct Tag {
    std::string written;  ///< The name with its prefix.
    XmlElement element;
    Names names;
    bool empty = false;
};

class Parser {
public:
    explicit Parser(std::string_view bytes) : bytes_(bytes) {}
    std::size_t used() const { return at_; }

    /// A start tag or an empty element; `names` are those that hold around it.
    Found start_tag(const Names& names, Tag& tag) {
        ++at_;  // '<'
        tag.names = names;
        tag.written = name();
        if (tag.written.empty()) return end_of_bytes();
        for (;;) {
            const bool spaced = skip_space();
            if (at_ == bytes_.size()) return Found::more;
            if (bytes_[at_] == '>' || bytes_[at_] == '/') break;
            if (!spaced) return Found::malformed;
            const Found found = attribute(tag);
            if (found != Found::yes) return found;
        }
        tag.empty = bytes_[at_] == '/';
        if (tag.empty && ++at_ == bytes_.size()) return Found::more;
        if (bytes_[at_] != '>') return Found::malformed;
        ++at_;
        return resolve(tag) ? Found::yes : Found::malformed;
    }

    Found whole_element(const Names& names, XmlElement& element, std::size_t depth) {
        Tag tag;
        Found found = depth < depth_limit ? start_tag(names, tag) : Found::malformed;
        if (found != Found::yes) return found;
        element = std::move(tag.element);
        while (!tag.empty) {
            const std::size_t open = bytes_.find('<', at_);
            const auto text = unescaped(bytes_.substr(at_, std::min(open, bytes_.size()) - at_));
            if (open == std::string_view::npos) return Found::more;
            if (!text) return Found::malformed;
            element.text += *text;
            at_ = open;
            if (open + 1 == bytes_.size()) return Found::more;
            if (bytes_[open + 1] == '/') return end_tag(tag.written);
            element.children.emplace_back();
            found = whole_element(tag.names, element.children.back(), depth + 1);
            if (found != Found::yes) return found;
        }
        return Found::yes;
    }

    Found end_tag(std::string_view written) {
        at_ += 2;  // "</"
        const std::string_view rest = bytes_.substr(at_);
        if (!rest.starts_with(written))
            return written.starts_with(rest) ? Found::more : Found::malformed;
        at_ += written.size();
        skip_space();
        if (at_ == bytes_.size()) return Found::more;
        return bytes_[at_++] == '>' ? Found::yes : Found::malformed;
    }

private:
    Found end_of_bytes() const { return at_ == bytes_.size() ? Found::more : Found::malformed; }
    bool skip_space() {
        const std::size_t start = at_;
        at_ = std::min(bytes_.find_first_not_of(space, at_), bytes_.size());
        return at_ != start;
    }
    /// With a prefix, if it has one.
    std::string name() {
        const std::size_t start = at_;
        while (at_ < bytes_.size() && (is_name_char(bytes_[at_]) || bytes_[at_] == ':')) ++at_;
        return std::string(bytes_.substr(start, at_ - start));
    }

    Found attribute(Tag& tag) {
        const std::string key = name();
        if (key.empty()) return end_of_bytes();
        skip_space();
        if (at_ == bytes_.size()) return Found::more;
        if (bytes_[at_++] != '=') return Found::malformed;
        skip_space();
        if (at_ == bytes_.size()) return Found::more;
        const char quote = bytes_[at_];
        if (quote != '"' && quote != '\'') return Found::malformed;
        const std::size_t end = bytes_.find(quote, at_ + 1);
        if (end == std::string_view::npos) return Found::more;
        const std::string_view raw = bytes_.substr(at_ + 1, end - at_ - 1);
        const auto value = unescaped(raw);
        at_ = end + 1;
        if (!value || raw.find('<') != std::string_view::npos) return Found::malformed;
        for (const auto& [other, ignored] : tag.element.attributes)
            if (other == key) return Found::malformed;
        tag.element.attributes.emplace_back(key, *value);
        if (key == "xmlns") tag.names.emplace_back("", *value);
        if (key.starts_with("xmlns:")) tag.names.emplace_back(key.substr(6), *value);
        return Found::yes;
    }

    /// The namespace of the tag: the last declaration of its prefix.
    static bool resolve(Tag& tag) {
        const std::size_t colon = tag.written.find(':');
        const bool prefixed = colon != std::string::npos;
        const std::string prefix = prefixed ? tag.written.substr(0, colon) : "";
        tag.element.name = prefixed ? tag.written.substr(colon + 1) : tag.written;
        const auto declared = std::ranges::find(tag.names.rbegin(), tag.names.rend(), prefix,
                                                &Names::value_type::first);
        if (declared != tag.names.rend()) tag.element.ns = declared->second;
        return declared != tag.names.rend() || !prefixed;
    }

    std::string_view bytes_;
    std::size_t at_ = 0;
};

XmlPiece::Kind kind_of(Found found, XmlPiece::Kind yes) {
    return found == Found::yes    ? yes
           : found == Found::more ? XmlPiece::Kind::more
                                  : XmlPiece::Kind::malformed;
}

/// White space or the XML declaration before `bytes` go on.
std::optional<XmlPiece> between(std::string_view bytes, bool at_start) {
    using Kind = XmlPiece::Kind;
    const std::size_t spaces = std::min(bytes.find_first_not_of(space), bytes.size());
    if (spaces != 0) return XmlPiece{Kind::space, spaces, {}};
    constexpr std::string_view declaration = "<?xml ";
    const std::string_view start = bytes.substr(0, declaration.size());
    if (at_start && start == declaration) {
        const std::size_t end = bytes.find("?>");
        if (end == std::string_view::npos) return XmlPiece{Kind::more, 0, {}};
        return XmlPiece{Kind::space, end + 2, {}};
    }
    if (at_start && declaration.starts_with(start)) return XmlPiece{Kind::more, 0, {}};
    if (bytes[0] != '<') return XmlPiece{Kind::malformed, 0, {}};
    if (bytes.size() < 2) return XmlPiece{Kind::more, 0, {}};
    return std::nullopt;
}

}  // namespace

std::string XmlElement::attribute(std::string_view wanted) const {
    for (const auto& [key, value] : attributes)
        if (key == wanted) return value;
    return {};
}

const XmlElement* XmlElement::child(std::string_view wanted_ns,
                                    std::string_view wanted_name) const {
    const auto found = std::ranges::find_if(
        children, [&](const XmlElement& one) { return one.is(wanted_ns, wanted_name); });
    return found != children.end() ? &*found : nullptr;
}

XmlPiece XmlReader::next(std::string_view bytes) {
    if (auto piece = between(bytes, root_.empty())) return *std::move(piece);
    Parser parser(bytes);
    XmlPiece piece;
    if (root_.empty()) {
        Tag tag;
        piece.kind = kind_of(parser.start_tag({}, tag), XmlPiece::Kind::stream);
        if (tag.empty) piece.kind = XmlPiece::Kind::malformed;
        if (piece.kind == XmlPiece::Kind::stream) {
            root_ = tag.written;
            names_ = tag.names;
            piece.element = std::move(tag.element);
        }
    } else if (bytes[1] == '/') {
        piece.kind = kind_of(parser.end_tag(root_), XmlPiece::Kind::end);
    } else {
        piece.kind =
            kind_of(parser.whole_element(names_, piece.element, 1), XmlPiece::Kind::stanza);
    }
    piece.size = parser.used();
    return piece;
}

std::string xml_escaped(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '&':
                escaped += "&amp;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&apos;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

}  // namespace omnitls::tool
