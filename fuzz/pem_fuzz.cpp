// SPDX-License-Identifier: BSL-1.0
// Any text as PEM, as trust anchors and as an identity: read or refused with a line, never more bytes out than came in.
#include "core/pem.hpp"
#include <omnitls/identity.hpp>

#include <cstdlib>

namespace {

void check(bool kept) {
    if (!kept) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = omnitls::as_text({data, size});
    const auto blocks = omnitls::core::read_pem(text, "input");
    if (blocks) {
        std::size_t total = 0;
        std::size_t line = 0;
        for (const auto& block : *blocks) {
            check(!block.label.empty() && block.label.size() <= 64 && !block.der.empty());
            check(block.line > line);
            line = block.line;
            total += block.der.size();
        }
        check(total * 4 <= size * 3);
    } else {
        check(blocks.error().what.starts_with("input: line "));
        check(blocks.error().what.size() < 1024);
    }
    const auto anchors = omnitls::TrustAnchors::from_pem(text);
    check(!anchors || !anchors->empty());
    const auto identity = omnitls::Identity::from_pem(text, text, "password");
    check(!identity || (!identity->chain().empty() && !identity->key().empty()));
    return 0;
}
