// SPDX-License-Identifier: BSL-1.0
#include <omnitls/spi/library_version.hpp>

#include <charconv>

namespace omnitls::inline v0::spi {

std::string version_mismatch(std::string_view library, LibraryVersion built, LibraryVersion running,
                             Compatibility compatibility) {
    const bool minor_will_do = compatibility == Compatibility::same_minor
                                   ? running.minor == built.minor
                                   : running.minor >= built.minor;
    if (running.major == built.major && minor_will_do) return {};
    const auto text = [](LibraryVersion version) {
        return std::to_string(version.major) + "." + std::to_string(version.minor);
    };
    return "omnitls was built with the headers of " + std::string(library) + " " + text(built) +
           ", but the " + std::string(library) + " that is running is " + text(running);
}

LibraryVersion parse_library_version(std::string_view text) noexcept {
    LibraryVersion version;
    const char* const end = text.data() + text.size();
    const auto [dot, error] = std::from_chars(text.data(), end, version.major);
    if (error != std::errc{} || dot == end || *dot != '.') return {};
    if (std::from_chars(dot + 1, end, version.minor).ec != std::errc{}) return {};
    return version;
}

}  // namespace omnitls::inline v0::spi
