// SPDX-License-Identifier: BSL-1.0
// A verifier that is a coroutine: it may wait for a database, a resolver or a person, and the handshake waits with it.
#pragma once

#include <omnitls/verifier.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/detail/config.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

// As Asio does: without coroutines in compiler and library there is nothing here.
#if defined(ASIO_HAS_CO_AWAIT)
#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>

namespace omnitls::inline v0 {

using AwaitableDecision =
    std::function<asio::awaitable<Verdict>(std::shared_ptr<const VerifyRequest>)>;

namespace detail {

class AwaitableVerifier final : public CertificateVerifier {
public:
    AwaitableVerifier(asio::any_io_executor executor, AwaitableDecision decide)
        : executor_(std::move(executor)),
          decide_(std::make_shared<const AwaitableDecision>(std::move(decide))) {}

    void verify(Question question) override {
        const auto run =
            std::make_shared<Run>(asio::make_strand(executor_), decide_, std::move(question));
        // All on the strand: a stop can come from any thread, and must find the coroutine there.
        asio::post(run->strand, [run] { start(run); });
    }

private:
    /// One question. Held by the coroutine, so that what it was made from outlives it.
    struct Run {
        Run(asio::strand<asio::any_io_executor> on, std::shared_ptr<const AwaitableDecision> by,
            Question about)
            : strand(std::move(on)), decide(std::move(by)), question(std::move(about)) {}
        asio::strand<asio::any_io_executor> strand;
        std::shared_ptr<const AwaitableDecision> decide;
        Question question;
        asio::cancellation_signal cancel;
        std::optional<std::stop_callback<std::function<void()>>> stop;
    };

    static void start(const std::shared_ptr<Run>& run) {
        run->stop.emplace(run->question.stop_token(),
                          [strand = run->strand, weak = std::weak_ptr(run)] {
                              asio::post(strand, [weak] {
                                  if (const auto alive = weak.lock())
                                      alive->cancel.emit(asio::cancellation_type::terminal);
                              });
                          });
        asio::co_spawn(run->strand, answer(run),
                       asio::bind_cancellation_slot(
                           run->cancel.slot(), [run](std::exception_ptr) { run->stop.reset(); }));
    }

    static asio::awaitable<void> answer(std::shared_ptr<Run> run) {
        Verdict verdict;
        try {
            verdict = co_await (*run->decide)(run->question.shared_request());
        } catch (const std::exception& error) {
            verdict = Verdict::rejected(Errc::verifier_failed, Alert::certificate_unknown,
                                        std::string("the verifier threw: ") + error.what());
        }
        std::move(run->question).answer(std::move(verdict));
    }

    const asio::any_io_executor executor_;
    const std::shared_ptr<const AwaitableDecision> decide_;
};

}  // namespace detail

/// A verifier from a coroutine `asio::awaitable<Verdict>(std::shared_ptr<const VerifyRequest>)`, started on `executor` for each
/// question, in a strand of its own. When nobody waits any more it is cancelled (terminal) at its next suspension. One that throws has
/// rejected, with its words; so has one whose executor goes away.
inline std::shared_ptr<CertificateVerifier> make_awaitable_verifier(asio::any_io_executor executor,
                                                                    AwaitableDecision decide) {
    return std::make_shared<detail::AwaitableVerifier>(std::move(executor), std::move(decide));
}

}  // namespace omnitls::inline v0
#endif
