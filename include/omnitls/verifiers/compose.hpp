// SPDX-License-Identifier: BSL-1.0
// Verifiers made of others. Each member is asked as an engine would ask it: it may answer later and from any thread; one that throws
// or forgets has rejected; its stop token stops as soon as its answer does not count any more, and that includes the end of the
// connection. A member lives at least as long as a question to it, also when the program lets go of the whole.
#pragma once

#include <omnitls/export.hpp>
#include <omnitls/result.hpp>
#include <omnitls/verifier.hpp>
#include <omnitls/verifiers/timer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace omnitls::inline v0 {

/// Accepts if every member does. All are asked at once, in the order of the list, on the thread that asks.
///
/// * The first member that is heard to refuse decides: its verdict is the answer, the others are withdrawn, and those not asked yet
///   are not asked. So of several that refuse at once, the first in the list counts. A member refuses if `judge_verdict` of its verdict
///   does: `trusted()` with a failing baseline is a refusal.
/// * A failure is accepted only if every member names it: the verdict is `trusted()` if all said so, else `trusted_despite` what all
///   of them name. `trusted()` names nothing.
/// * `resumable()` is the least of all. What the members want to remember is called in the order of the list.
///
/// `policy_id()` is made of the members' and empty if one of them is. Errc::bad_config for an empty list or a null member.
OMNITLS_API Result<std::shared_ptr<CertificateVerifier>> all_of(
    std::vector<std::shared_ptr<CertificateVerifier>> members);

/// Accepts if one member does. It unites nothing: what one excuses and another excuses are never added up.
///
/// * The members are asked one after the other, in the order of the list, the next one only when all before it have refused. So the
///   answer does not depend on who is faster, and nobody is asked about what a pin has settled. The next is asked on the thread on
///   which the one before has answered. One that never answers holds up those behind it: `with_deadline`.
/// * The first that accepts, by `judge_verdict` of its verdict alone, gives the answer as it is. What others wanted to remember is
///   forgotten.
/// * If all refuse, code and alert are those of the first, and the text has the words of all.
///
/// `policy_id()` and errors as with `all_of`.
OMNITLS_API Result<std::shared_ptr<CertificateVerifier>> any_of(
    std::vector<std::shared_ptr<CertificateVerifier>> members);

/// Asks `verifier` and waits for at most `limit`; then the question is withdrawn, and the answer is a rejection with
/// Errc::verdict_timeout that says that `who` was too slow. A connection may have a deadline of its own, see docs/verifiers.md.
/// The time counts from the moment when `verify` has returned. `policy_id()` is that of `verifier`: being slow is no policy.
/// Errc::bad_config for a null verifier, a null timer, or a limit that is not positive.
OMNITLS_API Result<std::shared_ptr<CertificateVerifier>> with_deadline(
    std::shared_ptr<CertificateVerifier> verifier, std::chrono::milliseconds limit, std::string who,
    std::shared_ptr<Timer> timer = system_timer());

}  // namespace omnitls::inline v0
