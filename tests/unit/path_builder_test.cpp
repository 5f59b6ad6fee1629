// SPDX-License-Identifier: BSL-1.0
// Which paths are enumerated, in which order, and that no shape of chain makes it dear.
#include "core/path_builder.hpp"

#include "tests/support/certificate_builder.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace omnitls {
namespace {

using core::Path;
using core::PathBuilder;
using test::authority;
using test::build;
using test::CertificateSpec;
using test::root_authority;

CertificateSpec leaf_by(const std::string& issuer, const std::string& key) {
    CertificateSpec spec;
    spec.issuer = issuer;
    spec.signed_by = key;
    return spec;
}

/// A chain and the anchors, kept alive; and the paths as text: the serials, leaf first.
struct World {
    std::vector<Certificate> sent;
    std::vector<Certificate> intermediates;
    std::vector<Certificate> anchors;
    Limits limits;

    std::vector<spi::PathElement> elements() const {
        std::vector<spi::PathElement> out;
        for (const auto& certificate : sent) out.push_back({&certificate, &certificate});
        return out;
    }
    struct Outcome {
        std::vector<std::string> paths;
        std::string exceeded;
        std::string partial;
        std::size_t steps = 0;
    };
    Outcome run() const {
        const auto chain = elements();
        PathBuilder builder({chain, intermediates, anchors}, limits);
        Outcome outcome;
        while (const Path* path = builder.next()) outcome.paths.push_back(print(*path));
        EXPECT_EQ(builder.next(), nullptr);  // the end is sticky
        outcome.steps = builder.steps();
        outcome.exceeded = builder.exceeded();
        outcome.partial = print(builder.partial());
        EXPECT_LE(builder.steps(), PathBuilder::max_steps(limits));
        EXPECT_LE(outcome.steps, PathBuilder::max_steps(limits));
        EXPECT_LE(outcome.paths.size(), std::max<std::size_t>(limits.candidate_paths, 1));
        return outcome;
    }
    static std::string print(const Path& path) {
        std::string text;
        for (const auto& element : path) {
            text += text.empty() ? "" : " ";
            const Bytes& serial = element.certificate->fields().serial;
            text += std::to_string(serial.back() + 256U * (serial.size() > 1 ? serial[0] : 0U));
        }
        return text;
    }
};

Certificate numbered(CertificateSpec spec, unsigned serial) {
    spec.serial = serial;
    return build(spec);
}

using Paths = std::vector<std::string>;

TEST(PathBuilder, OrdinaryChain) {
    World world;
    world.sent = {numbered(leaf_by("ca", "ca-key"), 1),
                  numbered(authority("ca", "root", "ca-key", "root-key"), 2)};
    EXPECT_EQ(world.run().paths, Paths{});
    EXPECT_EQ(world.run().partial, "1 2");
    EXPECT_EQ(world.run().exceeded, "");
    world.anchors = {numbered(root_authority("other", "other-key"), 8),
                     numbered(root_authority("root", "root-key"), 9)};
    EXPECT_EQ(world.run().paths, Paths{"1 2 9"});
}

TEST(PathBuilder, OrderOfTheChainDoesNotMatterAndStrangersAreIgnored) {
    World world;
    world.sent = {numbered(leaf_by("a", "a-key"), 1),
                  numbered(authority("stranger", "nobody", "s-key", "n-key"), 5),
                  numbered(authority("b", "root", "b-key", "root-key"), 3),
                  numbered(authority("a", "b", "a-key", "b-key"), 2)};
    world.anchors = {numbered(root_authority("root", "root-key"), 9)};
    EXPECT_EQ(world.run().paths, Paths{"1 2 3 9"});
}

TEST(PathBuilder, MissingIntermediateMayBeConfigured) {
    World world;
    world.sent = {numbered(leaf_by("ca", "ca-key"), 1)};
    world.anchors = {numbered(root_authority("root", "root-key"), 9)};
    EXPECT_EQ(world.run().paths, Paths{});
    EXPECT_EQ(world.run().partial, "1");
    world.intermediates = {numbered(authority("ca", "root", "ca-key", "root-key"), 2)};
    EXPECT_EQ(world.run().paths, Paths{"1 2 9"});
}

TEST(PathBuilder, LeafThatIsAnAnchorIsAPathOfOne) {
    World world;
    CertificateSpec self = leaf_by("leaf", "leaf-key");
    world.sent = {numbered(self, 1)};
    world.anchors = {numbered(self, 2)};  // same name and key, another certificate
    EXPECT_EQ(world.run().paths, Paths{});
    world.anchors = {numbered(self, 1)};
    EXPECT_EQ(world.run().paths, Paths{"1"});

    // An issued leaf as anchor: alone first, then what its issuers offer.
    world.sent = {numbered(leaf_by("root", "root-key"), 1)};
    world.anchors = {numbered(root_authority("root", "root-key"), 9), world.sent.front()};
    EXPECT_EQ(world.run().paths, (Paths{"1", "1 9"}));
}

TEST(PathBuilder, IntermediateAsAnchorEndsThePath) {
    World world;
    world.sent = {numbered(leaf_by("ca", "ca-key"), 1),
                  numbered(authority("ca", "root", "ca-key", "root-key"), 2)};
    world.anchors = {numbered(root_authority("root", "root-key"), 9), world.sent[1]};
    EXPECT_EQ(world.run().paths, Paths{"1 2"});
}

TEST(PathBuilder, SentAnchorKeepsTheNativeHandle) {
    World world;
    world.sent = {numbered(leaf_by("root", "root-key"), 1),
                  numbered(root_authority("root", "root-key"), 9)};
    world.anchors = {numbered(root_authority("root", "root-key"), 9)};
    const auto chain = world.elements();
    PathBuilder builder({chain, world.intermediates, world.anchors}, world.limits);
    const Path* path = builder.next();
    ASSERT_NE(path, nullptr);
    ASSERT_EQ(path->size(), 2U);
    EXPECT_EQ(path->at(0).native, &world.sent[0]);
    EXPECT_EQ(path->at(1).native, &world.sent[1]);
    EXPECT_EQ(path->at(1).certificate, &world.anchors[0]);
    EXPECT_EQ(builder.next(), nullptr);
}

TEST(PathBuilder, TwoAnchorsOfOneName) {
    World world;
    world.sent = {numbered(leaf_by("root", "new-key"), 1)};
    world.anchors = {numbered(root_authority("root", "old-key"), 8),
                     numbered(root_authority("root", "new-key"), 9)};
    EXPECT_EQ(world.run().paths, (Paths{"1 8", "1 9"}));
}

TEST(PathBuilder, KeyIdentifiersOrderButDoNotFilter) {
    World world;
    CertificateSpec leaf = leaf_by("root", "new-key");
    leaf.authority_key_id = "new";
    CertificateSpec other = root_authority("root", "old-key");
    other.subject_key_id = "old";
    CertificateSpec silent = root_authority("root", "silent-key");
    CertificateSpec right = root_authority("root", "new-key");
    right.subject_key_id = "new";
    world.sent = {numbered(leaf, 1)};
    world.anchors = {numbered(other, 2), numbered(silent, 3), numbered(right, 4)};
    EXPECT_EQ(world.run().paths, (Paths{"1 4", "1 3", "1 2"}));
}

TEST(PathBuilder, BacktracksThroughCrossSignedTwins) {
    // "ca" is certified by two authorities, of which only one leads to the anchor; and by a forged twin.
    World world;
    world.sent = {numbered(leaf_by("ca", "ca-key"), 1),
                  numbered(authority("ca", "unknown", "ca-key", "unknown-key"), 2),
                  numbered(authority("ca", "root", "forged-key", "root-key"), 3),
                  numbered(authority("ca", "mid", "ca-key", "mid-key"), 4),
                  numbered(authority("mid", "root", "mid-key", "root-key"), 5)};
    world.anchors = {numbered(root_authority("root", "root-key"), 9)};
    EXPECT_EQ(world.run().paths, (Paths{"1 3 9", "1 4 5 9"}));
}

TEST(PathBuilder, OrderIsAnchorsThenSentThenConfigured) {
    World world;
    world.sent = {numbered(leaf_by("x", "x-key"), 1),
                  numbered(authority("x", "root", "x2", "root-key"), 2)};
    world.intermediates = {numbered(authority("x", "root", "x3", "root-key"), 3)};
    world.anchors = {numbered(root_authority("root", "root-key"), 9),
                     numbered(root_authority("x", "x4"), 4)};
    EXPECT_EQ(world.run().paths, (Paths{"1 4", "1 2 9", "1 3 9"}));
}

TEST(PathBuilder, DuplicatesAreTriedOnce) {
    World world;
    const Certificate ca = numbered(authority("ca", "root", "ca-key", "root-key"), 2);
    const Certificate root = numbered(root_authority("root", "root-key"), 9);
    world.sent = {numbered(leaf_by("ca", "ca-key"), 1), ca, ca, ca, root};
    world.intermediates = {ca, root};
    world.anchors = {root};
    EXPECT_EQ(world.run().paths, Paths{"1 2 9"});
}

TEST(PathBuilder, CyclesEnd) {
    World world;
    world.sent = {numbered(leaf_by("a", "a-key"), 1),
                  numbered(authority("a", "b", "a-key", "b-key"), 2),
                  numbered(authority("b", "c", "b-key", "c-key"), 3),
                  numbered(authority("c", "a", "c-key", "a-key"), 4),
                  numbered(authority("a", "a", "a-key", "a-key"), 5)};
    EXPECT_EQ(world.run().paths, Paths{});
    EXPECT_EQ(world.run().partial, "1 2 3 4");
    world.anchors = {numbered(root_authority("c", "c-key"), 9)};
    EXPECT_EQ(world.run().paths, Paths{"1 2 3 9"});
}

TEST(PathBuilder, LeafThatIssuesItselfEnds) {
    World world;
    world.sent = {numbered(leaf_by("leaf", "leaf-key"), 1),
                  numbered(leaf_by("leaf", "leaf-key"), 2)};
    EXPECT_EQ(world.run().paths, Paths{});
    EXPECT_EQ(world.run().partial, "1");
}

TEST(PathBuilder, DepthIsLimitedAndSaidSo) {
    for (const std::size_t middle : {6U, 7U, 100U}) {
        World world;
        world.sent = {numbered(leaf_by("ca0", "k0"), 1)};
        for (std::size_t i = 0; i < middle; ++i) {
            const std::string n = std::to_string(i);
            const std::string next = std::to_string(i + 1);
            world.sent.push_back(numbered(authority("ca" + n, "ca" + next, "k" + n, "k" + next),
                                          static_cast<unsigned>(i + 2)));
        }
        const std::string top = std::to_string(middle);
        world.anchors = {build(root_authority("ca" + top, "k" + top))};
        const auto outcome = world.run();
        const bool fits = middle + 2 <= world.limits.path_depth;
        EXPECT_EQ(outcome.paths.size(), fits ? 1U : 0U) << middle;
        EXPECT_EQ(outcome.exceeded, fits ? "" : "path_depth") << middle;
        world.limits.path_depth = middle + 2;
        EXPECT_EQ(world.run().paths.size(), 1U) << middle;
        EXPECT_EQ(world.run().exceeded, "") << middle;
    }
}

TEST(PathBuilder, ShortWayIsFoundWhereTheLongOneIsTooLong) {
    World world;
    world.limits.path_depth = 3;
    world.sent = {numbered(leaf_by("ca", "ca-key"), 1),
                  numbered(authority("ca", "far", "ca-key", "far-key"), 2),
                  numbered(authority("far", "root", "far-key", "root-key"), 3),
                  numbered(authority("ca", "root", "ca-key", "root-key"), 4)};
    world.anchors = {numbered(root_authority("root", "root-key"), 9)};
    EXPECT_EQ(world.run().paths, Paths{"1 4 9"});
    EXPECT_EQ(world.run().exceeded, "");
}

TEST(PathBuilder, CandidatePathsAreLimitedAndSaidSo) {
    for (const unsigned twins : {32U, 33U, 300U}) {
        World world;
        world.sent = {numbered(leaf_by("ca", "k0"), 1)};
        for (unsigned i = 0; i < twins; ++i) {
            world.sent.push_back(
                numbered(authority("ca", "root", "k" + std::to_string(i), "root-key"), i + 2));
        }
        world.anchors = {build(root_authority("root", "root-key"))};
        const auto outcome = world.run();
        EXPECT_EQ(outcome.paths.size(), 32U);
        EXPECT_EQ(std::set(outcome.paths.begin(), outcome.paths.end()).size(), 32U);
        EXPECT_EQ(outcome.exceeded, twins <= 32 ? "" : "candidate_paths") << twins;
    }
}

// Same-named, self-issued authorities with keys of their own: every order of them is a chain of names, and none ends.
TEST(PathBuilder, HundredsOfSameNamedIntermediatesAreBounded) {
    World world;
    world.sent = {numbered(leaf_by("ca", "k0"), 1)};
    for (unsigned i = 0; i < 300; ++i) {
        world.sent.push_back(numbered(authority("ca", "ca", "k" + std::to_string(i), "k0"), i + 2));
    }
    const auto without = world.run();
    EXPECT_TRUE(without.paths.empty());
    EXPECT_EQ(without.exceeded, "");
    EXPECT_EQ(without.steps, 0U);  // no name leads to an anchor: not even tried
    EXPECT_EQ(std::count(without.partial.begin(), without.partial.end(), ' '), 7);

    world.anchors = {build(root_authority("ca", "anchor-key"))};
    const auto with = world.run();
    EXPECT_EQ(with.paths.size(), world.limits.candidate_paths);
    EXPECT_EQ(with.exceeded, "candidate_paths");
}

// Names reach an anchor, but every path through them holds one entity twice: the walk must give up by itself.
TEST(PathBuilder, DeadEndsAreBounded) {
    World world;
    world.limits.path_depth = 40;
    world.limits.candidate_paths = 2;
    world.sent = {numbered(leaf_by("m0", "k"), 1)};
    unsigned serial = 2;
    for (int layer = 0; layer < 12; ++layer) {
        const std::string here = "m" + std::to_string(layer);
        const std::string next = "m" + std::to_string((layer + 1) % 12);
        for (int twin = 0; twin < 3; ++twin) {
            world.sent.push_back(
                numbered(authority(here, next, here + "-" + std::to_string(twin), "k"), serial++));
        }
    }
    // The only way out starts at the leaf's own name and key.
    CertificateSpec way_out = leaf_by("root", "root-key");
    way_out.basic_constraints = BasicConstraints{true, std::nullopt};
    world.sent.push_back(numbered(way_out, serial++));
    world.sent.push_back(numbered(authority("m11", "leaf", "m11-x", "k"), serial++));
    world.anchors = {build(root_authority("root", "root-key"))};
    const auto outcome = world.run();
    EXPECT_TRUE(outcome.paths.empty());
    EXPECT_EQ(outcome.exceeded, "candidate_paths");
    EXPECT_EQ(outcome.steps, PathBuilder::max_steps(world.limits));
}

TEST(PathBuilder, PartialIsTheFirstOfTheLongest) {
    World world;
    world.sent = {numbered(leaf_by("ca", "k"), 1), numbered(authority("ca", "gone", "k1", "x"), 2),
                  numbered(authority("ca", "up", "k2", "x"), 3),
                  numbered(authority("up", "gone", "k3", "x"), 4),
                  numbered(authority("up", "gone too", "k4", "x"), 5)};
    EXPECT_EQ(world.run().partial, "1 3 4");
}

TEST(PathBuilder, OddLimits) {
    World world;
    world.sent = {numbered(leaf_by("root", "root-key"), 1)};
    world.anchors = {numbered(root_authority("root", "root-key"), 9)};
    world.limits.path_depth = 0;
    EXPECT_EQ(world.run().paths, Paths{});
    EXPECT_EQ(world.run().exceeded, "path_depth");
    EXPECT_EQ(world.run().partial, "1");
    world.limits.path_depth = 2;
    world.limits.candidate_paths = 0;  // as one: a leaf that fits must not depend on it
    EXPECT_EQ(world.run().paths, Paths{"1 9"});
}

}  // namespace
}  // namespace omnitls
