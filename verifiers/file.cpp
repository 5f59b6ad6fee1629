// SPDX-License-Identifier: BSL-1.0
#include "verifiers/file.hpp"

#include <cerrno>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace omnitls::inline v0::verifiers {
namespace {

/// An open file, closed with its owner.
class File {
public:
    explicit File(int number) noexcept : number_(number) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (number_ >= 0) ::close(number_);
    }
    bool is_open() const noexcept { return number_ >= 0; }
    int number() const noexcept { return number_; }

    bool write(std::string_view text) const noexcept {
        while (!text.empty()) {
            const ssize_t n = ::write(number_, text.data(), text.size());
            if (n < 0 && errno != EINTR) return false;
            if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    bool sync() const noexcept { return ::fsync(number_) == 0; }

private:
    const int number_;
};

ErrorDetail fault(const std::string& path, const char* what) {
    return make_error(Errc::bad_input,
                      path + ": " + what + ": " + std::generic_category().message(errno));
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return fault(path, "cannot be read");
    std::string text(kMaxFile + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t n = ::read(file.number(), text.data() + size, text.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fault(path, "cannot be read");
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
    }
    if (size > kMaxFile) {
        return make_error(Errc::bad_input,
                          path + ": more than " + std::to_string(kMaxFile) + " bytes");
    }
    text.resize(size);
    return text;
}

bool is_absent(const std::string& path) noexcept {
    struct stat found {};
    return ::lstat(path.c_str(), &found) != 0 && errno == ENOENT;
}

std::optional<ErrorDetail> replace_file(const std::string& path, const std::string& text) {
    std::string beside = path + ".XXXXXX";
    const File file(::mkostemp(beside.data(), O_CLOEXEC));  // mode 0600
    if (!file.is_open()) return fault(path, "cannot make a file beside it");
    const bool replaced =
        file.write(text) && file.sync() && std::rename(beside.c_str(), path.c_str()) == 0;
    if (!replaced) {
        const ErrorDetail detail = fault(path, "cannot be replaced");
        ::unlink(beside.c_str());
        return detail;
    }
    // So that the new name is on the disk as well; where directories cannot be synchronised there is nothing more to do.
    const File directory(::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.is_open()) static_cast<void>(directory.sync());
    return std::nullopt;
}

}  // namespace omnitls::inline v0::verifiers
