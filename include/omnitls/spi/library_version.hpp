// SPDX-License-Identifier: BSL-1.0
// Headers of one version and a running library of another: found when a context is made, and not by a crash.
#pragma once

#include <omnitls/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace omnitls::inline v0::spi {

struct LibraryVersion {
    unsigned int major = 0;
    unsigned int minor = 0;
};

/// What a library promises to programs that were built with its headers.
enum class Compatibility : std::uint8_t {
    later_minor,  ///< A later minor version will do, an earlier one may miss what the headers have.
    same_minor,   ///< Its structures are part of the interface.
};

/// Empty if `running` will do for what was built with the headers of `built`; else a sentence that names both. `library`: its name
/// for people.
OMNITLS_API std::string version_mismatch(std::string_view library, LibraryVersion built,
                                         LibraryVersion running,
                                         Compatibility compatibility = Compatibility::later_minor);

/// The first two numbers of "3.7.9"; zeros for a text that does not begin so.
OMNITLS_API LibraryVersion parse_library_version(std::string_view text) noexcept;

}  // namespace omnitls::inline v0::spi
