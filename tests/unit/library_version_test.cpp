// SPDX-License-Identifier: BSL-1.0
// Which running library will do for which headers.
#include <omnitls/spi/library_version.hpp>

#include <gtest/gtest.h>

namespace omnitls::spi {
namespace {

TEST(LibraryVersions, AnEarlierOrAnotherLibraryIsAMismatch) {
    struct Row {
        LibraryVersion running;
        bool later_minor;
        bool same_minor;
    };
    const LibraryVersion built{3, 5};
    const Row rows[] = {{{3, 5}, true, true},
                        {{3, 6}, true, false},
                        {{3, 4}, false, false},
                        {{4, 5}, false, false},
                        {{2, 9}, false, false}};
    for (const Row& row : rows) {
        SCOPED_TRACE(std::to_string(row.running.major) + "." + std::to_string(row.running.minor));
        EXPECT_EQ(version_mismatch("Some", built, row.running, Compatibility::later_minor).empty(),
                  row.later_minor);
        EXPECT_EQ(version_mismatch("Some", built, row.running, Compatibility::same_minor).empty(),
                  row.same_minor);
    }
    EXPECT_EQ(
        version_mismatch("Some", built, {3, 4}, Compatibility::later_minor),
        "omnitls was built with the headers of Some 3.5, but the Some that is running is 3.4");
}

TEST(LibraryVersions, AreReadFromTheirText) {
    const auto read = [](std::string_view text) {
        const LibraryVersion version = parse_library_version(text);
        return std::to_string(version.major) + "." + std::to_string(version.minor);
    };
    EXPECT_EQ(read("3.7.9"), "3.7");
    EXPECT_EQ(read("3.12"), "3.12");
    for (const char* const nonsense : {"", "3", "3.", "x.1", ".5", "v3.7"}) {
        EXPECT_EQ(read(nonsense), "0.0") << nonsense;
    }
}

}  // namespace
}  // namespace omnitls::spi
