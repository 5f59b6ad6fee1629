// SPDX-License-Identifier: BSL-1.0
// A verifier that takes its time: it decides on a thread of its own, while the thread that drives the connection goes on.
#pragma once

#include <omnitls/verifier.hpp>

#include <asio/io_context.hpp>

#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace omnitls::test {

class LateVerifier final : public CertificateVerifier {
public:
    using Decide = std::function<Verdict(const VerifyRequest&)>;

    /// `decide` runs on another thread, after `io` has gone through its loop at least once since the question; `on_turn` runs in
    /// that turn, on the thread of `io`.
    LateVerifier(asio::io_context& io, Decide decide, std::function<void()> on_turn = {});
    ~LateVerifier() override;

    void verify(Question question) override;

    struct Facts {
        std::size_t questions = 0;
        std::thread::id asked_on;
        std::thread::id decided_on;
    };
    Facts facts() const;

private:
    void decide_later(Question question);

    asio::io_context& io_;
    Decide decide_;
    std::function<void()> on_turn_;
    mutable std::mutex mutex_;
    Facts facts_;
    std::vector<std::thread> threads_;
};

}  // namespace omnitls::test
