// SPDX-License-Identifier: BSL-1.0
// Calendar time to UtcTime, for the DER reader and RFC 3339 texts alike.
#pragma once

#include <omnitls/certificate.hpp>

#include <optional>
#include <string_view>

namespace omnitls::inline v0::core {

struct CivilTime {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
};

/// nullopt for a date that is not in the calendar or a time outside 00:00:00–23:59:59. There is no second 60: UtcTime, like
/// POSIX time, does not count leap seconds. Years 0 to 9999.
std::optional<UtcTime> to_utc(const CivilTime& civil) noexcept;

/// The number that `digits` spells; nullopt unless it is 1 to 9 decimal digits.
std::optional<unsigned> parse_digits(std::string_view digits) noexcept;

}  // namespace omnitls::inline v0::core
