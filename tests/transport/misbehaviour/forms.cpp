// SPDX-License-Identifier: BSL-1.0
#include "tests/transport/misbehaviour/forms.hpp"

#include <optional>
#include <utility>

namespace omnitls::test {
namespace {

Hand hand_with(Question question) {
    const auto kept = std::make_shared<std::optional<Question>>(std::move(question));
    Hand hand;
    hand.stop = (*kept)->stop_token();
    hand.evidence = (*kept)->shared_request();
    hand.answer = [kept](Verdict verdict) {
        if (*kept) std::move(**kept).answer(std::move(verdict));
    };
    hand.drop = [kept] { kept->reset(); };
    return hand;
}

class Asking final : public CertificateVerifier {
public:
    explicit Asking(Hook hook) : hook_(std::move(hook)) {}
    void verify(Question question) override { hook_(hand_with(std::move(question))); }

private:
    Hook hook_;
};

class OnAThread final : public CertificateVerifier {
public:
    OnAThread(Hook hook, Elsewhere& elsewhere) : hook_(std::move(hook)), elsewhere_(elsewhere) {}
    void verify(Question question) override {
        elsewhere_.threads.emplace_back([hook = hook_, asked = std::move(question)]() mutable {
            hook(hand_with(std::move(asked)));
        });
    }

private:
    Hook hook_;
    Elsewhere& elsewhere_;
};

std::shared_ptr<CertificateVerifier> make_class(Hook hook, Elsewhere&) {
    return std::make_shared<Asking>(std::move(hook));
}

std::shared_ptr<CertificateVerifier> make_function(Hook hook, Elsewhere&) {
    return make_verifier([hook = std::move(hook)](const VerifyRequest&) {
        Verdict said;
        Hand hand;
        hand.answer = [&said](Verdict verdict) { said = std::move(verdict); };
        hook(hand);
        return said;
    });
}

std::shared_ptr<CertificateVerifier> make_async_function(Hook hook, Elsewhere&) {
    return make_async_verifier(
        [hook = std::move(hook)](Question question) { hook(hand_with(std::move(question))); });
}

std::shared_ptr<CertificateVerifier> make_thread(Hook hook, Elsewhere& elsewhere) {
    return std::make_shared<OnAThread>(std::move(hook), elsewhere);
}

}  // namespace

void Elsewhere::end_coroutines() {
    coroutines.reset();
    coroutines = std::make_unique<asio::io_context>();
    renewed = true;
}

bool Elsewhere::join() {
    const auto running = std::exchange(threads, {});
    for (const std::thread& thread : running) const_cast<std::thread&>(thread).join();
    return !running.empty();
}

const std::vector<Form>& forms() {
    static const std::vector<Form> all = [] {
        std::vector<Form> made{{"class", make_class},
                               {"function", make_function},
                               {"async_function", make_async_function},
                               {"thread", make_thread, true}};
        for (Form& form : coroutine_form()) made.push_back(std::move(form));
        return made;
    }();
    return all;
}

}  // namespace omnitls::test
