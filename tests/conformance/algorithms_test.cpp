// SPDX-License-Identifier: BSL-1.0
// Suites, groups and signature schemes: a context that is told one entry uses exactly that, with every other backend and on either
// side; against a peer that is told another the handshake fails for the same reason everywhere.
#include "tests/conformance/algorithm_lists.hpp"
#include "tests/conformance/cell.hpp"

#include <algorithm>
#include <utility>

#include <gmock/gmock.h>

namespace omnitls::test {
namespace {

using enum ProtocolVersion;
using ::testing::HasSubstr;
/// What one context is told, and what must come of it.
struct Entry {
    List list;
    Numbers told;
    Numbers another;   ///< With this in place of it there is nothing in common.
    const char* role;  ///< The server's certificate, which is for both.
    /// Told to both sides in addition, so that nothing but the entry decides.
    Numbers with_suites{};

    std::uint16_t expected() const { return told.back(); }
    std::string name() const {
        std::string text;
        for (const std::uint16_t id : told)
            text += (text.empty() ? "" : "_or_") + entry_name(list, id);
        return text;
    }
};

std::vector<Entry> tls13_entries() {
    std::vector<Entry> entries{
        {suites, {0x1301}, {0x1302}, "leaf"},
        {suites, {0x1302}, {0x1303}, "leaf"},
        {suites, {0x1303}, {0x1301}, "leaf"},
        {schemes, {0x0403}, {0x0804}, "leaf"},
        {schemes, {0x0503}, {0x0403}, "leaf_p384"},
        {schemes, {0x0603}, {0x0403}, "leaf_p521"},
        {schemes, {0x0804}, {0x0805}, "leaf_rsa"},
        {schemes, {0x0805}, {0x0806}, "leaf_rsa"},
        {schemes, {0x0806}, {0x0804}, "leaf_rsa"},
        {schemes, {0x0807}, {0x0403}, "leaf_ed25519"},
        {schemes, {0x0808}, {0x0403}, "leaf_ed448"},
        {schemes, {0x0809}, {0x0804}, "leaf_rsa_pss"},
        {schemes, {0x080a}, {0x0804}, "leaf_rsa_pss"},
        {schemes, {0x080b}, {0x0804}, "leaf_rsa_pss"},
    };
    for (const std::uint16_t id : every_entry().groups)
        entries.push_back({groups,
                           {id},
                           {id == 0x001d ? std::uint16_t{0x0017} : std::uint16_t{0x001d}},
                           "leaf_rsa"});
    return entries;
}

std::vector<Entry> tls12_entries() {
    const Numbers ecdhe{0xc030};
    std::vector<Entry> entries{
        {suites, {0xc02b}, {0xc02c}, "leaf"},
        {suites, {0xc02c}, {0xcca9}, "leaf"},
        {suites, {0xcca9}, {0xc02b}, "leaf"},
        {suites, {0xc02f}, {0xc030}, "leaf_rsa"},
        {suites, {0xc030}, {0xcca8}, "leaf_rsa"},
        {suites, {0xcca8}, {0xc02f}, "leaf_rsa"},
        {suites, {0x009e}, {0x009f}, "leaf_rsa"},
        {suites, {0x009f}, {0xccaa}, "leaf_rsa"},
        {suites, {0xccaa}, {0x009e}, "leaf_rsa"},
        {groups, {0x0017}, {0x001d}, "leaf_rsa", ecdhe},
        {schemes, {0x0403}, {0x0401}, "leaf"},
        {schemes, {0x0503}, {0x0401}, "leaf_p384"},
        {schemes, {0x0603}, {0x0401}, "leaf_p521"},
        {schemes, {0x0401}, {0x0501}, "leaf_rsa"},
        {schemes, {0x0501}, {0x0601}, "leaf_rsa"},
        {schemes, {0x0601}, {0x0401}, "leaf_rsa"},
        // For a library that takes hashes.
        {schemes, {0x0403, 0x0401}, {0x0503, 0x0501}, "leaf_rsa"},
        {schemes, {0x0503, 0x0501}, {0x0603, 0x0601}, "leaf_rsa"},
        {schemes, {0x0603, 0x0601}, {0x0403, 0x0401}, "leaf_rsa"},
        {schemes, {0x0401, 0x0403}, {0x0501, 0x0503}, "leaf"},
        {schemes, {0x0804}, {0x0805}, "leaf_rsa"},
        {schemes, {0x0805}, {0x0806}, "leaf_rsa"},
        {schemes, {0x0806}, {0x0804}, "leaf_rsa"},
        {schemes, {0x0807}, {0x0403}, "leaf_ed25519"},
        {schemes, {0x0808}, {0x0403}, "leaf_ed448"},
        {schemes, {0x0809}, {0x0804}, "leaf_rsa_pss"},
        {schemes, {0x080a}, {0x0804}, "leaf_rsa_pss"},
        {schemes, {0x080b}, {0x0804}, "leaf_rsa_pss"},
    };
    for (const std::uint16_t id : Numbers{0x001d, 0x001e, 0x0018, 0x0019})
        entries.push_back({groups, {id}, {0x0017}, "leaf_rsa", ecdhe});
    // RFC 7919: only where the library has it in TLS 1.2.
    for (const std::uint16_t id : Numbers{0x0100, 0x0101, 0x0102, 0x0103, 0x0104})
        entries.push_back({groups,
                           {id},
                           {id == 0x0100 ? std::uint16_t{0x0101} : std::uint16_t{0x0100}},
                           "leaf_rsa",
                           {0x009f}});
    return entries;
}

struct Case {
    const TlsBackend* client;
    const TlsBackend* server;
    ProtocolVersion version;
    Entry entry;
};

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const TlsBackend* client : built_backends())
        for (const TlsBackend* server : built_backends())
            for (const ProtocolVersion version : {tls12, tls13})
                for (const Entry& entry : version == tls13 ? tls13_entries() : tls12_entries())
                    all.push_back({client, server, version, entry});
    return all;
}

void PrintTo(const Case& one, std::ostream* out) {
    *out << one.entry.name() << ", " << one.client->name() << " to " << one.server->name();
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
    const Case& one = info.param;
    return one.entry.name() + "_" + std::string(one.client->name()) + "_to_" +
           std::string(one.server->name()) + (one.version == tls13 ? "_tls13" : "_tls12");
}

class Algorithm : public ::testing::TestWithParam<Case> {
protected:
    void SetUp() override {
        const Case& one = GetParam();
        OMNITLS_NEEDS(*one.client, capability_of(one.version));
        OMNITLS_NEEDS(*one.server, capability_of(one.version));
        if (const auto refused = refusal()) {
            EXPECT_EQ(refused->code, Errc::not_supported) << refused->what;
            EXPECT_THAT(refused->what, HasSubstr("(capability "));
            GTEST_SKIP() << refused->what;
        }
        watch_.emplace(known_gaps(),
                       name_of(*::testing::UnitTest::GetInstance()->current_test_info()),
                       std::vector{one.client, one.server});
    }
    void TearDown() override {
        if (watch_) watch_->report();
    }

    /// An empty list: what the profile says.
    static PairSetup setup(const Numbers& client, const Numbers& server) {
        const Case& one = GetParam();
        PairSetup result;
        result.client_backend = one.client;
        result.server_backend = one.server;
        result.versions = result.server_versions = VersionRange{one.version, one.version};
        result.server_role = one.entry.role;
        result.tune_client = [=](ClientConfig& config) {
            config.algorithms.cipher_suites = one.entry.with_suites;
            config.algorithms.*one.entry.list = client;
        };
        result.tune_server = [=](ServerConfig& config) {
            config.algorithms.cipher_suites = one.entry.with_suites;
            config.algorithms.*one.entry.list = server;
        };
        return result;
    }
    static std::optional<ErrorDetail> refusal() {
        const Entry& entry = GetParam().entry;
        for (const Numbers& told : {entry.told, entry.another}) {
            const PairSetup both = setup(told, told);
            const auto client = both.client_backend->make_client_context(client_config(both));
            if (!client) return client.error();
            const auto server = both.server_backend->make_server_context(server_config(both));
            if (!server && told == entry.told) return server.error();
        }
        return std::nullopt;
    }
    static bool is_of_profile() {
        const Numbers& all = profile_algorithms(Profile::intermediate).*GetParam().entry.list;
        return std::ranges::find(all, GetParam().entry.expected()) != all.end();
    }
    static std::uint16_t used(const ConnectionInfo& info) {
        const List list = GetParam().entry.list;
        return list == suites   ? info.cipher_suite
               : list == groups ? info.group
                                : info.signature_scheme;
    }

private:
    std::optional<GapWatch> watch_;
};

std::string words(const Side& side) {
    const ErrorDetail* const error = side.engine->last_error();
    return error != nullptr ? error->to_string() : std::string(state_name(side.engine->state()));
}

// An entry without a row would never be shaken hands with.
TEST(AlgorithmRows, AreThereForEveryEntry) {
    std::vector<Entry> rows = tls13_entries();
    const std::vector<Entry> of12 = tls12_entries();
    rows.insert(rows.end(), of12.begin(), of12.end());
    const Algorithms all = every_entry();
    for (const auto list : {suites, groups, schemes}) {
        for (const std::uint16_t id : all.*list) {
            EXPECT_TRUE(std::ranges::any_of(rows, [&](const Entry& row) {
                return row.list == list && row.expected() == id;
            })) << entry_name(list, id);
        }
    }
}

TEST_P(Algorithm, ThatOneSideIsToldIsTheOneThatIsUsed) {
    const Entry& entry = GetParam().entry;
    struct Told {
        const char* who;
        Numbers client;
        Numbers server;
    };
    std::vector<Told> rows{{"both", entry.told, entry.told}};
    if (is_of_profile()) rows.push_back({"the client", entry.told, {}});
    if (is_of_profile()) rows.push_back({"the server", {}, entry.told});
    for (const Told& told : rows) {
        SCOPED_TRACE(told.who);
        Pair pair(setup(told.client, told.server));
        exchange(pair.client, pair.server, Chunking::whole);
        EXPECT_EQ(pair.client.engine->state(), State::open) << words(pair.client) << "\n"
                                                            << words(pair.server);
        EXPECT_EQ(pair.server.engine->state(), State::open);
        EXPECT_EQ(used(pair.client.engine->info()), entry.expected());
        // The client has signed nothing.
        if (entry.list != schemes) {
            EXPECT_EQ(used(pair.server.engine->info()), entry.expected());
        }
    }
}

TEST_P(Algorithm, ThatOnlyOneSideHasFailsForTheSameReason) {
    const Entry& entry = GetParam().entry;
    for (const bool common : {true, false}) {
        SCOPED_TRACE(common);
        Pair pair(setup(common ? entry.told : entry.another, entry.told));
        exchange(pair.client, pair.server, Chunking::whole);
        EXPECT_EQ(pair.client.engine->state(), common ? State::open : State::failed);
        if (common) continue;
        EXPECT_EQ(pair.client.questions, 0);
        ASSERT_NE(pair.server.engine->last_error(), nullptr);
        ASSERT_NE(pair.client.engine->last_error(), nullptr);
        const ErrorDetail& server = *pair.server.engine->last_error();
        const ErrorDetail& client = *pair.client.engine->last_error();
        EXPECT_EQ(server.code, Errc::no_common_parameters) << server.to_string();
        EXPECT_EQ(client.code, Errc::no_common_parameters) << client.to_string();
        EXPECT_EQ(server.alert_sent, Alert::handshake_failure);
        EXPECT_EQ(client.alert_received, Alert::handshake_failure);
        EXPECT_EQ(server.phase, Phase::handshake);
        EXPECT_EQ(client.phase, Phase::handshake);
    }
}

INSTANTIATE_TEST_SUITE_P(Every, Algorithm, ::testing::ValuesIn(cases()), case_name);

// ---- The server's order ----

class AlgorithmOrder : public CellTest {
protected:
    /// Both orders, and the client's always the other way round.
    static void expect_servers_order(List list, const Numbers& two) {
        for (const bool backwards : {false, true}) {
            SCOPED_TRACE(backwards);
            Numbers servers = two;
            if (backwards) std::ranges::reverse(servers);
            Numbers clients = servers;
            std::ranges::reverse(clients);
            PairSetup setup = GetParam().setup();
            setup.server_role = "leaf_rsa";
            setup.tune_client = [&](ClientConfig& config) { config.algorithms.*list = clients; };
            setup.server_versions = setup.versions;
            setup.tune_server = [&](ServerConfig& config) { config.algorithms.*list = servers; };
            Pair ends(setup);
            exchange(ends.client, ends.server, Chunking::whole);
            const ConnectionInfo& info = ends.client.engine->info();
            EXPECT_EQ(ends.client.engine->state(), State::open) << words(ends.client);
            EXPECT_EQ(list == suites ? info.cipher_suite : info.group, servers.front());
        }
    }
};

TEST_P(AlgorithmOrder, OfSuitesIsTheServers) {
    const bool tls13 = GetParam().version == ProtocolVersion::tls13;
    expect_servers_order(suites, tls13 ? Numbers{0x1301, 0x1303} : Numbers{0xc02f, 0xcca8});
}

TEST_P(AlgorithmOrder, OfGroupsIsTheServers) { expect_servers_order(groups, {0x001d, 0x0017}); }

INSTANTIATE_TEST_SUITE_P(Every, AlgorithmOrder, ::testing::ValuesIn(whole_cells()), cell_name);

// ---- Nothing named ----

class AlgorithmDefault : public CellTest {};

// What a client offers for the version that it would rather have must not be in the way of the other.
TEST_P(AlgorithmDefault, OfAClientIsGoodForAServerOfOneVersion) {
    for (const char* const role : {"leaf", "leaf_rsa"}) {
        SCOPED_TRACE(role);
        PairSetup setup = GetParam().setup();
        setup.server_role = role;
        setup.server_versions = std::exchange(setup.versions, std::nullopt);
        Pair ends(setup);
        exchange(ends.client, ends.server, Chunking::whole);
        expect_open(ends.client);
        expect_open(ends.server);
        EXPECT_EQ(ends.client.engine->info().version, GetParam().version);
    }
}

INSTANTIATE_TEST_SUITE_P(Every, AlgorithmDefault, ::testing::ValuesIn(whole_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
