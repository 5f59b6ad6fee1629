// SPDX-License-Identifier: BSL-1.0
// Every row of the error tables. Which of them a peer can provoke is in peer_errors_test.cpp.
#include "backends/openssl/errors.hpp"

#include <openssl/sslerr.h>

#include <map>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using namespace openssl_native;

unsigned long ssl_error(int reason) { return ERR_PACK(ERR_LIB_SSL, 0, reason); }

const std::map<int, Errc>& expected_reasons() {
    static const std::map<int, Errc> rows{
        {SSL_R_UNSUPPORTED_PROTOCOL, Errc::no_common_version},
        {SSL_R_WRONG_SSL_VERSION, Errc::no_common_version},
        {SSL_R_VERSION_TOO_LOW, Errc::no_common_version},
        {SSL_R_VERSION_TOO_HIGH, Errc::no_common_version},
        {SSL_R_NO_PROTOCOLS_AVAILABLE, Errc::no_common_version},
        {SSL_R_INAPPROPRIATE_FALLBACK, Errc::no_common_version},
        {SSL_R_NO_SHARED_CIPHER, Errc::no_common_parameters},
        {SSL_R_NO_CIPHERS_AVAILABLE, Errc::no_common_parameters},
        {SSL_R_NO_SUITABLE_KEY_SHARE, Errc::no_common_parameters},
        {SSL_R_NO_SUITABLE_GROUPS, Errc::no_common_parameters},
        {SSL_R_NO_SHARED_GROUPS, Errc::no_common_parameters},
        {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, Errc::no_common_parameters},
        {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, Errc::no_common_parameters},
        {SSL_R_DH_KEY_TOO_SMALL, Errc::no_common_parameters},
        {SSL_R_NO_APPLICATION_PROTOCOL, Errc::no_common_protocol},
        {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, Errc::bad_record},
        {SSL_R_BAD_SIGNATURE, Errc::bad_signature},
        {SSL_R_DIGEST_CHECK_FAILED, Errc::bad_signature},
        {SSL_R_HTTP_REQUEST, Errc::plaintext_peer},
        {SSL_R_HTTPS_PROXY_REQUEST, Errc::plaintext_peer},
        {SSL_R_WRONG_VERSION_NUMBER, Errc::plaintext_peer},
        {SSL_R_EXCESSIVE_MESSAGE_SIZE, Errc::limit_exceeded},
        {SSL_R_RECORD_TOO_SMALL, Errc::limit_exceeded},
        {SSL_R_TOO_MANY_KEY_UPDATES, Errc::limit_exceeded},
        {SSL_R_TOO_MANY_WARN_ALERTS, Errc::limit_exceeded},
        {SSL_R_NO_RENEGOTIATION, Errc::protocol_violation},
        {SSL_R_UNKNOWN_ALERT_TYPE, Errc::protocol_violation},
        {SSL_R_INCONSISTENT_EXTMS, Errc::protocol_violation},
    };
    return rows;
}

TEST(OpensslErrors, EveryListedReasonHasItsCause) {
    EXPECT_EQ(reason_rows().size(), expected_reasons().size());
    for (const ReasonRow& row : reason_rows()) {
        ASSERT_TRUE(expected_reasons().contains(row.reason)) << row.reason;
        EXPECT_EQ(cause_of(ssl_error(row.reason), false), expected_reasons().at(row.reason))
            << row.reason;
    }
    EXPECT_EQ(cause_of(ssl_error(SSL_R_LENGTH_MISMATCH), false), Errc::handshake_failed);
}

TEST(OpensslErrors, AStrangeVersionIsPlainTextOnlyAtTheStart) {
    const unsigned long error = ssl_error(SSL_R_WRONG_VERSION_NUMBER);
    EXPECT_EQ(cause_of(error, false), Errc::plaintext_peer);
    EXPECT_EQ(cause_of(error, true), Errc::protocol_violation);
}

// Reasons are numbers of one library: the same number of another means something else.
TEST(OpensslErrors, ReasonsOfOtherLibrariesAreNotMistaken) {
    EXPECT_EQ(cause_of(ssl_error(SSL_R_BAD_SIGNATURE), true), Errc::bad_signature);
    EXPECT_EQ(cause_of(ERR_PACK(ERR_LIB_EVP, 0, SSL_R_BAD_SIGNATURE), true),
              Errc::handshake_failed);
    EXPECT_EQ(cause_of(ERR_PACK(ERR_LIB_EVP, 0, ERR_R_MALLOC_FAILURE), true), Errc::internal);
    EXPECT_EQ(cause_of(0, true), Errc::internal);
}

TEST(OpensslErrors, TheLastErrorSpeaksAndTheQueueIsEmptied) {
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS,
                     nullptr);  // loads the words, as making any context does
    ERR_clear_error();
    ERR_raise_data(ERR_LIB_PROV, ERR_R_PASSED_NULL_PARAMETER, "a symptom");
    ERR_raise_data(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER, "detail %d", 7);
    const spi::NativeError error = take_error();
    EXPECT_EQ(ERR_GET_REASON(static_cast<unsigned long>(error.code)), SSL_R_NO_SHARED_CIPHER);
    EXPECT_EQ(error.text, "SSL routines: no shared cipher: detail 7");
    EXPECT_EQ(ERR_peek_error(), 0U);
    EXPECT_EQ(take_error().code, 0);
    EXPECT_FALSE(take_error().text.empty());
}

#ifdef SSL_R_RECORD_LAYER_FAILURE
int last_reason() { return ERR_GET_REASON(static_cast<unsigned long>(take_error().code)); }

TEST(OpensslErrors, TheRecordLayersReasonIsNotHiddenByItsMessenger) {
    ERR_clear_error();
    ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
    ERR_raise(ERR_LIB_SSL, SSL_R_RECORD_LAYER_FAILURE);
    EXPECT_EQ(last_reason(), SSL_R_WRONG_VERSION_NUMBER);
    ERR_raise(ERR_LIB_SSL, SSL_R_RECORD_LAYER_FAILURE);
    EXPECT_EQ(last_reason(), SSL_R_RECORD_LAYER_FAILURE);
}
#endif

TEST(OpensslErrors, AFactoryFailureNamesTheLibrarysWords) {
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS,
                     nullptr);  // loads the words, as making any context does
    ERR_clear_error();
    ERR_raise(ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL);
    const ErrorDetail detail = native_failure(Errc::bad_config, "is no good");
    EXPECT_EQ(detail.code, Errc::bad_config);
    EXPECT_EQ(detail.what, "OpenSSL is no good (SSL routines: ee key too small)");
    EXPECT_EQ(detail.backend, "openssl");
    EXPECT_NE(detail.backend_code, 0);
}

}  // namespace
}  // namespace omnitls
