// SPDX-License-Identifier: BSL-1.0
// Sessions in memory: a list in the order in which they came, and where in it the sessions of a key are.
#include <omnitls/session_store.hpp>

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace omnitls::inline v0 {
namespace {

constexpr std::size_t kMostOfOneKey = 4;

class MemorySessionStore final : public SessionStore {
public:
    explicit MemorySessionStore(std::size_t most) : most_(most) {}

    void put(const std::string& key, StoredSession session) override {
        const std::scoped_lock lock(mutex_);
        if (most_ == 0) return;
        const Places* const present = find(key);
        if (present != nullptr) {
            // The newest of several uses replaces whatever there is; of single use, the oldest goes when there are enough.
            if (!session.single_use || !present->front()->second.single_use) {
                while (find(key) != nullptr) remove(find(key)->front());
            } else if (present->size() == kMostOfOneKey) {
                remove(present->front());
            }
        }
        if (order_.size() == most_) remove(order_.begin());
        Order fresh;
        fresh.emplace_back(key, std::move(session));
        remember(key, fresh.begin());
        order_.splice(order_.end(), fresh);  // Cannot fail, and the place stays the same.
    }

    std::optional<StoredSession> take(const std::string& key) override {
        const std::scoped_lock lock(mutex_);
        const Places* const present = find(key);
        if (present == nullptr) return std::nullopt;
        const Place newest = present->back();
        if (!newest->second.single_use) return newest->second;
        StoredSession session = std::move(newest->second);
        remove(newest);
        return session;
    }

private:
    using Order = std::list<std::pair<std::string, StoredSession>>;
    using Place = Order::iterator;
    using Places = std::vector<Place>;  // oldest first, never empty

    const Places* find(const std::string& key) const {
        const auto found = places_.find(key);
        return found == places_.end() ? nullptr : &found->second;
    }

    void remember(const std::string& key, Place place) {
        Places& places = places_[key];
        try {
            places.push_back(place);
        } catch (...) {
            if (places.empty()) places_.erase(key);
            throw;
        }
    }

    void remove(Place place) {
        const auto found = places_.find(place->first);
        std::erase(found->second, place);
        if (found->second.empty()) places_.erase(found);
        order_.erase(place);
    }

    std::size_t most_;
    std::mutex mutex_;
    Order order_;  // oldest first
    std::unordered_map<std::string, Places> places_;
};

}  // namespace

std::shared_ptr<SessionStore> memory_session_store(std::size_t sessions) {
    return std::make_shared<MemorySessionStore>(sessions);
}

}  // namespace omnitls::inline v0
