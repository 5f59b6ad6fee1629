// SPDX-License-Identifier: BSL-1.0
#include "verifiers/excuse.hpp"
#include <omnitls/judge.hpp>
#include <omnitls/verifiers/pin.hpp>

#include <algorithm>
#include <utility>

namespace omnitls::inline v0 {
namespace {

using verifiers::is_excused_by_key;

class PinVerifier final : public CertificateVerifier {
public:
    PinVerifier(PinSet pins, PinOptions options)
        : pins_(std::move(pins)), options_(std::move(options)) {}

    void verify(Question question) override {
        Verdict verdict = judge(question.request());
        std::move(question).answer(std::move(verdict));
    }

private:
    std::vector<Pin> pins_for(const VerifyRequest& request) const {
        std::vector<Pin> pins;
        for (const ReferenceIdentity& host : request.reference_identities) {
            for (const Pin& pin : pins_.find(host)) pins.push_back(pin);
        }
        return pins;
    }

    Verdict judge(const VerifyRequest& request) const {
        const std::vector<Pin> pins = pins_for(request);
        if (pins.empty()) {
            if (options_.unpinned == PinOptions::Unpinned::baseline) return Verdict::trusted();
            return Verdict::rejected(Errc::unknown_authority, Alert::unknown_ca,
                                     "no pin is known for " + verifiers::names_of(request));
        }
        const Certificate* const leaf = request.peer.leaf();
        if (leaf == nullptr) {
            return Verdict::rejected(Errc::certificate_rejected, Alert::bad_certificate,
                                     "the peer's certificate cannot be read, so no pin is its");
        }
        if (!request.judge) {
            return Verdict::rejected(Errc::verifier_failed, Alert::certificate_unknown,
                                     "the evidence comes without digests to compare pins with");
        }
        return judge_leaf(request, *leaf, pins, request.judge->crypto());
    }

    Verdict judge_leaf(const VerifyRequest& request, const Certificate& leaf,
                       const std::vector<Pin>& pins, const spi::Crypto& crypto) const {
        const auto has = [&](const std::optional<Pin>& one) {
            return one && std::find(pins.begin(), pins.end(), *one) != pins.end();
        };
        const auto key = Pin::of(leaf, Pin::Kind::public_key, crypto);
        const auto whole = Pin::of(leaf, Pin::Kind::certificate, crypto);
        if (has(key) || has(whole)) {
            return verifiers::trust_despite(
                verifiers::excused_failures(request, [this](const Finding& failure) {
                    return is_excused_by_key(failure, options_.excuse);
                }));
        }
        if (options_.anywhere_on_path) {
            for (const Certificate& certificate : request.path) {
                if (has(Pin::of(certificate, Pin::Kind::public_key, crypto))) {
                    return Verdict::trusted();  // what is wrong with the path is not excused
                }
            }
        }
        if (!key || !whole) {
            return Verdict::rejected(Errc::internal, Alert::internal_error,
                                     "the TLS library did not make a SHA-256");
        }
        return Verdict::rejected(Errc::unknown_authority, Alert::unknown_ca,
                                 leaf.describe() + " is none of the " +
                                     std::to_string(pins.size()) + " pinned for " +
                                     verifiers::names_of(request) + "; it has " + key->to_string() +
                                     ", " + whole->to_string());
    }

    const PinSet pins_;
    const PinOptions options_;
};

}  // namespace

std::shared_ptr<CertificateVerifier> pin(PinSet pins, PinOptions options) {
    return std::make_shared<PinVerifier>(std::move(pins), std::move(options));
}

}  // namespace omnitls::inline v0
