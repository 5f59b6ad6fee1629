// SPDX-License-Identifier: BSL-1.0
// `Judge`: for verifiers that need more than the evidence says, such as DANE: digests, and the same chain under other anchors.
#pragma once

#include <omnitls/export.hpp>
#include <omnitls/identity.hpp>
#include <omnitls/result.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace omnitls::inline v0 {

namespace spi {
class Crypto;
}
struct VerifyRequest;

/// What differs when a chain is judged again.
struct JudgeAs {
    /// The only anchors.
    TrustAnchors anchors{};
    /// The names that the certificate must have one of; none at all matches nothing. nullopt: those of the request.
    std::optional<std::vector<ReferenceIdentity>> names{};
};

/// Judges by the code, the limits and the library of the context that a question came from. Any thread.
class OMNITLS_API Judge {
public:
    Judge() = default;
    Judge(const Judge&) = delete;
    Judge& operator=(const Judge&) = delete;
    virtual ~Judge() = default;

    /// The digests of the context's backend; lives as long as the backend.
    virtual const spi::Crypto& crypto() const noexcept = 0;
    /// Evidence about the chain of `request` at its time, with another word on whom to trust: paths are built and checked anew, and
    /// the library vetoes them as ever. Asks no verifier. Errc::wrong_state when the context and all its connections are gone.
    virtual Result<std::shared_ptr<const VerifyRequest>> judge_again(const VerifyRequest& request,
                                                                     const JudgeAs& as) const = 0;
};

}  // namespace omnitls::inline v0
