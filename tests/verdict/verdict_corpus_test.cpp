// SPDX-License-Identifier: BSL-1.0
// Every entry of the corpus on every backend: judged alone, as `omnitls verify` does, and in a handshake with a peer that is not
// omnitls and shows exactly that chain. Both have to give the same findings, those that the corpus has by hand.
#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/verdict/corpus.hpp"
#include "tests/verdict/tally.hpp"

#include <algorithm>
#include <tuple>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

ClientConfig client_config_of(const CorpusEntry& entry) {
    ClientConfig config;
    config.trust = TrustAnchors::of(entry.anchors);
    config.intermediates = entry.intermediates;
    config.limits = entry.limits;
    config.clock = [time = entry.time] { return time; };
    config.keep_evidence = true;
    return config;
}

ServerConfig server_config_of(const CorpusEntry& entry) {
    ServerConfig config;
    config.identity = load_identity("leaf");
    config.client_auth = ClientAuth::require;
    config.client_trust = TrustAnchors::of(entry.anchors);
    config.intermediates = entry.intermediates;
    config.limits = entry.limits;
    config.clock = [time = entry.time] { return time; };
    config.keep_evidence = true;
    return config;
}

ClientTarget target_of(const CorpusEntry& entry) { return {.names = entry.names}; }

/// What is wrong with the evidence, or nothing.
std::string compare(const VerifyRequest& request, const CorpusEntry& entry) {
    const FindingSet found = finding_set(request);
    if (std::ranges::find(entry.expected, found) == entry.expected.end()) {
        std::string text = "found " + print(found) + ", expected";
        for (const FindingSet& one : entry.expected) text += " [" + print(one) + "]";
        for (const Finding& finding : request.failures()) text += "\n    " + finding.text;
        return text;
    }
    if (request.name.checked != (entry.role == Role::client)) return "whether names are checked";
    if (!found.empty()) return {};
    if (request.path.empty() || request.path.front().der() != entry.chain.front())
        return "the path does not begin with the leaf";
    if (std::ranges::find(entry.anchors, request.path.back()) == entry.anchors.end())
        return "the path does not end at an anchor";
    return {};
}

/// Twice, since a context remembers what it has read and found good.
std::string judge(const TlsBackend& backend, const CorpusEntry& entry,
                  const std::vector<Bytes>& chain) {
    if (entry.role == Role::client) {
        const auto context = must(backend.make_client_context(client_config_of(entry)));
        const std::string first = compare(*context->judge(chain, target_of(entry)), entry);
        return !first.empty() ? first : compare(*context->judge(chain, target_of(entry)), entry);
    }
    const auto context = must(backend.make_server_context(server_config_of(entry)));
    const std::string first = compare(*context->judge(chain), entry);
    if (!first.empty()) return first;
    const auto client = must(backend.make_client_context(client_config_of(entry)));
    const std::string second = compare(*context->judge(chain), entry);
    return !second.empty() ? second : compare(*client->judge(chain, {}, Role::server), entry);
}

std::unique_ptr<TlsEngine> engine_of(const TlsBackend& backend, const CorpusEntry& entry,
                                     ProtocolVersion version) {
    if (entry.role == Role::client) {
        ClientConfig config = client_config_of(entry);
        config.versions = VersionRange{version, version};
        return must(must(backend.make_client_context(config))->make_engine(target_of(entry)));
    }
    ServerConfig config = server_config_of(entry);
    config.versions = VersionRange{version, version};
    return must(must(backend.make_server_context(config))->make_engine());
}

std::unique_ptr<RawPeer> sender_of(const CorpusEntry& entry, const std::vector<Bytes>& chain,
                                   ProtocolVersion version) {
    RawPeerSetup setup;
    setup.role = entry.role == Role::client ? Role::server : Role::client;
    setup.version = version;
    setup.chain = chain;
    setup.key = entry.key;
    return make_raw_openssl(setup);
}

/// What is wrong with where the handshake ended: open with nothing found, else failed with the verdict's error, and the peer knows.
std::string compare_end(const Side& side, const RawPeer& peer, const VerifyRequest& request) {
    if (request.failures().empty()) {
        if (side.error) return "accepted, and then: " + side.error.message();
        if (side.engine->state() != State::open) return "accepted, and not open";
        return peer.done() && !peer.failed() ? "" : "accepted, and the peer is not done";
    }
    const Finding first = request.failures().front();
    if (side.engine->state() != State::failed) return "refused, and not failed";
    if (side.error != make_error_code(errc_for(first.category)))
        return "refused for " + std::string(finding_name(first.category)) +
               ", and the error is: " + side.error.message();
    const int alert = static_cast<int>(alert_for(first.category));
    if (peer.alert != alert)
        return "refused with alert " + std::to_string(alert) + ", and the peer got " +
               (peer.alert ? std::to_string(*peer.alert) : "none");
    return {};
}

/// What is wrong with the end of a handshake in which the verifier was not asked. A library that cannot read a certificate may end
/// the handshake itself, if it does so for the reason the verdict would have given. Anything else never came as far as a verdict.
std::string unread(const TlsBackend& backend, const CorpusEntry& entry, const Side& side,
                   const RawPeer& peer) {
    const auto alert = static_cast<Alert>(peer.alert.value_or(0));
    if (entry.malformed() && side.engine->state() == State::failed &&
        side.error == make_error_code(errc_for(FindingCategory::malformed)) &&
        (alert == Alert::bad_certificate || alert == Alert::unsupported_certificate)) {
        Tally::instance().unread(backend);
        return {};
    }
    const ErrorDetail* const error = side.engine->last_error();
    return "the verifier was not asked: " +
           (error != nullptr ? error->to_string() : std::string("no error")) +
           "; peer: " + peer.error;
}

std::string shake_hands(const TlsBackend& backend, const CorpusEntry& entry,
                        const std::vector<Bytes>& chain, ProtocolVersion version) {
    Side side;
    side.engine = engine_of(backend, entry, version);
    std::unique_ptr<RawPeer> peer;
    try {
        peer = sender_of(entry, chain, version);
    } catch (const CannotShow&) {
        // A later OpenSSL reads more strictly. What cannot be read by anybody cannot be shown, and it was judged.
        if (!entry.malformed()) throw;
        Tally::instance().left_out("this version of the sender, OpenSSL, cannot read it");
        return {};
    }
    exchange(side, *peer, Chunking::whole);
    if (side.questions == 0) return unread(backend, entry, side, *peer);
    if (side.questions != 1) return "the verifier was asked twice";
    const auto request = side.engine->evidence();
    if (!request) return "there is no evidence";
    const std::string problem = compare(*request, entry);
    return !problem.empty() ? problem : compare_end(side, *peer, *request);
}

/// Whether it is still so that no handshake is to be had: the sender refuses, or the verifier is never asked.
bool none_to_be_had(const TlsBackend& backend, const CorpusEntry& entry, ProtocolVersion version) {
    try {
        const auto peer = sender_of(entry, entry.chain, version);
        Side side;
        side.engine = engine_of(backend, entry, version);
        exchange(side, *peer, Chunking::whole);
        return side.questions == 0;
    } catch (const std::runtime_error&) {
        return true;
    }
}

/// The first problem that `cell` has with one of the chains.
template <class Cell>
std::string in_every_order(const std::vector<std::vector<Bytes>>& chains, const Cell& cell) {
    std::size_t number = 0;
    for (const std::vector<Bytes>& chain : chains) {
        Tally::instance().run();
        std::string problem;
        try {
            problem = cell(chain);
        } catch (const std::exception& error) {
            problem = error.what();
        }
        if (!problem.empty()) return "order " + std::to_string(number) + ": " + problem;
        ++number;
    }
    return {};
}

using RuleOnBackend = std::tuple<const TlsBackend*, const CorpusRule*>;

class Verdicts : public testing::TestWithParam<RuleOnBackend> {};

class CellsOf {
public:
    CellsOf(const TlsBackend& backend, const CorpusEntry& entry)
        : backend_(backend),
          entry_(entry),
          name_("Verdict." + entry.id + "_" + std::string(backend.name()) + "_"),
          orders_(entry.chains()) {}

    void judged() const {
        done("judge", in_every_order(orders_, [&](const auto& chain) {
                 return judge(backend_, entry_, chain);
             }));
    }
    /// `every`: in every order, else in the first.
    void shown(ProtocolVersion version, const std::string& way, bool every) const {
        if (const std::string& reason = entry_.none_with(version); !reason.empty()) {
            Tally::instance().left_out(reason);
            EXPECT_TRUE(none_to_be_had(backend_, entry_, version)) << name_ << way;
            return;
        }
        auto orders = orders_;
        if (!every) orders.resize(1);
        Tally::instance().orders_left_out(orders_.size() - orders.size());
        done(way, in_every_order(orders, [&](const auto& chain) {
                 return shake_hands(backend_, entry_, chain, version);
             }));
    }

private:
    void done(const std::string& way, const std::string& problem) const {
        Tally::instance().done(backend_, name_ + way, problem);
    }
    const TlsBackend& backend_;
    const CorpusEntry& entry_;
    const std::string name_;
    const std::vector<std::vector<Bytes>> orders_;
};

TEST_P(Verdicts, Rule) {
    const TlsBackend& backend = *std::get<0>(GetParam());
    const bool tls13 = backend.capabilities().has("tls13");
    for (const CorpusEntry& entry : std::get<1>(GetParam())->entries) {
        const CellsOf cells(backend, entry);
        cells.judged();
        if (tls13) cells.shown(ProtocolVersion::tls13, "tls13", true);
        if (backend.capabilities().has("tls12"))
            cells.shown(ProtocolVersion::tls12, "tls12", !tls13);
    }
}

std::vector<const CorpusRule*> all_rules() {
    std::vector<const CorpusRule*> rules;
    for (const CorpusRule& rule : corpus()) rules.push_back(&rule);
    return rules;
}

INSTANTIATE_TEST_SUITE_P(Every, Verdicts,
                         testing::Combine(testing::ValuesIn(built_backends()),
                                          testing::ValuesIn(all_rules())),
                         [](const testing::TestParamInfo<RuleOnBackend>& one) {
                             return std::get<1>(one.param)->id + "_" +
                                    std::string(std::get<0>(one.param)->name());
                         });

}  // namespace
}  // namespace omnitls::test
