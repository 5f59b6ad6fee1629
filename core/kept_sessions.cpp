// SPDX-License-Identifier: BSL-1.0
#include "core/kept_sessions.hpp"

#include <utility>

namespace omnitls::inline v0::core {
namespace {

constexpr std::size_t kMostBytes = 32 * 1024;

std::size_t size_of(const KeptSession& session) {
    std::size_t size = session.resumable.state.bytes().size() + session.resumable.id.size() +
                       session.sni.size() + session.alpn.size() + session.policy.size();
    if (session.chain) {
        for (const Bytes& certificate : *session.chain) size += certificate.size();
    }
    return size;
}

}  // namespace

void KeptSessions::put(KeptSession session, UtcTime now) {
    if (session.resumable.id.empty() || size_of(session) > kMostBytes) return;
    auto kept = std::make_shared<const KeptSession>(std::move(session));
    const std::string_view id = as_text(kept->resumable.id);
    Order fresh;
    fresh.push_back(std::move(kept));
    const std::scoped_lock lock(mutex_);
    while (!order_.empty() && order_.front()->expires <= now) drop_oldest();
    // An id that comes twice was made by a library that repeats itself: the first one stays what it was.
    if (!places_.emplace(id, fresh.begin()).second) return;
    order_.splice(order_.end(), fresh);
    if (order_.size() > most_) drop_oldest();
}

void KeptSessions::drop_oldest() {
    places_.erase(as_text(order_.front()->resumable.id));
    order_.pop_front();
}

std::shared_ptr<const KeptSession> KeptSessions::take(ProtocolVersion version, ConstBytes id) {
    const std::scoped_lock lock(mutex_);
    const auto found = places_.find(as_text(id));
    if (found == places_.end() || (*found->second)->version != version) return nullptr;
    std::shared_ptr<const KeptSession> session = *found->second;
    if (version == ProtocolVersion::tls13) {
        const auto place = found->second;
        places_.erase(found);
        order_.erase(place);
    }
    return session;
}

}  // namespace omnitls::inline v0::core
