// SPDX-License-Identifier: BSL-1.0
#include "core/distribution_point.hpp"

#include "core/general_name.hpp"

#include <string>

namespace omnitls::inline v0::core {

void read_distribution_point_name(DerReader& reader, std::vector<GeneralName>& names,
                                  std::string_view field) {
    // A CHOICE, so its tag is explicit.
    DerReader choice = reader.enter(der_tag::context_constructed(0), field);
    if (choice.next_is(der_tag::context_constructed(0))) {
        DerReader full = choice.enter(der_tag::context_constructed(0), field);
        while (!full.at_end()) {
            if (names.size() == max_distribution_points) {
                full.fail(field, "more than " + std::to_string(max_distribution_points) + " names");
                return;
            }
            names.push_back(read_general_name(full, NameUse::presented, field));
        }
    } else {
        choice.expect(der_tag::context_constructed(1), field);
    }
    choice.finish(field);
}

}  // namespace omnitls::inline v0::core
