// SPDX-License-Identifier: BSL-1.0
#include "core/der_reader.hpp"

#include "core/utc_time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>
#include <vector>

namespace omnitls::inline v0::core {
namespace {

constexpr std::size_t kMaxOid = 64;

std::string hex_tag(std::uint8_t tag) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "0x%02x", static_cast<unsigned>(tag));
    return text.data();
}

std::string tag_name(std::uint8_t tag) {
    switch (tag) {
        case der_tag::boolean:
            return "BOOLEAN";
        case der_tag::integer:
            return "INTEGER";
        case der_tag::bit_string:
            return "BIT STRING";
        case der_tag::octet_string:
            return "OCTET STRING";
        case der_tag::null:
            return "NULL";
        case der_tag::oid:
            return "OBJECT IDENTIFIER";
        case der_tag::utf8_string:
            return "UTF8String";
        case der_tag::ia5_string:
            return "IA5String";
        case der_tag::utc_time:
            return "UTCTime";
        case der_tag::generalized_time:
            return "GeneralizedTime";
        case der_tag::sequence:
            return "SEQUENCE";
        case der_tag::set:
            return "SET";
        default:
            return "tag " + hex_tag(tag);
    }
}

/// One arc of an OBJECT IDENTIFIER. Arcs may be longer than any integer type (2.25.<UUID>), so the number is kept in limbs of
/// nine decimal digits, least significant first: cheap to print, and bounded by kMaxOid.
class Arc {
public:
    void append_bits(std::uint32_t bits) {
        std::uint64_t carry = bits;
        for (std::uint32_t& limb : limbs_) {
            const std::uint64_t value = std::uint64_t{limb} * 128 + carry;
            limb = static_cast<std::uint32_t>(value % kBase);
            carry = value / kBase;
        }
        if (carry != 0) limbs_.push_back(static_cast<std::uint32_t>(carry));
    }

    std::string to_string() const {
        if (limbs_.empty()) return "0";
        std::string text = std::to_string(limbs_.back());
        for (auto limb = limbs_.rbegin() + 1; limb != limbs_.rend(); ++limb) {
            const std::string digits = std::to_string(*limb);
            text.append(kDigits - digits.size(), '0').append(digits);
        }
        return text;
    }

    /// X.690 §8.19.4: the first subidentifier holds two arcs, 40 * first + second, where first is 0, 1 or 2.
    std::string first_two() {
        const std::uint32_t low = limbs_.empty() ? 0 : limbs_.front();
        if (limbs_.size() <= 1 && low < 80) {
            return std::to_string(low / 40) + "." + std::to_string(low % 40);
        }
        subtract(80);
        return "2." + to_string();
    }

private:
    static constexpr std::uint32_t kBase = 1'000'000'000;
    static constexpr std::size_t kDigits = 9;

    /// `amount` is not larger than the number.
    void subtract(std::uint32_t amount) {
        for (std::uint32_t& limb : limbs_) {
            const bool borrow = limb < amount;
            limb = limb + (borrow ? kBase : 0) - amount;
            if (!borrow) break;
            amount = 1;
        }
        while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
    }

    std::vector<std::uint32_t> limbs_;
};

/// The fields of "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ".
std::optional<UtcTime> parse_time(std::string_view text, bool generalized) {
    const std::size_t year_digits = generalized ? 4 : 2;
    if (text.size() != year_digits + 11 || text.back() != 'Z') return std::nullopt;
    const auto year = parse_digits(text.substr(0, year_digits));
    std::array<unsigned, 5> rest{};
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const auto number = parse_digits(text.substr(year_digits + 2 * i, 2));
        if (!number) return std::nullopt;
        rest[i] = *number;
    }
    if (!year) return std::nullopt;
    int full_year = static_cast<int>(*year);
    // RFC 5280 §4.1.2.5.1: 50 to 99 are 19xx, 00 to 49 are 20xx.
    if (!generalized) full_year += full_year >= 50 ? 1900 : 2000;
    return to_utc({full_year, rest[0], rest[1], rest[2], rest[3], rest[4]});
}

}  // namespace

void DerFailure::set(std::string_view field, std::size_t offset, std::string text) {
    if (failed_) return;
    failed_ = true;
    offset_ = offset;
    field_ = field;
    text_ = std::move(text);
}

ErrorDetail DerFailure::to_error(std::string_view document) const {
    return make_error(Errc::bad_input, "malformed " + std::string{document} + ": " + field_ +
                                           " at byte " + std::to_string(offset_) + ": " + text_);
}

void DerReader::fail_at(std::size_t offset, std::string_view field, std::string text) {
    failure_->set(field, offset, std::move(text));
    bytes_ = {};
}

/// Reads the length that follows the identifier byte (X.690 §8.1.3, §10.1); `header` becomes the bytes before the content.
std::optional<std::size_t> DerReader::content_size(std::string_view field, std::size_t& header) {
    if (bytes_.size() < 2) {
        fail_at(offset_ + 1, field, "the length is missing");
        return std::nullopt;
    }
    const std::uint8_t first = bytes_[1];
    header = 2;
    if (first < 0x80) return first;
    const std::size_t octets = first & 0x7fU;
    if (octets == 0 || octets > 4) {
        fail_at(offset_ + 1, field,
                octets == 0 ? "indefinite length" : "a length of more than four bytes");
        return std::nullopt;
    }
    header += octets;
    if (bytes_.size() < header) {
        fail_at(offset_ + 1, field, "the length is cut short");
        return std::nullopt;
    }
    std::size_t size = 0;
    for (const std::uint8_t octet : bytes_.subspan(2, octets)) size = (size << 8U) | octet;
    if (size < 0x80 || bytes_[2] == 0) {
        fail_at(offset_ + 1, field, "the length is not in its shortest form");
        return std::nullopt;
    }
    return size;
}

DerElement DerReader::any(std::string_view field) {
    if (!ok()) return {};
    if (bytes_.empty()) {
        fail(field, "missing");
        return {};
    }
    const std::uint8_t tag = bytes_.front();
    if ((tag & 0x1fU) == 0x1f) {
        fail(field, "a tag of more than one byte");
        return {};
    }
    std::size_t header = 0;
    const auto size = content_size(field, header);
    if (!size) return {};
    if (*size > bytes_.size() - header) {
        fail(field, std::to_string(*size) + " bytes announced, " +
                        std::to_string(bytes_.size() - header) + " left");
        return {};
    }
    const DerElement element{tag, bytes_.subspan(header, *size), bytes_.first(header + *size),
                             offset_, offset_ + header};
    bytes_ = bytes_.subspan(header + *size);
    offset_ += header + *size;
    return element;
}

DerElement DerReader::expect(std::uint8_t tag, std::string_view field) {
    if (!ok()) return {};
    if (!bytes_.empty() && bytes_.front() != tag) {
        fail(field, "expected " + tag_name(tag) + ", found " + tag_name(bytes_.front()));
        return {};
    }
    return any(field);
}

DerReader DerReader::enter(std::uint8_t tag, std::string_view field) {
    return inside(expect(tag, field));
}

void DerReader::finish(std::string_view field) {
    if (ok() && !bytes_.empty()) {
        fail(field, std::to_string(bytes_.size()) + " bytes too many");
    }
}

bool DerReader::boolean(std::string_view field) {
    const DerElement element = expect(der_tag::boolean, field);
    if (!ok()) return false;
    if (element.content.size() != 1 || (element.content[0] != 0x00 && element.content[0] != 0xff)) {
        fail_at(element.offset, field, "a BOOLEAN that is neither 0x00 nor 0xff");
        return false;
    }
    return element.content[0] == 0xff;
}

ConstBytes DerReader::integer(std::string_view field, std::uint8_t tag) {
    const DerElement element = expect(tag, field);
    if (!ok()) return {};
    const ConstBytes content = element.content;
    if (content.empty()) {
        fail_at(element.offset, field, "an empty INTEGER");
        return {};
    }
    if (content.size() > 1) {
        const bool high_bit = (content[1] & 0x80U) != 0;
        if ((content[0] == 0x00 && !high_bit) || (content[0] == 0xff && high_bit)) {
            fail_at(element.offset, field, "an INTEGER that is not in its shortest form");
            return {};
        }
    }
    return content;
}

std::uint32_t DerReader::small_integer(std::string_view field, std::uint8_t tag) {
    const std::size_t start = offset_;
    ConstBytes content = integer(field, tag);
    if (!ok()) return 0;
    if ((content[0] & 0x80U) != 0) {
        fail_at(start, field, "a negative number");
        return 0;
    }
    if (content[0] == 0 && content.size() > 1) content = content.subspan(1);
    if (content.size() > 4) {
        fail_at(start, field, "a number of more than 32 bits");
        return 0;
    }
    std::uint32_t value = 0;
    for (const std::uint8_t octet : content) value = (value << 8U) | octet;
    return value;
}

std::string DerReader::oid(std::string_view field, std::uint8_t tag) {
    const DerElement element = expect(tag, field);
    if (!ok()) return {};
    auto text = decode_oid(element.content);
    if (!text) {
        fail_at(element.offset, field, "not a valid OBJECT IDENTIFIER");
        return {};
    }
    return std::move(*text);
}

DerBitString DerReader::bit_string(std::string_view field, std::uint8_t tag) {
    const DerElement element = expect(tag, field);
    if (!ok()) return {};
    if (element.content.empty()) {
        fail_at(element.offset, field, "a BIT STRING without its first byte");
        return {};
    }
    const unsigned unused = element.content[0];
    const ConstBytes bytes = element.content.subspan(1);
    const bool too_many = unused > 7 || (unused != 0 && bytes.empty());
    // X.690 §11.2.1: unused bits are zero.
    if (too_many || (unused != 0 && (bytes.back() & ((1U << unused) - 1U)) != 0)) {
        fail_at(element.offset, field, "a BIT STRING with wrong unused bits");
        return {};
    }
    return {bytes, unused};
}

ConstBytes DerReader::octets_in_bit_string(std::string_view field) {
    const std::size_t start = offset_;
    const DerBitString bits = bit_string(field);
    if (ok() && bits.unused_bits != 0) {
        fail_at(start, field, "a BIT STRING that is not whole bytes");
        return {};
    }
    return bits.bytes;
}

UtcTime DerReader::time(std::string_view field) {
    const bool generalized = next_is(der_tag::generalized_time);
    const DerElement element =
        expect(generalized ? der_tag::generalized_time : der_tag::utc_time, field);
    if (!ok()) return {};
    const auto time = parse_time(as_text(element.content), generalized);
    if (!time) {
        fail_at(element.offset, field,
                std::string{"not a valid "} + (generalized ? "GeneralizedTime" : "UTCTime") +
                    ": \"" + escape_untrusted(as_text(element.content), 32) + "\"");
        return {};
    }
    return *time;
}

std::optional<std::string> decode_oid(ConstBytes content) {
    if (content.empty() || content.size() > kMaxOid || (content.back() & 0x80U) != 0) {
        return std::nullopt;
    }
    std::string text;
    Arc arc;
    bool starts_arc = true;
    for (const std::uint8_t octet : content) {
        if (starts_arc && octet == 0x80) return std::nullopt;  // §8.19.2: not the shortest form
        arc.append_bits(octet & 0x7fU);
        starts_arc = (octet & 0x80U) == 0;
        if (!starts_arc) continue;
        text += text.empty() ? arc.first_two() : "." + arc.to_string();
        arc = Arc{};
    }
    return text;
}

}  // namespace omnitls::inline v0::core
