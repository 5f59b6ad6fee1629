// SPDX-License-Identifier: BSL-1.0
// What both ends derive from a connection is the same, whichever two libraries they run on.
#include "tests/conformance/cell.hpp"
#include <omnitls/channel_binding.hpp>

#include <map>
#include <set>

namespace omnitls::test {
namespace {

using enum ChannelBindingType;

class Export : public CellTest {
protected:
    static Bytes exported(const Side& side, std::string_view label,
                          std::optional<ConstBytes> context, std::size_t length) {
        const SecretBytes out = must(side.engine->export_keying_material(label, context, length));
        return {out.bytes().begin(), out.bytes().end()};
    }
    static Pair opened(const PairSetup& setup) {
        Pair pair(setup);
        exchange(pair.client, pair.server, GetParam().chunking);
        EXPECT_EQ(pair.client.engine->state(), State::open);
        EXPECT_EQ(pair.server.engine->state(), State::open);
        return pair;
    }
    /// Whether both backends have it; for tests that need it.
    bool both_have(std::string_view capability) const {
        return GetParam().client->capabilities().has(capability) &&
               GetParam().server->capabilities().has(capability);
    }
};

TEST_P(Export, BothEndsExportTheSame) {
    OMNITLS_NEEDS(*GetParam().client, "exporter");
    OMNITLS_NEEDS(*GetParam().server, "exporter");
    const Pair pair = opened(GetParam().setup());
    const Bytes context{1, 2, 3};
    std::set<Bytes> all;
    for (const std::string_view label : {"EXPERIMENTAL a", "EXPERIMENTAL b"}) {
        for (const std::optional<ConstBytes> with :
             {std::optional<ConstBytes>(), std::optional<ConstBytes>(context)}) {
            const Bytes ours = exported(pair.client, label, with, 48);
            EXPECT_EQ(ours, exported(pair.server, label, with, 48));
            all.insert(ours);
        }
    }
    EXPECT_EQ(all.size(), 4U) << "label and context count";
    // RFC 8446 §7.5 hashes the context, RFC 5705 §4 tells none from an empty one.
    const Bytes none = exported(pair.client, "EXPERIMENTAL a", {}, 48);
    const Bytes empty = exported(pair.client, "EXPERIMENTAL a", ConstBytes(), 48);
    EXPECT_EQ(none == empty, GetParam().version == ProtocolVersion::tls13);
    const Pair other = opened(GetParam().setup());
    EXPECT_FALSE(all.contains(exported(other.client, "EXPERIMENTAL a", {}, 48)))
        << "another connection";
}

TEST_P(Export, BothEndsHaveTheSameBindings) {
    PairSetup setup = GetParam().setup();
    // Also when the evidence, with the server's certificate, has gone.
    setup.tune_client = [](ClientConfig& config) { config.keep_evidence = false; };
    const Pair pair = opened(setup);
    EXPECT_EQ(pair.client.engine->evidence(), nullptr);
    const bool tls13 = GetParam().version == ProtocolVersion::tls13;
    const std::map<ChannelBindingType, bool> expected{
        {tls_exporter, both_have("exporter")},
        {tls_unique, !tls13 && both_have("tls_unique")},
        {tls_server_end_point, true},
    };
    std::set<Bytes> all;
    for (const auto& [type, there] : expected) {
        SCOPED_TRACE(channel_binding_name(type));
        const auto ours = channel_binding(*pair.client.engine, type);
        const auto theirs = channel_binding(*pair.server.engine, type);
        EXPECT_EQ(ours && theirs, there);
        if (!ours || !theirs) continue;
        EXPECT_EQ(ours->data, theirs->data);
        EXPECT_EQ(ours->data.size(), type == tls_unique ? 12U : 32U);
        all.insert(ours->data);
    }
    EXPECT_GE(all.size(), 1U);
    const Pair other = opened(GetParam().setup());
    const auto again = best_channel_binding(*other.client.engine);
    ASSERT_TRUE(again);
    if (again->type != tls_server_end_point) {
        EXPECT_FALSE(all.contains(again->data)) << "another connection";
    }
}

INSTANTIATE_TEST_SUITE_P(Cells, Export, ::testing::ValuesIn(all_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
