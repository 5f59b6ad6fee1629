// SPDX-License-Identifier: BSL-1.0
// Lines, labels and base64.
#include "tools/omnitls/pem_chain.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string_view>

namespace omnitls::tool {
namespace {

constexpr std::string_view begin_line = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view end_line = "-----END CERTIFICATE-----";

int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

/// RFC 4648 §4 with padding; false if it is anything else.
bool decode(std::string_view text, Bytes& out) {
    if (text.size() % 4 != 0) return false;
    std::size_t padding = 0;
    while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=')
        ++padding;
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool pad = i >= text.size() - padding;
        const int value = pad ? 0 : base64_value(text[i]);
        if (value < 0) return false;
        group = (group << 6U) | static_cast<std::uint32_t>(value);
        if (i % 4 != 3) continue;
        for (const unsigned shift : {16U, 8U, 0U})
            out.push_back(static_cast<std::uint8_t>(group >> shift));
        group = 0;
    }
    out.resize(out.size() - padding);
    return true;
}

ErrorDetail bad(const std::string& path, std::size_t line, const std::string& why) {
    return make_error(Errc::bad_input,
                      path + (line == 0 ? "" : ":" + std::to_string(line)) + ": " + why,
                      "give a PEM file with the chain, leaf first");
}

}  // namespace

Result<std::vector<Bytes>> read_pem_chain(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return bad(path, 0, std::generic_category().message(errno));
    std::vector<Bytes> chain;
    std::string text;
    std::size_t begun = 0;  // Line of the open BEGIN, or 0.
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
        if (++number > 100'000) return bad(path, number, "the file is too long");
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (begun == 0) {
            if (line == begin_line) begun = number;
        } else if (line == end_line) {
            Bytes der;
            if (!decode(text, der))
                return bad(path, begun, "the certificate that begins here is no base64");
            chain.push_back(std::move(der));
            text.clear();
            begun = 0;
        } else if (line.find_first_not_of(
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") !=
                   std::string::npos) {
            return bad(path, number,
                       "expected base64, found \"" + escape_untrusted(line, 64) + "\"");
        } else {
            text += line;
        }
    }
    if (file.bad()) return bad(path, 0, "cannot be read");
    if (begun != 0) return bad(path, begun, "the certificate that begins here has no end");
    if (chain.empty()) return bad(path, 0, "no certificate in it");
    return chain;
}

}  // namespace omnitls::tool
