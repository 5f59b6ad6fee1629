// SPDX-License-Identifier: BSL-1.0
#include "core/kept_sessions.hpp"

#include <utility>

namespace omnitls::inline v0::core {

void KeptSessions::put(KeptSession session) {
    auto kept = std::make_shared<const KeptSession>(std::move(session));
    const std::string_view id = as_text(kept->resumable.id);
    Order fresh;
    fresh.push_back(std::move(kept));
    const std::scoped_lock lock(mutex_);
    // An id that comes twice was made by a library that repeats itself: the first one stays what it was.
    if (!places_.emplace(id, fresh.begin()).second) return;
    order_.splice(order_.end(), fresh);
    if (order_.size() <= most_) return;
    places_.erase(as_text(order_.front()->resumable.id));
    order_.pop_front();
}

std::shared_ptr<const KeptSession> KeptSessions::take(ConstBytes id) {
    const std::scoped_lock lock(mutex_);
    const auto found = places_.find(as_text(id));
    if (found == places_.end()) return nullptr;
    std::shared_ptr<const KeptSession> session = *found->second;
    if (session->version == ProtocolVersion::tls13) {
        const auto place = found->second;
        places_.erase(found);
        order_.erase(place);
    }
    return session;
}

}  // namespace omnitls::inline v0::core
