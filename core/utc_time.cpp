// SPDX-License-Identifier: BSL-1.0
#include "core/utc_time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace omnitls::inline v0 {
namespace core {

std::optional<unsigned> parse_digits(std::string_view digits) noexcept {
    if (digits.empty() || digits.size() > 9) return std::nullopt;
    unsigned value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

std::optional<UtcTime> to_utc(const CivilTime& civil) noexcept {
    using namespace std::chrono;
    if (civil.year < 0 || civil.year > 9999) return std::nullopt;
    const year_month_day date{year{civil.year}, month{civil.month}, day{civil.day}};
    if (!date.ok() || civil.hour > 23 || civil.minute > 59 || civil.second > 59) {
        return std::nullopt;
    }
    return sys_days{date} + hours{civil.hour} + minutes{civil.minute} + seconds{civil.second};
}

}  // namespace core

namespace {

/// Offset of local time from UTC in "Z" or "+HH:MM" form; nullopt if it is neither.
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
    if (text == "Z") return std::chrono::minutes{0};
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
        return std::nullopt;
    }
    const auto hours = core::parse_digits(text.substr(1, 2));
    const auto minutes = core::parse_digits(text.substr(4, 2));
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::chrono::minutes offset{static_cast<int>(*hours * 60 + *minutes)};
    return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(UtcTime time) {
    using namespace std::chrono;
    // RFC 3339 knows the years 0000 to 9999 only.
    const UtcTime first = sys_days{year{0} / January / 1};
    const UtcTime last = sys_days{year{9999} / December / 31} + 24h - 1s;
    time = std::clamp(time, first, last);
    const sys_days date = floor<days>(time);
    const year_month_day civil{date};
    const hh_mm_ss clock{time - date};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(civil.year()), static_cast<unsigned>(civil.month()),
                  static_cast<unsigned>(civil.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::optional<UtcTime> from_rfc3339(std::string_view text) {
    // "YYYY-MM-DDTHH:MM:SS", then the offset
    constexpr std::size_t kClock = 19;
    if (text.size() < kClock || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':') {
        return std::nullopt;
    }
    const auto year = core::parse_digits(text.substr(0, 4));
    const auto month = core::parse_digits(text.substr(5, 2));
    const auto day = core::parse_digits(text.substr(8, 2));
    const auto hour = core::parse_digits(text.substr(11, 2));
    const auto minute = core::parse_digits(text.substr(14, 2));
    const auto second = core::parse_digits(text.substr(17, 2));
    const auto offset = parse_offset(text.substr(kClock));
    if (!year || !month || !day || !hour || !minute || !second || !offset) return std::nullopt;
    const auto local =
        core::to_utc({static_cast<int>(*year), *month, *day, *hour, *minute, *second});
    if (!local) return std::nullopt;
    return *local - *offset;
}

}  // namespace omnitls::inline v0
