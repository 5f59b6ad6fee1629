// SPDX-License-Identifier: BSL-1.0
// The tables behind the names of iana.hpp, for whoever goes from a name to a number.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace omnitls::inline v0::core {

struct IanaRow {
    std::uint16_t id;
    std::string_view name;
};

std::span<const IanaRow> cipher_suite_rows() noexcept;
std::span<const IanaRow> group_rows() noexcept;
std::span<const IanaRow> signature_scheme_rows() noexcept;

}  // namespace omnitls::inline v0::core
