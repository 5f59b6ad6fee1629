// SPDX-License-Identifier: BSL-1.0
// Where keys are remembered: in memory, and in a file.
#include "verifiers/base64.hpp"
#include "verifiers/file.hpp"
#include "verifiers/json.hpp"
#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace omnitls::inline v0 {
namespace {

using Keys = std::map<TrustKey, TrustedKey>;

std::optional<TrustedKey> key_in(const Keys& keys, const TrustKey& key) {
    const auto at = keys.find(key);
    return at == keys.end() ? std::nullopt : std::optional<TrustedKey>(at->second);
}

/// The rules of a store. How a change is kept is for the kinds of stores to say.
class KeptKeys : public TrustStore {
public:
    explicit KeptKeys(Keys keys) : keys_(std::move(keys)) {}

    Result<std::optional<TrustedKey>> find(const TrustKey& key) const override {
        const std::lock_guard lock(mutex_);
        return key_in(keys_, key);
    }
    Result<bool> put(const TrustKey& key, const TrustedKey& now,
                     const std::optional<TrustedKey>& before) override {
        const std::lock_guard lock(mutex_);
        const std::optional<TrustedKey> there = key_in(keys_, key);
        if (there == now) return false;
        if (there != before) {
            return make_error(Errc::wrong_state,
                              "meanwhile another key is remembered for " + key.to_string());
        }
        Keys changed = keys_;
        changed[key] = now;
        return become(std::move(changed));
    }
    Result<bool> remove(const TrustKey& key) override {
        const std::lock_guard lock(mutex_);
        if (keys_.count(key) == 0) return false;
        Keys changed = keys_;
        changed.erase(key);
        return become(std::move(changed));
    }

private:
    Result<bool> become(Keys changed) {
        if (auto fault = keep(changed)) return *std::move(fault);
        keys_ = std::move(changed);
        return true;
    }
    /// Nothing changes if it fails. Called under the lock.
    virtual std::optional<ErrorDetail> keep(const Keys&) { return std::nullopt; }

    mutable std::mutex mutex_;
    Keys keys_;
};

/// The inverse of `TrustKey::to_string`; nullopt for what that does not write.
std::optional<TrustKey> trust_key_of(const std::string& text) {
    const std::size_t first = text.find(' ');
    const std::size_t second = first == std::string::npos ? first : text.find(' ', first + 1);
    if (second == std::string::npos) return std::nullopt;
    TrustKey key;
    key.protocol = text.substr(0, first);
    key.identity = text.substr(second + 1);
    const std::string port = text.substr(first + 1, second - first - 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos) {
        return std::nullopt;
    }
    const int number = std::stoi(port);
    if (number > 0xffff) return std::nullopt;
    key.port = static_cast<std::uint16_t>(number);
    return key.to_string() == text ? std::optional(key) : std::nullopt;
}

Result<Keys> read_keys(const std::string& path) {
    if (verifiers::is_absent(path)) return Keys{};
    const auto text = verifiers::read_text_file(path);
    if (!text) return text.error();
    auto lists = verifiers::read_string_lists(*text, path);
    if (!lists) return std::move(lists).error();
    Keys keys;
    for (const auto& [name, entries] : *lists) {
        const auto key = trust_key_of(name);
        const auto bytes = entries.size() == 1 ? verifiers::from_base64(entries[0]) : std::nullopt;
        TrustedKey digest{};
        if (!key || !bytes || bytes->size() != digest.size()) {
            return make_error(Errc::bad_input,
                              path + ": \"" + escape_untrusted(name, 128) + "\": wanted " +
                                  (key ? "one SHA-256 in base64" : "\"PROTOCOL PORT NAME\""),
                              "put the file right, or away: then everybody is met anew");
        }
        std::copy(bytes->begin(), bytes->end(), digest.begin());
        keys[*key] = digest;
    }
    return keys;
}

class FileStore final : public KeptKeys {
public:
    FileStore(std::string path, Keys keys) : KeptKeys(std::move(keys)), path_(std::move(path)) {}

private:
    std::optional<ErrorDetail> keep(const Keys& keys) override {
        verifiers::StringLists lists;
        for (const auto& [key, digest] : keys) {
            lists[key.to_string()] = {verifiers::to_base64(digest)};
        }
        const std::string text = verifiers::write_string_lists(lists);
        // What could not be read again is not written.
        if (keys.size() > verifiers::kMaxKeys || text.size() > verifiers::kMaxFile) {
            return make_error(Errc::limit_exceeded,
                              path_ + ": would have more than " +
                                  std::to_string(verifiers::kMaxKeys) + " keys or " +
                                  std::to_string(verifiers::kMaxFile) + " bytes");
        }
        return verifiers::replace_file(path_, text);
    }

    const std::string path_;
};

}  // namespace

std::string TrustKey::to_string() const {
    return protocol + ' ' + std::to_string(port) + ' ' + identity;
}

std::shared_ptr<TrustStore> memory_trust_store() { return std::make_shared<KeptKeys>(Keys{}); }

Result<std::shared_ptr<TrustStore>> file_trust_store(const std::string& path) {
    auto keys = read_keys(path);
    if (!keys) return std::move(keys).error();
    return std::make_shared<FileStore>(path, *std::move(keys));
}

}  // namespace omnitls::inline v0
