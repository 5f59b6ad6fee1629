// SPDX-License-Identifier: BSL-1.0
// A tokenizer for the small part of XML that XMPP allows before TLS (RFC 6120 §11): elements, attributes, text, namespaces.
// Incremental, one byte at a time; strict and bounded. No DTD, comment, processing instruction or CDATA, and no entity but the
// five predefined ones and character references: there is nothing here that could expand, nest without end or reach outside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::inline v0::core {

struct XmlLimits {
    std::size_t token_bytes = std::size_t{4} * 1024;  ///< One tag or one run of text.
    std::size_t depth = 16;                           ///< Open elements, the root included.
    std::size_t attributes = 32;  ///< In one tag, namespace declarations included.
};

/// A name with its prefix resolved (XML Namespaces 1.0).
struct XmlName {
    std::string ns;  ///< Namespace name; empty for none.
    std::string local;

    bool is(std::string_view wanted_ns, std::string_view wanted_local) const noexcept {
        return ns == wanted_ns && local == wanted_local;
    }
};

struct XmlAttribute {
    XmlName name;
    std::string value;
};

struct XmlToken {
    enum class Kind : std::uint8_t {
        none,         ///< The byte completed nothing.
        declaration,  ///< <?xml ...?>
        start,        ///< A start tag, or an empty element: then `empty`, and no end follows.
        end,          ///< An end tag.
        text,         ///< The characters between two tags; completed by the '<' behind them.
        error,        ///< Not well-formed, not allowed, or over a limit: `text` says what. Final.
    };
    Kind kind = Kind::none;
    bool empty = false;
    bool limit = false;  ///< error: a limit, not the syntax.
    std::size_t depth =
        0;  ///< Elements around it: 0 for the root's tags, 1 for its children's and for text in it.
    XmlName name;                          ///< start, end
    std::vector<XmlAttribute> attributes;  ///< start; without namespace declarations
    std::string text;

    /// The value of an attribute without namespace, or null.
    const std::string* attribute(std::string_view local) const noexcept;
};

/// Checks UTF-8 (RFC 3629) and the characters XML allows (XML 1.0 §2.2), one byte at a time.
class Utf8Check {
public:
    /// False if `byte` cannot stand here.
    bool push(std::uint8_t byte) noexcept;
    /// Not inside a character.
    bool at_boundary() const noexcept { return missing_ == 0; }

private:
    std::uint32_t code_ = 0;
    std::uint32_t smallest_ = 0;  ///< Below it the encoding is over-long.
    int missing_ = 0;
};

class XmlTokenizer {
public:
    explicit XmlTokenizer(XmlLimits limits = {}) : limits_(limits) {}

    /// Takes one byte. A '>' never completes more than its own tag, so the caller knows to the byte where that ended.
    XmlToken push(std::uint8_t byte);
    /// Open elements.
    std::size_t depth() const noexcept { return open_.size(); }

private:
    using Attributes = std::vector<std::pair<std::string_view, std::string>>;
    struct Open {
        std::string qualified;  ///< As written.
        XmlName name;
        std::vector<std::pair<std::string, std::string>> namespaces;  ///< prefix → name
    };

    XmlToken push_text(char c);
    XmlToken push_markup(char c);
    XmlToken finish_text();
    XmlToken finish_markup();
    XmlToken finish_declaration();
    XmlToken finish_start();
    XmlToken finish_end();
    bool read_attributes(std::string_view text, Attributes& attributes);
    bool declare(const Attributes& attributes, Open& element);
    bool name_attributes(const Attributes& attributes, const Open& element, XmlToken& token);
    bool resolve(std::string_view qualified, const Open& element, bool is_element, XmlName& name);
    XmlToken fail(std::string_view why, bool limit = false);
    bool refuse(std::string_view why, bool limit = false);

    XmlLimits limits_;
    Utf8Check utf8_;
    std::string buffer_;  ///< Text, or the tag from its '<' on.
    bool in_markup_ = false;
    char quote_ = 0;        ///< Inside an attribute value: its delimiter.
    bool started_ = false;  ///< Something came: a declaration may not come any more.
    bool root_seen_ = false;
    std::vector<Open> open_;
    XmlToken error_;
};

}  // namespace omnitls::inline v0::core
