// SPDX-License-Identifier: BSL-1.0
// Codes, their alerts and their causes. Which of them a peer can provoke is in the other tests.
#include "backends/gnutls/errors.hpp"

#include "core/failure_cause.hpp"

#include <map>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using namespace gnutls_native;

struct Expected {
    Errc cause;
    Alert alert;
};

const std::map<int, Expected>& expected_rows() {
    static const std::map<int, Expected> rows{
        {GNUTLS_E_UNSUPPORTED_VERSION_PACKET, {Errc::no_common_version, Alert::protocol_version}},
        {GNUTLS_E_NO_CIPHER_SUITES, {Errc::no_common_parameters, Alert::handshake_failure}},
        {GNUTLS_E_UNKNOWN_CIPHER_SUITE, {Errc::no_common_parameters, Alert::handshake_failure}},
        {GNUTLS_E_NO_COMMON_KEY_SHARE, {Errc::no_common_parameters, Alert::handshake_failure}},
        {GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM,
         {Errc::no_common_parameters, Alert::handshake_failure}},
        {GNUTLS_E_ECC_NO_SUPPORTED_CURVES, {Errc::no_common_parameters, Alert::handshake_failure}},
        {GNUTLS_E_ECC_UNSUPPORTED_CURVE, {Errc::no_common_parameters, Alert::handshake_failure}},
        {GNUTLS_E_DH_PRIME_UNACCEPTABLE,
         {Errc::no_common_parameters, Alert::insufficient_security}},
        {GNUTLS_E_NO_APPLICATION_PROTOCOL,
         {Errc::no_common_protocol, Alert::no_application_protocol}},
        {GNUTLS_E_DECRYPTION_FAILED, {Errc::bad_record, Alert::bad_record_mac}},
        {GNUTLS_E_PK_SIG_VERIFY_FAILED, {Errc::bad_signature, Alert::decrypt_error}},
        {GNUTLS_E_ERROR_IN_FINISHED_PACKET, {Errc::bad_signature, Alert::decrypt_error}},
        {GNUTLS_E_HANDSHAKE_TOO_LARGE, {Errc::limit_exceeded, Alert::decode_error}},
        {GNUTLS_E_TOO_MANY_EMPTY_PACKETS, {Errc::limit_exceeded, Alert::unexpected_message}},
        {GNUTLS_E_KEY_USAGE_VIOLATION,
         {Errc::certificate_rejected, Alert::unsupported_certificate}},
        {GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, {Errc::limit_exceeded, Alert::internal_error}},
        {GNUTLS_E_UNSUPPORTED_CERTIFICATE_TYPE,
         {Errc::certificate_rejected, Alert::unsupported_certificate}},
        {GNUTLS_E_MEMORY_ERROR, {Errc::internal, Alert::internal_error}},
        {GNUTLS_E_INTERNAL_ERROR, {Errc::internal, Alert::internal_error}},
        {GNUTLS_E_UNEXPECTED_PACKET, {Errc::protocol_violation, Alert::unexpected_message}},
        {GNUTLS_E_RECORD_OVERFLOW, {Errc::protocol_violation, Alert::record_overflow}},
        {-4711, {Errc::internal, Alert::internal_error}},
    };
    return rows;
}

/// As the shared code has it, which reads the alert.
Errc told(int code, bool negotiated = false) {
    spi::SessionFacts facts;
    facts.alert_sent = alert_of(code);
    return core::failure_cause({spi::Progress::failed, 0, cause_of(code, negotiated)}, facts);
}

TEST(GnutlsErrors, EveryCodeHasItsCauseAndAlert) {
    for (const auto& [code, expected] : expected_rows()) {
        EXPECT_EQ(told(code), expected.cause) << words_of(code);
        EXPECT_EQ(alert_of(code), expected.alert) << words_of(code);
    }
}

TEST(GnutlsErrors, WithoutMemoryNoAlertIsNeeded) {
    EXPECT_EQ(cause_of(GNUTLS_E_MEMORY_ERROR, false), Errc::internal);
}

TEST(GnutlsErrors, AStrangeVersionAfterTheHelloIsABrokenStream) {
    EXPECT_EQ(told(GNUTLS_E_UNSUPPORTED_VERSION_PACKET), Errc::no_common_version);
    EXPECT_EQ(told(GNUTLS_E_UNSUPPORTED_VERSION_PACKET, true), Errc::protocol_violation);
    EXPECT_EQ(told(GNUTLS_E_DECRYPTION_FAILED, true), Errc::bad_record);
}

TEST(GnutlsErrors, AFactoryFailureNamesTheLibrarysWords) {
    const ErrorDetail error =
        failure(Errc::bad_config, "cannot read x", GNUTLS_E_DECRYPTION_FAILED);
    EXPECT_EQ(error.code, Errc::bad_config);
    EXPECT_EQ(error.backend, "gnutls");
    EXPECT_EQ(error.backend_code, GNUTLS_E_DECRYPTION_FAILED);
    EXPECT_NE(error.what.find("GNUTLS_E_DECRYPTION_FAILED"), std::string::npos) << error.what;
    EXPECT_TRUE(error.what.starts_with("GnuTLS cannot read x (")) << error.what;
}

}  // namespace
}  // namespace omnitls
