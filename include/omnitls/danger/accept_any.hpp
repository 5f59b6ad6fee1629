// SPDX-License-Identifier: BSL-1.0
// What turns verification off. It lives here so that a review finds it by path.
#pragma once

#include <omnitls/config.hpp>
#include <omnitls/verifier.hpp>

#include <memory>

namespace omnitls::inline v0::danger {

/// Accepts every certificate, whatever is wrong with it and whoever it names. Anyone on the network can be the peer.
inline std::shared_ptr<CertificateVerifier> accept_any() {
    return make_verifier(
        [](const VerifyRequest& request) { return Verdict::trusted_despite(request.failures()); });
}

/// A target without a name check: every name the verifier trusts will do.
inline ClientTarget any_name() {
    ClientTarget target;
    target.danger_any_name = true;
    target.sni = "";
    return target;
}

}  // namespace omnitls::inline v0::danger
