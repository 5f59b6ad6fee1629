// SPDX-License-Identifier: BSL-1.0
// Look-ups as a test makes them: sources on a server of its own, a time that stands still, and answers that are waited for.
#pragma once

#include "tests/support/certs.hpp"
#include "tests/unbound/dns_server.hpp"
#include <omnitls/unbound/tlsa_source.hpp>

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls::test {

/// No time passes unless a test says that all of it has.
class StandingTimer final : public Timer {
public:
    std::unique_ptr<Alarm> after(std::chrono::milliseconds, std::function<void()> then) override {
        const std::lock_guard lock(mutex_);
        calls_.push_back(std::move(then));
        changed_.notify_all();
        return std::make_unique<Alarm>();
    }
    /// Waits until so many have been set.
    void wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return calls_.size() >= count; });
    }
    /// Waits until so many have been set, then rings for all.
    void ring_when(std::size_t count) {
        wait_for(count);
        std::vector<std::function<void()>> calls;
        {
            const std::lock_guard lock(mutex_);
            calls.swap(calls_);
        }
        for (const auto& call : calls) call();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::function<void()>> calls_;
};

/// Options for a source that asks `address` and believes the tests' root.
inline UnboundOptions options_for(const std::string& address) {
    UnboundOptions options;
    options.resolver = address;
    options.trust_anchor_file = data_path("zones/root.anchor");
    options.timer = std::make_shared<StandingTimer>();
    return options;
}

/// A look-up that runs.
class Asking {
public:
    Asking(TlsaSource& source, const std::string& name, std::stop_token stop = {}) {
        auto promise = std::make_shared<std::promise<TlsaAnswer>>();
        answer_ = promise->get_future();
        source.lookup(name, std::move(stop),
                      [promise](TlsaAnswer answer) { promise->set_value(std::move(answer)); });
    }
    /// Waits; nothing if the look-up was dropped. Throws if neither comes.
    std::optional<TlsaAnswer> wait() {
        if (answer_.wait_for(Process::patience) != std::future_status::ready)
            throw std::runtime_error("no answer");
        try {
            return answer_.get();
        } catch (const std::future_error&) {
            return std::nullopt;
        }
    }
    bool answered() const {
        return answer_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }

private:
    std::future<TlsaAnswer> answer_;
};

/// The answer about `name`. Throws if the look-up was dropped.
inline TlsaAnswer answer_about(TlsaSource& source, const std::string& name) {
    auto answer = Asking(source, name).wait();
    if (!answer) throw std::runtime_error("the look-up was dropped");
    return *std::move(answer);
}

inline const char* status_name(TlsaAnswer::Status status) {
    switch (status) {
        case TlsaAnswer::Status::secure:
            return "secure";
        case TlsaAnswer::Status::insecure:
            return "insecure";
        case TlsaAnswer::Status::bogus:
            return "bogus";
        case TlsaAnswer::Status::no_records:
            return "no_records";
        case TlsaAnswer::Status::failed:
            return "failed";
    }
    return "?";
}

}  // namespace omnitls::test
