// SPDX-License-Identifier: BSL-1.0
// TLSA records in their two forms, and which of them mean anything.
#include <omnitls/verifiers/dane.hpp>

#include <optional>

namespace omnitls::inline v0 {
namespace {

constexpr std::size_t kMaxData = 0xffff - 3;  // RDLENGTH has 16 bits, RFC 1035 §3.2.1
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kHex = "0123456789abcdef";

ErrorDetail fault(const std::string& what) {
    return make_error(Errc::bad_input, "TLSA record: " + what,
                      "for example \"3 1 1\" and 64 hexadecimal digits");
}

std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(kSpace));
    text.remove_prefix(word.size());
    return word;
}

std::optional<std::uint8_t> byte_of(std::string_view word) {
    if (word.empty() || word.size() > 3) return std::nullopt;
    unsigned value = 0;
    for (const char c : word) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > 255) return std::nullopt;
    return static_cast<std::uint8_t>(value);
}

std::optional<std::uint8_t> digit_of(char c) {
    const auto digit = kHex.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    if (digit == std::string_view::npos) return std::nullopt;
    return static_cast<std::uint8_t>(digit);
}

}  // namespace

Result<TlsaRecord> TlsaRecord::from_text(std::string_view text) {
    TlsaRecord record;
    const std::pair<const char*, std::uint8_t*> numbers[] = {
        {"usage", &record.usage},
        {"selector", &record.selector},
        {"matching type", &record.matching_type}};
    for (const auto& [name, number] : numbers) {
        const std::string_view word = take_word(text);
        const auto value = byte_of(word);
        if (!value) {
            return fault(std::string(name) + ": wanted a number from 0 to 255, found \"" +
                         escape_untrusted(word, 32) + "\"");
        }
        *number = *value;
    }
    std::optional<std::uint8_t> high;
    for (const char c : text) {
        if (kSpace.find(c) != std::string_view::npos) continue;
        const auto digit = digit_of(c);
        if (!digit) {
            return fault("data: wanted hexadecimal digits, found \"" +
                         escape_untrusted(std::string_view{&c, 1}) + "\"");
        }
        if (!high) {
            high = digit;
            continue;
        }
        if (record.data.size() == kMaxData) {
            return fault("data: more than " + std::to_string(kMaxData) + " bytes");
        }
        record.data.push_back(static_cast<std::uint8_t>(*high << 4U | *digit));
        high.reset();
    }
    if (high) return fault("data: an odd number of hexadecimal digits");
    if (record.data.empty()) return fault("data: there is none");
    return record;
}

Result<TlsaRecord> TlsaRecord::from_rdata(ConstBytes rdata) {
    if (rdata.size() < 4 || rdata.size() > kMaxData + 3) {
        return fault("RDATA of " + std::to_string(rdata.size()) + " bytes, wanted 4 to " +
                     std::to_string(kMaxData + 3));
    }
    return TlsaRecord{rdata[0], rdata[1], rdata[2], Bytes(rdata.begin() + 3, rdata.end())};
}

std::string TlsaRecord::to_text() const {
    std::string text = std::to_string(usage) + ' ' + std::to_string(selector) + ' ' +
                       std::to_string(matching_type) + ' ';
    for (const std::uint8_t byte : data) {
        text += kHex[byte >> 4U];
        text += kHex[byte & 15U];
    }
    return text;
}

bool TlsaRecord::usable() const noexcept {
    if (usage > 3 || selector > 1 || matching_type > 2) return false;
    if (matching_type == 1) return data.size() == 32;
    if (matching_type == 2) return data.size() == 64;
    return !data.empty();
}

}  // namespace omnitls::inline v0
