// SPDX-License-Identifier: BSL-1.0
// Names to numbers and back, and the two profiles.
#include "core/algorithm_choice.hpp"
#include <omnitls/algorithms.hpp>
#include <omnitls/error.hpp>

#include <algorithm>
#include <utility>

namespace omnitls::inline v0 {
namespace {

std::string known_names(const core::AlgorithmList& list) {
    std::string text;
    for (const std::uint16_t id : core::known_algorithms().*list.numbers)
        text.append(text.empty() ? "" : ", ").append(list.name_of(id));
    return text;
}

}  // namespace

Result<Algorithms> Algorithms::from_names(const AlgorithmNames& names) {
    Algorithms made;
    for (const core::AlgorithmList& list : core::algorithm_lists) {
        std::size_t position = 0;
        for (const std::string& name : names.*list.names) {
            ++position;
            const auto rows = list.rows();
            const auto row = std::ranges::find(rows, name, &core::IanaRow::name);
            if (row == rows.end())
                return make_error(Errc::bad_input,
                                  std::string(list.field) + ": entry " + std::to_string(position) +
                                      ", \"" + escape_untrusted(name, 64) + "\", is no " +
                                      list.noun + " that is known by that name",
                                  "known are " + known_names(list));
            (made.*list.numbers).push_back(row->id);
        }
    }
    return made;
}

AlgorithmNames Algorithms::names() const {
    AlgorithmNames made;
    for (const core::AlgorithmList& list : core::algorithm_lists)
        for (const std::uint16_t id : this->*list.numbers)
            (made.*list.names).push_back(list.name_of(id));
    return made;
}

std::string_view profile_name(Profile profile) noexcept {
    return profile == Profile::modern ? "modern" : "intermediate";
}

const Algorithms& profile_algorithms(Profile profile) {
    // AES-256 before its equals and x25519 before its, as all the libraries do; finite fields last.
    static const Algorithms intermediate{
        {0x1302, 0x1303, 0x1301, 0xc02c, 0xcca9, 0xc02b, 0xc030, 0xcca8, 0xc02f, 0x009f, 0xccaa,
         0x009e},
        {0x11ec, 0x001d, 0x0017, 0x001e, 0x0018, 0x0019, 0x0100, 0x0101, 0x0102},
        {0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b, 0x0804, 0x0805, 0x0806,
         0x0401, 0x0501, 0x0601}};
    // PKCS#1 v1.5 signs no handshake of TLS 1.3; it stays for the certificates that most authorities issue (RFC 8446 §4.2.3).
    static const Algorithms modern{
        {0x1302, 0x1303, 0x1301},
        {0x11ec, 0x001d, 0x0017, 0x0018},
        {0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601}};
    return profile == Profile::modern ? modern : intermediate;
}

}  // namespace omnitls::inline v0
