// SPDX-License-Identifier: BSL-1.0
// `Inquiry`: how a verifier that is made of others asks one of them.
#pragma once

#include <omnitls/export.hpp>
#include <omnitls/verifier.hpp>

#include <functional>
#include <memory>

namespace omnitls::inline v0 {

/// A verifier asked by another one about the same evidence. Move-only. When it goes, nobody waits any more: the question's stop
/// token stops, and what comes later is lost.
class OMNITLS_API Inquiry {
public:
    /// Asks `verifier`; `done` is called once with its verdict, on the thread that answers, and perhaps before this returns. A
    /// verifier that throws or drops the question has given `Verdict{}`. `done` must not throw.
    Inquiry(CertificateVerifier& verifier, std::shared_ptr<const VerifyRequest> request,
            std::function<void(Verdict)> done);
    Inquiry(Inquiry&&) noexcept = default;
    Inquiry& operator=(Inquiry&& other) noexcept;
    /// After this `done` does not run. Waits for one that runs on another thread, so hold no lock that it needs.
    ~Inquiry();

private:
    std::shared_ptr<Question::State> state_;
};

}  // namespace omnitls::inline v0
