// SPDX-License-Identifier: BSL-1.0
// Any bytes as a revocation list: read or refused, never read past, and whoever is in it is found.
#include <omnitls/error.hpp>
#include <omnitls/revocation.hpp>

#include <cstdlib>

namespace {

using omnitls::ConstBytes;
using omnitls::RevocationList;

void check(bool kept) {
    if (!kept) std::abort();
}

void check_list(const RevocationList& list, ConstBytes der) {
    const auto& fields = list.fields();
    check(fields.tbs.size() < der.size() && list.size() <= der.size() / 3);
    check(fields.distribution_points.size() <= 64 && fields.issuer.attributes.size() <= 100);
    for (const char c : list.describe()) check(c >= 0x20 && c < 0x7f);
    // Every run of bytes that could be a serial number: whoever is found has a reason with a name.
    std::size_t found = 0;
    for (std::size_t i = 0; i + 2 < der.size() && i < 4096; ++i) {
        if (der[i] != 0x02 || der[i + 1] == 0 || der[i + 1] > der.size() - i - 2) continue;
        const auto entry = list.find(der.subspan(i + 2, der[i + 1]));
        if (entry) check(!entry->reason.empty());
        found += entry ? 1U : 0U;
    }
    check(list.size() == 0 || der.size() > 4096 || found > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ConstBytes bytes{data, size};
    const auto list = RevocationList::parse(bytes);
    if (list) {
        check_list(*list, bytes);
    } else {
        check(list.error().code == omnitls::Errc::bad_input && list.error().what.size() < 512);
    }
    // PEM around it, or whatever it is: the same reader behind another door.
    static_cast<void>(omnitls::RevocationLists::from_text(omnitls::as_text(bytes)));
    return 0;
}
