// SPDX-License-Identifier: BSL-1.0
// Lines of a key log, and the file they go to.
#include <omnitls/key_log.hpp>
#include <omnitls/spi/key_log_line.hpp>

#include <cerrno>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace omnitls::inline v0 {
namespace {

class KeyLogFile final : public KeyLog {
public:
    explicit KeyLogFile(int file) noexcept : file_(file) {}
    KeyLogFile(const KeyLogFile&) = delete;
    KeyLogFile& operator=(const KeyLogFile&) = delete;
    ~KeyLogFile() override { ::close(file_); }

    void write(std::string_view line) noexcept override {
        try {
            // One call per line on a file opened for appending: lines of several writers do not mix.
            const std::string text = std::string(line) + "\n";
            static_cast<void>(::write(file_, text.data(), text.size()) < 0);
        } catch (...) {  // NOLINT(bugprone-empty-catch): without memory the log has a gap
        }
    }

private:
    const int file_;
};

void append_hex(std::string& text, ConstBytes bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
}

}  // namespace

Result<std::shared_ptr<KeyLog>> key_log_file(const std::string& path) {
    const int file =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        return make_error(Errc::bad_input, path + ": cannot open for appending: " +
                                               std::generic_category().message(errno));
    }
    return std::shared_ptr<KeyLog>(std::make_shared<KeyLogFile>(file));
}

std::string spi::key_log_line(std::string_view label, ConstBytes client_random, ConstBytes secret) {
    std::string line(label);
    line += ' ';
    append_hex(line, client_random);
    line += ' ';
    append_hex(line, secret);
    return line;
}

void spi::write_key_log(KeyLog* log, std::string_view label, ConstBytes client_random,
                        ConstBytes secret) noexcept {
    try {
        if (log != nullptr) log->write(key_log_line(label, client_random, secret));
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): as the header says
    }
}

}  // namespace omnitls::inline v0
