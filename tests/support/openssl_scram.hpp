// SPDX-License-Identifier: BSL-1.0
// The client of SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), for ASCII names and passwords: what a program does with a channel binding. Its
// cryptography is OpenSSL's, whatever TLS runs below.
#pragma once

#include <omnitls/channel_binding.hpp>

#include <string>
#include <string_view>

namespace omnitls::test {

class ScramClient {
public:
    /// `user`: may be empty, where the protocol has said the name already.
    ScramClient(std::string_view user, std::string password, const ChannelBinding& binding);

    /// client-first-message.
    std::string first_message() const { return gs2_header_ + bare_; }
    /// client-final-message. Throws std::runtime_error if what the server said is no server-first-message for this client.
    std::string final_message(std::string_view server_first);
    /// Whether the server knows the password too: of its server-final-message, after `final_message`.
    bool accepts(std::string_view server_final) const;

private:
    std::string gs2_header_;
    std::string bound_;  ///< The header and the binding.
    std::string password_;
    std::string nonce_;
    std::string bare_;      ///< client-first-message-bare.
    std::string verifier_;  ///< What the server-final-message has to be.
};

}  // namespace omnitls::test
