// SPDX-License-Identifier: BSL-1.0
// Enumerates candidate certificate paths: leaf, then sent or configured intermediates, then one anchor, in a fixed order.
// Only names and key identifiers are looked at here; whether a path is any good is for path_checks and the backend.
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/config.hpp>
#include <omnitls/spi/native_context.hpp>

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace omnitls::inline v0::core {

/// A path: leaf first. Elements point into the `PathSources` it was built from.
using Path = std::vector<spi::PathElement>;

/// What paths are made of. Borrowed: everything must outlive the builder and its paths.
struct PathSources {
    std::span<const spi::PathElement>
        sent;  ///< What the peer sent and could be read, leaf first; never empty.
    std::span<const Certificate> intermediates;  ///< Configured helpers, not trusted.
    std::span<const Certificate> anchors;
};

/// A depth-first walk from the leaf. Issuers are those whose subject is the issuer name, DER byte for byte. Order among
/// them: key identifiers that match, then unknown ones, then those that differ (RFC 5280 §4.2.1.1: a hint, not a proof); among
/// equals anchors first, then as sent, then as configured. No path holds one name with one key twice, so there are no loops.
/// Work is bounded by `Limits::path_depth` and `candidate_paths`, whatever the peer sends: see `steps`.
class PathBuilder {
public:
    PathBuilder(const PathSources& sources, const Limits& limits);

    /// The next path that ends in an anchor, valid until the next call; null when there is none, or a limit was reached.
    /// A leaf that is itself an anchor is the first path, alone.
    const Path* next();
    /// The name of the limit that ended the enumeration, or empty.
    std::string_view exceeded() const noexcept { return exceeded_; }
    /// For reports when no anchor can be reached: the first among the longest paths that go nowhere. At least the leaf.
    Path partial();

    /// Candidates looked at so far; never more than `max_steps(limits)` per enumeration and as many for `partial`.
    std::size_t steps() const noexcept { return steps_; }
    static std::size_t max_steps(const Limits& limits) noexcept;

private:
    struct Node {
        spi::PathElement element;
        std::size_t issuers = 0;  ///< Index in groups_: the candidates for its issuer.
        bool anchor = false;
    };
    /// All nodes of one subject name.
    struct Group {
        std::string_view name;
        std::vector<std::size_t> nodes;
        std::size_t distance =
            unreachable;  ///< Least number of certificates from here up to an anchor.
    };
    /// One level of the walk: its node, and how far its issuers have been tried.
    struct Frame {
        std::size_t node = 0;
        std::size_t next = 0;
        int rank = 0;
    };
    static constexpr std::size_t unreachable = ~std::size_t{0};

    std::size_t group_of(std::string_view name);
    void fill(std::size_t group);
    void add_node(std::size_t group, spi::PathElement element, bool anchor);
    const void* native_for(const Certificate& certificate) const;
    bool known(std::size_t group, const Certificate& certificate) const;
    void measure();
    const Node* advance(std::vector<Frame>& walk);
    bool repeats(const std::vector<Frame>& walk, const Certificate& certificate) const;
    void collect(const std::vector<Frame>& walk, Path& out) const;

    const PathSources sources_;
    const std::size_t depth_limit_;
    const std::size_t path_limit_;
    const std::size_t step_limit_;
    std::vector<Node> nodes_;  ///< The leaf is the first.
    std::vector<Group> groups_;
    std::unordered_map<std::string_view, std::size_t> group_index_;
    std::vector<Frame> walk_;
    Path path_;
    std::size_t paths_ = 0;
    std::size_t steps_ = 0;
    std::string_view exceeded_;
    bool leaf_alone_ = false;  ///< The leaf is an anchor and its path of one is still to come.
};

}  // namespace omnitls::inline v0::core
