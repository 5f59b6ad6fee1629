// SPDX-License-Identifier: BSL-1.0
// Record boundaries at every split.
#include "core/record_tracker.hpp"

#include "tests/support/toy_records.hpp"

#include <gtest/gtest.h>

namespace omnitls::core {
namespace {

using test::operator+;

TEST(RecordTracker, FindsTheSameBoundariesForEveryChunking) {
    const Bytes stream = test::toy_data("abc") + test::toy_data("") + test::toy_handshake("HC") +
                         test::toy_data(std::string(300, 'x'));
    const std::vector<std::size_t> ends{8, 13, 19, 25, 330};
    for (std::size_t chunk = 1; chunk <= stream.size(); ++chunk) {
        RecordTracker tracker;
        std::vector<std::size_t> found;
        std::size_t at = 0;
        while (at < stream.size()) {
            const ConstBytes view =
                ConstBytes(stream).subspan(at, std::min(chunk, stream.size() - at));
            const std::size_t n = tracker.slice(view);
            ASSERT_GT(n, 0U);
            ASSERT_LE(n, view.size());
            if (tracker.advance(view.first(n))) found.push_back(at + n);
            at += n;
        }
        EXPECT_EQ(found, ends) << chunk;
        EXPECT_TRUE(tracker.at_boundary());
    }
}

TEST(RecordTracker, APartialTakeKeepsTheRestOfTheRecord) {
    const Bytes record = test::toy_data("abcdef") + test::toy_data("g");
    RecordTracker tracker;
    EXPECT_EQ(tracker.slice(record), 11U);
    EXPECT_FALSE(tracker.advance(ConstBytes(record).first(5)));
    EXPECT_FALSE(tracker.at_boundary());
    EXPECT_EQ(tracker.slice(ConstBytes(record).subspan(5)), 6U);
    EXPECT_FALSE(tracker.advance(ConstBytes(record).subspan(5, 2)));
    EXPECT_EQ(tracker.slice(ConstBytes(record).subspan(7)), 4U);
    EXPECT_TRUE(tracker.advance(ConstBytes(record).subspan(7, 4)));
}

}  // namespace
}  // namespace omnitls::core
