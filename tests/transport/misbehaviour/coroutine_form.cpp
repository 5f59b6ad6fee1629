// SPDX-License-Identifier: BSL-1.0
// The coroutine, in a file of its own: it is the only one that is slow to compile, and not every compiler has it.
#include "tests/transport/misbehaviour/forms.hpp"
#include <omnitls/transport/awaitable_verifier.hpp>

#if defined(ASIO_HAS_CO_AWAIT)
#include <asio/dispatch.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <optional>
#include <system_error>
#include <utility>
#endif

namespace omnitls::test {

#if defined(ASIO_HAS_CO_AWAIT)
namespace {

/// Of one coroutine, on its strand. Whoever has the hand does not keep it alive.
struct Waiting {
    explicit Waiting(const asio::any_io_executor& on)
        : gate(on, asio::steady_timer::time_point::max()) {}
    std::optional<Verdict> said;
    asio::steady_timer gate;
};

asio::awaitable<Verdict> decide(Hook hook, std::shared_ptr<const VerifyRequest> evidence) {
    const auto state = std::make_shared<Waiting>(co_await asio::this_coro::executor);
    {
        Hand hand;
        hand.evidence = evidence;
        hand.answer = [weak = std::weak_ptr(state)](Verdict verdict) {
            const auto alive = weak.lock();
            if (!alive) return;
            asio::dispatch(alive->gate.get_executor(), [weak, said = std::move(verdict)]() mutable {
                const auto waiting = weak.lock();
                if (!waiting || waiting->said) return;
                waiting->said = std::move(said);
                waiting->gate.cancel();
            });
        };
        hook(hand);
    }
    if (!state->said) {
        try {
            co_await state->gate.async_wait(asio::use_awaitable);
        } catch (const std::system_error&) {
            // The gate is open; or the coroutine is cancelled, and takes no notice.
        }
    }
    co_return state->said.value_or(Verdict());
}

std::shared_ptr<CertificateVerifier> make_coroutine(Hook hook, Elsewhere& elsewhere) {
    Hook with_drop = [hook = std::move(hook), &elsewhere](Hand hand) {
        hand.drop = [&elsewhere] { elsewhere.end_coroutines(); };
        hook(hand);
    };
    return make_awaitable_verifier(
        elsewhere.coroutines->get_executor(),
        [hook = std::move(with_drop)](std::shared_ptr<const VerifyRequest> evidence) {
            return decide(hook, std::move(evidence));
        });
}

}  // namespace
#endif

std::vector<Form> coroutine_form() {
#if defined(ASIO_HAS_CO_AWAIT)
    return {{"coroutine", make_coroutine}};
#else
    return {};
#endif
}

}  // namespace omnitls::test
