// SPDX-License-Identifier: BSL-1.0
// What an engine needs until its connection is open, and no longer: an idle connection does not pay for its handshake.
#pragma once

#include "core/kept_sessions.hpp"
#include "core/question.hpp"
#include "core/stored_session.hpp"
#include <omnitls/backend.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace omnitls::inline v0::core {

/// Freed when the connection is open; kept by one that fails before.
struct Handshaking {
    ClientTarget target;  ///< Clients only.

    // Servers: the ClientHello.
    Bytes client_hello;  ///< While it is collected, until the library has taken it.
    std::size_t client_hello_fed = 0;
    std::shared_ptr<const ClientHello> hello;  ///< Until it is known whether there is a second one.
    std::optional<ClientHelloQuestion> hello_question;  ///< Until it is taken.
    std::shared_ptr<detail::ChoiceState> choice_state;
    std::shared_ptr<const KeptSession> granted;  ///< What the library may resume.
    std::shared_ptr<const VerifyRequest> granted_evidence;

    // The verdict.
    std::optional<Question> question;  ///< Until it is taken.
    std::shared_ptr<detail::VerdictState> question_state;
    std::optional<SessionRecord> offered;  ///< Until the verifier has said whether it is.
    Verdict verdict;                       ///< That accepted the peer.
    std::function<void()> when_open;       ///< What that verdict wants to be called then.
    std::string policy;                    ///< Of the verifier, when it was asked.

    std::size_t bytes_received = 0;
};

}  // namespace omnitls::inline v0::core
