// SPDX-License-Identifier: BSL-1.0
// The source's thread: look-ups, each a few queries one after the other, between an inbox and libunbound. Only `run` is called, and
// only on that thread, so nothing here is locked.
#pragma once

#include "unbound/context.hpp"
#include "unbound/inbox.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

namespace omnitls::inline v0::unbound_native {

class Resolver;

/// Wakes the source's thread, which then sees why.
struct Waker {
    std::shared_ptr<const Inbox> inbox;
    void operator()() const noexcept { inbox->wake(); }
};

struct Lookup {
    /// What is asked next. RFC 7671 §7: where the host's aliases end, then there, then at the host itself.
    enum class Step : std::uint8_t { aliases, target, host };

    Resolver* owner = nullptr;
    std::string service;  ///< "_443._tcp.", or empty: nothing to expand.
    std::string host;     ///< "example.org"
    std::string target;   ///< Where its aliases end.
    Step step = Step::host;

    std::function<void(TlsaAnswer)> done;  ///< Empty: nobody waits any more.
    std::stop_token stop;
    std::optional<std::stop_callback<Waker>> on_stop;
    std::shared_ptr<std::atomic<bool>> expired;
    std::unique_ptr<Alarm> alarm;

    int error = 0;     ///< libunbound's, about the last query.
    ResultPtr result;  ///< Of the last query.
};

class Resolver {
public:
    Resolver(ContextPtr context, std::shared_ptr<Inbox> inbox, const UnboundOptions& options);
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    /// What was not answered is dropped.
    ~Resolver() = default;

    /// Returns when the inbox says so.
    void run() noexcept;

private:
    static void on_result(void* lookup, int error, ub_result* result);

    bool turn();
    void begin(Request request);
    void look_around();
    void read_results();
    void break_down();
    void go_on(Lookup& lookup);
    void ask(Lookup& lookup, const std::string& name, int type);
    void ask_at_host(Lookup& lookup);
    static void finish(Lookup& lookup, TlsaAnswer answer) noexcept;
    static void forget(Lookup& lookup) noexcept;

    const std::shared_ptr<Inbox> inbox_;
    const std::chrono::milliseconds timeout_;
    const std::size_t max_lookups_;
    const std::shared_ptr<Timer> timer_;
    /// Each has one query with libunbound, and stays for it also when nobody waits any more.
    std::unordered_map<Lookup*, std::unique_ptr<Lookup>> lookups_;
    std::vector<Lookup*> answered_;
    bool broken_ = false;
    ContextPtr context_;  // The last, so the first to go: afterwards no query points to a look-up.
};

}  // namespace omnitls::inline v0::unbound_native
