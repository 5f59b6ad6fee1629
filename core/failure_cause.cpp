// SPDX-License-Identifier: BSL-1.0
#include "core/failure_cause.hpp"

namespace omnitls::inline v0::core {
namespace {

Errc cause_of_received(Alert alert) noexcept {
    switch (alert) {
        case Alert::protocol_version:
            return Errc::no_common_version;
        case Alert::handshake_failure:
        case Alert::insufficient_security:
            return Errc::no_common_parameters;
        case Alert::no_application_protocol:
            return Errc::no_common_protocol;
        case Alert::certificate_required:
            return Errc::certificate_required;
        default:
            return Errc::alert_received;
    }
}

Errc cause_of_sent(Alert alert) noexcept {
    switch (alert) {
        case Alert::unexpected_message:
        case Alert::record_overflow:
        case Alert::illegal_parameter:
        case Alert::decode_error:
        case Alert::missing_extension:
        case Alert::unsupported_extension:
            return Errc::protocol_violation;
        case Alert::bad_record_mac:
            return Errc::bad_record;
        case Alert::decrypt_error:
            return Errc::bad_signature;
        case Alert::protocol_version:
            return Errc::no_common_version;
        case Alert::handshake_failure:
        case Alert::insufficient_security:
            return Errc::no_common_parameters;
        case Alert::no_application_protocol:
            return Errc::no_common_protocol;
        case Alert::bad_certificate:
        case Alert::unsupported_certificate:
            return Errc::certificate_rejected;
        case Alert::internal_error:
            return Errc::internal;
        default:
            return Errc::handshake_failed;
    }
}

}  // namespace

Errc failure_cause(const spi::Outcome& outcome, const spi::SessionFacts& facts) noexcept {
    if (facts.alert_received) return cause_of_received(*facts.alert_received);
    if (outcome.cause == Errc::handshake_failed && facts.alert_sent)
        return cause_of_sent(*facts.alert_sent);
    return outcome.cause;
}

}  // namespace omnitls::inline v0::core
