// SPDX-License-Identifier: BSL-1.0
#include "core/pem.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace omnitls::inline v0::core {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kMaxLabel = 64;

/// Value of a base64 digit (RFC 4648 §4), or nullopt.
std::optional<std::uint32_t> base64_value(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return std::nullopt;
}

/// Base64 that comes in lines. Strict: canonical padding, no bits that mean nothing, nothing behind the padding.
class Base64 {
public:
    /// Room for `characters` of base64, so that key material never moves and leaves copies behind.
    explicit Base64(std::size_t characters) { out_.reserve(characters / 4 * 3 + 3); }
    Base64(const Base64&) = delete;
    Base64& operator=(const Base64&) = delete;
    ~Base64() { secure_wipe(out_); }

    /// What is wrong with the line, or null.
    const char* add(std::string_view line) noexcept {
        for (const char c : line) {
            if (c == '=') {
                if (count_ % 4 < 2) return "misplaced base64 padding";
                ++count_;
                ++padding_;
                continue;
            }
            if (padding_ != 0) return "characters after base64 padding";
            const auto value = base64_value(c);
            if (!value) return "a character that is not base64";
            push(*value);
        }
        return nullptr;
    }
    /// What is missing at the end, or null.
    const char* finish() const noexcept {
        if (count_ == 0) return "no content";
        if (count_ % 4 != 0) return "base64 that is cut short";
        if (bits_ != 0) return "base64 with stray bits at its end";
        return nullptr;
    }
    Bytes take() noexcept { return std::exchange(out_, {}); }

private:
    void push(std::uint32_t value) noexcept {
        bits_ = (bits_ << 6U) | value;
        ++count_;
        if (count_ % 4 == 1) return;
        const unsigned spare =
            6 - 2 * static_cast<unsigned>((count_ - 1) % 4);  // 4, 2 or 0 bits wait
        out_.push_back(static_cast<std::uint8_t>(bits_ >> spare));
        bits_ &= (1U << spare) - 1U;
    }

    Bytes out_;
    std::uint32_t bits_ = 0;
    std::size_t count_ = 0;
    std::size_t padding_ = 0;
};

std::string_view trim_right(std::string_view line) noexcept {
    const std::size_t last = line.find_last_not_of(" \t\r");
    return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// The label of "-----BEGIN label-----"; nullopt if the line is not such a line.
std::optional<std::string_view> boundary_label(std::string_view line,
                                               std::string_view prefix) noexcept {
    if (!line.starts_with(prefix) || !line.ends_with(kDashes)) return std::nullopt;
    if (line.size() <= prefix.size() + kDashes.size()) return std::nullopt;
    const auto label = line.substr(prefix.size(), line.size() - prefix.size() - kDashes.size());
    for (const char c : label) {
        if (c < 0x20 || c > 0x7e) return std::nullopt;
    }
    if (label.size() > kMaxLabel || label.find(kDashes) != std::string_view::npos) {
        return std::nullopt;
    }
    return label;
}

class PemReader {
public:
    PemReader(std::string_view text, const std::string& source) : text_(text), source_(source) {
        if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
    }

    PemReader(const PemReader&) = delete;
    PemReader& operator=(const PemReader&) = delete;
    ~PemReader() {
        for (PemBlock& block : blocks_) secure_wipe(block.der);  // after a failure: may be keys
    }

    Result<std::vector<PemBlock>> read() {
        while (next_line()) {
            if (const auto label = boundary_label(current_, kBegin)) {
                PemBlock block{std::string{*label}, {}, line_};
                if (auto error = read_block(block)) return std::move(*error);
                blocks_.push_back(std::move(block));
            } else if (current_.find(kBegin) != std::string_view::npos) {
                return error_at(line_,
                                "expected -----BEGIN label----- alone on the line, found \"" +
                                    escape_untrusted(current_, 80) + "\"");
            } else if (boundary_label(current_, kEnd)) {
                return error_at(line_, "END without a BEGIN before it");
            }
        }
        return std::exchange(blocks_, {});
    }

private:
    /// Steps to the next line, without its end and trailing blanks.
    bool next_line() noexcept {
        if (text_.empty()) return false;
        const std::size_t end = text_.find('\n');
        current_ = trim_right(text_.substr(0, end));
        text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
        ++line_;
        return true;
    }

    /// Reads from behind the BEGIN line to the END line.
    std::optional<ErrorDetail> read_block(PemBlock& block) {
        const std::string name = escape_untrusted(block.label, 80);
        Base64 decoder{std::min(text_.find(kEnd), text_.size())};
        while (next_line()) {
            if (current_.starts_with(kEnd)) return end_block(block, decoder, name);
            if (current_.starts_with(kBegin)) {
                return error_at(line_, "a new BEGIN inside the " + name + " block of line " +
                                           std::to_string(block.line));
            }
            if (auto error = add_line(decoder, name)) return error;
        }
        return error_at(block.line, "the " + name + " block has no END: the text is cut short");
    }

    std::optional<ErrorDetail> add_line(Base64& decoder, const std::string& name) {
        const std::size_t colon = current_.find(':');
        if (colon != std::string_view::npos) {
            ErrorDetail error =
                error_at(line_, "the " + name + " block has a header \"" +
                                    escape_untrusted(current_.substr(0, colon), 40) +
                                    "\": the old encrypted form (RFC 1421) is not read");
            error.hint = "convert the key with: openssl pkcs8 -topk8 -in OLD -out NEW";
            return error;
        }
        if (current_.empty()) return error_at(line_, "an empty line inside the " + name + " block");
        if (const char* wrong = decoder.add(current_)) {
            return error_at(line_, std::string{wrong} + " in the " + name + " block");
        }
        return std::nullopt;
    }

    std::optional<ErrorDetail> end_block(PemBlock& block, Base64& decoder,
                                         const std::string& name) {
        const auto label = boundary_label(current_, kEnd);
        if (!label || *label != block.label) {
            return error_at(line_, "expected -----END " + name + "-----, found \"" +
                                       escape_untrusted(current_, 80) + "\"");
        }
        if (const char* wrong = decoder.finish()) {
            return error_at(line_, std::string{wrong} + " in the " + name + " block");
        }
        block.der = decoder.take();
        return std::nullopt;
    }

    ErrorDetail error_at(std::size_t line, const std::string& what) const {
        return make_error(Errc::bad_input,
                          source_ + ": line " + std::to_string(line) + ": " + what);
    }

    std::string_view text_;
    const std::string& source_;
    std::string_view current_;
    std::size_t line_ = 0;
    std::vector<PemBlock> blocks_;
};

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

ErrorDetail file_error(const std::string& path, const std::string& what) {
    return make_error(Errc::bad_input, path + ": " + what);
}

ErrorDetail system_error(const std::string& path, const char* what, int reason) {
    return file_error(path, std::string{what} + ": " + std::generic_category().message(reason));
}

}  // namespace

Result<std::vector<PemBlock>> read_pem(std::string_view text, const std::string& source) {
    return PemReader{text, source}.read();
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    if (path.find('\0') != std::string::npos) {
        return file_error(escape_untrusted(path), "cannot open: the path holds a NUL");
    }
    errno = 0;
    const std::unique_ptr<std::FILE, CloseFile> file{std::fopen(path.c_str(), "rb")};
    if (!file) return system_error(path, "cannot open", errno);
    // Unbuffered: what is read may be a private key, and stdio does not wipe its buffer.
    std::setvbuf(file.get(), nullptr, _IONBF, 0);
    std::string text;
    // In one piece where the size is known, so that no copies are left behind.
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(path, unknown);
    if (!unknown) text.reserve(static_cast<std::size_t>(std::min<std::uintmax_t>(size, limit)));
    std::array<char, 16 * 1024> chunk{};
    std::optional<ErrorDetail> error;
    for (;;) {
        const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), file.get());
        if (std::ferror(file.get()) != 0) {
            error = system_error(path, "cannot read", errno);
            break;
        }
        if (got == 0) break;
        if (got > limit - text.size()) {
            error =
                file_error(path, "larger than the limit of " + std::to_string(limit) + " bytes");
            break;
        }
        text.append(chunk.data(), got);
    }
    secure_wipe({reinterpret_cast<std::uint8_t*>(chunk.data()), chunk.size()});
    if (error) return std::move(*error);
    return text;
}

}  // namespace omnitls::inline v0::core
