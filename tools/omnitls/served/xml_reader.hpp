// SPDX-License-Identifier: BSL-1.0
// Reads the XML that XMPP allows (RFC 6120 §11.1) in pieces: the start of a stream, whole stanzas, the end of the stream. Strict and
// bounded: no DTD, comment, processing instruction or CDATA, no entity but the five predefined ones and character references.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace omnitls::tool {

struct XmlElement {
    std::string ns;
    std::string name;                                             ///< Without its prefix.
    std::vector<std::pair<std::string, std::string>> attributes;  ///< As they are written.
    std::string text;                                             ///< Of the element itself.
    std::vector<XmlElement> children;

    bool is(std::string_view wanted_ns, std::string_view wanted_name) const {
        return ns == wanted_ns && name == wanted_name;
    }
    /// Empty: there is none.
    std::string attribute(std::string_view wanted) const;
    /// Null: there is none.
    const XmlElement* child(std::string_view wanted_ns, std::string_view wanted_name) const;
};

struct XmlPiece {
    enum class Kind : std::uint8_t {
        more,       ///< It is not all there.
        space,      ///< White space between stanzas, or the XML declaration.
        stream,     ///< The start tag of the root: `element` has no text and no children.
        stanza,     ///< A child of the root, whole.
        end,        ///< The end tag of the root.
        malformed,  ///< Not well-formed, or not allowed.
    };
    Kind kind = Kind::more;
    std::size_t size = 0;  ///< Bytes that were used.
    XmlElement element;
};

class XmlReader {
public:
    /// The piece at the start of `bytes`, which are not empty.
    XmlPiece next(std::string_view bytes);

private:
    using Names = std::vector<std::pair<std::string, std::string>>;  ///< prefix → namespace
    std::string root_;  ///< The root's name as it is written; empty: it has not begun.
    Names names_;       ///< That the root declares.
};

/// `text` as it may stand in an attribute or between tags.
std::string xml_escaped(std::string_view text);

}  // namespace omnitls::tool
