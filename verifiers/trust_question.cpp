// SPDX-License-Identifier: BSL-1.0
// One question to the program, and all the connections that wait for its answer. Each of these may go at any time, on any thread;
// the last to go ends the question. Nothing of other people's is called under the lock.
#include "verifiers/trust_question.hpp"

#include <cstdint>
#include <utility>

namespace omnitls::inline v0 {

/// Keeps `Trust`, which keeps it as long as it is not answered and somebody waits.
class TrustQuestion::State : public std::enable_shared_from_this<State> {
public:
    State(std::shared_ptr<verifiers::Trust> trust, verifiers::Peer peer,
          std::shared_ptr<const VerifyRequest> request)
        : trust_(std::move(trust)), peer_(std::move(peer)), request_(std::move(request)) {}

    const verifiers::Peer& peer() const noexcept { return peer_; }
    const VerifyRequest& request() const noexcept { return *request_; }
    std::stop_token stop_token() const noexcept { return stop_.get_token(); }

    /// Under the lock of `Trust`.
    std::uint64_t add(Question question) {
        waiting_[next_].question = std::move(question);
        return next_++;
    }
    /// From here on the connection with this number may go by itself.
    void watch(std::uint64_t number, const std::stop_token& stop);
    bool over() const {
        const std::lock_guard lock(trust_->mutex_);
        return over_;
    }
    void answer(bool yes, const std::string& text) noexcept;

private:
    using Leave = std::stop_callback<std::function<void()>>;
    struct Waiting {
        std::optional<Question> question{};
        std::unique_ptr<Leave> leave{};
    };

    void leave(std::uint64_t number) noexcept;
    /// Under the lock.
    void end() noexcept {
        over_ = true;
        trust_->asked_.erase(peer_);
    }

    const std::shared_ptr<verifiers::Trust> trust_;
    const verifiers::Peer peer_;
    const std::shared_ptr<const VerifyRequest> request_;
    std::stop_source stop_;
    std::map<std::uint64_t, Waiting> waiting_;
    std::uint64_t next_ = 0;
    bool over_ = false;
};

void TrustQuestion::State::watch(std::uint64_t number, const std::stop_token& stop) {
    // Not under the lock: it runs at once if there is nobody any more.
    auto watch = std::make_unique<Leave>(stop, [weak = weak_from_this(), number] {
        if (const auto self = weak.lock()) self->leave(number);
    });
    const std::lock_guard lock(trust_->mutex_);
    const auto at = waiting_.find(number);
    if (at != waiting_.end()) at->second.leave.swap(watch);
}

void TrustQuestion::State::leave(std::uint64_t number) noexcept {
    const auto self = shared_from_this();
    std::map<std::uint64_t, Waiting>::node_type gone;
    bool last = false;
    {
        const std::lock_guard lock(trust_->mutex_);
        gone = waiting_.extract(number);
        last = !over_ && waiting_.empty();
        if (last) end();
    }
    if (last) stop_.request_stop();
}

void TrustQuestion::State::answer(bool yes, const std::string& text) noexcept {
    const auto self = shared_from_this();
    std::map<std::uint64_t, Waiting> waiting;
    {
        const std::lock_guard lock(trust_->mutex_);
        if (over_) return;
        end();
        waiting.swap(waiting_);
    }
    for (auto& [number, one] : waiting) {
        one.leave.reset();
        try {
            const VerifyRequest& request = one.question->request();
            Verdict verdict =
                yes ? trust_->accepted(request, peer_) : verifiers::Trust::refused(peer_, text);
            std::move(*one.question).answer(std::move(verdict));
        } catch (...) {  // NOLINT(bugprone-empty-catch): the question goes, which rejects
        }
    }
}

void verifiers::Trust::wait(Question question, const Peer& peer) {
    const std::stop_token stop = question.stop_token();
    std::shared_ptr<TrustQuestion::State> state;
    std::uint64_t number = 0;
    bool is_new = false;
    {
        const std::lock_guard lock(mutex_);
        auto& asked = asked_[peer];
        is_new = asked == nullptr;
        if (is_new) {
            asked = std::make_shared<TrustQuestion::State>(shared_from_this(), peer,
                                                           question.shared_request());
        }
        state = asked;
        number = state->add(std::move(question));
    }
    state->watch(number, stop);
    if (!is_new || state->over()) return;
    try {
        options_.decide(TrustQuestion(state));
    } catch (...) {
        // Who throws has refused, even if somebody still has the question.
        state->answer(false, {});
    }
}

TrustQuestion::TrustQuestion(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

TrustQuestion::TrustQuestion(TrustQuestion&& other) noexcept = default;

TrustQuestion& TrustQuestion::operator=(TrustQuestion&& other) noexcept {
    const auto old = std::exchange(state_, std::exchange(other.state_, nullptr));
    if (old) old->answer(false, {});
    return *this;
}

TrustQuestion::~TrustQuestion() {
    if (state_) state_->answer(false, {});
}

TrustEvent TrustQuestion::event() const noexcept {
    return remembered() ? TrustEvent::changed : TrustEvent::first_use;
}

const TrustKey& TrustQuestion::key() const noexcept { return state_->peer().key; }

const TrustedKey& TrustQuestion::shown() const noexcept { return state_->peer().shown; }

const std::optional<TrustedKey>& TrustQuestion::remembered() const noexcept {
    return state_->peer().remembered;
}

const VerifyRequest& TrustQuestion::request() const noexcept { return state_->request(); }

std::stop_token TrustQuestion::stop_token() const noexcept { return state_->stop_token(); }

void TrustQuestion::accept() && {
    if (const auto state = std::exchange(state_, nullptr)) state->answer(true, {});
}

void TrustQuestion::refuse(const std::string& text) && {
    if (const auto state = std::exchange(state_, nullptr)) state->answer(false, text);
}

}  // namespace omnitls::inline v0
