// SPDX-License-Identifier: BSL-1.0
// One table: cause to next step.
#include "tools/omnitls/hints.hpp"

#include <string_view>

namespace omnitls::tool {
namespace {

std::string_view hint_for(Errc code) {
    switch (code) {
        case Errc::name_mismatch:
            return "if it is the right server, give one of its names with --name";
        case Errc::unknown_authority:
            return "if you trust the issuer, give its certificate with --ca";
        case Errc::certificate_expired:
            return "it has to be renewed; is this machine's clock right?";
        case Errc::certificate_not_yet_valid:
            return "is this machine's clock right?";
        case Errc::certificate_rejected:
            return "the findings say what is wrong with it";
        case Errc::plaintext_peer:
            return "not a TLS port, or --starttls is missing";
        case Errc::truncated:
            return "is it a TLS port, or is --starttls missing? The peer's log may say more";
        case Errc::no_common_version:
            return "the peer may be too old, or configured for other versions";
        case Errc::no_common_parameters:
            return "the peer may be too old, or configured too narrowly";
        case Errc::no_common_protocol:
            return "offer another protocol with --alpn, or none";
        case Errc::handshake_timeout:
            return "--timeout gives it longer";
        default:
            return "the peer's log may say more";
    }
}

}  // namespace

ErrorDetail with_hint(ErrorDetail error) {
    if (!error.hint.empty()) return error;
    const bool ours = error.code.category() == error_category();
    if (error.alert_received) {
        error.hint = "the peer's log says why; it may want another certificate (--cert, --key)";
    } else {
        error.hint = hint_for(ours ? static_cast<Errc>(error.code.value()) : Errc::internal);
    }
    return error;
}

}  // namespace omnitls::tool
