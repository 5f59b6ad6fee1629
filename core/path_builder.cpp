// SPDX-License-Identifier: BSL-1.0
// The walk over issuer names. First the part of the name graph that the leaf can reach is laid out once, with the distance of
// every name to an anchor; the walk then enters only what can still reach an anchor within the depth limit.
#include "core/path_builder.hpp"

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

constexpr int ranks = 3;

// How well the child's authorityKeyIdentifier names this issuer: 0 = does, 1 = nothing said, 2 = names another.
int key_id_rank(const Certificate& child, const Certificate& issuer) noexcept {
    const Bytes& wanted = child.fields().authority_key_id;
    const Bytes& found = issuer.fields().subject_key_id;
    if (wanted.empty() || found.empty()) return 1;
    return wanted == found ? 0 : 2;
}

std::string_view subject_of(const Certificate& certificate) noexcept {
    return as_text(certificate.fields().subject.der);
}

std::string_view issuer_of(const Certificate& certificate) noexcept {
    return as_text(certificate.fields().issuer.der);
}

bool same_entity(const Certificate& a, const Certificate& b) noexcept {
    return subject_of(a) == subject_of(b) && a.fields().spki == b.fields().spki;
}

}  // namespace

// Enough to examine a thousand candidates for each path; far more than any honest chain needs.
std::size_t PathBuilder::max_steps(const Limits& limits) noexcept {
    return std::max<std::size_t>(limits.candidate_paths, 1) * 1024;
}

PathBuilder::PathBuilder(const PathSources& sources, const Limits& limits)
    : sources_(sources),
      depth_limit_(std::max<std::size_t>(limits.path_depth, 1)),
      path_limit_(std::max<std::size_t>(limits.candidate_paths, 1)),
      step_limit_(max_steps(limits)) {
    const spi::PathElement leaf = sources_.sent.front();
    const bool trusted = std::find(sources_.anchors.begin(), sources_.anchors.end(),
                                   *leaf.certificate) != sources_.anchors.end();
    nodes_.push_back({leaf, 0, trusted});
    leaf_alone_ = trusted;
    nodes_.front().issuers = group_of(issuer_of(*leaf.certificate));
    // groups_ grows while names are discovered; each is filled once.
    for (std::size_t group = 0; group < groups_.size(); ++group) fill(group);
    measure();
    walk_.push_back({0});
    const std::size_t distance = groups_[nodes_.front().issuers].distance;
    if (distance == unreachable) walk_.clear();
    if (distance != unreachable && distance + 1 > depth_limit_) {
        walk_.clear();
        exceeded_ = "path_depth";
    }
}

std::size_t PathBuilder::group_of(std::string_view name) {
    const auto [place, added] = group_index_.try_emplace(name, groups_.size());
    if (added) groups_.push_back({name, {}, unreachable});
    return place->second;
}

// Gathers every certificate with the group's subject name. One that is sent and trusted is an anchor here and nothing else: a
// path that could go on through it can as well end at it.
void PathBuilder::fill(std::size_t group) {
    const std::string_view name = groups_[group].name;
    for (const Certificate& anchor : sources_.anchors) {
        if (subject_of(anchor) == name && !known(group, anchor)) {
            add_node(group, {&anchor, native_for(anchor)}, true);
        }
    }
    for (const spi::PathElement& sent : sources_.sent.subspan(1)) {
        if (subject_of(*sent.certificate) == name && !known(group, *sent.certificate)) {
            add_node(group, sent, false);
        }
    }
    for (const Certificate& helper : sources_.intermediates) {
        if (subject_of(helper) == name && !known(group, helper)) {
            add_node(group, {&helper, nullptr}, false);
        }
    }
}

void PathBuilder::add_node(std::size_t group, spi::PathElement element, bool anchor) {
    groups_[group].nodes.push_back(nodes_.size());
    nodes_.push_back({element, 0, anchor});
    // No path goes on above an anchor, so the names above it are not of interest.
    if (!anchor) nodes_.back().issuers = group_of(issuer_of(*element.certificate));
}

const void* PathBuilder::native_for(const Certificate& certificate) const {
    for (const spi::PathElement& sent : sources_.sent) {
        if (*sent.certificate == certificate) return sent.native;
    }
    return nullptr;
}

bool PathBuilder::known(std::size_t group, const Certificate& certificate) const {
    const auto& members = groups_[group].nodes;
    return std::any_of(members.begin(), members.end(), [&](std::size_t node) {
        return *nodes_[node].element.certificate == certificate;
    });
}

// Bellman-Ford on names; ends after at most as many rounds as there are names.
void PathBuilder::measure() {
    for (bool changed = true; changed;) {
        changed = false;
        for (Group& group : groups_) {
            for (const std::size_t index : group.nodes) {
                const Node& node = nodes_[index];
                const std::size_t above = node.anchor ? 0 : groups_[node.issuers].distance;
                if (above == unreachable || above + 1 >= group.distance) continue;
                group.distance = above + 1;
                changed = true;
            }
        }
    }
}

bool PathBuilder::repeats(const std::vector<Frame>& walk, const Certificate& certificate) const {
    return std::any_of(walk.begin(), walk.end(), [&](const Frame& frame) {
        return same_entity(*nodes_[frame.node].element.certificate, certificate);
    });
}

// The next issuer of the walk's last node, in order of rank; null when all were looked at.
const PathBuilder::Node* PathBuilder::advance(std::vector<Frame>& walk) {
    Frame& frame = walk.back();
    const Node& child = nodes_[frame.node];
    const std::vector<std::size_t>& candidates = groups_[child.issuers].nodes;
    for (; frame.rank < ranks; ++frame.rank, frame.next = 0) {
        while (frame.next < candidates.size()) {
            const Node& candidate = nodes_[candidates[frame.next++]];
            ++steps_;
            const auto& certificate = *candidate.element.certificate;
            if (key_id_rank(*child.element.certificate, certificate) == frame.rank &&
                !repeats(walk, certificate)) {
                return &candidate;
            }
            if (steps_ >= step_limit_) return nullptr;
        }
    }
    return nullptr;
}

void PathBuilder::collect(const std::vector<Frame>& walk, Path& out) const {
    out.clear();
    for (const Frame& frame : walk) out.push_back(nodes_[frame.node].element);
}

const Path* PathBuilder::next() {
    if (leaf_alone_) {
        leaf_alone_ = false;
        ++paths_;
        collect({{0}}, path_);
        return &path_;
    }
    while (!walk_.empty()) {
        const Node* const node = steps_ < step_limit_ ? advance(walk_) : nullptr;
        if (steps_ >= step_limit_ || (node && node->anchor && paths_ >= path_limit_)) {
            exceeded_ = "candidate_paths";
            walk_.clear();
        } else if (!node) {
            walk_.pop_back();
        } else if (node->anchor) {
            ++paths_;
            collect(walk_, path_);
            path_.push_back(node->element);
            return &path_;
        } else if (const std::size_t above = groups_[node->issuers].distance;
                   above != unreachable && walk_.size() + 1 + above <= depth_limit_) {
            walk_.push_back({static_cast<std::size_t>(node - nodes_.data())});
        }
    }
    return nullptr;
}

Path PathBuilder::partial() {
    Path best;
    std::vector<Frame> walk{{0}};
    collect(walk, best);
    steps_ = 0;
    while (!walk.empty() && best.size() < depth_limit_ && steps_ < step_limit_) {
        const Node* const node = advance(walk);
        if (!node) {
            walk.pop_back();
            continue;
        }
        if (node->anchor || walk.size() >= depth_limit_) continue;
        walk.push_back({static_cast<std::size_t>(node - nodes_.data())});
        if (walk.size() > best.size()) collect(walk, best);
    }
    return best;
}

}  // namespace omnitls::inline v0::core
