// SPDX-License-Identifier: BSL-1.0
// A verifier as a class: a tiny store of public key pins (SHA-256 of the SubjectPublicKeyInfo) that takes the place of an authority.
//
//   verifier_pin HOST PORT PIN...             PIN: 64 hexadecimal digits; exit status: 0 accepted, 1 anything else
#include "support.hpp"
#include <omnitls/backends/openssl.hpp>

#include <iostream>
#include <set>

using example::hex;

// [pin]
class PinStore final : public omnitls::CertificateVerifier {
public:
    PinStore(const omnitls::spi::Crypto& crypto, std::set<std::string> pins)
        : crypto_(crypto), pins_(std::move(pins)) {}

    void verify(omnitls::Question question) override {
        omnitls::Verdict verdict = judge(question.request());
        std::move(question).answer(std::move(verdict));
    }

private:
    omnitls::Verdict judge(const omnitls::VerifyRequest& request) const {
        using enum omnitls::FindingCategory;
        const omnitls::Certificate* leaf = request.peer.leaf();
        const auto pin = leaf != nullptr ? leaf->spki_pin(crypto_) : std::nullopt;
        if (!pin) return omnitls::Verdict::rejected();
        if (!pins_.contains(hex(*pin))) {
            return omnitls::Verdict::rejected(omnitls::Errc::unknown_authority,
                                              omnitls::Alert::unknown_ca,
                                              "no pin for this server: " + hex(*pin));
        }
        // The pin stands for an authority. A wrong name or date is not excused by it.
        std::vector<omnitls::Finding> excused = request.failures();
        std::erase_if(excused, [](const omnitls::Finding& finding) {
            return finding.category != unknown_authority && finding.category != self_signed;
        });
        return omnitls::Verdict::trusted_despite(std::move(excused));
    }

    const omnitls::spi::Crypto& crypto_;
    const std::set<std::string> pins_;
};
// [/pin]

int main(int argc, char** argv) try {
    if (argc < 3) throw std::runtime_error("usage: verifier_pin HOST PORT PIN...");
    const omnitls::TlsBackend& backend = omnitls::backends::openssl();
    omnitls::ClientConfig config;  // no trust anchors: the verifier has its own idea of trust
    config.verifier =
        std::make_shared<PinStore>(backend.crypto(), std::set<std::string>(argv + 3, argv + argc));
    example::connect_and_report(backend, config, argv[1], argv[2]);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
