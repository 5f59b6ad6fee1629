// SPDX-License-Identifier: BSL-1.0
// The forms in which a program writes a verifier, each made of the same thing: somebody who is asked.
#pragma once

#include <omnitls/verifier.hpp>

#include <asio/io_context.hpp>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace omnitls::test {

/// What somebody who is asked has in his hands. Copies are of the same question.
struct Hand {
    std::function<void(Verdict)> answer{};
    std::function<void()> drop{};  ///< Of the question; a form that cannot let go of it has none.
    std::stop_token stop{};
    std::weak_ptr<const VerifyRequest> evidence{};
};
using Hook = std::function<void(const Hand&)>;

/// Where verifiers live that do not answer inside `verify`.
struct Elsewhere {
    std::unique_ptr<asio::io_context> coroutines = std::make_unique<asio::io_context>();
    std::vector<std::thread> threads{};
    /// The coroutines were ended with their executor, and verifiers that had it are of no more use.
    bool renewed = false;

    void end_coroutines();
    /// Waits for the threads; true if there were any.
    bool join();
};

struct Form {
    std::string name;
    /// A verifier that calls `hook` whenever it is asked. `elsewhere` must outlive it.
    std::shared_ptr<CertificateVerifier> (*make)(Hook hook, Elsewhere& elsewhere);
    bool answers_on_its_thread = false;  ///< The hook, too, is called on a thread of its own.
};

/// Class, function, asynchronous function, thread; and coroutine, where there are any.
const std::vector<Form>& forms();
/// The coroutine alone, or nothing.
std::vector<Form> coroutine_form();

}  // namespace omnitls::test
