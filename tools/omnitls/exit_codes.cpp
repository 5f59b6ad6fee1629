// SPDX-License-Identifier: BSL-1.0
// One table: cause to exit status.
#include "tools/omnitls/exit_codes.hpp"

namespace omnitls::tool {

Exit exit_for(const ErrorDetail& error) {
    if (error.code.category() != error_category()) return Exit::tls;
    switch (static_cast<Errc>(error.code.value())) {
        case Errc::starttls_not_offered:
        case Errc::starttls_refused:
        case Errc::starttls_protocol:
        case Errc::plaintext_after_starttls:
        case Errc::plaintext_pending:
            return Exit::starttls;
        case Errc::certificate_rejected:
        case Errc::certificate_required:
        case Errc::certificate_expired:
        case Errc::certificate_not_yet_valid:
        case Errc::certificate_revoked:
        case Errc::revocation_unknown:
        case Errc::unknown_authority:
        case Errc::name_mismatch:
            return Exit::certificate;
        case Errc::verifier_failed:
        case Errc::verdict_timeout:
            return Exit::policy;
        case Errc::limit_exceeded:  // of the peer's chain: a verdict on it
            return error.certificate ? Exit::certificate : Exit::policy;
        case Errc::bad_config:
        case Errc::bad_input:
        case Errc::not_supported:
            return Exit::usage;
        default:
            return Exit::tls;
    }
}

}  // namespace omnitls::tool
