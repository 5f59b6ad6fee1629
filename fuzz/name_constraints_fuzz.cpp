// SPDX-License-Identifier: BSL-1.0
// Fuzz target: arbitrary names under arbitrary constraints. The work is within its budget, more constraints never allow more, and a
// name that stands in an excluded subtree as it is, or in no permitted one of its kind, is refused.
// Input: the permitted, excluded and presented names, each {type, size, text}; the first byte says how many are of which.
#include "core/name_constraints.hpp"
#include "fuzz/byte_source.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace omnitls;
using core::ConstraintResult;

void require(bool fact) {
    if (!fact) std::abort();
}

/// dNSName, e-mail and URI hold text; an address holds what its use wants.
GeneralName name_from(fuzz::ByteSource& source, std::size_t address_size) {
    using Type = GeneralName::Type;
    constexpr Type kinds[] = {Type::dns, Type::ip, Type::uri, Type::email, Type::srv};
    GeneralName made;
    made.type = kinds[source.byte() % std::size(kinds)];
    const ConstBytes content = source.take(made.type == Type::ip ? address_size : source.byte());
    made.der.assign(content.begin(), content.end());
    if (made.type == Type::ip)
        made.der.resize(address_size);
    else
        made.value = std::string(as_text(content));
    return made;
}

ConstraintResult judge(const NameConstraints& constraints, const CertificateFields& subject,
                       std::size_t budget = 10'000) {
    std::string why;
    std::size_t left = budget;
    const ConstraintResult result = core::check_name_constraints(constraints, subject, left, why);
    require(left <= budget);
    require((result == ConstraintResult::violated) == !why.empty());
    for (const char c : why) require(c >= 0x20 && c < 0x7f);
    return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::ByteSource source{{data, size}};
    const unsigned counts = source.byte();
    NameConstraints constraints;
    for (unsigned i = 0; i < (counts & 3U); ++i)
        constraints.permitted.push_back(name_from(source, 8));
    for (unsigned i = 0; i < (counts >> 2U & 3U); ++i)
        constraints.excluded.push_back(name_from(source, 8));
    CertificateFields subject;
    for (unsigned i = 0; i < 1 + (counts >> 4U & 3U); ++i)
        subject.subject_alt_names.push_back(name_from(source, 4));
    subject.has_subject_alt_name = true;
    const ConstraintResult result = judge(constraints, subject);
    require(result != ConstraintResult::over_budget);
    if (!constraints.permitted.empty() || !constraints.excluded.empty())
        require(judge(constraints, subject, 0) != ConstraintResult::allowed);
    if (result == ConstraintResult::allowed) {
        // Without what excludes, and for fewer names, it is allowed as well.
        NameConstraints fewer = constraints;
        fewer.excluded.clear();
        require(judge(fewer, subject) == ConstraintResult::allowed);
        CertificateFields one = subject;
        one.subject_alt_names.resize(1);
        require(judge(constraints, one) == ConstraintResult::allowed);
    }
    // To exclude everything of a kind that is present refuses it.
    NameConstraints more = constraints;
    GeneralName everything;
    everything.type = subject.subject_alt_names.front().type;
    if (everything.type == GeneralName::Type::ip) everything.der.assign(8, 0);
    if (everything.type == GeneralName::Type::dns || everything.type == GeneralName::Type::ip) {
        more.excluded.push_back(everything);
        require(judge(more, subject) == ConstraintResult::violated);
    }
    return 0;
}
