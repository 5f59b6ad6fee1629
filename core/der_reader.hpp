// SPDX-License-Identifier: BSL-1.0
// A strict DER cursor (X.690): definite, minimal lengths; one-byte tags; nothing left over. It reads what others sent, so it
// never runs past its bytes, never recurses, and says where it stopped. What the fields mean lives in certificate*.cpp.
// Failure is sticky: the first one is kept in a `DerFailure` shared by all readers of one document, after which every call
// returns an empty value and `at_end()` is true, so loops end and callers check once.
#pragma once

#include <omnitls/bytes.hpp>
#include <omnitls/certificate.hpp>
#include <omnitls/error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace omnitls::inline v0::core {

/// Tags (X.690 §8.1.2) as they stand in the identifier byte.
namespace der_tag {
inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t null = 0x05;
inline constexpr std::uint8_t oid = 0x06;
inline constexpr std::uint8_t utf8_string = 0x0c;
inline constexpr std::uint8_t numeric_string = 0x12;
inline constexpr std::uint8_t printable_string = 0x13;
inline constexpr std::uint8_t teletex_string = 0x14;
inline constexpr std::uint8_t ia5_string = 0x16;
inline constexpr std::uint8_t utc_time = 0x17;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t visible_string = 0x1a;
inline constexpr std::uint8_t universal_string = 0x1c;
inline constexpr std::uint8_t bmp_string = 0x1e;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t set = 0x31;
/// [number] with primitive content.
constexpr std::uint8_t context(unsigned number) {
    return static_cast<std::uint8_t>(0x80U | number);
}
/// [number] with constructed content.
constexpr std::uint8_t context_constructed(unsigned number) {
    return static_cast<std::uint8_t>(0xa0U | number);
}
}  // namespace der_tag

/// The first thing that was wrong with a document.
class DerFailure {
public:
    bool failed() const noexcept { return failed_; }
    /// Byte offset from the start of the document.
    std::size_t offset() const noexcept { return offset_; }
    const std::string& field() const noexcept { return field_; }
    /// Keeps the first failure only.
    void set(std::string_view field, std::size_t offset, std::string text);
    /// "malformed <document>: <field> at byte <offset>: <text>", Errc::bad_input.
    ErrorDetail to_error(std::string_view document) const;

private:
    bool failed_ = false;
    std::size_t offset_ = 0;
    std::string field_;
    std::string text_;
};

/// One element, as views of the document.
struct DerElement {
    std::uint8_t tag = 0;
    ConstBytes content;
    ConstBytes whole;                ///< Identifier and length bytes included.
    std::size_t offset = 0;          ///< Of the first byte of `whole`.
    std::size_t content_offset = 0;  ///< Of the first byte of `content`.
};

struct DerBitString {
    ConstBytes bytes;
    unsigned unused_bits = 0;  ///< 0 to 7, at the end of the last byte; they are zero.
};

/// A cursor over a run of elements. `field` names what is read, for errors; it is only copied on failure.
class DerReader {
public:
    /// Reads `bytes`, which stand at `offset` in the document. Both arguments are borrowed.
    DerReader(ConstBytes bytes, DerFailure& failure, std::size_t offset = 0) noexcept
        : bytes_(bytes), offset_(offset), failure_(&failure) {}

    bool ok() const noexcept { return !failure_->failed(); }
    /// Nothing more to read: the end, or a failure.
    bool at_end() const noexcept { return bytes_.empty() || !ok(); }
    /// The next element has this tag. False at the end.
    bool next_is(std::uint8_t tag) const noexcept { return !at_end() && bytes_.front() == tag; }
    std::size_t offset() const noexcept { return offset_; }
    /// Fails at the cursor.
    void fail(std::string_view field, std::string text) {
        fail_at(offset_, field, std::move(text));
    }
    void fail_at(std::size_t offset, std::string_view field, std::string text);

    /// The next element, whatever it is.
    DerElement any(std::string_view field);
    /// The next element, which must have this tag.
    DerElement expect(std::uint8_t tag, std::string_view field);
    /// A reader of the content of the next element, which must have this tag.
    DerReader enter(std::uint8_t tag, std::string_view field);
    DerReader sequence(std::string_view field) { return enter(der_tag::sequence, field); }
    /// A reader of an element's content.
    DerReader inside(const DerElement& element) const noexcept {
        return {element.content, *failure_, element.content_offset};
    }
    /// Fails unless everything has been read.
    void finish(std::string_view field);

    /// 0x00 or 0xff only (X.690 §11.1).
    bool boolean(std::string_view field);
    /// Two's complement, big endian, minimal (X.690 §8.3.2), never empty.
    ConstBytes integer(std::string_view field, std::uint8_t tag = der_tag::integer);
    /// A non-negative INTEGER of at most 32 bits.
    std::uint32_t small_integer(std::string_view field, std::uint8_t tag = der_tag::integer);
    /// Dotted decimal. At most 64 bytes of content.
    std::string oid(std::string_view field, std::uint8_t tag = der_tag::oid);
    DerBitString bit_string(std::string_view field, std::uint8_t tag = der_tag::bit_string);
    /// A BIT STRING that is whole bytes.
    ConstBytes octets_in_bit_string(std::string_view field);
    ConstBytes octet_string(std::string_view field) {
        return expect(der_tag::octet_string, field).content;
    }
    /// UTCTime or GeneralizedTime in the one form RFC 5280 §4.1.2.5 allows for each: with seconds, without fractions, "Z".
    UtcTime time(std::string_view field);

private:
    std::optional<std::size_t> content_size(std::string_view field, std::size_t& header);

    ConstBytes bytes_;
    std::size_t offset_;
    DerFailure* failure_;
};

/// The dotted decimal text of an OBJECT IDENTIFIER's content; nullopt if it is not one, or longer than 64 bytes.
std::optional<std::string> decode_oid(ConstBytes content);

}  // namespace omnitls::inline v0::core
