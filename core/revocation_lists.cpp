// SPDX-License-Identifier: BSL-1.0
// Revocation lists out of texts and files.
#include "core/pem.hpp"
#include "core/pem_certificates.hpp"
#include <omnitls/revocation.hpp>

#include <utility>

namespace omnitls::inline v0 {
namespace {

constexpr std::string_view kLabel = "X509 CRL";
constexpr std::size_t kMaxFile = std::size_t{64} * 1024 * 1024;

Result<RevocationLists> from_pem(std::string_view text, const std::string& source) {
    const auto blocks = core::read_pem(text, source);
    if (!blocks) return blocks.error();
    std::vector<RevocationList> lists;
    for (const core::PemBlock& block : *blocks) {
        if (block.label != kLabel) continue;
        auto list = RevocationList::parse(block.der);
        if (!list) {
            return make_error(Errc::bad_input,
                              source + ": list " + std::to_string(lists.size() + 1) + " (line " +
                                  std::to_string(block.line) + "): " + list.error().what);
        }
        lists.push_back(*std::move(list));
    }
    if (lists.empty()) return core::missing_block(text, *blocks, source, "X509 CRL block");
    return RevocationLists::of(std::move(lists));
}

}  // namespace

Result<RevocationLists> RevocationLists::from_text(std::string_view text,
                                                   const std::string& source) {
    if (!text.starts_with('\x30')) return from_pem(text, source);  // A SEQUENCE is DER.
    auto list = RevocationList::parse(as_bytes(text));
    if (!list) return make_error(Errc::bad_input, source + ": " + list.error().what);
    return of({*std::move(list)});
}

Result<RevocationLists> RevocationLists::from_file(const std::string& path) {
    const auto text = core::read_file(path, kMaxFile);
    if (!text) return text.error();
    return from_text(*text, path);
}

RevocationLists RevocationLists::of(std::vector<RevocationList> lists) {
    RevocationLists made;
    made.lists_ = std::make_shared<const std::vector<RevocationList>>(std::move(lists));
    return made;
}

const std::vector<RevocationList>& RevocationLists::lists() const& noexcept {
    static const std::vector<RevocationList> kNone;
    return lists_ ? *lists_ : kNone;
}
// The vector may be somebody else's as well, so it is copied and not moved.
std::vector<RevocationList> RevocationLists::lists() && { return std::as_const(*this).lists(); }

}  // namespace omnitls::inline v0
