// SPDX-License-Identifier: BSL-1.0
// A libunbound context made of options, and every way in which they can be wrong.
#pragma once

#include <omnitls/unbound/tlsa_source.hpp>

#include <memory>

struct ub_ctx;
struct ub_result;

namespace omnitls::inline v0::unbound_native {

struct Delete {
    void operator()(ub_ctx* context) const noexcept;
    void operator()(ub_result* result) const noexcept;
};
/// Destroying it ends libunbound's thread; what was asked is not answered any more.
using ContextPtr = std::unique_ptr<ub_ctx, Delete>;
using ResultPtr = std::unique_ptr<ub_result, Delete>;

/// A context that can be asked: its anchors are read, its settings are accepted. No query is made. Errors as `unbound_tlsa` has them.
Result<ContextPtr> make_context(const UnboundOptions& options);

}  // namespace omnitls::inline v0::unbound_native
