// SPDX-License-Identifier: BSL-1.0
#include "core/revocation_check.hpp"

#include <algorithm>
#include <new>

namespace omnitls::inline v0::core {
namespace {

bool same_name(const GeneralName& a, const GeneralName& b) noexcept {
    return a.type == b.type && a.der == b.der;
}

/// The list is about certificates like this one.
bool covers(const RevocationListFields& list, const CertificateFields& subject) {
    if (list.issuer.der != subject.issuer.der) return false;
    const bool authority = subject.basic_constraints && subject.basic_constraints->ca;
    if (authority ? list.only_user_certificates : list.only_authority_certificates) return false;
    if (list.distribution_points.empty()) return true;
    const auto& points = subject.distribution_points;
    return std::any_of(points.begin(), points.end(), [&](const GeneralName& point) {
        return std::any_of(list.distribution_points.begin(), list.distribution_points.end(),
                           [&](const GeneralName& of_list) { return same_name(point, of_list); });
    });
}

/// Why the list does not speak for `time`; empty if it does. Both dates are inside the period, as with certificates.
std::string dates_problem(const RevocationList& list, UtcTime time) {
    const RevocationListFields& fields = list.fields();
    if (time < fields.this_update) return list.describe() + " is of a later day";
    if (time > fields.next_update)
        return list.describe() + " has been out of date since " + to_rfc3339(fields.next_update);
    return {};
}

}  // namespace

bool RevocationMemory::has(const RevocationList& list, const Fingerprint& key) const noexcept {
    const std::scoped_lock lock(mutex_);
    return good_.contains({&list.fields(), key});
}

void RevocationMemory::add(const RevocationList& list, const Fingerprint& key) noexcept {
    const std::scoped_lock lock(mutex_);
    try {
        if (good_.size() < most) good_.emplace(&list.fields(), key);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): it is checked again
    }
}

std::optional<RevocationProblem> check_revocation(const RevocationSource& source,
                                                  const Certificate& subject,
                                                  const Certificate& issuer, UtcTime time,
                                                  ListSignatures& signatures) {
    bool current = false;
    std::string why;
    for (const RevocationList& list : source.lists->lists()) {
        if (!covers(list.fields(), subject.fields())) continue;
        if (std::string problem = signatures.problem(list, issuer); !problem.empty()) {
            why = std::move(problem);
            continue;
        }
        if (const auto entry = list.find(subject.fields().serial)) {
            return RevocationProblem{FindingCategory::revoked,
                                     "revoked on " + to_rfc3339(entry->date) + " (" +
                                         std::string(entry->reason) + ") by " + list.describe()};
        }
        if (std::string problem = dates_problem(list, time); !problem.empty())
            why = std::move(problem);
        else
            current = true;
    }
    if (current || source.mode == Revocation::if_available) return std::nullopt;
    if (why.empty()) why = "there is no list of its issuer about it";
    return RevocationProblem{FindingCategory::revocation_unknown,
                             "not known whether it is revoked: " + why};
}

}  // namespace omnitls::inline v0::core
