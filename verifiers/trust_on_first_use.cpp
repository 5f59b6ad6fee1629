// SPDX-License-Identifier: BSL-1.0
// What is known of a peer, and what is to be asked about it. How many wait for one answer is trust_question.cpp's.
#include "verifiers/excuse.hpp"
#include "verifiers/trust_question.hpp"
#include <omnitls/judge.hpp>
#include <omnitls/verifiers/pin.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace omnitls::inline v0 {
namespace verifiers {
namespace {

Verdict refuse(std::string text, Errc code = Errc::certificate_rejected) {
    return Verdict::rejected(code, Alert::certificate_unknown, std::move(text));
}

std::string printed(const TrustedKey& key) { return Pin{Pin::Kind::public_key, key}.to_string(); }

std::vector<std::pair<FindingCategory, std::size_t>> what_fails(const VerifyRequest& request) {
    std::vector<std::pair<FindingCategory, std::size_t>> failing;
    for (const Finding& failure : request.failures()) {
        failing.emplace_back(failure.category, failure.depth);
    }
    std::sort(failing.begin(), failing.end());
    return failing;
}

}  // namespace

std::vector<Finding> Trust::excused(const VerifyRequest& request) const {
    return excused_failures(request, [this](const Finding& failure) {
        return is_excused_by_key(failure, options_.excuse);
    });
}

Verdict Trust::accepted(const VerifyRequest& request, const Peer& peer) const {
    return trust_despite(excused(request)).when_open([store = store_, peer] {
        const auto put = store->put(peer.key, peer.shown, peer.remembered);
        if (!put) throw std::runtime_error("the key is not remembered: " + put.error().what);
    });
}

Verdict Trust::refused(const Peer& peer, std::string text) {
    if (!text.empty()) return refuse(std::move(text));
    const std::string whose = escape_untrusted(peer.key.to_string());
    if (!peer.remembered) {
        return refuse("the key of " + whose + " is not known: " + printed(peer.shown));
    }
    return refuse("the key of " + whose + " has changed: remembered is " +
                  printed(*peer.remembered) + ", it shows " + printed(peer.shown));
}

Result<Peer> Trust::peer_of(const VerifyRequest& request) const {
    const Certificate* const leaf = request.peer.leaf();
    if (leaf == nullptr) {
        return make_error(Errc::certificate_rejected, "the peer's certificate cannot be read");
    }
    if (!request.judge) {
        return make_error(Errc::verifier_failed, "the evidence comes without digests");
    }
    if (request.role != Role::client || request.reference_identities.empty()) {
        return make_error(Errc::certificate_rejected,
                          "there is no name to remember the peer's key for");
    }
    const auto shown = leaf->spki_pin(request.judge->crypto());
    if (!shown) return make_error(Errc::internal, "the TLS library did not make a SHA-256");
    Peer peer{
        {options_.protocol, request.dial_port, request.reference_identities.front().to_string()},
        *shown,
        std::nullopt,
        what_fails(request)};
    auto remembered = store_->find(peer.key);
    if (!remembered) return std::move(remembered).error();
    peer.remembered = *remembered;
    return peer;
}

// Nullopt: the program is to be asked.
std::optional<Verdict> Trust::at_once(const VerifyRequest& request, const Peer& peer) const {
    std::vector<Finding> excused_now = excused(request);
    const bool all_excused = excused_now.size() == peer.failing.size();
    if (peer.remembered == peer.shown) return trust_despite(std::move(excused_now));
    if (peer.remembered) {
        const bool ask = options_.decide && all_excused && !request.resumed;
        return ask ? std::nullopt : std::optional(refused(peer, {}));
    }
    // Rejected for what is not excused, whatever anybody would say about the key.
    if (!all_excused) return trust_despite(std::move(excused_now));
    const bool good = request.baseline_passed();
    if (good && options_.good_peers == TrustOptions::GoodPeers::pass) return Verdict::trusted();
    if (request.resumed) return refused(peer, {});
    if (good || !options_.decide) return accepted(request, peer);
    return std::nullopt;
}

void Trust::verify(Question question) {
    const auto peer = peer_of(question.request());
    if (!peer) {
        // A store of somebody else's may have codes of its own.
        const std::error_code error = peer.error().code;
        const Errc code = error.category() == error_category() ? static_cast<Errc>(error.value())
                                                               : Errc::verifier_failed;
        return std::move(question).answer(refuse(peer.error().what, code));
    }
    if (auto verdict = at_once(question.request(), *peer)) {
        return std::move(question).answer(*std::move(verdict));
    }
    wait(std::move(question), *peer);
}

}  // namespace verifiers

namespace {

class TrustOnFirstUse final : public CertificateVerifier {
public:
    explicit TrustOnFirstUse(std::shared_ptr<verifiers::Trust> trust) : trust_(std::move(trust)) {}
    void verify(Question question) override {
        const auto trust = trust_;  // the program, when asked, may let go of this object
        trust->verify(std::move(question));
    }

private:
    const std::shared_ptr<verifiers::Trust> trust_;
};

bool is_protocol(const std::string& name) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    return !name.empty() && name.size() <= 64 && name.find_first_not_of(kAllowed) == name.npos;
}

}  // namespace

Result<std::shared_ptr<CertificateVerifier>> trust_on_first_use(std::shared_ptr<TrustStore> store,
                                                                TrustOptions options) {
    if (!store) return make_error(Errc::bad_config, "trust_on_first_use: the store is null");
    if (!is_protocol(options.protocol)) {
        return make_error(Errc::bad_config,
                          "TrustOptions::protocol: \"" + escape_untrusted(options.protocol, 80) +
                              "\" is not 1 to 64 of a-z, 0-9, \".\", \"_\", \"-\"",
                          "for example \"xmpp-client\"");
    }
    return std::make_shared<TrustOnFirstUse>(
        std::make_shared<verifiers::Trust>(std::move(store), std::move(options)));
}

}  // namespace omnitls::inline v0
