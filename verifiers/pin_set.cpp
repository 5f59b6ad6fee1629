// SPDX-License-Identifier: BSL-1.0
#include "verifiers/base64.hpp"
#include "verifiers/file.hpp"
#include "verifiers/json.hpp"
#include <omnitls/verifiers/pin.hpp>

#include <algorithm>
#include <utility>

namespace omnitls::inline v0 {
namespace {

/// The content of the element with this tag that `der` begins with, which is taken off; nullopt if there is none. DER lengths alone.
std::optional<ConstBytes> take_element(ConstBytes& der, std::uint8_t tag) {
    if (der.size() < 2 || der[0] != tag) return std::nullopt;
    std::size_t header = 2;
    std::size_t size = der[1];
    if (size >= 0x80) {
        const std::size_t digits = size & 0x7fU;
        if (digits == 0 || digits > 3 || der.size() < 2 + digits) return std::nullopt;
        header += digits;
        size = 0;
        for (std::size_t i = 2; i < header; ++i) size = size << 8U | der[i];
        const bool shortest = der[2] != 0 && size >= 0x80;
        if (!shortest) return std::nullopt;
    }
    if (size > der.size() - header) return std::nullopt;
    const ConstBytes content = der.subspan(header, size);
    der = der.subspan(header + size);
    return content;
}

/// RFC 5280 §4.1: SEQUENCE { SEQUENCE { OBJECT IDENTIFIER, ... }, BIT STRING }. Tells a key from all that might be mistaken for one.
bool is_spki(ConstBytes der) {
    auto whole = take_element(der, 0x30);
    if (!whole || !der.empty()) return false;
    auto algorithm = take_element(*whole, 0x30);
    if (!algorithm || !take_element(*algorithm, 0x06)) return false;
    const auto key = take_element(*whole, 0x03);
    return key && key->size() > 1 && whole->empty();
}

Result<std::array<std::uint8_t, 32>> digest_of_entry(const std::string& entry, Pin::Kind kind,
                                                     const spi::Crypto& crypto) {
    const auto fault = [](std::string what) {
        return make_error(Errc::bad_input, std::move(what));
    };
    const std::optional<Bytes> bytes = verifiers::from_base64(entry);
    if (!bytes) return fault("no base64: \"" + escape_untrusted(entry, 32) + "\"");
    std::array<std::uint8_t, 32> digest{};
    if (bytes->size() == digest.size()) {
        std::copy(bytes->begin(), bytes->end(), digest.begin());
        return digest;
    }
    const std::string found = "found " + std::to_string(bytes->size()) + " bytes that are neither";
    if (kind == Pin::Kind::certificate) {
        if (const auto read = Certificate::parse(*bytes); !read) {
            return fault("wanted a SHA-256 or a certificate, " + found + ": " + read.error().what);
        }
    } else if (!is_spki(*bytes)) {
        return fault("wanted a SHA-256 or a SubjectPublicKeyInfo, " + found);
    }
    if (!crypto.digest(spi::Hash::sha256, *bytes, digest)) {
        return make_error(Errc::internal, "the TLS library did not make a SHA-256");
    }
    return digest;
}

Result<ReferenceIdentity> host_of_key(const std::string& key) {
    return key.find('@') == std::string::npos ? ReferenceIdentity::host(key)
                                              : ReferenceIdentity::xmpp_addr(key);
}

}  // namespace

std::optional<Pin> Pin::of(const Certificate& certificate, Kind kind,
                           const spi::Crypto& crypto) noexcept {
    const auto sha256 =
        kind == Kind::certificate ? certificate.fingerprint(crypto) : certificate.spki_pin(crypto);
    return sha256 ? std::optional<Pin>(Pin{kind, *sha256}) : std::nullopt;
}

std::string Pin::to_string() const {
    return (kind == Kind::certificate ? "certificate SHA-256 " : "public key SHA-256 ") +
           verifiers::to_base64(sha256);
}

bool PinSet::add(const ReferenceIdentity& host, const Pin& pin) {
    std::vector<Pin>& pins = pins_[host.value()];
    const auto at = std::lower_bound(pins.begin(), pins.end(), pin);
    if (at != pins.end() && *at == pin) return false;
    pins.insert(at, pin);
    return true;
}

bool PinSet::remove(const ReferenceIdentity& host, const Pin& pin) {
    const auto at = pins_.find(host.value());
    if (at == pins_.end() || std::erase(at->second, pin) == 0) return false;
    if (at->second.empty()) pins_.erase(at);
    return true;
}

std::vector<Pin> PinSet::find(const ReferenceIdentity& host) const {
    const auto at = pins_.find(host.value());
    return at == pins_.end() ? std::vector<Pin>{} : at->second;
}

std::vector<std::string> PinSet::hosts() const {
    std::vector<std::string> hosts;
    for (const auto& [host, pins] : pins_) hosts.push_back(host);
    return hosts;
}

Result<PinSet> PinSet::from_json(std::string_view json, Pin::Kind kind, const spi::Crypto& crypto,
                                 const std::string& source) {
    auto lists = verifiers::read_string_lists(json, source);
    if (!lists) return std::move(lists).error();
    PinSet set;
    for (const auto& [key, entries] : *lists) {
        const std::string at = source + ": \"" + escape_untrusted(key, 128) + "\"";
        const auto host = host_of_key(key);
        if (!host) return make_error(Errc::bad_input, at + ": no host: " + host.error().what);
        if (set.pins_.count(host->value()) != 0) {
            return make_error(Errc::bad_input, at + ": comes twice, in two spellings");
        }
        if (entries.empty()) return make_error(Errc::bad_input, at + ": has no entry");
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const auto digest = digest_of_entry(entries[i], kind, crypto);
            if (!digest) {
                return make_error(digest.error().code, at + ", entry " + std::to_string(i + 1) +
                                                           ": " + digest.error().what);
            }
            set.add(*host, {kind, *digest});
        }
    }
    return set;
}

Result<PinSet> PinSet::from_file(const std::string& path, Pin::Kind kind,
                                 const spi::Crypto& crypto) {
    auto text = verifiers::read_text_file(path);
    if (!text) return std::move(text).error();
    return from_json(*text, kind, crypto, path);
}

std::string PinSet::to_json(Pin::Kind kind) const {
    verifiers::StringLists lists;
    for (const auto& [host, pins] : pins_) {
        for (const Pin& pin : pins) {
            if (pin.kind == kind) lists[host].push_back(verifiers::to_base64(pin.sha256));
        }
    }
    return verifiers::write_string_lists(lists);
}

}  // namespace omnitls::inline v0
