// SPDX-License-Identifier: BSL-1.0
// Records that match, and sources of them.
#pragma once

#include "tests/verifiers/misbehaviour.hpp"
#include <omnitls/verifiers/dane.hpp>

#include <string>
#include <utility>

namespace omnitls::test {

/// The record that matches `certificate`.
inline TlsaRecord record_of(int usage, int selector, int matching_type,
                            const Certificate& certificate, const spi::Crypto& crypto) {
    TlsaRecord record;
    record.usage = static_cast<std::uint8_t>(usage);
    record.selector = static_cast<std::uint8_t>(selector);
    record.matching_type = static_cast<std::uint8_t>(matching_type);
    record.data = selector == 0 ? certificate.der() : certificate.fields().spki;
    if (matching_type == 0) return record;
    const auto hash = matching_type == 1 ? spi::Hash::sha256 : spi::Hash::sha512;
    Bytes digest(spi::digest_size(hash));
    if (!crypto.digest(hash, record.data, digest)) throw std::logic_error("no digest");
    record.data = digest;
    return record;
}

/// Always the same answer, and the names it was asked for.
class ScriptedSource final : public TlsaSource {
public:
    explicit ScriptedSource(TlsaAnswer answer) : answer_(std::move(answer)) {}
    void lookup(std::string name, std::stop_token, std::function<void(TlsaAnswer)> done) override {
        names.push_back(std::move(name));
        done(answer_);
    }
    std::vector<std::string> names{};

private:
    TlsaAnswer answer_;
};

/// A source that behaves so: yes is the key of `leaf_with_key("leaf-key")`, no is a bogus answer.
class BehavingSource final : public TlsaSource {
public:
    explicit BehavingSource(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}
    void lookup(std::string, std::stop_token stop, std::function<void(TlsaAnswer)> done) override {
        const Behaviour behaviour = behaviour_;
        behaviour({[done = std::move(done)](bool yes) {
                       TlsaAnswer answer;
                       answer.status = TlsaAnswer::Status::bogus;
                       if (yes) {
                           answer.status = TlsaAnswer::Status::secure;
                           answer.records = {record_of(3, 1, 1, leaf_with_key("leaf-key"),
                                                       fake_judge()->crypto())};
                       }
                       done(std::move(answer));
                   },
                   std::move(stop)});
    }

private:
    const Behaviour behaviour_;
};

}  // namespace omnitls::test
