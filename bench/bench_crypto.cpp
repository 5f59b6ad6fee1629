// SPDX-License-Identifier: BSL-1.0
// The floor under every other figure: what OpenSSL's AEADs and memcpy cost on this machine, without any TLS. No goals.
// Usage: bench_crypto --help. --check compares what was opened with what was sealed.
#include "bench/measure.hpp"
#include "bench/native_link.hpp"
#include "bench/report.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using bench::ensure;
using ContextPtr = std::unique_ptr<EVP_CIPHER_CTX, bench::Freed<EVP_CIPHER_CTX_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER, bench::Freed<EVP_CIPHER_free>>;

constexpr std::size_t tag_size = 16;

/// Seals a record and opens it again, each with a fresh nonce and the header of a record, as TLS 1.3 does.
class SealAndOpen {
public:
    SealAndOpen(const char* algorithm, std::size_t size)
        : cipher_(EVP_CIPHER_fetch(nullptr, algorithm, nullptr)),
          plain_(size, 0x5a),
          sealed_(size),
          opened_(size) {
        ensure(cipher_ != nullptr, "OpenSSL has no such cipher");
        ensure(
            EVP_EncryptInit_ex2(seal_.get(), cipher_.get(), key_.data(), nullptr, nullptr) == 1 &&
                EVP_DecryptInit_ex2(open_.get(), cipher_.get(), key_.data(), nullptr, nullptr) == 1,
            "OpenSSL refuses the key");
    }

    void run(std::size_t records) {
        const int size = static_cast<int>(plain_.size());
        for (std::size_t i = 0; i < records; ++i) {
            std::memcpy(nonce_.data(), &++counter_, sizeof counter_);
            int done = 0;
            ensure(
                EVP_EncryptInit_ex2(seal_.get(), nullptr, nullptr, nonce_.data(), nullptr) == 1 &&
                    EVP_EncryptUpdate(seal_.get(), nullptr, &done, header_.data(),
                                      static_cast<int>(header_.size())) == 1 &&
                    EVP_EncryptUpdate(seal_.get(), sealed_.data(), &done, plain_.data(), size) ==
                        1 &&
                    EVP_EncryptFinal_ex(seal_.get(), tag_.data(), &done) == 1 &&
                    EVP_CIPHER_CTX_ctrl(seal_.get(), EVP_CTRL_AEAD_GET_TAG, int{tag_size},
                                        tag_.data()) == 1,
                "OpenSSL does not seal");
            ensure(
                EVP_DecryptInit_ex2(open_.get(), nullptr, nullptr, nonce_.data(), nullptr) == 1 &&
                    EVP_CIPHER_CTX_ctrl(open_.get(), EVP_CTRL_AEAD_SET_TAG, int{tag_size},
                                        tag_.data()) == 1 &&
                    EVP_DecryptUpdate(open_.get(), nullptr, &done, header_.data(),
                                      static_cast<int>(header_.size())) == 1 &&
                    EVP_DecryptUpdate(open_.get(), opened_.data(), &done, sealed_.data(), size) ==
                        1 &&
                    EVP_DecryptFinal_ex(open_.get(), opened_.data() + done, &done) == 1,
                "OpenSSL does not open");
        }
    }

    bool good() const { return opened_ == plain_ && sealed_ != plain_; }

private:
    CipherPtr cipher_;
    ContextPtr seal_{EVP_CIPHER_CTX_new()};
    ContextPtr open_{EVP_CIPHER_CTX_new()};
    std::array<std::uint8_t, 32> key_{7};
    std::array<std::uint8_t, 12> nonce_{};
    std::array<std::uint8_t, 5> header_{23, 3, 3};
    std::array<std::uint8_t, tag_size> tag_{};
    std::uint64_t counter_ = 0;
    std::vector<std::uint8_t> plain_;
    std::vector<std::uint8_t> sealed_;
    std::vector<std::uint8_t> opened_;
};

class Copy {
public:
    explicit Copy(std::size_t size) : from_(size, 0x5a), to_(size) {}
    void run(std::size_t copies) {
        for (std::size_t i = 0; i < copies; ++i) {
            from_[0] = static_cast<std::uint8_t>(i);
            // Through a pointer that the optimiser cannot see through, so that every copy is made.
            auto* volatile out = to_.data();
            std::memcpy(out, from_.data(), from_.size());
        }
    }
    bool good() const { return to_ == from_; }

private:
    std::vector<std::uint8_t> from_;
    std::vector<std::uint8_t> to_;
};

void run_benchmark(const bench::Options& options) {
    nlohmann::ordered_json facts;
    facts["openssl"] = OpenSSL_version(OPENSSL_FULL_VERSION_STRING);
    bench::Report report(std::move(facts));
    for (const std::size_t size : {std::size_t{16} * 1024, std::size_t{64}}) {
        const std::string name = size == 64 ? "records_64" : "records_16k";
        if (!options.wants(name)) continue;
        SealAndOpen aes128("AES-128-GCM", size);
        SealAndOpen aes256("AES-256-GCM", size);
        SealAndOpen chacha("ChaCha20-Poly1305", size);
        Copy copy(size);
        const std::vector<bench::Variant> variants{
            {"aes128gcm", [&](std::size_t n) { aes128.run(n); }},
            {"aes256gcm", [&](std::size_t n) { aes256.run(n); }},
            {"chacha20", [&](std::size_t n) { chacha.run(n); }},
            {"memcpy", [&](std::size_t n) { copy.run(n); }}};
        if (options.check) {
            for (const bench::Variant& one : variants) one.run(3);
            ensure(aes128.good() && aes256.good() && chacha.good() && copy.good(),
                   "what was opened is not what was sealed");
            std::printf("%-32s every byte is right\n", name.c_str());
        } else if (options.units > 0) {
            bench::run_only(variants, options);
        } else {
            const std::string unit =
                "of " + std::to_string(size) + " B sealed and opened, or copied";
            const auto outcomes =
                bench::interleave(variants, options.rounds, options.slice_seconds);
            for (const bench::Outcome& outcome : outcomes)
                report.add(name, outcome, outcomes[0], unit);
        }
    }
    report.write(options.json);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv, "OpenSSL's AEADs and memcpy, without any TLS.",
                              run_benchmark);
}
