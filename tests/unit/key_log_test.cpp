// SPDX-License-Identifier: BSL-1.0
// The lines of a key log, and the file they go to: private to its owner, appended to, never silently missing.
#include "tests/support/certs.hpp"
#include "tests/support/temporary_directory.hpp"
#include <omnitls/key_log.hpp>
#include <omnitls/spi/key_log_line.hpp>

#include <fstream>
#include <iterator>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace omnitls::test {
namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What the process masks from the permissions of new files, until the end of the test.
class Umask {
public:
    explicit Umask(mode_t mask) : before_(::umask(mask)) {}
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;
    ~Umask() { ::umask(before_); }

private:
    mode_t before_;
};

unsigned permissions(const std::string& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 0777U;
}

TEST(KeyLogLine, IsLabelRandomAndSecretInHex) {
    const Bytes random{0x00, 0x01, 0x9a, 0xff};
    const Bytes secret{0xde, 0xad, 0x0b};
    EXPECT_EQ(spi::key_log_line("CLIENT_RANDOM", random, secret), "CLIENT_RANDOM 00019aff dead0b");
    EXPECT_EQ(spi::key_log_line("SERVER_TRAFFIC_SECRET_0", secret, random),
              "SERVER_TRAFFIC_SECRET_0 dead0b 00019aff");
}

TEST(KeyLogLine, HasTwoDigitsForEveryByte) {
    for (unsigned value = 0; value < 256; ++value) {
        const Bytes one{static_cast<std::uint8_t>(value)};
        const std::string line = spi::key_log_line("L", one, one);
        ASSERT_EQ(line.size(), 7U) << line;
        EXPECT_EQ(std::stoul(line.substr(2, 2), nullptr, 16), value);
        EXPECT_EQ(std::stoul(line.substr(5, 2), nullptr, 16), value);
    }
}

TEST(KeyLogFile, IsForItsOwnerOnly) {
    const TemporaryDirectory directory;
    const Umask none(0);  // The process would let everybody in.
    const std::string path = directory.path() + "/keys";
    const auto log = must(key_log_file(path));
    EXPECT_EQ(permissions(path), 0600U);
    std::ofstream(directory.path() + "/twin") << "x";
    EXPECT_EQ(permissions(directory.path() + "/twin"), 0666U) << "an ordinary file";
}

TEST(KeyLogFile, IsAppendedTo) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/keys";
    {
        const auto log = must(key_log_file(path));
        EXPECT_EQ(text_of(path), "");
        log->write("CLIENT_RANDOM 00 01");
        EXPECT_EQ(text_of(path), "CLIENT_RANDOM 00 01\n") << "at once, for who reads along";
        log->write("CLIENT_RANDOM 02 03");
    }
    const auto again = must(key_log_file(path));
    EXPECT_EQ(text_of(path), "CLIENT_RANDOM 00 01\nCLIENT_RANDOM 02 03\n");
    again->write("CLIENT_RANDOM 04 05");
    EXPECT_EQ(text_of(path), "CLIENT_RANDOM 00 01\nCLIENT_RANDOM 02 03\nCLIENT_RANDOM 04 05\n");
}

TEST(KeyLogFile, SeveralWritersDoNotMixTheirLines) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/keys";
    constexpr int writers = 4;
    constexpr int lines = 200;
    {
        // Two share one log, two have opened the file on their own.
        const auto shared = must(key_log_file(path));
        std::vector<std::thread> threads;
        for (int i = 0; i < writers; ++i) {
            const auto log = i < 2 ? shared : must(key_log_file(path));
            threads.emplace_back([log, i] {
                const std::string line(100, static_cast<char>('a' + i));
                for (int n = 0; n < lines; ++n) log->write(line);
            });
        }
        for (std::thread& thread : threads) thread.join();
    }
    std::ifstream file(path);
    int seen[writers] = {};
    for (std::string line; std::getline(file, line);) {
        ASSERT_EQ(line, std::string(100, line.empty() ? '?' : line[0]));
        ++seen[line[0] - 'a'];
    }
    for (const int count : seen) EXPECT_EQ(count, lines);
}

TEST(KeyLogFile, SaysWhyItCannotBeOpened) {
    const TemporaryDirectory directory;
    EXPECT_TRUE(key_log_file(directory.path() + "/keys")) << "twin";
    const std::pair<std::string, std::string> cases[] = {
        {directory.path() + "/none/keys", "No such file or directory"},
        {directory.path(), "Is a directory"},
        {directory.path() + "/keys/below", "Not a directory"},
    };
    for (const auto& [path, reason] : cases) {
        const auto log = key_log_file(path);
        ASSERT_FALSE(log) << path;
        EXPECT_EQ(log.error().code, Errc::bad_input);
        EXPECT_EQ(log.error().what, path + ": cannot open for appending: " + reason);
    }
}

}  // namespace
}  // namespace omnitls::test
