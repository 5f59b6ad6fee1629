// SPDX-License-Identifier: BSL-1.0
#include "unbound/resolver.hpp"

#include "unbound/answer.hpp"

#include <unbound.h>

#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>

namespace omnitls::inline v0::unbound_native {
namespace {

using Status = TlsaAnswer::Status;
using Step = Lookup::Step;

// RFC 1035 §3.2.2, §3.2.4 and RFC 6698 §7.1.
constexpr int kClassIn = 1;
constexpr int kTypeA = 1;
constexpr int kTypeTlsa = 52;

/// How much of `name` is "_port._transport.": two labels that begin with an underscore, before others (RFC 6698 §3).
std::size_t service_size(const std::string& name) {
    std::size_t size = 0;
    for (int label = 0; label < 2; ++label) {
        const std::size_t dot = name.find('.', size);
        if (dot == std::string::npos || name[size] != '_') return 0;
        size = dot + 1;
    }
    return size == name.size() ? 0 : size;
}

}  // namespace

Resolver::Resolver(ContextPtr context, std::shared_ptr<Inbox> inbox, const UnboundOptions& options)
    : inbox_(std::move(inbox)),
      timeout_(options.timeout),
      max_lookups_(options.max_lookups),
      timer_(options.timer),
      context_(std::move(context)) {}

void Resolver::run() noexcept {
    for (bool going = true; going;) {
        try {
            going = turn();
        } catch (
            ...) {  // NOLINT(bugprone-empty-catch): out of memory; what has gone with it has rejected
        }
    }
}

bool Resolver::turn() {
    // A negative number is passed over.
    std::array<pollfd, 2> fds{
        {{inbox_->fd(), POLLIN, 0}, {broken_ ? -1 : ub_fd(context_.get()), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) return true;  // EINTR, or no memory: once more
    if (fds[0].revents != 0) {
        std::vector<Request> requests;
        if (inbox_->take(requests)) return false;
        for (Request& request : requests) begin(std::move(request));
        look_around();
    }
    if (fds[1].revents != 0) read_results();
    return true;
}

void Resolver::begin(Request request) {
    if (request.stop.stop_requested()) return;
    auto made = std::make_unique<Lookup>();
    Lookup& lookup = *made;
    lookup.owner = this;
    lookup.done = std::move(request.done);
    if (lookups_.size() >= max_lookups_) {
        return finish(lookup, failed("more than " + std::to_string(max_lookups_) +
                                     " look-ups at once (max_lookups)"));
    }
    const std::size_t size = service_size(request.name);
    lookup.service = request.name.substr(0, size);
    lookup.host = request.name.substr(size);
    // Before libunbound has a pointer to it; what follows may throw, and is undone by what stands here.
    lookup.stop = request.stop;
    lookup.on_stop.emplace(lookup.stop, Waker{inbox_});
    lookup.expired = std::make_shared<std::atomic<bool>>(false);
    lookup.alarm = timer_->after(timeout_, [expired = lookup.expired, wake = Waker{inbox_}] {
        *expired = true;
        wake();
    });
    answered_.reserve(lookups_.size() + 1);  // So that a result is taken without a throw.
    lookups_.emplace(&lookup, std::move(made));
    if (size == 0) return ask_at_host(lookup);
    lookup.step = Step::aliases;
    ask(lookup, lookup.host, kTypeA);
}

void Resolver::look_around() {
    for (const auto& [key, lookup] : lookups_) {
        if (!lookup->done) continue;
        // `ub_cancel` would only keep libunbound's thread from telling when it is done, and its work counts until then.
        if (lookup->stop.stop_requested()) {
            forget(*lookup);
        } else if (*lookup->expired) {
            finish(*lookup, failed("no answer within " + std::to_string(timeout_.count()) + " ms"));
        }
    }
}

void Resolver::on_result(void* pointer, int error, ub_result* result) {
    auto& lookup = *static_cast<Lookup*>(pointer);
    lookup.error = error;
    lookup.result.reset(result);
    lookup.owner->answered_.push_back(&lookup);
}

void Resolver::read_results() {
    if (ub_process(context_.get()) != 0) return break_down();
    // After `ub_process`, since going on asks again.
    std::vector<Lookup*> answered;
    answered.reserve(lookups_.size());
    answered.swap(answered_);
    for (Lookup* const lookup : answered) {
        if (lookup->done) {
            go_on(*lookup);
        } else {
            lookups_.erase(lookup);
        }
    }
}

void Resolver::break_down() {
    broken_ = true;
    context_.reset();
    answered_.clear();
    for (const auto& [key, lookup] : lookups_) finish(*lookup, failed("libunbound has gone"));
    lookups_.clear();
}

void Resolver::go_on(Lookup& lookup) {
    const ResultPtr result = std::move(lookup.result);
    TlsaAnswer answer = lookup.error == 0 ? answer_of(*result) : failed(ub_strerror(lookup.error));
    const bool none = answer.status == Status::insecure || answer.status == Status::no_records;
    if (lookup.step == Step::aliases && (none || answer.status == Status::secure)) {
        // RFC 7671 §7: a chain that is not secure is no chain.
        if (answer.status != Status::insecure) lookup.target = end_of_aliases(*result);
        if (lookup.target.empty()) return ask_at_host(lookup);
        lookup.step = Step::target;
        return ask(lookup, lookup.service + lookup.target, kTypeTlsa);
    }
    if (lookup.step == Step::target && none) return ask_at_host(lookup);
    if (lookup.step == Step::target) answer.base_domain = lookup.target;
    finish(lookup, std::move(answer));
    lookups_.erase(&lookup);
}

void Resolver::ask_at_host(Lookup& lookup) {
    lookup.step = Step::host;
    ask(lookup, lookup.service + lookup.host, kTypeTlsa);
}

void Resolver::ask(Lookup& lookup, const std::string& name, int type) {
    const int error = broken_ ? int{UB_PIPE}
                              : ub_resolve_async(context_.get(), name.c_str(), type, kClassIn,
                                                 &lookup, on_result, nullptr);
    if (error == 0) return;
    finish(lookup, failed(ub_strerror(error)));
    lookups_.erase(&lookup);
}

void Resolver::finish(Lookup& lookup, TlsaAnswer answer) noexcept {
    const auto done = std::exchange(lookup.done, {});
    forget(lookup);
    if (!done) return;
    try {
        done(std::move(answer));
    } catch (
        ...) {  // NOLINT(bugprone-empty-catch): it has been called, and what it throws is for nobody
    }
}

void Resolver::forget(Lookup& lookup) noexcept {
    lookup.on_stop.reset();
    lookup.alarm.reset();
    lookup.done = {};
}

}  // namespace omnitls::inline v0::unbound_native
